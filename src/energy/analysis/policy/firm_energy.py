"""Firm energy of a policy: by month, what an operator can promise on a day, given what he has seen by then.

Firm is what is reached with a stated probability (exceedance). What is known on a day is the class of the water so far;
on the first day of the horizon it is nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import binom

from energy.model.objective import STUDIED

PROMISED_IN = ("April", "May", "June")
"""Months on whose first day a promise is made."""
PROBABILITIES = (90, 95)
"""Percent of the years that reach a promise, its exceedance."""
WORST = 10
"""Percent of the years whose mean stands beside a promise: what is left where the promise of 90 % is broken."""
CONFIDENCE = 0.95
"""Of the interval of a promise."""
ANY_WATER = 0
"""Class of a promise that does not ask for the water; of the others 1 is the driest."""
REST = "rest of the season"
"""In the place of a month: all months of the season from the day of the promise on."""
MW_OF_GWH_AN_HOUR = 1e3
"""MW of a GWh in an hour."""
COLUMNS = (
    "scenario",
    "promised_on",
    "water_class",
    "classes",
    "years",
    "month",
    "hours",
    "P90",
    "P90_low",
    "P90_high",
    "P95",
    "P90_to_end",
    "P95_to_end",
    "worst_tenth",
    "mean",
)


def firm_energy_table(years: xr.Dataset) -> pd.DataFrame:
    """Return the energy of the studied service that can be promised on a day, by month and by the water so far.

    The policy holds no water back for the sake of a promise. What it sells moves between months, so that a season is
    firmer than its months are one by one; ``P90_to_end`` says by when.

    Parameters
    ----------
    years
        Simulated years of a policy, see ``simulated_years``.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`, a row for each day of promise, class of water and month that may sell. ``water_class``: class
        of the month before that day, 1 the driest; 0: whatever the water. ``years`` that are in that class. ``month``
        may be `REST`. ``P90`` and ``P95``, energy that 90 and 95 % of these years reach at least; ``P90_low`` and
        ``P90_high``, its 95 % interval by order statistics (David and Nagaraja 2003, Order Statistics, section 7.1);
        ``P90_to_end`` and ``P95_to_end``, the same of the energy from the day of the promise to the end of the month;
        ``worst_tenth``, mean of the worst tenth of them, and ``mean`` [GWh]. Empty where nothing is studied.
    """
    rows: list[dict[str, Any]] = []
    if STUDIED in years["service"]:
        months = years["month"].values.tolist()
        for first, name in enumerate(months):
            month = name.split()[0]
            if month in PROMISED_IN:
                rows.extend(_promises(years, first, f"1 {month}"))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def firm_power(table: pd.DataFrame, share: int) -> pd.Series:
    """Return the promised power, mean of each month [MW], that a share of the years reaches.

    Parameters
    ----------
    table
        Rows of `firm_energy_table`.
    share
        One of `PROBABILITIES` [%].
    """
    return table[f"P{share}"] / table["hours"] * MW_OF_GWH_AN_HOUR


def _promises(
    years: xr.Dataset,
    first: int,
    promised_on: str,
) -> Iterator[dict[str, Any]]:
    """Yield the promises made on the first day of a month."""
    water_class = years["water_class"].to_numpy() + 1
    count = int(water_class.max())
    seen = [(ANY_WATER, np.full(len(water_class), True))]
    if first:
        seen += [(number, water_class[:, first - 1] == number) for number in range(1, count + 1)]
    for number, is_seen in seen:
        if not is_seen.any():
            continue
        for month, hours, energy, to_end in _energy_from(years, first):
            yield {
                "scenario": years.attrs["scenario"],
                "promised_on": promised_on,
                "water_class": number,
                "classes": count,
                "years": int(is_seen.sum()),
                "month": month,
                "hours": hours,
                **_firm_figures(energy[is_seen], to_end[is_seen]),
            }


def _energy_from(years: xr.Dataset, first: int) -> Iterator[tuple[str, float, np.ndarray, np.ndarray]]:
    """Yield months from one on that sell, then all of them: name, hours, each year's energy, that to its end [GWh]."""
    energy = years["energy"].sel(service=STUDIED).to_numpy()
    hours = years["hours"].to_numpy()
    sells = np.flatnonzero(energy.max(axis=0) > 0)
    sells = sells[sells >= first]
    names = years["month"].values.tolist()
    to_end = np.cumsum(energy[:, sells], axis=1)
    for place, month in enumerate(sells.tolist()):
        yield names[month], float(hours[month]), energy[:, month], to_end[:, place]
    if len(sells):
        yield REST, float(hours[sells].sum()), to_end[:, -1], to_end[:, -1]


def _firm_figures(energy: np.ndarray, to_end: np.ndarray) -> dict[str, float]:
    """Return what stands in a row of the table on the energy of some years, of a month and to its end [GWh]."""
    ascending = np.sort(energy)
    count = len(ascending)
    tail = (1 - CONFIDENCE) / 2
    ranks = binom.ppf([tail, 1 - tail], count, 1 - PROBABILITIES[0] / 100).astype(int)
    low, high = ascending[np.minimum(ranks, count - 1)]
    return {
        "P90": _exceeded_level(energy, 90),
        "P90_low": float(low),
        "P90_high": float(high),
        "P95": _exceeded_level(energy, 95),
        "P90_to_end": _exceeded_level(to_end, 90),
        "P95_to_end": _exceeded_level(to_end, 95),
        "worst_tenth": _mean_of_worst(energy, WORST),
        "mean": float(energy.mean()),
    }


def _exceeded_level(energy: np.ndarray, share: int) -> float:
    """Return the most that at least a share of the years reach.

    Examples
    --------
    >>> _exceeded_level(np.arange(10.0), 90), _exceeded_level(np.arange(9.0), 90)
    (1.0, 0.0)
    """
    years_below = (100 - share) * len(energy) // 100
    return float(np.sort(energy)[years_below])


def _mean_of_worst(energy: np.ndarray, share: int) -> float:
    """Return the mean of the worst share of the years (CVaR); where it ends within a year, that year counts in part.

    Examples
    --------
    >>> _mean_of_worst(np.arange(20.0), 10)
    0.5
    >>> _mean_of_worst(np.arange(15.0), 10)  # a year and a half: (0 + 0.5 * 1) / 1.5
    0.333...
    """
    worst = len(energy) * share / 100
    counted = np.clip(worst - np.arange(len(energy)), 0.0, 1.0)
    return float(np.sum(np.sort(energy) * counted) / worst)
