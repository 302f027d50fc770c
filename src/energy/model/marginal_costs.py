"""Marginal costs that a scenario's question calls for: weights of services, or money with the contract's tariff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.case.rules import RuleBook
from energy.model import objective
from energy.model.cache import NO_COMPONENTS
from energy.scenario import Scenario

if TYPE_CHECKING:
    from energy.model.inputs import Inputs


COSTS = (
    ("stores", "marginal_cost"),
    ("stores", "marginal_cost_storage"),
    ("links", "marginal_cost"),
    ("generators", "marginal_cost"),
)
"""Component list and attribute of the costs that the objective counts."""


def with_objective(
    inputs: Inputs,
    scenario: Scenario,
    order: tuple[str, ...] | None = None,
) -> Inputs:
    """Return the inputs with the marginal costs that the scenario's question calls for.

    Parameters
    ----------
    inputs
        Inputs with the components' own costs.
    scenario
        Its objective, payment and protection order count.
    order
        Another protection order than the scenario's.
    """
    weights: dict[str, float] = {}
    if scenario.objective == "transfer":
        generators = inputs.components.get("generators", NO_COMPONENTS)
        order = order or scenario.protection_order or inputs.book.protection_order
        bought = objective.purchases(generators)
        weights = objective.priority_weights(order, bought)
    share_of_costs = objective.SHARE_OF_COSTS if weights else 1.0
    dense = dict(inputs.dense)
    for component, attribute in COSTS:
        if component in inputs.components:
            own_cost = inputs.array(component, attribute)
            dense[component, attribute] = share_of_costs * own_cost
    links = inputs.components.get("links", NO_COMPONENTS)
    if weights:
        _weigh(inputs, weights, dense)
    elif "service" in links:
        tariff = _tariff(scenario, inputs.book)
        _add_tariff(inputs, tariff, dense)
    return replace(
        inputs,
        dense=dense,
        weights=weights,
        priority=tuple(weights),
    )


def _weigh(
    inputs: Inputs,
    weights: Mapping[str, float],
    dense: dict[tuple[str, str], np.ndarray],
) -> None:
    """Let a delivered MWh earn the weight of its service, and an unserved or bought one cost it."""
    generators = inputs.components.get("generators", NO_COMPONENTS)
    if len(generators):
        cost = dense["generators", "marginal_cost"]
        weight_of_lacking = objective.lacking(weights) / objective.SHARE_OF_COSTS
        is_lacking = (generators["carrier"] == objective.LACKING).to_numpy()
        cost = np.where(is_lacking, weight_of_lacking * cost, cost)
        if "service" in generators:
            sign = generators["sign"].to_numpy(float)
            cost = cost + _of_services(generators, weights) * sign
        dense["generators", "marginal_cost"] = cost
    links = inputs.components.get("links", NO_COMPONENTS)
    if "service" in links:
        earned = inputs.array("links", "efficiency") * _of_services(links, weights)
        returned = objective.returned(links["service"], weights)
        cost = dense["links", "marginal_cost"]
        dense["links", "marginal_cost"] = cost - earned + returned


def _add_tariff(
    inputs: Inputs,
    tariff: Mapping[str, float],
    dense: dict[tuple[str, str], np.ndarray],
) -> None:
    """Let a delivered MWh bear the tariff of its service [$/MWh]."""
    links = inputs.components["links"]
    charged = inputs.array("links", "efficiency") * _of_services(links, tariff)
    cost = dense["links", "marginal_cost"]
    dense["links", "marginal_cost"] = cost + charged


def _of_services(table: pd.DataFrame, values: Mapping[str, float]) -> np.ndarray:
    """Return a value by the service of each component; 0 for other services."""
    return np.array([values.get(service, 0.0) for service in table["service"].tolist()])


def _tariff(scenario: Scenario, book: RuleBook) -> dict[str, float]:
    """Return the price of a MWh of the service under study [$/MWh]; none under take-or-pay.

    There the price is owed whether or not the energy is taken, so it does not steer the dispatch.
    """
    if book.contract is None or scenario.contract.payment == "take_or_pay":
        return {}
    return {objective.STUDIED: sum(book.contract.prices.values())}
