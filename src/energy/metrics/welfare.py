"""Welfare by country: cost of plants, trade at nodal prices, and rents of border branches.

Nodal prices are money only in a least-cost run (``objective: dispatch``); other runs are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from energy.metrics.balance import country_of_bus
from energy.metrics.benefit import CONTRACTED, refuse_transfer_run
from energy.metrics.settlement import MILLION, positions
from energy.model.objective import STUDIED, is_of_service
from energy.solve import Result

SWAP_ACCOUNT = "swap account"


class _Side(NamedTuple):
    """Money of one country at one branch [USD]."""

    country: str
    cost: float
    trade: float
    rent: float


def welfare(
    result: Result,
    tariff: float,
) -> pd.DataFrame:
    """Return the welfare of each country in a least-cost run, before contract payments.

    welfare = − cost of its plants, purchases and shed demand + exports less imports at nodal prices + its share of the
    rent of each border branch (half; all of it to the seller where the branch has a sale price). What CASA-1000 carries
    is settled by contract, so that its nodal prices do not enter. A swap account belongs to whom it serves. Summed over
    all countries this is − (objective − tariff · delivered).

    Parameters
    ----------
    tariff
        What each delivered MWh of CASA-1000 bears in the objective [$/MWh]: a payment, no cost. 0 under take-or-pay.

    Returns
    -------
    pandas.DataFrame
        USD; index country; ``cost``, ``trade``, ``rent``, ``welfare``.

    Raises
    ------
    ValueError
        When the run was not a least-cost run.
    """
    refuse_transfer_run(result)
    home = _home_of_bus(result)
    table = pd.DataFrame(
        0.0,
        index=sorted(set(home)),
        columns=["cost", "trade", "rent"],
    )
    table = table.rename_axis("country")
    plant_cost = _plant_cost(result, home)
    table["cost"] = plant_cost.reindex(table.index).fillna(0.0)
    for component in ("lines", "links"):
        for side in _sides(result, component, home, tariff):
            table.loc[side.country] += [side.cost, side.trade, side.rent]
    table["welfare"] = -table["cost"] + table["trade"] + table["rent"]
    holds_nothing = (table == 0).all(axis=1)
    is_nobody = table.index == ""
    table = table[~(is_nobody & holds_nothing)]
    table.attrs["units"] = "USD"
    return table


def _home_of_bus(result: Result) -> pd.Series:
    """Return the country of each bus; a swap account is at home where its deposit comes from or its return goes."""
    buses = result.inputs.components["buses"]
    links = result.inputs.components.get("links", pd.DataFrame())
    home = country_of_bus(result).copy()
    is_swap_account = buses["carrier"] == SWAP_ACCOUNT
    for bus in buses.index[is_swap_account]:
        partners = links.loc[links["bus1"] == bus, "bus0"]
        if len(partners):
            home[bus] = home[partners.iloc[0]]
    return home


def _plant_cost(
    result: Result,
    home: pd.Series,
) -> pd.Series:
    """Return the cost of the generators and stores of each country over the horizon [USD]."""
    total = pd.Series(dtype=float)
    attributes = (
        ("generators", "p", "marginal_cost"),
        ("stores", "p", "marginal_cost"),
        ("stores", "e", "marginal_cost_storage"),
    )
    for component, quantity, price in attributes:
        values = result.values.get((component, quantity))
        if values is None or values.columns.empty:
            continue
        price_of_plant = result.inputs.values(component, price)[values.columns]
        cost_an_hour = values * price_of_plant
        cost = cost_an_hour.mul(result.hours, axis=0).sum()
        table = result.inputs.components[component]
        country = _country_of_unit(table.loc[values.columns], home)
        cost_of_country = cost.groupby(country).sum()
        total = total.add(cost_of_country, fill_value=0.0)
    return total


def _country_of_unit(
    units: pd.DataFrame,
    home: pd.Series,
) -> np.ndarray:
    """Return the country of each generator or store: that of its account, else that of its bus; shape (units,)."""
    country_of_unit = units["bus"].map(home)
    if "account" in units:
        account = units["account"].fillna("")
        country_of_unit = account.where(account != "", country_of_unit)
    return country_of_unit.to_numpy()


def _sides(
    result: Result,
    component: str,
    home: pd.Series,
    tariff: float,
) -> Iterator[_Side]:
    """Yield the money of each country at each branch: both sides of a border branch, the cost alone of others.

    Parameters
    ----------
    component
        ``lines`` or ``links``.
    home
        Country of each bus.
    tariff
        As of ``welfare`` [$/MWh].
    """
    table = result.inputs.components.get(component, pd.DataFrame())
    if table.empty or result.flow(component).columns.empty:
        return
    taken, delivered = _power_at_ends(result, component, table)
    cost_of_flow = np.zeros_like(taken)
    if component == "links":
        marginal_cost = result.inputs.values("links", "marginal_cost")
        cost_of_flow = np.asarray(marginal_cost[table.index])
    is_contracted = is_of_service(table, list(CONTRACTED))
    is_under_study = is_of_service(table, [STUDIED])
    price_at_bus0 = result.prices[table["bus0"]].to_numpy()
    price_at_bus1 = result.prices[table["bus1"]].to_numpy()
    hours = result.hours[:, None]
    payment = tariff * is_under_study * delivered
    cost = ((cost_of_flow * taken - payment) * hours).sum(axis=0)
    sold = (price_at_bus0 * taken * hours).sum(axis=0)
    bought = (price_at_bus1 * delivered * hours).sum(axis=0)

    seller = table["bus0"].map(home).astype(str).tolist()
    buyer = table["bus1"].map(home).astype(str).tolist()
    for branch in range(len(table)):
        cost_of_branch = float(cost[branch])
        if seller[branch] == buyer[branch]:
            yield _Side(seller[branch], cost=cost_of_branch, trade=0.0, rent=0.0)
            continue
        income = 0.0
        outlay = 0.0
        if not is_contracted[branch]:
            income = float(sold[branch])
            outlay = float(bought[branch])
        yield from _border_sides(
            seller=seller[branch],
            buyer=buyer[branch],
            cost=cost_of_branch,
            income=income,
            outlay=outlay,
        )


def _border_sides(
    seller: str,
    buyer: str,
    cost: float,
    income: float,
    outlay: float,
) -> Iterator[_Side]:
    """Yield both sides of a border branch, which share its rent; all of it is the seller's where it has a sale price.

    Parameters
    ----------
    seller, buyer
        Countries of bus0 and bus1.
    cost
        Cost of the branch [USD]; negative where it has a sale price.
    income, outlay
        Trade of the seller and of the buyer at nodal prices [USD].
    """
    rent = outlay - income - cost
    has_sale_price = cost < 0
    share_of_seller = 1.0 if has_sale_price else 0.5
    share_of_buyer = 1 - share_of_seller
    yield _Side(
        seller,
        cost=0.0,
        trade=income,
        rent=share_of_seller * rent,
    )
    yield _Side(
        buyer,
        cost=0.0,
        trade=-outlay,
        rent=share_of_buyer * rent,
    )


def _power_at_ends(
    result: Result,
    component: str,
    table: pd.DataFrame,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the power that branches take from bus0 and deliver at bus1 [MW]; each (snapshots, branches)."""
    taken, delivered = result.ends(component)
    return taken[table.index].to_numpy(), delivered[table.index].to_numpy()


def welfare_change(
    built: Result,
    without: Result,
    tariff: float,
    paid: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the gain of each country from the line: welfare with it less without it, and the contract's payments.

    Parameters
    ----------
    built, without
        Least-cost runs of one scenario with and without CASA-1000.
    tariff
        As of ``welfare``, in the run with the line.
    paid
        Payments, as of ``energy.metrics.settlement.payments``.

    Returns
    -------
    pandas.DataFrame
        Million USD; index country; ``system`` (before payments), ``payments``, ``total``. The payments sum to zero.
    """
    with_line = welfare(built, tariff)["welfare"]
    without_line = welfare(without, 0.0)["welfare"]
    change = with_line.sub(without_line, fill_value=0.0).rename("system") / MILLION
    table = change.to_frame()
    table["payments"] = 0.0
    if paid is not None and len(paid):
        net = positions(paid).sum()
        table["payments"] = net.reindex(table.index).fillna(0.0) / MILLION
    table["total"] = table["system"] + table["payments"]
    table.attrs["units"] = "million USD"
    return table
