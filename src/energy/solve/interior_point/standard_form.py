"""Standard form of a linear program: equations over bounded columns, each row and column with its snapshot.

What stores give and take follows from their contents and is substituted. Rows with a range get a slack. A row of the
first snapshot that holds a content of the last one (a cyclic store) gets a copy of it, and a row of its own that says
that both are equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from energy.solve.duality_gap import implied_bounds
from energy.solve.lp import ENERGY, VOLTAGE, Problem, Structure, matrix_of

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

    def without_matrix(self) -> StandardForm:
        """Return the same without A and where its parts belong, for whom a layout holds that."""
        none = np.zeros(0, dtype=int)
        return replace(self, matrix=sparse.csr_matrix((0, 0)), snapshot=none, row_block=none)

    def cost(self, cost: np.ndarray) -> np.ndarray:
        """Return a cost of the program's columns as one of the variables, a constant aside; shape (variables,)."""
        defined, defining = self.substituted
        reduced = cost
        if len(defined):
            row_price = np.zeros(self.complete.shape[0])
            row_price[defining] = cost[defined] / self.pivots
            reduced = cost - self.complete.T @ row_price
        is_own = self.columns >= 0
        return np.where(is_own, reduced[self.columns], 0.0)

    def values(self, variables: np.ndarray) -> np.ndarray:
        """Return values of the program's columns from those of the variables; shape (columns,)."""
        values = np.zeros(self.complete.shape[1])
        is_own = self.columns >= 0
        own_columns = self.columns[is_own]
        values[own_columns] = variables[is_own]
        defined, defining = self.substituted
        if len(defined):
            activity = self.complete @ values
            remaining = self.constants - activity[defining]
            values[defined] = remaining / self.pivots
        return values

    def duals(self, duals: np.ndarray, cost: np.ndarray) -> np.ndarray:
        """Return duals of the program's rows from those of the equations and the program's cost; shape (rows,)."""
        prices = np.zeros(self.complete.shape[0])
        is_own = self.rows >= 0
        own_rows = self.rows[is_own]
        prices[own_rows] = duals[is_own]
        defined, defining = self.substituted
        if len(defined):
            coefficients = self.complete[:, defined].T
            remaining = cost[defined] - coefficients @ prices
            prices[defining] = remaining / self.pivots
        return prices


def _column_blocks(structure: Structure) -> list[np.ndarray]:
    """Return the columns of each component list's quantity, and of the angles of open lines; shapes (T, names)."""
    blocks = list(structure.columns.values())
    if structure.angle is not None:
        angles, _ = structure.angle
        blocks.append(angles)
    return blocks


def _row_blocks(structure: Structure) -> list[np.ndarray]:
    """Return the rows of each bus, store, cycle or rule, −1 where there is none; shapes (snapshots, rows of one)."""
    blocks = []
    for rows in structure.rows.values():
        by_snapshot = np.atleast_1d(rows)
        blocks.append(by_snapshot.reshape(len(by_snapshot), -1))
    return blocks


def _column_snapshots(structure: Structure) -> np.ndarray:
    """Return the snapshot of each column; shape (columns,)."""
    columns = structure.pattern.shape[1]
    snapshot = np.full(columns, SPANNING)
    for block in _column_blocks(structure):
        numbers = np.arange(len(block))
        snapshot[block] = numbers[:, None]
    return snapshot


def _row_block_numbers(structure: Structure) -> np.ndarray:
    """Return a number for the rows of each bus, store, cycle or rule; shape (rows,)."""
    block_of_row = np.full(structure.pattern.shape[0], -1)
    number = 0
    for block in _row_blocks(structure):
        for rows_of_one in block.T:
            present = rows_of_one[rows_of_one >= 0]
            block_of_row[present] = number
            number += 1
    return block_of_row


