"""River statistics of a case: the table, its checks, and the rivers that synthetic water years are drawn for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from energy.errors import Fault, InputError, nearest

DAYS = np.array([31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
"""Mean length of the months from January [d]."""
WINTER = (9, 10, 11, 0, 1, 2)
"""October to March, the first half of the hydrological year, counted from January = 0."""
SUMMER = (3, 4, 5, 6, 7, 8)
"""April to September."""

ALL_RIVERS = "all rivers"
SHARE = "share"
DEPENDENCE = (ALL_RIVERS, "dependence", "Oct-Sep")

_MONTHS = tuple(map(str, range(1, 13)))
_PERIODS: dict[str, tuple[str, ...]] = {
    "mean": _MONTHS,
    "cv": _MONTHS,
    "winter_cv": ("Oct-Mar",),
    "year_cv": ("Oct-Sep",),
    "lag1": ("Oct-Sep",),
    "carry": ("Oct-Mar",),
    "weight": ("Oct-Sep",),
    "melt": ("days",),
}
"""Statistic of a river → the periods that the table gives it for."""
_OF_ALL_RIVERS = ["dependence"]
_OF_ONE_RIVER = [*_PERIODS, SHARE]
_RANGES: dict[str, tuple[float, float]] = {
    "mean": (1e-6, 1e6),
    "cv": (0.0, 2.0),
    "winter_cv": (0.0, 2.0),
    "year_cv": (0.0, 2.0),
    "lag1": (-0.95, 0.95),
    "carry": (-1.0, 1.0),
    "weight": (-1.0, 1.0),
    "melt": (0.0, 1.0),
    "share": (0.0, 2.0),
    "dependence": (0.0, 1.0),
}
"""Statistic → its lowest and highest value."""

Values = Mapping[tuple[str, str, str], float]
"""(river, statistic, period) → value."""


@dataclass(frozen=True)
class River:
    """Statistics of the flow of one river.

    Attributes
    ----------
    name
        Its name, which also names its random stream.
    mean, cv
        Mean [m³/s] and coefficient of variation of each month from January.
    winter_cv, year_cv
        Coefficients of variation of the volumes of October–March and of the hydrological year, October–September.
    lag1
        Correlation of one hydrological year's volume with the next one's.
    carry
        Correlation of the volume of April–September with that of the October–March that follows.
    weight
        Part of the common dependence that the river takes: two rivers' years correlate by dependence · weight · weight.
    melt
        Days by which the river comes earlier for each day by which the melt comes earlier; 0 for a regulated one.
    sites
        Inflow sites of the case and the share of the river's flow that each takes.
    """

    name: str
    mean: tuple[float, ...]
    cv: tuple[float, ...]
    winter_cv: float
    year_cv: float
    lag1: float
    carry: float
    weight: float
    melt: float
    sites: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class WaterStatistics:
    """Statistics of all rivers of a case.

    Attributes
    ----------
    rivers
        One entry a river, in the order of the table.
    dependence
        Correlation of the yearly volumes of two rivers of weight 1.
    path
        File they come from.
    """

    rivers: tuple[River, ...]
    dependence: float
    path: Path | None = None

    @property
    def sites(self) -> tuple[str, ...]:
        """Names of the inflow sites, in the order in which flows are drawn for them."""
        names: list[str] = []
        for river in self.rivers:
            names.extend(site for site, _ in river.sites)
        return tuple(names)


def water_statistics(table: pd.DataFrame) -> WaterStatistics:
    """Return the statistics in ``profiles/water_statistics.csv``.

    Parameters
    ----------
    table
        Index ``river``, ``statistic``, ``of``; column ``value``; see docs/case-format.md.

    Raises
    ------
    InputError
        When a statistic is unknown, missing or out of range, with file and line.
    """
    path = table.attrs.get("path")
    names = list(map(str, table.index.unique("river")))
    if ALL_RIVERS in names:
        names.remove(ALL_RIVERS)
    values = dict(zip(table.index, table["value"].astype(float).tolist(), strict=True))
    faults = [
        *_faults_of_rows(table, path),
        *_missing_rows(names, values, path),
        *_doubled_sites(table, path),
    ]
    if faults:
        raise InputError(faults)
    rivers = tuple(_river(name, values) for name in names)
    return WaterStatistics(rivers, values[DEPENDENCE], path)


def _river(
    name: str,
    values: Values,
) -> River:
    def of_months(statistic: str) -> tuple[float, ...]:
        return tuple(values[name, statistic, month] for month in _MONTHS)

    def of_period(statistic: str) -> float:
        period = _PERIODS[statistic][0]
        return values[name, statistic, period]

    sites = []
    for (river, statistic, site), share in values.items():
        if river == name and statistic == SHARE:
            sites.append((site, share))
    return River(
        name=name,
        mean=of_months("mean"),
        cv=of_months("cv"),
        winter_cv=of_period("winter_cv"),
        year_cv=of_period("year_cv"),
        lag1=of_period("lag1"),
        carry=of_period("carry"),
        weight=of_period("weight"),
        melt=of_period("melt"),
        sites=tuple(sites),
    )


def _faults_of_rows(
    table: pd.DataFrame,
    path: Path | None,
) -> Iterator[Fault]:
    no_lines = [None] * len(table)
    lines = table.attrs.get("lines", no_lines)
    names = [*_OF_ONE_RIVER, *_OF_ALL_RIVERS]
    for key, value, line in zip(table.index, table["value"], lines, strict=True):
        river, statistic, period = map(str, key)
        complaint = _complaint(river, statistic, period, float(value))
        if complaint is not None:
            what, allowed = complaint
            repair = nearest(statistic, names)
            yield Fault(what, path, line, allowed=allowed, repair=repair)


def _complaint(
    river: str,
    statistic: str,
    period: str,
    value: float,
) -> tuple[str, str] | None:
    """Return what is wrong with a row and what is allowed; None where it is right."""
    names = _OF_ALL_RIVERS if river == ALL_RIVERS else _OF_ONE_RIVER
    if statistic not in names:
        return f"{statistic!r} is no statistic of {river!r}", ", ".join(names)
    periods = _periods_of(statistic)
    if periods and period not in periods:
        return f"{statistic} of {river!r} is given for {period!r}", ", ".join(periods)
    low, high = _RANGES[statistic]
    if not low <= value <= high:
        return f"{statistic} of {period} for {river!r} is {value:g}", f"{low:g} to {high:g}"
    return None


def _periods_of(statistic: str) -> tuple[str, ...]:
    """Return the periods that a statistic is given for; none for a share, which is given by site."""
    if statistic in _OF_ALL_RIVERS:
        return DEPENDENCE[2:]
    return _PERIODS.get(statistic, ())


def _missing_rows(
    names: list[str],
    values: Values,
    path: Path | None,
) -> Iterator[Fault]:
    required = [DEPENDENCE]
    for name in names:
        for statistic, periods in _PERIODS.items():
            required.extend((name, statistic, period) for period in periods)
    for key in required:
        if key not in values:
            river, statistic, period = key
            yield Fault(f"no {statistic} of {period} for {river!r}", path, repair="add a row")


def _doubled_sites(
    table: pd.DataFrame,
    path: Path | None,
) -> Iterator[Fault]:
    is_share = table.index.get_level_values("statistic") == SHARE
    sites = table.index[is_share].get_level_values("of")
    for site in sites[sites.duplicated()].unique():
        yield Fault(f"site {site!r} takes from two rivers", path)
