"""Iterates of an interior point: bounds with the room beside them, and where to start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from energy.solve.interior_point.bound_side import SMALLEST_ROOM

SMALLEST_START = 10.0  # product of rooms and prices at the start, in the unit of the cost, at least
WIDEST = 1e4  # a variable without an upper bound starts as if it had one so far away


@dataclass(frozen=True, eq=False)
class Bounds:
    """Bounds of the variables of one solve, none of them fixed.

    Attributes
    ----------
    lower, upper
        Shape (variables,).
    has_lower, has_upper
        Whether the bound is finite.
    """

    lower: np.ndarray
    upper: np.ndarray
    has_lower: np.ndarray
    has_upper: np.ndarray

    @classmethod
    def of(cls, lower: np.ndarray, upper: np.ndarray) -> Bounds:
        """Return bounds with their masks."""
        return cls(lower, upper, np.isfinite(lower), np.isfinite(upper))

    @property
    def count(self) -> float:
        """Number of finite bounds."""
        return float(self.has_lower.sum()) + float(self.has_upper.sum())

    def room_below(self, values: np.ndarray) -> np.ndarray:
        """Return distances from the lower bounds, 1 where there is none."""
        distance = np.maximum(values - self.lower, SMALLEST_ROOM)
        return np.where(self.has_lower, distance, 1.0)

    def room_above(self, values: np.ndarray) -> np.ndarray:
        """Return distances from the upper bounds, 1 where there is none."""
        distance = np.maximum(self.upper - values, SMALLEST_ROOM)
        return np.where(self.has_upper, distance, 1.0)

    def middle(self) -> np.ndarray:
        """Return values in the middle of their bounds, or `WIDEST` / 2 from the only one."""
        below_upper = np.where(self.has_upper, self.upper - WIDEST, 0.0)
        above_lower = np.where(self.has_lower, self.lower + WIDEST, 0.0)
        lower = np.where(self.has_lower, self.lower, below_upper)
        upper = np.where(self.has_upper, self.upper, above_lower)
        return lower + (upper - lower) / 2


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
        Prices of the bounds, positive of lower and negative of upper ones: they add up to the reduced costs at the
        optimum; shapes (variables,).
    """

    values: np.ndarray
    duals: np.ndarray
    lower_prices: np.ndarray
    upper_prices: np.ndarray


def centred_start(
    bounds: Bounds,
    cost: np.ndarray,
    equations: int,
) -> Iterate:
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
    whole_cost = float(np.abs(cost) @ width)
    share_of_a_bound = whole_cost / max(bounds.count, 1.0)
    mean_gap = max(share_of_a_bound, SMALLEST_START)
    return Iterate(
        values=values,
        duals=np.zeros(equations),
        lower_prices=bounds.has_lower * mean_gap / bounds.room_below(values),
        upper_prices=bounds.has_upper * -mean_gap / bounds.room_above(values),
    )
