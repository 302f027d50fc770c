"""Sequential optimum by an interior point: services in their order, each on the optimal face of those before it.

An interior point ends in the analytic centre of the optimal face, where of a bound's room and its price exactly one is
positive (Goldman and Tucker, 1956). So it shows the whole face: variables at a priced bound stay there, and no later
service can undo an earlier one; all others keep their room, and the next service starts from the centre of the face.
What each service could still gain is then bounded by weak duality over the *complete* program, from the duals of all
stages together: a proof that does not trust the faces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from scipy import sparse

from energy.solve.interior_point.mehrotra import (
    Bounds,
    CentralPath,
    Iterate,
    StalledError,
    Tolerance,
    centred_start,
)
from energy.solve.interior_point.normal_equations import NormalEquations
from energy.solve.interior_point.standard_form import StandardForm

NEARLY = 1.0  # MWh of a gap with which a stage that stalls is good enough: the proof judges the answer
FIXED = 1e-12  # share of its size by which the bounds of a fixed variable differ at most
FARTHEST = 1e6  # MW, hm³/h, hm³ or MWh that a variable without a bound is taken to move at most
MULTIPLIERS = (0.0, *(4.0**power for power in range(-2, 12)))  # of the stages before, in the proof of one
PROVED = 1e-3  # MWh below which no better multiplier is sought
POLISHES = 4  # projections onto the equations


@dataclass(frozen=True, eq=False)
class Stage:
    """What a service costs the variables, in MWh, and how near the optimum has to be."""

    service: str
    cost: np.ndarray
    gap: float
    relative_gap: float = 0.0


@dataclass(frozen=True, eq=False)
class SequentialOptimum:
    """The sequential optimum.

    Attributes
    ----------
    variables
        Of the standard form; shape (variables,).
    duals
        Service → duals of the equations of the standard form at its optimum; shape (equations,).
    gains
        Service → what it could still gain at most without loss to one before it, in the unit of its cost.
    steps
        Interior point steps of all services.
    """

    variables: np.ndarray
    duals: dict[str, np.ndarray]
    gains: dict[str, float]
    steps: int


class SequentialSolver:
    """Optimises stages one after the other on a staged program.

    Parameters
    ----------
    form
        The program.
    equations
        Normal equations of its layout.
    deadline
        Reading of `time.perf_counter` after which it gives up [s].
    """

    def __init__(self, form: StandardForm, equations: NormalEquations, deadline: float = inf) -> None:
        self.deadline = deadline
        self.form = form
        self.equations = equations
        self.layout = equations.layout
        self.right = self.layout.ordered(form.right)
        is_bounded = np.isfinite(form.lower) & np.isfinite(form.upper)
        size = np.maximum(1.0, np.where(is_bounded, np.abs(form.lower), 1.0))
        self.is_free = ~is_bounded | (form.upper - form.lower > FIXED * size)
        self.values = np.where(self.is_free, 0.0, form.lower)
        self.steps = 0
        self._begun = False

    def optimise(self, stages: Sequence[Stage]) -> SequentialOptimum:
        """Return the sequential optimum of the stages, first served first.

        Raises
        ------
        StalledError
            When a stage has no optimum that the interior point gets to.
        """
        ordered_duals = {}
        for stage in stages:
            last = stage is stages[-1]
            ordered_duals[stage.service] = self._optimise(stage, fixes=not last)
        self._polish()
        gains = self._gains(stages, ordered_duals)
        duals = {service: values[self.layout.place] for service, values in ordered_duals.items()}
        return SequentialOptimum(self.values, duals, gains, self.steps)

    def _optimise(self, stage: Stage, fixes: bool) -> np.ndarray:
        """Optimise one stage on the face of those before it; return its duals in the order of the layout."""
        free = np.flatnonzero(self.is_free)
        matrix = self.layout.matrix[:, free]
        bounds = Bounds.of(self.form.lower[free], self.form.upper[free])
        cost = stage.cost[free]
        right = self.right - self.layout.matrix @ np.where(self.is_free, 0.0, self.values)
        self.equations.restrict(free)
        if self._begun:
            start, possible = self._start_on_face(matrix, bounds, cost)
            if possible <= stage.gap:
                return start.duals  # the face leaves nothing to gain
        else:
            start = centred_start(bounds, cost, len(right))
        self._begun = True
        path = CentralPath(self.equations, matrix, right=right, cost=cost, bounds=bounds, start=start)
        try:
            with np.errstate(all="ignore"):  # what overflows is no progress
                path.follow(Tolerance(stage.gap, stage.relative_gap), self.deadline)
        except StalledError:
            if not path.reached(Tolerance(NEARLY, stage.relative_gap, residual=1e-4, dual_residual=1e-4)):
                raise
        self.steps += path.steps
        self._take(path, free, fixes)
        return path.iterate.duals

    def _start_on_face(self, matrix: sparse.csc_matrix, bounds: Bounds, cost: np.ndarray) -> tuple[Iterate, float]:
        """Return a start from the centre of the present face, and what the stage can gain on it at most.

        The duals are the least squares ones of the affine scaling method: weights are squares of the rooms.
        """
        values = self.values[self.is_free]
        below, above = bounds.room_below(values), bounds.room_above(values)
        lower_room = np.where(bounds.has_lower > 0, below, FARTHEST)
        upper_room = np.where(bounds.has_upper > 0, above, FARTHEST)
        weights = np.minimum(lower_room, upper_room) ** 2
        self.equations.factor(weights)
        duals = self.equations.solve(matrix @ (weights * cost))
        reduced = cost - matrix.T @ duals
        duals = duals + self.equations.solve(matrix @ (weights * reduced))
        reduced = cost - matrix.T @ duals
        possible = _largest_gain(reduced, lower_room, upper_room)
        mean_gap = possible / max(bounds.count, 1.0)
        start = Iterate(values, duals, bounds.has_lower * mean_gap / below, bounds.has_upper * mean_gap / above)
        return start, possible

    def _take(self, path: CentralPath, free: np.ndarray, fixes: bool) -> None:
        """Take a stage's point; what its prices hold at a bound stays where it is, within a hair of the bound."""
        at = path.iterate
        self.values[free] = at.values
        if not fixes:
            return
        at_lower = (path.bounds.has_lower > 0) & (at.lower_prices > path.below)
        at_upper = (path.bounds.has_upper > 0) & (at.upper_prices > path.above)
        self.is_free[free[at_lower | at_upper]] = False

    def _polish(self) -> None:
        """Project the values onto the equations, each moved in proportion to its room."""
        free = np.flatnonzero(self.is_free)
        matrix = self.layout.matrix[:, free]
        lower, upper = self.form.lower[free], self.form.upper[free]
        room = np.minimum(self.values[free] - lower, upper - self.values[free])
        weights = np.clip(room, 0.0, FARTHEST)
        self.equations.restrict(free)
        self.equations.factor(weights)
        for _ in range(POLISHES):
            missed = self.right - self.layout.matrix @ self.values
            change = weights * (matrix.T @ self.equations.solve(missed))
            self.values[free] = np.clip(self.values[free] + change, lower, upper)

    def _gains(self, stages: Sequence[Stage], duals: dict[str, np.ndarray]) -> dict[str, float]:
        """Return what each stage could still gain without loss to one before it, proved by weak duality.

        A point x' that is no worse for the stages before, c_j·x' ≤ c_j·x, gains c_k·(x − x'), and that is at most
        (c_k + Σ λ_j c_j)·(x − x') for any λ ≥ 0. Both keep A·x = b, so it is D·(x − x') with the reduced costs D of
        this sum of costs at any duals, and no more than each variable's largest share of it between its bounds. What
        the equations are missed by counts at its price.
        """
        below = np.clip(self.values - self.form.lower, 0.0, FARTHEST)
        above = np.clip(self.form.upper - self.values, 0.0, FARTHEST)
        missed = np.abs(self.right - self.layout.matrix @ self.values)
        reduced_before = np.zeros(len(self.values))
        prices_before = np.zeros(len(missed))
        gains = {}
        for stage in stages:
            prices = duals[stage.service]
            reduced = stage.cost - self.layout.matrix.T @ prices
            least, multiplier = np.inf, 0.0
            for trial in MULTIPLIERS:
                gain = _largest_gain(reduced + trial * reduced_before, below, above)
                gain += float(np.abs(prices + trial * prices_before) @ missed)
                if gain < least:
                    least, multiplier = gain, trial
                if least <= PROVED:
                    break
            gains[stage.service] = least
            reduced_before = reduced + (1.0 + multiplier) * reduced_before
            prices_before = prices + (1.0 + multiplier) * prices_before
        return gains


def _largest_gain(reduced: np.ndarray, below: np.ndarray, above: np.ndarray) -> float:
    """Return by how much a cost could fall at most if each variable moved through its room."""
    return float(np.maximum(reduced * below, -reduced * above).sum())
