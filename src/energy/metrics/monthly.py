"""Monthly metrics of a run: surplus, transferable power, delivered and lost energy."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar

import numpy as np
import pandas as pd

from energy.metrics.accounts import supply_by_country
from energy.metrics.balance import net_position
from energy.metrics.month_columns import LOST, SURPLUS
from energy.model.cache import IdentityKey
from energy.model.objective import STUDIED
from energy.solve import Result

GWH = 1e-3  # GWh per MWh
FIRM = 0.9  # share of the hours that reach firm power: P90
_NOISE = 1e-9  # MW and GWh below which a number is what a solver leaves beside zero
Power = TypeVar("Power", "pd.Series[float]", pd.DataFrame)


def transferable(result: Result, service: str = "casa") -> pd.Series:
    """Return the power that a service's links deliver at their far end [MW]; shape (snapshots,).

    Transferable power is what is received, after losses, in an optimum that delivers the most without harm to what
    stands before the service in the protection order.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.model.inputs import inputs
    >>> from energy.solve import solve
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> result = solve(inputs(read_case("two_bus"), scenario))
    >>> round(float(transferable(result).max()), 3)  # MW
    95.0
    """
    return _sum_of_service(result, result.received, service)


def sent(result: Result, service: str = "casa") -> pd.Series:
    """Return the power that a service's links take at their near end [MW]; shape (snapshots,).

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.model.inputs import inputs
    >>> from energy.solve import solve
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> result = solve(inputs(read_case("two_bus"), scenario))
    >>> round(float(sent(result).max()), 3)  # MW
    100.0
    """
    return _sum_of_service(result, result.flow("links"), service)


def _sum_of_service(
    result: Result,
    power: pd.DataFrame,
    service: str,
) -> pd.Series:
    """Return the sum of the links of a service in every snapshot."""
    links = result.inputs.components.get("links", pd.DataFrame())
    names = of_service(links, service)
    columns = np.array([power.columns.get_loc(name) for name in names], dtype=int)
    total = power.to_numpy(float)[:, columns].sum(axis=1)
    return pd.Series(total, power.index)


def of_service(table: pd.DataFrame, service: str) -> list[str]:
    """Return the names of the components that serve a service."""
    if "service" not in table:
        return []
    names = _of_service(IdentityKey(table), service)
    return list(names)


@lru_cache(maxsize=32)
def _of_service(key: IdentityKey[pd.DataFrame], service: str) -> tuple[str, ...]:
    table = key.it
    names = table.index[table["service"] == service]
    return tuple(str(name) for name in names)


def month_of(result: Result) -> pd.PeriodIndex:
    """Return the calendar month that each snapshot lies in."""
    return result.inputs.axis.snapshots.to_period("M")


def energy_by_month(power: Power, result: Result) -> Power:
    """Return monthly energy [GWh] of a power [MW] in every snapshot.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.model.inputs import inputs
    >>> from energy.solve import solve
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> result = solve(inputs(read_case("two_bus"), scenario))
    >>> energy_by_month(transferable(result), result).round(1).iloc[:3].to_dict()  # GWh
    {Period('2028-04', 'M'): 0.0, Period('2028-05', 'M'): 70.7, Period('2028-06', 'M'): 68.4}
    """
    energy = power.mul(result.hours, axis=0)
    return energy.groupby(month_of(result)).sum() * GWH


def delivered_energy(result: Result) -> float:
    """Return the energy that the line under study delivers over the horizon [GWh]."""
    by_month = energy_by_month(transferable(result), result)
    return float(by_month.sum())


def weighted_quantile(
    values: np.ndarray,
    weights: np.ndarray,
    share: float,
) -> float:
    """Return the value that ``share`` of the weight does not exceed.

    Power is quoted by exceedance: P90, which 90 % of the hours reach, is the quantile 0.1.

    Examples
    --------
    >>> weighted_quantile(np.array([3.0, 1.0, 2.0]), np.array([1.0, 8.0, 1.0]), 0.5)
    1.0
    """
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(weights[order])
    rank = np.searchsorted(cumulated, share * cumulated[-1])
    return float(values[order][rank])


def firm_power(power: np.ndarray, hours: np.ndarray) -> float:
    """Return P90: the power that is reached in 90 % of the hours [MW]; 0 where there are none.

    Parameters
    ----------
    power, hours
        Power [MW], and the hours [h] that it stands for; shape (snapshots,).

    Examples
    --------
    >>> firm_power(np.array([0.0, 400.0, 900.0]), np.array([5.0, 50.0, 45.0]))
    400.0
    """
    if not hours.any():
        return 0.0
    return weighted_quantile(power, hours, 1 - FIRM)


def ceiling(
    result: Result,
    season: np.ndarray,
    limit: float | None,
) -> pd.Series:
    """Return the power that the contract's line could deliver, all parts in service, water without limit [MW].

    Segments are filled in the order of their efficiency up to the limit at the sending end; shape (snapshots,).

    Parameters
    ----------
    season
        Share of each snapshot inside the contract season.
    limit
        Most power at the sending end [MW]; None for the links' own rating.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.model.inputs import inputs
    >>> from energy.solve import solve
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> result = solve(inputs(read_case("two_bus"), scenario))
    >>> import numpy as np
    >>> open_season = np.ones(len(result.hours))
    >>> float(ceiling(result, open_season, None).max())  # MW, after losses
    95.0
    """
    snapshots = result.inputs.axis.snapshots
    links = result.inputs.components.get("links", pd.DataFrame())
    names = of_service(links, STUDIED)
    if not names:
        return pd.Series(0.0, index=snapshots)
    rating = links.loc[names, "p_nom"].to_numpy(float)
    efficiency = links.loc[names, "efficiency"].to_numpy(float)
    order = np.argsort(-efficiency, kind="stable")
    most_sent = rating.sum() if limit is None else min(limit, rating.sum())
    filled_before = np.concatenate([[0], np.cumsum(rating[order])[:-1]])
    filled = np.clip(most_sent - filled_before, 0, rating[order])
    delivered = float((filled * efficiency[order]).sum())
    return pd.Series(delivered * season, index=snapshots)


def surplus(result: Result, countries: list[str]) -> pd.DataFrame:
    """Return what each seller has beyond its own demand, purchases and commitments [MW].

    Where sellers have accounts it is what each sends over the line under study; else its net position, where that is
    positive.

    Returns
    -------
    pandas.DataFrame
        Index snapshot; columns countries.
    """
    supply = supply_by_country(result)
    if supply.columns.empty:
        supply = net_position(result, countries)
    else:
        supply = supply.reindex(columns=countries, fill_value=0.0)
    return supply.clip(lower=0)


def monthly_table(
    result: Result,
    season: np.ndarray,
    limit: float | None,
    countries: list[str],
    losses: Mapping[str, pd.Series],
) -> pd.DataFrame:
    """Return the months of a run.

    Parameters
    ----------
    result
        The solved scenario.
    season
        Share of each snapshot inside the contract season.
    limit
        Contract ceiling at the sending end [MW].
    countries
        Countries whose surplus is shown.
    losses
        Cause → energy lost to it by month [GWh], from the ladder of protected services; may be empty.

    Returns
    -------
    pandas.DataFrame
        Index month; columns ``surplus <country>`` [GWh], ``transferable mean``, ``transferable P90`` (reached in 90 %
        of the hours), ``transferable max`` [MW at the receiving end, over the hours of the season], ``ceiling``,
        ``delivered``, ``lost`` [GWh], one column ``lost to <cause>`` a cause [GWh], ``limit`` (the cause that takes
        most).

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.model.inputs import inputs
    >>> from energy.solve import solve
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> result = solve(inputs(read_case("two_bus"), scenario))
    >>> table = monthly_table(result, np.ones(len(result.hours)), None, ["AA"], {})
    >>> round(float(table["delivered"].sum()), 1)
    348.8
    """
    power = transferable(result)
    table = energy_by_month(surplus(result, countries), result).add_prefix(SURPLUS)
    levels = _power_levels(result, power, season, table.index)
    table[levels.columns] = levels
    table["ceiling"] = energy_by_month(ceiling(result, season, limit), result)
    table["delivered"] = energy_by_month(power, result)
    table["lost"] = table["ceiling"] - table["delivered"]
    lost_to = pd.DataFrame(index=table.index)
    for cause, energy in losses.items():
        lost_to[cause] = energy.reindex(table.index).fillna(0.0)
        table[f"{LOST}{cause}"] = lost_to[cause]
    table = table.where(table.abs() > _NOISE, 0.0)
    table["limit"] = _limiting_cause(table, lost_to)
    table.index.name = "month"
    return table


def _power_levels(
    result: Result,
    power: pd.Series,
    season: np.ndarray,
    months: pd.Index,
) -> pd.DataFrame:
    """Return the mean, P90 and the largest of the transferable power over the hours of the season, by month [MW]."""
    levels = ["transferable mean", "transferable P90", "transferable max"]
    table = pd.DataFrame(0.0, index=months, columns=levels)
    month = month_of(result)
    for one_month in months:
        is_inside = (month == one_month) & (season > 0)
        if not is_inside.any():
            continue
        values = power.to_numpy()[is_inside]
        hours = result.hours[is_inside]
        season_hours = (result.hours * season)[is_inside]
        energy = float((values * hours).sum())
        mean = energy / season_hours.sum()
        firm = firm_power(values, season_hours)
        largest = float(values.max())
        table.loc[one_month] = [mean, firm, largest]
    return table


def _limiting_cause(table: pd.DataFrame, lost_to: pd.DataFrame) -> np.ndarray:
    """Return the cause that takes most in each month; ``contract`` where next to nothing is lost."""
    no_cause = pd.Series("", index=table.index)
    largest = lost_to.idxmax(axis=1) if len(lost_to.columns) else no_cause
    is_outside = table["ceiling"] <= 0
    is_lost = table["lost"] > 1e-3 * table["ceiling"].clip(lower=1e-9)
    cause = np.where(is_lost, largest, "contract")
    return np.where(is_outside, "season", cause)
