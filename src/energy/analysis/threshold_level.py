"""Level of a reservoir at the start of the year below which the season falls short of a quantity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from energy.analysis.closure import delivered_and_unserved, refuse_failed
from energy.analysis.parallel import solve_points
from energy.case import Case
from energy.case.rules import StartRule
from energy.errors import Fault, InputError, nearest
from energy.scenario import Scenario

LEVELS = 9


@dataclass(frozen=True)
class ThresholdLevel:
    """Delivered energy by the level that a reservoir starts from.

    Attributes
    ----------
    rule
        Name of the rule of the start.
    table
        Index ``level`` [hm³]; ``delivered``, ``unserved`` [GWh].
    quantity
        What was asked for [GWh].
    threshold
        Level from which on at least the quantity is delivered [hm³], linear between the levels; NaN where no level
        of the range does, the lowest level where each does.
    """

    rule: str
    table: pd.DataFrame
    quantity: float
    threshold: float


def threshold_level(
    case: Case,
    scenario: Scenario,
    rule: str,
    quantity: float,
    count: int = LEVELS,
    end: float | None = None,
) -> ThresholdLevel:
    """Return the threshold level of a reservoir for a quantity.

    The year must give back a fixed content at its end: the level that the case starts from, unless another is given.
    Where the end followed the start, a fuller reservoir would owe what it has.

    Parameters
    ----------
    case, scenario
        What exists and what is asked.
    rule
        A rule of kind ``start``: ``toktogul_start``.
    quantity
        Energy of the season [GWh].
    count
        Levels between empty and full that are solved.
    end
        Content at the end of the horizon [hm³].

    Raises
    ------
    InputError
        When there is no such rule, or a level has no optimum.
    """
    start = _start_rule(case, rule)
    base = start.at(int(scenario.time.start[:2])) or 0.0
    full = float(case.components["stores"]["e_nom"].astype(float)[start.store])
    levels = np.linspace(0.0, full, count)
    returned = base if end is None else end
    fixed = dict.fromkeys(_end_levels(case, start.store), returned)
    points = []
    for level in levels.tolist():
        changes = {f"rules.{rule}.level": level, **fixed}
        points.append(scenario.replace(**changes))
    answers = sorted(
        solve_points(case, points, delivered_and_unserved),
        key=lambda answer: answer.index,
    )
    solved = [answer for answer in answers if not answer.reason]
    if not solved:
        refuse_failed(answers, points)
    index = pd.Index([levels[answer.index] for answer in solved], name="level")
    rows = [answer.values for answer in solved]
    table = pd.DataFrame(rows, index=index)[["delivered", "unserved"]].astype(float)
    table.attrs["units"] = {
        "level": "hm3",
        "delivered": "GWh",
        "unserved": "GWh",
    }
    threshold = crossing(index.to_numpy(), table["delivered"].to_numpy(), quantity)
    return ThresholdLevel(rule, table, quantity, threshold)


def _end_levels(case: Case, store: str) -> list[str]:
    """Return the scenario fields of the levels that a store must have at the end of the horizon."""
    keys = []
    for name, rule in case.rules.rules.items():
        if rule.kind == "end" and rule.store == store:
            keys.append(f"rules.{name}.level")
    return keys


def _start_rule(case: Case, name: str) -> StartRule:
    """Return a rule of kind ``start`` by its name.

    Raises
    ------
    InputError
        When the case has none of that name.
    """
    rule = case.rules.rules.get(name)
    if isinstance(rule, StartRule):
        return rule
    known = [key for key, other in case.rules.rules.items() if isinstance(other, StartRule)]
    repair = nearest(name, known)
    raise InputError(
        Fault(
            f"no rule of a start {name!r}",
            case.path / "rules.yaml",
            allowed=", ".join(known),
            repair=repair,
        )
    )


def crossing(levels: np.ndarray, values: np.ndarray, wanted: float) -> float:
    """Return the lowest level from which on values stay at or above what is wanted; NaN where the last does not.

    Examples
    --------
    >>> crossing(np.array([0.0, 10.0, 20.0]), np.array([0.0, 5.0, 15.0]), 10.0)
    15.0
    """
    enough = values >= wanted
    if not enough[-1]:
        return float("nan")
    short = np.flatnonzero(~enough)
    if not len(short):
        return float(levels[0])
    last = int(short[-1])
    share = (wanted - values[last]) / (values[last + 1] - values[last])
    return float(levels[last] + share * (levels[last + 1] - levels[last]))
