"""Lower or upper bounds of all variables beside an iterate of an interior point: rooms, prices, and how both change.

One set of formulas serves both sides, since both numbers have a sign. A room is value less bound, and a price is the
share that the bound has of the variable's reduced cost: both are positive at a lower bound and negative at an upper
one. Their product is the complementarity gap of the bound, and a step changes rooms as it changes values. Where there
is no bound the price and the inverse of the room are zero, and nothing is added.

The formulas are those of Wright, *Primal-Dual Interior-Point Methods*, 1997, chapter 10. Arrays are kept and changed in
place: of an hourly year each has two million numbers, and reading and writing them is what takes the time.
"""

from __future__ import annotations

import numpy as np

SMALLEST_ROOM = 1e-13  # distance from a bound that rounding may have made zero
PIECE = 32_768  # variables whose numbers stay in a processor's cache from one operation to the next
CENTRED = 0.1  # a product of room and price below this share of the target, or above its inverse, is corrected


class BoundSide:
    """The lower or the upper bounds of all variables.

    Parameters
    ----------
    bound
        Infinite where there is none; shape (variables,).
    prices
        Prices to begin with, zero where there is no bound; shape (variables,). They are changed in place.

    Attributes
    ----------
    rooms
        Values less bounds, 1 where there is none; shape (variables,).
    gap
        Complementarity gap: the sum of rooms times prices.
    price_step
        What a whole step adds to the prices, once `turn` has set it; shape (variables,).
    """

    def __init__(self, bound: np.ndarray, prices: np.ndarray) -> None:
        self.bound = bound
        self.prices = prices
        self.rooms = np.empty_like(prices)
        self.price_step = np.empty_like(prices)
        self._missing = np.flatnonzero(np.isinf(bound))
        self._inverse = np.empty_like(prices)
        self._pull = np.empty_like(prices)
        self._pieces = [slice(begin, begin + PIECE) for begin in range(0, len(prices), PIECE)]

    def measure(self, values: np.ndarray, is_lower: bool) -> None:
        """Set rooms and gap at values of the variables."""
        for piece in self._pieces:
            rooms = np.subtract(values[piece], self.bound[piece], out=self.rooms[piece])
            if is_lower:
                np.maximum(rooms, SMALLEST_ROOM, out=rooms)
            else:
                np.minimum(rooms, -SMALLEST_ROOM, out=rooms)
            np.divide(1.0, rooms, out=self._inverse[piece])  # of an infinite room zero
        self.rooms[self._missing] = 1.0
        self.gap = float(self.rooms @ self.prices)

    def slopes(self) -> np.ndarray:
        """Return prices over rooms, how fast a price rises as its room shrinks; shape (variables,), read at once."""
        np.multiply(self.prices, self._inverse, out=self._pull)
        return self._pull

    def predict(self, step: np.ndarray) -> tuple[float, float]:
        """Take the predictor's step, by which prices head for zero; return the shares used of rooms and of prices.

        Where the step uses a share s of a room q·(s − 1) is added to its price q.
        """
        least = most = 0.0
        self._drift = 0.0
        self._curvature = 0.0
        for piece in self._pieces:
            left = np.multiply(step[piece], self._inverse[piece], out=self.price_step[piece])
            least = min(least, float(left.min()))
            most = max(most, float(left.max()))
            drift = np.multiply(self.prices[piece], step[piece], out=self._pull[piece])
            self._drift += float(drift.sum())
            left += 1.0
            drift *= left  # the step times what it takes off the price
            self._curvature += float(drift.sum())
        return -least, 1.0 + most

    def gap_after(self, primal: float, dual: float) -> float:
        """Return the gap after the predictor's step of a primal and a dual length."""
        of_rooms_or_prices = (1.0 - dual) * self.gap + (primal - dual) * self._drift
        return of_rooms_or_prices - primal * dual * self._curvature

    def aim(self, target: float, most: float) -> np.ndarray:
        """Return the pull of prices by which products of rooms and prices get to a target; shape (variables,).

        What the predictor's steps of both would add to the product is taken off, up to a most. The array is kept for
        `turn`.
        """
        for piece in self._pieces:
            pull = self._pull[piece]
            np.clip(pull, -most, most, out=pull)
            pull += target
            pull *= self._inverse[piece]
            pull -= self.prices[piece]
        return self._pull

    def aim_at_centre(self, step: np.ndarray, primal: float, dual: float, target: float) -> np.ndarray:
        """Return the pull of prices by which products come near a target after a step; shape (variables,).

        Each product is changed by ten times the target at most (Gondzio 1996). The array is kept for `turn`.

        Parameters
        ----------
        step
            Of the values; that of the prices is `price_step`.
        primal, dual
            Lengths of both.
        target
            Product of a room and its price.
        """
        product = self.prices + dual * self.price_step
        product *= self.rooms + primal * step
        change = np.clip(product, CENTRED * target, target / CENTRED)
        change -= product
        np.maximum(change, -10 * target, out=change)
        np.multiply(change, self._inverse, out=self._pull)
        return self._pull

    def turn(self, step: np.ndarray) -> float:
        """Set the step of the prices that belongs to a step and to the pull; return the share of rooms used."""
        least = 0.0
        for piece in self._pieces:
            along = np.multiply(step[piece], self._inverse[piece], out=self.price_step[piece])
            least = min(least, float(along.min()))
            along *= self.prices[piece]
            np.subtract(self._pull[piece], along, out=along)
        return -least

    def room_used(self, step: np.ndarray) -> float:
        """Return the largest share of a room that a whole step of the values uses."""
        shares = step * self._inverse
        return -float(shares.min(initial=0.0))

    def price_used(self) -> float:
        """Return the largest share of a price that a whole step takes."""
        with np.errstate(invalid="ignore"):  # zero over zero where there is no bound
            shares = np.divide(self.price_step, self.prices, out=self._pull)
        shares[self._missing] = 0.0
        return -float(shares.min(initial=0.0))

    def holds(self) -> np.ndarray:
        """Return whether a variable is at its bound: of a room and its price the smaller is zero at the optimum."""
        is_held: np.ndarray = np.abs(self.prices) > np.abs(self.rooms)
        return is_held
