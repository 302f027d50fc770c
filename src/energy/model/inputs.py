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
from energy.errors import Fault, InputError
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
from energy.model.head_curves import HeadCurve, head_curves
from energy.model.horizon import on_calendar, refuse_missed
from energy.model.hourly import number
from energy.model.hydrology.first_filling import filled_head_curves
from energy.model.hydrology.inflow import inflow
from energy.model.input_checks import refuse_without_effect, validate_inputs
from energy.model.line_losses import LineLosses, linearisation, refuse_unbounded
from energy.model.marginal_costs import with_objective
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
    >>> two_bus = inputs(read_case("two_bus"), read_scenario("two_bus"))
    >>> two_bus.name, len(two_bus.axis.snapshots)
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
        dense = self.dense.get((component, attribute))
        if dense is not None:
            return dense
        static = self.components[component][attribute].to_numpy(float)
        steps = len(self.axis.snapshots)
        return np.tile(static, (steps, 1))

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
    >>> two_bus = inputs(read_case("networks/two_bus"), read_scenario("two_bus"))
    >>> float(two_bus.values("loads", "p_set")["source demand"].iloc[0].round(6))
    40.0
    """
    refuse_missed(case, scenario)
    assembled = assemble(case, scenario)
    whole = with_objective(assembled, scenario)
    validate_inputs(whole.components, whole.dense, scenario, case)
    return whole


def assemble(
    case: Case,
    scenario: Scenario,
    axis: Axis | None = None,
) -> Inputs:
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
    if scenario.foresight == "policy":
        what = "foresight is 'policy', which this study does not know"
        repair = "use energy run or energy policy simulate, or write another foresight"
        origin = scenario.written_at("foresight")
        raise InputError(Fault(what, origin.where, origin.line, "perfect or surprise", repair))
    base = base_inputs_of(case, scenario)
    refuse_without_effect(case, scenario, base.book)
    stands = snapshot_inputs(base, axis or axis_of(case, scenario))
    case = base.case
    dense = dict(stands.dense)
    if "loads" in base.components:
        dense["loads", "p_set"] = _loads(case, scenario, stands)
    load = partial(_load, case, scenario, base)
    events = targets(case, scenario)
    before_events = replace(stands, dense=dense)
    changed = apply_events(case, scenario, before_events, targeted=events, load=load)
    undisturbed = {key: dense[key] for key in changed}
    dense |= changed
    _limit_generators(case, scenario, base.components, dense)
    head: tuple[HeadCurve, ...] = ()
    if scenario.head == "varying":
        head = _head_curves(base)
    assembled = Inputs(
        name=scenario.name,
        axis=stands.axis,
        components=base.components,
        dense=dense,
        rules=stands.rules,
        kirchhoff=scenario.network == "kirchhoff",
        weights={},
        book=base.book,
        events=events,
        undisturbed=undisturbed,
        head=head,
        line_losses=linearisation(base.components, scenario),
        own=case.own,
    )
    refuse_unbounded(assembled, scenario)
    return assembled


def _head_curves(base: BaseInputs) -> tuple[HeadCurve, ...]:
    """Return the head curves of the case's profiles, and those of reservoirs that are filled for the first time."""
    of_profiles = head_curves(base.case, base.components)
    of_first_fillings = filled_head_curves(base.case, base.book, base.components)
    return (*of_profiles, *of_first_fillings)


def _limit_generators(
    case: Case,
    scenario: Scenario,
    components: Mapping[str, pd.DataFrame],
    dense: dict[tuple[str, str], np.ndarray],
) -> None:
    """Limit the generators for unserved demand by it, and close those for losses that the lines do not have."""
    if case.own is not None or "generators" not in components:
        return
    if "loads" in components:
        dense["generators", "p_max_pu"] = _at_most_the_demand(components, dense)
    has_line_losses = scenario.line_losses != "none" and len(components.get("lines", ())) > 0
    if not has_line_losses:
        dense["generators", "p_max_pu"] = _without_transit_losses(components["generators"], dense)


def _loads(
    case: Case,
    scenario: Scenario,
    stands: SnapshotInputs,
) -> np.ndarray:
    """Return demand and inflow [MW, hm³/h] of a scenario in every snapshot; shape (snapshots, loads)."""
    loads = stands.base.components["loads"]
    values = stands.dense["loads", "p_set"].copy()
    if "demand" in loads and "demand_year" in case.profiles:
        share = loads["share"].to_numpy(float)
        for key, columns in loads.groupby("demand").indices.items():
            growth = profiles.chosen_for(scenario.growth, str(key), "central")
            national = _demand(stands.base, str(key), growth)
            mean = stands.axis.mean(national)
            values[:, columns] = mean[:, None] * share[columns]
    if "inflow" in case.profiles:
        sites, flows = _scenario_inflow(scenario, stands.base)
        values[:, sites] = -stands.axis.mean(flows)
    return values


