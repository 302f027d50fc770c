"""Inflow: the hydrology of a scenario → the flow into every inflow site, hour by hour."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from energy.case.case import Case
from energy.case.check import OTHER
from energy.case.schema import MONTHS
from energy.errors import Fault, InputError, nearest
from energy.model.hydrology.statistics import WaterStatistics, water_statistics
from energy.model.hydrology.years import draw_years, shifted
from energy.model.profiles import HM3_AN_HOUR
from energy.scenario.hydrology import Drawn, Hydrology, Shifted


def inflow(
    case: Case,
    hours: pd.DatetimeIndex,
    water: Hydrology,
) -> dict[str, np.ndarray]:
    """Return the flow into each inflow site of the case [hm³/h] in every hour.

    A label's twelve months fill each year of the horizon, counted from its first hour. A drawn trace runs through
    calendar years, so that one winter is one winter across the turn of the year.

    Parameters
    ----------
    case
        What exists.
    hours
        Hours of the horizon, UTC.
    water
        Label, one label a year of the horizon, site → label, label in another climate, or draw.

    Returns
    -------
    dict
        Site → flow; shape (hours,).

    Raises
    ------
    InputError
        When the case has no such hydrology, or no statistics to draw from.
    """
    sites = _sites(case)
    if isinstance(water, Drawn):
        return _drawn_inflow(case, hours, water, sites)
    if isinstance(water, Shifted):
        return _shifted_inflow(case, hours, water, sites)
    month = hours.month.to_numpy() - 1
    year = _year_of_horizon(hours)
    years = int(year[-1]) + 1
    flows = {}
    for site in sites:
        label = water.get(site, "median") if isinstance(water, Mapping) else water
        labels = label if isinstance(label, tuple) else (label,) * years
        monthly = np.array([months_of(case, site, name) for name in labels])
        flows[site] = monthly[year, month] * HM3_AN_HOUR
    return flows


def _sites(case: Case) -> list[str]:
    names = case.profiles["inflow"].index.unique("site")
    return list(map(str, names))


def _year_of_horizon(hours: pd.DatetimeIndex) -> np.ndarray:
    """Return the year of the horizon of each hour; it turns at the month and day of the first hour."""
    calendar_year = hours.year.to_numpy() - hours[0].year
    day = hours.month.to_numpy() * 100 + hours.day.to_numpy()
    is_before_the_turn = day < day[0]
    return np.asarray(calendar_year - is_before_the_turn)


def _drawn_inflow(
    case: Case,
    hours: pd.DatetimeIndex,
    water: Drawn,
    sites: list[str],
) -> dict[str, np.ndarray]:
    """Return the flow of a drawn trace into each site [hm³/h]; shape (hours,)."""
    month = hours.month.to_numpy() - 1
    year = hours.year.to_numpy() - hours[0].year
    years = int(year[-1]) + 1
    statistics = _statistics(case, sites)
    trace = draw_years(
        statistics,
        seed=water.seed,
        draw=water.draw,
        years=years,
        dependence=water.dependence,
        shift=water.shift,
    )
    flows = {}
    for site in sites:
        column = statistics.sites.index(site)
        flows[site] = trace[:, column][year, month] * HM3_AN_HOUR
    return flows


def _shifted_inflow(
    case: Case,
    hours: pd.DatetimeIndex,
    water: Shifted,
    sites: list[str],
) -> dict[str, np.ndarray]:
    """Return the flow of a label in another climate into each site [hm³/h]; shape (hours,).

    The label's twelve months come again each year, so that what comes earlier in January left the end of December.
    """
    month = hours.month.to_numpy() - 1
    statistics = _statistics(case, sites)
    melt = {site: river.melt for river in statistics.rivers for site, _ in river.sites}
    flows = {}
    for site in sites:
        monthly = months_of(case, site, water.label)
        same_years = np.tile(monthly, (3, 1))
        year_between = shifted(same_years, water.shift, melt[site])[1]
        flows[site] = year_between[month] * HM3_AN_HOUR
    return flows


def _statistics(
    case: Case,
    sites: list[str],
) -> WaterStatistics:
    """Return the river statistics of a case, from which every inflow site takes a share."""
    path = case.path / "profiles" / "water_statistics.csv"
    table = case.profiles.get("water_statistics")
    if table is None:
        raise InputError(Fault("no statistics to draw water from", path, repair="add the file or choose a label"))
    statistics = water_statistics(table)
    faults = []
    for site in sites:
        if site in statistics.sites:
            continue
        fault = Fault(f"no river gives a share to site {site!r}", path, repair="add a row")
        faults.append(fault)
    if faults:
        raise InputError(faults)
    return statistics


def months_of(
    case: Case,
    site: str,
    label: str,
) -> np.ndarray:
    """Return the mean flow of a site in the twelve months of a label [m³/s].

    A site that has no row for the label takes its row ``other``, if it has one.

    Raises
    ------
    InputError
        When the case has no such hydrology.

    Examples
    --------
    >>> from energy.case import read_case
    >>> months_of(read_case("two_bus"), "river inflow", "median").shape
    (12,)
    """
    table = case.profiles["inflow"]
    flows = table.xs(site, level="site")
    labels = list(map(str, table.index.unique("hydrology")))
    has_no_row = label not in flows.index
    if has_no_row and label in labels and OTHER in flows.index:
        label = OTHER
    if label not in flows.index:
        raise InputError(
            Fault(
                f"{case.path / 'profiles' / 'inflow.csv'} has no hydrology {label!r}",
                allowed=", ".join(labels),
                repair=nearest(label, labels),
            )
        )
    return flows.loc[label, MONTHS].to_numpy(float)
