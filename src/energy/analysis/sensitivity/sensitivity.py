"""Sensitivity analysis: tornado, Morris screening, Sobol indices, and the split of random and unknown.

Numbers are spread evenly over the ranges of the evidence, which say nothing of shapes; what must follow a moved number
follows (``energy.analysis.sensitivity.linked_parameters``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from energy.analysis.case_digest import case_digest
from energy.analysis.parallel import solve_points
from energy.analysis.risk.season_sample import SamplingDesign, solve_samples
from energy.analysis.scenario_metrics import METRICS, Metrics
from energy.analysis.sensitivity.sensitivity_indices import Model, screened, sobol, tornado, variance_split
from energy.analysis.sensitivity.uncertain_parameters import UncertainParameter, with_uncertain_parameters
from energy.case import Case
from energy.errors import Fault, InputError, SolverError, nearest
from energy.scenario import Scenario


@dataclass(frozen=True)
class SensitivityBudget:
    """How many points each step takes.

    Attributes
    ----------
    looked_at
        Numbers that are screened, those with the widest bars.
    trajectories
        Paths of the screening; each takes looked_at + 1 points.
    top
        Numbers that get Sobol indices.
    base
        Size of the Sobol sample, a power of two; base · (top + 2) points are solved.
    spread
        Sets of all numbers at once, and as many of those that are looked at.

    Raises
    ------
    InputError
        When base is no power of two.

    Examples
    --------
    >>> SensitivityBudget(trajectories=2, base=0).trajectories
    2
    """

    looked_at: int = 40
    trajectories: int = 4
    top: int = 6
    base: int = 64
    spread: int = 100

    def __post_init__(self) -> None:
        if self.base < 0 or self.base & (self.base - 1):
            raise InputError(
                Fault(f"Sobol sample of {self.base}", None, None, "0, or a power of two", "64 or 128, say")
            )


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """What was found.

    Attributes
    ----------
    numbers
        Table of all numbers, those that were looked at first, largest first: ``at low``, ``at high``, ``swing`` (in the
        metric's unit), ``mu_star``, ``sigma``, ``effects``, ``S1``, ``S1 interval``, ``ST``, ``ST interval``, ``base``,
        ``low``, ``high``, ``unit``, ``confidence``. NaN where there was no optimum, or the step did not come so far.
    spread
        The metric with all numbers at once anywhere in their ranges, sorted; those without an optimum are left out.
    explained
        What part of the variance of the spread the numbers that were looked at make alone: the square of the
        correlation with the metric where the others stay at their base. NaN without a spread.
    base
        The metric with every number at its base.
    metric, unit
        What was measured.
    points, failed
        How many points were solved, and how many of them had no optimum: no effect and no index counts them.
    reason
        Why the first of them had none; empty where all had.
    """

    numbers: pd.DataFrame
    spread: np.ndarray
    explained: float
    base: float
    metric: str
    unit: str
    points: int
    failed: int
    reason: str


@dataclass
class _MetricSolver:
    """A metric of a case's scenarios, and what was solved for it."""

    case: Case
    scenario: Scenario
    metric: str
    executor: Executor | None
    points: int = 0
    reasons: list[str] = field(default_factory=list)

    def of(self, chosen: Sequence[UncertainParameter]) -> Model:
        """Return the metric as a function of shares of the ranges of chosen numbers."""

        def model(shares: np.ndarray) -> np.ndarray:
            return self.measured(
                [with_uncertain_parameters(self.case, self.scenario, chosen, row) for row in shares.tolist()]
            )

        return model

    def measured(self, points: Sequence[Scenario]) -> np.ndarray:
        values = np.full(len(points), np.nan)
        for answer in solve_points(self.case, points, Metrics(), self.executor):
            if answer.reason:
                self.reasons.append(answer.reason)
            else:
                values[answer.index] = float(answer.values[self.metric])
        self.points += len(points)
        if len(points) > 1 and np.isnan(values).all():
            raise SolverError(f"none of {len(points)} sets of numbers has an optimum; the first: {self.reasons[-1]}")
        return values


def sensitivity(
    case: Case,
    scenario: Scenario,
    found: Sequence[UncertainParameter],
    metric: str = "delivered",
    sizes: SensitivityBudget | None = None,
    seed: int = 1,
    executor: Executor | None = None,
) -> Sensitivity:
    """Move unknown numbers one by one, screen the widest, and give the leading ones Sobol indices.

    Parameters
    ----------
    case, scenario
        What exists, and the question.
    found
        From ``energy.analysis.sensitivity.uncertain_parameters.uncertain_parameters``.
    metric
        One of the single numbers among ``energy.analysis.scenario_metrics.METRICS``.
    sizes
        How many points.
    seed
        Of the random paths.
    executor
        Where points are solved.

    Raises
    ------
    InputError
        When the metric is unknown, or nothing can be varied.
    SolverError
        When a whole step finds no optimum.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.analysis.sensitivity.uncertain_parameters import uncertain_parameters
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> case = read_case("two_bus")
    >>> known = uncertain_parameters(case, scenario, ["values.links.*"])
    >>> found = sensitivity(case, scenario, known, "delivered", SensitivityBudget(2, 2, 1, base=0, spread=2))
    >>> round(found.base, 1), found.unit, len(found.spread)
    (348.8, 'GWh', 2)
    """
    sizes = sizes or SensitivityBudget()
    single = [name for name, (dims, _, _) in METRICS.items() if not dims]
    if metric not in single:
        raise InputError(Fault(f"no metric {metric!r}", None, None, ", ".join(single), nearest(metric, single)))
    if not found:
        raise InputError(Fault("no number of the evidence can be varied", case.path, None, "rows with low < high"))
    solver = _MetricSolver(case, scenario, metric, executor)
    numbers = _numbers(solver, found, sizes, seed)
    spread, explained = _spread(solver, found, list(numbers.index[: sizes.looked_at]), sizes.spread, seed)
    base = float(solver.measured([scenario])[0])
    reason = next(iter(solver.reasons), "")
    unit, failed = METRICS[metric][1], len(solver.reasons)
    return Sensitivity(numbers, spread, explained, base, metric, unit, solver.points, failed, reason)


def _numbers(
    solver: _MetricSolver, found: Sequence[UncertainParameter], sizes: SensitivityBudget, seed: int
) -> pd.DataFrame:
    """Return the table of all numbers: bars of all, effects of the widest, indices of the leading ones."""
    by_key = {unknown.key: unknown for unknown in found}
    bars = tornado(solver.of(found), list(by_key), [_share(unknown) for unknown in found])
    widest = [by_key[key] for key in bars.index[: sizes.looked_at]]
    effects = screened(solver.of(widest), [unknown.key for unknown in widest], sizes.trajectories, seed)
    table = bars.join(effects).loc[[*effects.index, *bars.index[sizes.looked_at :]]]
    top = [by_key[key] for key in effects.index[: sizes.top]]
    if sizes.base:
        table = table.join(sobol(solver.of(top), [unknown.key for unknown in top], sizes.base, seed))
    columns = ("base", "low", "high", "unit", "confidence")
    return table.join(pd.DataFrame({u.key: {name: getattr(u, name) for name in columns} for u in found}).T)


def _spread(
    solver: _MetricSolver, found: Sequence[UncertainParameter], looked_at: list[str], sets: int, seed: int
) -> tuple[np.ndarray, float]:
    """Return the metric with all numbers at once, sorted, and what part of its variance those looked at make."""
    if not sets:
        return np.empty(0), float("nan")
    shares = _hypercube(len(found), sets, seed)
    at = [place for place, unknown in enumerate(found) if unknown.key in looked_at]
    every, alone = solver.of(found)(shares), solver.of([found[place] for place in at])(shares[:, at])
    both = ~np.isnan(every) & ~np.isnan(alone)
    moves = both.sum() > 1 and np.ptp(every[both]) > 0 and np.ptp(alone[both]) > 0
    explained = float(np.corrcoef(every[both], alone[both])[0, 1] ** 2) if moves else float("nan")
    return np.sort(every[~np.isnan(every)]), explained


def _share(unknown: UncertainParameter) -> float:
    return float(np.clip((unknown.base - unknown.low) / (unknown.high - unknown.low), 0, 1))


def _hypercube(numbers: int, sets: int, seed: int) -> np.ndarray:
    from scipy.stats import qmc

    shares: np.ndarray = qmc.LatinHypercube(numbers, seed=seed).random(sets)
    return shares


def random_and_unknown(
    case: Case,
    question: SamplingDesign,
    found: Sequence[UncertainParameter],
    sets: int,
    draws: int,
    seed: int = 1,
    executor: Executor | None = None,
) -> tuple[dict[str, float], np.ndarray]:
    """Return the split of the season's variance, and the seasons [GWh] behind it; shape (sets, draws).

    Parameters
    ----------
    case, question
        What exists, and what is sampled.
    found
        The numbers that are unknown, spread evenly over their ranges (Latin hypercube).
    sets, draws
        How many sets of numbers meet how many draws of water and outages.
    seed
        Of the sets.
    executor
        Where samples are solved.
    """
    shares = _hypercube(len(found), sets, seed)
    asked = [
        replace(question, scenario=with_uncertain_parameters(case, question.scenario, found, row), causes=False)
        for row in shares.tolist()
    ]
    every = list(range(draws))
    if executor is None:
        rows = [solve_samples(case, one, every) for one in asked]
    else:
        key = case_digest(case)
        rows = [future.result() for future in [executor.submit(solve_samples, case, one, every, key) for one in asked]]
    values = np.array([[_season(sample) for sample in row] for row in rows])
    values = values[:, ~np.isnan(values).any(axis=0)]  # a draw counts where it has an optimum under every set
    return variance_split(values), values


def _season(sample: Mapping[str, float]) -> float:
    return float("nan") if sample["failed"] else float(sample["season"])