def _load(
    case: Case,
    scenario: Scenario,
    base: BaseInputs,
    name: str,
) -> np.ndarray:
    """Return demand or inflow [MW, hm³/h] of one load in every hour; shape (hours,)."""
    loads = base.components["loads"]
    demand = loads["demand"].at[name] if "demand" in loads else None
    if "demand_year" in case.profiles and isinstance(demand, str) and demand:
        growth = profiles.chosen_for(scenario.growth, demand, "central")
        national = _demand(base, demand, growth)
        return national * number(loads, name, "share")
    if "inflow" in case.profiles:
        sites, flows = _inflow(base, scenario.hydrology)
        columns = np.flatnonzero(sites == loads.index.get_loc(name))
        if len(columns):
            return -flows[:, columns[0]]
    return base.column("loads", "p_set", name)


def _scenario_inflow(
    scenario: Scenario,
    base: BaseInputs,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the inflow of a scenario; a fault of it names the place where the scenario writes its hydrology."""
    try:
        return _inflow(base, scenario.hydrology)
    except InputError as err:
        origin = scenario.written_at("hydrology")
        raise InputError(fault.at(origin.where, origin.line) for fault in err.faults) from None


def _demand(
    base: BaseInputs,
    key: str,
    growth: str,
) -> np.ndarray:
    """Return a national demand [MW] in every hour; shape (hours,)."""
    part = PartialInputsKey(base, "demand_year", "demand_season", "demand_month", "demand_hour")
    return _shared_demand(part, key, growth)


@lru_cache(maxsize=256)
def _shared_demand(
    part: PartialInputsKey,
    key: str,
    growth: str,
) -> np.ndarray:
    return profiles.demand(part.base.case, part.base.hours, key, growth)


def _inflow(base: BaseInputs, hydrology: Hydrology) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of the loads that stand for inflow, and their flow [hm³/h]; shape (hours, sites)."""
    part = PartialInputsKey(base, "inflow", "water_statistics")
    return _shared_inflow(part, hydrology)


@lru_cache(maxsize=16)
def _shared_inflow(
    part: PartialInputsKey,
    hydrology: Hydrology,
) -> tuple[np.ndarray, np.ndarray]:
    base = part.base
    loads = base.components["loads"].index
    sites = []
    flows = []
    for site, flow in inflow(base.case, base.hours, hydrology).items():
        if site in loads:
            sites.append(loads.get_loc(site))
            flows.append(flow)
    positions = np.array(sites, dtype=int)
    if not flows:
        return positions, np.zeros((len(base.hours), 0))
    return positions, np.column_stack(flows)


def _without_transit_losses(
    generators: pd.DataFrame,
    dense: Dense,
) -> np.ndarray:
    """Return ``p_max_pu`` of the generators, 0 for those that supply transit losses; shape (snapshots, generators).

    A country that only carries others' power makes good what its lines lose. Where the scenario models no line losses,
    such a generator would be a source of free power.
    """
    available = dense["generators", "p_max_pu"].copy()
    is_transit_loss = generators["carrier"] == objective.TRANSIT_LOSSES
    available[:, is_transit_loss.to_numpy()] = 0.0
    return available


def _at_most_the_demand(
    components: Mapping[str, pd.DataFrame],
    dense: Dense,
) -> np.ndarray:
    """Return ``p_max_pu`` of the generators; unserved demand is at most the demand of its bus.

    Without this bound a country could export its unserved demand: power from nowhere, sold over the line under study as
    soon as a delivered MWh is worth more than an unserved one. A generator with a ``share`` is at most that part of the
    demand: steps of rationing, each dearer than the one before, which spread a shortage over the months that have it.
    Shape (snapshots, generators).
    """
    generators = components["generators"]
    loads = components["loads"]
    available = dense["generators", "p_max_pu"].copy()
    withdrawal = -loads["sign"].to_numpy(float)
    demand = (dense["loads", "p_set"] * withdrawal).clip(min=0)
    bus_of_load = loads["bus"].to_numpy(object)
    bus_of_generator = generators["bus"].tolist()
    p_nom = generators["p_nom"].to_numpy(float)
    is_unserved = (generators["carrier"] == objective.UNSERVED).to_numpy()
    share_of_demand = _share_of_demand(generators)
    for column in np.flatnonzero(is_unserved & (p_nom > 0)):
        is_at_bus = bus_of_load == bus_of_generator[column]
        demand_at_bus = demand[:, is_at_bus].sum(axis=1)
        demand_pu = share_of_demand[column] * demand_at_bus / p_nom[column]
        before = available[:, column]
        available[:, column] = np.minimum(before, demand_pu)
    return available


def _share_of_demand(generators: pd.DataFrame) -> np.ndarray:
    """Return the part of its bus' demand that each generator may leave unserved, 1 unless said; shape (generators,)."""
    if "share" not in generators:
        return np.ones(len(generators))
    return generators["share"].fillna(1.0).to_numpy(float)
