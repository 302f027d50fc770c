"""Head: the power equation, and a reservoir that empties under a constant load, in closed form.

With e(V) = a + b·V MWh/hm³ a load of D MW draws dV/dt = −D/e(V), so that the energy still in the reservoir,
E(V) = a·V + b·V²/2, falls by D an hour: V(t) = (−a + √(a² + 2·b·(E(V₀) − D·t)))/b. The mean of the contents before and
after a snapshot gives that exactly, whatever its length: e((V₁+V₂)/2)·(V₁−V₂) = E(V₁) − E(V₂).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from energy.case import Case
from energy.errors import InputError, SolverError
from energy.metrics import audit
from energy.model import Inputs, inputs
from energy.model.head_curves import HeadCurve, specific_energy
from energy.scenario import read_scenario
from energy.solve import Engine, Result, head_iteration, solve

SIZE, A, B = 300.0, 400.0, 1.0  # hm³; MWh/hm³ when empty, and more for each hm³: 700 when full
LOAD = 16.0  # MW: 40 % of the case's 40 MW
CURVE = HeadCurve("reservoir", ("turbine",), (0.0, SIZE), (A, A + B * SIZE))


def emptying(case: Case, **overrides: object) -> Inputs:
    """A full reservoir without inflow, a load at its own bus, no line."""
    scenario = read_scenario(
        "two_bus",
        overrides={
            "time.resolution": "24h",
            "rules": {"reservoir_start": {"level": SIZE}, "reservoir_end": "off"},
            "values": {
                "profiles/inflow.river inflow.median": 0.0,
                "links.line.p_nom": 0.0,
            },
            **overrides,
        },
    )
    found = inputs(case, scenario)
    demand = found.array("loads", "p_set").copy()
    demand[:, found.components["loads"].index.get_loc("source demand")] = LOAD
    stores = found.components["stores"].assign(marginal_cost_storage=-1e-4)  # hold the water that is not needed
    held = np.full((len(found.axis.snapshots), 1), -1e-4)
    dense = {**found.dense, ("loads", "p_set"): demand, ("stores", "marginal_cost_storage"): held}
    return replace(found, components={**found.components, "stores": stores}, dense=dense)


def on_paper(days: int) -> np.ndarray:
    energy = A * SIZE + B * SIZE**2 / 2 - LOAD * 24 * np.arange(1, days + 1)
    return (-A + np.sqrt(A**2 + 2 * B * energy)) / B


def gap(result: Result, curve: HeadCurve = CURVE) -> float:
    """Largest relative distance of the turbine's efficiency from that of the level, computed anew."""
    content = result.values["stores", "e"]["reservoir"].to_numpy()
    start = float(result.inputs.components["stores"].loc["reservoir", "e_initial"])
    before = np.concatenate([[start], content[:-1]])
    efficiency = result.inputs.values("links", "efficiency")["turbine"].to_numpy()
    return float(np.abs(efficiency / np.interp((before + content) / 2, curve.levels, curve.efficiencies) - 1).max())


@pytest.mark.parametrize("resolution", ["24h", "12h"])
def test_a_reservoir_empties_as_the_closed_form_says(two_bus: Case, resolution: str) -> None:
    result = solve(replace(emptying(two_bus, **{"time.resolution": resolution}), head=(CURVE,)))
    a_day = 24 // int(resolution.removesuffix("h"))
    ends = result.values["stores", "e"]["reservoir"].to_numpy()[a_day - 1 :: a_day]
    # the efficiency is right within 0.1 %, and with it the water that is drawn
    assert SIZE - ends == pytest.approx(SIZE - on_paper(365), rel=head_iteration.TOLERANCE)
    assert gap(result) <= head_iteration.TOLERANCE
    assert ends[-1] > 0


def test_a_fixed_head_empties_it_otherwise(two_bus: Case) -> None:
    """So that the test above could fail: 500 MWh/hm³ all along draw 280 hm³, the curve draws 242."""
    fixed = solve(emptying(two_bus)).values["stores", "e"]["reservoir"].to_numpy()
    assert SIZE - fixed[-1] == pytest.approx(LOAD * 8760 / 500, rel=1e-6)
    assert SIZE - on_paper(365)[-1] == pytest.approx(242.1, abs=0.1)


def test_water_and_energy_still_balance(two_bus: Case) -> None:
    result = solve(replace(emptying(two_bus), head=(CURVE,)))
    assert max(audit(result).values()) < 1e-6
    assert result.received["turbine"].to_numpy() == pytest.approx(LOAD, rel=1e-6)


def test_levels_are_held_only_while_solving(two_bus: Case) -> None:
    found = replace(emptying(two_bus), head=(CURVE,))
    result = solve(found)
    for bound in ("e_min_pu", "e_max_pu"):
        assert (result.inputs.array("stores", bound) == found.array("stores", bound)).all()


def test_the_answer_does_not_hang_on_what_was_solved_before(two_bus: Case) -> None:
    found = replace(emptying(two_bus), head=(CURVE,))
    engine = Engine(found)
    steep = HeadCurve("reservoir", ("turbine",), (0.0, SIZE), (200.0, 800.0))
    first, _, again = engine.solve(found), engine.solve(replace(found, head=(steep,))), engine.solve(found)
    assert first.objective == again.objective
    assert (first.values["stores", "e"] == again.values["stores", "e"]).all(axis=None)


def test_efficiencies_that_do_not_settle_are_an_error(two_bus: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head_iteration, "STEPS", 2)
    with pytest.raises(SolverError, match="do not settle with the head"):
        solve(replace(emptying(two_bus), head=(CURVE,)))


def test_a_case_without_curves_refuses_a_varying_head(two_bus: Case) -> None:
    with pytest.raises(InputError, match=r"no curves for a varying head; allowed: fixed"):
        inputs(two_bus, read_scenario("two_bus", overrides={"head": "varying"}))


def test_power_equation() -> None:
    # 8 m³ a day at 100 m are 1000·9.81·8·100 J = 7.848 MJ; at 70 m and with a loss of 15 % less
    for metres, share, megajoules in ((100, 1.0, 7.848), (100, 0.85, 6.6708), (70, 1.0, 5.4936)):
        assert specific_energy(metres, share) * 8e-6 * 3600 == pytest.approx(megajoules, rel=1e-12)
    # 100 m³/s are 0.36 hm³/h
    assert specific_energy(100, 0.9) * 0.36 == pytest.approx(88.29, rel=1e-12)


def test_curves_of_the_case_span_what_the_plants_make(casa1000: Case) -> None:
    """0.31 to 0.42 kWh/m³ over 57 m at Toktogul, 0.49 to 0.60 over 53 m at Nurek; turbine and generator below 95 %."""
    found = inputs(casa1000, read_scenario("baseline", overrides={"head": "varying"}))
    ends = {curve.store: (curve.efficiencies[0], curve.efficiencies[-1]) for curve in found.head}
    assert ends == {"Toktogul": (310.0, 420.0), "Nurek": (490.0, 600.0)}
    for curve in found.head:
        size = float(found.components["stores"].loc[curve.store, "e_nom"])
        assert curve.levels[0] == 0
        assert curve.levels[-1] == size
        assert (np.diff(curve.efficiencies) > 0).all()
