"""Infeasibility: rules and events in conflict (an irreducible infeasible subsystem, IIS), and the least relaxation.

Every bound that a rule, an event or a component's own minimum sets may yield at a cost (an *elastic* program; Chinneck,
Feasibility and Infeasibility in Optimization, 2008). Its optimum is the smallest change that makes the program
solvable. Bounds with a multiplier there contradict each other; taking away one origin after the other leaves a set of
which none can be missed (*deletion filter*).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import highspy
import numpy as np
import pandas as pd
from scipy import sparse

from energy.model import Inputs
from energy.solve.elastic_bounds import LAST_RESORT, ElasticBound, elastic_bounds
from energy.solve.lp import Problem, Structure, matrix_of

MOST_TRIED = 40  # origins that the deletion filter takes away one by one
_SHARE = 1e-6  # of its scale by which a bound must yield to count
_OPTIONS: dict[str, bool | int | str] = {"output_flag": False, "threads": 1, "parallel": "off", "random_seed": 0}


@dataclass(frozen=True)
class Relaxation:
    """What one set of bounds would have to give up.

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
        soft, worst = self.soft, int(np.argmax(self.by))
        amount = self.by[worst] * abs(soft.factor)
        yielding = int((self.by > _SHARE * soft.scale).sum())
        often = f", in {yielding} of {len(self.by)} snapshots" if len(self.by) > 1 else ""
        at = soft.snapshots[worst]
        when = f" at {snapshots[at]:%Y-%m-%d %H:%M}" if at >= 0 and len(self.by) > 1 else ""
        if soft.weight == LAST_RESORT:
            return f"{soft.name} {soft.said} {_number(amount)} {soft.unit}{when}{often}"
        asked = soft.bound[worst] * soft.factor
        needed = (soft.bound[worst] - soft.sign * self.by[worst]) * soft.factor
        enough = _number(needed, -soft.sign * soft.factor)
        change = f"{_number(abs(asked - needed))} {'less' if needed < asked else 'more'}"
        return f"{soft.name}: {soft.said} {enough} {soft.unit} instead of {_number(asked)} ({change}){when}{often}"


@dataclass(frozen=True)
class Conflict:
    """Bounds that cannot all hold.

    Attributes
    ----------
    between
        Names of the rules, events and components that contradict each other, the tightest first; none of them can be
        missed where ``minimal``.
    minimal
        Whether the deletion filter was run.
    relaxations
        The smallest change that makes the program solvable, the largest first.
    snapshots
        Snapshots of the program.
    """

    between: tuple[str, ...]
    minimal: bool
    relaxations: tuple[Relaxation, ...]
    snapshots: pd.DatetimeIndex

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        if len(self.between) > 1:
            yield "these cannot all hold, the tightest first:" if self.minimal else "among these is the contradiction:"
            yield from (f"  {name}" for name in self.between)
        elif self.between:
            yield f"{self.between[0]} cannot hold with the water, the demand and the capacities there are"
        if self.relaxations:
            yield "the smallest change that makes it solvable:"
            yield from (f"  {relaxation.text(self.snapshots)}" for relaxation in self.relaxations)
            yield "do: let one of them yield in the scenario, under `rules`, `events` or `values`"
        else:
            yield "no rule, event, demand or inflow explains it: look for lower bounds above upper ones"


def conflict(structure: Structure, inputs: Inputs, problem: Problem) -> Conflict:
    """Find what contradicts what in a program without a solution.

    Parameters
    ----------
    structure, inputs, problem
        The program as the engine passed it to HiGHS.

    Returns
    -------
    Conflict
        Changes are measured as the share of each demand that is given up, in the mean over its hours, and the sum over
        all demands is least. Demand and inflow change only where nothing else helps.
    """
    softs = elastic_bounds(structure, inputs, problem)
    elastic = _Elastic(structure, problem, softs)
    optimum = elastic.solve()
    if optimum is None:
        return Conflict((), False, (), inputs.axis.snapshots)
    yielded, tight = optimum
    relaxations = [
        Relaxation(soft, by)
        for soft, by in zip(softs, yielded, strict=True)
        if by.max(initial=0.0) > _SHARE * soft.scale
    ]
    relaxations.sort(key=lambda found: (-found.share, found.soft.name))
    names = [name for name in tight if not _is_last_resort(softs, name)]
    minimal = len(names) <= MOST_TRIED
    if minimal:
        names = elastic.filtered(names)
    return Conflict(tuple(names), minimal, tuple(relaxations), inputs.axis.snapshots)


def _is_last_resort(softs: Sequence[ElasticBound], name: str) -> bool:
    return any(soft.weight == LAST_RESORT for soft in softs if soft.name == name)


