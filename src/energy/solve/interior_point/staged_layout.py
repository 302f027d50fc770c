"""Layout of a staged program: the kinds of rows that every snapshot has, those that couple neighbours, and the border.

A kind is one row in each snapshot, as the balance of a bus. Rows of months that never meet share a kind. A row whose
columns belong to more than two neighbouring snapshots, as a volume of the year, is a row of the border.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from energy.solve.interior_point.standard_form import NotStagedError, StandardForm, row_span

MOST_BORDER_ROWS = 160  # beyond, their dense equations cost more than the structure saves


@dataclass(frozen=True, eq=False)
class StagedLayout:
    """Equations in the order kind by kind, each along the snapshots, then the border.

    Attributes
    ----------
    snapshots
        Number of snapshots T.
    kinds
        Number of kinds K; equation k·T + t is kind k in snapshot t, and is empty where the kind has no row there.
    border
        Number of equations that span the horizon.
    place
        Place of each equation of the standard form in this order; shape (equations,).
    linking
        Kinds that couple neighbouring snapshots, in the order of their band.
    matrix
        A in this order of equations, column-wise; shape (K·T + border, variables).
    """

    snapshots: int
    kinds: int
    border: int
    place: np.ndarray
    linking: list[int]
    matrix: sparse.csc_matrix

    def ordered(self, values: np.ndarray) -> np.ndarray:
        """Return values of equations in the order of the layout, zero where there is none."""
        ordered = np.zeros(self.matrix.shape[0])
        ordered[self.place] = values
        return ordered


def staged_layout(form: StandardForm, snapshots: int) -> StagedLayout:
    """Return the layout of a standard form.

    Raises
    ------
    NotStagedError
        When the border is too long, or a column couples snapshots that are no neighbours.
    """
    home = _home_of_rows(form)
    kind_of_row, kinds = _kinds(form.row_block, home, snapshots)
    is_border = kind_of_row < 0
    border = int(is_border.sum())
    if border > MOST_BORDER_ROWS:
        raise NotStagedError(f"{border} rows span the horizon")
    border_begins = kinds * snapshots
    place = kind_of_row * snapshots + home
    place[is_border] = border_begins + np.arange(border)
    entries = form.matrix.tocoo()
    variables = form.matrix.shape[1]
    matrix = sparse.csc_matrix(
        (entries.data, (place[entries.row], entries.col)),
        shape=(border_begins + border, variables),
    )
    matrix.sort_indices()
    return StagedLayout(
        snapshots=snapshots,
        kinds=kinds,
        border=border,
        place=place,
        linking=_linking_kinds(matrix, kinds, snapshots),
        matrix=matrix,
    )


def _home_of_rows(form: StandardForm) -> np.ndarray:
    """Return the snapshot that each equation belongs to, −1 for those that span the horizon."""
    first, last = row_span(form.matrix, form.snapshot)
    return np.where(last - first <= 1, last, -1)


def _kinds(
    row_block: np.ndarray,
    home: np.ndarray,
    snapshots: int,
) -> tuple[np.ndarray, int]:
    """Return the kind of each equation, −1 for the border, and the number of kinds."""
    kind_of_row = np.full(len(home), -1)
    taken: list[np.ndarray] = []  # kind → the snapshots in which it has a row
    for rows in _rows_by_block(row_block, home):
        rows_in_snapshot = np.bincount(home[rows], minlength=snapshots)
        if rows_in_snapshot.max() > 1:
            continue  # rows of a block that meet in a snapshot go to the border
        wanted = rows_in_snapshot > 0
        kind = _first_free(taken, wanted)
        if kind == len(taken):
            taken.append(np.zeros(snapshots, dtype=bool))
        taken[kind] |= wanted
        kind_of_row[rows] = kind
    return kind_of_row, len(taken)


def _rows_by_block(row_block: np.ndarray, home: np.ndarray) -> list[np.ndarray]:
    """Return the rows of each block that stay with their snapshot, block by block."""
    is_local = (home >= 0) & (row_block >= 0)
    local = np.flatnonzero(is_local)
    if not len(local):
        return []
    by_block = np.argsort(row_block[local], kind="stable")
    in_order = local[by_block]
    changes = np.flatnonzero(np.diff(row_block[in_order]))
    return np.split(in_order, changes + 1)


def _first_free(taken: list[np.ndarray], wanted: np.ndarray) -> int:
    """Return the first kind that has no row in any of the wanted snapshots, a new one where there is none."""
    for kind, occupied in enumerate(taken):
        meets = occupied & wanted
        if not meets.any():
            return kind
    return len(taken)


def _linking_kinds(
    matrix: sparse.csc_matrix,
    kinds: int,
    snapshots: int,
) -> list[int]:
    """Return the kinds with a column that rows of a neighbouring snapshot hold too.

    Raises
    ------
    NotStagedError
        When a column stands in rows of snapshots that are no neighbours.
    """
    columns = matrix.shape[1]
    entries_of_column = np.diff(matrix.indptr)
    column_of_entry = np.repeat(np.arange(columns), entries_of_column)
    is_local = matrix.indices < kinds * snapshots
    column = column_of_entry[is_local]
    kind, home = np.divmod(matrix.indices[is_local], snapshots)
    earliest = np.full(columns, snapshots)
    latest = np.full(columns, -1)
    np.minimum.at(earliest, column, home)
    np.maximum.at(latest, column, home)
    spread = latest - earliest
    if spread.max(initial=0) > 1:
        raise NotStagedError("a column couples snapshots that are no neighbours")
    is_shared = spread[column] == 1
    linking: list[int] = np.unique(kind[is_shared]).tolist()
    return linking
