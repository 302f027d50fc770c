"""Inflow: the hydrology of a scenario → the flow into every inflow site, hour by hour."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from energy.case.case import Case
from energy.case.check import OTHER
from energy.case.schema import MONTHS
from energy.errors import Fault, InputError, nearest
from energy.model.hydrology.statistics import water_statistics
from energy.model.hydrology.years import draw_years
from energy.model.profiles import HM3_AN_HOUR
from energy.scenario.hydrology import Drawn, Hydrology


def inflow(case: Case, hours: pd.DatetimeIndex, water: Hydrology) -> dict[str, np.ndarray]:
    """Return the flow into each inflow site of the case [hm³/h] in every hour.

    A label's twelve months fill each year of the horizon, counted from its first hour; a drawn trace runs through
    calendar years, so that one winter is one winter across the turn of the year.

    Parameters
    ----------
    case
        What exists.
    hours
        Hours of the horizon, UTC.
    water
        Label, one label a year of the horizon, site → label, or draw.

    Returns
    -------
    dict
        Site → flow; shape (hours,).

    Raises
    ------
    InputError
        When the case has no such hydrology, or no statistics to draw from.
    """
    sites = [str(site) for site in case.profiles["inflow"].index.unique("site")]
    month, year = hours.month.to_numpy() - 1, hours.year.to_numpy() - hours[0].year
    if isinstance(water, Drawn):
        drawn = _drawn(case, water, sites, int(year[-1]) + 1)
        return {site: drawn[site][year, month] * HM3_AN_HOUR for site in sites}
    day = hours.month.to_numpy() * 100 + hours.day.to_numpy()
    passed = year - (day < day[0])  # a year of the horizon turns at the month and day of its first hour
    flows = {}
    for site in sites:
        label = water.get(site, "median") if isinstance(water, Mapping) else water
        labels = label if isinstance(label, tuple) else (label,) * (int(passed[-1]) + 1)
        flows[site] = np.array([months_of(case, site, name) for name in labels])[passed, month] * HM3_AN_HOUR
    return flows


def _drawn(case: Case, water: Drawn, sites: list[str], years: int) -> dict[str, np.ndarray]:
    """Return site → monthly flows [m³/s], shape (years, 12)."""
    path = case.path / "profiles" / "water_statistics.csv"
    if "water_statistics" not in case.profiles:
        raise InputError(Fault("no statistics to draw water from", path, repair="add the file or choose a label"))
    known = water_statistics(case.profiles["water_statistics"])
    missing = [site for site in sites if site not in known.sites]
    if missing:
        what = "no river gives a share to site"
        raise InputError([Fault(f"{what} {site!r}", path, repair="add a row") for site in missing])
    flows = draw_years(known, water.seed, water.draw, years, water.dependence, water.shift)
    return {site: flows[:, at] for at, site in enumerate(known.sites)}


def months_of(case: Case, site: str, label: str) -> np.ndarray:
    """Return the mean flow of a site in the twelve months of a label [m³/s]; where it has no row of its own, of others.

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
    rows = table.xs(site, level="site")
    known = [str(name) for name in table.index.unique("hydrology")]
    if label not in rows.index and label in known and OTHER in rows.index:
        label = OTHER
    if label not in rows.index:
        raise InputError(
            Fault(
                f"{case.path / 'profiles' / 'inflow.csv'} has no hydrology {label!r}",
                allowed=", ".join(known),
                repair=nearest(label, known),
            )
        )
    return rows.loc[label, MONTHS].to_numpy(float)
