"""Monthly and hourly tables of a case → values for every hour of the horizon."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import pandas as pd

from energy.case.case import Case
from energy.case.check import month_set
from energy.case.schema import HOURS, MONTHS, SUMMER_MONTHS
from energy.errors import Fault, InputError
from energy.model.cache import IdentityKey
from energy.model.hourly import number

HM3_AN_HOUR = 0.0036  # hm³/h of one m³/s: 3,600 s/h over 1e6 m³/hm³

Columns = dict[tuple[str, str], dict[str, np.ndarray]]
"""(component list, attribute) → values in every hour by name; shape (hours,)."""


def demand(
    case: Case,
    hours: pd.DatetimeIndex,
    key: str,
    growth: str,
) -> np.ndarray:
    """Return a national demand [MW] in every hour; shape (hours,).

    demand(h) = energy of the year · share of the month / hours of the month · hourly shape(local hour).

    Where ``demand_season.csv`` has the demand, the shares of the months follow the energy of the year.

    Raises
    ------
    InputError
        When the case has no demand for a year of the horizon.
    """
    years = hours.year.to_numpy()
    energy = _annual_demand(case, years, key, growth)
    shares = _month_shares(case, energy, key, growth)
    year_of_horizon = years - energy.index[0]
    share_of_month = shares[year_of_horizon, hours.month.to_numpy() - 1]
    hours_of_month = hours.days_in_month.to_numpy() * 24.0
    gwh_of_year = energy.loc[years].to_numpy(float)
    mean = gwh_of_year * 1000 * share_of_month / hours_of_month
    curves = IdentityKey(case.profiles["demand_hour"])
    return np.asarray(mean * _hourly_demand(curves, key, IdentityKey(hours)))


@lru_cache(maxsize=32)
def _hourly_demand(
    curves: IdentityKey[pd.DataFrame],
    key: str,
    hours: IdentityKey[pd.DatetimeIndex],
) -> np.ndarray:
    """Return a demand over its mean of the day in every UTC hour; shape (hours,)."""
    daily_curves = curves.it.loc[[key]].droplevel("demand")
    return _hourly_factor(daily_curves, hours.it)


def _month_shares(
    case: Case,
    energy: pd.Series,
    key: str,
    growth: str,
) -> np.ndarray:
    """Return the share of each month in the energy of each year; shape (years, 12).

    A demand may grow in one season more than in the other: heating grows with every house, pumping does not. With the
    elasticity e of ``demand_season.csv``, demand of April to September goes with the energy of the year D as

        D_summer(y) = D_summer(shape year) · (D(y) / D(shape year))^e,

    and the other months have the rest, in the proportions of ``demand_month.csv``. With e = 1, and without a row, every
    year has the shares of ``demand_month.csv``.

    Parameters
    ----------
    energy
        Of the years [GWh].
    key, growth
        Demand, and its path of growth (``low``, ``central``, ``high``).

    Raises
    ------
    InputError
        When April to September would take more than the whole year.
    """
    share = case.profiles["demand_month"].loc[key, MONTHS].to_numpy(float)
    shares = np.tile(share, (len(energy), 1))
    season = case.profiles.get("demand_season")
    if season is None or key not in season.index:
        return shares
    shape_year = int(number(season, key, "shape_year"))
    elasticity = number(season, key, "summer_elasticity")
    annual = case.profiles["demand_year"].xs(key, level="demand")[growth]
    relative_energy = energy.to_numpy(float) / float(annual.loc[shape_year])
    summer_factor = relative_energy ** (elasticity - 1)
    is_summer = np.isin(MONTHS, SUMMER_MONTHS)
    summer = share[is_summer].sum()
    if summer * summer_factor.max() > 1:
        year = int(energy.index[int(summer_factor.argmax())])
        raise InputError(_summer_above_year(case, key, elasticity, year))
    winter_factor = (1 - summer * summer_factor) / (1 - summer)
    factor = np.where(is_summer, summer_factor[:, None], winter_factor[:, None])
    return np.asarray(shares * factor)


def _summer_above_year(
    case: Case,
    key: str,
    elasticity: float,
    year: int,
) -> Fault:
    return Fault(
        f"demand {key!r}: April to September of {year} would take more than the year with elasticity {elasticity:g}",
        case.path / "profiles" / "demand_season.csv",
        allowed="an elasticity that leaves energy for October to March",
        repair="bring the elasticity nearer to 1, or move the shape year nearer",
    )


def _annual_demand(
    case: Case,
    years: np.ndarray,
    key: str,
    growth: str,
) -> pd.Series:
    """Return a national demand [GWh]; index the years from the first to the last of the horizon."""
    annual = case.profiles["demand_year"].xs(key, level="demand")[growth]
    last_year = max(annual.index)
    missing = sorted(set(years) - set(annual.index) - {last_year + 1})
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
    horizon = range(min(years), max(years) + 1)
    return annual.reindex(horizon).ffill()


def _hourly_factor(
    curves: pd.DataFrame,
    hours: pd.DatetimeIndex,
) -> np.ndarray:
    """Return the factor within the day in every UTC hour; a half-hour offset takes the mean of its two local hours."""
    factor = np.ones(len(hours))
    month = hours.month.to_numpy()
    utc_hour = hours.hour.to_numpy()
    for months, row in curves.iterrows():
        local_curve = row[HOURS].to_numpy(float)
        local_hour = np.arange(24) + float(row["utc_offset"])
        hour_before = np.floor(local_hour).astype(int)
        fraction = local_hour - hour_before
        at_hour_before = local_curve[hour_before % 24]
        at_hour_after = local_curve[(hour_before + 1) % 24]
        utc_curve = at_hour_before * (1 - fraction) + at_hour_after * fraction
        is_in_months = np.isin(month, list(month_set(str(months))))
        factor[is_in_months] = utc_curve[utc_hour[is_in_months]]
    return factor


def varying(
    case: Case,
    hours: pd.DatetimeIndex,
    static: Mapping[str, pd.DataFrame],
) -> dict[tuple[str, str], pd.DataFrame]:
    """Return the attributes that ``monthly.csv`` and ``hourly.csv`` give to the components in service.

    Returns
    -------
    dict
        (component list, attribute) → table (hours × names) in PyPSA's unit.
    """
    columns: Columns = {}
    if "monthly" in case.profiles:
        _set_monthly_values(columns, case, hours, static)
    if "hourly" in case.profiles:
        _multiply_hourly_factors(columns, case, hours, static)
    tables = {}
    for key, by_name in columns.items():
        tables[key] = pd.DataFrame(by_name, index=hours)
    return tables


def _set_monthly_values(
    columns: Columns,
    case: Case,
    hours: pd.DatetimeIndex,
    static: Mapping[str, pd.DataFrame],
) -> None:
    """Set the columns of ``monthly.csv``; later rows replace earlier ones."""
    monthly = case.profiles["monthly"]
    month = hours.month.to_numpy() - 1
    values_of_rows = monthly[MONTHS].to_numpy(float)
    for key, values in zip(monthly.index, values_of_rows, strict=True):
        component, pattern, attribute = map(str, key)
        for name in _in_service(case, static, component, pattern):
            by_name = columns.setdefault((component, attribute), {})
            by_name[name] = values[month]


def _multiply_hourly_factors(
    columns: Columns,
    case: Case,
    hours: pd.DatetimeIndex,
    static: Mapping[str, pd.DataFrame],
) -> None:
    """Multiply the columns, or the static values where there are none, by the factors of ``hourly.csv``."""
    hourly = case.profiles["hourly"]
    keys = dict.fromkeys(index[:3] for index in hourly.index)
    for key in keys:
        component, pattern, attribute = map(str, key)
        factor = _factor(IdentityKey(hourly), IdentityKey(hours), key)
        for name in _in_service(case, static, component, pattern):
            by_name = columns.setdefault((component, attribute), {})
            constant = number(static[component], name, attribute)
            before = by_name.get(name, np.full(len(hours), constant))
            by_name[name] = before * factor


@lru_cache(maxsize=256)
def _factor(
    hourly: IdentityKey[pd.DataFrame],
    hours: IdentityKey[pd.DatetimeIndex],
    key: tuple[str, str, str],
) -> np.ndarray:
    is_of_key = [index[:3] == key for index in hourly.it.index]
    curves = hourly.it[is_of_key].droplevel([0, 1, 2])
    return _hourly_factor(curves, hours.it)


def _in_service(
    case: Case,
    static: Mapping[str, pd.DataFrame],
    component: str,
    pattern: str,
) -> list[str]:
    table = static.get(component)
    if table is None:
        return []
    return [name for name in case.names(component, pattern) if name in table.index]


def chosen_for(
    choice: str | Mapping[str, str],
    key: str,
    otherwise: str,
) -> str:
    """Return what a scenario chooses for a key: one word for all, or a word a key."""
    if isinstance(choice, str):
        return choice
    return choice.get(key, otherwise)
