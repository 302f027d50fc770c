"""Adequacy reads what every study reads: ratings, states, signs, the scenario; answers by hand, nothing fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pypsa
import pytest

from energy.analysis.capability import capability
from energy.analysis.risk.adequacy import adequacy, firm_capacity
from energy.case import read_case
from energy.errors import InputError
from energy.model.inputs import assemble
from energy.scenario import Scenario
from energy.scenario.hazard import HazardSet

HOURS = 240
NOTHING = {"kind": "plant_out", "cause": "x", "where": ["generators.g"], "rate": {"for": 0.0, "mttr": 30}}


def hazards(**more: Any) -> HazardSet:
    return HazardSet.model_validate({"name": "test", "hazards": {"none": NOTHING | more}})


def unserved(n: pypsa.Network, folder: Path, **asked: Any) -> float:
    """Return EENS [MWh] of a network on which nothing fails."""
    n.export_to_netcdf(str(folder / "own.nc"))
    scenario = scenario_on(folder, **asked) if asked else None
    found = adequacy(read_case(folder / "own.nc"), hazards(), 2, scenario=scenario).table()
    return float(found.loc["all", "EENS MWh"])


def scenario_on(folder: Path, **asked: Any) -> Scenario:
    fields = {"name": "s", "year": 2028, "case": str(folder / "own.nc"), "objective": "dispatch"}
    return Scenario.model_validate(fields | asked)


def pair(load: float = 80.0, supply: str = "a", demand: str = "b") -> pypsa.Network:
    """Return a large plant at one bus and a load at another, with nothing between them."""
    n = pypsa.Network(snapshots=pd.date_range("2028-04-01", periods=HOURS, freq="h"))
    n.add("Carrier", ["AC", "load"])
    n.add("Bus", ["a", "b"], carrier="AC")
    n.add("Generator", "g", bus=supply, p_nom=1000.0, marginal_cost=1.0)
    n.add("Load", "l", bus=demand, p_set=load)
    return n


def with_link(more: dict[str, Any], **ends: str) -> pypsa.Network:
    n = pair(**ends)
    n.add("Link", "k", bus0="a", bus1="b", p_nom=100.0, **more)
    return n


def with_series(attribute: str, values: list[float]) -> pypsa.Network:
    n = with_link({})
    n.links_t[attribute] = pd.DataFrame({"k": values}, index=n.snapshots)
    return n


def with_rated_line() -> pypsa.Network:
    n = pair()
    n.add("Line", "k", bus0="a", bus1="b", s_nom=100.0, s_max_pu=0.7, x=0.1)
    return n


def with_transformer() -> pypsa.Network:
    n = pair()
    n.add("Transformer", "k", bus0="a", bus1="b", s_nom=100.0, s_max_pu=0.6, x=0.1)
    return n


def to_two_buses() -> pypsa.Network:
    n = pair(load=40.0)
    n.add("Bus", "c", carrier="AC")
    n.add("Load", "lc", bus="c", p_set=40.0)
    n.add("Link", "k", bus0="a", bus1="b", bus2="c", p_nom=100.0, efficiency=0.5, efficiency2=0.5)
    return n


BRANCHES: dict[str, tuple[Callable[[], pypsa.Network], float]] = {
    "a link at half its rating: 50 of 80": (lambda: with_link({"p_max_pu": 0.5}), 30.0 * HOURS),
    "closed for half of the time": (lambda: with_series("p_max_pu", [0.0] * 120 + [1.0] * 120), 80.0 * 120),
    "a line at 70 %: 70 of 80": (with_rated_line, 10.0 * HOURS),
    "a transformer at 60 %: 60 of 80": (with_transformer, 20.0 * HOURS),
    "efficiency as a series: 50 of 80": (lambda: with_series("efficiency", [0.5] * HOURS), 30.0 * HOURS),
    "backwards": (lambda: with_link({"p_min_pu": -1.0}, supply="b", demand="a"), 0.0),
    "one way only": (lambda: with_link({}, supply="b", demand="a"), 80.0 * HOURS),
    "two buses at once": (to_two_buses, 0.0),
    "out of service": (lambda: with_link({"active": False}), 80.0 * HOURS),
}


@pytest.mark.parametrize("kind", BRANCHES)
def test_what_a_branch_lets_through(kind: str, tmp_path: Path) -> None:
    network, truth = BRANCHES[kind]
    assert unserved(network(), tmp_path) == pytest.approx(truth)


def alone(load: float = 150.0) -> pypsa.Network:
    """Return a plant of 100 MW and a load at one bus."""
    n = pypsa.Network(snapshots=pd.date_range("2028-04-01", periods=HOURS, freq="h"))
    n.add("Carrier", ["AC", "load"])
    n.add("Bus", "a", carrier="AC")
    n.add("Generator", "g", bus="a", p_nom=100.0, marginal_cost=1.0)
    n.add("Load", "l", bus="a", p_set=load)
    return n


@pytest.mark.parametrize(
    ("more", "truth"),
    [
        ({"p_nom": 100.0, "active": False}, 50.0 * HOURS),
        ({"p_nom": 1e4, "carrier": "load", "marginal_cost": 1e4}, 50.0 * HOURS),  # sheds, and serves nothing
        ({"p_nom": 30.0, "p_max_pu": 0.5}, 35.0 * HOURS),
        ({"p_nom": 30.0, "p_min_pu": 1.0}, 20.0 * HOURS),
    ],
)
def test_what_a_second_plant_gives(more: dict[str, Any], truth: float, tmp_path: Path) -> None:
    n = alone()
    n.add("Generator", "second", bus="a", **more)
    assert unserved(n, tmp_path) == pytest.approx(truth)


def test_a_load_with_sign_plus_one_gives(tmp_path: Path) -> None:
    n = alone()
    n.add("Load", "wind", bus="a", p_set=30.0, sign=1.0)
    assert unserved(n, tmp_path) == pytest.approx(20.0 * HOURS)


def test_a_scenario_s_values_and_events_count(tmp_path: Path) -> None:
    assert unserved(alone(50.0), tmp_path, values={"generators.g.p_nom": 10.0}) == pytest.approx(40.0 * HOURS)
    out = {
        "name": "e",
        "kind": "plant_out",
        "cause": "x",
        "where": ["generators.g"],
        "start": "04-03",
        "duration": "5d",
    }
    assert unserved(alone(50.0), tmp_path, events=[out]) == pytest.approx(50.0 * 120)


@pytest.mark.parametrize("freq", ["h", "3h"])
def test_events_and_hours_do_not_depend_on_the_snapshots(freq: str, tmp_path: Path) -> None:
    # up 70 h, down 30 h on average: down 0.3 of 8,760 h, and 8,760/100 times
    n = alone(50.0)
    hours = int(freq.removesuffix("h") or 1)
    n.set_snapshots(pd.date_range("2029-01-01", periods=8760 // hours, freq=freq))
    n.snapshot_weightings.loc[:, :] = float(hours)
    n.export_to_netcdf(str(tmp_path / "own.nc"))
    trips = hazards(rate={"mttf": 70, "mttr": 30})
    found = adequacy(read_case(tmp_path / "own.nc"), trips, 60).table().loc["all"]
    assert abs(found["LOLE h"] - 2628.0) < 3 * found["LOLE h error"]
    assert abs(found["LOLE events"] - 87.6) < 3 * found["LOLE events error"]
    assert found["LOLE events error"] < 2.0


def test_what_single_snapshots_cannot_honour_is_refused(tmp_path: Path) -> None:
    n = alone()
    n.generators.loc["g", "ramp_limit_up"] = 0.1
    n.generators_t.p_set = pd.DataFrame({"g": [np.nan] * (HOURS - 1) + [5.0]}, index=n.snapshots)
    n.add("StorageUnit", "battery", bus="a", p_nom=1.0)
    n.add("GlobalConstraint", "co2", type="primary_energy", sense="<=", constant=1e6)
    with pytest.raises(InputError) as caught:
        unserved(n, tmp_path)
    for words in (
        "generators g: p_set",
        "generators g: ramp_limit_up",
        "storage_units battery",
        "global_constraints co2",
    ):
        assert words in str(caught.value)


def test_the_capacity_credit_of_a_tie_is_what_it_brings(tmp_path: Path) -> None:
    # b lacks 80 MW, the tie brings 100·0.5 of a plant that never fails: as good as 50 MW at b
    with_link({"efficiency": 0.5}).export_to_netcdf(str(tmp_path / "own.nc"))
    found = firm_capacity(read_case(tmp_path / "own.nc"), hazards(), 2, "links.k")
    assert found == pytest.approx(50.0, abs=0.5)
    with pytest.raises(InputError, match=r"no link or line 'links.q'.*links.k"):
        firm_capacity(read_case(tmp_path / "own.nc"), hazards(), 2, "links.q")


TYPE = "Al/St 240/40 4-bundle 380.0"
TRIANGLES: dict[str, tuple[list[dict[str, Any]], str, float]] = {
    # impedances 1 : 3 : 1, so that 0.8 of the exchange takes the direct line of 100 MW
    "x": ([{"x": 10.0}, {"x": 30.0}, {"x": 10.0}], "AC", 125.0),
    "type and length": ([{"type": TYPE, "length": length} for length in (10.0, 30.0, 10.0)], "AC", 125.0),
    # the second line four times as long electrically: 5/6 go direct
    "num_parallel": (
        [{"type": TYPE, "length": 10.0, "num_parallel": parallel} for parallel in (1, 0.25, 1)],
        "AC",
        120.0,
    ),
    "resistances of DC lines": ([{"r": r, "x": 1.0} for r in (1.0, 3.0, 1.0)], "DC", 125.0),
}


@pytest.mark.parametrize("kind", TRIANGLES)
def test_capability_divides_flows_as_the_dispatch_does(kind: str, tmp_path: Path) -> None:
    lines, carrier, truth = TRIANGLES[kind]
    n = pypsa.Network(snapshots=pd.date_range("2028-04-01", periods=1, freq="h"))
    n.add("Carrier", carrier)
    n.add("Bus", ["1", "2", "3"], v_nom=380.0, carrier=carrier)
    for name, more in zip(("12", "13", "23"), lines, strict=True):
        n.add("Line", name, bus0=name[0], bus1=name[1], s_nom=100.0, carrier=carrier, **more)
    n.add("Generator", "cheap", bus="1", p_nom=1000.0, marginal_cost=10.0)
    n.add("Generator", "dear", bus="2", p_nom=1000.0, marginal_cost=100.0)
    n.add("Load", "load", bus="2", p_set=300.0)
    n.export_to_netcdf(str(tmp_path / "own.nc"))
    found = capability(assemble(read_case(tmp_path / "own.nc"), scenario_on(tmp_path)), source=["1"], sink=["2"])
    assert found.loc["forward"].iloc[0]["intact"] == pytest.approx(truth)
