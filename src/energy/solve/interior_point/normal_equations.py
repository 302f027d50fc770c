"""Normal equations A·D·Aᵀ·y = r of a staged program, all snapshots factored side by side.

Rows that stay within a snapshot are eliminated in an order of least fill that is found once; each step is an operation
on vectors along the snapshots. What remains of the rows that couple neighbours is a band, factored by LAPACK; the rows
that span the horizon are a border of dense equations (Schur complement).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
from scipy import sparse
from scipy.linalg import lapack

from energy.solve.interior_point.staged_layout import StagedLayout

REGULARISATION = 1e-18  # added to the diagonal; what is smaller counts as nothing
RELATIVE = 1e-13  # share of the diagonal that is added too: what cancels leaves noise of this size
SMALLEST_PIVOT = 1e-12  # share of its diagonal below which a pivot is noise: its row depends on others, and is left out
LEFT_OUT = 1e64
ROUNDS = 4  # of a hundred times more on the diagonal of the band where it is not positive definite

Pair = tuple[int, int]
"""Two kinds of rows, or rows of the border."""
Place = tuple[int, int, int]
"""Row and column within a block of what remains, and the slot that stands there."""


@dataclass(frozen=True)
class _Elimination:
    """One step: the pivot row's slot, the rows beside it with their slots, and the slots that the step changes."""

    row: int
    pivot: int
    neighbours: list[tuple[int, int]]
    updates: list[tuple[int, int, int]]


class _Slots:
    """Numbers of the pairs of rows that have an entry in the factor, each a vector along the snapshots."""

    def __init__(self) -> None:
        self.number: dict[Pair, int] = {}

    def of(self, first: int, second: int) -> int:
        """Return the number of a pair, a new one where it has none."""
        pair = (min(first, second), max(first, second))
        next_number = len(self.number)
        return self.number.setdefault(pair, next_number)


