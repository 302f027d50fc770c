"""Infeasibility: rules and events in conflict (an irreducible infeasible subsystem, IIS), and the least relaxation.

Every bound that a rule, an event or a component's own minimum sets may yield at a cost (an *elastic* program; Chinneck,
Feasibility and Infeasibility in Optimization, 2008). Its optimum is the smallest change that makes the program
feasible. Bounds with a nonzero dual there contradict each other; removing one origin after the other leaves an
irreducible set (*deletion filter*).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from energy.model import Inputs
from energy.solve.elastic_bound import LAST_RESORT, ElasticBound
from energy.solve.elastic_bounds import elastic_bounds
from energy.solve.elastic_lp import ElasticLP
from energy.solve.lp import Problem, Structure

MOST_TRIED = 40  # most origins that the deletion filter is run for
_SHARE = 1e-6  # least change of a bound that counts, as a share of its scale


@dataclass(frozen=True)
class _Relaxation:
    """Change of the bounds of one origin that makes the program feasible.

    Attributes
    ----------
    soft
        The bounds.
    by
        How far each yields, in the program's unit; shape (bounds,).
    """

    soft: ElasticBound
    by: np.ndarray

    @property
    def share(self) -> float:
        """Largest part of the demand that is given up, dimensionless."""
        return float(self.by.max(initial=0.0)) / self.soft.scale

    def text(self, snapshots: pd.DatetimeIndex) -> str:
        """Return the change in words: where it is largest, from what to what, how often."""
        bound = self.soft
        worst = int(np.argmax(self.by))
        where = self._snapshot(worst, snapshots) + self._frequency()
        if bound.weight == LAST_RESORT:
            amount = self.by[worst] * abs(bound.factor)
            return f"{bound.name} {bound.said} {_number(amount)} {bound.unit}{where}"
        demanded = bound.bound[worst]
        feasible = demanded - bound.sign * self.by[worst]
        before = demanded * bound.factor
        after = feasible * bound.factor
        enough = _number(after, -bound.sign * bound.factor)
        direction = "less" if after < before else "more"
        change = f"{_number(abs(before - after))} {direction}"
        return f"{bound.name}: {bound.said} {enough} {bound.unit} instead of {_number(before)} ({change}){where}"

    def _snapshot(self, worst: int, snapshots: pd.DatetimeIndex) -> str:
        """Return the snapshot of a bound in words, empty where the origin has a single bound."""
        position = self.soft.snapshots[worst]
        if position < 0 or len(self.by) == 1:
            return ""
        return f" at {snapshots[position]:%Y-%m-%d %H:%M}"

    def _frequency(self) -> str:
        """Return in how many snapshots the bounds yield, empty where the origin has a single bound."""
        if len(self.by) == 1:
            return ""
        yields = self.by > _SHARE * self.soft.scale
        return f", in {int(yields.sum())} of {len(self.by)} snapshots"


@dataclass(frozen=True)
class Conflict:
    """Origins of bounds that contradict each other, and the least relaxation.

    Attributes
    ----------
    between
        Names of the rules, events and components that contradict each other, the tightest first; irreducible where
        ``minimal``.
    minimal
        Whether the deletion filter was run.
    relaxations
        The smallest change that makes the program feasible, the largest part first.
    snapshots
        Snapshots of the program.
    """

    between: tuple[str, ...]
    minimal: bool
    relaxations: tuple[_Relaxation, ...]
    snapshots: pd.DatetimeIndex

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        if len(self.between) > 1:
            yield (
                "these cannot all hold, the tightest first:" if self.minimal else "among these is the contradiction:"
            )
            for name in self.between:
                yield f"  {name}"
        elif self.between:
            yield f"{self.between[0]} cannot hold with the water, the demand and the capacities there are"
        if self.relaxations:
            yield "the smallest change that makes it solvable:"
            for relaxation in self.relaxations:
                yield f"  {relaxation.text(self.snapshots)}"
            yield "do: let one of them yield in the scenario, under `rules`, `events` or `values`"
        else:
            yield "no rule, event, demand or inflow explains it: look for lower bounds above upper ones"


def conflict(
    structure: Structure,
    inputs: Inputs,
    problem: Problem,
) -> Conflict:
    """Find which rules, events and components contradict each other in an infeasible program.

    Parameters
    ----------
    structure, inputs, problem
        The program as the engine passed it to HiGHS.

    Returns
    -------
    Conflict
        A change is measured as the share of the demand given up, averaged over its hours; the sum over all demands is
        least. Demand and inflow change only where nothing else helps.
    """
    snapshots = inputs.axis.snapshots
    bounds = elastic_bounds(structure, inputs, problem)
    elastic = ElasticLP(structure, problem, bounds)
    optimum = elastic.solve()
    if optimum is None:
        return Conflict((), False, (), snapshots)
    changes, tight = optimum
    relaxations = _relaxations(bounds, changes)
    last_resort = {bound.name for bound in bounds if bound.weight == LAST_RESORT}
    names = [name for name in tight if name not in last_resort]
    minimal = len(names) <= MOST_TRIED
    if minimal:
        names = elastic.irreducible(names)
    return Conflict(tuple(names), minimal, relaxations, snapshots)


def _relaxations(
    bounds: Sequence[ElasticBound],
    changes: Sequence[np.ndarray],
) -> tuple[_Relaxation, ...]:
    """Return the bounds that change, the largest share first."""
    relaxations = []
    for bound, change in zip(bounds, changes, strict=True):
        if change.max(initial=0.0) > _SHARE * bound.scale:
            relaxations.append(_Relaxation(bound, change))
    relaxations.sort(key=lambda relaxation: (-relaxation.share, relaxation.soft.name))
    return tuple(relaxations)


def _number(value: float, towards: float = 0.0) -> str:
    """Return a number with four significant digits, rounded down where ``towards`` is negative, up where positive.

    Examples
    --------
    >>> [_number(value) for value in (7200.0, 0.75432, 12345.6, 0.0)]
    ['7,200', '0.7543', '12,346', '0']
    >>> _number(7804.6, -1), _number(0.75432, 1), _number(120.00000001, 1)
    ('7,804', '0.7544', '120')
    """
    size = abs(value)
    if size < 1e-9:
        return "0"
    step = 1.0
    if size < 1000:
        magnitude = int(np.floor(np.log10(size)))
        step = 10.0 ** (magnitude - 3)
    steps = value / step
    is_integer = abs(steps - round(steps)) <= 1e-3  # but for the tolerance of the solver
    if towards < 0 and not is_integer:
        steps = np.floor(steps)
    if towards > 0 and not is_integer:
        steps = np.ceil(steps)
    rounded = round(steps) * step
    return f"{rounded:,.0f}" if size >= 1000 else f"{rounded:.4g}"
