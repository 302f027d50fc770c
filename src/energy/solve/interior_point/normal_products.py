"""Products of the normal equations A·D·Aᵀ: in which of their entries two rows of a column meet.

An entry of two kinds of rows has a slot, with a number for each snapshot. Entries of neighbouring snapshots and those
of the border stand behind the slots.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations_with_replacement

import numpy as np
from scipy import sparse

from energy.solve.interior_point.staged_layout import StagedLayout

Pair = tuple[int, int]
"""Two kinds of rows, or rows of the border."""


class NormalProducts:
    """Slots of the pairs of rows that meet, and the matrix that takes weights of columns to the entries.

    Parameters
    ----------
    layout
        The staged program. Rows are numbered by kind; those of the border follow the kinds.

    Attributes
    ----------
    number
        Pair of rows within a snapshot → number of its slot; an elimination adds slots for its fill.
    earlier
        (Kind, kind in the snapshot before) → place among these pairs.
    matrix
        From weights of columns to entries; shape (entries, columns).
    """

    def __init__(self, layout: StagedLayout) -> None:
        self.layout = layout
        self.number: dict[Pair, int] = {}
        self.earlier: dict[Pair, int] = {}
        self.matrix = self._matrix()

    def of(self, first: int, second: int) -> int:
        """Return the number of a pair's slot, a new one where it has none."""
        pair = (min(first, second), max(first, second))
        next_number = len(self.number)
        return self.number.setdefault(pair, next_number)

    def _matrix(self) -> sparse.csc_matrix:
        """Return the matrix that takes weights of columns to the entries of A·D·Aᵀ.

        A column with entries in rows i and j adds a_i·a_j times its weight to the entry (i, j).
        """
        layout = self.layout
        matrix = layout.matrix
        self._number_pairs()
        columns = []
        places = []
        values = []
        for column, first, second in self._pairs_of_entries():
            place = self._places(matrix.indices[first], matrix.indices[second])
            columns.append(column)
            places.append(place)
            values.append(matrix.data[first] * matrix.data[second])
        pairs = len(self.number) + len(self.earlier)
        height = pairs * layout.snapshots + layout.border**2
        entries = (np.concatenate(values), (np.concatenate(places), np.concatenate(columns)))
        return sparse.csc_matrix(entries, shape=(height, matrix.shape[1]))

    def _pairs_of_entries(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Yield columns with equally many entries, and where in the matrix one pair of these stands in each.

        One pair after the other: all of them at once would take more memory than all that follows.
        """
        matrix = self.layout.matrix
        entries_of_column = np.diff(matrix.indptr)
        has_entries = entries_of_column > 0
        for count in np.unique(entries_of_column[has_entries]):
            of_count = np.flatnonzero(entries_of_column == count).astype(matrix.indices.dtype)
            starts = matrix.indptr[of_count]
            for one, other in combinations_with_replacement(range(count), 2):
                yield of_count, starts + one, starts + other

    def _number_pairs(self) -> None:
        """Give a number to each pair of kinds, or rows of the border, that some column holds both of."""
        indices = self.layout.matrix.indices
        together: set[int] = set()
        in_time: set[int] = set()
        for _, first, second in self._pairs_of_entries():
            in_corner, in_one_snapshot = self._relation(indices[first], indices[second])
            in_neighbours = ~in_one_snapshot & ~in_corner
            together.update(self._pair(indices[first], indices[second])[in_one_snapshot].tolist())
            in_time.update(self._pair_in_time(indices[first], indices[second])[in_neighbours].tolist())
        for kind in range(self.layout.kinds):
            self.of(kind, kind)
        for code in sorted(together):
            self.of(*self._decoded(code))
        for code in sorted(in_time):
            self.earlier[self._decoded(code)] = len(self.earlier)

    def _places(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return where the products of two rows, the first before the second, are added; shape (products,).

        Pairs of kinds within a snapshot stand first, at slot · T + snapshot; behind them, in the same order, those of
        neighbouring snapshots; last the square of the border.
        """
        layout = self.layout
        length = layout.snapshots
        border_begins = layout.kinds * length
        in_corner, in_one_snapshot = self._relation(first, second)
        in_neighbours = ~in_one_snapshot & ~in_corner

        slot = self._numbers(self._pair(first, second), self.number)
        place_of_pair = self._numbers(self._pair_in_time(first, second), self.earlier, ordered=True)
        slots = len(self.number)
        within = slot * length + first % length
        snapshot_before = np.minimum(first % length, self._second_snapshot(first, second))
        beside = (slots + place_of_pair) * length + snapshot_before
        corner_begins = (slots + len(self.earlier)) * length
        row_of_corner = first - border_begins
        column_of_corner = second - border_begins
        corner = corner_begins + row_of_corner * layout.border + column_of_corner
        outside_corner = np.where(in_neighbours, beside, within)
        places: np.ndarray = np.where(in_corner, corner, outside_corner)
        is_small = places.max(initial=0) <= np.iinfo(np.int32).max
        return places.astype(np.int32) if is_small else places

    def _relation(self, first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return whether two rows both span the horizon, and whether they meet in a snapshot; shapes (products,)."""
        border_begins = self.layout.kinds * self.layout.snapshots
        in_corner = (second >= border_begins) & (first >= border_begins)
        first_snapshot = first % self.layout.snapshots
        in_one_snapshot = (first_snapshot == self._second_snapshot(first, second)) & ~in_corner
        return in_corner, in_one_snapshot

    def _second_snapshot(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return the snapshots of second rows; one of the border belongs to every snapshot, so to that of the first."""
        length = self.layout.snapshots
        in_border = second >= self.layout.kinds * length
        snapshots: np.ndarray = np.where(in_border, first % length, second % length)
        return snapshots

    def _pair(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return the codes of pairs of kinds; shape (products,)."""
        return self._code(self._kinds_of(first), self._kinds_of(second))

    def _pair_in_time(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return the codes of pairs of kinds, that of the later snapshot first; shape (products,)."""
        first_kind = self._kinds_of(first)
        second_kind = self._kinds_of(second)
        is_later = self._second_snapshot(first, second) > first % self.layout.snapshots
        later = np.where(is_later, second_kind, first_kind)
        before = np.where(is_later, first_kind, second_kind)
        return self._code(later, before)

    def _kinds_of(self, rows: np.ndarray) -> np.ndarray:
        """Return the kind of each row of the layout; the rows of the border are numbered behind the kinds."""
        layout = self.layout
        border_begins = layout.kinds * layout.snapshots
        number_in_border = rows - border_begins
        kinds: np.ndarray = np.where(
            rows < border_begins,
            rows // layout.snapshots,
            layout.kinds + number_in_border,
        )
        return kinds

    def _code(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Return one number for a pair of kinds or rows of the border."""
        size = self.layout.kinds + self.layout.border
        code: np.ndarray = one * size + other
        return code

    def _decoded(self, code: int) -> Pair:
        """Return the pair that a number stands for."""
        size = self.layout.kinds + self.layout.border
        return divmod(code, size)

    def _numbers(
        self,
        code: np.ndarray,
        number: dict[Pair, int],
        ordered: bool = False,
    ) -> np.ndarray:
        """Return the numbers of coded pairs, 0 for those that have none."""
        size = self.layout.kinds + self.layout.border
        table = np.zeros((size, size), dtype=np.int64)
        for (one, other), value in number.items():
            table[one, other] = value
            if not ordered:
                table[other, one] = value
        numbers: np.ndarray = table.ravel()[code]
        return numbers