class NormalEquations:
    """Normal equations of one layout: `factor` for weights of the columns, then `solve`.

    Parameters
    ----------
    layout
        The staged program. Rows are numbered by kind; those of the border follow the kinds.
    """

    def __init__(self, layout: StagedLayout) -> None:
        self.layout = layout
        self.slots = _Slots()
        self.earlier: dict[Pair, int] = {}  # (kind, kind in the snapshot before) → place among these
        self.products = self._products()
        self.assembled = len(self.slots.number)
        self.steps = self._eliminations()
        self._place_in_band = {kind: place for place, kind in enumerate(layout.linking)}
        self._in_band: list[Place] = []
        self._in_edge: list[Place] = []
        self._in_corner: list[Place] = []
        self._sort_remaining()
        slots = len(self.slots.number)
        self._factor = np.zeros((slots, layout.snapshots))
        self._active = np.arange(self.products.shape[1])

    def _products(self) -> sparse.csc_matrix:
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
        pairs = len(self.slots.number) + len(self.earlier)
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
            self.slots.of(kind, kind)
        for code in sorted(together):
            self.slots.of(*self._decoded(code))
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

        slot = self._numbers(self._pair(first, second), self.slots.number)
        place_of_pair = self._numbers(self._pair_in_time(first, second), self.earlier, ordered=True)
        slots = len(self.slots.number)
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

    def _eliminations(self) -> list[_Elimination]:
        """Return the elimination of the rows that stay within a snapshot, the one with fewest neighbours first."""
        layout = self.layout
        rows_and_border = range(layout.kinds + layout.border)
        neighbours: dict[int, set[int]] = {row: set() for row in rows_and_border}
        for one, other in self.slots.number:
            if one != other:
                neighbours[one].add(other)
                neighbours[other].add(one)

        def neighbour_count(row: int) -> tuple[int, int]:
            return len(neighbours[row]), row  # of equals the first

        within_a_snapshot = set(range(layout.kinds)) - set(layout.linking)
        steps = []
        while within_a_snapshot:
            row = min(within_a_snapshot, key=neighbour_count)
            within_a_snapshot.remove(row)
            around = sorted(neighbours.pop(row))
            # fill: what stood beside the row stands side by side from now on
            for other in around:
                neighbours[other].discard(row)
                neighbours[other].update(around)
                neighbours[other].discard(other)
            steps.append(self._elimination(row, around))
        return steps

    def _elimination(self, row: int, around: list[int]) -> _Elimination:
        """Return the step that eliminates a row with the rows around it."""
        neighbours = []
        for other in around:
            slot = self.slots.of(other, row)
            neighbours.append((other, slot))
        updates = []
        numbers = range(len(around))
        for one, other in combinations_with_replacement(numbers, 2):
            slot = self.slots.of(around[one], around[other])
            updates.append((slot, one, other))
        return _Elimination(
            row=row,
            pivot=self.slots.of(row, row),
            neighbours=neighbours,
            updates=updates,
        )

    def _sort_remaining(self) -> None:
        """Sort the slots of rows that are not eliminated: within the band, of border and band, within the border."""
        kinds = self.layout.kinds
        place = self._place_in_band
        for (one, other), slot in self.slots.number.items():
            if one in place and other in place:
                high = max(place[one], place[other])
                low = min(place[one], place[other])
                self._in_band.append((high, low, slot))
            elif one in place and other >= kinds:
                row_of_border = other - kinds
                self._in_edge.append((row_of_border, place[one], slot))
            elif one >= kinds and other >= kinds:
                row_of_border = one - kinds
                column_of_border = other - kinds
                self._in_corner.append((row_of_border, column_of_border, slot))

    def restrict(self, active: np.ndarray) -> None:
        """Take weights for some of the variables only; the others weigh nothing."""
        self._active = active

    def factor(self, weights: np.ndarray) -> None:
        """Factor A·D·Aᵀ for weights D of the active variables; shape (active,).

        Raises
        ------
        FloatingPointError
            When the band is not positive definite.
        """
        layout = self.layout
        length = layout.snapshots
        pairs_in_time = len(self.earlier)
        weights_of_all = np.zeros(self.products.shape[1])
        weights_of_all[self._active] = weights
        entries = self.products @ weights_of_all
        neighbours_begin = self.assembled * length
        corner_begins = neighbours_begin + pairs_in_time * length
        within = entries[:neighbours_begin]
        in_neighbours = entries[neighbours_begin:corner_begins]
        in_corner = entries[corner_begins:]

        self._factor[: self.assembled] = within.reshape(self.assembled, length)
        self._factor[self.assembled :] = 0.0  # fill
        diagonal = self._factor[: layout.kinds]  # the slots of the kinds themselves are the first
        is_held = diagonal <= REGULARISATION  # nothing that is free stands in the row
        diagonal *= 1.0 + RELATIVE
        diagonal += np.where(is_held, LEFT_OUT, REGULARISATION)
        self._smallest = SMALLEST_PIVOT * diagonal
        self._eliminate()
        earlier = in_neighbours.reshape(pairs_in_time, length)
        self._factor_band(earlier)
        upper_corner = in_corner.reshape(layout.border, layout.border)
        lower_corner = np.triu(upper_corner, 1).T
        self._factor_border(upper_corner + lower_corner)

    def _eliminate(self) -> None:
        """Eliminate the rows that stay within a snapshot, all snapshots at once."""
        factor = self._factor
        product = np.empty(self.layout.snapshots)
        for step in self.steps:
            pivot = factor[step.pivot]
            is_noise = pivot < self._smallest[step.pivot]
            pivot[is_noise] = LEFT_OUT
            inverse = 1.0 / pivot
            rows = [factor[slot] for _, slot in step.neighbours]
            multipliers = [row * inverse for row in rows]
            for changed, one, other in step.updates:
                np.multiply(multipliers[one], rows[other], out=product)
                factor[changed] -= product
            for row, multiplier in zip(rows, multipliers, strict=True):
                row[:] = multiplier

    def _factor_band(self, earlier: np.ndarray) -> None:
        """Factor the band of the rows that couple neighbours, in LAPACK's storage: row d is the diagonal d below."""
        layout = self.layout
        length = layout.snapshots
        size = len(layout.linking)
        if not size:
            return
        place = self._place_in_band
        distances = {}
        for later, before in self.earlier:
            distances[later, before] = size + place[later] - place[before]
        width = max([size - 1, *distances.values()])
        band = np.zeros((width + 1, length * size))
        for high, low, slot in self._in_band:
            band[high - low, low::size] = self._factor[slot]
        for pair, number in self.earlier.items():
            _, before = pair
            along_snapshots = band[distances[pair], place[before] :: size]
            along_snapshots[: length - 1] += earlier[number, : length - 1]
        noise = np.abs(band[0]) * RELATIVE
        more = self._smallest[layout.linking].T.ravel() + noise
        for _ in range(ROUNDS):
            self._band, failed = lapack.dpbtrf(band, lower=1)
            if not failed:
                return
            band[0] += more
            more *= 100
        raise FloatingPointError(f"normal equations: the band is not positive definite at {failed}")

    def _factor_border(self, corner: np.ndarray) -> None:
        """Invert the Schur complement of the border: the corner less what the band explains of it."""
        layout = self.layout
        size = len(layout.linking)
        edge = np.zeros((layout.border, layout.snapshots, size))
        for row, place, slot in self._in_edge:
            edge[row, :, place] += self._factor[slot]
        for one, other, slot in self._in_corner:
            change = self._factor[slot].sum()
            corner[one, other] += change
            if one != other:
                corner[other, one] += change
        self._edge = edge.reshape(layout.border, layout.snapshots * size)
        self._edge_solved = self._solve_band(self._edge.T)
        complement = corner - self._edge @ self._edge_solved
        complement = (complement + complement.T) / 2
        diagonal = np.diag_indices(layout.border)
        complement[diagonal] += REGULARISATION
        self._border = complement
        if layout.border:
            self._border = np.linalg.inv(complement)

    def _solve_band(self, right: np.ndarray) -> np.ndarray:
        """Return the solution of the band's equations for one or more right-hand sides, those along the columns."""
        if not self.layout.linking or not right.size:
            return np.zeros_like(right)
        by_column = np.asfortranarray(right)
        solved, _ = lapack.dpbtrs(self._band, by_column, lower=1)
        return np.asarray(solved)

    def solve(self, right: np.ndarray) -> np.ndarray:
        """Return y of A·D·Aᵀ·y = right, both in the order of the layout; shape (K·T + border,)."""
        layout = self.layout
        border_begins = layout.kinds * layout.snapshots
        solution = right.copy()
        rows = solution[:border_begins].reshape(layout.kinds, layout.snapshots)
        border = solution[border_begins:]
        self._forward(rows, border)
        band = rows[layout.linking].T.ravel()
        linked = self._solve_band(band)
        border[:] = self._border @ (border - self._edge @ linked)
        linked = linked - self._edge_solved @ border
        by_snapshot = linked.reshape(layout.snapshots, len(layout.linking))
        rows[layout.linking] = by_snapshot.T
        self._backward(rows, border)
        return solution

    def _forward(self, rows: np.ndarray, border: np.ndarray) -> None:
        """Take the eliminated rows out of the right-hand side of those that remain, in place."""
        kinds = self.layout.kinds
        product = np.empty(self.layout.snapshots)
        for step in self.steps:
            value = rows[step.row]
            for other, slot in step.neighbours:
                multiplier = self._factor[slot]
                if other < kinds:
                    np.multiply(multiplier, value, out=product)
                    rows[other] -= product
                else:
                    border[other - kinds] -= multiplier @ value

    def _backward(self, rows: np.ndarray, border: np.ndarray) -> None:
        """Solve the eliminated rows from those that remain, the last eliminated first, in place."""
        kinds = self.layout.kinds
        product = np.empty(self.layout.snapshots)
        for step in reversed(self.steps):
            value = rows[step.row]
            value /= self._factor[step.pivot]
            for other, slot in step.neighbours:
                other_value = rows[other] if other < kinds else border[other - kinds]
                np.multiply(self._factor[slot], other_value, out=product)
                value -= product
