"""What the engine remembers: starts and programs are used again, and no more of them are kept than it says."""

from __future__ import annotations

from typing import Any

import pytest

from energy.case import Case
from energy.errors import SolverError
from energy.model import Inputs, inputs
from energy.scenario import read_scenario
from energy.solve import Engine, WarmStartScenario, attempts, engine
from energy.solve.highs import Solver


def asked(case: Case, **changes: object) -> Inputs:
    scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    return inputs(case, scenario.replace(**changes))


def anchor(key: str, found: Inputs, calls: list[str]) -> WarmStartScenario:
    def given() -> Inputs:
        calls.append(key)
        return found

    return WarmStartScenario(key, given)


def test_an_anchor_is_solved_once_and_its_basis_kept(two_bus: Case) -> None:
    base, dry = asked(two_bus), asked(two_bus, hydrology="dry")
    made, calls = Engine(base), list[str]()
    for _ in range(3):
        made.solve(dry, anchor=anchor("median", base, calls))
    assert calls == ["median"]
    assert made.solver.solves == 4  # the anchor, and three times what was asked
    assert made._starts["median"] is not None, "a start of the same components is one"


def test_an_anchor_of_other_components_is_no_start(two_bus: Case) -> None:
    base, dry = asked(two_bus), asked(two_bus, hydrology="dry")
    without = asked(two_bus, **{"values.links.line.build_year": 2100})
    made, calls = Engine(base), list[str]()
    found = made.solve(dry, anchor=anchor("no line", without, calls))
    assert made._starts["no line"] is None
    assert made.solver.solves == 1
    assert found.objective == pytest.approx(Engine(dry).solve(dry).objective)


def test_no_more_starts_are_kept_than_said(two_bus: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "STARTS_KEPT", 2)
    base, dry = asked(two_bus), asked(two_bus, hydrology="dry")
    made, calls = Engine(base), list[str]()
    for key in "abacab":  # c throws out b, the one that was used longest ago
        made.solve(dry, anchor=anchor(key, base, calls))
        assert len(made._starts) <= 2
    assert calls == ["a", "b", "c", "b"]


def test_of_long_programs_fewer_starts_are_kept(two_bus: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    base, dry = asked(two_bus), asked(two_bus, hydrology="dry")
    made, calls = Engine(base), list[str]()
    for room, kept in ((2.5, 2), (0.5, 1)):  # of one start the one that is needed stays
        monkeypatch.setattr(engine, "START_COLUMNS_KEPT", int(room * made.structure.pattern.shape[1]))
        made._starts.clear()
        for key in "abc":
            made.solve(dry, anchor=anchor(key, base, calls))
        assert len(made._starts) == kept


def test_a_long_horizon_asks_nothing_of_its_anchor(two_bus: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its interior point begins from nothing; the anchor is not even made."""
    base, dry = asked(two_bus), asked(two_bus, hydrology="dry")
    made, calls = Engine(base), list[str]()
    reference = made.solve(dry).objective
    monkeypatch.setattr(attempts, "LONG_HORIZON", 0)
    assert made.solve(dry, anchor=anchor("far", base, calls)).objective == pytest.approx(reference, rel=1e-9)
    assert not calls


def test_programs_of_other_snapshots_are_kept_up_to_a_size(two_bus: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    base, finer = asked(two_bus), asked(two_bus, **{"time.resolution": "typical-days-12h"})
    laid: list[Inputs] = []
    real = engine.assemble_program
    monkeypatch.setattr(engine, "assemble_program", lambda pattern, found: laid.append(found) or real(pattern, found))
    made = Engine(base)
    laid.clear()
    for found in (finer, base, finer, base):
        made.solve(found)
    assert laid == [finer], "each is laid once, and found again"
    assert len(made._structures) == 2
    widths = [structure.pattern.shape[1] for structure in made._structures.values()]
    monkeypatch.setattr(engine, "COLUMNS_KEPT", sum(widths))
    full = Engine(base)
    full.solve(finer)
    assert len(full._structures) == 2, "what is just full is kept"
    monkeypatch.setattr(engine, "COLUMNS_KEPT", 0)
    small = Engine(base)
    laid.clear()
    for found in (finer, base, finer):
        small.solve(found)
        assert len(small._structures) == 1
    assert len(laid) >= 3


def impossible(case: Case) -> Inputs:
    """The reservoir must end full, and no water comes."""
    drought = {"name": "no water", "kind": "drought", "cause": "drought", "where": ["loads.river inflow"], "depth": 1}
    event = drought | {"start": "04-01", "end": "never"}
    return asked(case, events=[event], **{"rules.reservoir_end.level": 300})


def test_an_anchor_without_an_optimum_is_no_start(two_bus: Case) -> None:
    base, dry = asked(two_bus), asked(two_bus, hydrology="dry")
    made, calls = Engine(base), list[str]()
    found = made.solve(dry, anchor=anchor("impossible", impossible(two_bus), calls))
    assert made._starts["impossible"] is None
    assert found.objective == pytest.approx(Engine(dry).solve(dry).objective)


def test_a_base_without_an_optimum_says_so(two_bus: Case) -> None:
    with pytest.raises(SolverError, match="infeasible"):
        Engine(impossible(two_bus)).solve(asked(two_bus))


def test_a_start_is_carried_to_other_snapshots(two_bus: Case) -> None:
    """From an optimum on days of one value a solve on days of two goes less far than from nothing."""
    base, finer = asked(two_bus), asked(two_bus, **{"time.resolution": "typical-days-12h"})
    assert Engine(base).solve(finer).iterations < Engine(finer).solve(finer).iterations / 10


@pytest.mark.parametrize("changes", [{"values.links.line.build_year": 2100}, {"network": "kirchhoff"}])
def test_other_components_need_another_engine(two_bus: Case, changes: dict[str, object]) -> None:
    base = asked(two_bus, network="transport")
    with pytest.raises(ValueError, match="not of the structure that this engine was built for"):
        Engine(base).solve(asked(two_bus, **changes))


@pytest.mark.parametrize("parent_is_near", [True, False])
def test_an_anchor_starts_from_its_parent_where_that_is_one(
    two_bus: Case, parent_is_near: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, dry = asked(two_bus), asked(two_bus, hydrology="dry")
    other = asked(two_bus, **{"values.links.line.build_year": 2100})
    started: list[bool] = []
    real = Solver.solve

    def watched(self: Solver, structure: Any, problem: Any, inputs: Inputs, basis: Any = None, **more: Any) -> None:
        started.append(basis is not None)
        real(self, structure, problem, inputs, basis, **more)

    monkeypatch.setattr(Solver, "solve", watched)
    parent = anchor("parent", base if parent_is_near else other, [])
    Engine(base).solve(dry, anchor=WarmStartScenario("near", lambda: dry, parent))
    assert started == ([False, True, True] if parent_is_near else [False, True])