def _along_time(kept: np.ndarray, blocks: Sequence[np.ndarray]) -> np.ndarray:
    """Return the rows or columns that are kept, those of one bus or component side by side along the snapshots.

    Products with A then go through memory from end to end: of an hourly year in half of the time.

    Parameters
    ----------
    kept
        Whether a row or column is kept; shape (rows,) or (columns,).
    blocks
        Their numbers, −1 where there is none; shapes (snapshots, names).
    """
    in_blocks = np.concatenate([block.T.ravel() for block in blocks])
    in_blocks = in_blocks[in_blocks >= 0]
    is_elsewhere = kept.copy()
    is_elsewhere[in_blocks] = False
    elsewhere = np.flatnonzero(is_elsewhere)
    return np.concatenate([in_blocks[kept[in_blocks]], elsewhere])


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
    has_lower = np.isfinite(problem.row_lower)
    right = np.where(has_lower, problem.row_lower, problem.row_upper)
    constants = right[defining]
    if len(defined):
        matrix, right = _without_defined(
            matrix,
            right,
            substituted=substituted,
            pivots=pivots,
        )

    keeps_row = np.isfinite(problem.row_lower) | np.isfinite(problem.row_upper)
    keeps_row[defining] = False
    rows = _along_time(keeps_row, _row_blocks(structure))
    keeps_column = np.ones(complete.shape[1], dtype=bool)
    keeps_column[defined] = False
    columns = _along_time(keeps_column, _column_blocks(structure))
    matrix = matrix[rows][:, columns]
    matrix.eliminate_zeros()

    snapshot = _column_snapshots(structure)
    with_slacks = _with_slacks(
        matrix,
        right[rows],
        _with_bounded_angles(structure, complete, problem, columns),
        rows=rows,
        columns=columns,
        snapshot=snapshot[columns],
    )
    parts = _with_copies(with_slacks)
    own_blocks = _row_block_numbers(structure)[rows]
    added_rows = len(parts["right"]) - len(rows)
    no_block = np.full(added_rows, -1)
    return StandardForm(
        **parts,
        row_block=np.append(own_blocks, no_block),
        complete=complete,
        substituted=substituted,
        pivots=pivots,
        constants=constants,
    )


def _with_bounded_angles(
    structure: Structure,
    complete: sparse.csc_matrix,
    problem: Problem,
    columns: np.ndarray,
) -> Problem:
    """Return the program with wide bounds on columns that have none, as the angle of an open line.

    They are twice as far as the equations that hold the column let it go, and so bind nowhere. A column that several
    equations hold with others without bounds keeps none, but for angles (`_farthest_angles`).
    """
    has_no_lower = np.isinf(problem.lower[columns])
    has_no_upper = np.isinf(problem.upper[columns])
    is_unbounded = np.zeros(complete.shape[1], dtype=bool)
    is_unbounded[columns] = has_no_lower & has_no_upper
    if not is_unbounded.any():
        return problem
    lower, upper = implied_bounds(complete, problem)
    farthest = np.maximum(np.abs(lower), np.abs(upper))
    if structure.angle is not None:
        angles, _ = structure.angle
        of_one_alone = farthest[angles]
        together = _farthest_angles(structure, complete, problem)
        farthest[angles] = np.where(np.isfinite(of_one_alone), of_one_alone, together[:, None])
    wide = 1.0 + 2.0 * farthest
    return replace(
        problem,
        lower=np.where(is_unbounded, -wide, problem.lower),
        upper=np.where(is_unbounded, wide, problem.upper),
    )


def _farthest_angles(structure: Structure, complete: sparse.csc_matrix, problem: Problem) -> np.ndarray:
    """Return how far the angles of open lines need to go, at most, where cycles hold several of them; shape (T,).

    Without bounds they drift against each other. In the cycles of a spanning tree an angle stands with 1 or −1, and
    that matrix is totally unimodular (Schrijver, *Theory of Linear and Integer Programming*, 1986, section 19.3): there
    are angles that close all cycles of a snapshot, none of which is larger than all other terms of these together.
    """
    angles, _ = structure.angle or (np.zeros((0, 0), dtype=int), [])
    largest = np.maximum(np.abs(problem.lower), np.abs(problem.upper))
    largest[angles] = 0.0
    cycles = structure.rows[VOLTAGE]
    terms = abs(complete)[cycles.ravel()] @ largest
    by_cycle = terms.reshape(cycles.shape)
    right = np.abs(problem.row_lower[cycles])
    return np.asarray((by_cycle + right).sum(axis=1))


