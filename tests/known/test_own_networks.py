"""A user's own PyPSA network, netCDF or CSV folder, solved to answers that are derived on paper."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pypsa
import pytest

from energy.analysis import run
from energy.case import read_case
from energy.errors import InputError, SolverError
from energy.metrics import TOLERANCE, audit
from energy.model import inputs
from energy.scenario import Scenario
from energy.solve import Engine, Result, attempts, solve
from energy.solve.lp import Problem

Saver = Callable[[pypsa.Network], Path]
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(params=["netcdf", "csv"])
def saved(request: pytest.FixtureRequest, tmp_path: Path) -> Saver:
    """Save a network as a user would, either way."""

    def save(n: pypsa.Network) -> Path:
        path = tmp_path / ("own.nc" if request.param == "netcdf" else "own")
        if request.param == "netcdf":
            n.export_to_netcdf(str(path))
        else:
            n.export_to_csv_folder(str(path))
        return path

    return save


def save_netcdf(n: pypsa.Network, tmp_path: Path) -> Path:
    n.export_to_netcdf(str(tmp_path / "own.nc"))
    return tmp_path / "own.nc"


def solved(path: Path, **fields: Any) -> Result:
    scenario = Scenario(name="own", year=2028, case=str(path), objective="dispatch", **fields)
    result = solve(inputs(read_case(path), scenario))
    assert max(audit(result).values()) < TOLERANCE
    return result


def triangle(hours: int = 1, without: str = "") -> pypsa.Network:
    """Three buses, three equal lines of 100 MW; cheap power at bus 1, dear at bus 2, 300 MW of load at bus 2."""
    n = pypsa.Network()
    n.set_snapshots(pd.date_range("2028-04-01", periods=hours, freq="h"))
    n.add("Bus", ["1", "2", "3"], carrier="AC")
    n.add("Carrier", "AC")
    for name in ("12", "13", "23"):
        if name != without:
            n.add("Line", name, bus0=name[0], bus1=name[1], x=0.1, r=0.01, s_nom=100)
    n.add("Generator", "cheap", bus="1", p_nom=1000, marginal_cost=10)
    n.add("Generator", "dear", bus="2", p_nom=1000, marginal_cost=100)
    n.add("Load", "load", bus="2", p_set=300)
    return n


def test_triangle_transfers_150(saved: Saver) -> None:
    # of what leaves bus 1, two thirds take the direct line and one third the two in a row: 100 = 2/3 · 150
    found = solved(saved(triangle()))
    assert found.flow("generators")["cheap"].iloc[0] == pytest.approx(150)
    assert found.flow("lines").iloc[0][["12", "13", "23"]].to_numpy() == pytest.approx([100, 50, -50])
    assert found.objective == pytest.approx(150 * 10 + 150 * 100)


def test_triangle_prices_and_rent(saved: Saver) -> None:
    # 1 MW more at bus 3 comes half from bus 1 and half from bus 2 when line 12 is full
    found = solved(saved(triangle()))
    price = found.prices.iloc[0]
    assert price[["1", "2", "3"]].to_numpy() == pytest.approx([10, 100, 55])
    flow = found.flow("lines").iloc[0]
    rent = sum(flow[name] * (price[name[1]] - price[name[0]]) for name in flow.index)
    assert rent == pytest.approx(150 * 90)


def test_triangle_as_transport_is_limited_by_ratings_alone(tmp_path: Path) -> None:
    found = solved(save_netcdf(triangle(), tmp_path), network="transport")
    assert found.flow("generators")["cheap"].iloc[0] == pytest.approx(200)


def test_a_line_out_leaves_the_angle_between_its_ends_free(tmp_path: Path) -> None:
    # with line 12 out for hours 1 and 2, all goes the long way: 100 MW; a flow of zero that still tied the angles
    # of its ends together would let nothing pass there either
    event = {"name": "out", "kind": "line_out", "cause": "test", "where": ["lines.12"]}
    out = {**event, "start": "2028-04-01T01:00", "duration": "2h"}
    found = solved(save_netcdf(triangle(hours=4), tmp_path), events=(out,))
    assert found.flow("generators")["cheap"].to_numpy() == pytest.approx([150, 100, 100, 150])
    assert found.flow("lines")["12"].to_numpy()[1:3] == pytest.approx(0)


def meshed(hours: int = 2, without: str = "") -> pypsa.Network:
    """Four buses in a ring of unequal lines with both diagonals: three independent loops."""
    n = pypsa.Network()
    n.set_snapshots(pd.date_range("2028-04-01", periods=hours, freq="h"))
    n.add("Carrier", "AC")
    n.add("Bus", list("abcd"), carrier="AC")
    for name, x, rating in (("ab", 1, 60), ("bc", 2, 70), ("cd", 1, 50), ("da", 3, 90), ("ac", 2, 40), ("bd", 1, 80)):
        if name != without:
            n.add("Line", name, bus0=name[0], bus1=name[1], x=x / 10, r=0.01, s_nom=rating)
    for bus, cost in zip("abcd", (10, 20, 60, 90), strict=True):
        n.add("Generator", f"plant {bus}", bus=bus, p_nom=150, marginal_cost=cost)
    n.add("Load", "load c", bus="c", p_set=120)
    n.add("Load", "load d", bus="d", p_set=140)
    return n


LINES = ["ab", "bc", "cd", "da", "ac", "bd"]


@pytest.mark.parametrize("line", LINES)
def test_any_line_out_of_a_meshed_ring_is_as_if_it_were_not_built(tmp_path: Path, line: str) -> None:
    event = {"name": "out", "kind": "line_out", "cause": "test", "where": [f"lines.{line}"]}
    out = {**event, "start": "2028-04-01T01:00", "duration": "1h"}
    with_event = solved(save_netcdf(meshed(), tmp_path), events=(out,))
    without = meshed(without=line)
    without.optimize(log_to_console=False, include_objective_constant=False)
    kept = [name for name in with_event.flow("lines") if name != line]
    assert with_event.flow("lines")[kept].iloc[1].to_numpy() == pytest.approx(
        without.lines_t.p0[kept].iloc[1].to_numpy(), abs=1e-5
    )
    assert with_event.flow("lines")[line].iloc[1] == pytest.approx(0)


@pytest.mark.parametrize("line", LINES)
def test_an_interior_point_of_a_network_with_an_open_line_finds_the_optimum_of_the_simplex(
    tmp_path: Path, line: str, tried: list[tuple[attempts.Attempt, Problem]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The angle of an open line has no bounds, and stands in no voltage law but in that of its cycles."""
    event = {"name": "out", "kind": "line_out", "cause": "test", "where": [f"lines.{line}"]}
    out = {**event, "start": "2028-04-03", "duration": "2d"}
    case = read_case(str(save_netcdf(meshed(hours=240), tmp_path)))
    calm = Scenario(name="own", year=2028, case=str(tmp_path / "own.nc"), objective="dispatch")
    base, asked = inputs(case, calm), inputs(case, calm.replace(events=[out]))
    expected = Engine(base).solve(asked)
    monkeypatch.setattr(attempts, "LONG_HORIZON", 0)
    tried.clear()
    answer = Engine(base).solve(asked)
    assert not tried, "HiGHS has nothing to do"
    assert answer.objective == pytest.approx(expected.objective, rel=1e-6)


