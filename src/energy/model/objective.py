"""Objective: the weight of each service by priority order, and which costs count."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.model.cache import NO_COMPONENTS, IdentityKey

if TYPE_CHECKING:
    from energy.model.inputs import Inputs

LOWEST_WEIGHT = 1.0  # of a MWh that the studied service delivers: the objective is in MWh of it
# Share of their $ at which costs count beside the weights. A delivered MWh so outweighs 20,000 $: more than any price,
# and more than what another hour would save in fuel by the twentieth part that a DC pole loses more at full load.
SHARE_OF_COSTS = 1 / 20_000
RATIO = 2.0  # a service weighs so many times the next: the start of the chain, not the answer
# a MWh bought at the right time lets several MWh go through a swap account, which gives them back
RATIO_OF_PURCHASES = 3.0

STUDIED = "casa"
RETURNED = "reverse"
HELP = "help"  # what sellers give each other
UNSERVED = "unserved"  # carrier of the generators that stand for unserved demand
LACKING = "lacking water"  # carrier of the generators that stand for water that a rule asks for in vain
TRANSIT_LOSSES = "losses"  # carrier of the generators that make good what lines lose where others' power passes
LACKING_WATER = "lacking_water"  # rule that bounds it over the horizon
FIRST_WORTH = 1000.0  # $/MWh at which the first service is valued where water is weighed against it


def priority_weights(order: Sequence[str], bought: Collection[str] = ()) -> dict[str, float]:
    """Return the weight of a MWh of the studied service and of every service that a protection order puts before it.

    The studied service weighs more than any price, which counts at ``SHARE_OF_COSTS``; each service before it weighs
    ``RATIO`` times the next one, a purchase ``RATIO_OF_PURCHASES`` times, so that giving up 1 MWh of a service never
    pays unless it frees as many MWh of the one behind it. What stands behind the studied service counts with its own
    price or value of lost load. A link or a sink that delivers a service earns its weight for every MWh delivered (at
    bus1); a generator that stands for a shortfall or a purchase costs its weight.

    Examples
    --------
    >>> priority_weights(["own_demand", "casa", "uzbek_spot"])
    {'own_demand': 2.0, 'casa': 1.0}
    >>> priority_weights(["own_demand", "imports", "casa"], bought={"imports"})
    {'own_demand': 6.0, 'imports': 3.0, 'casa': 1.0}
    """
    ahead = list(order)
    if STUDIED in order:
        ahead = ahead[: ahead.index(STUDIED) + 1]
    weights: dict[str, float] = {}
    weight = LOWEST_WEIGHT
    for service in reversed(ahead):
        if weights:
            weight *= RATIO_OF_PURCHASES if service in bought else RATIO
        weights[service] = weight
    return dict(reversed(weights.items()))


def service_costs(inputs: Inputs, service: str) -> dict[str, np.ndarray]:
    """Return what each MWh of a component's output costs a service [MWh]; by component list, what it leaves out is 0.

    A link delivers efficiency × p0 to its service, a sink what it takes; what is bought or unserved counts against it.
    What the buyer of the studied service sends back counts against that service.

    Returns
    -------
    dict
        ``links`` → shape (snapshots, links); ``generators`` → shape (generators,).
    """
    costs: dict[str, np.ndarray] = {}
    links = inputs.components.get("links", NO_COMPONENTS)
    if "service" in links:
        delivers = _of_service(IdentityKey(links), service)
        takes_back = _of_service(IdentityKey(links), RETURNED) if service == STUDIED else 0.0
        costs["links"] = takes_back - delivers * inputs.array("links", "efficiency")
    generators = inputs.components.get("generators", NO_COMPONENTS)
    if "service" in generators:
        serves = _of_service(IdentityKey(generators), service)
        costs["generators"] = serves * generators["sign"].to_numpy(float)
    return costs


@lru_cache(maxsize=128)
def _of_service(table: IdentityKey[pd.DataFrame], service: str) -> np.ndarray:
    """Return 1 for the components of a table that stand for a service, else 0; shape (components,)."""
    stands_for_it = table.it["service"] == service
    return np.asarray(stands_for_it.to_numpy(float))


def is_of_service(
    table: pd.DataFrame,
    services: Collection[str],
) -> np.ndarray:
    """Return which components serve one of the services, none where the table names no services; shape (components,).

    Examples
    --------
    >>> links = pd.DataFrame({"service": ["casa", "", "reverse"]})
    >>> is_of_service(links, [STUDIED, RETURNED]).tolist()
    [True, False, True]
    """
    if "service" not in table:
        return np.zeros(len(table), dtype=bool)
    return table["service"].isin(services).to_numpy()


def lacking(weight: Mapping[str, float]) -> float:
    """Return what a $ of lacking water counts among the weights of services.

    Water stands before power: its price [$/hm³] is held against that of a MWh of the first service as if both were
    money, so that what exceeds the worth of the power that a hm³ gives does so among weights as well.

    Examples
    --------
    >>> lacking({"own_demand": 3.0, "casa": 1.0})
    0.003
    """
    return max(weight.values(), default=FIRST_WORTH) / FIRST_WORTH


def purchases(generators: pd.DataFrame) -> set[str]:
    """Return the services that stand for energy bought.

    Parameters
    ----------
    generators
        Index name; columns ``service``, ``sign``, ``carrier``.

    Examples
    --------
    >>> table = {
    ...     "service": ["imports", "own_demand"],
    ...     "sign": 1.0,
    ...     "carrier": ["market", "unserved"],
    ... }
    >>> purchases(pd.DataFrame(table, index=["KZ supply", "unserved KG"]))
    {'imports'}
    """
    if "service" not in generators:
        return set()
    is_bought = (generators["sign"] > 0) & (generators["carrier"] != UNSERVED)
    services = generators.loc[is_bought, "service"].dropna()
    return set(services.astype(str)) - {""}


def demand_services(generators: pd.DataFrame) -> set[str]:
    """Return the services that stand for demand: those of generators that stand for demand not met.

    Examples
    --------
    >>> table = {
    ...     "service": ["imports", "own_demand"],
    ...     "sign": 1.0,
    ...     "carrier": ["market", "unserved"],
    ... }
    >>> demand_services(pd.DataFrame(table, index=["KZ supply", "unserved KG"]))
    {'own_demand'}
    """
    if "service" not in generators:
        return set()
    services = generators.loc[generators["carrier"] == UNSERVED, "service"].dropna()
    return set(services.astype(str)) - {""}


def returned(service: pd.Series, weight: Mapping[str, float]) -> np.ndarray:
    """Return what links that carry power back from the buyer cost [weight of a MWh taken]; shape (links,).

    What the buyer sends back counts against what it was delivered, at the same weight: power that runs in a circle, or
    that is borrowed in winter and given back in summer, is no delivery. Services before the studied one may still ask
    for it, for they weigh more.

    Examples
    --------
    >>> returned(pd.Series(["casa", "reverse"]), {"own_demand": 3.0, "casa": 1.0}).tolist()
    [0.0, 1.0]
    """
    return np.where(service == RETURNED, weight.get(STUDIED, 0.0), 0.0)
