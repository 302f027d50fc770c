"""Counterfactual inputs: a model in which one cause of lost transfer is switched off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from energy.model import Inputs

Constraint = dict[str, Any]
FREE = "free "  # prefix of the generators that stand for water without limit
FREE_WATER_COST = 0.01  # USD/MWh; so that of two optimal solutions the one with real water is taken
OPEN_BOUNDS = {"at_least": -np.inf, "at_most": np.inf}
OPEN_RATING = 100.0  # of a line's s_nom: no flow comes near it


def with_free_water(inputs: Inputs, free: bool) -> Inputs:
    """Return inputs in which each turbine has a twin that needs no water; twin and turbine share the plant's rating.

    Parameters
    ----------
    inputs
        What is in service.
    free
        Whether the twins may run. The columns of the model are the same either way, so that one engine solves both.
    """
    turbines = _turbines(inputs)
    if turbines.empty:
        return inputs
    efficiency = inputs.values("links", "efficiency")[turbines.index].max()
    rating = turbines["p_nom"] * efficiency

    generators = inputs.components["generators"]
    twins = _twins(generators, turbines, rating)
    components = dict(inputs.components)
    components["generators"] = pd.concat([generators, twins])

    available = inputs.values("links", "p_max_pu")[turbines.index].to_numpy()
    dense = dict(inputs.dense)
    for (component, attribute), values in inputs.dense.items():
        if component != "generators":
            continue
        if attribute == "p_max_pu":
            of_twins = available * float(free)
        elif attribute == "marginal_cost":
            of_twins = np.full_like(available, FREE_WATER_COST)
        else:
            of_twins = np.zeros_like(available)
        dense[component, attribute] = np.hstack([values, of_twins])

    steps = len(inputs.axis.snapshots)
    shared_ratings = []
    for name in turbines.index:
        constraint = _shared_rating(
            name,
            efficiency=float(efficiency[name]),
            rating=float(rating[name]),
            steps=steps,
        )
        shared_ratings.append(constraint)
    constraints = inputs.rules + tuple(shared_ratings)
    return replace(inputs, components=components, dense=dense, rules=constraints)


def _turbines(inputs: Inputs) -> pd.DataFrame:
    """Return the links that lead from a water bus to an electric bus."""
    links = inputs.components["links"]
    carrier = inputs.components["buses"]["carrier"]
    from_water = links["bus0"].map(carrier) == "water"
    to_water = links["bus1"].map(carrier) == "water"
    return links[from_water & ~to_water]


def _twins(
    generators: pd.DataFrame,
    turbines: pd.DataFrame,
    rating: pd.Series,
) -> pd.DataFrame:
    """Return a generator for each turbine, with the turbine's rating [MW] at the turbine's electric bus."""
    count = len(turbines)
    first = {column: [generators[column].iloc[0]] * count for column in generators}
    twins = pd.DataFrame(first)
    names = [FREE + name for name in turbines.index]
    twins.index = pd.Index(names, name=generators.index.name)
    twins["bus"] = turbines["bus1"].to_numpy()
    twins["p_nom"] = rating.to_numpy()
    twins["sign"] = 1.0
    twins["carrier"] = turbines["carrier"].to_numpy()
    twins["service"] = None
    return twins


def _shared_rating(
    name: str,
    efficiency: float,
    rating: float,
    steps: int,
) -> Constraint:
    """Return the limit in every snapshot on a turbine and its twin together [MW]."""
    turbine = {"component": "links", "names": [name], "coefficient": efficiency}
    twin = {
        "component": "generators",
        "names": [FREE + name],
        "coefficient": 1.0,
    }
    return {
        "kind": "limit",
        "name": f"rating of {name}",
        "terms": [turbine, twin],
        "runs": [[0, steps]],
        "at_most": rating,
    }


def without_demand(inputs: Inputs, services: set[str]) -> Inputs:
    """Return inputs without the loads at the buses of some services of demand."""
    generators = inputs.components["generators"]
    of_services = generators["service"].isin(services)
    buses = set(generators.loc[of_services, "bus"])
    loads = inputs.components["loads"]
    removed = loads["bus"].isin(buses).to_numpy()
    demand = inputs.dense["loads", "p_set"]
    dense = dict(inputs.dense)
    dense["loads", "p_set"] = np.where(removed, 0.0, demand)
    return replace(inputs, dense=dense)


def without_river_rules(inputs: Inputs) -> Inputs:
    """Return inputs without bounds on volumes, flows and levels of rivers and reservoirs.

    What a store must hold at the end of the horizon stays: it is no rule on the river, but what the next year inherits.
    """
    dense = dict(inputs.dense)
    flow_rules = []
    level_rules = []
    for rule in inputs.book.rules.values():
        if rule.kind == "flow":
            flow_rules.append(rule)
        elif rule.kind == "level":
            level_rules.append(rule)

    links = inputs.components["links"].index
    with_minimum = links.isin([rule.link for rule in flow_rules if rule.at_least])
    with_maximum = links.isin([rule.link for rule in flow_rules if rule.at_most])
    minimum = inputs.dense["links", "p_min_pu"]
    maximum = inputs.dense["links", "p_max_pu"]
    dense["links", "p_min_pu"] = np.where(with_minimum, 0.0, minimum)
    dense["links", "p_max_pu"] = np.where(with_maximum, 1.0, maximum)

    stores = inputs.components["stores"].index
    with_level = stores.isin([rule.store for rule in level_rules])
    lowest = inputs.dense["stores", "e_min_pu"]
    snapshots = np.arange(len(lowest))
    before_end = snapshots < len(lowest) - 1
    opened = with_level & before_end[:, None]
    dense["stores", "e_min_pu"] = np.where(opened, 0.0, lowest)

    constraints = _opened(inputs.rules, _is_river_volume)
    return replace(inputs, dense=dense, rules=constraints)


def without_ac_network(inputs: Inputs) -> Inputs:
    """Return inputs without ratings, Kirchhoff's voltage law, losses and linear limits of the AC lines."""
    dense = dict(inputs.dense)
    rating = dense.get(("lines", "s_max_pu"))
    if rating is not None:
        dense["lines", "s_max_pu"] = np.full_like(rating, OPEN_RATING)
    constraints = _opened(inputs.rules, _is_line_limit)
    return replace(
        inputs,
        dense=dense,
        rules=constraints,
        kirchhoff=False,
        line_losses="none",
    )


def _opened(
    constraints: tuple[Constraint, ...],
    applies: Callable[[Constraint], bool],
) -> tuple[Constraint, ...]:
    """Return constraints in the same order; those to which the test applies no longer bind."""
    opened = []
    for constraint in constraints:
        if not applies(constraint):
            opened.append(constraint)
            continue
        bounds = OPEN_BOUNDS.keys() & constraint.keys()
        open_bounds = {bound: OPEN_BOUNDS[bound] for bound in bounds}
        opened.append(constraint | open_bounds)
    return tuple(opened)


def _is_river_volume(constraint: Constraint) -> bool:
    return constraint["kind"] == "volume" and bool(constraint["links"])


def _is_line_limit(constraint: Constraint) -> bool:
    if constraint["kind"] != "limit":
        return False
    return any(term["component"] == "lines" for term in constraint["terms"])
