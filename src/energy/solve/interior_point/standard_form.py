"""Standard form of a linear program: equations over bounded columns, each row and column with its snapshot.

What stores give and take follows from their contents and is substituted. Rows with a range get a slack. A row of the
first snapshot that holds a content of the last one (a cyclic store) gets a copy of it, and a row of its own that says
that both are equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from energy.solve.duality_gap import implied_bounds
from energy.solve.lp import ENERGY, Problem, Structure, matrix_of

SPANNING = -1  # snapshot of a row or column that belongs to the whole horizon


class NotStagedError(ValueError):
    """The program has a row or column that the structured interior point has no place for."""


@dataclass(frozen=True, eq=False)
class StandardForm:
    """A linear program: minimise cost·x with A·x = right and lower ≤ x ≤ upper.

    Attributes
    ----------
    matrix
        A; shape (equations, variables).
    right
        Right-hand side; shape (equations,).
    lower, upper
        Bounds; shape (variables,).
    snapshot
        Snapshot of each variable, or `SPANNING`; shape (variables,).
    row_block
        Number of the block of rows, as of one bus or rule, that each equation belongs to; shape (equations,).
    rows, columns
        Row and column of the program that each equation and variable stands for, or −1; shapes as above.
    complete
        Matrix of the program; shape (rows, columns).
    substituted
        Columns that rows of the program determine, and these rows; both of shape (substituted,).
    pivots, constants
        Coefficients of these columns in their rows, and right-hand sides of the rows; shapes (substituted,).
    """

    matrix: sparse.csr_matrix
    right: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    snapshot: np.ndarray
    row_block: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    complete: sparse.csc_matrix
    substituted: tuple[np.ndarray, np.ndarray]
    pivots: np.ndarray
    constants: np.ndarray

    def cost(self, cost: np.ndarray) -> np.ndarray:
        """Return a cost of the program's columns as one of the variables, a constant aside; shape (variables,)."""
        defined, defining = self.substituted
        reduced = cost
        if len(defined):
            price = np.zeros(self.complete.shape[0])
            price[defining] = cost[defined] / self.pivots
            reduced = cost - self.complete.T @ price
        is_own = self.columns >= 0
        return np.where(is_own, reduced[self.columns], 0.0)

    def values(self, variables: np.ndarray) -> np.ndarray:
        """Return values of the program's columns from those of the variables; shape (columns,)."""
        values = np.zeros(self.complete.shape[1])
        is_own = self.columns >= 0
        values[self.columns[is_own]] = variables[is_own]
        defined, defining = self.substituted
        if len(defined):
            rest = self.constants - (self.complete @ values)[defining]
            values[defined] = rest / self.pivots
        return values

    def duals(self, duals: np.ndarray, cost: np.ndarray) -> np.ndarray:
        """Return duals of the program's rows from those of the equations and the program's cost; shape (rows,)."""
        prices = np.zeros(self.complete.shape[0])
        is_own = self.rows >= 0
        prices[self.rows[is_own]] = duals[is_own]
        defined, defining = self.substituted
        if len(defined):
            remaining = cost[defined] - self.complete[:, defined].T @ prices
            prices[defining] = remaining / self.pivots
        return prices


def _column_snapshots(structure: Structure) -> np.ndarray:
    """Return the snapshot of each column; shape (columns,)."""
    snapshot = np.full(structure.pattern.shape[1], SPANNING)
    blocks = list(structure.columns.values())
    if structure.angle is not None:
        blocks.append(structure.angle[0])
    for block in blocks:
        snapshot[block] = np.arange(len(block))[:, None]
    return snapshot


def _row_blocks(structure: Structure) -> np.ndarray:
    """Return a number for the rows of each bus, store, cycle or rule; shape (rows,)."""
    block_of = np.full(structure.pattern.shape[0], -1)
    count = 0
    for rows in structure.rows.values():
        table = np.atleast_1d(rows)
        table = table.reshape(len(table), -1)
        for column in table.T:
            present = column[column >= 0]
            block_of[present] = count
            count += 1
    return block_of


