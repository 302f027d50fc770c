"""Elastic program: a linear program with a slack for every bound that may yield, and the deletion filter on it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import highspy
import numpy as np
from scipy import sparse

from energy.solve.elastic_bound import LAST_RESORT, ElasticBound
from energy.solve.highs_lp import highs_lp
from energy.solve.lp import Problem, Structure, matrix_of

_DUAL = 1e-9  # least dual that counts
_OPTIONS: dict[str, bool | int | str] = {"output_flag": False, "threads": 1, "parallel": "off", "random_seed": 0}


class ElasticLP:
    """The program with a slack column for every bound that may yield.

    An elastic bound of a column becomes a row of its own, and the column's bound moves by as much as it may yield.
    """

    def __init__(
        self,
        structure: Structure,
        problem: Problem,
        bounds: Sequence[ElasticBound],
    ) -> None:
        matrix = matrix_of(structure, problem)
        n_rows, n_columns = matrix.shape
        self.bounds = bounds
        self.rows = _rows_of_bounds(bounds, n_rows)
        self.slacks = _slack_columns(bounds, n_columns)
        lower, upper = _elastic_columns(problem, bounds)
        row_lower, row_upper = _elastic_rows(problem, bounds, self.rows)
        costs = [bound.cost for bound in bounds]
        cost = np.concatenate([np.zeros(n_columns), *costs])
        elastic_matrix = _elastic_matrix(matrix, bounds, self.rows)
        elastic = Problem(
            cost=cost * 1e3,  # shares of a complete horizon are small numbers
            lower=lower,
            upper=upper,
            matrix=elastic_matrix.data,
            row_lower=row_lower,
            row_upper=row_upper,
        )
        self._highs = _highs(highs_lp(elastic, elastic_matrix))

    def solve(self) -> tuple[list[np.ndarray], list[str]] | None:
        """Return by how much each bound yields, and the origins with a dual, the largest first; None if unsolved."""
        self._highs.run()
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solution = self._highs.getSolution()
        values = np.asarray(solution.col_value)
        duals = np.asarray(solution.row_dual)
        changes = []
        tightness: dict[str, float] = {}
        for bound, rows, slack in zip(self.bounds, self.rows, self.slacks, strict=True):
            changes.append(values[slack])
            # the dual times the scale: what a complete violation of the bound would save
            dual = bound.sign * duals[rows]
            saving = dual.clip(min=0.0) * bound.scale
            earlier = tightness.get(bound.name, 0.0)
            tightness[bound.name] = earlier + float(saving.sum())
        tight = [name for name, saving in tightness.items() if saving > _DUAL]
        tight.sort(key=lambda name: (-tightness[name], name))
        return changes, tight

    def irreducible(self, names: Sequence[str]) -> list[str]:
        """Return an irreducible part of origins that contradict each other; all of them where they do not."""
        kept = list(names)
        if self._is_feasible(kept):
            return kept
        for name in reversed(names):
            without = [other for other in kept if other != name]
            if not self._is_feasible(without):
                kept = without
        return kept

    def _is_feasible(self, names: Sequence[str]) -> bool:
        """Return whether the program is feasible with the bounds of these origins, of demand and of inflow."""
        enforced = set(names)
        most = []
        for bound in self.bounds:
            is_enforced = bound.name in enforced or bound.weight == LAST_RESORT
            most.append(np.zeros(len(bound.at)) if is_enforced else bound.most)
        columns = np.concatenate(self.slacks).astype(np.int32)
        count = len(columns)
        zeros = np.zeros(count)
        self._highs.changeColsBounds(count, columns, zeros, np.concatenate(most))
        self._highs.changeColsCost(count, columns, zeros)
        self._highs.run()
        status = self._highs.getModelStatus()
        return bool(status == highspy.HighsModelStatus.kOptimal)


def _rows_of_bounds(
    bounds: Sequence[ElasticBound],
    n_rows: int,
) -> list[np.ndarray]:
    """Return the rows of each elastic bound; those of columns are new and follow the rows of the program."""
    rows = []
    next_row = n_rows
    for bound in bounds:
        if bound.of_columns:
            stop = next_row + len(bound.at)
            rows.append(np.arange(next_row, stop))
            next_row = stop
        else:
            rows.append(bound.at)
    return rows


def _slack_columns(
    bounds: Sequence[ElasticBound],
    n_columns: int,
) -> list[np.ndarray]:
    """Return the slack columns of each elastic bound, which follow the columns of the program."""
    counts = [len(bound.at) for bound in bounds]
    ends = np.cumsum([0, *counts]) + n_columns
    return [np.arange(start, stop) for start, stop in pairwise(ends)]


def _elastic_columns(
    problem: Problem,
    bounds: Sequence[ElasticBound],
) -> tuple[np.ndarray, np.ndarray]:
    """Return the bounds of the columns, moved by as much as they may yield, and of the slacks."""
    lower = problem.lower.copy()
    upper = problem.upper.copy()
    most = [upper]
    for bound in bounds:
        most.append(bound.most)
        if not bound.of_columns:
            continue
        columns = bound.at
        if bound.sign > 0:
            lower[columns] = np.minimum(lower[columns], bound.bound - bound.most)
        else:
            upper[columns] = np.maximum(upper[columns], bound.bound + bound.most)
    highest = np.concatenate(most)
    n_slacks = len(highest) - len(upper)
    lowest = np.concatenate([lower, np.zeros(n_slacks)])
    return lowest, highest


def _elastic_rows(
    problem: Problem,
    bounds: Sequence[ElasticBound],
    rows: Sequence[np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """Return the bounds of the rows of the program and of those for elastic bounds of columns."""
    count = sum(len(bound.at) for bound in bounds if bound.of_columns)
    endless = np.full(count, np.inf)
    lower = np.concatenate([problem.row_lower, -endless])
    upper = np.concatenate([problem.row_upper, endless])
    for bound, places in zip(bounds, rows, strict=True):
        if not bound.of_columns:
            continue
        if bound.sign > 0:
            lower[places] = bound.bound
        else:
            upper[places] = bound.bound
    return lower, upper


def _elastic_matrix(
    matrix: sparse.csc_matrix,
    bounds: Sequence[ElasticBound],
    rows: Sequence[np.ndarray],
) -> sparse.csc_matrix:
    """Return the matrix of the program with the rows for elastic bounds of columns and with the slacks."""
    n_columns = matrix.shape[1]
    bounded_columns = []
    signs = []
    for bound in bounds:
        sign = np.full(len(bound.at), float(bound.sign))
        signs.append(sign)
        if bound.of_columns:
            bounded_columns.append(bound.at)
    own_rows = _unit_rows(bounded_columns, n_columns)
    with_rows = sparse.vstack([matrix, own_rows])
    slack_rows = np.concatenate(rows)
    n_slacks = len(slack_rows)
    entries = (slack_rows, np.arange(n_slacks))
    shape = (with_rows.shape[0], n_slacks)
    slacks = sparse.csc_matrix((np.concatenate(signs), entries), shape)
    return sparse.hstack([with_rows, slacks], format="csc")


def _unit_rows(
    columns: Sequence[np.ndarray],
    n_columns: int,
) -> sparse.csc_matrix:
    """Return rows with a one each, at the columns in their order."""
    if not columns:
        return sparse.csc_matrix((0, n_columns))
    positions = np.concatenate(columns)
    count = len(positions)
    entries = (np.arange(count), positions)
    return sparse.csc_matrix((np.ones(count), entries), (count, n_columns))


def _highs(program: highspy.HighsLp) -> highspy.Highs:
    """Return HiGHS with the elastic program."""
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in _OPTIONS.items():
        highs.setOptionValue(option, value)
    highs.passModel(program)
    return highs
