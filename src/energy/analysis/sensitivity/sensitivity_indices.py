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
INDICES = ["S1", "S1 interval", "ST", "ST interval"]


def screened(model: Model, names: Sequence[str], trajectories: int, seed: int) -> pd.DataFrame:
    """Return Morris' μ* and σ of numbers, in the metric's unit over the whole range, largest first.

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
    steps = np.diff(shares.reshape(trajectories, -1, len(names)), axis=1)
    moved = np.abs(steps).argmax(axis=2)
    sizes = np.take_along_axis(steps, moved[..., None], axis=2)[..., 0]
    effects = np.diff(model(shares).reshape(trajectories, -1), axis=1) / sizes
    table = pd.DataFrame({"moved": moved.ravel(), "effect": effects.ravel()})
    by = table.assign(size=table["effect"].abs()).groupby("moved")
    found = pd.DataFrame(
        {"mu_star": by["size"].mean(), "sigma": by["effect"].std(ddof=1), "effects": by["effect"].count()}
    )
    return found.set_axis(list(names)).sort_values("mu_star", ascending=False, kind="stable")


def _problem(names: Sequence[str]) -> dict[str, Any]:
    return {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}


def tornado(model: Model, names: Sequence[str], base: Sequence[float]) -> pd.DataFrame:
    """Return the metric with one number at its low and at its high end, the others at their base.

    Columns ``at low``, ``at high``, and ``swing``, from the least to the largest of both and the base; index names, the
    widest first. An end without a value leaves its number the rest of the bar.
    """
    points = np.tile(np.array(base, dtype=float), (2 * len(names) + 1, 1))
    for at in range(len(names)):
        points[2 * at, at], points[2 * at + 1, at] = 0.0, 1.0
    values = model(points)
    ends = values[:-1].reshape(-1, 2)
    table = pd.DataFrame(ends, columns=["at low", "at high"], index=list(names))
    bars = table.assign(base=values[-1])
    table["swing"] = bars.max(axis=1) - bars.min(axis=1)
    return table.sort_values("swing", ascending=False, kind="stable")


def sobol(model: Model, names: Sequence[str], base: int, seed: int) -> pd.DataFrame:
    """Return Sobol's S1 and ST of each number with half of their 95 % intervals; index names."""
    from SALib.analyze import sobol as analyze
    from SALib.sample import sobol as sample

    problem = _problem(names)
    shares = sample.sample(problem, base, calc_second_order=False, seed=seed)
    blocks = model(shares).reshape(-1, len(names) + 2)  # a block is a point, the same with one number of another, ...
    values = blocks[~np.isnan(blocks).any(axis=1)].ravel()
    if len(values) < 2 * blocks.shape[1]:
        return pd.DataFrame(np.nan, index=list(names), columns=INDICES)
    if np.ptp(values) == 0:
        return pd.DataFrame(0.0, index=list(names), columns=INDICES)
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