class _Elastic:
    """The program with a slack column for every bound that may yield."""

    def __init__(self, structure: Structure, problem: Problem, softs: Sequence[ElasticBound]) -> None:
        self.softs = softs
        rows, columns = structure.pattern.shape
        parts = [soft for soft in softs if soft.of_columns]
        count = sum(len(soft.at) for soft in parts)
        lower, upper = problem.lower.copy(), problem.upper.copy()
        row_lower = np.concatenate([problem.row_lower, np.full(count, -np.inf)])
        row_upper = np.concatenate([problem.row_upper, np.full(count, np.inf)])
        # a soft bound of a column becomes a row, and the column's own bound moves out of its way
        own_rows, own_columns, next_row = [], [], rows
        places: list[np.ndarray] = []
        for soft in softs:
            if not soft.of_columns:
                places.append(soft.at)
                continue
            here = np.arange(next_row, next_row + len(soft.at))
            next_row += len(soft.at)
            places.append(here)
            own_rows.append(here)
            own_columns.append(soft.at)
            (row_lower if soft.sign > 0 else row_upper)[here] = soft.bound
            if soft.sign > 0:
                lower[soft.at] = np.minimum(lower[soft.at], soft.bound - soft.most)
            else:
                upper[soft.at] = np.maximum(upper[soft.at], soft.bound + soft.most)
        base = matrix_of(structure, problem)
        extra = _ones(own_rows, own_columns, (count, columns), rows)
        slack_count = sum(map(len, places))
        signs = np.concatenate([np.full(len(at), float(soft.sign)) for soft, at in zip(softs, places, strict=True)])
        at = (np.concatenate(places), np.arange(slack_count))
        slack = sparse.csc_matrix((signs, at), (rows + count, slack_count))
        matrix = sparse.hstack([sparse.vstack([base, extra]), slack], format="csc")
        ends = np.cumsum([0, *map(len, places)]) + columns
        self.slack = [np.arange(a, b) for a, b in pairwise(ends)]
        self.places = places
        self.cost = np.concatenate([np.zeros(columns), *(soft.cost for soft in softs)])
        self.lower = np.concatenate([lower, np.zeros(slack_count)])
        self.upper = np.concatenate([upper, *(soft.most for soft in softs)])
        self._highs = _highs(matrix, self.cost, (self.lower, self.upper), (row_lower, row_upper))

    def solve(self) -> tuple[list[np.ndarray], list[str]] | None:
        """Return how far each bound yields, and the origins with a multiplier, the largest first; None if unsolved."""
        self._highs.run()
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solution = self._highs.getSolution()
        values, duals = np.asarray(solution.col_value), np.asarray(solution.row_dual)
        tightness: dict[str, float] = {}
        for soft, at in zip(self.softs, self.places, strict=True):
            # the multiplier times the scale: what a whole violation of this origin would save
            pull = soft.sign * duals[at]
            force = float((pull.clip(min=0.0) * soft.scale).sum())
            tightness[soft.name] = tightness.get(soft.name, 0.0) + force
        names = sorted((n for n, force in tightness.items() if force > 1e-9), key=lambda n: (-tightness[n], n))
        return [values[at] for at in self.slack], names

    def filtered(self, names: Sequence[str]) -> list[str]:
        """Return those of the names of which none can be missed for the contradiction; all where there is none left."""
        kept = list(names)
        if self._solvable(kept):
            return kept
        for name in reversed(names):
            without = [other for other in kept if other != name]
            if not self._solvable(without):
                kept = without
        return kept

    def _solvable(self, names: Sequence[str]) -> bool:
        """Tell whether the program has a solution that keeps the bounds of these origins, of demand and of inflow."""
        held = set(names)
        columns = np.concatenate(self.slack).astype(np.int32)
        upper = [
            np.zeros(len(soft.at)) if soft.name in held or soft.weight == LAST_RESORT else soft.most
            for soft in self.softs
        ]
        count = len(columns)
        self._highs.changeColsBounds(count, columns, np.zeros(count), np.concatenate(upper))
        self._highs.changeColsCost(count, columns, np.zeros(count))
        self._highs.run()
        return bool(self._highs.getModelStatus() == highspy.HighsModelStatus.kOptimal)


def _ones(rows: list[np.ndarray], columns: list[np.ndarray], shape: tuple[int, int], first: int) -> sparse.csc_matrix:
    if not rows:
        return sparse.csc_matrix(shape)
    at = (np.concatenate(rows) - first, np.concatenate(columns))
    return sparse.csc_matrix((np.ones(len(at[0])), at), shape)


def _highs(
    matrix: sparse.csc_matrix,
    cost: np.ndarray,
    columns: tuple[np.ndarray, np.ndarray],
    rows: tuple[np.ndarray, np.ndarray],
) -> highspy.Highs:
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in _OPTIONS.items():
        highs.setOptionValue(option, value)
    program = highspy.HighsLp()
    program.num_row_, program.num_col_ = matrix.shape
    program.col_cost_ = cost * 1e3  # shares of a whole horizon are small numbers
    program.col_lower_, program.col_upper_ = columns
    program.row_lower_, program.row_upper_ = rows
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.num_row_, program.a_matrix_.num_col_ = matrix.shape
    program.a_matrix_.start_, program.a_matrix_.index_ = matrix.indptr, matrix.indices
    program.a_matrix_.value_ = matrix.data
    highs.passModel(program)
    return highs


def _number(value: float, towards: float = 0.0) -> str:
    """Return a number with four digits that say something, never past a bound that lies ``towards`` its rounding.

    Examples
    --------
    >>> [_number(value) for value in (7200.0, 0.75432, 12345.6, 0.0)]
    ['7,200', '0.7543', '12,346', '0']
    >>> _number(7804.6, -1), _number(0.75432, 1), _number(120.00000001, 1)
    ('7,804', '0.7544', '120')
    """
    if abs(value) < 1e-9:
        return "0"
    step = 1.0 if abs(value) >= 1000 else 10.0 ** (int(np.floor(np.log10(abs(value)))) - 3)
    steps = value / step
    if towards and abs(steps - round(steps)) > 1e-3:  # what is whole but for the solver's tolerance stays
        steps = np.floor(steps) if towards < 0 else np.ceil(steps)
    rounded = round(steps) * step
    return f"{rounded:,.0f}" if abs(value) >= 1000 else f"{rounded:.4g}"
