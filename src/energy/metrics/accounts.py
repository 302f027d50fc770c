"""Accounts of control areas: scheduled exchanges, purchases, and supply to the line under study."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import numpy as np
import pandas as pd

from energy.case.rules import AccountRule
from energy.model.accounts import SCHEDULE, Account, Coefficients, account_of
from energy.model.objective import STUDIED
from energy.solve import Result

Supply = Iterator[tuple[str, pd.Series]]
"""Country and power in each snapshot [MW]."""


def accounts(result: Result) -> list[Account]:
    """Return the accounts of the control areas that the case's rules name, in their order."""
    rules = result.inputs.book.rules.values()
    components = result.inputs.components
    accounts_of_areas = []
    for rule in rules:
        if isinstance(rule, AccountRule):
            account = account_of(rule.area, components)
            accounts_of_areas.append(account)
    return accounts_of_areas


def _scheduled_exchanges(result: Result) -> pd.DataFrame:
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
    >>> _scheduled_exchanges(run.result).shape
    (96, 0)
    """
    columns: dict[tuple[str, str], pd.Series] = {}
    for account in accounts(result):
        area = account.area
        columns[area, "physical"] = _power(result, account.physical)
        columns[area, "sent"] = _power(result, account.sent)
        columns[area, "bought"] = _power(result, account.bought)
    snapshots = result.inputs.axis.snapshots
    table = pd.DataFrame(columns, index=snapshots)
    table.columns = pd.MultiIndex.from_tuples(
        columns,
        names=["area", "exchange"],
    )
    return table


def account_mismatch(result: Result) -> float:
    """Return the largest difference between net position and scheduled exchange in any snapshot [MW]."""
    table = _scheduled_exchanges(result)
    if table.empty:
        return 0.0
    physical = table.xs("physical", axis=1, level="exchange")
    sent = table.xs("sent", axis=1, level="exchange")
    bought = table.xs("bought", axis=1, level="exchange")
    mismatch = (physical - sent + bought).abs()
    values = mismatch.to_numpy()
    largest = values.max(initial=0.0)
    return float(largest)


def supply_by_country(result: Result) -> pd.DataFrame:
    """Return each country's supply to the line under study, at its sending end [MW].

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
    supply: dict[str, pd.Series] = {}
    parts = chain(
        _sellers_supply(result),
        _open_access_supply(result),
    )
    for country, power in parts:
        before = supply.get(country, 0.0)
        supply[country] = before + power
    snapshots = result.inputs.axis.snapshots
    return pd.DataFrame(supply, index=snapshots)


def _sellers_supply(result: Result) -> Supply:
    """Yield the account and the power [MW] of each generator that sends into the schedule of the line."""
    components = result.inputs.components
    schedules = _studied_schedules(result)
    generators = components.get("generators", pd.DataFrame())
    if not schedules or "account" not in generators:
        return
    is_on_schedule = generators["bus"].isin(schedules)
    is_source = generators["sign"] > 0
    flow = result.flow("generators")
    for name in generators.index[is_on_schedule & is_source]:
        country = generators.at[name, "account"]
        yield str(country), flow[name]


def _open_access_supply(result: Result) -> Supply:
    """Yield the country and the power [MW] of each link that puts power into the schedule of the line."""
    schedules = _studied_schedules(result)
    if not schedules:
        return
    components = result.inputs.components
    links = components["links"]
    buses = components["buses"]
    is_on_schedule = links["bus2"].isin(schedules)
    adds_to_schedule = links["efficiency2"] > 0
    flow = result.flow("links")
    for name in links.index[is_on_schedule & adds_to_schedule]:
        bus = links.at[name, "bus0"]
        country = buses.at[bus, "country"]
        yield str(country), flow[name]


def purchases_by_country(result: Result) -> pd.DataFrame:
    """Return the purchases of each control area outside [MW]; index snapshot, a column a country."""
    bought = {}
    for account in accounts(result):
        power = _power(result, account.bought)
        bought[account.area] = power
    snapshots = result.inputs.axis.snapshots
    return pd.DataFrame(bought, index=snapshots)


def _studied_schedules(result: Result) -> set[str]:
    """Return the buses of schedules that the links under study draw on."""
    components = result.inputs.components
    links = components.get("links", pd.DataFrame())
    if "service" not in links or "bus2" not in links:
        return set()
    is_under_study = links["service"] == STUDIED
    drawn_on = set(links.loc[is_under_study, "bus2"])
    buses = components["buses"]
    is_schedule = buses["carrier"] == SCHEDULE
    schedules = set(buses.index[is_schedule])
    return drawn_on & schedules


def _power(
    result: Result,
    coefficients: Coefficients,
) -> pd.Series:
    """Return the sum of coefficient times flow in each snapshot [MW]."""
    snapshots = result.inputs.axis.snapshots
    total = np.zeros(len(snapshots))
    for component, by_name in coefficients.items():
        if by_name.empty:
            continue
        flow = result.flow(component)[by_name.index]
        coefficient = by_name.to_numpy(float)
        total += flow.to_numpy() @ coefficient
    return pd.Series(total, snapshots)
