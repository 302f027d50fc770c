"""Sensitivity indices of a function: one-at-a-time, Morris, Sobol, and the parts of a variance.

A tornado moves one number at a time to each end of its range, the others at their base. Morris (1991) moves one at a
time along random paths through the ranges; μ* is the mean size of the change, as if over the whole range. Sobol (2001;
estimators of Saltelli 2010) says what share of the variance is a number's alone (S1), and with all that it acts
together with (ST). A point where the function has no value (NaN) takes with it the effects, or the block of the Sobol
sample, that it belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

Model = Callable[[np.ndarray], np.ndarray]
"""Shares of the ranges, shape (points, numbers) → metric, shape (points,); NaN where it has no value."""

LEVELS = 4  # of the grid that Morris' paths walk on
INDICES = {
    "S1": "S1",
    "S1 interval": "S1_conf",
    "ST": "ST",
    "ST interval": "ST_conf",
}
"""Column of a table → name in SALib."""


def screened(
    model: Model,
    names: Sequence[str],
    trajectories: int,
    seed: int,
) -> pd.DataFrame:
    """Return Morris' elementary effects of numbers: μ* and σ, in the metric's unit over the whole range, largest first.

    Parameters
    ----------
    model
        What is screened.
    names
        Of the numbers.
    trajectories, seed
        Random paths; each takes a point more than there are numbers.

    Returns
    -------
    pd.DataFrame
        Index name; columns ``mu_star``, ``sigma``, ``effects`` (how many there were).

    Examples
    --------
    >>> screened(lambda x: x @ np.array([3.0, 1.0]), ["a", "b"], 4, 1)["mu_star"].round(6).tolist()
    [3.0, 1.0]
    """
    from SALib.sample import morris

    shares = morris.sample(_problem(names), trajectories, num_levels=LEVELS, seed=seed)
    paths = shares.reshape(trajectories, -1, len(names))
    steps = np.diff(paths, axis=1)
    moved = np.abs(steps).argmax(axis=2)
    sizes = np.take_along_axis(steps, moved[..., None], axis=2)
    values = model(shares).reshape(trajectories, -1)
    effects = np.diff(values, axis=1) / sizes[..., 0]

    table = pd.DataFrame(
        {
            "moved": moved.ravel(),
            "effect": effects.ravel(),
        }
    )
    table["size"] = table["effect"].abs()
    by_number = table.groupby("moved")
    summary = pd.DataFrame(
        {
            "mu_star": by_number["size"].mean(),
            "sigma": by_number["effect"].std(ddof=1),
            "effects": by_number["effect"].count(),
        }
    )
    named = summary.set_axis(list(names))
    return named.sort_values("mu_star", ascending=False, kind="stable")


def latin_hypercube(
    numbers: int,
    sets: int,
    seed: int,
) -> np.ndarray:
    """Return a Latin hypercube of shares of the ranges; shape (sets, numbers)."""
    from scipy.stats import qmc

    sampler = qmc.LatinHypercube(numbers, seed=seed)
    shares: np.ndarray = sampler.random(sets)
    return shares


def _problem(names: Sequence[str]) -> dict[str, Any]:
    """Return the problem as SALib has it: every number is a share of its range."""
    bounds = [[0.0, 1.0]] * len(names)
    return {
        "num_vars": len(names),
        "names": list(names),
        "bounds": bounds,
    }


def tornado(
    model: Model,
    names: Sequence[str],
    base: Sequence[float],
) -> pd.DataFrame:
    """Return the metric with one number at its low and at its high end, the others at their base.

    Columns ``at low``, ``at high``, and ``swing``, from the least to the largest of both and the base; index names, the
    widest first. Where an end has no value, the bar goes from the base to the other end.
    """
    at_base = np.array(base, dtype=float)
    count = len(names)
    points = np.tile(at_base, (2 * count + 1, 1))
    for number in range(count):
        low = 2 * number
        high = low + 1
        points[low, number] = 0.0
        points[high, number] = 1.0
    values = model(points)
    ends = values[:-1].reshape(-1, 2)
    table = pd.DataFrame(
        ends,
        columns=["at low", "at high"],
        index=list(names),
    )
    bars = table.assign(base=values[-1])
    table["swing"] = bars.max(axis=1) - bars.min(axis=1)
    return table.sort_values("swing", ascending=False, kind="stable")


def sobol(
    model: Model,
    names: Sequence[str],
    base: int,
    seed: int,
) -> pd.DataFrame:
    """Return Sobol's S1 and ST of each number with half of their 95 % intervals; index names."""
    from SALib.analyze import sobol as analyze
    from SALib.sample import sobol as sample

    problem = _problem(names)
    index = list(names)
    shares = sample.sample(problem, base, calc_second_order=False, seed=seed)
    # a block is a point, the same point with one number of another point, …, and that other point
    block_size = len(names) + 2
    blocks = model(shares).reshape(-1, block_size)
    without_value = np.isnan(blocks).any(axis=1)
    values = blocks[~without_value].ravel()
    if len(values) < 2 * block_size:
        return pd.DataFrame(np.nan, index=index, columns=list(INDICES))
    if np.ptp(values) == 0:
        return pd.DataFrame(0.0, index=index, columns=list(INDICES))
    indices = analyze.analyze(problem, values, calc_second_order=False, seed=seed)
    table = pd.DataFrame(index=index)
    for column, name in INDICES.items():
        table[column] = np.asarray(indices[name])
    return table


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
    mean = values.mean()
    row_means = values.mean(axis=1)
    column_means = values.mean(axis=0)
    residual = values - row_means[:, None] - column_means[None, :] + mean
    freedom = (rows - 1) * (columns - 1)
    error = float((residual**2).sum()) / freedom
    row_square = columns * float(row_means.var(ddof=1))
    column_square = rows * float(column_means.var(ddof=1))
    unknown = max((row_square - error) / columns, 0.0)
    random = max((column_square - error) / rows, 0.0)
    total = unknown + random + error or 1.0
    return {
        "random": random / total,
        "unknown": unknown / total,
        "together": error / total,
    }
