"""Sensitivity analysis: tornado, Morris screening, Sobol indices, and the spread with all numbers at once.

Numbers are spread evenly over the ranges of the evidence, which say nothing of shapes; what must follow a moved number
follows (``energy.analysis.sensitivity.linked_parameters``).
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from energy.analysis.scenario_metrics import METRICS, Metrics
from energy.analysis.sensitivity.number_sets import NumberSets, drawn_shares, narrowed
from energy.analysis.sensitivity.sensitivity_indices import (
    Model,
    screened,
    sobol,
    tornado,
)
from energy.analysis.sensitivity.set_line import set_line
from energy.analysis.sensitivity.uncertain_parameters import (
    UncertainParameter,
    refuse_without_numbers,
    with_uncertain_parameters,
)
from energy.analysis.sweep.journaled_runs import JournaledRuns
from energy.analysis.sweep.store import Journal
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
            what = f"Sobol sample of {self.base}"
            fault = Fault(what, allowed="0, or a power of two", repair="64 or 128, say")
            raise InputError(fault)


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """Result of a sensitivity analysis.

    Attributes
    ----------
    numbers
        Table of all numbers, those that were looked at first, largest first: ``at low``, ``at high``, ``swing`` (in the
        metric's unit), ``mu_star``, ``sigma``, ``effects``, ``S1``, ``S1 interval``, ``ST``, ``ST interval``, ``base``,
        ``low``, ``high``, ``unit``, ``confidence``, ``set at low``, ``set at high`` (options of ``energy run`` that
        reproduce the bar's ends), ``moves along at low``, ``moves along at high``. NaN where there was no optimum, or
        the step did not come so far.
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

    scenario: Scenario
    metric: str
    runs: JournaledRuns

    @property
    def case(self) -> Case:
        """What exists."""
        return self.runs.case

    def of(self, parameters: Sequence[UncertainParameter]) -> Model:
        """Return the metric as a function of shares of the parameters' ranges."""

        def model(shares: np.ndarray) -> np.ndarray:
            points = []
            for row in shares.tolist():
                point = with_uncertain_parameters(self.case, self.scenario, parameters, row)
                points.append(point)
            return self.values(points)

        return model

    def values(self, points: Sequence[Scenario]) -> np.ndarray:
        """Return the metric of scenarios; shape (scenarios,); NaN where one has no optimum."""
        values = self.runs.values(
            points,
            Metrics(),
            name=self.metric,
            size=1,
            anchor=self.scenario,
            measured="metrics",
        )[:, 0]
        if len(points) > 1 and np.isnan(values).all():
            what = f"none of {len(points)} sets of numbers has an optimum"
            raise SolverError(f"{what}; the first: {self.runs.reasons[-1]}")
        return np.asarray(values)


def sensitivity(
    case: Case,
    scenario: Scenario,
    parameters: Sequence[UncertainParameter],
    metric: str = "delivered",
    sizes: SensitivityBudget | None = None,
    seed: int = 1,
    executor: Executor | None = None,
    sets: NumberSets | None = None,
    journal: Journal | None = None,
) -> Sensitivity:
    """Move unknown numbers one by one, screen the widest, and give the leading ones Sobol indices.

    Parameters
    ----------
    case, scenario
        What exists, and the question.
    parameters
        From ``energy.analysis.sensitivity.uncertain_parameters.uncertain_parameters``.
    metric
        One of the single numbers among ``energy.analysis.scenario_metrics.METRICS``.
    sizes
        How many points.
    seed
        Of the random paths.
    executor
        Where points are solved.
    sets
        Joint values of some of the numbers, as a calibration left them: the spread is drawn from them, and bars and
        indices are over the 90 % ranges that they leave; None: the ranges of the evidence.
    journal
        Where finished points are kept, and looked up before they are solved; None: nowhere.

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
    >>> parameters = uncertain_parameters(case, scenario, ["values.links.*"])
    >>> budget = SensitivityBudget(2, 2, 1, base=0, spread=2)
    >>> result = sensitivity(case, scenario, parameters, "delivered", budget)
    >>> round(result.base, 1), result.unit, len(result.spread)
    (348.8, 'GWh', 2)
    """
    budget = sizes or SensitivityBudget()
    refuse_unanswerable(case, parameters, metric)
    runs = JournaledRuns(case, journal, executor)
    solver = _MetricSolver(scenario, metric, runs)
    numbers = _numbers(solver, narrowed(parameters, sets), budget, seed)
    screened_keys = set(numbers.index[: budget.looked_at])
    shares = np.empty((0, 0))
    if budget.spread:
        shares = drawn_shares(parameters, budget.spread, seed, sets)
    spread, explained = _spread(solver, parameters, screened_keys, shares=shares)
    base = solver.values([scenario])
    return Sensitivity(
        numbers=numbers,
        spread=spread,
        explained=explained,
        base=float(base[0]),
        metric=metric,
        unit=METRICS[metric][1],
        points=runs.done,
        failed=runs.failed,
        reason=next(iter(runs.reasons), ""),
    )


def refuse_unanswerable(case: Case, parameters: Sequence[UncertainParameter], metric: str) -> None:
    """Refuse a study of a metric that is no single number, or of a case without numbers to vary.

    Raises
    ------
    InputError
        With what is allowed.
    """
    single = [name for name, (dims, _, _) in METRICS.items() if not dims]
    if metric not in single:
        what = f"no metric {metric!r}"
        repair = nearest(metric, single)
        raise InputError(Fault(what, allowed=", ".join(single), repair=repair))
    refuse_without_numbers(parameters, case)


def _numbers(
    solver: _MetricSolver,
    parameters: Sequence[UncertainParameter],
    budget: SensitivityBudget,
    seed: int,
) -> pd.DataFrame:
    """Return the table of all numbers: bars of all, effects of the widest, indices of the leading ones."""
    by_key = {parameter.key: parameter for parameter in parameters}
    base = [_share_of_base(parameter) for parameter in parameters]
    bars = tornado(solver.of(parameters), list(by_key), base)

    widest = list(bars.index[: budget.looked_at])
    widest_model = solver.of([by_key[key] for key in widest])
    effects = screened(widest_model, widest, budget.trajectories, seed)
    not_screened = bars.index[budget.looked_at :]
    table = bars.join(effects)
    table = table.loc[[*effects.index, *not_screened]]

    if budget.base:
        leading = list(effects.index[: budget.top])
        leading_model = solver.of([by_key[key] for key in leading])
        indices = sobol(leading_model, leading, budget.base, seed)
        table = table.join(indices)
    return table.join(_evidence(parameters)).join(_set_lines(solver, parameters))


def _set_lines(solver: _MetricSolver, parameters: Sequence[UncertainParameter]) -> pd.DataFrame:
    """Return what reproduces both ends of each bar; index key."""
    rows = {}
    for parameter in parameters:
        row = {}
        for end, share in (("low", 0.0), ("high", 1.0)):
            line = set_line(solver.case, solver.scenario, parameter, share)
            row[f"set at {end}"] = line.options
            row[f"moves along at {end}"] = line.moves_along
        rows[parameter.key] = row
    return pd.DataFrame(rows).T


def _evidence(parameters: Sequence[UncertainParameter]) -> pd.DataFrame:
    """Return base, range, unit and confidence of the parameters; index key."""
    rows = {}
    for parameter in parameters:
        rows[parameter.key] = {
            "base": parameter.base,
            "low": parameter.low,
            "high": parameter.high,
            "unit": parameter.unit,
            "confidence": parameter.confidence,
        }
    return pd.DataFrame(rows).T


def _spread(
    solver: _MetricSolver,
    parameters: Sequence[UncertainParameter],
    screened_keys: set[str],
    shares: np.ndarray,
) -> tuple[np.ndarray, float]:
    """Return the metric with all numbers at once, sorted, and what part of its variance the screened ones explain."""
    if not len(shares):
        return np.empty(0), float("nan")
    columns = []
    screened_parameters = []
    for column, parameter in enumerate(parameters):
        if parameter.key in screened_keys:
            columns.append(column)
            screened_parameters.append(parameter)
    model_of_all = solver.of(parameters)
    model_of_screened = solver.of(screened_parameters)
    all_moved = model_of_all(shares)
    screened_moved = model_of_screened(shares[:, columns])
    spread = all_moved[~np.isnan(all_moved)]
    return np.sort(spread), _explained(all_moved, screened_moved)


def _explained(all_moved: np.ndarray, screened_moved: np.ndarray) -> float:
    """Return the squared correlation of two series of a metric; NaN where one of them does not vary."""
    has_both = ~np.isnan(all_moved) & ~np.isnan(screened_moved)
    first = all_moved[has_both]
    second = screened_moved[has_both]
    varies = has_both.sum() > 1 and np.ptp(first) > 0 and np.ptp(second) > 0
    if not varies:
        return float("nan")
    correlation = np.corrcoef(first, second)[0, 1]
    return float(correlation**2)


def _share_of_base(parameter: UncertainParameter) -> float:
    """Return where the base stands in the range, 0 for low and 1 for high."""
    share = (parameter.base - parameter.low) / (parameter.high - parameter.low)
    return float(np.clip(share, 0, 1))
