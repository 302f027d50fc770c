"""The value function of a node: the largest of its cuts, and which of them are worth keeping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

STATES_KEPT = 1000
"""Trial states by which cuts are judged; older ones are forgotten, so that neither cuts nor states grow for ever."""
TIE = 1e-10
"""Share of its size by which a cut must be higher to displace an older one."""


@dataclass(frozen=True, eq=False)
class Cuts:
    """Lower bounds of the cost to go that are linear in the outgoing state: intercept + slope·state.

    Attributes
    ----------
    intercepts
        Shape (cuts,).
    slopes
        Shape (cuts, states); with a negative sign the worth of one more unit of a state.
    """

    intercepts: np.ndarray
    slopes: np.ndarray

    @classmethod
    def none(cls, states: int) -> Cuts:
        """Return no cut at all."""
        return cls(np.zeros(0), np.zeros((0, states)))

    def at(self, states: np.ndarray) -> np.ndarray:
        """Return the value of every cut at some states; shape (points, cuts)."""
        # without BLAS, whose last bits depend on its threads
        return np.asarray(self.intercepts + np.einsum("pd,kd->pk", states, self.slopes))

    def some(self, positions: Sequence[int]) -> Cuts:
        """Return the cuts at some positions."""
        chosen = list(positions)
        return Cuts(self.intercepts[chosen], self.slopes[chosen])

    def same(self, other: Cuts) -> bool:
        """Return whether both have the same numbers."""
        return np.array_equal(self.intercepts, other.intercepts) and np.array_equal(self.slopes, other.slopes)


@dataclass(frozen=True, eq=False)
class ValueFunction:
    """A convex lower bound of the cost that follows a node, as a function of the state that leaves it.

    Attributes
    ----------
    bound
        Lower bound that holds everywhere.
    cuts
        Those that are the highest one at some trial state.
    trial_states
        The last states at which cuts were made; shape (points, states).
    best_value, best_cut
        The highest cut at each of them, and its position in ``cuts``; shape (points,).
    """

    bound: float
    cuts: Cuts
    trial_states: np.ndarray
    best_value: np.ndarray
    best_cut: np.ndarray

    @classmethod
    def flat(
        cls,
        bound: float,
        states: int,
    ) -> ValueFunction:
        """Return the value function of which nothing but a bound is known."""
        return cls(
            bound=bound,
            cuts=Cuts.none(states),
            trial_states=np.zeros((0, states)),
            best_value=np.zeros(0),
            best_cut=np.zeros(0, dtype=int),
        )

    def at(self, states: np.ndarray) -> np.ndarray:
        """Return the value at some states; shape (points, states) → (points,).

        Examples
        --------
        >>> water = ValueFunction.flat(0.0, 1).extended(Cuts(np.array([90.0]), np.array([[-2.0]])), np.array([[10.0]]))
        >>> water.at(np.array([[10.0], [60.0]])).tolist()
        [70.0, 0.0]
        """
        if not len(self.cuts.intercepts):
            return np.full(len(states), self.bound)
        highest = self.cuts.at(states).max(axis=1)
        return np.asarray(np.maximum(highest, self.bound))

    def extended(
        self,
        cuts: Cuts,
        trial_states: np.ndarray,
        kept: int = STATES_KEPT,
    ) -> ValueFunction:
        """Return the value function with more cuts, without those that are nowhere the highest.

        Level-1 dominance (de Matos, Philpott and Finardi 2015, doi 10.1016/j.cam.2015.04.048): a cut stays while it is
        the highest one at some trial state. Of two as high the older one stays.

        Parameters
        ----------
        cuts
            New cuts.
        trial_states
            States at which they were made; shape (points, states).
        kept
            How many of the last trial states judge.
        """
        pool = Cuts(
            np.concatenate([self.cuts.intercepts, cuts.intercepts]), np.concatenate([self.cuts.slopes, cuts.slopes])
        )
        points = np.concatenate([self.trial_states, trial_states])[-kept:]
        known = self.best_value[max(len(self.best_value) + len(trial_states) - kept, 0) :]
        best_known = self.best_cut[len(self.best_cut) - len(known) :]
        old_points, new_points = points[: len(known)], points[len(known) :]
        value_of_new = cuts.at(old_points)
        old_value, old_cut = _displaced(
            known,
            best_known,
            value_of_new,
            len(self.cuts.intercepts),
        )
        new_value, new_cut = _highest(pool.at(new_points))
        best_value = np.concatenate([old_value, new_value])
        best_cut = np.concatenate([old_cut, new_cut])
        used, position = np.unique(best_cut, return_inverse=True)
        selected = Cuts(pool.intercepts[used], pool.slopes[used])
        return ValueFunction(
            bound=self.bound,
            cuts=selected,
            trial_states=points,
            best_value=best_value,
            best_cut=position,
        )


def _displaced(
    best_value: np.ndarray,
    best_cut: np.ndarray,
    values: np.ndarray,
    offset: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return value and position of the highest cut at each point when more cuts stand beside the best ones so far."""
    if not values.size:
        return best_value, best_cut
    value, challenger = _highest(values)
    margin = TIE * np.maximum(np.abs(best_value), 1.0)
    higher = value > best_value + margin
    return np.where(higher, value, best_value), np.where(higher, offset + challenger, best_cut)


def _highest(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the highest value of each row and the first column that reaches it, up to a tie."""
    if not values.size:
        return np.zeros(len(values)), np.zeros(len(values), dtype=int)
    highest = values.max(axis=1)
    margin = TIE * np.maximum(np.abs(highest), 1.0)
    first = np.argmax(values >= (highest - margin)[:, None], axis=1)
    return values[np.arange(len(values)), first], first
