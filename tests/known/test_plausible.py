"""Doubts before solving: each made by one change of a sound model, with the number derived."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pypsa
import pytest

from energy.case import Case, read_case
from energy.model import inputs
from energy.model.sanity_checks import sanity_warnings
from energy.scenario import Scenario, list_scenarios, read_scenario


def said(case: Case, **fields: object) -> str:
    scenario = Scenario(name="asked", year=2028, case="two_bus", objective="dispatch", **fields)  # type: ignore[arg-type]
    return "\n".join(map(str, sanity_warnings(inputs(case, scenario))))


def own(tmp_path: Path, change: Callable[[pypsa.Network], None]) -> str:
    n = pypsa.Network()
    n.set_snapshots(pd.date_range("2028-04-01", periods=4, freq="h"))
    n.add("Carrier", ["AC", "gas"], co2_emissions=[0.0, 0.2])
    n.add("Bus", "a", carrier="AC")
    n.add("Generator", "plant", bus="a", carrier="gas", p_nom=100, marginal_cost=10)
    n.add("Load", "town", bus="a", p_set=50)
    change(n)
    n.export_to_netcdf(str(tmp_path / "own.nc"))
    return said(read_case(tmp_path / "own.nc"))


def test_a_sound_network_raises_no_doubt(tmp_path: Path) -> None:
    assert own(tmp_path, lambda n: None) == ""


def test_no_scenario_of_the_library_raises_a_doubt() -> None:
    # each case once: a doubt would stand in all scenarios alike
    for name in ("baseline", "two_bus"):
        scenario = read_scenario(list_scenarios()[name])
        assert sanity_warnings(inputs(read_case(scenario.case), scenario)) == []


def test_inflow_without_a_way_out(two_bus: Case) -> None:
    # 0.36 hm3/h for 4,392 h of summer; the spillway passes 0.01, the turbine 0.05, the reservoir holds 300 hm3:
    # 0.30 · 4,392 - 300 = 1,017.6; the 10 m3/s = 0.036 of the other months can pass
    text = said(two_bus, values={"links.spill.p_nom": 0.01, "links.turbine.p_nom": 0.05})
    assert "bus 'river': 1,018 hm3 of inflow can neither flow on nor be stored" in text


def test_inflow_that_the_reservoir_can_hold(two_bus: Case) -> None:
    # 0.36 - 0.3 leaves 263.5 hm3 of the summer, and 300 can be stored
    assert said(two_bus, values={"links.spill.p_nom": 0.25, "links.turbine.p_nom": 0.05}) == ""


def test_must_run_above_capacity(tmp_path: Path) -> None:
    def change(n: pypsa.Network) -> None:
        n.components["generators"].static.loc["plant", ["p_min_pu", "p_max_pu"]] = [0.8, 0.5]

    assert "generators 'plant': p_min_pu is 0.8 and p_max_pu 0.5 at 2028-04-01 00:00" in own(tmp_path, change)


def test_a_bus_that_nothing_hangs_on(tmp_path: Path) -> None:
    assert "bus 'b': nothing hangs on it" in own(tmp_path, lambda n: n.add("Bus", "b", carrier="AC") and None)


def test_a_demand_that_nothing_can_reach(tmp_path: Path) -> None:
    def change(n: pypsa.Network) -> None:
        n.add("Bus", "b", carrier="AC")
        n.add("Load", "village", bus="b", p_set=7)

    assert "load 'village': nothing can bring its 7 MW to bus 'b'" in own(tmp_path, change)


def test_a_fuel_without_a_price(tmp_path: Path) -> None:
    def change(n: pypsa.Network) -> None:
        n.add("Generator", "other", bus="a", carrier="gas", p_nom=10, marginal_cost=0)

    assert "generator 'other' of carrier 'gas' costs nothing" in own(tmp_path, change)


@pytest.mark.parametrize("size", [1e9, 1e-7])
def test_a_size_out_of_scale(tmp_path: Path, size: float) -> None:
    def change(n: pypsa.Network) -> None:
        n.add("Generator", "other", bus="a", carrier="AC", p_nom=size, marginal_cost=5)

    assert f"generators 'other': p_nom is {size:g}" in own(tmp_path, change)


def test_largest_sum_is_that_of_all_stretches() -> None:
    from energy.model.sanity_checks import _largest_sum

    values = np.random.default_rng(3).normal(size=30)
    every = max(values[a:b].sum() for a in range(30) for b in range(a, 31))
    assert _largest_sum(values) == pytest.approx(every)
