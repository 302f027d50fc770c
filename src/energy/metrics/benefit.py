"""Benefits: replaced fuel, saved costs, and welfare by country.

Nodal prices are money only in a least-cost run (``objective: dispatch``); in a transfer run they are ranks of the
protection order, and what reads prices refuses them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from energy.case.rules import ContractTerms
from energy.metrics.balance import country_of_bus
from energy.metrics.monthly import month_of, transferable
from energy.metrics.settlement import positions
from energy.model.objective import SHARE_OF_COSTS
from energy.solve import Result

MILLION = 1e6
CONTRACTED = ("casa", "reverse")
"""Services that contract prices settle, not nodal prices."""
SWAP_ACCOUNT = "swap account"


def _money(result: Result) -> None:
    if result.inputs.weights:
        raise ValueError("prices of a transfer run are no money: run the scenario with objective: dispatch")


def _ends(result: Result, component: str, table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    taken, delivered = result.ends(component)
    return taken[table.index].to_numpy(), delivered[table.index].to_numpy()


def replaced_fuel(result: Result, contract: ContractTerms) -> pd.Series:
    """Return what the buyer would have burnt instead of what it was delivered, by merit order [USD by month].

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
    country = country_of_bus(result)
    plants = result.inputs.components["generators"]
    plants = plants[(plants["bus"].map(country) == contract.buyer) & (plants["sign"] > 0)]
    size = result.inputs.values("generators", "p_max_pu")[plants.index] * plants["p_nom"]
    idle = (size - result.flow("generators")[plants.index]).clip(lower=0.0).to_numpy()
    cost = _own_cost(result, "generators")[plants.index].to_numpy()
    order = np.argsort(cost, axis=1, kind="stable")
    idle, cost = np.take_along_axis(idle, order, axis=1), np.take_along_axis(cost, order, axis=1)
    before = np.cumsum(idle, axis=1) - idle
    stepping_in = np.clip(power[:, None] - before, 0.0, idle)
    worth = pd.Series((stepping_in * cost).sum(axis=1) * result.hours, index=result.inputs.axis.snapshots)
    return worth.groupby(month_of(result)).sum().rename("replaced fuel").rename_axis("month")


def _own_cost(result: Result, component: str) -> pd.DataFrame:
    """Return marginal costs without what the protection order adds to the shortfalls it ranks [$/MWh]."""
    table = result.inputs.components[component]
    static = np.broadcast_to(table["marginal_cost"].to_numpy(float), (len(result.hours), len(table)))
    own = pd.DataFrame(static, index=result.inputs.axis.snapshots, columns=table.index)
    share = SHARE_OF_COSTS if result.inputs.weights else 1.0
    cost = result.inputs.values(component, "marginal_cost") / share
    ranked = table["service"].isin(list(result.inputs.weights)) if "service" in table else pd.Series(False, table.index)
    return cost.where(~ranked, own, axis=1)


def saved_fuel(result: Result) -> pd.Series:
    """Return the worth of what was delivered at the buyer's marginal price [USD by month], from a least-cost run.

    Raises
    ------
    ValueError
        When the run was not a least-cost run.
    """
    _money(result)
    links = result.inputs.components["links"]
    links = links[links["service"] == "casa"] if "service" in links else links.iloc[:0]
    worth = (result.received[links.index].to_numpy() * result.prices[links["bus1"]].to_numpy()).sum(axis=1)
    months = pd.Series(worth * result.hours, index=result.inputs.axis.snapshots).groupby(month_of(result)).sum()
    return months.rename("saved fuel").rename_axis("month")


def welfare(result: Result, tariff: float) -> pd.DataFrame:
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
    _money(result)
    country = _home(result)
    table = pd.DataFrame(0.0, sorted(set(country)), ["cost", "trade", "rent"]).rename_axis("country")
    table["cost"] = _plant_cost(result, country).reindex(table.index).fillna(0.0)
    for component, branches in _branches(result).items():
        for row in _settled(result, component, branches, country, tariff):
            table.loc[str(row.name)] += row
    table["welfare"] = -table["cost"] + table["trade"] + table["rent"]
    table.attrs["units"] = "USD"
    return table