def standard_form(structure: Structure, problem: Problem) -> StandardForm:
    """Return the standard form of a program.

    Parameters
    ----------
    structure, problem
        The program.

    Raises
    ------
    NotStagedError
        When a store's power has bounds of its own.
    """
    complete = matrix_of(structure, problem)
    substituted = _store_power(structure, problem)
    defined, defining = substituted
    pivots = np.asarray(complete[defining, defined]).ravel()
    matrix = complete.tocsr()
    right = np.where(np.isfinite(problem.row_lower), problem.row_lower, problem.row_upper)
    constants = right[defining]
    if len(defined):
        matrix, right = _without_defined(matrix, right, substituted, pivots)
    is_free = np.isinf(problem.row_lower) & np.isinf(problem.row_upper)
    keeps_row = ~is_free
    keeps_row[defining] = False
    keeps_column = np.ones(complete.shape[1], dtype=bool)
    keeps_column[defined] = False
    rows = np.flatnonzero(keeps_row)
    columns = np.flatnonzero(keeps_column)
    matrix = matrix[rows][:, columns]
    matrix.eliminate_zeros()
    snapshot = _column_snapshots(structure)[columns]
    bounded = _with_bounded_angles(complete, problem, columns)
    form = _with_slacks(matrix, right[rows], bounded, rows=rows, columns=columns, snapshot=snapshot)
    parts = _with_copies(form)
    own_blocks = _row_blocks(structure)[rows]
    added_rows = len(parts["right"]) - len(rows)
    return StandardForm(
        **parts,
        row_block=np.append(own_blocks, np.full(added_rows, -1)),
        complete=complete,
        substituted=substituted,
        pivots=pivots,
        constants=constants,
    )


def _with_bounded_angles(complete: sparse.csc_matrix, problem: Problem, columns: np.ndarray) -> Problem:
    """Return the program with wide bounds on columns that have none, as the angle of an open line.

    They are twice as far as the equations that hold the column let it go, and so bind nowhere.
    """
    is_unbounded = np.zeros(complete.shape[1], dtype=bool)
    is_unbounded[columns] = np.isinf(problem.lower[columns]) & np.isinf(problem.upper[columns])
    if not is_unbounded.any():
        return problem
    lower, upper = implied_bounds(complete, problem)
    farthest = 1.0 + 2.0 * np.maximum(np.abs(lower), np.abs(upper))
    return replace(
        problem,
        lower=np.where(is_unbounded, -farthest, problem.lower),
        upper=np.where(is_unbounded, farthest, problem.upper),
    )


