"""Monthly metrics of a run: surplus, transferable power, delivered and lost energy."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar

import numpy as np
import pandas as pd

from energy.metrics.accounts import supply_by_country
from energy.metrics.balance import net_position
from energy.model.cache import IdentityKey
from energy.solve import Result

GWH = 1e-3  # GWh per MWh
FIRM = 0.9  # share of the hours that reach firm power: P90
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
    >>> found = solve(inputs(read_case("two_bus"), scenario))
    >>> round(float(transferable(found).max()), 3)  # MW
    95.0
    """
    links = result.inputs.components.get("links", pd.DataFrame())
    return _together(result.received, of_service(links, service))


def sent(result: Result, service: str = "casa") -> pd.Series:
    """Return the power that a service's links take at their near end [MW]; shape (snapshots,).

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.model.inputs import inputs
    >>> from energy.solve import solve
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> found = solve(inputs(read_case("two_bus"), scenario))
    >>> round(float(sent(found).max()), 3)  # MW
    100.0
    """
    links = result.inputs.components.get("links", pd.DataFrame())
    return _together(result.flow("links"), of_service(links, service))


def _together(table: pd.DataFrame, names: list[str]) -> pd.Series:
    at = np.array([table.columns.get_loc(name) for name in names], dtype=int)
    return pd.Series(table.to_numpy(float)[:, at].sum(axis=1), table.index)


def of_service(table: pd.DataFrame, service: str) -> list[str]:
    """Return the names of the components that serve a service."""
    return list(_of_service(IdentityKey(table), service)) if "service" in table else []


@lru_cache(maxsize=32)
def _of_service(table: IdentityKey[pd.DataFrame], service: str) -> tuple[str, ...]:
    return tuple(str(name) for name in table.it.index[table.it["service"] == service])


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
    >>> found = solve(inputs(read_case("two_bus"), scenario))
    >>> energy_by_month(transferable(found), found).round(1).iloc[:3].to_dict()  # GWh
    {Period('2028-04', 'M'): 0.0, Period('2028-05', 'M'): 70.7, Period('2028-06', 'M'): 68.4}
    """
    return power.mul(result.hours, axis=0).groupby(month_of(result)).sum() * GWH


def weighted_quantile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    """Return the value that ``share`` of the weight does not exceed.

    Power is quoted by exceedance: P90, which 90 % of the hours reach, is the quantile 0.1.

    Examples
    --------
    >>> weighted_quantile(np.array([3.0, 1.0, 2.0]), np.array([1.0, 8.0, 1.0]), 0.5)
    1.0
    """
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(cumulated, share * cumulated[-1])])


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
    return weighted_quantile(power, hours, 1 - FIRM) if hours.any() else 0.0


def ceiling(result: Result, season: np.ndarray, limit: float | None) -> pd.Series:
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
    >>> found = solve(inputs(read_case("two_bus"), scenario))
    >>> import numpy as np
    >>> open_season = np.ones(len(found.hours))
    >>> float(ceiling(found, open_season, None).max())  # MW, after losses
    95.0
    """
    links = result.inputs.components.get("links", pd.DataFrame())
    names = links.index[links["service"] == "casa"] if "service" in links else links.index[:0]
    if names.empty:
        return pd.Series(0.0, index=result.inputs.axis.snapshots)
    rating = links.loc[names, "p_nom"].to_numpy(float)
    efficiency = links.loc[names, "efficiency"].to_numpy(float)
    order = np.argsort(-efficiency, kind="stable")
    room = rating.sum() if limit is None else min(limit, rating.sum())
    filled = np.clip(room - np.concatenate([[0], np.cumsum(rating[order])[:-1]]), 0, rating[order])
    return pd.Series(float((filled * efficiency[order]).sum()) * season, index=result.inputs.axis.snapshots)


def surplus(result: Result, countries: list[str]) -> pd.DataFrame:
    """Return what each seller has beyond its own demand, purchases and commitments [MW].

    Where sellers have accounts it is what each sends over the line under study; else its net position, where that is
    positive.

    Returns
    -------
    pandas.DataFrame
        Index snapshot; columns countries.
    """
    sent = supply_by_country(result)
    if sent.columns.empty:
        return net_position(result, countries).clip(lower=0)
    return sent.reindex(columns=countries, fill_value=0.0).clip(lower=0)


def monthly_table(
    result: Result, season: np.ndarray, limit: float | None, countries: list[str], losses: Mapping[str, pd.Series]
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
    >>> found = solve(inputs(read_case("two_bus"), scenario))
    >>> table = monthly_table(found, np.ones(len(found.hours)), None, ["AA"], {})
    >>> round(float(table["delivered"].sum()), 1)
    348.8
    """
    power, months = transferable(result), month_of(result)
    table = energy_by_month(surplus(result, countries), result).add_prefix("surplus ")
    in_season = season > 0
    rows = {}
    for month in table.index:
        at = (months == month) & in_season
        values, weights = power.to_numpy()[at], (result.hours * season)[at]
        if at.any():
            energy = float((values * result.hours[at]).sum())
            rows[month] = [energy / weights.sum(), firm_power(values, weights), float(values.max())]
        else:
            rows[month] = [0.0, 0.0, 0.0]
    table[["transferable mean", "transferable P90", "transferable max"]] = pd.DataFrame(rows).T
    table["ceiling"] = energy_by_month(ceiling(result, season, limit), result)
    table["delivered"] = energy_by_month(power, result)
    table["lost"] = table["ceiling"] - table["delivered"]
    for cause, lost in losses.items():
        table[f"lost to {cause}"] = lost.reindex(table.index).fillna(0.0)
    shares = pd.DataFrame({cause: lost.reindex(table.index).fillna(0.0) for cause, lost in losses.items()})
    open_months = table["ceiling"] > 0
    largest = shares.idxmax(axis=1) if len(losses) else pd.Series("", index=table.index)
    lost_enough = table["lost"] > 1e-3 * table["ceiling"].clip(lower=1e-9)
    table["limit"] = np.where(~open_months, "season", np.where(lost_enough, largest, "contract"))
    table.index.name = "month"
    return table
