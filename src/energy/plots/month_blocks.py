"""Blocks of the monthly bars: what each cause takes of each month, such that months add up to the season's ladder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.metrics.month_columns import lost_by_cause
from energy.plots.style import colour

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_STEPS = 5000
LEAST_GIVEN = 0.5
"""GWh that a cause gives over the season before its blocks are drawn as given."""
CLOSE = 1e-6
"""GWh by which a block may still change between two steps of the projection."""


def month_blocks(months: pd.DataFrame) -> pd.DataFrame:
    """Return what fills each month's bar up to the ceiling.

    Reservoirs move water between months: a service may take 18 GWh of August and give them back in May and June, and
    nothing over the season. The blocks are net of it. They are the nearest ones (least squares) to what each cause
    takes month by month of which none has another sign than its season, each month sums to the contract's ceiling, and
    each cause sums to what it takes of the season.

    Parameters
    ----------
    months
        Months in season of ``energy.metrics.monthly_table``.

    Returns
    -------
    pandas.DataFrame
        A column a part [GWh], from the bottom up: ``delivered``, then the causes from last to first. A cause that gives
        more than it takes over the season has negative blocks, and the others reach above the ceiling by as much.

    Examples
    --------
    >>> months = pd.DataFrame({"ceiling": [10.0, 10.0], "delivered": [4.0, 4.0], "lost to swap": [2.0, -2.0]})
    >>> month_blocks(months.assign(**{"lost to demand": [4.0, 8.0]})).round(4).to_dict("list")
    {'delivered': [4.0, 4.0], 'demand': [6.0, 6.0], 'swap': [0.0, 0.0]}
    """
    lost = lost_by_cause(months)
    gap = (months["ceiling"] - months["delivered"]).to_numpy(float)
    blocks = balanced(lost.to_numpy(float), gap)
    parts = {"delivered": months["delivered"].to_numpy(float)}
    for column in reversed(range(len(lost.columns))):
        parts[str(lost.columns[column])] = blocks[:, column]
    return pd.DataFrame(parts, index=months.index)


def balanced(lost: np.ndarray, gap: np.ndarray) -> np.ndarray:
    """Return the nearest table that has the sums of its rows and columns, and in each column their sign alone.

    Dykstra's projections between the tables with these sums and those with these signs (Boyle and Dykstra, 1986).

    Parameters
    ----------
    lost
        What causes take, signed; shape (months, causes).
    gap
        What each row is to sum to; shape (months,). What is delivered above a ceiling counts as nothing where no cause
        gives it.
    """
    if not lost.size:
        return np.zeros_like(lost)
    totals = lost.sum(axis=0)
    gives = totals < -LEAST_GIVEN
    totals = np.where(gives, totals, totals.clip(min=0.0))
    if not gives.any():
        gap = gap.clip(min=0.0)
    taken = totals.clip(min=0.0)
    if taken.sum() <= 0:
        return np.zeros_like(lost)
    totals = totals + (gap.sum() - totals.sum()) * taken / taken.sum()
    lowest = np.where(gives, -np.inf, 0.0)
    highest = np.where(gives, 0.0, np.inf)
    blocks = lost.copy()
    correction = np.zeros_like(lost)
    for _ in range(MOST_STEPS):
        with_sums = _with_sums(blocks, gap, totals)
        nearest = np.clip(with_sums + correction, lowest, highest)
        correction = with_sums + correction - nearest
        change = float(np.abs(nearest - blocks).max())
        blocks = nearest
        if change < CLOSE:
            break
    return blocks


def _with_sums(blocks: np.ndarray, gap: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """Return the nearest table whose rows sum to ``gap`` and whose columns sum to ``totals``."""
    n_months, n_causes = blocks.shape
    missing_of_row = gap - blocks.sum(axis=1)
    missing_of_column = totals - blocks.sum(axis=0)
    by_row = missing_of_row[:, None] / n_causes
    by_column = missing_of_column[None, :] / n_months
    both = missing_of_row.sum() / (n_months * n_causes)
    return np.asarray(blocks + by_row + by_column - both)


def draw_blocks(axes: Axes, months: pd.DataFrame, width: float) -> list[str]:
    """Draw a bar a month: what is delivered, and above it what causes take; what one gives hangs below zero.

    Parameters
    ----------
    axes
        Gets the bars at 0, 1, …, and vertical limits that hold them and the ceiling.
    months
        Months in season of ``energy.metrics.monthly_table``.
    width
        Of a bar.

    Returns
    -------
    list of str
        The parts that are drawn; a cause that takes nearly nothing is left out.
    """
    places = np.arange(len(months))
    least = 1e-3 * months["ceiling"].sum()
    top = np.zeros(len(months))
    bottom = np.zeros(len(months))
    drawn = []
    for part, energy in month_blocks(months).items():
        cause = str(part)
        if cause != "delivered" and abs(energy.sum()) < least:
            continue
        gives = energy.sum() < 0
        start = bottom + energy.to_numpy() if gives else top
        bars = axes.bar(
            places,
            energy.abs(),
            width,
            bottom=start,
            color=colour(cause),
            edgecolor="white",
            lw=0.5,
            hatch="///" if gives else None,
        )
        bars.set_label(f"_{cause}")  # the ladder names the colours
        if gives:
            bottom = start
        else:
            top = top + energy.to_numpy()
        drawn.append(cause)
    highest = max(1.0, float(top.max(initial=0.0)), float(months["ceiling"].max()))
    axes.set_ylim(1.06 * float(bottom.min(initial=0.0)), 1.06 * highest)
    return drawn
