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
from energy.analysis.policy.stages import months_of
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
    inputs = year_as_it_came(model)
    walked = walk_of(model, policy, inputs)
    result = model.engine.solve(_held_to(model, inputs, walked))
    ends = {f"{store} end": volume for store, volume in _short_of_water(model, walked).items()}
    return replace(result, yielded={**result.yielded, **ends})


def year_as_it_came(model: WaterPolicyModel) -> Inputs:
    """Return the scenario's year with its water and its events."""
    scenario = model.scenario.model_copy(update={"foresight": "perfect"})
    return with_objective(assemble(model.case, scenario, model.axis), scenario)


def walk_of(
    model: WaterPolicyModel,
    policy: Policy,
    inputs: Inputs,
) -> Walk:
    """Return what a policy decides in a given year, month by month."""
    months = model.months
    problem = months.problem(inputs)
    water_classes = classes_along(model, inputs)
    heavy = np.zeros(len(water_classes), dtype=int)
    if model.outages:
        heavy = outage_classes(model.reference.inputs, inputs)
    steps = []
    for stage, classes in enumerate(zip(water_classes.tolist(), heavy.tolist(), strict=True)):
        noise = months.stages.noise(stage, problem)
        steps.append(Step(model.node(stage, *classes), noise))
    return follow(policy, [steps]).walks[0]


def classes_along(model: WaterPolicyModel, inputs: Inputs) -> np.ndarray:
    """Return the class of water so far of each month of a year of which nothing was known before; shape (months,)."""
    flows = monthly_flows(model, inputs)
    calendar = _calendar_months(inputs)
    chain = model.chain
    logs = np.log((flows * chain.weights).sum(axis=1))
    first = int(calendar[0])
    years = (first + len(calendar) - 1) // 12 + 1
    usual = np.exp(chain.log_mean) / chain.weights.sum()
    trace = np.tile(usual, (years, len(chain.weights), 1))
    for position, log in enumerate(logs):
        year, month = divmod(first + position, 12)
        trace[year, :, month] = np.exp(log) / chain.weights.sum()
    classes = chain.classes_of(trace).ravel()
    return np.asarray(classes[first : first + len(calendar)])


def monthly_flows(model: WaterPolicyModel, inputs: Inputs) -> np.ndarray:
    """Return the mean flow of each month into every site of the chain [m³/s]; shape (months, sites)."""
    month_of_snapshot, names = months_of(inputs.axis)
    places = inputs.components["loads"].index.get_indexer(pd.Index(model.sites))
    inflow = -inputs.array("loads", "p_set")[:, places] / HM3_AN_HOUR
    hours = inputs.axis.weights
    flows = np.empty((len(names), len(places)))
    for month in range(len(names)):
        of_month = hours * (month_of_snapshot == month)
        flows[month] = of_month @ inflow / of_month.sum()
    return flows


def _calendar_months(inputs: Inputs) -> np.ndarray:
    """Return the calendar month of each month of the horizon, January = 0; shape (months,)."""
    month_of_snapshot, names = months_of(inputs.axis)
    calendar = inputs.axis.snapshots.month.to_numpy() - 1
    first_snapshot = [int(np.flatnonzero(month_of_snapshot == month)[0]) for month in range(len(names))]
    return np.asarray(calendar[first_snapshot])


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
    month_of_snapshot, names = months_of(inputs.axis)
    content = model.engine.structure.rows[ENERGY]
    stores = list(model.engine.structure.stores)
    store_of_row = {int(row): position for position, row in np.ndenumerate(content)}
    lowest = inputs.array("stores", "e_min_pu").copy()
    highest = inputs.array("stores", "e_max_pu").copy()
    table = inputs.components["stores"]
    extra_rules: list[dict[str, Any]] = []
    used_before: dict[str, float] = {}
    for month, state in enumerate(walked.states):
        link = model.months.stages.links[month]
        last = int(np.flatnonzero(month_of_snapshot == month)[-1])
        for row, position in link.state_of.items():
            if row not in store_of_row:
                continue
            name = stores[store_of_row[row][1]]
            column = table.index.get_loc(name)
            size = number(table, name, "e_nom")
            kept = float(state[position])
            least = (kept - short.get(name, 0.0)) / size
            most = (kept + over.get(name, 0.0)) / size
            lowest[last, column] = max(least - HAIR, 0.0)
            highest[last, column] = min(most + HAIR, 1.0)
        for rule in model.months.inputs.rules:
            used = _used(model, rule, month, state)
            if used is None:
                continue
            before = used_before.get(rule["name"], 0.0)
            used_before[rule["name"]] = used
            extra_rules.append(_monthly_volume(rule, names[month], month_of_snapshot == month, used - before))
    bounds = {("stores", "e_min_pu"): lowest, ("stores", "e_max_pu"): highest}
    return replace(
        inputs,
        dense={**inputs.dense, **bounds},
        rules=(*inputs.rules, *extra_rules),
    )


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
    carrier = components["stores"]["bus"].map(components["buses"]["carrier"])
    short = _yielded_ends(model, walked, ENDS_SHORT)
    return {store: volume for store, volume in short.items() if carrier[store] == "water" and volume > NEGLIGIBLE}


def _used(
    model: WaterPolicyModel,
    rule: dict[str, Any],
    month: int,
    state: np.ndarray,
) -> float | None:
    """Return how much of a contract's volume is used at the end of a month [MWh]; None for any other rule."""
    is_contract = rule["kind"] == "volume" and not rule.get("links") and rule["name"] != LACKING_WATER
    if not is_contract or rule.get("at_most") is None:
        return None
    rows = model.engine.structure.rows[f"rule-{rule['name']}-at_most"]
    row = int(np.ravel(rows)[0])
    link = model.months.stages.links[month]
    if row not in link.state_of:
        return None
    return float(state[link.state_of[row]] * link.factor[row])


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
