"""Accounts of control areas: what each sends over the line under study, what it buys, and its net position."""

from __future__ import annotations

import numpy as np
import pandas as pd

from energy.case.rules import AccountRule
from energy.model.accounts import SCHEDULE, Account, Coefficients, account_of
from energy.model.objective import STUDIED
from energy.solve import Result


def accounts(result: Result) -> list[Account]:
    """Return the accounts of the control areas that the case's rules name, in their order."""
    areas = [rule.area for rule in result.inputs.book.rules.values() if isinstance(rule, AccountRule)]
    return [account_of(area, result.inputs.components) for area in areas]


def scheduled_exchanges(result: Result) -> pd.DataFrame:
    """Return each control area's physical and scheduled exchanges over what it shares with others [MW].

    Parameters
    ----------
    result
        A solved scenario.

    Returns
    -------
    pandas.DataFrame
        Index snapshot; columns (area, ``physical`` | ``sent`` | ``bought``). ``physical`` is what leaves over lines
        and shared links, ``sent`` what the area sends into schedules, ``bought`` what it buys outside. In every
        snapshot physical = sent − bought. Links of the area's own contracts count on neither side.

    Examples
    --------
    >>> import energy
    >>> run = energy.run(energy.read_case("two_bus"), energy.read_scenario("two_bus"))
    >>> scheduled_exchanges(run.result).shape
    (96, 0)
    """
    columns: dict[tuple[str, str], pd.Series] = {}
    for account in accounts(result):
        columns[account.area, "physical"] = _power(result, account.physical)
        columns[account.area, "sent"] = _power(result, account.sent)
        columns[account.area, "bought"] = _power(result, account.bought)
    table = pd.DataFrame(columns, index=result.inputs.axis.snapshots)
    table.columns = pd.MultiIndex.from_tuples(columns, names=["area", "exchange"])
    return table


def account_mismatch(result: Result) -> float:
    """Return the largest difference between net position and scheduled exchange in any snapshot [MW]."""
    table = scheduled_exchanges(result)
    if table.empty:
        return 0.0
    physical, sent, bought = (table.xs(name, axis=1, level="exchange") for name in ("physical", "sent", "bought"))
    return float((physical - sent + bought).abs().to_numpy().max(initial=0.0))


def supply_by_country(result: Result) -> pd.DataFrame:
    """Return what each country sends over the line under study, at its near end [MW].

    Sellers have accounts; others send what a link of theirs puts into the schedule of the line (open access).

    Parameters
    ----------
    result
        A solved scenario.

    Returns
    -------
    pandas.DataFrame
        Index snapshot; a column a country; empty where the line draws on no schedule.
    """
    schedules = _studied_schedules(result)
    generators = result.inputs.components.get("generators", pd.DataFrame())
    links = result.inputs.components.get("links", pd.DataFrame())
    parts: dict[str, pd.Series] = {}
    if schedules and "account" in generators:
        sends = generators["bus"].isin(schedules) & (generators["sign"] > 0)
        for name in generators.index[sends]:
            country = str(generators.at[name, "account"])
            parts[country] = parts.get(country, 0.0) + result.flow("generators")[name]
    if schedules:
        country_of_bus = result.inputs.components["buses"]["country"].to_dict()
        sends = links["bus2"].isin(schedules) & (links["efficiency2"] > 0)
        for name in links.index[sends]:
            country = str(country_of_bus[links.at[name, "bus0"]])
            parts[country] = parts.get(country, 0.0) + result.flow("links")[name]
    return pd.DataFrame(parts, index=result.inputs.axis.snapshots)


def purchases_by_country(result: Result) -> pd.DataFrame:
    """Return what each control area buys outside [MW]; index snapshot, a column a country."""
    bought = {account.area: _power(result, account.bought) for account in accounts(result)}
    return pd.DataFrame(bought, index=result.inputs.axis.snapshots)


def _studied_schedules(result: Result) -> set[str]:
    """Return the buses of schedules that the links under study draw on."""
    links = result.inputs.components.get("links", pd.DataFrame())
    if "service" not in links or "bus2" not in links:
        return set()
    buses = result.inputs.components["buses"]
    drawn = set(links.loc[links["service"] == STUDIED, "bus2"])
    return drawn & set(buses.index[buses["carrier"] == SCHEDULE])


def _power(result: Result, coefficients: Coefficients) -> pd.Series:
    total = np.zeros(len(result.inputs.axis.snapshots))
    for component, by_name in coefficients.items():
        if len(by_name):
            total += result.flow(component)[by_name.index].to_numpy() @ by_name.to_numpy(float)
    return pd.Series(total, result.inputs.axis.snapshots)