def _store_power(structure: Structure, problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns of what stores give and take, and the rows of their contents.

    What was decided before, contents and all, is fixed; the bounds of its power then say nothing more.
    """
    if ENERGY not in structure.rows:
        none = np.zeros(0, dtype=int)
        return none, none
    power = structure.columns["stores", "p"].ravel()
    rows = structure.rows[ENERGY].ravel()
    content = structure.columns["stores", "e"].ravel()
    is_bounded = np.isfinite(problem.lower[power]) | np.isfinite(problem.upper[power])
    is_decided = problem.lower[content] == problem.upper[content]
    if (is_bounded & ~is_decided).any():
        raise NotStagedError("a store's power has bounds of its own")
    return power, rows


def _without_defined(
    matrix: sparse.csr_matrix,
    right: np.ndarray,
    substituted: tuple[np.ndarray, np.ndarray],
    pivots: np.ndarray,
) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Return matrix and right-hand side with the defined columns substituted by their rows."""
    defined, defining = substituted
    height = matrix.shape[0]
    by_column = matrix.tocsc()
    uses = by_column[:, defined].tocoo()
    elsewhere = defining[uses.col] != uses.row
    factors = uses.data[elsewhere] / pivots[uses.col[elsewhere]]
    place = (uses.row[elsewhere], defining[uses.col[elsewhere]])
    multiples = sparse.csr_matrix((factors, place), shape=(height, height))
    return (matrix - multiples @ matrix).tocsr(), right - multiples @ right


def _with_slacks(
    matrix: sparse.csr_matrix,
    right: np.ndarray,
    problem: Problem,
    *,
    rows: np.ndarray,
    columns: np.ndarray,
    snapshot: np.ndarray,
) -> dict[str, np.ndarray | sparse.csr_matrix]:
    """Return the parts of a standard form in which ranged rows have a slack; their right-hand side is a bound."""
    low = problem.row_lower[rows]
    high = problem.row_upper[rows]
    ranged = np.flatnonzero(low != high)
    has_low = np.isfinite(low[ranged])
    sign = np.where(has_low, -1.0, 1.0)  # a·x − s = low, or a·x + s = high
    width = np.where(has_low, high[ranged] - low[ranged], np.inf)
    place = (ranged, np.arange(len(ranged)))
    slacks = sparse.csr_matrix((sign, place), shape=(len(rows), len(ranged)))
    row_snapshot = _latest_snapshot(matrix, snapshot)
    return {
        "matrix": sparse.hstack([matrix, slacks]).tocsr(),
        "right": right,
        "lower": np.append(problem.lower[columns], np.zeros(len(ranged))),
        "upper": np.append(problem.upper[columns], width),
        "snapshot": np.append(snapshot, row_snapshot[ranged]),
        "rows": rows,
        "columns": np.append(columns, np.full(len(ranged), -1)),
    }


def _latest_snapshot(matrix: sparse.csr_matrix, snapshot: np.ndarray) -> np.ndarray:
    """Return the snapshot of the row of a slack, `SPANNING` where it holds columns of more than two neighbours."""
    first, last = row_span(matrix, snapshot)
    return np.where(last - first <= 1, last, SPANNING)


def row_span(matrix: sparse.csr_matrix, snapshot: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and last snapshot of the columns of each row; shapes (rows,). Empty rows are of snapshot 0."""
    height = matrix.shape[0]
    first = np.full(height, np.iinfo(np.int64).max)
    last = np.full(height, SPANNING)
    row = np.repeat(np.arange(height), np.diff(matrix.indptr))
    here = snapshot[matrix.indices]
    has_snapshot = here >= 0
    np.minimum.at(first, row[has_snapshot], here[has_snapshot])
    np.maximum.at(last, row[has_snapshot], here[has_snapshot])
    is_empty = last < 0
    first[is_empty] = last[is_empty] = 0
    return first, last


def _with_copies(parts: Mapping[str, np.ndarray | sparse.csr_matrix]) -> dict[str, np.ndarray | sparse.csr_matrix]:
    """Return the parts with copies of the columns by which a row of one snapshot reaches a far one."""
    matrix = parts["matrix"]
    snapshot = parts["snapshot"]
    far = _far_entries(matrix, snapshot)
    if not len(far):
        return dict(parts)
    entries = sparse.coo_matrix(matrix)
    originals, copy = np.unique(entries.col[far], return_inverse=True)
    home = np.zeros(len(originals), dtype=int)
    first, _ = row_span(matrix, snapshot)
    home[copy] = first[entries.row[far]]
    width = matrix.shape[1]
    entries.col[far] = width + copy
    count = len(originals)
    shape = (matrix.shape[0], width + count)
    extended = sparse.csr_matrix((entries.data, (entries.row, entries.col)), shape=shape)
    number = np.arange(count)
    ones = np.ones(count)
    signs = np.concatenate([ones, -ones])
    equations = np.concatenate([number, number])
    copy_and_original = np.concatenate([width + number, originals])
    equal = sparse.csr_matrix((signs, (equations, copy_and_original)), shape=(count, width + count))
    none = np.full(count, -1)
    return {
        "matrix": sparse.vstack([extended, equal]).tocsr(),
        "right": np.append(parts["right"], np.zeros(len(originals))),
        "lower": np.append(parts["lower"], parts["lower"][originals]),
        "upper": np.append(parts["upper"], parts["upper"][originals]),
        "snapshot": np.append(snapshot, home),
        "rows": np.append(parts["rows"], none),
        "columns": np.append(parts["columns"], none),
    }


def _far_entries(matrix: sparse.csr_matrix, snapshot: np.ndarray) -> np.ndarray:
    """Return the positions of single entries of a row by which it reaches beyond the snapshot of all its others."""
    first, last = row_span(matrix, snapshot)
    counts = np.diff(matrix.indptr)
    row = np.repeat(np.arange(matrix.shape[0]), counts)
    here = snapshot[matrix.indices]
    at_last = np.bincount(row, here == last[row], minlength=matrix.shape[0])
    at_first = np.bincount(row, here == first[row], minlength=matrix.shape[0])
    reaches = (last - first > 1) & (at_last == 1) & (at_first == counts - 1) & (counts > 2)
    return np.flatnonzero(reaches[row] & (here == last[row]))
