"""Benefits: replaced fuel, saved costs, and welfare by country.

Nodal prices are money only in a least-cost run (``objective: dispatch``). In a transfer run they are weights of the
protection order, which the functions that read prices refuse.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from energy.case.rules import ContractTerms
from energy.metrics.balance import country_of_bus
from energy.metrics.monthly import month_of, transferable
from energy.metrics.settlement import positions
from energy.model.objective import SHARE_OF_COSTS, STUDIED
from energy.solve import Result

MILLION = 1e6
CONTRACTED = (STUDIED, "reverse")
"""Services that contract prices settle, not nodal prices."""
SWAP_ACCOUNT = "swap account"


class _Side(NamedTuple):
    """Money of one country at one branch [USD]."""

    country: str
    cost: float
    trade: float
    rent: float


def _refuse_transfer_run(result: Result) -> None:
    if result.inputs.weights:
        raise ValueError("prices of a transfer run are no money: run the scenario with objective: dispatch")


def replaced_fuel(
    result: Result,
    contract: ContractTerms,
) -> pd.Series:
    """Return the cost of the fuel that deliveries replace at the buyer, by merit order [USD by month].

    In every snapshot the buyer's idle plants, cheapest first, stand in for the delivered power; shedding is the last of
    them. Limits of the buyer's own network are left out. It needs no prices and serves any objective.

    Examples
    --------
    >>> import energy
    >>> case = energy.read_case("two_bus")
    >>> run = energy.run(case, energy.read_scenario("two_bus"))
    >>> contract = case.rules.contract.model_copy(update={"buyer": "BB"})
    >>> worth = replaced_fuel(run.result, contract)
    >>> round(float(worth.sum() / run.table["delivered"].sum()))  # all of it from gas at 80 $/MWh
    80000
    """
    power = transferable(result).to_numpy()
    plants = _plants_of(contract.buyer, result)
    p_nom = result.inputs.components["generators"]["p_nom"][plants]
    p_max_pu = result.inputs.values("generators", "p_max_pu")[plants]
    available = p_max_pu * p_nom
    output = result.flow("generators")[plants]
    idle = (available - output).clip(lower=0.0).to_numpy()
    cost = _own_cost(result, "generators")[plants].to_numpy()

    merit_order = np.argsort(cost, axis=1, kind="stable")
    idle_in_order = np.take_along_axis(idle, merit_order, axis=1)
    cost_in_order = np.take_along_axis(cost, merit_order, axis=1)
    cheaper = np.cumsum(idle_in_order, axis=1) - idle_in_order
    power_left = power[:, None] - cheaper
    stepping_in = np.clip(power_left, 0.0, idle_in_order)
    cost_an_hour = (stepping_in * cost_in_order).sum(axis=1)
    return _sum_by_month(result, cost_an_hour).rename("replaced fuel")


def _sum_by_month(
    result: Result,
    worth_an_hour: np.ndarray,
) -> pd.Series:
    """Return a worth an hour in each snapshot [USD/h] as sums by month [USD]."""
    worth = pd.Series(
        worth_an_hour * result.hours,
        index=result.inputs.axis.snapshots,
    )
    by_month = worth.groupby(month_of(result)).sum()
    return by_month.rename_axis("month")


def _plants_of(
    buyer: str | None,
    result: Result,
) -> pd.Index:
    """Return the generators of the buyer that produce power."""
    generators = result.inputs.components["generators"]
    country = generators["bus"].map(country_of_bus(result))
    is_source = generators["sign"] > 0
    return generators.index[(country == buyer) & is_source]


def _own_cost(
    result: Result,
    component: str,
) -> pd.DataFrame:
    """Return marginal costs without the weights that the protection order adds to unserved demand [$/MWh]."""
    table = result.inputs.components[component]
    snapshots = result.inputs.axis.snapshots
    static = np.broadcast_to(
        table["marginal_cost"].to_numpy(float),
        (len(snapshots), len(table)),
    )
    own = pd.DataFrame(static, index=snapshots, columns=table.index)
    share = SHARE_OF_COSTS if result.inputs.weights else 1.0
    cost = result.inputs.values(component, "marginal_cost") / share
    is_ranked = pd.Series(False, table.index)
    if "service" in table:
        is_ranked = table["service"].isin(list(result.inputs.weights))
    return cost.where(~is_ranked, own, axis=1)


def saved_fuel(result: Result) -> pd.Series:
    """Return the worth of deliveries at the buyer's marginal price [USD by month], from a least-cost run.

    Raises
    ------
    ValueError
        When the run was not a least-cost run.
    """
    _refuse_transfer_run(result)
    links = result.inputs.components["links"]
    is_under_study = _is_of_service(links, [STUDIED])
    names = links.index[is_under_study]
    buyers_bus = links.loc[names, "bus1"]
    delivered = result.received[names].to_numpy()
    price = result.prices[buyers_bus].to_numpy()
    worth_an_hour = (delivered * price).sum(axis=1)
    return _sum_by_month(result, worth_an_hour).rename("saved fuel")


def _is_of_service(
    table: pd.DataFrame,
    services: list[str],
) -> np.ndarray:
    """Return whether each branch serves one of the services; shape (branches,)."""
    if "service" not in table:
        return np.zeros(len(table), dtype=bool)
    return table["service"].isin(services).to_numpy()


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
    _refuse_transfer_run(result)
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
        bus = table.loc[values.columns, "bus"]
        country = bus.map(home).to_numpy()
        cost_of_country = cost.groupby(country).sum()
        total = total.add(cost_of_country, fill_value=0.0)
    return total


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
    is_contracted = _is_of_service(table, list(CONTRACTED))
    is_under_study = _is_of_service(table, [STUDIED])
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
        rent = outlay - income - cost_of_branch
        has_sale_price = cost_of_branch < 0
        share_of_seller = 1.0 if has_sale_price else 0.5
        rent_of_seller = share_of_seller * rent
        rent_of_buyer = (1 - share_of_seller) * rent
        yield _Side(seller[branch], cost=0.0, trade=income, rent=rent_of_seller)
        yield _Side(buyer[branch], cost=0.0, trade=-outlay, rent=rent_of_buyer)


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
    change = (with_line - without_line).rename("system") / MILLION
    table = change.to_frame()
    table["payments"] = 0.0
    if paid is not None and len(paid):
        net = positions(paid).sum()
        table["payments"] = net.reindex(table.index).fillna(0.0) / MILLION
    table["total"] = table["system"] + table["payments"]
    table.attrs["units"] = "million USD"
    return table
