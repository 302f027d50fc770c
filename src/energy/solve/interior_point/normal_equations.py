"""Normal equations A·D·Aᵀ·y = r of a staged program, all snapshots factored side by side.

Rows that stay within a snapshot are eliminated in an order of least fill that is found once; each step is an operation
on vectors along the snapshots. What remains of the rows that couple neighbours is a band, factored by LAPACK; the rows
that span the horizon are a border of dense equations (Schur complement).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import inf

import numpy as np
from scipy.linalg import lapack

from energy.solve.interior_point.normal_products import NormalProducts, Pair
from energy.solve.interior_point.staged_layout import StagedLayout

REGULARISATION = 1e-18  # added to the diagonal; what is smaller counts as nothing
RELATIVE = 1e-13  # share of the diagonal that is added too: what cancels leaves noise of this size
SMALLEST_PIVOT = 1e-12  # share of its diagonal below which a pivot is noise: its row depends on others, and is left out
LEFT_OUT = 1e64
MOST_SHARPENINGS = 30  # steps of conjugate gradients for one solution
SOLVED = 1e-7  # largest residual that needs none
ROUNDS = 4  # of a hundred times more on the diagonal of the band where it is not positive definite
PIECE = 1024  # columns of the band that stay in a processor's cache while they serve all rows of the border
AT_ONCE = 256  # snapshots of the band that stay in a processor's cache while they are written

Place = tuple[int, int, int]
"""Row and column within a block of what remains, and the slot that stands there."""


@dataclass(frozen=True)
class _Elimination:
    """One step: the pivot row's slot, the rows beside it with their slots, and what the step changes.

    Updates are slots with the two neighbours that meet there; where both are rows of the border, they have their place
    in the border's matrix instead of a slot.
    """

    row: int
    pivot: int
    neighbours: list[tuple[int, int]]
    updates: list[tuple[int, int, int]]
    in_border: list[tuple[tuple[int, int], int, int]]


class NormalEquations:
    """Normal equations of one layout: `factor` for weights of the columns, then `solve`, and `sharpened`.

    Parameters
    ----------
    layout
        The staged program. Rows are numbered by kind; those of the border follow the kinds.
    """

    def __init__(self, layout: StagedLayout) -> None:
        self.layout = layout
        self.slots = NormalProducts(layout)
        self.products = self.slots.matrix
        self.earlier = self.slots.earlier
        self.assembled = len(self.slots.number)
        self.steps = self._eliminations()
        self._place_in_band = {kind: place for place, kind in enumerate(layout.linking)}
        self._in_band: list[Place] = []
        self._in_edge: list[Place] = []
        self._sort_remaining()
        slots = len(self.slots.number)
        self._factor = np.zeros((slots, layout.snapshots))
        self._distances = self._distances_in_time()
        size = len(layout.linking)
        width = max([size - 1, *self._distances.values()])
        self._band_storage = np.empty((layout.snapshots, size, width + 1))
        self._active = np.arange(self.products.shape[1])

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
        kinds = self.layout.kinds
        updates = []
        in_border = []
        numbers = range(len(around))
        for one, other in combinations_with_replacement(numbers, 2):
            if around[one] >= kinds and around[other] >= kinds:
                place = (around[one] - kinds, around[other] - kinds)
                in_border.append((place, one, other))
            else:
                slot = self.slots.of(around[one], around[other])
                updates.append((slot, one, other))
        return _Elimination(
            row=row,
            pivot=self.slots.of(row, row),
            neighbours=neighbours,
            updates=updates,
            in_border=in_border,
        )

    def _sort_remaining(self) -> None:
        """Sort the slots of rows that are not eliminated: within the band, and of border and band."""
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

    def _distances_in_time(self) -> dict[Pair, int]:
        """Return how far apart two rows of neighbouring snapshots stand in the band."""
        place = self._place_in_band
        size = len(self.layout.linking)
        return {(later, before): size + place[later] - place[before] for later, before in self.earlier}

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
        change_of_corner = self._eliminate()
        earlier = in_neighbours.reshape(pairs_in_time, length)
        self._factor_band(earlier)
        upper_corner = in_corner.reshape(layout.border, layout.border) + change_of_corner
        lower_corner = np.triu(upper_corner, 1).T
        self._factor_border(upper_corner + lower_corner)

    def _eliminate(self) -> np.ndarray:
        """Eliminate the rows that stay within a snapshot, all snapshots at once; return what that adds to the corner.

        Returns
        -------
        numpy.ndarray
            For pairs of rows of the border, the first before the second; shape (border, border).
        """
        factor = self._factor
        corner = np.zeros((self.layout.border, self.layout.border))
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
            for place, one, other in step.in_border:
                corner[place] -= multipliers[one] @ rows[other]
            for row, multiplier in zip(rows, multipliers, strict=True):
                row[:] = multiplier
        return corner

    def _factor_band(self, earlier: np.ndarray) -> None:
        """Factor the band of the rows that couple neighbours, with more on its diagonal where it is not definite.

        Raises
        ------
        FloatingPointError
            When it is not positive definite even so.
        """
        layout = self.layout
        if not layout.linking:
            return
        band = self._banded(earlier)
        diagonal = band[0].copy()
        noise = np.abs(diagonal) * RELATIVE
        more = self._smallest[layout.linking].T.ravel() + noise
        for _ in range(ROUNDS):
            self._band, failed = lapack.dpbtrf(band, lower=1, overwrite_ab=1)
            if not failed:
                return
            diagonal += more
            more *= 100
            band = self._banded(earlier)  # the factors stand in the place of the first one
            band[0] = diagonal
        raise FloatingPointError(f"normal equations: the band is not positive definite at {failed}")

    def _banded(self, earlier: np.ndarray) -> np.ndarray:
        """Return the band in LAPACK's storage, column by column: row d is the diagonal d below."""
        length, size, height = self._band_storage.shape
        place = self._place_in_band
        for begin in range(0, length, AT_ONCE):
            end = begin + AT_ONCE
            band = self._band_storage[begin:end]
            band[:] = 0.0
            for high, low, slot in self._in_band:
                band[:, low, high - low] = self._factor[slot, begin:end]
            for pair, number in self.earlier.items():
                _, before = pair
                band[:, place[before], self._distances[pair]] += earlier[number, begin:end]
        return self._band_storage.reshape(length * size, height).T

    def _factor_border(self, corner: np.ndarray) -> None:
        """Invert the Schur complement of the border: the corner less what the band explains of it.

        With the Cholesky factor L of the band and the edge E between border and band that is E·(L·Lᵀ)⁻¹·Eᵀ, which is
        F·Fᵀ for F = E·L⁻ᵀ.
        """
        layout = self.layout
        size = len(layout.linking)
        edge = np.zeros((layout.border, layout.snapshots, size))
        for row, place, slot in self._in_edge:
            edge[row, :, place] += self._factor[slot]
        edge_of_band = edge.reshape(layout.border, layout.snapshots * size)
        self._edge = self._edge_through_band(edge_of_band)
        explained = self._edge @ self._edge.T
        complement: np.ndarray = corner - explained
        diagonal = np.diag_indices(layout.border)
        complement[diagonal] += REGULARISATION
        self._border = complement
        if layout.border:
            self._border = np.linalg.inv(complement)

    def _edge_through_band(self, edge: np.ndarray) -> np.ndarray:
        """Return E·L⁻ᵀ for the edge E between border and band, in its place; shape (border, rows of the band).

        A piece of the band after the other serves all rows of the border while it is in a processor's cache. What a
        piece gives is then taken off the rows behind it that its last columns reach.
        """
        if not edge.size:  # LAPACK is not to be asked for nothing
            return edge
        width = len(self._band) - 1
        length = edge.shape[1]
        for begin in range(0, length, PIECE):
            end = min(begin + PIECE, length)
            piece = edge[:, begin:end]
            solved, _ = lapack.dtbtrs(self._band[:, begin:end], piece.T, uplo="L")
            piece[:] = solved.T
            reached = edge[:, end : end + width]
            if reached.size:
                reached -= piece[:, -width:] @ self._below(end - width, reached.shape[1]).T
        return edge

    def _below(self, first: int, rows: int) -> np.ndarray:
        """Return the part of L that leads from the last columns of a piece to the first rows behind it.

        Parameters
        ----------
        first
            First of these columns, as many as the band is wide.
        rows
            Number of rows behind, at most as many.
        """
        width = len(self._band) - 1
        below = np.zeros((rows, width))
        for row in range(rows):
            columns = np.arange(row, width)  # farther ones do not reach the row
            below[row, columns] = self._band[width + row - columns, first + columns]
        return below

    def _through_band(self, right: np.ndarray, trans: str = "N") -> np.ndarray:
        """Return L⁻¹ times a right-hand side for the Cholesky factor L of the band, or L⁻ᵀ times it (``trans="T"``).

        Parameters
        ----------
        right
            Shape (rows of the band,); it is overwritten.
        trans
            As of LAPACK's ``dtbtrs``.
        """
        if not right.size:
            return right
        solved, _ = lapack.dtbtrs(self._band, right, uplo="L", trans=trans, overwrite_b=1)
        return np.asarray(solved).reshape(right.shape)

    def solve(self, right: np.ndarray) -> np.ndarray:
        """Return y of A·D·Aᵀ·y = right, both in the order of the layout; shape (K·T + border,)."""
        layout = self.layout
        border_begins = layout.kinds * layout.snapshots
        solution = right.copy()
        rows = solution[:border_begins].reshape(layout.kinds, layout.snapshots)
        border = solution[border_begins:]
        self._forward(rows, border)
        linked = self._through_band(rows[layout.linking].T.ravel())
        border[:] = self._border @ (border - self._edge @ linked)
        linked = self._through_band(linked - border @ self._edge, trans="T")
        by_snapshot = linked.reshape(layout.snapshots, len(layout.linking))
        rows[layout.linking] = by_snapshot.T
        self._backward(rows, border)
        return solution

    def sharpened(
        self,
        solution: np.ndarray,
        right: np.ndarray,
        normal: Callable[[np.ndarray], np.ndarray],
    ) -> np.ndarray:
        """Return a solution of the normal equations, sharpened by conjugate gradients behind their factors.

        Near the optimum the weights differ by twenty orders of magnitude, and factors alone miss rows by hundredths.
        They are a preconditioner by which a few steps are enough (Golub and Van Loan, Matrix Computations, 2013,
        algorithm 11.5.1). The sharpest of the solutions is returned: residuals rise and fall on the way, and with the
        last one, as scipy's ``cg`` returns it, a 6-hourly year in five ended without a proof.

        Parameters
        ----------
        solution
            As `solve` gives it; shape (K·T + border,).
        right
            Right-hand side; same shape.
        normal
            Returns A·D·Aᵀ times a vector of that shape.
        """
        missed = right - normal(solution)
        size = float(np.abs(missed).max(initial=0.0))
        sharpest = solution
        smallest = size
        direction = np.zeros_like(right)
        earlier = inf
        for _ in range(MOST_SHARPENINGS):
            if size <= SOLVED:
                break
            preconditioned = self.solve(missed)
            product = float(missed @ preconditioned)
            direction = preconditioned + product / earlier * direction
            pushed = normal(direction)
            curvature = float(direction @ pushed)
            if not (product > 0 and curvature > 0):  # as after an overflow
                break
            length = product / curvature
            solution = solution + length * direction
            missed = missed - length * pushed
            size = float(np.abs(missed).max(initial=0.0))
            if size < smallest:
                sharpest = solution
                smallest = size
            earlier = product
        return sharpest

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
