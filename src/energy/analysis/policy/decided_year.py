"""A year as it came, decided month by month: ``foresight: policy``.

The policy decides what each month leaves to the next: what reservoirs and swap accounts hold, and what is left of
contracts. Within the month the model itself then decides, with its exact order of services.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from energy.analysis.policy.known_contents import ENDS_OVER, ENDS_SHORT, HAIR, elastic_end
from energy.analysis.policy.outage_chain import outage_classes
from energy.analysis.policy.simulate import follow
from energy.analysis.policy.stages import calendar_months, months_of
from energy.analysis.policy.trained import Policy
from energy.analysis.policy.walk import Step, Walk
from energy.analysis.policy.water_policy import WaterPolicyModel
from energy.model.hourly import number
from energy.model.inputs import Inputs, assemble
from energy.model.marginal_costs import with_objective
from energy.model.objective import LACKING_WATER
from energy.model.profiles import HM3_AN_HOUR
from energy.model.snapshot_runs import runs_of
from energy.solve import Result
from energy.solve.lp import ENERGY
from energy.solve.rivers import NEGLIGIBLE


def decided_year(model: WaterPolicyModel, policy: Policy) -> Result:
    """Return the year of a scenario as an operator decides it who knows neither the river nor the outages to come.

    At the start of a month he sees its inflow and its outages, and decides by what the policy says the water is worth
    that he leaves.

    Parameters
    ----------
    model
        The months of the scenario's year.
    policy
        Trained for it.

    Raises
    ------
    SolverError
        When a month has no optimum.
    """
    inputs = _year_as_it_came(model)
    walked = _walk_of(model, policy, inputs)
    held = _held_to(model, inputs, walked)
    result = model.engine.solve(held)
    yielded = dict(result.yielded)
    for store, volume in _short_of_water(model, walked).items():
        yielded[f"{store} end"] = volume
    return replace(result, yielded=yielded)


def _year_as_it_came(model: WaterPolicyModel) -> Inputs:
    """Return the scenario's year with its water and its events."""
    scenario = model.scenario.model_copy(update={"foresight": "perfect"})
    assembled = assemble(model.case, scenario, model.axis)
    return with_objective(assembled, scenario)


def _walk_of(
    model: WaterPolicyModel,
    policy: Policy,
    inputs: Inputs,
) -> Walk:
    """Return what a policy decides in a given year, month by month."""
    months = model.months
    problem = months.problem(inputs)
    water_classes = _classes_along(model, inputs)
    heavy = np.zeros(len(water_classes), dtype=int)
    if model.outages:
        heavy = outage_classes(model.reference.inputs, inputs)
    classes_of_months = zip(water_classes.tolist(), heavy.tolist(), strict=True)
    steps = []
    for month, (water_class, outage_class) in enumerate(classes_of_months):
        node = model.node(month, water_class, outage_class)
        noise = months.stages.noise(month, problem)
        steps.append(Step(node, noise))
    simulation = follow(policy, [steps])
    return simulation.walks[0]


def _classes_along(model: WaterPolicyModel, inputs: Inputs) -> np.ndarray:
    """Return the class of water so far of each month of a year of which nothing was known before; shape (months,)."""
    flows = _monthly_flows(model, inputs)
    calendar = calendar_months(inputs.axis)
    months = len(calendar)
    chain = model.chain
    sites = len(chain.weights)
    total_weight = chain.weights.sum()
    weighed_flow = (flows * chain.weights).sum(axis=1)
    logs = np.log(weighed_flow)
    first = int(calendar[0])
    years = (first + months - 1) // 12 + 1
    # months that are not of the year have their usual water
    usual = np.exp(chain.log_mean) / total_weight
    trace = np.tile(usual, (years, sites, 1))
    for position, log in enumerate(logs):
        year, month = divmod(first + position, 12)
        trace[year, :, month] = np.exp(log) / total_weight
    classes = chain.classes_of(trace).ravel()
    return np.asarray(classes[first : first + months])


def _monthly_flows(model: WaterPolicyModel, inputs: Inputs) -> np.ndarray:
    """Return the mean flow of each month into every site of the chain [m³/s]; shape (months, sites)."""
    month_of_snapshot, names = months_of(inputs.axis)
    loads = inputs.components["loads"].index
    places = loads.get_indexer(pd.Index(model.sites))
    # inflow stands in the model as a load below zero
    load = inputs.array("loads", "p_set")[:, places]
    inflow = -load / HM3_AN_HOUR
    hours = inputs.axis.weights
    flows = np.empty((len(names), len(places)))
    for month in range(len(names)):
        hours_of_month = hours * (month_of_snapshot == month)
        flows[month] = hours_of_month @ inflow / hours_of_month.sum()
    return flows


