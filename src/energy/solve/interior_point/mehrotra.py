"""Interior point of a staged program: Mehrotra's predictor and corrector; a centrality correction where that stalls.

After Mehrotra, *On the implementation of a primal-dual interior point method*, SIAM Journal on Optimization 2, 1992,
and Gondzio, *Multiple centrality corrections in a primal-dual method for linear programming*, Computational
Optimization and Applications 6, 1996.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from math import inf

import numpy as np
from scipy import sparse

from energy.solve.interior_point.bound_side import BoundSide
from energy.solve.interior_point.iterate import Bounds, Iterate
from energy.solve.interior_point.normal_equations import NormalEquations

STEP = 0.995  # share of the way to the nearest bound
PATIENCE = 20  # steps without half the distance to the tolerance, after which it has stalled
BLOCKED = 0.1  # a step below this share was stopped by a bound that is too near
SHORTEST = 1e-6  # two steps in a row below this share are no progress
FREE_WEIGHT = 1e6  # weight of a variable without bounds in the normal equations
PROXIMAL = 1e-14  # least slope of a variable: no weight in the normal equations exceeds its inverse
MOST_SECOND_ORDER = 1e3  # times the mean product that the corrector takes off at most for what both steps multiply to
MORE_STEP = 0.3  # by how much a centrality correction is to lengthen the step


class StalledError(ArithmeticError):
    """The interior point makes no progress."""


@dataclass(frozen=True)
class Tolerance:
    """When an interior point ends.

    Attributes
    ----------
    gap
        Complementarity gap in the unit of the cost, as MWh of a service.
    relative_gap
        The same as a share of the cost; the wider of both counts.
    residual
        Largest residual of an equation.
    dual_residual
        Largest residual of a reduced cost.
    """

    gap: float
    relative_gap: float = 0.0
    residual: float = 1e-6
    dual_residual: float = 1e-6


class CentralPath:
    """Follows the central path of minimise cost·x with A·x = right within bounds.

    Parameters
    ----------
    equations
        Normal equations, restricted to the variables of this solve.
    matrix
        A of these variables; shape (K·T + border, variables).
    right, cost, bounds
        The program.
    start
        Where to begin.
    is_careful
        Whether predictors are sharpened, and steps corrected towards the central path. That is for programs on which
        steps without either stall: at six hours careful ones are an eighth fewer, and take a third longer in all
        (docs/performance.md).
    """

    def __init__(
        self,
        equations: NormalEquations,
        matrix: sparse.csc_matrix,
        *,
        right: np.ndarray,
        cost: np.ndarray,
        bounds: Bounds,
        start: Iterate,
        is_careful: bool,
    ) -> None:
        self.equations = equations
        self.matrix = matrix
        self.transposed = matrix.T
        self.right = right
        self.cost = cost
        self.iterate = start
        self.lower = BoundSide(bounds.lower, start.lower_prices)
        self.upper = BoundSide(bounds.upper, start.upper_prices)
        self.count_of_bounds = max(bounds.count, 1.0)
        self.free = np.flatnonzero(~(bounds.has_lower | bounds.has_upper))
        self.is_careful = is_careful
        self.steps = 0
        self.last_length = 1.0
        # kept from step to step: of an hourly year memory for two million numbers takes as long as filling it
        self.weights = np.empty_like(cost)
        self._force = np.empty_like(cost)
        self._weighted = np.empty_like(cost)
        self._measure()

    def _measure(self) -> None:
        """Set the rooms, residuals and complementarity gap of the present iterate."""
        at = self.iterate
        self.lower.measure(at.values, is_lower=True)
        self.upper.measure(at.values, is_lower=False)
        self.gap = self.lower.gap + self.upper.gap
        self.mean_gap = self.gap / self.count_of_bounds
        self.missed = self.right - self.matrix @ at.values
        dual_missed = np.asarray(self.transposed @ at.duals)
        np.subtract(self.cost, dual_missed, out=dual_missed)
        dual_missed -= at.lower_prices
        dual_missed -= at.upper_prices
        self.dual_missed = dual_missed

    def reached(self, tolerance: Tolerance) -> bool:
        """Return whether the present iterate is within a tolerance."""
        keeps_rows = _largest(self.missed) <= tolerance.residual
        keeps_prices = _largest(self.dual_missed) <= tolerance.dual_residual
        closes_gap = self.gap <= self._allowed_gap(tolerance)
        return keeps_rows and keeps_prices and closes_gap

    def _allowed_gap(self, tolerance: Tolerance) -> float:
        """Return the wider of a tolerance's gap and its share of the present cost."""
        cost = abs(float(self.cost @ self.iterate.values))
        return max(tolerance.gap, tolerance.relative_gap * cost)

    def distance(self, tolerance: Tolerance) -> float:
        """Return how far the present iterate is from a tolerance: gap and residuals as multiples of it, added."""
        gap = self.gap / self._allowed_gap(tolerance)
        residual = _largest(self.missed) / tolerance.residual
        dual_residual = _largest(self.dual_missed) / tolerance.dual_residual
        return gap + residual + dual_residual

    def follow(self, tolerance: Tolerance, deadline: float = inf) -> Iterate:
        """Return the iterate that is within a tolerance.

        Parameters
        ----------
        tolerance
            When to end.
        deadline
            Reading of `time.perf_counter` after which it has stalled [s].

        Raises
        ------
        StalledError
            When the steps become too many or too short.
        """
        least = inf
        last_progress = 0
        while not self.reached(tolerance):
            distance = self.distance(tolerance)
            if distance < least / 2:
                least = distance
                last_progress = self.steps
            if self.steps - last_progress >= PATIENCE:
                raise StalledError(f"no optimum after {self.steps} steps")
            if time.perf_counter() > deadline:
                raise StalledError("no time left")
            was_short = self.last_length < SHORTEST
            length = self.advance()
            # after one short step the next aims away from the bounds; after two of them there is no way
            is_stuck = length < SHORTEST and was_short
            if is_stuck or not np.isfinite(self.gap):
                raise StalledError(f"no progress at step {self.steps}")
        return self.iterate

    def advance(self) -> float:
        """Take one step; return the shorter of its primal and its dual length.

        The predictor heads for the optimum; how far it gets says how near to the central path the corrector aims.
        """
        self._weigh()
        self.equations.factor(self.weights)
        target = self._predict()
        values, duals, primal, dual = self._correct(target)
        if self.is_careful:
            values, duals, primal, dual = self._centrality_corrected(values, duals, target, lengths=(primal, dual))
        self._move(values, duals, primal, dual)
        self.steps += 1
        self.last_length = min(primal, dual)
        return self.last_length

    def _weigh(self) -> None:
        """Set the weights of the variables in the normal equations: the inverse of prices over rooms."""
        slopes = np.add(self.lower.slopes(), self.upper.slopes(), out=self.weights)
        np.maximum(slopes, PROXIMAL, out=slopes)
        slopes[self.free] = 1.0 / FREE_WEIGHT
        np.divide(1.0, slopes, out=self.weights)

    def _predict(self) -> float:
        """Return the product of rooms and prices that the corrector is to aim at, from how far the predictor gets.

        That is the third power of the share that the predictor leaves of the gap, times the mean product.
        """
        at = self.iterate
        force = np.add(self.dual_missed, at.lower_prices, out=self._force)
        force += at.upper_prices
        values, _ = self._newton_step(force, self.missed, sharpens=self.is_careful)  # it only says where to aim
        lower_room, lower_price = self.lower.predict(values)
        upper_room, upper_price = self.upper.predict(values)
        primal = _length(max(lower_room, upper_room))
        dual = _length(max(lower_price, upper_price))
        if self.last_length < BLOCKED:
            return self.mean_gap  # away from the bounds first
        gap_left = self.lower.gap_after(primal, dual) + self.upper.gap_after(primal, dual)
        share = max(gap_left, 0.0) / max(self.gap, 1e-300)
        return min(share, 1.0) ** 3 * self.mean_gap

    def _correct(self, target: float) -> tuple[np.ndarray, np.ndarray, float, float]:
        """Return Mehrotra's corrector, the steps of values and duals, and the lengths that bounds leave them."""
        most = MOST_SECOND_ORDER * self.mean_gap
        force = np.subtract(self.dual_missed, self.lower.aim(target, most), out=self._force)
        force -= self.upper.aim(target, most)
        values, duals = self._newton_step(force, self.missed)
        lower_room = self.lower.turn(values)
        upper_room = self.upper.turn(values)
        return values, duals, _length(max(lower_room, upper_room)), self._dual_length()

    def _dual_length(self) -> float:
        """Return how far prices may go until one is next to zero, at most 1."""
        return _length(max(self.lower.price_used(), self.upper.price_used()))

    def _newton_step(
        self,
        force: np.ndarray,
        missed: np.ndarray | float,
        sharpens: bool = True,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return Newton's steps of values and duals.

        Parameters
        ----------
        force
            What drives the variables: residuals of their reduced costs less the pull of their bounds.
        missed
            Residuals of the equations.
        sharpens
            Whether conjugate gradients sharpen the solution of the normal equations.
        """
        np.multiply(self.weights, force, out=self._weighted)
        right = missed + self.matrix @ self._weighted
        duals = self.equations.solve(right)
        if sharpens:
            duals = self.equations.sharpened(duals, right, self._normal)
        values = np.asarray(self.transposed @ duals)
        values -= force
        values *= self.weights
        return values, duals

    def _normal(self, duals: np.ndarray) -> np.ndarray:
        """Return the normal matrix A·W·Aᵀ times duals."""
        weighted = np.asarray(self.transposed @ duals)
        weighted *= self.weights
        return np.asarray(self.matrix @ weighted)

    def _centrality_corrected(
        self,
        values: np.ndarray,
        duals: np.ndarray,
        target: float,
        lengths: tuple[float, float],
    ) -> tuple[np.ndarray, np.ndarray, float, float]:
        """Return steps and their lengths with one correction towards the central path, where that lengthens them."""
        primal, dual = lengths
        sides = (self.lower, self.upper)
        price_steps = [side.price_step.copy() for side in sides]
        force = np.zeros_like(values)
        for side in sides:
            force -= side.aim_at_centre(
                values,
                min(1.0, primal + MORE_STEP),
                min(1.0, dual + MORE_STEP),
                target,
            )
        more_values, more_duals = self._newton_step(force, missed=0.0)
        for side, price_step in zip(sides, price_steps, strict=True):
            side.turn(more_values)
            side.price_step += price_step
        more_values += values
        room_used = max(side.room_used(more_values) for side in sides)
        longer_primal = _length(room_used)
        longer_dual = self._dual_length()
        if longer_primal >= 1.01 * primal or longer_dual >= 1.01 * dual:
            return more_values, duals + more_duals, longer_primal, longer_dual
        for side, price_step in zip(sides, price_steps, strict=True):
            side.price_step = price_step
        return values, duals, primal, dual

    def _move(
        self,
        values: np.ndarray,
        duals: np.ndarray,
        primal: float,
        dual: float,
    ) -> None:
        """Go along steps, values by the primal length, duals and prices by the dual one."""
        _go(self.iterate.values, values, primal)
        _go(self.iterate.duals, duals, dual)
        _go(self.lower.prices, self.lower.price_step, dual)
        _go(self.upper.prices, self.upper.price_step, dual)
        self._measure()


def _go(numbers: np.ndarray, step: np.ndarray, length: float) -> None:
    """Add a step of a length to numbers, both in place."""
    step *= length
    numbers += step


def _length(used: float) -> float:
    """Return how far a step may go of which the whole uses a share of some room or price; at most 1."""
    return min(1.0, STEP / max(used, STEP))


def _largest(residual: np.ndarray) -> float:
    """Return the largest size of a residual; 0 where there is none."""
    return float(np.abs(residual).max(initial=0.0))
