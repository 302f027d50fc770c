"""AC power flow: the nine buses of Anderson and Fouad, a line on paper, and the dispatch behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from energy.analysis.ac_power_flow import (
    _ac_network,
    _bus_power,
    _power_flow,
    _reactive_limits,
    ac_power_flow,
    busiest_snapshots,
    verdict,
)
from energy.case import Case
from energy.case.stability import ReactivePower
from energy.errors import InputError, SolverError
from energy.model import inputs
from energy.model.pypsa_logging import quiet_pypsa
from energy.scenario import read_scenario
from energy.solve import Result, solve

if TYPE_CHECKING:
    import pypsa

BASE = 100.0  # MVA
LINES = {
    ("4", "5"): (0.01, 0.085, 0.176),
    ("4", "6"): (0.017, 0.092, 0.158),
    ("5", "7"): (0.032, 0.161, 0.306),
    ("6", "9"): (0.039, 0.17, 0.358),
    ("7", "8"): (0.0085, 0.072, 0.149),
    ("8", "9"): (0.0119, 0.1008, 0.209),
}
TRANSFORMERS = {("1", "4"): 0.0576, ("2", "7"): 0.0625, ("3", "9"): 0.0586}
LOADS = {"5": (125, 50), "6": (90, 30), "8": (100, 35)}
VOLTAGES = {"1": (16.5, 1.04), "2": (18.0, 1.025), "3": (13.8, 1.025)}


def nine_buses() -> pypsa.Network:
    """WSCC: three plants of 71.6, 163 and 85 MW, three loads of 125, 90 and 100 MW; p.u. on 100 MVA and 230 kV."""
    import pypsa

    impedance = 230.0**2 / BASE
    with quiet_pypsa():
        n = pypsa.Network()
        for bus in map(str, range(1, 10)):
            n.add("Bus", bus, v_nom=VOLTAGES.get(bus, (230.0, 1.0))[0], v_mag_pu_set=VOLTAGES.get(bus, (0, 1.0))[1])
        for (begin, end), (r, x, b) in LINES.items():
            values = {"r": r * impedance, "x": x * impedance, "b": b / impedance}
            n.add("Line", f"{begin}-{end}", bus0=begin, bus1=end, s_nom=250, **values)
        for (begin, end), x in TRANSFORMERS.items():
            n.add("Transformer", f"{begin}-{end}", bus0=begin, bus1=end, x=x, s_nom=BASE, model="pi")
        n.add("Generator", "1", bus="1", control="Slack")
        n.add("Generator", "2", bus="2", p_set=163, control="PV")
        n.add("Generator", "3", bus="3", p_set=85, control="PV")
        for bus, (p, q) in LOADS.items():
            n.add("Load", bus, bus=bus, p_set=p, q_set=q)
    return n


def one_line(load: float, reactive: float = 0.0) -> pypsa.Network:
    """A source of 1 p.u. and a load behind a line of x = 25 ohm at 500 kV, 0.01 p.u. on 100 MVA; no resistance."""
    import pypsa

    with quiet_pypsa():
        n = pypsa.Network()
        n.add("Bus", ["near", "far"], v_nom=500.0)
        n.add("Line", "line", bus0="near", bus1="far", r=0.0, x=25.0, s_nom=2000)
        n.add("Generator", "source", bus="near", control="Slack")
        n.add("Load", "load", bus="far", p_set=load, q_set=reactive)
    return n


def test_nine_buses_lose_4_641_mw() -> None:
    """Anderson and Fouad, Power System Control and Stability, example 2.6: losses 4.641 MW, V5 0.9956."""
    flow = _power_flow(nine_buses())
    assert float(flow.losses.iloc[0]) == pytest.approx(4.641, abs=5e-4)
    voltage = flow.buses["voltage"].droplevel("snapshot")
    assert voltage["5"] == pytest.approx(0.9956, abs=5e-5)
    assert voltage[["1", "2", "3"]].tolist() == pytest.approx([1.04, 1.025, 1.025])
    given = flow.branches["p0"].droplevel("snapshot")
    assert given["1-4"] == pytest.approx(315 + 4.641 - 163 - 85, abs=1e-3)


def test_voltage_behind_a_line() -> None:
    """V⁴ + V²(2 X Q - 1) + X²(P² + Q²) = 0 with X = 0.01 p.u. · 1: P = 10, Q = 5 (1,000 MW, 500 Mvar on 100 MVA)."""
    x, p, q = 0.01, 10.0, 5.0
    square = np.roots([1, 2 * x * q - 1, x**2 * (p**2 + q**2)]).max()
    flow = _power_flow(one_line(1000, 500))
    voltage = flow.buses["voltage"].droplevel("snapshot")
    assert voltage["far"] == pytest.approx(np.sqrt(square), abs=1e-8)
    assert float(flow.losses.iloc[0]) == pytest.approx(0, abs=1e-4)


def test_more_than_the_line_can_carry_is_told() -> None:
    """The most a line of X = 0.01 p.u. gives to a load without reactive power is 1/(2 X) = 50 p.u., 5,000 MW."""
    _power_flow(one_line(4900))
    with pytest.raises(SolverError, match="no voltages carry"):
        _power_flow(one_line(5100))


def test_a_plant_at_its_limit_gives_it_and_no_more() -> None:
    n = one_line(1000, 500)
    with quiet_pypsa():
        n.add("Generator", "held", bus="far", p_set=0.0, control="PV")
    free = _power_flow(n)
    assert free.buses["voltage"].droplevel("snapshot")["far"] == pytest.approx(1.0)
    limits = pd.Series({"held": 200.0})
    flow = _power_flow(n, limits)
    assert n.c.generators.dynamic["q"]["held"].iloc[0] == pytest.approx(200.0)
    voltage = flow.buses["voltage"].droplevel("snapshot")
    alone = _power_flow(one_line(1000, 300)).buses["voltage"].droplevel("snapshot")
    assert voltage["far"] == pytest.approx(alone["far"], abs=1e-8)


@pytest.fixture(scope="module")
def season(casa1000: Case) -> Result:
    scenario = read_scenario("baseline", overrides={"time.resolution": "typical-days-24h"})
    return solve(inputs(casa1000, scenario))


def test_every_bus_balances_with_the_lines(season: Result) -> None:
    """What stands at a bus of the dispatch is what its lines carry away."""
    snapshot = busiest_snapshots(season, 1)[0]
    power = _bus_power(season, snapshot)
    net = power["plants"] + power["converters"] + power["trade"] - power["demand"]
    lines = season.inputs.components["lines"]
    flow = season.flow("lines").loc[snapshot]
    away = flow.groupby(lines["bus0"]).sum().sub(flow.groupby(lines["bus1"]).sum(), fill_value=0.0)
    np.testing.assert_allclose(net[away.index].to_numpy(), away.to_numpy(), atol=1e-5)


def test_without_resistance_and_charging_nothing_is_lost(season: Result) -> None:
    """Lossless lines, demand without reactive power: active power flows nearly as in the linear model."""
    snapshot = busiest_snapshots(season, 1)[0]
    plain = ReactivePower(load_power_factor=1.0, line_compensation=1.0, converter_demand=0, converter_filters=0)
    n = _ac_network(season, snapshot, plain)
    n.c.lines.static["r"] = 0.0
    flow = _power_flow(n)
    assert float(flow.losses.iloc[0]) == pytest.approx(0, abs=1e-3)
    linear = season.flow("lines").loc[snapshot]
    active = flow.branches["p0"].droplevel("snapshot")
    assert (active - linear[active.index]).abs().max() < 0.05 * linear.abs().max()


def test_dispatch_of_the_case_has_voltages_and_losses(season: Result, casa1000: Case) -> None:
    reactive = casa1000.rules.reactive_power
    assert reactive is not None
    snapshots = busiest_snapshots(season, 2)
    flow = ac_power_flow(season, snapshots, reactive)
    assert set(flow.buses.index.get_level_values("bus")) >= {"TJ south", "TJ north", "KG south"}
    assert (flow.losses > 0).all()
    assert flow.buses["voltage"].between(0.8, 1.2).all()
    assert "Voltages" in verdict(flow)
    given = flow.buses["p"].groupby(level="snapshot").sum()
    np.testing.assert_allclose(given, flow.losses, atol=1e-3)


def test_plants_stay_within_their_rating(season: Result, casa1000: Case) -> None:
    reactive = casa1000.rules.reactive_power
    assert reactive is not None
    n = _ac_network(season, busiest_snapshots(season, 1)[0], reactive)
    limits = _reactive_limits(n, reactive)
    _power_flow(n, limits)
    given = n.c.generators.dynamic["q"].iloc[0]
    assert (given[limits.index].abs() <= limits + 0.01).all()


def test_a_case_without_lines_is_told(two_bus: Case) -> None:
    scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    result = solve(inputs(two_bus, scenario))
    with pytest.raises(InputError, match="no AC line"):
        _ac_network(result, busiest_snapshots(result, 1)[0], ReactivePower())