def _home(result: Result) -> pd.Series:
    """Return the country of each bus; a swap account is at home where its deposit comes from or its return goes."""
    buses, links = result.inputs.components["buses"], result.inputs.components.get("links", pd.DataFrame())
    country = country_of_bus(result).copy()
    for bus in buses.index[buses["carrier"] == SWAP_ACCOUNT]:
        partner = links["bus0"][links["bus1"] == bus]
        if len(partner):
            country[bus] = country[partner.iloc[0]]
    return country


def _plant_cost(result: Result, country: pd.Series) -> pd.Series:
    found = pd.Series(dtype=float)
    for component, flow, price in (
        ("generators", "p", "marginal_cost"),
        ("stores", "p", "marginal_cost"),
        ("stores", "e", "marginal_cost_storage"),
    ):
        table = result.values.get((component, flow))
        if table is None or not len(table.columns):
            continue
        cost = (table * result.inputs.values(component, price)[table.columns]).mul(result.hours, axis=0).sum()
        home = result.inputs.components[component].loc[table.columns, "bus"].map(country)
        found = found.add(cost.groupby(home.to_numpy()).sum(), fill_value=0.0)
    return found


def _branches(result: Result) -> dict[str, pd.DataFrame]:
    tables = {name: result.inputs.components.get(name, pd.DataFrame()) for name in ("lines", "links")}
    return {name: table for name, table in tables.items() if len(table) and len(result.flow(name).columns)}


def _settled(result: Result, component: str, table: pd.DataFrame, country: pd.Series, tariff: float) -> list[pd.Series]:
    """Return one row a side of each branch: the country's cost, trade and rent."""
    taken, delivered = _ends(result, component, table)
    hours = result.hours[:, None]
    cost = (
        np.zeros_like(taken) if component == "lines" else result.inputs.values(component, "marginal_cost")[table.index]
    )
    contracted = table["service"].isin(CONTRACTED).to_numpy() if "service" in table else np.zeros(len(table), bool)
    casa = (table["service"] == "casa").to_numpy() if "service" in table else contracted
    spent = ((np.asarray(cost) * taken - tariff * casa * delivered) * hours).sum(axis=0)
    sold = (result.prices[table["bus0"]].to_numpy() * taken * hours).sum(axis=0)
    bought = (result.prices[table["bus1"]].to_numpy() * delivered * hours).sum(axis=0)
    rows = []
    for at, (start, end) in enumerate(zip(table["bus0"].map(country), table["bus1"].map(country), strict=True)):
        if start == end:
            rows.append(pd.Series({"cost": spent[at], "trade": 0.0, "rent": 0.0}, name=start))
            continue
        seller = 1.0 if spent[at] < 0 else 0.5
        income, outlay = (0.0, 0.0) if contracted[at] else (sold[at], bought[at])
        rent = outlay - income - spent[at]
        rows.append(pd.Series({"cost": 0.0, "trade": income, "rent": seller * rent}, name=start))
        rows.append(pd.Series({"cost": 0.0, "trade": -outlay, "rent": (1 - seller) * rent}, name=end))
    return rows


def welfare_change(built: Result, without: Result, tariff: float, paid: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return what each country gains from the line: welfare with it less without it, and the contract's payments.

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
    change = (welfare(built, tariff)["welfare"] - welfare(without, 0.0)["welfare"]).rename("system") / MILLION
    table = change.to_frame()
    table["payments"] = 0.0
    if paid is not None and len(paid):
        table["payments"] = positions(paid).sum().reindex(table.index).fillna(0.0) / MILLION
    table["total"] = table["system"] + table["payments"]
    table.attrs["units"] = "million USD"
    return table
