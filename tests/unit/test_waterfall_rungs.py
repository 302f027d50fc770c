"""Rungs of the priority waterfall on a long horizon: faces that are shared, and a second process, change no bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from energy.analysis.tasks import Start
from energy.analysis.waterfall_rungs import Rung, _rung_orders, _solve_rungs, solve_with_rungs
from energy.case import Case
from energy.model import Inputs
from energy.model.inputs import assemble
from energy.model.marginal_costs import with_objective
from energy.model.objective import STUDIED
from energy.scenario import Scenario, read_scenario
from energy.solve import Engine, Result, attempts
from energy.solve.interior_point.sequential import SequentialSolver

SERVICES = ["kyrgyz_demand", "tajik_demand", "afghan_contract", "uzbek_swap", "kyrgyz_returns"]
NEVER_CAUSED = {"kyrgyz_purchases", "tajik_purchases", "help"}  # by CASA-1000, at any rung
SHORT = {"time.resolution": "typical-days-24h"}


@pytest.fixture(scope="module")
def baseline() -> Scenario:
    return read_scenario("baseline", overrides=SHORT)


@pytest.fixture(scope="module")
def own(casa1000: Case, baseline: Scenario) -> Inputs:
    return assemble(casa1000, baseline, None)


@pytest.fixture
def stages_of(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Let the interior point solve, and list the stages of each program that it took steps for."""
    monkeypatch.setattr(attempts, "LONG_HORIZON", 0)
    programs: list[list[str]] = []
    optimise, one_stage = SequentialSolver.optimise, SequentialSolver._optimise

    def program(self: SequentialSolver, *arguments: Any, **named: Any) -> Any:
        programs.append([])
        return optimise(self, *arguments, **named)

    def stage(self: SequentialSolver, stage: Any, fixes: bool) -> Any:
        programs[-1].append(stage.service)
        return one_stage(self, stage, fixes)

    monkeypatch.setattr(SequentialSolver, "optimise", program)
    monkeypatch.setattr(SequentialSolver, "_optimise", stage)
    return programs


def assert_same_bits(one: Rung, other: Rung) -> None:
    assert one.service == other.service
    np.testing.assert_array_equal(one.delivered.to_numpy(), other.delivered.to_numpy())
    assert one.already_served == other.already_served


def test_each_rung_has_casa_right_before_a_service_that_is_protected(baseline: Scenario, own: Inputs) -> None:
    orders = _rung_orders(baseline, own)
    assert list(orders) == SERVICES
    for service, order in orders.items():
        ahead = order[: order.index(STUDIED)]
        assert [name for name in ahead if name not in NEVER_CAUSED] == SERVICES[: SERVICES.index(service)]
        assert set(ahead) >= NEVER_CAUSED
        assert sorted(order) == sorted(own.book.protection_order)


def test_there_are_no_rungs_at_least_cost(casa1000: Case, baseline: Scenario) -> None:
    cheapest = baseline.replace(objective="dispatch")
    assert _rung_orders(cheapest, assemble(casa1000, cheapest, None)) == {}


def test_a_rung_goes_on_from_the_services_of_the_one_before_to_the_same_bits(
    baseline: Scenario, own: Inputs, stages_of: list[list[str]]
) -> None:
    orders = _rung_orders(baseline, own)
    last_two = {service: orders[service] for service in SERVICES[-2:]}
    engine = Engine(with_objective(own, baseline))
    stages_of.clear()
    shared = _solve_rungs(own, baseline, engine, last_two)
    whole, continued = stages_of
    assert whole[0] == "kyrgyz_demand"
    assert continued == ["uzbek_swap", "casa", "costs"]

    alone = []
    for service, order in last_two.items():
        fresh = Engine(with_objective(own, baseline))
        alone += _solve_rungs(own, baseline, fresh, {service: order})
    for one, other in zip(shared, alone, strict=True):
        assert_same_bits(one, other)


def test_no_face_of_another_program_is_gone_on_from(
    casa1000: Case, baseline: Scenario, own: Inputs, stages_of: list[list[str]]
) -> None:
    dry = baseline.replace(hydrology="dry")
    dry_inputs = with_objective(assemble(casa1000, dry, None), dry)
    engine = Engine(with_objective(own, baseline))
    engine.solve(with_objective(own, baseline))
    stages_of.clear()
    answer = engine.solve(dry_inputs)
    assert stages_of[0][0] == "kyrgyz_demand"
    assert answer.objective == Engine(dry_inputs).solve(dry_inputs).objective


def at_once(task: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
    outcome = task(*arguments)
    return lambda: outcome


def ended(_task: Callable[..., Any], *_arguments: Any) -> Callable[[], Any]:
    def wait() -> Any:
        raise OSError("the second process has ended")

    return wait


def test_a_second_process_that_solves_half_or_has_ended_changes_no_bit(
    casa1000: Case, baseline: Scenario, own: Inputs, stages_of: list[list[str]]
) -> None:
    del stages_of  # the interior point solves
    answers: list[tuple[Result, list[Rung]]] = []
    starts: list[Start | None] = [None, at_once, ended]
    for start in starts:
        engine = Engine(with_objective(own, baseline))
        answers.append(solve_with_rungs(casa1000, baseline, own, engine, start=start))
    (result, rungs), *others = answers
    assert [rung.service for rung in rungs] == SERVICES
    for other_result, other_rungs in others:
        assert other_result.objective == result.objective
        for one, other in zip(rungs, other_rungs, strict=True):
            assert_same_bits(one, other)