def lossy(**link: Any) -> pypsa.Network:
    n = pypsa.Network()
    n.set_snapshots(pd.date_range("2028-04-01", periods=2, freq="h"))
    n.add("Carrier", ["AC", "DC"])
    n.add("Bus", ["a", "b"], carrier="AC")
    n.add("Link", "tie", carrier="DC", efficiency=0.9, p_nom=500, **link)
    n.add("Generator", "plant", bus="b", p_nom=500, marginal_cost=10)
    n.add("Load", "load", bus="a", p_set=100)
    return n


def test_a_lossy_link_takes_more_than_it_delivers(saved: Saver) -> None:
    found = solved(saved(lossy(bus0="b", bus1="a")))
    assert found.flow("generators")["plant"].to_numpy() == pytest.approx(100 / 0.9)
    assert found.prices["a"].to_numpy() == pytest.approx(10 / 0.9)


def test_a_lossy_link_is_not_run_backwards(saved: Saver) -> None:
    # PyPSA would serve 100 MW with 90 MW of generation over this link
    with pytest.raises(InputError, match=r"backwards it would create it.*split it into two"):
        solved(saved(lossy(bus0="a", bus1="b", p_min_pu=-1)))


def chain(share: float) -> pypsa.Network:
    """Two reservoirs in a row, each with a turbine for its own load; sizes are a share of what is needed."""
    n = pypsa.Network()
    n.set_snapshots(range(8))
    n.add("Carrier", ["water", "AC"])
    n.add("Bus", ["reservoir 1", "reservoir 2"], carrier="water")
    n.add("Bus", ["electricity 1", "electricity 2"], carrier="AC")
    rain = [0, 0.3, 0.8, 0.5, 0.1, 0, 0.2, 0.4]
    n.add("Generator", "rain", bus="reservoir 1", carrier="water", p_nom=350, p_max_pu=rain)
    n.add("Store", ["store 1", "store 2"], bus=["reservoir 1", "reservoir 2"], e_nom=10_000, e_cyclic=True)
    n.add(
        "Link", "turbine 1", bus0="reservoir 1", bus1="electricity 1", bus2="reservoir 2", efficiency=0.9,
        efficiency2=0.5, p_nom=share * 40 / 0.9, marginal_cost=1,
    )  # fmt: skip
    n.add("Link", "spill", bus0="reservoir 1", bus1="reservoir 2", efficiency=0.5, p_nom=1000)
    n.add(
        "Link", "turbine 2", bus0="reservoir 2", bus1="electricity 2", efficiency=0.9,
        p_nom=share * 50 / 0.9, marginal_cost=1,
    )  # fmt: skip
    n.add("Load", "load 1", bus="electricity 1", p_set=[20, 20, 15, 15, 30, 40, 35, 25])
    n.add("Load", "load 2", bus="electricity 2", p_set=[30, 25, 20, 20, 40, 50, 45, 30])
    return n


