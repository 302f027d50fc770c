"""Water is conserved on every cascade: what comes in is stored, passed on or leaves at the mouth, in every snapshot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pypsa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from energy.case import Case, read_case
from energy.metrics import audit, injections
from energy.model import Inputs, inputs
from energy.model.head_curves import HeadCurve
from energy.scenario import Scenario, read_scenario
from energy.solve import Result, head_iteration, solve

TOLERANCE = 1e-6  # hm³ and hm³/h, absolute
few = settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def cascades(draw: st.DrawFn) -> pypsa.Network:
    """One to four reservoirs in a row with turbine, spillway and side inflow each, one load and a dear plant."""
    plants, steps = draw(st.integers(1, 4)), draw(st.integers(2, 8))
    flow = st.floats(0, 5, allow_nan=False)
    n = pypsa.Network()
    n.set_snapshots(pd.date_range("2028-04-01", periods=steps, freq="h"))
    hours = draw(st.sampled_from([1.0, 3.0, 24.0]))
    n.snapshot_weightings.loc[:, :] = hours
    n.add("Carrier", ["water", "AC"])
    n.add("Bus", "grid", carrier="AC")
    n.add("Bus", [f"dam {at}" for at in range(plants + 1)], carrier="water", unit="hm3/h")
    for at in range(plants):
        n.add("Load", f"inflow {at}", bus=f"dam {at}", p_set=[-draw(flow) for _ in range(steps)])
        size = draw(st.floats(0.1, 500))
        start = draw(st.floats(0, 1)) * size
        n.add("Store", f"store {at}", bus=f"dam {at}", e_nom=size, e_initial=start, e_cyclic=draw(st.booleans()))
        down = {"bus2": f"dam {at + 1}", "efficiency2": 1.0}
        n.add("Link", f"turbine {at}", bus0=f"dam {at}", bus1="grid", p_nom=draw(st.floats(0, 6)),
              efficiency=draw(st.floats(50, 700)), **down)  # fmt: skip
        n.add("Link", f"spill {at}", bus0=f"dam {at}", bus1=f"dam {at + 1}", p_nom=1000, marginal_cost=0.1)
    n.add("Generator", "mouth", bus=f"dam {plants}", sign=-1, p_nom=1e4)
    n.add("Generator", "dear", bus="grid", p_nom=1e4, marginal_cost=100)
    n.add("Load", "load", bus="grid", p_set=[draw(st.floats(0, 2000)) for _ in range(steps)])
    return n


def found_in(n: pypsa.Network, folder: Path) -> Inputs:
    path = folder / "cascade.nc"
    n.export_to_netcdf(str(path))
    return inputs(read_case(path), Scenario(name="cascade", year=2028, case=str(path), objective="dispatch"))


def lost(result: Result) -> float:
    """Largest volume [hm³] that is missing or too much at a water bus in a snapshot, from flows and contents alone."""
    buses = result.inputs.components["buses"]
    hours = result.inputs.axis.weightings["stores"].to_numpy()
    parts = injections(result)
    worst = 0.0
    for bus in buses.index[buses["carrier"] == "water"]:
        here = parts.loc[:, parts.columns.get_level_values("bus") == bus]
        flows = here.loc[:, here.columns.get_level_values("component") != "stores"].sum(axis=1).to_numpy()
        stores = result.inputs.components["stores"].query("bus == @bus")
        change = np.zeros(len(hours))
        for store, row in stores.iterrows():
            content = result.values["stores", "e"][store].to_numpy()
            change += np.diff(np.concatenate([[content[-1] if row["e_cyclic"] else row["e_initial"]], content]))
        worst = max(worst, float(np.abs(hours * flows - change).max()))
    return worst


@few
@given(n=cascades())
def test_water_is_conserved_at_every_dam_and_snapshot(n: pypsa.Network, tmp_path: Path) -> None:
    result = solve(found_in(n, tmp_path))
    assert lost(result) <= TOLERANCE
    assert audit(result)["water_balance"] <= TOLERANCE


@few
@given(n=cascades(), rise=st.floats(0.05, 0.8))
def test_water_is_conserved_with_a_varying_head_too(n: pypsa.Network, rise: float, tmp_path: Path) -> None:
    found = found_in(n, tmp_path)
    curves = []
    for at in range(len(found.components["stores"])):
        size = float(found.components["stores"].loc[f"store {at}", "e_nom"])
        base = float(found.components["links"].loc[f"turbine {at}", "efficiency"])
        curves.append(HeadCurve(f"store {at}", (f"turbine {at}",), (0.0, size), (base, base * (1 + rise))))
    result = solve(replace(found, head=tuple(curves)))
    assert lost(result) <= TOLERANCE
    for curve in curves:
        content = result.values["stores", "e"][curve.store].to_numpy()
        row = result.inputs.components["stores"].loc[curve.store]
        before = np.concatenate([[content[-1] if row["e_cyclic"] else row["e_initial"]], content[:-1]])
        used = result.inputs.values("links", "efficiency")[curve.links[0]].to_numpy()
        assert used == pytest.approx(curve.at((before + content) / 2), rel=head_iteration.TOLERANCE)


def test_the_measure_itself_sees_lost_water(tmp_path: Path) -> None:
    n = pypsa.Network()
    n.set_snapshots(pd.date_range("2028-04-01", periods=3, freq="h"))
    n.add("Carrier", ["water", "AC"])
    n.add("Bus", "dam", carrier="water")
    n.add("Bus", "grid", carrier="AC")
    n.add("Load", "inflow", bus="dam", p_set=-1.0)
    n.add("Store", "store", bus="dam", e_nom=10, e_initial=0)
    n.add("Generator", "mouth", bus="dam", sign=-1, p_nom=10, marginal_cost=1)
    result = solve(found_in(n, tmp_path))
    assert lost(result) <= TOLERANCE
    result.values["stores", "e"].iloc[1] += 0.5
    assert lost(result) == pytest.approx(0.5)


@pytest.mark.parametrize("resolution", ["typical-days-4h", pytest.param("24h", marks=pytest.mark.slow)])
def test_water_of_the_case_is_conserved(casa1000: Case, resolution: str) -> None:
    result = solve(inputs(casa1000, read_scenario("baseline", overrides={"time.resolution": resolution})))
    assert lost(result) <= TOLERANCE
    assert audit(result)["water_balance"] <= TOLERANCE
