"""A decided past is taken as it was decided, residuals of the solver included; what is open still obeys the rules."""

from __future__ import annotations

from dataclasses import replace

import pytest

from energy.case import Case, RuleBook
from energy.model import Inputs, inputs
from energy.scenario import read_scenario
from energy.solve import Engine, Result

LIMIT = {"kind": "limit", "terms": [{"component": "links", "name": "line"}], "at_most": 50}
RESIDUAL = 3e-7  # beyond HiGHS's tolerance of 1e-7, as differently scaled programs leave it


@pytest.fixture(scope="module")
def limited(two_bus: Case) -> Inputs:
    """Return `two_bus` whose line of 100 MW may carry 50 MW by a rule, so by a row and not by a column's bound."""
    book = two_bus.rules.model_dump(by_alias=True, exclude_none=True)
    rules = RuleBook.model_validate({**book, "rules": {**book["rules"], "half": LIMIT}})
    scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    return inputs(replace(two_bus, rules=rules), scenario)


def moved(result: Result, by: float, until: int) -> Result:
    """Return a result whose line carried a little more before a snapshot, and the supply at its ends with it."""
    values = {key: table.copy() for key, table in result.values.items()}
    flow = values["links", "p"]
    flow.loc[flow.index[:until], "line"] += by * (flow["line"].iloc[:until] > 49)
    return replace(result, values=values)


def test_a_residual_of_the_past_is_no_contradiction(limited: Inputs) -> None:
    engine = Engine(limited)
    first = engine.solve(limited)
    now = len(limited.axis.snapshots) // 2
    again = engine.solve(limited, past=moved(first, RESIDUAL, now), now=now)
    assert again.objective == pytest.approx(first.objective, rel=1e-6)
    assert again.flow("links")["line"].iloc[:now].max() == pytest.approx(50 + RESIDUAL, abs=1e-9)
    assert again.flow("links")["line"].iloc[now:].max() <= 50 + 1e-7


def test_a_rule_still_binds_what_is_open(limited: Inputs) -> None:
    engine = Engine(limited)
    structure, problem = engine.structure, engine.structure.problem(limited)
    before = problem.row_upper.copy()
    first, now = engine.solve(limited), 3
    structure.hold(problem, moved(first, RESIDUAL, now).values, now)
    rows = structure.rows["rule-half-at_most"].ravel()
    assert (problem.row_upper[rows[now:]] == before[rows[now:]]).all()
    assert (problem.row_upper[rows[:now]] >= before[rows[:now]]).all()