def test_chained_reservoirs_need_turbines_for_their_peaks(saved: Saver) -> None:
    # loads of 200 and 260 MWh over turbines of 0.9, at 1 $ per unit of water; the peaks of 40 and 50 MW size them
    found = solved(saved(chain(1.0)))
    assert found.objective == pytest.approx((200 + 260) / 0.9)
    assert found.flow("links")["turbine 1"].max() == pytest.approx(44.444, abs=1e-3)
    assert found.flow("links")["turbine 2"].max() == pytest.approx(55.556, abs=1e-3)


def test_chained_reservoirs_with_smaller_turbines_have_no_answer(tmp_path: Path) -> None:
    with pytest.raises(SolverError, match=r"(?i)infeasible"):
        solved(save_netcdf(chain(0.999), tmp_path))


def test_a_full_reservoir_spills_what_it_cannot_hold(tmp_path: Path) -> None:
    # five hours bring 200 where 100 are used: 200 fit into the store, so that 300 of the 500 too many are spilled;
    # the two hours of 50 then draw on the store, and the plant at 100 $/MWh never runs
    n = pypsa.Network()
    n.set_snapshots(range(7))
    n.add("Carrier", ["water", "AC"])
    n.add("Bus", "water", carrier="water")
    n.add("Bus", "electricity", carrier="AC")
    n.add("Load", "inflow", bus="water", p_set=[-200] * 5 + [-50] * 2)
    n.add("Store", "reservoir", bus="water", e_nom=200)
    n.add("Link", "turbine", bus0="water", bus1="electricity", p_nom=100)
    n.add("Generator", "spill", bus="water", sign=-1, p_nom=1000, marginal_cost=1)
    n.add("Generator", "other", bus="electricity", p_nom=100, marginal_cost=100)
    n.add("Load", "load", bus="electricity", p_set=100)
    found = solved(save_netcdf(n, tmp_path))
    assert found.flow("generators")["spill"].sum() == pytest.approx(300)
    assert found.flow("generators")["other"].sum() == pytest.approx(0)
    assert found.objective == pytest.approx(300)