def _held_to(
    model: WaterPolicyModel,
    inputs: Inputs,
    walked: Walk,
) -> Inputs:
    """Return a year's inputs that leave from month to month what a policy left.

    Contents of stores at the end of each month are those of the policy. Of a contract's volume no month uses more than
    it used there. A cyclic store that the policy leaves with less, or more, than it began with may hold as much less,
    or more, all through the year: with the same flows it then begins as it ends.
    """
    short = _yielded_ends(model, walked, ENDS_SHORT)
    over = _yielded_ends(model, walked, ENDS_OVER)
    inputs = model.months.known.with_ends(inputs, short, over)
    month_of_snapshot, _ = months_of(inputs.axis)
    store_of_row = _store_of_rows(model)
    lowest = inputs.array("stores", "e_min_pu").copy()
    highest = inputs.array("stores", "e_max_pu").copy()
    stores = inputs.components["stores"]
    for month, state in enumerate(walked.states):
        link = model.months.stages.links[month]
        snapshots_of_month = np.flatnonzero(month_of_snapshot == month)
        last = int(snapshots_of_month[-1])
        for row, position in link.state_of.items():
            if row not in store_of_row:
                continue
            store = store_of_row[row]
            column = stores.index.get_loc(store)
            size = number(stores, store, "e_nom")
            kept = float(state[position])
            least = (kept - short.get(store, 0.0)) / size
            most = (kept + over.get(store, 0.0)) / size
            lowest[last, column] = max(least - HAIR, 0.0)
            highest[last, column] = min(most + HAIR, 1.0)
    bounds = {
        ("stores", "e_min_pu"): lowest,
        ("stores", "e_max_pu"): highest,
    }
    monthly_volumes = _monthly_volumes(model, inputs, walked)
    return replace(
        inputs,
        dense={**inputs.dense, **bounds},
        rules=(*inputs.rules, *monthly_volumes),
    )


def _store_of_rows(model: WaterPolicyModel) -> dict[int, str]:
    """Return the store whose content each row of the year's program balances."""
    structure = model.engine.structure
    names = list(structure.stores)
    stores = {}
    for (_, position), row in np.ndenumerate(structure.rows[ENERGY]):
        stores[int(row)] = names[position]
    return stores


def _monthly_volumes(
    model: WaterPolicyModel,
    inputs: Inputs,
    walked: Walk,
) -> list[dict[str, Any]]:
    """Return the rules that no month uses more of a contract's volume than the policy used there."""
    month_of_snapshot, names = months_of(inputs.axis)
    volumes: list[dict[str, Any]] = []
    used_before: dict[str, float] = {}
    for month, state in enumerate(walked.states):
        is_month = month_of_snapshot == month
        for rule in model.months.inputs.rules:
            used = _used(model, rule, month, state)
            if used is None:
                continue
            before = used_before.get(rule["name"], 0.0)
            used_before[rule["name"]] = used
            volume = _monthly_volume(
                rule,
                names[month],
                is_month,
                used - before,
            )
            volumes.append(volume)
    return volumes


def _yielded_ends(
    model: WaterPolicyModel,
    walked: Walk,
    said: str,
) -> dict[str, float]:
    """Return by how much cyclic stores end with less, or with more, than they began with [hm³ or MWh]."""
    yielded = {}
    for store in model.months.known.stores:
        amount = walked.accounts[f"{elastic_end(store)}: {said}"].sum()
        if amount > 0:
            yielded[store] = float(amount)
    return yielded


def _short_of_water(model: WaterPolicyModel, walked: Walk) -> dict[str, float]:
    """Return by how much reservoirs end with less than they began with [hm³]."""
    components = model.reference.inputs.components
    carrier_of_bus = components["buses"]["carrier"]
    carrier = components["stores"]["bus"].map(carrier_of_bus)
    short = {}
    for store, volume in _yielded_ends(model, walked, ENDS_SHORT).items():
        is_water = carrier[store] == "water"
        if is_water and volume > NEGLIGIBLE:
            short[store] = volume
    return short


def _used(
    model: WaterPolicyModel,
    rule: dict[str, Any],
    month: int,
    state: np.ndarray,
) -> float | None:
    """Return how much of a contract's volume is used at the end of a month [MWh]; None for any other rule."""
    is_volume_of_generators = rule["kind"] == "volume" and not rule.get("links")
    is_contract = is_volume_of_generators and rule["name"] != LACKING_WATER
    if not is_contract or rule.get("at_most") is None:
        return None
    rows = model.engine.structure.rows[f"rule-{rule['name']}-at_most"]
    row = int(np.ravel(rows)[0])
    link = model.months.stages.links[month]
    if row not in link.state_of:
        return None
    used = state[link.state_of[row]] * link.factor[row]
    return float(used)


def _monthly_volume(
    rule: dict[str, Any],
    month: str,
    is_month: np.ndarray,
    volume: float,
) -> dict[str, Any]:
    """Return the rule that no more of a contract is used in a month."""
    return {
        "kind": "volume",
        "name": f"{rule['name']} {month}",
        "runs": runs_of(is_month),
        "links": [],
        "generators": rule["generators"],
        "at_most": max(volume, 0.0) + HAIR * rule["at_most"],
    }
