"""Normal equations A·D·Aᵀ·y = r of a staged program, all snapshots factored side by side.

Rows that stay within a snapshot are eliminated in an order of least fill that is found once; each step is an operation
on vectors along the snapshots. What remains of the rows that couple neighbours is a band, factored by LAPACK; the rows
that span the horizon are a border of dense equations (Schur complement).
"""

from __future__ import annotations

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


@dataclass(frozen=True)
class Elimination:
    """One step: the pivot row's slot, the rows beside it with their slots, and the slots that the step changes."""

    row: int
    pivot: int
    neighbours: list[tuple[int, int]]
    updates: list[tuple[int, int, int]]


class _Slots:
    """Numbers of the pairs of rows that have an entry in the factor, each a vector along the snapshots."""

    def __init__(self) -> None:
        self.number: dict[tuple[int, int], int] = {}

    def of(self, first: int, second: int) -> int:
        """Return the number of a pair, a new one where it has none."""
        pair = (min(first, second), max(first, second))
        return self.number.setdefault(pair, len(self.number))

    def known(self, first: int, second: int) -> int | None:
        """Return the number of a pair, or None."""
        return self.number.get((min(first, second), max(first, second)))


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
        self.earlier: dict[tuple[int, int], int] = {}  # (kind, kind in the snapshot before) → place among these
        self.products = self._products()
        self.assembled = len(self.slots.number)
        self.steps = self._eliminations()
        self._bands = self._band_slots()
        count = len(self.slots.number)
        self._factor = np.zeros((count, layout.snapshots))
        self._active = self.products

    def _products(self) -> sparse.csc_matrix:
        """Return the matrix that takes weights of columns to the entries of A·D·Aᵀ."""
        layout = self.layout
        matrix = layout.matrix
        counts = np.diff(matrix.indptr)
        columns, firsts, seconds = [], [], []
        for count in np.unique(counts[counts > 0]):
            of_count = np.flatnonzero(counts == count)
            starts = matrix.indptr[of_count]
            for one, other in combinations_with_replacement(range(count), 2):
                columns.append(of_count)
                firsts.append(starts + one)
                seconds.append(starts + other)
        first = np.concatenate(firsts)
        second = np.concatenate(seconds)
        values = matrix.data[first] * matrix.data[second]
        places = self._places(matrix.indices[first], matrix.indices[second])
        height = (len(self.slots.number) + len(self.earlier)) * layout.snapshots + layout.border**2
        shape = (height, matrix.shape[1])
        return sparse.csc_matrix((values, (places, np.concatenate(columns))), shape=shape)

    def _places(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return where the product of two rows (first before second) is added: slot · T + snapshot, and so on."""
        layout = self.layout
        length = layout.snapshots
        local = layout.kinds * length
        is_border = second >= local
        both = is_border & (first >= local)
        kind_one = np.where(first < local, first // length, layout.kinds + first - local)
        kind_two = np.where(is_border, layout.kinds + second - local, second // length)
        snapshot_one = first % length
        snapshot_two = np.where(is_border, snapshot_one, second % length)
        code = kind_one * (layout.kinds + layout.border) + kind_two
        same = (snapshot_one == snapshot_two) & ~both
        neighbours = ~same & ~both
        for row in range(layout.kinds):
            self.slots.of(row, row)
        for value in np.unique(code[same]).tolist():
            self.slots.of(*divmod(value, layout.kinds + layout.border))
        slot_of_code = self._numbers(code, self.slots.number)
        is_later = snapshot_two > snapshot_one
        later = np.where(is_later, kind_two, kind_one)
        before = np.where(is_later, kind_one, kind_two)
        code_of_pair = later * (layout.kinds + layout.border) + before
        for value in np.unique(code_of_pair[neighbours]).tolist():
            self.earlier[divmod(value, layout.kinds + layout.border)] = len(self.earlier)
        slots = len(self.slots.number)
        places = slot_of_code * length + snapshot_one
        place_of_pair = self._numbers(code_of_pair, self.earlier, ordered=True)
        snapshot_before = np.minimum(snapshot_one, snapshot_two)
        beside = (slots + place_of_pair) * length + snapshot_before
        square = (slots + len(self.earlier)) * length + (first - local) * layout.border + (second - local)
        local_places = np.where(neighbours, beside, places)
        every_place: np.ndarray = np.where(both, square, local_places)
        return every_place

    def _numbers(self, code: np.ndarray, number: dict[tuple[int, int], int], ordered: bool = False) -> np.ndarray:
        """Return the numbers of coded pairs, 0 for those that have none."""
        size = self.layout.kinds + self.layout.border
        table = np.zeros(size * size, dtype=np.int64)
        for (one, other), value in number.items():
            table[one * size + other] = value
            if not ordered:
                table[other * size + one] = value
        numbers: np.ndarray = table[code]
        return numbers

    def _eliminations(self) -> list[Elimination]:
        """Return the elimination of the rows that stay within a snapshot, the one with fewest neighbours first."""
        layout = self.layout
        beside: dict[int, set[int]] = {row: set() for row in range(layout.kinds + layout.border)}
        for one, other in self.slots.number:
            if one != other:
                beside[one].add(other)
                beside[other].add(one)
        linking = set(layout.linking)
        left = [row for row in range(layout.kinds) if row not in linking]
        steps = []
        while left:
            row = min(left, key=lambda candidate: (len(beside[candidate]), candidate))
            left.remove(row)
            around = sorted(beside.pop(row))
            for other in around:
                beside[other].discard(row)
                beside[other].update(set(around) - {other})
            steps.append(self._elimination(row, around))
        return steps

    def _elimination(self, row: int, around: list[int]) -> Elimination:
        neighbours = [(other, self.slots.of(other, row)) for other in around]
        updates = [
            (self.slots.of(around[one], around[other]), one, other)
            for one, other in combinations_with_replacement(range(len(around)), 2)
        ]
        return Elimination(row, self.slots.of(row, row), neighbours, updates)

    def _band_slots(self) -> dict[str, list[tuple[int, int, int]]]:
        """Return (place, place, slot) of the entries within the band, of border and band, and within the border."""
        layout = self.layout
        place = {kind: at for at, kind in enumerate(layout.linking)}
        bands: dict[str, list[tuple[int, int, int]]] = {"band": [], "edge": [], "corner": []}
        for (one, other), slot in self.slots.number.items():
            if one in place and other in place:
                low, high = sorted((place[one], place[other]))
                bands["band"].append((high, low, slot))
            elif one in place and other >= layout.kinds:
                bands["edge"].append((other - layout.kinds, place[one], slot))
            elif one >= layout.kinds and other >= layout.kinds:
                bands["corner"].append((one - layout.kinds, other - layout.kinds, slot))
        return bands

    def restrict(self, active: np.ndarray) -> None:
        """Take weights for some of the variables only; the others weigh nothing."""
        self._active = self.products[:, active]

    def factor(self, weights: np.ndarray) -> None:
        """Factor A·D·Aᵀ for weights D of the active variables; shape (active,).

        Raises
        ------
        FloatingPointError
            When the band is not positive definite.
        """
        layout = self.layout
        length = layout.snapshots
        entries = self._active @ weights
        slots = self.assembled * length
        beside = slots + len(self.earlier) * length
        factor = self._factor
        factor[: self.assembled] = entries[:slots].reshape(self.assembled, length)
        factor[self.assembled :] = 0.0
        diagonal = factor[: layout.kinds]  # the slots of the kinds themselves are the first
        is_held = diagonal <= REGULARISATION  # nothing that is free stands in the row
        diagonal *= 1.0 + RELATIVE
        diagonal += np.where(is_held, LEFT_OUT, REGULARISATION)
        self._smallest = SMALLEST_PIVOT * diagonal
        self._eliminate()
        earlier = entries[slots:beside].reshape(len(self.earlier), length)
        corner = entries[beside:].reshape(layout.border, layout.border)
        self._factor_band(earlier)
        self._factor_border(corner + np.triu(corner, 1).T)

    def _eliminate(self) -> None:
        factor = self._factor
        product = np.empty(self.layout.snapshots)
        for step in self.steps:
            pivot = factor[step.pivot]
            pivot[pivot < self._smallest[step.pivot]] = LEFT_OUT
            inverse = 1.0 / pivot
            multipliers = [factor[slot] * inverse for _, slot in step.neighbours]
            for slot, one, other in step.updates:
                np.multiply(multipliers[one], factor[step.neighbours[other][1]], out=product)
                factor[slot] -= product
            for (_, slot), multiplier in zip(step.neighbours, multipliers, strict=True):
                factor[slot] = multiplier

    def _factor_band(self, earlier: np.ndarray) -> None:
        layout = self.layout
        length = layout.snapshots
        size = len(layout.linking)
        place = {kind: at for at, kind in enumerate(layout.linking)}
        distances = [size + place[later] - place[before] for later, before in self.earlier]
        width = max([size - 1, *distances]) if size else 0
        band = np.zeros((width + 1, length * size))
        for high, low, slot in self._bands["band"]:
            band[high - low, low::size] = self._factor[slot]
        for (later, before), number in self.earlier.items():
            distance = size + place[later] - place[before]
            band[distance, place[before] :: size][: length - 1] += earlier[number, : length - 1]
        if not size:
            return
        more = self._smallest[layout.linking].T.ravel() + np.abs(band[0]) * RELATIVE
        for _ in range(ROUNDS):
            self._band, failed = lapack.dpbtrf(band, lower=1)
            if not failed:
                return
            band[0] += more
            more *= 100
        raise FloatingPointError(f"normal equations: the band is not positive definite at {failed}")

    def _factor_border(self, corner: np.ndarray) -> None:
        layout = self.layout
        size = len(layout.linking)
        edge = np.zeros((layout.border, layout.snapshots, size))
        for row, at, slot in self._bands["edge"]:
            edge[row, :, at] += self._factor[slot]
        for one, other, slot in self._bands["corner"]:
            change = self._factor[slot].sum()
            corner[one, other] += change
            if one != other:
                corner[other, one] += change
        self._edge = edge.reshape(layout.border, layout.snapshots * size)
        self._edge_solved = self._solve_band(self._edge.T)
        complement = corner - self._edge @ self._edge_solved
        complement = (complement + complement.T) / 2
        complement[np.diag_indices(layout.border)] += REGULARISATION
        self._border = np.linalg.inv(complement) if layout.border else complement

    def _solve_band(self, right: np.ndarray) -> np.ndarray:
        if not self.layout.linking or not right.size:
            return np.zeros_like(right)
        solved, _ = lapack.dpbtrs(self._band, np.asfortranarray(right), lower=1)
        return np.asarray(solved)

    def solve(self, right: np.ndarray) -> np.ndarray:
        """Return y of A·D·Aᵀ·y = right, both in the order of the layout; shape (K·T + border,)."""
        layout = self.layout
        length = layout.snapshots
        local = layout.kinds * length
        solution = right.copy()
        rows = solution[:local].reshape(layout.kinds, length)
        border = solution[local:]
        self._forward(rows, border)
        band = rows[layout.linking].T.ravel()
        linked = self._solve_band(band)
        border[:] = self._border @ (border - self._edge @ linked)
        linked = linked - self._edge_solved @ border
        rows[layout.linking] = linked.reshape(length, len(layout.linking)).T
        self._backward(rows, border)
        return solution

    def _forward(self, rows: np.ndarray, border: np.ndarray) -> None:
        kinds = self.layout.kinds
        product = np.empty(self.layout.snapshots)
        for step in self.steps:
            value = rows[step.row]
            for other, slot in step.neighbours:
                if other < kinds:
                    np.multiply(self._factor[slot], value, out=product)
                    rows[other] -= product
                else:
                    border[other - kinds] -= self._factor[slot] @ value

    def _backward(self, rows: np.ndarray, border: np.ndarray) -> None:
        kinds = self.layout.kinds
        product = np.empty(self.layout.snapshots)
        for step in reversed(self.steps):
            value = rows[step.row]
            value /= self._factor[step.pivot]
            for other, slot in step.neighbours:
                other_value = rows[other] if other < kinds else border[other - kinds]
                np.multiply(self._factor[slot], other_value, out=product)
                value -= product