WEEKS, FULL, FIRST, MOST = 52, 320, 300, 12  # the reservoir of SDDP.jl's tutorial "deterministic to stochastic"


def weeks() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inflow, demand and cost of thermal power by week: whole numbers, wet in spring, dear in winter."""
    week = np.arange(WEEKS)
    inflow = np.round(8 + 7 * np.cos(2 * np.pi * (week - 18) / WEEKS)).astype(int)
    demand = np.round(10 + 4 * np.cos(2 * np.pi * week / WEEKS)).astype(int)
    return inflow, demand, np.round(5 + 4 * np.cos(2 * np.pi * (week - 50) / WEEKS) + week % 3).astype(int)


def cheapest() -> float:
    """The least cost by dynamic programming over whole levels, backwards; no linear program.

    Every flow joins one balance to the next, so that with whole numbers an optimum of whole numbers exists.
    """
    later = np.zeros(FULL + 1)
    for inflow, demand, cost in reversed(list(zip(*weeks(), strict=True))):
        now = np.full(FULL + 1, np.inf)
        for level in range(FULL + 1):
            for turbine in range(min(MOST, demand, level + inflow) + 1):
                left = min(level + inflow - turbine, FULL)  # what does not fit is spilled
                now[level] = min(now[level], cost * (demand - turbine) + later[: left + 1].min())
        later = now
    return float(later[FIRST])


def test_a_reservoir_of_52_weeks_costs_what_dynamic_programming_says(tmp_path: Path) -> None:
    inflow, demand, cost = weeks()
    n = pypsa.Network()
    n.set_snapshots(range(WEEKS))
    n.add("Carrier", ["water", "AC"])
    n.add("Bus", "dam", carrier="water")
    n.add("Bus", "grid", carrier="AC")
    n.add("Load", "inflow", bus="dam", p_set=-inflow.astype(float))
    n.add("Store", "reservoir", bus="dam", e_nom=FULL, e_initial=FIRST)
    n.add("Link", "turbine", bus0="dam", bus1="grid", p_nom=MOST)
    n.add("Generator", "spill", bus="dam", sign=-1, p_nom=1000)
    n.add("Generator", "thermal", bus="grid", p_nom=100, marginal_cost=cost.astype(float))
    n.add("Load", "load", bus="grid", p_set=demand.astype(float))
    found = solved(save_netcdf(n, tmp_path))
    assert found.objective == pytest.approx(cheapest())
    assert found.values["stores", "e"]["reservoir"].iloc[-1] == pytest.approx(0)  # water left is worth nothing


def test_dc_loss_is_shared_by_the_ends_as_nempy_has_it(tmp_path: Path) -> None:
    # half of 5 % at each end: sent f·1.025, received f·0.975; 90 MW received: f = 92.3077, generation 94.6154
    n = lossy(bus0="b", bus1="a")
    n.links.loc["tie", "efficiency"] = 0.975 / 1.025
    n.loads.loc["load", "p_set"] = 90.0
    n.generators.loc["plant", "marginal_cost"] = 50.0
    found = solved(save_netcdf(n, tmp_path))
    assert found.flow("generators")["plant"].iloc[0] == pytest.approx(90 / 0.975 * 1.025)
    assert found.prices["a"].iloc[0] == pytest.approx(50 * 1.025 / 0.975)


def test_weightings_count_once_in_cost_and_once_in_water(tmp_path: Path) -> None:
    # 24 snapshots that stand for 365 days each: the cost is that of a year, and the store moves by its own hours
    n = lossy(bus0="b", bus1="a")
    n.set_snapshots(pd.date_range("2028-04-01", periods=24, freq="h"))
    n.snapshot_weightings["objective"] = 365.0
    found = solved(save_netcdf(n, tmp_path))
    assert found.objective == pytest.approx(365 * 24 * 100 / 0.9 * 10)


def test_a_bus_that_nothing_hangs_on_does_no_harm(tmp_path: Path) -> None:
    n = triangle()
    n.add("Bus", "empty", carrier="AC")
    assert solved(save_netcdf(n, tmp_path)).objective == pytest.approx(16_500)


def test_a_run_of_a_network_without_a_line_under_study(tmp_path: Path) -> None:
    path = save_netcdf(triangle(), tmp_path)
    found = run(read_case(path), Scenario(name="own", year=2028, case=str(path), objective="dispatch"))
    assert found.table["delivered"].sum() == 0
    assert found.rungs.empty


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda n: n.generators.assign(p_nom_extendable=True), "p_nom_extendable is not modelled"),
        (lambda n: n.generators.assign(committable=True), "committable is not modelled"),
    ],
)
def test_what_is_not_modelled_is_refused(
    tmp_path: Path, change: Callable[[pypsa.Network], pd.DataFrame], message: str
) -> None:
    n = triangle()
    n.c.generators.static = change(n)
    with pytest.raises(InputError, match=message):
        read_case(save_netcdf(n, tmp_path))


def test_a_stochastic_network_is_refused_in_words(tmp_path: Path) -> None:
    n = triangle()
    n.set_scenarios({"low": 0.5, "high": 0.5})
    with pytest.raises(InputError, match=r"it is a stochastic network.*n.get_scenario"):
        read_case(save_netcdf(n, tmp_path))


def test_other_components_are_refused(tmp_path: Path) -> None:
    n = triangle()
    n.add("ShuntImpedance", "shunt", bus="1", b=0.1)
    with pytest.raises(InputError, match="shunt_impedances are not modelled here"):
        read_case(save_netcdf(n, tmp_path))


def test_a_built_network_is_no_case_of_its_own(tmp_path: Path) -> None:
    n = triangle()
    n.meta = {"energy": {"rules": [{"kind": "volume"}]}}
    with pytest.raises(InputError, match="was built from a case"):
        read_case(save_netcdf(n, tmp_path))


def test_numbered_snapshots_become_hours(tmp_path: Path) -> None:
    found = solved(save_netcdf(chain(1.0), tmp_path))
    assert found.inputs.axis.snapshots[0] == pd.Timestamp("2028-04-01")
    assert np.unique(np.diff(found.inputs.axis.snapshots)) == np.timedelta64(1, "h")


def one_bus(loads: list[float]) -> pypsa.Network:
    n = pypsa.Network()
    n.set_snapshots(pd.date_range("2028-04-01", periods=len(loads), freq="h"))
    n.add("Carrier", "AC")
    n.add("Bus", "b", carrier="AC")
    n.add("Load", "l", bus="b", p_set=loads)
    return n


def test_a_plant_that_may_climb_20_mw_an_hour(tmp_path: Path) -> None:
    """Load 20, 60, 60 MW: the cheap plant follows with 20, 40, 60, the dear one gives the 20 between: 1200 + 1000 $."""
    n = one_bus([20.0, 60.0, 60.0])
    n.add("Generator", "cheap", bus="b", p_nom=100, marginal_cost=10, ramp_limit_up=0.2)
    n.add("Generator", "dear", bus="b", p_nom=100, marginal_cost=50)
    found = solved(save_netcdf(n, tmp_path))
    assert found.objective == pytest.approx(2200)
    assert found.flow("generators")["cheap"].tolist() == pytest.approx([20, 40, 60])


@pytest.mark.parametrize(("tank", "made"), [({"standing_loss": 0.1}, 10.0), ({"e_initial": 4.0}, 5.0)])
def test_a_tank_between_two_hours(tank: dict[str, float], made: float, tmp_path: Path) -> None:
    """9 MWh of the second hour are made in the first: 10 where a tenth is lost, 5 where 4 are there from the start."""
    n = one_bus([0.0, 9.0])
    n.add("Generator", "early", bus="b", p_nom=100, marginal_cost=10, p_max_pu=[1.0, 0.0])
    n.add("Store", "tank", bus="b", e_nom=100, **tank)
    found = solved(save_netcdf(n, tmp_path))
    assert found.objective == pytest.approx(10 * made)
    assert found.flow("generators")["early"].tolist() == pytest.approx([made, 0])


@pytest.mark.parametrize(
    ("last_efficiency", "cost"),
    [
        (0.25, 40.0),  # 20 MW of the link serve 5 MW at each of four buses, two hours at 1 $/MWh
        # in the second hour 20 MW leave 3 MW at the last bus: 20 + 3·100; 50 MW would serve all four, and bring power
        # that nobody takes to the three others
        ([0.25, 0.1], 340.0),
    ],
)
def test_a_run_of_a_link_with_four_outputs(
    command: Command, last_efficiency: float | list[float], cost: float, tmp_path: Path
) -> None:
    """PyPSA builds such a program anew; the command reports it like any other."""
    n = pypsa.Network(snapshots=pd.date_range("2028-04-01", periods=2, freq="h"))
    n.add("Carrier", "AC")
    n.add("Bus", list("abcde"), carrier="AC")
    n.add("Generator", "cheap", bus="a", p_nom=1000, marginal_cost=1)
    for bus in "bcde":
        n.add("Load", f"load {bus}", bus=bus, p_set=5)
        n.add("Generator", f"dear {bus}", bus=bus, p_nom=100, marginal_cost=100)
    ends = {"bus0": "a", "bus1": "b", "bus2": "c", "bus3": "d", "bus4": "e"}
    shares = {"efficiency": 0.25, "efficiency2": 0.25, "efficiency3": 0.25, "efficiency4": last_efficiency}
    n.add("Link", "many", p_nom=100, **ends, **shares)
    file = save_netcdf(n, tmp_path)
    scenario = tmp_path / "own.yaml"
    scenario.write_text(f"year: 2028\ncase: {file}\nobjective: dispatch\n", encoding="utf-8")
    done = command("run", scenario, "--json", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    (said,) = json.loads(done.stdout)
    assert said["objective"] == pytest.approx(cost)
    assert said["structure_gwh"] is None  # no warm start, so that it would cost two builds more


def test_a_line_of_another_reactance_is_another_program(tmp_path: Path) -> None:
    """Of what leaves bus 1, 0.2 / (x + 0.2) takes line 12 and x / (x + 0.2) the other two; each is full at 100 MW."""
    path = save_netcdf(triangle(), tmp_path)
    flows = []
    for x in (0.1, 0.4, 0.1, 0.2):
        result = solved(path, values={"lines.12.x": x})
        flows.append(result.flow("generators")["cheap"].iloc[0])
    assert flows == pytest.approx([150.0, 150.0, 150.0, 200.0])


def test_a_longer_line_of_a_type_is_another_program(tmp_path: Path) -> None:
    """Three lines of one type and length, and then 12 twice as long: 2/3 and 1/2 of the exchange go direct."""
    n = triangle()
    n.buses["v_nom"] = 380.0
    n.lines[["type", "length"]] = ["Al/St 240/40 4-bundle 380.0", 10.0]
    path = save_netcdf(n, tmp_path)
    flows = []
    for length in (10.0, 20.0, 10.0):
        result = solved(path, values={"lines.12.length": length})
        flows.append(result.flow("generators")["cheap"].iloc[0])
    assert flows == pytest.approx([150.0, 200.0, 150.0])
