"""Blocks of the monthly bars: what each cause takes of each month, such that months add up to the season's ladder."""

from __future__ import annotations

import numpy as np
import pandas as pd

from energy.metrics.month_columns import lost_by_cause

MOST_STEPS = 5000
CLOSE = 1e-6
"""GWh by which a block may still change between two steps of the projection."""


def month_blocks(months: pd.DataFrame) -> pd.DataFrame:
    """Return what fills each month's bar up to the ceiling.

    Reservoirs move water between months: a service may take 18 GWh of August and give them back in May and June, and
    nothing over the season. The blocks are net of it. They are the nearest ones (least squares) to what each cause
    takes month by month of which none is negative, each month sums to the contract's ceiling, and each cause sums to
    what it takes of the season.

    Parameters
    ----------
    months
        Months in season of ``energy.metrics.monthly_table``.

    Returns
    -------
    pandas.DataFrame
        A column a part [GWh], from the bottom up: ``delivered``, then the causes from last to first. Where a cause
        gives more than it takes over the season its blocks are nothing, and those of the others that much less.

    Examples
    --------
    >>> months = pd.DataFrame({"ceiling": [10.0, 10.0], "delivered": [4.0, 4.0], "lost to swap": [2.0, -2.0]})
    >>> month_blocks(months.assign(**{"lost to demand": [4.0, 8.0]})).round(6).to_dict("list")
    {'delivered': [4.0, 4.0], 'demand': [6.0, 6.0], 'swap': [0.0, 0.0]}
    """
    lost = lost_by_cause(months)
    gap = (months["ceiling"] - months["delivered"]).clip(lower=0.0)
    blocks = balanced(lost.to_numpy(float), gap.to_numpy(float))
    parts = {"delivered": months["delivered"].to_numpy(float)}
    for column in reversed(range(len(lost.columns))):
        parts[str(lost.columns[column])] = blocks[:, column]
    return pd.DataFrame(parts, index=months.index)


def balanced(lost: np.ndarray, gap: np.ndarray) -> np.ndarray:
    """Return the nearest table without negative numbers that has the sums of its rows and columns.

    Dykstra's projections between the tables with these sums and those without negative numbers (Boyle and Dykstra,
    1986).

    Parameters
    ----------
    lost
        What causes take, signed; shape (months, causes).
    gap
        What each row is to sum to; shape (months,).
    """
    if not lost.size or gap.sum() <= 0:
        return np.zeros_like(lost)
    totals = lost.sum(axis=0).clip(min=0.0)
    if totals.sum() <= 0:
        return np.zeros_like(lost)
    totals = totals * gap.sum() / totals.sum()
    blocks = lost.copy()
    correction = np.zeros_like(lost)
    for _ in range(MOST_STEPS):
        with_sums = _with_sums(blocks, gap, totals)
        nearest = (with_sums + correction).clip(min=0.0)
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
