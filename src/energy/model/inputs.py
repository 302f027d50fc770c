"""Case + scenario → everything the optimisation reads, as arrays; no network and no solver yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from energy.case.case import Case
from energy.case.rules import RuleBook
from energy.errors import Fault, InputError, nearest
from energy.model import objective, profiles
from energy.model.axis import Axis
from energy.model.base_inputs import (
    BaseInputs,
    Dense,
    PartialInputsKey,
    SnapshotInputs,
    base_inputs_of,
    snapshot_inputs,
)
from energy.model.disruption import apply_events, targets
from energy.model.generator_availability import at_most_the_demand, without_transit_losses
from energy.model.head_curves import HeadCurve, head_curves
from energy.model.horizon import on_calendar, refuse_missed
from energy.model.hourly import number
from energy.model.hydrology.inflow import inflow
from energy.model.input_checks import validate_inputs
from energy.model.line_losses import LineLosses, linearisation, refuse_unbounded
from energy.model.snapshots import axis_of
from energy.scenario import Event, Scenario
from energy.scenario.hydrology import Hydrology

if TYPE_CHECKING:
    import pypsa


@dataclass(frozen=True)
class Inputs:
    """Everything that one optimisation reads.

    Attributes
    ----------
    name
        Name of the scenario.
    axis
        Snapshots and what they stand for.
    components
        PyPSA list name → table of the components in service, every attribute that PyPSA knows filled.
    dense
        (list name, attribute) → values in every snapshot, for the attributes that may vary; shape (snapshots, names),
        columns in the order of the table.
    rules
        Rules that PyPSA's components cannot express, as ``energy.extra_functionality`` reads them.
    kirchhoff
        Whether Kirchhoff's voltage law holds on the lines.
    weights
        Service → worth of a delivered MWh in the objective; empty where the objective is money. Beside weights costs
        count at ``objective.SHARE_OF_COSTS`` of their $.
    book
        The rules of the case as the scenario sets them.
    events
        (component list, name, attribute) → the scenario's events that act there.
    undisturbed
        Of ``dense``, what events change, as it is without them.
    own
        The user's own network that the components come from, or None: what they do not say PyPSA reads there.
    head
        Curves of the turbines whose efficiency follows a level; none where the head is fixed.
    priority
        Services from first served to the studied one, which are optimised in this order; empty where the objective is
        money.
    line_losses
        How losses of AC lines are linearised, if at all.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> found = inputs(read_case("two_bus"), read_scenario("two_bus"))
    >>> found.name, len(found.axis.snapshots)
    ('two_bus', 96)
    """

    name: str
    axis: Axis
    components: Mapping[str, pd.DataFrame]
    dense: Dense
    rules: tuple[dict[str, Any], ...]
    kirchhoff: bool
    weights: Mapping[str, float]
    book: RuleBook
    events: Mapping[tuple[str, str, str], list[Event]] = field(default_factory=dict)
    undisturbed: Dense = field(default_factory=dict)
    head: tuple[HeadCurve, ...] = ()
    priority: tuple[str, ...] = ()
    line_losses: LineLosses = "none"
    own: pypsa.Network | None = None

    def array(self, component: str, attribute: str) -> np.ndarray:
        """Return an attribute in every snapshot; shape (snapshots, names), columns in the order of the table."""
        found = self.dense.get((component, attribute))
        if found is not None:
            return found
        static = self.components[component][attribute].to_numpy(float)
        return np.tile(static, (len(self.axis.snapshots), 1))

    def values(self, component: str, attribute: str) -> pd.DataFrame:
        """Return an attribute in every snapshot; shape (snapshots, names)."""
        columns = self.components[component].index
        return pd.DataFrame(self.array(component, attribute), index=self.axis.snapshots, columns=columns)


def inputs(case: Case, scenario: Scenario) -> Inputs:
    """Assemble what the optimisation of a scenario on a case reads.

    Parameters
    ----------
    case
        What exists.
    scenario
        What is asked and what happens.

    Returns
    -------
    Inputs

    Raises
    ------
    InputError
        When the scenario names what the case does not have.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> found = inputs(read_case("networks/two_bus"), read_scenario("two_bus"))
    >>> float(found.values("loads", "p_set")["source demand"].iloc[0].round(6))
    40.0
    """
    refuse_missed(case, scenario)
    found = with_objective(assemble(case, scenario), scenario)
    validate_inputs(found.components, found.dense, scenario, case)
    return found


def assemble(case: Case, scenario: Scenario, axis: Axis | None = None) -> Inputs:
    """Return the inputs with the components' own costs, before the scenario's question sets what services are worth.

    Parameters
    ----------
    case, scenario
        What exists and what is asked.
    axis
        Snapshots; those of the scenario unless given.

    Raises
    ------
    InputError
        When the scenario names what the case does not have, or asks for what is not modelled.
    """
    scenario = on_calendar(case, scenario)
    base = base_inputs_of(case, scenario)
    _refuse(case, scenario, base.book)
    stands = snapshot_inputs(base, axis or axis_of(case, scenario))
    case = base.case
    dense = dict(stands.dense)
    if "loads" in base.components:
        dense["loads", "p_set"] = _loads(case, scenario, stands)
    load = partial(_load, case, scenario, base)
    hit = targets(case, scenario)
    changed = apply_events(case, scenario, replace(stands, dense=dense), hit, load)
    undisturbed = {key: dense[key] for key in changed}
    dense |= changed
    lossy = scenario.line_losses != "none" and bool(len(base.components.get("lines", ())))
    plants = case.own is None and "generators" in base.components
    if plants and "loads" in base.components:
        dense["generators", "p_max_pu"] = at_most_the_demand(base.components, dense)
    if plants and not lossy:
        dense["generators", "p_max_pu"] = without_transit_losses(base.components["generators"], dense)
    head = head_curves(base.case, base.components) if scenario.head == "varying" else ()
    assembled = Inputs(
        scenario.name,
        stands.axis,
        base.components,
        dense,
        stands.rules,
        scenario.network == "kirchhoff",
        {},
        base.book,
        hit,
        undisturbed,
        head,
        line_losses=linearisation(base.components, scenario),
        own=case.own,
    )
    refuse_unbounded(assembled, scenario)
    return assembled


def with_objective(inputs: Inputs, scenario: Scenario, order: tuple[str, ...] | None = None) -> Inputs:
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
    book = inputs.book
    order = order or scenario.protection_order or book.protection_order
    bought = objective.purchases(inputs.components.get("generators", pd.DataFrame()))
    weight = objective.priority_weights(order, bought) if scenario.objective == "transfer" else {}
    dense = dict(inputs.dense)
    share = objective.SHARE_OF_COSTS if weight else 1.0
    for component, attribute in (("stores", "marginal_cost"), ("stores", "marginal_cost_storage")):
        if component in inputs.components:
            dense[component, attribute] = share * inputs.array(component, attribute)
    for component in ("links", "generators"):
        table = inputs.components.get(component)
        if table is None:
            continue
        cost = share * inputs.array(component, "marginal_cost")
        if weight and component == "generators":
            lacking = (table["carrier"] == objective.LACKING).to_numpy()
            cost = np.where(lacking, objective.lacking(weight) / share * cost, cost)
        dense[component, "marginal_cost"] = cost
        if "service" not in table:
            continue
        worth = weight if weight else _tariff(scenario, book)
        value = np.array([worth.get(service, 0.0) for service in table["service"].tolist()])
        if component == "links":
            sign = -1.0 if weight else 1.0  # a delivered MWh earns its worth, or bears its tariff
            dense[component, "marginal_cost"] = cost + sign * inputs.array("links", "efficiency") * value
            dense[component, "marginal_cost"] += objective.returned(table["service"], weight)
        elif weight:
            dense[component, "marginal_cost"] = cost + value * table["sign"].to_numpy(float)
    return replace(inputs, dense=dense, weights=weight, priority=tuple(weight))


def _tariff(scenario: Scenario, book: RuleBook) -> dict[str, float]:
    # under take-or-pay the price is owed whether or not the energy is taken, so it does not steer the dispatch
    owed = book.contract is None or scenario.contract.payment == "take_or_pay"
    return {} if book.contract is None or owed else {"casa": sum(book.contract.prices.values())}


def _loads(case: Case, scenario: Scenario, stands: SnapshotInputs) -> np.ndarray:
    """Return demand and inflow [MW, hm³/h] of a scenario in every snapshot; shape (snapshots, loads)."""
    loads = stands.base.components["loads"]
    values = stands.dense["loads", "p_set"].copy()
    if "demand" in loads and "demand_year" in case.profiles:
        share = loads["share"].to_numpy(float)
        for key, at in loads.groupby("demand").indices.items():
            national = _demand(stands.base, str(key), profiles.chosen_for(scenario.growth, str(key), "central"))
            values[:, at] = stands.axis.mean(national)[:, None] * share[at]
    if "inflow" in case.profiles:
        sites, flows = _scenario_inflow(scenario, stands.base)
        values[:, sites] = -stands.axis.mean(flows)
    return values


def _refuse(case: Case, scenario: Scenario, book: RuleBook) -> None:
    """Refuse what a scenario may write but nothing would come of."""
    faults = []
    if not isinstance(scenario.growth, str):
        known = _labels(case, "demand_year")
        for key in scenario.growth:
            if key not in known:
                what = f"growth names {key!r}, which the case does not have"
                faults.append(_fault(scenario, ("growth", key), what, ", ".join(known), nearest(key, known)))
    if scenario.head == "varying" and "head" not in case.profiles:
        what = f"case {case.name} has no curves for a varying head"
        repair = "write head: fixed, or add profiles/head.csv"
        faults.append(_fault(scenario, ("head",), what, "fixed", repair))
    if objective.RETURNED in (scenario.protection_order or ()) and scenario.contract.direction == "both":
        what = "protection_order holds reverse while both directions are open: power could earn by going in a circle"
        repair = "take reverse out, or write direction: reverse"
        faults.append(_fault(scenario, ("protection_order",), what, None, repair))
    if book.contract is None and (scenario.contract.season is not None or scenario.contract.prices):
        what = f"case {case.name} has no contract to change"
        faults.append(_fault(scenario, ("contract",), what, None, "take contract out"))
    if faults:
        raise InputError(faults)


def _fault(
    scenario: Scenario, steps: tuple[str, ...], what: str, allowed: str | None, repair: str | None = None
) -> Fault:
    origin = scenario.written_at(*steps)
    return Fault(what, origin.where, line=origin.line, allowed=allowed, repair=repair)


def _labels(case: Case, profile_name: str) -> list[str]:
    table = case.profiles.get(profile_name)
    return [] if table is None else [str(label) for label in table.index.unique(0)]


def _load(case: Case, scenario: Scenario, base: BaseInputs, name: str) -> np.ndarray:
    """Return demand or inflow [MW, hm³/h] of one load in every hour; shape (hours,)."""
    loads = base.components["loads"]
    key = loads["demand"].at[name] if "demand" in loads else None
    if "demand_year" in case.profiles and isinstance(key, str) and key:
        growth = profiles.chosen_for(scenario.growth, key, "central")
        return _demand(base, key, growth) * number(loads, name, "share")
    if "inflow" in case.profiles:
        sites, flows = _inflow(base, scenario.hydrology)
        at = np.flatnonzero(sites == loads.index.get_loc(name))
        if len(at):
            return -flows[:, at[0]]
    return base.column("loads", "p_set", name)


def _scenario_inflow(scenario: Scenario, base: BaseInputs) -> tuple[np.ndarray, np.ndarray]:
    try:
        return _inflow(base, scenario.hydrology)
    except InputError as err:
        origin = scenario.written_at("hydrology")
        raise InputError(fault.at(origin.where, origin.line) for fault in err.faults) from None


def _demand(base: BaseInputs, key: str, growth: str) -> np.ndarray:
    """Return a national demand [MW] in every hour; shape (hours,)."""
    return _shared_demand(PartialInputsKey(base, "demand_year", "demand_month", "demand_hour"), key, growth)


@lru_cache(maxsize=256)
def _shared_demand(part: PartialInputsKey, key: str, growth: str) -> np.ndarray:
    return profiles.demand(part.base.case, part.base.hours, key, growth)


def _inflow(base: BaseInputs, hydrology: Hydrology) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of the loads that stand for inflow, and their flow [hm³/h]; shape (hours, sites)."""
    return _shared_inflow(PartialInputsKey(base, "inflow", "water_statistics"), hydrology)


@lru_cache(maxsize=16)
def _shared_inflow(part: PartialInputsKey, hydrology: Hydrology) -> tuple[np.ndarray, np.ndarray]:
    base, loads = part.base, part.base.components["loads"].index
    found = {site: flow for site, flow in inflow(base.case, base.hours, hydrology).items() if site in loads}
    sites = np.array([loads.get_loc(site) for site in found], dtype=int)
    return sites, np.column_stack(list(found.values())) if found else np.zeros((len(base.hours), 0))
