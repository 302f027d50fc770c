"""Benefits of deliveries to the buyer: replaced fuel, and their worth at its marginal price.

Nodal prices are money only in a least-cost run (``objective: dispatch``). In a transfer run they are weights of the
protection order, which the functions that read prices refuse.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from energy.case.contract_terms import ContractTerms
from energy.metrics.balance import country_of_bus
from energy.metrics.monthly import month_of, transferable
from energy.model.objective import SHARE_OF_COSTS, STUDIED, is_of_service
from energy.solve import Result

CONTRACTED = (STUDIED, "reverse")
"""Services that contract prices settle, not nodal prices."""


def refuse_transfer_run(result: Result) -> None:
    """Raise ValueError where the prices of a run are weights of the protection order and no money."""
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
    generators = result.inputs.components["generators"]
    p_nom = generators["p_nom"][plants]
    p_max_pu = result.inputs.values("generators", "p_max_pu")[plants]
    available = p_max_pu * p_nom
    output = result.flow("generators")[plants]
    unused = available - output
    idle = unused.clip(lower=0.0).to_numpy()
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
    is_of_buyer = country == buyer
    is_source = generators["sign"] > 0
    return generators.index[is_of_buyer & is_source]


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
    is_ranked = is_of_service(table, list(result.inputs.weights))
    is_unranked = pd.Series(~is_ranked, table.index)
    return cost.where(is_unranked, own, axis=1)


def saved_fuel(result: Result) -> pd.Series:
    """Return the worth of deliveries at the buyer's marginal price [USD by month], from a least-cost run.

    Raises
    ------
    ValueError
        When the run was not a least-cost run.
    """
    refuse_transfer_run(result)
    links = result.inputs.components["links"]
    is_under_study = is_of_service(links, [STUDIED])
    names = links.index[is_under_study]
    buyers_bus = links.loc[names, "bus1"]
    delivered = result.received[names].to_numpy()
    price = result.prices[buyers_bus].to_numpy()
    worth_an_hour = (delivered * price).sum(axis=1)
    return _sum_by_month(result, worth_an_hour).rename("saved fuel")