def _store_power(structure: Structure, problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns of what stores give and take, and the rows of their contents.

    What was decided before, contents and all, is fixed; the bounds of its power then say nothing more.
    """
    if ENERGY not in structure.rows:
        none = np.zeros(0, dtype=int)
        return none, none
    power = structure.columns["stores", "p"].ravel()
    content = structure.columns["stores", "e"].ravel()
    balances = structure.rows[ENERGY].ravel()
    has_lower = np.isfinite(problem.lower[power])
    has_upper = np.isfinite(problem.upper[power])
    is_decided = problem.lower[content] == problem.upper[content]
    is_bounded = (has_lower | has_upper) & ~is_decided
    if is_bounded.any():
        raise NotStagedError("a store's power has bounds of its own")
    return power, balances


def _without_defined(
    matrix: sparse.csr_matrix,
    right: np.ndarray,
    *,
    substituted: tuple[np.ndarray, np.ndarray],
    pivots: np.ndarray,
) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Return matrix and right-hand side with the defined columns substituted by their rows.

    From each row that uses a defined column, that multiple of its defining row is subtracted which cancels it.
    """
    defined, defining = substituted
    rows = matrix.shape[0]
    uses = matrix.tocsc()[:, defined].tocoo()
    defining_row = defining[uses.col]
    pivot = pivots[uses.col]
    elsewhere = defining_row != uses.row
    factors = uses.data[elsewhere] / pivot[elsewhere]
    place = (uses.row[elsewhere], defining_row[elsewhere])
    multiples = sparse.csr_matrix((factors, place), shape=(rows, rows))
    reduced = matrix - multiples @ matrix
    reduced_right = right - multiples @ right
    return reduced.tocsr(), reduced_right


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
    row_lower = problem.row_lower[rows]
    row_upper = problem.row_upper[rows]
    ranged = np.flatnonzero(row_lower != row_upper)
    count = len(ranged)
    has_lower = np.isfinite(row_lower[ranged])
    sign = np.where(has_lower, -1.0, 1.0)  # a·x − s = lower, or a·x + s = upper
    width = row_upper[ranged] - row_lower[ranged]
    widest_slack = np.where(has_lower, width, np.inf)
    slacks = sparse.csr_matrix(
        (sign, (ranged, np.arange(count))),
        shape=(len(rows), count),
    )
    row_snapshot = _latest_snapshot(matrix, snapshot)
    no_column = np.full(count, -1)
    return {
        "matrix": sparse.hstack([matrix, slacks]).tocsr(),
        "right": right,
        "lower": np.append(problem.lower[columns], np.zeros(count)),
        "upper": np.append(problem.upper[columns], widest_slack),
        "snapshot": np.append(snapshot, row_snapshot[ranged]),
        "rows": rows,
        "columns": np.append(columns, no_column),
    }


def _latest_snapshot(matrix: sparse.csr_matrix, snapshot: np.ndarray) -> np.ndarray:
    """Return the snapshot of the row of a slack, `SPANNING` where it holds columns of more than two neighbours."""
    first, last = row_span(matrix, snapshot)
    return np.where(last - first <= 1, last, SPANNING)


def row_span(matrix: sparse.csr_matrix, snapshot: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and last snapshot of the columns of each row; shapes (rows,). Empty rows are of snapshot 0."""
    rows = matrix.shape[0]
    latest_of_all = np.iinfo(np.int64).max
    first = np.full(rows, latest_of_all)
    last = np.full(rows, SPANNING)
    row = _row_of_entries(matrix)
    snapshot_of_entry = snapshot[matrix.indices]
    has_snapshot = snapshot_of_entry >= 0
    row_with_snapshot = row[has_snapshot]
    its_snapshot = snapshot_of_entry[has_snapshot]
    np.minimum.at(first, row_with_snapshot, its_snapshot)
    np.maximum.at(last, row_with_snapshot, its_snapshot)
    is_empty = last < 0
    first[is_empty] = 0
    last[is_empty] = 0
    return first, last


def _row_of_entries(matrix: sparse.csr_matrix) -> np.ndarray:
    """Return the row of each non-zero, row by row; shape (non-zeros,)."""
    entries_of_row = np.diff(matrix.indptr)
    rows = np.arange(matrix.shape[0])
    return np.repeat(rows, entries_of_row)


def _with_copies(parts: Mapping[str, np.ndarray | sparse.csr_matrix]) -> dict[str, np.ndarray | sparse.csr_matrix]:
    """Return the parts with copies of the columns by which a row of one snapshot reaches a far one."""
    matrix = parts["matrix"]
    snapshot = parts["snapshot"]
    far = _far_entries(matrix, snapshot)
    if not len(far):
        return dict(parts)
    entries = sparse.coo_matrix(matrix)
    originals, copy_of_entry = np.unique(entries.col[far], return_inverse=True)
    copies = len(originals)
    # a copy stands in the snapshot of the row that reached out for the original
    first, _ = row_span(matrix, snapshot)
    snapshot_of_copy = np.zeros(copies, dtype=int)
    snapshot_of_copy[copy_of_entry] = first[entries.row[far]]
    rows, columns = matrix.shape
    entries.col[far] = columns + copy_of_entry
    with_copies = sparse.csr_matrix(
        (entries.data, (entries.row, entries.col)),
        shape=(rows, columns + copies),
    )
    equal = _equal_to_copies(originals, columns)
    none = np.full(copies, -1)
    return {
        "matrix": sparse.vstack([with_copies, equal]).tocsr(),
        "right": np.append(parts["right"], np.zeros(copies)),
        "lower": np.append(parts["lower"], parts["lower"][originals]),
        "upper": np.append(parts["upper"], parts["upper"][originals]),
        "snapshot": np.append(snapshot, snapshot_of_copy),
        "rows": np.append(parts["rows"], none),
        "columns": np.append(parts["columns"], none),
    }


def _equal_to_copies(originals: np.ndarray, columns: int) -> sparse.csr_matrix:
    """Return the equations copy − original = 0, the copies behind all columns; shape (copies, columns + copies)."""
    copies = len(originals)
    number = np.arange(copies)
    ones = np.ones(copies)
    coefficients = np.concatenate([ones, -ones])
    equation = np.concatenate([number, number])
    column = np.concatenate([columns + number, originals])
    return sparse.csr_matrix(
        (coefficients, (equation, column)),
        shape=(copies, columns + copies),
    )


def _far_entries(matrix: sparse.csr_matrix, snapshot: np.ndarray) -> np.ndarray:
    """Return the positions of single entries of a row by which it reaches beyond the snapshot of all its others."""
    rows = matrix.shape[0]
    first, last = row_span(matrix, snapshot)
    row = _row_of_entries(matrix)
    snapshot_of_entry = snapshot[matrix.indices]
    is_last = snapshot_of_entry == last[row]
    is_first = snapshot_of_entry == first[row]
    entries_of_row = np.diff(matrix.indptr)
    last_entries = np.bincount(row, is_last, minlength=rows)
    first_entries = np.bincount(row, is_first, minlength=rows)
    is_far = last - first > 1
    has_one_last = last_entries == 1
    others_are_first = first_entries == entries_of_row - 1
    has_several_others = entries_of_row > 2
    reaches_out = is_far & has_one_last & others_are_first & has_several_others
    return np.flatnonzero(reaches_out[row] & is_last)
