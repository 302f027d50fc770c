"""Interior point of a staged program: Mehrotra's predictor and corrector with a centrality correction.

After Mehrotra, *On the implementation of a primal-dual interior point method*, SIAM Journal on Optimization 2, 1992,
and Gondzio, *Multiple centrality corrections in a primal-dual method for linear programming*, Computational
Optimization and Applications 6, 1996.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from math import inf

import numpy as np
from scipy import sparse

from energy.solve.interior_point.normal_equations import NormalEquations

STEP = 0.995  # share of the way to the nearest bound
MOST_SHARPENINGS = 30  # steps of conjugate gradients for one solution of the normal equations
SOLVED = 1e-7  # largest residual of the normal equations that needs none
PATIENCE = 20  # steps without half the distance to the tolerance, after which it has stalled
BLOCKED = 0.1  # a step below this share was stopped by a bound that is too near
SHORTEST = 1e-6  # a step below this share is no progress
FREE_WEIGHT = 1e6  # weight of a variable without bounds in the normal equations
PROXIMAL = 1e-14  # least slope of a variable: no weight in the normal equations exceeds its inverse
SMALLEST_ROOM = 1e-13  # distance from a bound that rounding may have made zero
SMALLEST_START = 10.0  # product of rooms and prices at the start, in the unit of the cost, at least
WIDEST = 1e4  # a variable without an upper bound starts as if it had one so far away
CENTRED = 0.1  # a product of slack and reduced cost below this share of the mean, or above its inverse, is corrected
MORE_STEP = 0.3  # by how much a centrality correction is to lengthen the step


class StalledError(ArithmeticError):
    """The interior point makes no progress."""


@dataclass(frozen=True, eq=False)
class Iterate:
    """A point of the central path, or near it.

    Attributes
    ----------
    values
        Of the variables; shape (variables,).
    duals
        Of the equations in the order of the layout; shape (K·T + border,).
    lower_prices, upper_prices
        Prices of the bounds; shapes (variables,).
    """

    values: np.ndarray
    duals: np.ndarray
    lower_prices: np.ndarray
    upper_prices: np.ndarray


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


@dataclass(frozen=True, eq=False)
class Bounds:
    """Bounds of the variables of one solve, none of them fixed.

    Attributes
    ----------
    lower, upper
        Shape (variables,).
    has_lower, has_upper
        1.0 where the bound is finite, else 0.0.
    """

    lower: np.ndarray
    upper: np.ndarray
    has_lower: np.ndarray
    has_upper: np.ndarray

    @classmethod
    def of(cls, lower: np.ndarray, upper: np.ndarray) -> Bounds:
        """Return bounds with their masks."""
        has_lower = np.isfinite(lower).astype(float)
        has_upper = np.isfinite(upper).astype(float)
        return cls(lower, upper, has_lower, has_upper)

    @property
    def count(self) -> float:
        """Number of finite bounds."""
        return float(self.has_lower.sum() + self.has_upper.sum())

    def room_below(self, values: np.ndarray) -> np.ndarray:
        """Return distances from the lower bounds, 1 where there is none."""
        return np.where(self.has_lower > 0, np.maximum(values - self.lower, SMALLEST_ROOM), 1.0)

    def room_above(self, values: np.ndarray) -> np.ndarray:
        """Return distances from the upper bounds, 1 where there is none."""
        return np.where(self.has_upper > 0, np.maximum(self.upper - values, SMALLEST_ROOM), 1.0)

    def middle(self) -> np.ndarray:
        """Return values in the middle of their bounds, or `WIDEST` / 2 from the only one."""
        below_upper = np.where(self.has_upper > 0, self.upper - WIDEST, 0.0)
        above_lower = np.where(self.has_lower > 0, self.lower + WIDEST, 0.0)
        lower = np.where(self.has_lower > 0, self.lower, below_upper)
        upper = np.where(self.has_upper > 0, self.upper, above_lower)
        return lower + (upper - lower) / 2


@dataclass(frozen=True, eq=False)
class Direction:
    """A step of values, duals and prices."""

    values: np.ndarray
    duals: np.ndarray
    lower_prices: np.ndarray
    upper_prices: np.ndarray

    def plus(self, other: Direction) -> Direction:
        """Return the sum of two directions."""
        return Direction(
            self.values + other.values,
            self.duals + other.duals,
            self.lower_prices + other.lower_prices,
            self.upper_prices + other.upper_prices,
        )


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
    ) -> None:
        self.equations = equations
        self.matrix = matrix
        self.transposed = matrix.T
        self.right = right
        self.cost = cost
        self.bounds = bounds
        self.iterate = start
        self.steps = 0
        self.last_length = 1.0
        self._measure()

    def _measure(self) -> None:
        """Set residuals, rooms and the complementarity of the present iterate."""
        at, bounds = self.iterate, self.bounds
        self.below = bounds.room_below(at.values)
        self.above = bounds.room_above(at.values)
        self.missed = self.right - self.matrix @ at.values
        reduced = self.cost - self.transposed @ at.duals
        self.dual_missed = reduced - at.lower_prices + at.upper_prices
        self.gap = float(self.below @ at.lower_prices + self.above @ at.upper_prices)
        self.mean_gap = self.gap / max(bounds.count, 1.0)

    def reached(self, tolerance: Tolerance) -> bool:
        """Return whether the present iterate is within a tolerance."""
        misses = _largest(self.missed)
        misses_dual = _largest(self.dual_missed)
        within = misses <= tolerance.residual and misses_dual <= tolerance.dual_residual
        cost = abs(float(self.cost @ self.iterate.values))
        return within and self.gap <= max(tolerance.gap, tolerance.relative_gap * cost)

    def distance(self, tolerance: Tolerance) -> float:
        """Return how far the present iterate is from a tolerance: gap and residuals as multiples of it, added."""
        misses = _largest(self.missed)
        misses_dual = _largest(self.dual_missed)
        cost = abs(float(self.cost @ self.iterate.values))
        gap = self.gap / max(tolerance.gap, tolerance.relative_gap * cost)
        return gap + misses / tolerance.residual + misses_dual / tolerance.dual_residual

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
                least, last_progress = distance, self.steps
            if self.steps - last_progress >= PATIENCE:
                raise StalledError(f"no optimum after {self.steps} steps")
            if time.perf_counter() > deadline:
                raise StalledError("no time left")
            length = self.advance()
            if length < SHORTEST or not np.isfinite(self.gap):
                raise StalledError(f"no progress at step {self.steps}")
        return self.iterate

    def advance(self) -> float:
        """Take one step; return the shorter of its primal and its dual length."""
        at, bounds = self.iterate, self.bounds
        slope = at.lower_prices / self.below + at.upper_prices / self.above
        slope = np.maximum(slope, PROXIMAL)
        slope[(bounds.has_lower + bounds.has_upper) == 0] = 1.0 / FREE_WEIGHT
        self.weights = 1.0 / slope
        self.equations.factor(self.weights)
        lower_products = self.below * at.lower_prices
        upper_products = self.above * at.upper_prices
        predictor = self._direction(-lower_products, -upper_products, self.missed, self.dual_missed)
        primal, dual = self._lengths(predictor)
        target = self._centring(predictor, primal, dual) * self.mean_gap
        if self.last_length < BLOCKED:
            target = self.mean_gap  # away from the bounds first
        corrector = self._direction(
            *self._second_order(predictor, target, lower_products, upper_products), self.missed, self.dual_missed
        )
        direction, primal, dual = self._centrality_corrected(corrector, target)
        self._move(direction, primal, dual)
        self.steps += 1
        self.last_length = min(primal, dual)
        return self.last_length

    def _direction(
        self, lower_target: np.ndarray, upper_target: np.ndarray, missed: np.ndarray, dual_missed: np.ndarray
    ) -> Direction:
        """Return Newton's direction for targets of the products of rooms and prices, and for residuals."""
        at, bounds = self.iterate, self.bounds
        push = bounds.has_lower * lower_target / self.below - bounds.has_upper * upper_target / self.above
        force = dual_missed - push
        right = missed + self.matrix @ (self.weights * force)
        duals = self._solved(right)
        reduced = self.transposed @ duals
        values = self.weights * (reduced - force)
        lower_prices = bounds.has_lower * (lower_target - at.lower_prices * values) / self.below
        upper_prices = bounds.has_upper * (upper_target + at.upper_prices * values) / self.above
        return Direction(values, duals, lower_prices, upper_prices)

    def _solved(self, right: np.ndarray) -> np.ndarray:
        """Return the solution of the normal equations, sharpened by conjugate gradients behind their factors.

        Near the optimum the weights differ by twenty orders of magnitude, and factors alone miss rows by hundredths.
        They are a preconditioner by which a few steps are enough (Golub and Van Loan, Matrix Computations, 2013,
        algorithm 11.5.1). The sharpest of the solutions is returned: residuals rise and fall on the way, and with the
        last one, as scipy's ``cg`` returns it, a 6-hourly year in five ended without a proof.
        """
        solution = self.equations.solve(right)
        missed = right - self._normal(solution)
        size = _largest(missed)
        sharpest, smallest = solution, size
        direction = np.zeros_like(right)
        earlier = inf
        for _ in range(MOST_SHARPENINGS):
            if size <= SOLVED:
                break
            preconditioned = self.equations.solve(missed)
            product = float(missed @ preconditioned)
            direction = preconditioned + product / earlier * direction
            pushed = self._normal(direction)
            curvature = float(direction @ pushed)
            if not (product > 0 and curvature > 0):  # as after an overflow
                break
            length = product / curvature
            solution = solution + length * direction
            missed = missed - length * pushed
            size = _largest(missed)
            if size < smallest:
                sharpest, smallest = solution, size
            earlier = product
        return sharpest

    def _normal(self, duals: np.ndarray) -> np.ndarray:
        """Return the normal matrix A·W·Aᵀ times duals."""
        return np.asarray(self.matrix @ (self.weights * (self.transposed @ duals)))

    def _second_order(
        self, predictor: Direction, target: float, lower_products: np.ndarray, upper_products: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the targets of products after the predictor's own second-order terms, bounded by the mean gap."""
        most = 1e3 * self.mean_gap
        lower_term = np.clip(predictor.values * predictor.lower_prices, -most, most)
        upper_term = np.clip(-predictor.values * predictor.upper_prices, -most, most)
        return target - lower_products - lower_term, target - upper_products - upper_term

    def _centring(self, predictor: Direction, primal: float, dual: float) -> float:
        at = self.iterate
        below = self.below + primal * predictor.values
        above = self.above - primal * predictor.values
        lower_prices = at.lower_prices + dual * predictor.lower_prices
        upper_prices = at.upper_prices + dual * predictor.upper_prices
        lower_gap = float((self.bounds.has_lower * below) @ lower_prices)
        upper_gap = float((self.bounds.has_upper * above) @ upper_prices)
        share = max(lower_gap + upper_gap, 0.0) / max(self.gap, 1e-300)
        return min(share, 1.0) ** 3

    def _centrality_corrected(self, direction: Direction, target: float) -> tuple[Direction, float, float]:
        """Return a direction with one correction towards the central path where that lengthens the step."""
        at, bounds = self.iterate, self.bounds
        primal, dual = self._lengths(direction)
        primal_trial = min(1.0, primal + MORE_STEP)
        dual_trial = min(1.0, dual + MORE_STEP)
        below = self.below + primal_trial * direction.values
        above = self.above - primal_trial * direction.values
        lower_product = below * (at.lower_prices + dual_trial * direction.lower_prices)
        upper_product = above * (at.upper_prices + dual_trial * direction.upper_prices)
        lower_change = bounds.has_lower * _towards_centre(lower_product, target)
        upper_change = bounds.has_upper * _towards_centre(upper_product, target)
        no_row, no_column = np.zeros_like(self.right), np.zeros_like(self.cost)
        corrected = direction.plus(self._direction(lower_change, upper_change, no_row, no_column))
        primal_corrected, dual_corrected = self._lengths(corrected)
        if primal_corrected >= 1.01 * primal or dual_corrected >= 1.01 * dual:
            return corrected, primal_corrected, dual_corrected
        return direction, primal, dual

    def _lengths(self, direction: Direction) -> tuple[float, float]:
        """Return how far values and prices may go until they are next to a bound, at most 1."""
        at, bounds = self.iterate, self.bounds
        below = bounds.has_lower * direction.values / self.below
        above = bounds.has_upper * direction.values / self.above
        primal = max(-below.min(initial=0.0), above.max(initial=0.0))
        lower = direction.lower_prices / np.where(bounds.has_lower > 0, at.lower_prices, 1.0)
        upper = direction.upper_prices / np.where(bounds.has_upper > 0, at.upper_prices, 1.0)
        dual = max(-lower.min(initial=0.0), -upper.min(initial=0.0))
        return min(1.0, STEP / max(primal, STEP)), min(1.0, STEP / max(dual, STEP))

    def _move(self, direction: Direction, primal: float, dual: float) -> None:
        at = self.iterate
        self.iterate = replace(
            at,
            values=at.values + primal * direction.values,
            duals=at.duals + dual * direction.duals,
            lower_prices=at.lower_prices + dual * direction.lower_prices,
            upper_prices=at.upper_prices + dual * direction.upper_prices,
        )
        self._measure()


def _largest(residual: np.ndarray) -> float:
    return float(np.abs(residual).max(initial=0.0))


def _towards_centre(product: np.ndarray, target: float) -> np.ndarray:
    """Return changes that bring products of rooms and prices near their target, each by ten times it at most."""
    too_small = product < CENTRED * target
    too_large = product > target / CENTRED
    change = np.where(too_small, CENTRED * target - product, np.where(too_large, target / CENTRED - product, 0.0))
    return np.maximum(change, -10 * target)


def centred_start(bounds: Bounds, cost: np.ndarray, equations: int) -> Iterate:
    """Return a start in the middle of the bounds, all products of rooms and prices equal to the mean share of the cost.

    Parameters
    ----------
    bounds, cost
        Of the variables.
    equations
        Number of equations.
    """
    values = bounds.middle()
    width = np.minimum(bounds.upper - bounds.lower, WIDEST)
    mean_gap = max(float(np.abs(cost) @ width) / max(bounds.count, 1.0), SMALLEST_START)
    lower_prices = bounds.has_lower * mean_gap / bounds.room_below(values)
    upper_prices = bounds.has_upper * mean_gap / bounds.room_above(values)
    return Iterate(values, np.zeros(equations), lower_prices, upper_prices)
