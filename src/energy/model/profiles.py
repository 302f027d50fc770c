"""Monthly and hourly tables of a case → values for every hour of the horizon."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import pandas as pd

from energy.case.case import Case
from energy.case.check import month_set
from energy.case.schema import HOURS, MONTHS
from energy.errors import Fault, InputError
from energy.model.cache import IdentityKey
from energy.model.hourly import number

HM3_AN_HOUR = 0.0036  # hm³/h of one m³/s: 3,600 s/h over 1e6 m³/hm³


def demand(case: Case, hours: pd.DatetimeIndex, key: str, growth: str) -> np.ndarray:
    """Return a national demand [MW] in every hour; shape (hours,).

    demand(h) = energy of the year · share of the month / hours of the month · hourly shape(local hour).

    Raises
    ------
    InputError
        When the case has no demand for a year of the horizon.
    """
    annual = case.profiles["demand_year"].xs(key, level="demand")[growth]
    years = hours.year.to_numpy()
    missing = sorted(set(years) - set(annual.index) - {max(annual.index) + 1})
    if missing:
        raise InputError(
            Fault(
                f"no demand of {key!r} in {missing[0]}",
                case.path / "profiles" / "demand_year.csv",
                allowed=f"years {annual.index.min()} to {annual.index.max()}",
                repair="choose another year or add a row",
            )
        )
    # the months after the last year of the table keep that year's level
    energy = annual.reindex(range(min(years), max(years) + 1)).ffill()
    share = case.profiles["demand_month"].loc[key, MONTHS].to_numpy(float)
    month = hours.month.to_numpy()
    hours_of_month = hours.days_in_month.to_numpy() * 24.0
    mean = energy.loc[years].to_numpy(float) * 1000 * share[month - 1] / hours_of_month
    curves = case.profiles["demand_hour"].loc[[key]].droplevel("demand")
    return np.asarray(mean * _hourly(curves, hours))


def _hourly(rows: pd.DataFrame, hours: pd.DatetimeIndex) -> np.ndarray:
    """Return the factor within the day in every UTC hour; a half-hour offset takes the mean of its two local hours."""
    values = np.ones(len(hours))
    month, utc = hours.month.to_numpy(), hours.hour.to_numpy()
    for months, row in rows.iterrows():
        offset = float(row["utc_offset"])
        curve = row[HOURS].to_numpy(float)
        local = np.arange(24) + offset
        low = np.floor(local).astype(int)
        shifted = curve[low % 24] * (1 - (local - low)) + curve[(low + 1) % 24] * (local - low)
        chosen = np.isin(month, list(month_set(str(months))))
        values[chosen] = shifted[utc[chosen]]
    return values


def varying(
    case: Case, hours: pd.DatetimeIndex, static: Mapping[str, pd.DataFrame]
) -> dict[tuple[str, str], pd.DataFrame]:
    """Return what ``monthly.csv`` and ``hourly.csv`` say of the components in service.

    Returns
    -------
    dict
        (component list, attribute) → table (hours × names) in PyPSA's unit.
    """
    tables: dict[tuple[str, str], dict[str, np.ndarray]] = {}
    month = hours.month.to_numpy() - 1
    if "monthly" in case.profiles:
        monthly = case.profiles["monthly"]
        for key, values in zip(monthly.index, monthly[MONTHS].to_numpy(float), strict=True):
            component, pattern, attribute = (str(part) for part in key)
            for name in _in_service(case, static, component, pattern):
                tables.setdefault((component, attribute), {})[name] = values[month]
    if "hourly" in case.profiles:
        hourly = case.profiles["hourly"]
        for key in dict.fromkeys(index[:3] for index in hourly.index):
            component, pattern, attribute = (str(part) for part in key)
            factor = _factor(IdentityKey(hourly), IdentityKey(hours), key)
            for name in _in_service(case, static, component, pattern):
                table = tables.setdefault((component, attribute), {})
                before = table.get(name, np.full(len(hours), number(static[component], name, attribute)))
                table[name] = before * factor
    return {key: pd.DataFrame(columns, index=hours) for key, columns in tables.items()}


@lru_cache(maxsize=256)
def _factor(
    hourly: IdentityKey[pd.DataFrame], hours: IdentityKey[pd.DatetimeIndex], key: tuple[str, str, str]
) -> np.ndarray:
    chosen = [index[:3] == key for index in hourly.it.index]
    return _hourly(hourly.it[chosen].droplevel([0, 1, 2]), hours.it)


def _in_service(case: Case, static: Mapping[str, pd.DataFrame], component: str, pattern: str) -> list[str]:
    table = static.get(component)
    return [] if table is None else [name for name in case.names(component, pattern) if name in table.index]


def chosen_for(choice: str | Mapping[str, str], key: str, otherwise: str) -> str:
    """Return what a scenario chooses for a key: one word for all, or a word a key."""
    return choice if isinstance(choice, str) else choice.get(key, otherwise)
