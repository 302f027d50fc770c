"""Simplex on short horizons, an interior point on long ones, and the same optimum."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from energy.analysis.engine_cache import _forget_engines
from energy.analysis.parallel import delivered, solve_points
from energy.case import Case, read_case
from energy.errors import SolverError
from energy.metrics import audit
from energy.model import Inputs, inputs
from energy.scenario import read_scenario
from energy.solve import Engine, Result, attempts, engine, solve, solve_with
from energy.solve.interior_point.mehrotra import CentralPath, StalledError
from energy.solve.lp import Problem

Tried = list[tuple[attempts.Attempt, Problem]]
LINE_FIRST = {"hydrology": "dry", "protection_order": "[casa, own_demand]"}


@pytest.fixture
def asked(two_bus: Case) -> Inputs:
    return inputs(two_bus, read_scenario("two_bus"))


def as_if_long(asked: Inputs, tried: Tried, monkeypatch: pytest.MonkeyPatch) -> Result:
    """Solve inputs as if their horizon were long; ``tried`` holds what HiGHS was asked for."""
    monkeypatch.setattr(attempts, "LONG_HORIZON", 0)
    tried.clear()
    return Engine(asked).solve(asked)


@pytest.mark.parametrize("overrides", [{}, {"hydrology": "dry"}, LINE_FIRST, {"objective": "dispatch"}])
def test_interior_point_finds_the_optimum_of_the_simplex(
    overrides: dict[str, str], two_bus: Case, tried: Tried, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the line served first and little water, demand at the source goes short, and no more than all of it can."""
    asked = inputs(two_bus, read_scenario("two_bus", overrides=overrides))
    expected = Engine(asked).solve(asked)
    answer = as_if_long(asked, tried, monkeypatch)
    assert not tried, "HiGHS has nothing to do"
    assert answer.objective == pytest.approx(expected.objective, rel=1e-9)
    assert dict(answer.services) == pytest.approx(dict(expected.services), abs=1e-3)  # MWh
    assert max(audit(answer).values()) < 1e-6
    assert set(answer.gains) == set(expected.gains)
    assert all(gain < 1e-2 for gain in answer.gains.values())


def test_where_quick_steps_stall_careful_ones_are_taken(
    asked: Inputs, tried: Tried, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = Engine(asked).solve(asked)
    advance = CentralPath.advance

    def advance_if_careful(path: CentralPath) -> float:
        if not path.is_careful:
            raise StalledError
        return advance(path)

    monkeypatch.setattr(CentralPath, "advance", advance_if_careful)
    answer = as_if_long(asked, tried, monkeypatch)
    assert not tried, "HiGHS has nothing to do"
    assert answer.objective == pytest.approx(expected.objective, rel=1e-9)
    assert all(gain < 1e-2 for gain in answer.gains.values())


def test_what_the_interior_point_does_not_prove_goes_to_highs(
    asked: Inputs, tried: Tried, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = Engine(asked).solve(asked)
    monkeypatch.setattr(engine, "interior_optimum", lambda *_, **__: None)
    answer = as_if_long(asked, tried, monkeypatch)
    assert [way.options["solver"] for way, _ in tried] == ["hipo"]
    assert answer.objective == pytest.approx(expected.objective, rel=1e-6)
    assert not answer.gains, "what has no certificate claims none"


def test_a_long_horizon_without_a_solution_says_so(asked: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    least = asked.array("generators", "p_min_pu").copy()
    most = asked.array("generators", "p_max_pu").copy()
    least[:, 0], most[:, 0] = 1e4, 2e4  # a plant that must run far above all demand
    dense = {**asked.dense, ("generators", "p_min_pu"): least, ("generators", "p_max_pu"): most}
    overfull = replace(asked, dense=dense)
    made = Engine(asked)
    monkeypatch.setattr(attempts, "LONG_HORIZON", 0)
    with pytest.raises(SolverError, match="infeasible"):
        made.solve(overfull)


def test_a_long_horizon_keeps_to_the_time_limit(asked: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "LONG_HORIZON", 0)
    with pytest.raises(SolverError, match="time limit"):
        Engine(asked, time_limit=0.0).solve(asked)


def test_points_of_a_long_horizon_are_the_same_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    case, base = read_case("two_bus"), read_scenario("two_bus", overrides={"time.resolution": "6h"})
    out = {"name": "out", "kind": "hvdc_pole_out", "where": ["links.line"], "cause": "any", "start": "07-03"}
    points = [base.replace(events=[out | {"duration": days}]) for days in ("5d", "40d")]
    points.append(points[0].replace(hydrology="dry"))
    _forget_engines()
    short = {a.index: float(a.values["objective"]) for a in solve_points(case, points, delivered)}
    monkeypatch.setattr(attempts, "LONG_HORIZON", 0)
    objectives = []
    for order in ((0, 1, 2), (2, 1, 0)):
        _forget_engines()
        answers = list(solve_points(case, [points[at] for at in order], delivered))
        objectives.append({order[answer.index]: float(answer.values["objective"]) for answer in answers})
    assert objectives[0] == objectives[1]
    assert objectives[0] == pytest.approx(short, rel=1e-9)


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
