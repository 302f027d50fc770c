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

from energy.solve.interior_point.iterate import Bounds, Direction, Iterate
from energy.solve.interior_point.normal_equations import NormalEquations

STEP = 0.995  # share of the way to the nearest bound
PATIENCE = 20  # steps without half the distance to the tolerance, after which it has stalled
BLOCKED = 0.1  # a step below this share was stopped by a bound that is too near
SHORTEST = 1e-6  # two steps in a row below this share are no progress
FREE_WEIGHT = 1e6  # weight of a variable without bounds in the normal equations
PROXIMAL = 1e-14  # least slope of a variable: no weight in the normal equations exceeds its inverse
CENTRED = 0.1  # a product of slack and reduced cost below this share of the mean, or above its inverse, is corrected
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
        self.bounds = bounds
        self.iterate = start
        self.is_careful = is_careful
        self.steps = 0
        self.last_length = 1.0
        self._measure()

    def _measure(self) -> None:
        """Set the rooms, residuals and complementarity gap of the present iterate."""
        at = self.iterate
        self.below = self.bounds.room_below(at.values)
        self.above = self.bounds.room_above(at.values)
        self.missed = self.right - self.matrix @ at.values
        dual_missed = np.asarray(self.transposed @ at.duals)
        np.subtract(self.cost, dual_missed, out=dual_missed)
        dual_missed -= at.lower_prices
        dual_missed += at.upper_prices
        self.dual_missed = dual_missed
        lower_gap = self.below @ at.lower_prices
        upper_gap = self.above @ at.upper_prices
        self.gap = float(lower_gap + upper_gap)
        self.mean_gap = self.gap / max(self.bounds.count, 1.0)

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
        direction, target = self._corrector()
        if self.is_careful:
            direction, primal, dual = self._centrality_corrected(direction, target)
        else:
            primal, dual = self._lengths(direction)
        self._move(direction, primal, dual)
        self.steps += 1
        self.last_length = min(primal, dual)
        return self.last_length

    def _corrector(self) -> tuple[Direction, float]:
        """Return Mehrotra's corrector, and the product of rooms and prices that it aims at."""
        at = self.iterate
        predictor = self._direction(
            -(self.below * at.lower_prices),
            -(self.above * at.upper_prices),
            self.missed,
            self.dual_missed,
            sharpens=self.is_careful,  # it only says where to aim
        )
        target = self._centring(predictor) * self.mean_gap
        if self.last_length < BLOCKED:
            target = self.mean_gap  # away from the bounds first
        # in place, and one bound after the other: of an hourly year each vector has two million numbers
        lower_target = target - self.below * at.lower_prices
        lower_target -= self._second_order(predictor.values, predictor.lower_prices)
        upper_target = target - self.above * at.upper_prices
        upper_target -= self._second_order(-predictor.values, predictor.upper_prices)
        del predictor
        return self._direction(lower_target, upper_target, self.missed, self.dual_missed), target

    def _weigh(self) -> None:
        """Set the weights of the variables in the normal equations: the inverse of prices over rooms."""
        at = self.iterate
        is_bounded = self.bounds.has_lower | self.bounds.has_upper
        slope = at.lower_prices / self.below + at.upper_prices / self.above
        slope = np.maximum(slope, PROXIMAL)
        slope[~is_bounded] = 1.0 / FREE_WEIGHT
        self.weights = 1.0 / slope

    def _direction(
        self,
        lower_target: np.ndarray,
        upper_target: np.ndarray,
        missed: np.ndarray | float,
        dual_missed: np.ndarray | float,
        sharpens: bool = True,
    ) -> Direction:
        """Return Newton's direction for targets of the products of rooms and prices, and for residuals.

        Vectors are changed in place: of an hourly year each has two million numbers.
        """
        at = self.iterate
        force = self._force(lower_target, upper_target, dual_missed)
        right = missed + self.matrix @ (self.weights * force)
        duals = self.equations.solve(right)
        if sharpens:
            duals = self.equations.sharpened(duals, right, self._normal)

        values = np.asarray(self.transposed @ duals)
        values -= force
        values *= self.weights
        del force

        lower_prices = at.lower_prices * values
        np.subtract(lower_target, lower_prices, out=lower_prices)
        lower_prices *= self.bounds.has_lower
        lower_prices /= self.below

        upper_prices = at.upper_prices * values
        upper_prices += upper_target
        upper_prices *= self.bounds.has_upper
        upper_prices /= self.above
        return Direction(values, duals, lower_prices, upper_prices)

    def _force(
        self,
        lower_target: np.ndarray,
        upper_target: np.ndarray,
        dual_missed: np.ndarray | float,
    ) -> np.ndarray:
        """Return what drives the variables: residuals of their reduced costs, less the push of their bounds."""
        lower_push: np.ndarray = self.bounds.has_lower * lower_target
        lower_push /= self.below
        upper_push = self.bounds.has_upper * upper_target
        upper_push /= self.above
        lower_push -= upper_push
        np.subtract(dual_missed, lower_push, out=lower_push)
        return lower_push

    def _normal(self, duals: np.ndarray) -> np.ndarray:
        """Return the normal matrix A·W·Aᵀ times duals."""
        weighted = np.asarray(self.transposed @ duals)
        weighted *= self.weights
        return np.asarray(self.matrix @ weighted)

    def _second_order(self, rooms: np.ndarray, prices: np.ndarray) -> np.ndarray:
        """Return what changes of rooms and prices would add to their products, bounded by the mean gap."""
        most = 1e3 * self.mean_gap
        term: np.ndarray = rooms * prices
        np.clip(term, -most, most, out=term)
        return term

    def _centring(self, predictor: Direction) -> float:
        """Return the share of the mean gap to aim at: the third power of what the predictor leaves of the gap."""
        primal, dual = self._lengths(predictor)
        lower_gap = _gap(self.bounds.has_lower, *self._lower_after(predictor, primal, dual))
        upper_gap = _gap(self.bounds.has_upper, *self._upper_after(predictor, primal, dual))
        gap_left = max(lower_gap + upper_gap, 0.0)
        share = gap_left / max(self.gap, 1e-300)
        return min(share, 1.0) ** 3

    def _lower_after(self, direction: Direction, primal: float, dual: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the rooms below and the prices of lower bounds after a step of some lengths; shapes (variables,)."""
        room = self.below + primal * direction.values
        price = self.iterate.lower_prices + dual * direction.lower_prices
        return room, price

    def _upper_after(self, direction: Direction, primal: float, dual: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the rooms above and the prices of upper bounds after a step of some lengths; shapes (variables,)."""
        room = self.above - primal * direction.values
        price = self.iterate.upper_prices + dual * direction.upper_prices
        return room, price

    def _centrality_corrected(
        self,
        direction: Direction,
        target: float,
    ) -> tuple[Direction, float, float]:
        """Return a direction and its lengths, with one correction towards the central path where it lengthens them."""
        primal, dual = self._lengths(direction)
        primal_trial = min(1.0, primal + MORE_STEP)
        dual_trial = min(1.0, dual + MORE_STEP)
        lower_change, upper_change = self._changes_towards_centre(direction, primal_trial, dual_trial, target)
        corrected = self._direction(lower_change, upper_change, missed=0.0, dual_missed=0.0)
        del lower_change, upper_change
        corrected.add(direction)
        primal_corrected, dual_corrected = self._lengths(corrected)
        is_longer = primal_corrected >= 1.01 * primal or dual_corrected >= 1.01 * dual
        if is_longer:
            return corrected, primal_corrected, dual_corrected
        return direction, primal, dual

    def _changes_towards_centre(
        self,
        direction: Direction,
        primal: float,
        dual: float,
        target: float,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return by how much the products of rooms and prices should change after a step of some lengths."""
        room, price = self._lower_after(direction, primal, dual)
        lower_change = _towards_centre(room * price, target)
        room, price = self._upper_after(direction, primal, dual)
        upper_change = _towards_centre(room * price, target)
        lower_change *= self.bounds.has_lower
        upper_change *= self.bounds.has_upper
        return lower_change, upper_change

    def _lengths(self, direction: Direction) -> tuple[float, float]:
        """Return how far values and prices may go until they are next to a bound, at most 1."""
        at = self.iterate
        has_lower = self.bounds.has_lower
        has_upper = self.bounds.has_upper
        down = float((has_lower * direction.values / self.below).min(initial=0.0))
        up = float((has_upper * direction.values / self.above).max(initial=0.0))
        lower = float((direction.lower_prices / np.where(has_lower, at.lower_prices, 1.0)).min(initial=0.0))
        upper = float((direction.upper_prices / np.where(has_upper, at.upper_prices, 1.0)).min(initial=0.0))
        most_of_room = max(-down, up)
        most_of_price = max(-lower, -upper)
        primal = STEP / max(most_of_room, STEP)
        dual = STEP / max(most_of_price, STEP)
        return min(1.0, primal), min(1.0, dual)

    def _move(
        self,
        direction: Direction,
        primal: float,
        dual: float,
    ) -> None:
        """Go along a direction, values by the primal length, duals and prices by the dual one."""
        self.iterate.move(direction, primal, dual)
        self._measure()


def _largest(residual: np.ndarray) -> float:
    """Return the largest size of a residual; 0 where there is none."""
    return float(np.abs(residual).max(initial=0.0))


def _gap(has_bound: np.ndarray, rooms: np.ndarray, prices: np.ndarray) -> float:
    """Return the complementarity gap of the bounds that there are."""
    return float((has_bound * rooms) @ prices)


def _towards_centre(product: np.ndarray, target: float) -> np.ndarray:
    """Return changes that bring products of rooms and prices near their target, each by ten times it at most."""
    change: np.ndarray = np.clip(product, CENTRED * target, target / CENTRED)
    change -= product
    np.maximum(change, -10 * target, out=change)
    return change
