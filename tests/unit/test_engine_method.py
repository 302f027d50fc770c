"""Simplex on short horizons, an interior point on long ones, and the same optimum."""

from __future__ import annotations

from dataclasses import replace

import highspy
import numpy as np
import pandas as pd
import pytest

from energy.analysis.engine_cache import forget_engines
from energy.analysis.parallel import delivered, solve_points
from energy.case import Case, read_case
from energy.metrics import audit
from energy.model import Inputs, inputs
from energy.scenario import read_scenario
from energy.solve import Engine, attempts, highs, solve, solve_with
from energy.solve.duality_gap import reduced_costs
from energy.solve.lp import Problem
from energy.solve.sifting import FixedColumns, fixable_columns, relaxed_program
from energy.solve.warm_start import WarmStart

Tried = list[tuple[attempts.Attempt, Problem]]
LINE_FIRST = {"hydrology": "dry", "protection_order": "[casa, own_demand]"}
COLD = (
    "[{name: frost, kind: demand_shock, cause: cold, "
    "where: [loads.KG * demand], start: 01-10, duration: 5d, factor: 3}]"
)


def judged_as_on_a_long_horizon(found: Inputs, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Return whether eased answers stood on the way of the interior point; the optimum is the simplex's either way.

    It is that of the program's own cost: the services are optimised from a basis, which an interior point has none of.
    """
    monkeypatch.setattr("energy.solve.engine.priority_costs", lambda *_: [])
    simplex = Engine(found).solve(found)
    judged: list[bool] = []
    stands = highs.Solver._stands
    monkeypatch.setattr(attempts, "LONG_HORIZON", 0)
    monkeypatch.setattr(highs.Solver, "_stands", lambda *a: judged.append(stands(*a)) or judged[-1])
    assert Engine(found).solve(found).objective == pytest.approx(simplex.objective, rel=1e-6)
    return judged


@pytest.mark.parametrize("hydrology", ["median", "dry"])
def test_interior_point_finds_the_optimum_of_the_simplex(hydrology: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = inputs(read_case("two_bus"), read_scenario("two_bus", overrides={"hydrology": hydrology}))
    assert Engine(found).solve(found).iterations > 0
    assert judged_as_on_a_long_horizon(found, monkeypatch) == [True]


def test_a_bound_that_is_left_out_binds_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the line served first and little water, demand at the source goes short; no more than all of it can."""
    asked = read_scenario("two_bus", overrides=LINE_FIRST)
    found = inputs(read_case("two_bus"), asked)
    judged = judged_as_on_a_long_horizon(found, monkeypatch)
    assert judged
    assert not any(judged), "neither the eased answer nor a narrowed one"


@pytest.mark.parametrize(
    ("changes", "stood"),
    [
        # demand goes short, at less than its price in the eased program; two_bus has a year in which it does not
        ({}, False),
        ({"hydrology": "{seed: 1, draw: 22}"}, False),  # and Nurek cannot give what irrigation asks for
        ({"events": COLD}, False),
    ],
)
def test_an_eased_answer_stands_only_where_it_is_the_optimum(
    changes: dict[str, str], stood: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = read_scenario("baseline", overrides={"time.resolution": "typical-days-6h", **changes})
    found = inputs(read_case("casa1000"), asked)
    # a year that lacks water is solved twice: without what is lacking, in vain, and with it
    assert set(judged_as_on_a_long_horizon(found, monkeypatch)) == {stood}


def test_an_undecided_answer_is_narrowed_to_the_optimum(
    two_bus: Case, tried: Tried, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an interior point of the eased program does not prove, one of the true program of the open columns does."""
    found = inputs(two_bus, read_scenario("two_bus"))
    expected = Engine(found).solve(found)
    monkeypatch.setattr(attempts, "LONG_HORIZON", 0)
    tried.clear()
    stands = highs.Solver._stands
    monkeypatch.setattr(highs.Solver, "_stands", lambda *a: len(tried) > 1 and stands(*a))
    assert Engine(found).solve(found).objective == pytest.approx(expected.objective, rel=1e-6)
    assert [way.eased for way, _ in tried] == [True, False]
    shut = [int((program.lower == program.upper).sum()) for _, program in tried]
    assert shut[1] > shut[0], "columns are held"


def test_a_column_is_held_where_its_reduced_cost_leaves_no_doubt(two_bus: Case) -> None:
    engine = Engine(inputs(two_bus, read_scenario("two_bus")))
    engine.solve(engine.base)
    structure, problem, optimum = engine.structure, engine.structure.problem(engine.base), engine.solver.optimum()
    found = fixable_columns(structure, problem, engine.base, optimum.values, optimum.duals)
    held = found.program(problem)
    shut = (held.lower == held.upper) & (problem.lower < problem.upper)
    assert shut.any()
    assert (held.lower <= optimum.values + 1e-9).all()
    assert (held.upper >= optimum.values - 1e-9).all()
    kept = found.but_in_vain(structure, problem, optimum.duals)
    assert np.array_equal(kept.low, found.low)
    assert np.array_equal(kept.high, found.high)
    late = engine.base.axis.snapshots > engine.base.axis.snapshots[-1] - pd.Timedelta("7D")
    for at in structure.columns.values():
        assert not found.low[at[late]].any(), "what flows on beyond the horizon has more than one price"
    last = np.concatenate([at[~late][-1] for at in structure.columns.values()])
    assert found.low[last].any(), "before the last seven days columns are held"
    above, below = (
        fixable_columns(structure, problem, engine.base, optimum.values + off, optimum.duals) for off in (1.0, -1.0)
    )
    assert found.high.any()
    assert not above.low.any(), "nothing away from its bound"
    assert not below.high.any()


def test_what_is_eased_is_roomy_lacking_or_unserved() -> None:
    """Told from the tables: no bound above, no water lacking, and a service's shortfall at 3/4 of its price."""
    scenario = read_scenario("baseline", overrides={"time.resolution": "typical-days-6h"})
    found = inputs(read_case("casa1000"), scenario)
    structure = Engine(found)._structure(found)
    problem = structure.problem(found)
    upper, cost = problem.upper.copy(), problem.cost.copy()
    shortfalls = 0
    for component in ("generators", "links"):
        for at, row in enumerate(found.components[component].to_dict("records")):
            columns = structure.columns[component, "p"][:, at]
            if row["carrier"] in {"unserved", "spillway", "river mouth"}:
                upper[columns] = np.inf
            if row["carrier"] == "lacking water":
                upper[columns] = 0.0
            if row["carrier"] == "unserved" and row.get("service") in found.weights:
                cost[columns] = [0.75 * paid if paid > 0 else paid for paid in cost[columns]]
                shortfalls += 1
    assert shortfalls > len(found.weights) / 2
    assert (problem.upper[upper == 0.0] > 0.0).any(), "water may be lacking in the true program"
    easier = relaxed_program(structure, problem, found)
    assert np.array_equal(easier.upper, upper)
    assert np.array_equal(easier.cost, cost)
    assert np.array_equal(easier.lower, problem.lower)


def test_a_component_held_in_vain_is_let_go(two_bus: Case, tried: Tried, monkeypatch: pytest.MonkeyPatch) -> None:
    """Held at zero, gas leaves demand unserved in every hour; its price says so, and all its hours are let go."""
    found = inputs(two_bus, read_scenario("two_bus"))
    engine = Engine(found)
    expected = engine.solve(found).objective
    structure, problem = engine.structure, engine.structure.problem(found)
    gas = structure.columns["generators", "p"][:, list(found.components["generators"].index).index("gas plant")]
    low = np.zeros(len(problem.cost), dtype=bool)
    low[gas] = True
    wrong = FixedColumns(low, low & False, found.axis.snapshots, structure.columns)
    monkeypatch.setattr(attempts, "LONG_HORIZON", 0)
    monkeypatch.setattr(highs, "ROUNDS", 1)  # it takes no more
    tried.clear()
    solver = highs.Solver()
    solver.solve(structure, problem, found, held=wrong)
    assert solver.optimum().objective == pytest.approx(expected, rel=1e-6)
    assert [int((program.lower == program.upper)[gas].sum()) for _, program in tried] == [len(gas), 0]


def test_what_has_one_value_is_not_held_in_vain(two_bus: Case) -> None:
    """Gas shut for all hours would be worth running, but has nowhere to be let go to; held at a choice it has."""
    engine = Engine(inputs(two_bus, read_scenario("two_bus")))
    found, structure, problem = engine.base, engine.structure, engine.structure.problem(engine.base)
    gas = structure.columns["generators", "p"][:, list(found.components["generators"].index).index("gas plant")]
    low = np.zeros(len(problem.cost), dtype=bool)
    low[gas] = True
    held = FixedColumns(low, low & False, found.axis.snapshots, structure.columns)
    shut = held.program(problem)
    solver = highs.Solver()
    solver.solve(structure, shut, found)
    duals = solver.optimum().duals
    assert (reduced_costs(structure, problem, duals)[gas] < -1.0).any(), "its price would draw it up"
    assert np.array_equal(held.but_in_vain(structure, shut, duals).low, low)
    assert not held.but_in_vain(structure, problem, duals).low.any()


def test_what_cannot_be_held_is_solved_without(two_bus: Case, tried: Tried, monkeypatch: pytest.MonkeyPatch) -> None:
    """With all at zero nothing meets demand: no optimum, no prices, and the ways of a solve from nothing."""
    found = inputs(two_bus, read_scenario("two_bus"))
    engine = Engine(found)
    expected, problem = engine.solve(found).objective, engine.structure.problem(found)
    monkeypatch.setattr(attempts, "LONG_HORIZON", 0)
    tried.clear()
    solver = highs.Solver()
    low = np.isfinite(problem.lower)
    wrong = FixedColumns(low, low & False, found.axis.snapshots, engine.structure.columns)
    solver.solve(engine.structure, problem, found, held=wrong)
    assert solver.optimum().objective == pytest.approx(expected, rel=1e-6)
    assert [way.held is not None for way, _ in tried] == [True, False]


def test_an_hourly_point_holds_what_its_anchor_decides(tried: Tried, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two interior points instead of one from nothing each, in any order, to the simplex's optimum."""
    case, base = read_case("two_bus"), read_scenario("two_bus", overrides={"time.resolution": "6h"})
    out = {"name": "out", "kind": "hvdc_pole_out", "where": ["links.line"], "cause": "any", "start": "07-03"}
    points = [base.replace(events=[out | {"duration": days}]) for days in ("5d", "40d")]
    points.append(points[0].replace(hydrology="dry"))
    forget_engines()
    short = {a.index: a.values["objective"] for a in solve_points(case, points, delivered)}
    monkeypatch.setattr(attempts, "LONG_HORIZON", 0)
    monkeypatch.setattr("energy.solve.engine.ANCHORED", 0)
    found = []
    for order in ((0, 1, 2), (2, 1, 0)):
        forget_engines()
        tried.clear()
        answers = list(solve_points(case, [points[at] for at in order], delivered))
        found.append({order[answer.index]: float(answer.values["objective"]) for answer in answers})
        held = [way.held is not None for way, _ in tried]
        assert sum(held) >= 3
        assert held.count(False) < len(held)
    assert found[0] == found[1]
    assert found[0] == {at: pytest.approx(float(objective), rel=1e-6) for at, objective in short.items()}


@pytest.mark.parametrize("change", ["none", "a bound left out that binds", "what is used shut", "what is used cheaper"])
def test_what_an_eased_program_may_not_change(change: str, two_bus: Case) -> None:
    """Each condition of a standing answer alone; the plain program's own optimum says what is used and what binds."""
    found = inputs(
        two_bus, read_scenario("two_bus", overrides={"hydrology": "dry", "protection_order": "[casa, own_demand]"})
    )
    structure = Engine(found)._structure(found)
    problem = structure.problem(found)
    solver = highs.Solver()
    attempt = attempts.Attempt(attempts.FAR | {"solver": "simplex"})

    def optimum(program: Problem) -> np.ndarray:
        solver._try(attempt, structure, program)
        return np.asarray(solver._highs.getSolution().col_value)

    values = optimum(problem)
    reduced = np.asarray(solver._highs.getSolution().col_dual)
    upper, cost = problem.upper.copy(), problem.cost.copy()
    if change == "a bound left out that binds":
        upper[(values > 1.0) & (values >= upper * (1 - 1e-9)) & (reduced < -1e-9)] = np.inf
    elif change == "what is used shut":
        upper[(values > 1.0) & (problem.lower == 0.0) & (cost > 0.0)] = 0.0
    elif change == "what is used cheaper":
        cost[(values > 1.0) & (cost > 0.0)] *= 0.75
    relaxed_program = replace(problem, upper=upper, cost=cost)
    same = np.array_equal(upper, problem.upper) and np.array_equal(cost, problem.cost)
    assert same == (change == "none")
    optimum(relaxed_program)
    assert solver._highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    assert solver._stands(structure, problem) == (change == "none")


def test_an_interior_solve_does_not_depend_on_what_was_solved_before(monkeypatch: pytest.MonkeyPatch) -> None:
    case, scenario = read_case("two_bus"), read_scenario("two_bus")
    monkeypatch.setattr(attempts, "LONG_HORIZON", 0)
    base, dry = inputs(case, scenario), inputs(case, scenario.replace(hydrology="dry"))
    shared = Engine(base)
    shared.solve(base)
    assert shared.solve(dry).objective == Engine(base).solve(dry).objective


def test_large_weights_do_not_stop_the_simplex() -> None:
    # the weights of nine services times 62 h were too large for HiGHS 1.15 at this resolution before they were scaled
    scenario = read_scenario("baseline", overrides={"time.resolution": "typical-days-2h"})
    found = inputs(read_case(scenario.case), scenario)
    assert Engine(found).solve(found).iterations > 0


@pytest.mark.parametrize(
    "overrides", [{}, pytest.param({"head": "varying"}, marks=pytest.mark.slow), {"objective": "dispatch"}]
)
def test_another_solver_finds_the_engines_optimum_prices_and_all(overrides: dict[str, str]) -> None:
    name = "two_bus" if "head" not in overrides else "baseline"
    scenario = read_scenario(name, overrides={**overrides, "time.resolution": "typical-days-6h"})
    found = inputs(read_case(scenario.case), scenario)
    engine, other = solve(found), solve_with("highs", found)
    assert other.objective == pytest.approx(engine.objective, rel=1e-3 if "head" in overrides else 1e-9)
    assert max(audit(other).values()) < 1e-6
    assert other.prices.shape == engine.prices.shape
    if name == "two_bus":
        np.testing.assert_allclose(other.prices, engine.prices, atol=1e-9)


@pytest.mark.slow
def test_another_solver_keeps_the_protection_order() -> None:
    """A dry year in which weights alone would give up demand for what stands behind it."""
    scenario = read_scenario("dry_year", overrides={"time.resolution": "typical-days-24h"})
    found = inputs(read_case(scenario.case), scenario)
    engine, other = solve(found), solve_with("highs", found)
    assert dict(other.services) == pytest.approx(dict(engine.services), rel=1e-5, abs=10)  # MWh
    assert other.services["casa"] > 10_000


def test_points_of_a_long_horizon_start_from_an_interior_anchor(tried: Tried, monkeypatch: pytest.MonkeyPatch) -> None:
    """The anchor's interior point ends in a basis, and points take primal steps from there."""
    case, base = read_case("two_bus"), read_scenario("two_bus", overrides={"time.resolution": "12h"})
    out = {"name": "out", "kind": "line_out", "cause": "any", "where": ["links.line"], "duration": "30d"}
    points = [base.replace(events=[out | {"start": start}], hydrology="dry") for start in ("07-10", "07-10T05:00")]
    short = {a.index: a.values["objective"] for a in solve_points(case, points, delivered)}
    monkeypatch.setattr(attempts, "LONG_HORIZON", 0)
    monkeypatch.setattr(highs, "COLUMNS_A_STEP", 1)
    forget_engines()
    tried.clear()
    found = {a.index: a.values["objective"] for a in solve_points(case, points, delivered)}
    ways = ["interior" if way.options["solver"] == "hipo" else "start" if way.anew else "on" for way, _ in tried]
    assert ways[:3] == ["interior", "on", "start"]
    assert ways[3:] == ["start"]
    for at, objective in found.items():
        assert objective == pytest.approx(short[at], rel=1e-8)


def test_a_start_fits_where_rows_and_columns_are_the_same() -> None:
    case = read_case("two_bus")
    found = [inputs(case, read_scenario("two_bus", overrides={"time.resolution": r})) for r in ("12h", "24h")]
    engine = Engine(found[0])
    here, there = (engine._structure(one) for one in found)
    start = WarmStart(highspy.HighsBasis(), here, found[0].axis, found[0].rules)
    assert start.fits(engine._structure(inputs(case, read_scenario("two_bus", overrides={"time.resolution": "12h"}))))
    assert not start.fits(there)
