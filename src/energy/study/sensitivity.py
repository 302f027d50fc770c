"""Which unknown number matters: Morris screening, Sobol indices, a tornado, and the split of random and unknown.

Morris (1991) moves one number, or one group of them, at a time along random paths through the ranges of the evidence;
μ* is the mean size of the change, as if over the whole range. Sobol (2001; estimators of Saltelli 2010) says what share
of the variance is a number's alone (S1), and with all that it acts together with (ST). Numbers are spread evenly over
their ranges.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from energy.case import Case
from energy.errors import Fault, InputError, nearest
from energy.scenario import Scenario
from energy.study.digest import case_digest
from energy.study.metrics import METRICS, Metrics
from energy.study.points import solve_points
from energy.study.sample import Question, solve_samples
from energy.study.unknowns import Unknown, with_unknowns

Model = Callable[[np.ndarray], np.ndarray]
"""Shares of the ranges, shape (points, numbers) → metric, shape (points,)."""

SHOWN = 1e-3  # share of the largest group's effect below which a group's members are not looked at
LEVELS = 4


@dataclass(frozen=True)
class Sizes:
    """How many points each step takes.

    Attributes
    ----------
    trajectories
        Paths of the screening.
    looked_at
        Most numbers that are screened one by one.
    top
        Numbers that get Sobol indices.
    base
        Size of the Sobol sample, a power of two; base · (top + 2) points are solved.

    Examples
    --------
    >>> Sizes(trajectories=2, base=0).trajectories
    2
    """

    trajectories: int = 4
    looked_at: int = 40
    top: int = 6
    base: int = 64


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """What was found.

    Attributes
    ----------
    groups
        μ* of each group, largest first; columns ``mu_star``, ``members``.
    numbers
        Table of the numbers that were looked at one by one, largest first: ``mu_star``, ``sigma``, ``at low``,
        ``at high``, ``swing`` (in the metric's unit), ``S1``, ``S1 interval``, ``ST``, ``ST interval``, ``base``,
        ``low``, ``high``, ``unit``, ``confidence``.
    base
        The metric with every number at its base.
    metric, unit
        What was measured.
    points, failed
        How many points were solved, and how many of them had no optimum (they count with the mean of the others).
    """

    groups: pd.DataFrame
    numbers: pd.DataFrame
    base: float
    metric: str
    unit: str
    points: int
    failed: int


def sensitivity(
    case: Case,
    scenario: Scenario,
    found: Sequence[Unknown],
    metric: str = "delivered",
    sizes: Sizes | None = None,
    seed: int = 1,
    executor: Executor | None = None,
) -> Sensitivity:
    """Screen unknown numbers by groups, then one by one, and give the leading ones Sobol indices.

    Parameters
    ----------
    case, scenario
        What exists, and the question.
    found
        From ``energy.study.unknowns.unknowns``.
    metric
        One of the single numbers among ``energy.study.metrics.METRICS``.
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

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.study.unknowns import unknowns
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> case = read_case("two_bus")
    >>> found = sensitivity(
    ...     case, scenario, unknowns(case, scenario, ["values.links.*"]), "delivered", Sizes(2, 2, 1, 0)
    ... )
    >>> round(found.base, 1), found.unit
    (348.8, 'GWh')
    """
    sizes = sizes or Sizes()
    single = [name for name, (dims, _, _) in METRICS.items() if not dims]
    if metric not in single:
        raise InputError(Fault(f"no metric {metric!r}", None, None, ", ".join(single), nearest(metric, single)))
    if not found:
        raise InputError(Fault("no number of the evidence can be varied", case.path, None, "rows with low < high"))
    counts = {"points": 0, "failed": 0}

    def model_of(chosen: Sequence[Unknown]) -> Model:
        def model(shares: np.ndarray) -> np.ndarray:
            points = [with_unknowns(scenario, chosen, row) for row in shares.tolist()]
            values = _measured(case, points, metric, executor)
            counts["points"] += len(values)
            counts["failed"] += int(np.isnan(values).sum())
            return _filled(values)

        return model

    groups = screened_groups(model_of(found), [unknown.group for unknown in found], sizes.trajectories, seed)
    leading = _members(found, groups, sizes.looked_at)
    numbers = screened(model_of(leading), [unknown.key for unknown in leading], sizes.trajectories, seed)
    size = numbers["mu_star"].to_dict()
    leading.sort(key=lambda unknown: -size[unknown.key])
    top = leading[: sizes.top]
    numbers = numbers.join(tornado(model_of(top), [u.key for u in top], [_share(u) for u in top]))
    if sizes.base and top:
        numbers = numbers.join(sobol(model_of(top), [unknown.key for unknown in top], sizes.base, seed))
    known = pd.DataFrame(
        {
            u.key: {"base": u.base, "low": u.low, "high": u.high, "unit": u.unit, "confidence": u.confidence}
            for u in leading
        }
    ).T
    numbers = numbers.loc[[unknown.key for unknown in leading]].join(known)
    base = float(_measured(case, [scenario], metric, None)[0])
    unit = METRICS[metric][1]
    return Sensitivity(groups, numbers, base, metric, unit, counts["points"] + 1, counts["failed"])


def _measured(case: Case, points: list[Scenario], metric: str, executor: Executor | None) -> np.ndarray:
    values = np.full(len(points), np.nan)
    for answer in solve_points(case, points, Metrics(), executor):
        if not answer.reason:
            values[answer.index] = float(answer.values[metric])
    return values


def _filled(values: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), np.nanmean(values) if not np.isnan(values).all() else 0.0, values)


def _share(unknown: Unknown) -> float:
    return float(np.clip((unknown.base - unknown.low) / (unknown.high - unknown.low), 0, 1))


def _members(found: Sequence[Unknown], groups: pd.DataFrame, most: int) -> list[Unknown]:
    largest = float(groups["mu_star"].max())
    chosen: list[Unknown] = []
    for group in groups.index[groups["mu_star"] > SHOWN * largest]:
        members = [unknown for unknown in found if unknown.group == group]
        if chosen and len(chosen) + len(members) > most:
            break
        chosen += members
    return chosen or list(found[:most])


def _problem(names: Sequence[str], groups: Sequence[str] | None = None) -> dict[str, Any]:
    problem = {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}
    return problem if groups is None else {**problem, "groups": list(groups)}


def screened_groups(model: Model, groups: Sequence[str], trajectories: int, seed: int) -> pd.DataFrame:
    """Return μ* of groups of numbers that move together, largest first; columns ``mu_star``, ``members``."""
    from SALib.analyze import morris as analyze
    from SALib.sample import morris as sample

    if len(set(groups)) == 1:
        return pd.DataFrame({"mu_star": [np.inf], "members": [len(groups)]}, index=[groups[0]])
    problem = _problem([f"x{at}" for at in range(len(groups))], groups)
    shares = sample.sample(problem, trajectories, num_levels=LEVELS, seed=seed)
    found = analyze.analyze(problem, shares, model(shares), num_levels=LEVELS, seed=seed)
    table = pd.DataFrame({"mu_star": np.asarray(found["mu_star"], dtype=float)}, index=list(found["names"]))
    table["members"] = [
        groups.count(name) if isinstance(groups, list) else list(groups).count(name) for name in table.index
    ]
    return table.sort_values("mu_star", ascending=False)


def screened(model: Model, names: Sequence[str], trajectories: int, seed: int) -> pd.DataFrame:
    """Return Morris' μ* and σ of each number, in the metric's unit over the whole range; index names.

    Examples
    --------
    >>> screened(lambda x: x @ np.array([3.0, 1.0]), ["a", "b"], 4, 1)["mu_star"].round(6).tolist()
    [3.0, 1.0]
    """
    from SALib.analyze import morris as analyze
    from SALib.sample import morris as sample

    problem = _problem(names)
    shares = sample.sample(problem, trajectories, num_levels=LEVELS, seed=seed)
    found = analyze.analyze(problem, shares, model(shares), num_levels=LEVELS, seed=seed)
    columns = {key: np.asarray(found[key], dtype=float) for key in ("mu_star", "sigma")}
    return pd.DataFrame(columns, index=list(names)).sort_values("mu_star", ascending=False)


def tornado(model: Model, names: Sequence[str], base: Sequence[float]) -> pd.DataFrame:
    """Return the metric with one number at its low and at its high end, the others at their base.

    Columns ``at low``, ``at high``, ``swing``; index names.
    """
    ends = np.tile(np.array(base, dtype=float), (2 * len(names), 1))
    for at in range(len(names)):
        ends[2 * at, at], ends[2 * at + 1, at] = 0.0, 1.0
    values = model(ends).reshape(-1, 2)
    table = pd.DataFrame(values, columns=["at low", "at high"], index=list(names))
    table["swing"] = (table["at high"] - table["at low"]).abs()
    return table


def sobol(model: Model, names: Sequence[str], base: int, seed: int) -> pd.DataFrame:
    """Return Sobol's S1 and ST of each number with half of their 95 % intervals; index names."""
    from SALib.analyze import sobol as analyze
    from SALib.sample import sobol as sample

    problem = _problem(names)
    shares = sample.sample(problem, base, calc_second_order=False, seed=seed)
    values = model(shares)
    if np.ptp(values) == 0:
        return pd.DataFrame(0.0, index=list(names), columns=["S1", "S1 interval", "ST", "ST interval"])
    found = analyze.analyze(problem, values, calc_second_order=False, seed=seed)
    columns = {"S1": "S1", "S1 interval": "S1_conf", "ST": "ST", "ST interval": "ST_conf"}
    return pd.DataFrame({name: np.asarray(found[key]) for name, key in columns.items()}, index=list(names))


def variance_split(values: np.ndarray) -> dict[str, float]:
    """Return what part of the variance is random, unknown, and both together.

    A crossed design: every set of numbers (rows) meets every draw of water and outages (columns). Mean squares of the
    two-way analysis of variance (Searle, Casella and McCulloch 1992, ch. 4): σ²(rows) = (MSR − MSE)/columns, and so on.

    Parameters
    ----------
    values
        Metric; shape (sets of numbers, draws).

    Examples
    --------
    >>> parts = variance_split(np.array([[0.0, 10.0], [1.0, 11.0]]))
    >>> {name: round(part, 2) for name, part in parts.items()}
    {'random': 0.99, 'unknown': 0.01, 'together': 0.0}
    """
    rows, columns = values.shape
    whole, by_row, by_column = values.mean(), values.mean(axis=1), values.mean(axis=0)
    rest = values - by_row[:, None] - by_column[None, :] + whole
    error = float((rest**2).sum()) / ((rows - 1) * (columns - 1))
    unknown = max((columns * float(by_row.var(ddof=1)) - error) / columns, 0.0)
    random = max((rows * float(by_column.var(ddof=1)) - error) / rows, 0.0)
    total = unknown + random + error or 1.0
    return {"random": random / total, "unknown": unknown / total, "together": error / total}


def random_and_unknown(
    case: Case,
    question: Question,
    found: Sequence[Unknown],
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
    from dataclasses import replace

    from scipy.stats import qmc

    shares = qmc.LatinHypercube(len(found), seed=seed).random(sets)
    asked = [
        replace(question, scenario=with_unknowns(question.scenario, found, row), causes=False)
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
