"""Sequential optimum by an interior point: services in their order, each on the optimal face of those before it.

An interior point ends in the analytic centre of the optimal face, where of a bound's room and its price exactly one is
positive (Goldman and Tucker, 1956). So it shows the whole face: variables at a priced bound stay there, and no later
service can undo an earlier one; all others keep their room, and the next service starts from the centre of the face.
What each service could still gain is then bounded by weak duality over the *complete* program, from the duals of all
stages together: a proof that does not trust the faces.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from scipy import sparse

from energy.solve.interior_point.iterate import Bounds, Iterate, centred_start
from energy.solve.interior_point.mehrotra import CentralPath, StalledError, Tolerance
from energy.solve.interior_point.normal_equations import NormalEquations
from energy.solve.interior_point.standard_form import StandardForm
from energy.solve.priority import ServiceCost

NEARLY = 1.0  # MWh of a gap with which a stage that stalls is good enough: the proof judges the answer
FIXED = 1e-12  # share of its size by which the bounds of a fixed variable differ at most
FARTHEST = 1e6  # MW, hm³/h, hm³ or MWh that a variable without a bound is taken to move at most
MULTIPLIERS = (0.0, *(1.5**power for power in range(-7, 42)))  # of the stages before, in the proof of one
PROVED = 1e-3  # MWh below which no better multiplier is sought
POLISHES = 4  # projections onto the equations


@dataclass(frozen=True, eq=False)
class Stage:
    """What a service costs the variables of the standard form, and how near the optimum has to be [MWh]."""

    level: ServiceCost
    gap: float
    relative_gap: float = 0.0

    @property
    def service(self) -> str:
        """Its name."""
        return self.level.service


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


@dataclass(frozen=True, eq=False)
class OptimalFace:
    """What the first services of an order leave free, and a point in the centre of it.

    Attributes
    ----------
    values
        Of the variables; shape (variables,).
    is_free
        Variables that a service behind may still move; shape (variables,).
    duals
        Service → duals of the equations at its optimum, in the order of the layout; shape (K·T + border,).
    """

    values: np.ndarray
    is_free: np.ndarray
    duals: Mapping[str, np.ndarray]


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
    is_careful
        Whether steps are taken carefully, as of `CentralPath`.

    Attributes
    ----------
    face
        What the services before a named one leave free, once `optimise` has come so far.
    """

    def __init__(
        self,
        form: StandardForm,
        equations: NormalEquations,
        deadline: float = inf,
        is_careful: bool = False,
    ) -> None:
        self.deadline = deadline
        self.is_careful = is_careful
        self.form = form
        self.equations = equations
        self.layout = equations.layout
        self.right = self.layout.ordered(form.right)
        is_bounded = np.isfinite(form.lower) & np.isfinite(form.upper)
        size = np.where(is_bounded, np.abs(form.lower), 1.0)
        size = np.maximum(1.0, size)
        is_wide = form.upper - form.lower > FIXED * size
        self.is_free = ~is_bounded | is_wide
        self.values = np.where(self.is_free, 0.0, form.lower)
        self.steps = 0
        self.face: OptimalFace | None = None
        self._begun = False

    def optimise(
        self,
        stages: Sequence[Stage],
        begun: OptimalFace | None = None,
        keep_before: str = "",
    ) -> SequentialOptimum:
        """Return the sequential optimum of the stages, first served first.

        Parameters
        ----------
        stages
            Services in their order, and costs behind them.
        begun
            Face of the first of these services, where it is known of another order that begins with the same ones.
        keep_before
            Service before which the face is kept as `face`.

        Raises
        ------
        StalledError
            When a stage has no optimum that the interior point gets to.
        """
        ordered_duals: dict[str, np.ndarray] = {}
        if begun is not None:
            self.values = begun.values.copy()
            self.is_free = begun.is_free.copy()
            ordered_duals.update(begun.duals)
            self._begun = True
        for stage in stages[len(ordered_duals) :]:
            if stage.service == keep_before and ordered_duals:
                self.face = OptimalFace(self.values.copy(), self.is_free.copy(), dict(ordered_duals))
            is_last = stage is stages[-1]
            ordered_duals[stage.service] = self._optimise(stage, fixes=not is_last)
        self._polish()
        gains = self._gains(stages, ordered_duals)
        duals = {}
        for service, values in ordered_duals.items():
            duals[service] = values[self.layout.place]
        return SequentialOptimum(self.values, duals, gains, self.steps)

    def _optimise(self, stage: Stage, fixes: bool) -> np.ndarray:
        """Optimise one stage on the face of those before it; return its duals in the order of the layout."""
        free = np.flatnonzero(self.is_free)
        matrix = self.layout.matrix[:, free]
        bounds = Bounds.of(self.form.lower[free], self.form.upper[free])
        cost = stage.level.cost[free]
        right = self._right_of_free()
        self.equations.restrict(free)
        if self._begun:
            start, possible = self._start_on_face(matrix, bounds, cost)
            if possible <= stage.gap:
                return start.duals  # the face leaves nothing to gain
        else:
            start = centred_start(bounds, cost, len(right))
        self._begun = True
        path = CentralPath(
            self.equations,
            matrix,
            right=right,
            cost=cost,
            bounds=bounds,
            start=start,
            is_careful=self.is_careful,
        )
        del start  # two million numbers four times over, of an hourly year
        self._follow(path, stage)
        self.steps += path.steps
        self._take(path, free, fixes)
        return path.iterate.duals

    def _right_of_free(self) -> np.ndarray:
        """Return the right-hand side less what the fixed variables make of it; shape (K·T + border,)."""
        fixed_values = np.where(self.is_free, 0.0, self.values)
        return np.asarray(self.right - self.layout.matrix @ fixed_values)

    def _follow(self, path: CentralPath, stage: Stage) -> None:
        """Follow a stage's path to its optimum, or at least to where the proof may still accept it."""
        wanted = Tolerance(stage.gap, stage.relative_gap)
        accepted = Tolerance(
            NEARLY,
            stage.relative_gap,
            residual=1e-4,
            dual_residual=1e-4,
        )
        try:
            with np.errstate(all="ignore"):  # what overflows is no progress
                path.follow(wanted, self.deadline)
        except StalledError:
            if not path.reached(accepted):
                raise

    def _start_on_face(
        self,
        matrix: sparse.csc_matrix,
        bounds: Bounds,
        cost: np.ndarray,
    ) -> tuple[Iterate, float]:
        """Return a start from the centre of the present face, and what the stage can gain on it at most.

        The duals are the least squares ones of the affine scaling method: weights are squares of the rooms.
        """
        values = self.values[self.is_free]
        below = bounds.room_below(values)
        above = bounds.room_above(values)
        lower_room = np.where(bounds.has_lower, below, FARTHEST)
        upper_room = np.where(bounds.has_upper, above, FARTHEST)
        weights = np.minimum(lower_room, upper_room) ** 2
        self.equations.factor(weights)
        duals = self.equations.solve(matrix @ (weights * cost))
        reduced = cost - matrix.T @ duals
        # once more on what the first solution leaves: the weights differ by many orders of magnitude
        change = self.equations.solve(matrix @ (weights * reduced))
        duals = duals + change
        reduced = cost - matrix.T @ duals
        possible = _largest_gain(reduced, lower_room, upper_room)
        mean_gap = possible / max(bounds.count, 1.0)
        start = Iterate(
            values=values,
            duals=duals,
            lower_prices=bounds.has_lower * mean_gap / below,
            upper_prices=bounds.has_upper * -mean_gap / above,
        )
        return start, possible

    def _take(
        self,
        path: CentralPath,
        free: np.ndarray,
        fixes: bool,
    ) -> None:
        """Take a stage's point; what its prices hold at a bound stays where it is, within a hair of the bound."""
        at = path.iterate
        self.values[free] = at.values
        if not fixes:
            return
        at_a_bound = path.lower.holds() | path.upper.holds()
        self.is_free[free[at_a_bound]] = False

    def _polish(self) -> None:
        """Project the values onto the equations, each moved in proportion to its room."""
        free = np.flatnonzero(self.is_free)
        matrix = self.layout.matrix[:, free]
        lower = self.form.lower[free]
        upper = self.form.upper[free]
        below = self.values[free] - lower
        above = upper - self.values[free]
        weights = np.clip(np.minimum(below, above), 0.0, FARTHEST)
        self.equations.restrict(free)
        self.equations.factor(weights)
        for _ in range(POLISHES):
            exceeded, _ = self._exceeded()  # in more digits than the factors have: iterative refinement
            duals = self.equations.solve(-exceeded)
            change = weights * (matrix.T @ duals)
            moved = self.values[free] + change
            self.values[free] = np.clip(moved, lower, upper)

    def _gains(
        self,
        stages: Sequence[Stage],
        duals: dict[str, np.ndarray],
    ) -> dict[str, float]:
        """Return what each stage could still gain without loss to one before it, proved by weak duality.

        A point x' that is no worse for the stages before, c_j·x' ≤ c_j·x, gains c_k·(x − x'), and that is at most
        (c_k + Σ λ_j c_j)·(x − x') for any λ ≥ 0. With the reduced costs D of this sum of costs at any duals y, and with
        A·x' = b, that is D·(x − x') + y·(A·x − b). The first part is no more than each variable's largest share of it
        between its bounds. The second is what the equations are exceeded by at its price, and the rounding in it.
        """
        below = np.clip(self.values - self.form.lower, 0.0, FARTHEST)
        above = np.clip(self.form.upper - self.values, 0.0, FARTHEST)
        exceeded, rounding = self._exceeded()
        reduced_before = np.zeros(len(self.values))
        prices_before = np.zeros(len(exceeded))
        gains = {}
        for stage in stages:
            prices = duals[stage.service]
            reduced = stage.level.cost - self.layout.matrix.T @ prices
            least = np.inf
            multiplier = 0.0
            for trial in MULTIPLIERS:
                reduced_sum = reduced + trial * reduced_before
                price_sum = prices + trial * prices_before
                gain = _largest_gain(reduced_sum, below, above)
                gain += float(price_sum @ exceeded + np.abs(price_sum) @ rounding)
                if gain > least:
                    break  # the bound is convex in the multiplier: it only rises from here
                least = gain
                multiplier = trial
                if least <= PROVED:
                    break
            gains[stage.service] = max(least, 0.0)
            reduced_before = reduced + (1.0 + multiplier) * reduced_before
            prices_before = prices + (1.0 + multiplier) * prices_before
        return gains

    def _exceeded(self) -> tuple[np.ndarray, np.ndarray]:
        """Return by how much the values exceed the right-hand side of each equation, and the rounding in that, at most.

        Contents of 10¹⁰ m³ leave rounding of 10⁻¹⁰ hm³ in numbers of 53 bits; those of 64 bits, where a machine has
        them, show what the values themselves miss. The bound of the rounding is that of Higham, *Accuracy and Stability
        of Numerical Algorithms*, 2002, section 3.1.
        """
        matrix = self.layout.matrix
        values = self.values.astype(np.longdouble)
        right = self.right.astype(np.longdouble)
        exceeded = _with_more_digits(matrix) @ values - right
        sizes = abs(matrix) @ np.abs(self.values) + np.abs(self.right)
        terms = np.bincount(matrix.indices, minlength=len(right)) + 1
        unit = float(np.finfo(np.longdouble).eps)
        rounding = terms * unit * sizes
        return exceeded.astype(float), rounding


def _with_more_digits(matrix: sparse.csc_matrix) -> sparse.csc_matrix:
    """Return a matrix with numbers of 64 bits where a machine has them; where they stand is not copied."""
    data = matrix.data.astype(np.longdouble)
    return sparse.csc_matrix((data, matrix.indices, matrix.indptr), shape=matrix.shape, copy=False)


def _largest_gain(
    reduced: np.ndarray,
    below: np.ndarray,
    above: np.ndarray,
) -> float:
    """Return by how much a cost could fall at most if each variable moved through its room."""
    gain_below = reduced * below
    gain_above = -reduced * above
    return float(np.maximum(gain_below, gain_above).sum())
