"""The policy of a scenario's year: stages, odds of the rivers and what a trained policy belongs to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from energy.analysis.case_digest import case_digest
from energy.analysis.energy_of_water import energy_by_site
from energy.analysis.policy.graph import PolicyGraph
from energy.analysis.policy.months import YearOfMonths, inflow_graph, year_of_months
from energy.analysis.policy.outage_chain import CLASSES, OutageChain, outage_chain
from energy.analysis.policy.policy_file import load_policy, save_policy
from energy.analysis.policy.train import train
from energy.analysis.policy.trained import Policy, Settings
from energy.case import Case
from energy.errors import Fault, InputError
from energy.model.axis import Axis
from energy.model.horizon import on_calendar
from energy.model.hydrology.inflow_chain import InflowChain, inflow_chain
from energy.model.hydrology.statistics import water_statistics
from energy.model.hydrology.years import draw_years
from energy.model.inputs import Inputs, assemble
from energy.model.marginal_costs import with_objective
from energy.model.objective import LACKING, service_costs
from energy.model.snapshots import axis_of
from energy.scenario import Scenario, read_hazards
from energy.solve import Engine, Result
from energy.solve.lp import Structure

SERVICE = "service "
"""Before the name of a service in a simulation's accounts [MWh]."""
LACKING_AT = "lacking "
"""Before the name of a generator that stands for water that irrigation lacks [hm³]."""
SAVED_EVERY = 10
"""Iterations after which a training is written down, to go on from there."""


@dataclass(frozen=True)
class ChainDesign:
    """How the rivers' odds are estimated.

    Attributes
    ----------
    classes
        Classes of water so far, each as frequent as the others.
    outcomes
        Months from dry to wet within a class.
    years
        Length of the drawn trace.
    seed
        Of that trace, and of the years of outages.
    hazards
        Name of a set of hazards, or path of its file, that outages are drawn from; empty: none happen.
    outage_years
        Years of outages that are drawn.
    """

    classes: int = 3
    outcomes: int = 5
    years: int = 3000
    seed: int = 1
    hazards: str = ""
    outage_years: int = 500


@dataclass(frozen=True, eq=False)
class WaterPolicyModel:
    """What an operator of a scenario's year knows, month by month.

    Attributes
    ----------
    case, scenario
        What exists, and what is asked; its water and events are those that come, which nobody foresees.
    engine
        Engine of the year.
    reference
        Optimum of the year of ordinary water, without events.
    months
        Its months.
    chain, sites
        Odds of the rivers, and the loads that stand for them.
    outages
        Odds of the outages; None where none happen.
    graph
        Months and odds.
    belongs_to
        What a trained policy is for, word by word.
    design
        How the odds were estimated.
    """

    case: Case
    scenario: Scenario
    engine: Engine
    reference: Result
    months: YearOfMonths
    chain: InflowChain
    sites: tuple[str, ...]
    outages: OutageChain | None
    graph: PolicyGraph
    belongs_to: Mapping[str, str]
    design: ChainDesign

    @property
    def axis(self) -> Axis:
        """Snapshots of the year."""
        return self.reference.inputs.axis

    @property
    def outage_classes(self) -> int:
        """How many classes of outages a month has."""
        return CLASSES if self.outages else 1

    def node(
        self,
        stage: int,
        water_class: int,
        outage_class: int,
    ) -> int:
        """Return the node of a month under a class of water so far and a class of outages."""
        water_classes = len(self.chain.frequencies[0])
        return (stage * water_classes + water_class) * self.outage_classes + outage_class

    def classes(self, node: int) -> tuple[int, int]:
        """Return the class of water so far and the class of outages of a node."""
        water_classes = self.chain.flows.shape[1]
        before_outages, outage_class = divmod(node, self.outage_classes)
        return before_outages % water_classes, outage_class


def policy_model(
    case: Case,
    scenario: Scenario,
    design: ChainDesign | None = None,
) -> WaterPolicyModel:
    """Lay the months of a scenario's year and the odds of its rivers.

    Parameters
    ----------
    case, scenario
        What exists and what is asked. The scenario's own water and events play no part but for the snapshots, which
        are cut where events begin and end.
    design
        How the odds are estimated.

    Raises
    ------
    InputError
        When the case has no statistics of its water, heads follow levels, or hazards name what the case does not have.
    SolverError
        When the year of ordinary water has no optimum.
    """
    design = design or ChainDesign()
    scenario = on_calendar(case, scenario)
    if scenario.head == "varying":
        what = "with a head that follows the level the worth of water is no convex function of it"
        raise InputError(Fault(what, scenario.name, None, "head: fixed", "write head: fixed"))
    table = case.profiles.get("water_statistics")
    if table is None:
        path = case.path / "profiles" / "water_statistics.csv"
        raise InputError(Fault("no statistics of the water that may come", path, repair="add the file"))
    ordinary = ordinary_scenario(scenario)
    inputs = with_objective(assemble(case, ordinary, axis_of(case, scenario)), ordinary)
    engine = Engine(inputs)
    reference = engine.solve(inputs)
    months = year_of_months(
        engine.structure,
        reference,
        accounts=_accounts(engine.structure, inputs),
    )
    statistics = water_statistics(table)
    trace = draw_years(
        statistics,
        seed=design.seed,
        draw=0,
        years=design.years,
    )
    chain = inflow_chain(
        trace,
        classes=design.classes,
        outcomes=design.outcomes,
        weights=energy_by_site(case, statistics.sites),
    )
    outages = None
    if design.hazards:
        outages = outage_chain(
            case,
            inputs,
            ordinary,
            read_hazards(design.hazards),
            draws=design.outage_years,
            seed=design.seed,
        )
    belongs_to = {
        "case": case_digest(case),
        "scenario": ordinary.digest(),
        "year": str(scenario.year),
        "order": ", ".join(inputs.priority) or "least cost",
        "odds": f"{design.classes} classes, {design.outcomes} outcomes, {design.years} years, seed {design.seed}",
    }
    if outages:
        belongs_to["outages"] = f"{outages.hazards.digest()}, {design.outage_years} years, seed {design.seed}"
    return WaterPolicyModel(
        case=case,
        scenario=scenario,
        engine=engine,
        reference=reference,
        months=months,
        chain=chain,
        sites=statistics.sites,
        outages=outages,
        graph=inflow_graph(months, chain, statistics.sites, outages),
        belongs_to=belongs_to,
        design=design,
    )


def ordinary_scenario(scenario: Scenario) -> Scenario:
    """Return a scenario with median water and without events: the year that a policy is trained for."""
    return scenario.model_copy(update={"hydrology": "median", "events": (), "foresight": "perfect"})


def _accounts(structure: Structure, inputs: Inputs) -> dict[str, np.ndarray]:
    """Return the energy of each service [MWh] and the water that each irrigation lacks [hm³], by column."""
    width = structure.pattern.shape[1]
    hours = inputs.axis.weightings["objective"].to_numpy()[:, None]
    accounts = {}
    for service in inputs.book.services:
        account = np.zeros(width)
        for component, cost in service_costs(inputs, service).items():
            if (component, "p") in structure.columns:
                account[structure.columns[component, "p"]] = -cost * hours
        if account.any():
            accounts[SERVICE + service] = account
    generators = inputs.components["generators"]
    for position, name in enumerate(generators.index):
        if generators.at[name, "carrier"] == LACKING:
            account = np.zeros(width)
            account[structure.columns["generators", "p"][:, position]] = hours[:, 0]
            accounts[f"{LACKING_AT}{name}"] = account
    return accounts


def trained_policy(
    model: WaterPolicyModel,
    path: Path,
    settings: Settings,
    executor: Executor | None = None,
    on_iteration: Callable[[Policy], None] | None = None,
) -> Policy:
    """Train a policy, or go on with the one in a file; the file holds what is reached after every ten iterations.

    Parameters
    ----------
    model
        What it is for.
    path
        Its file.
    settings
        How it is trained.
    executor
        Where; the answer is the same to the last bit with any.
    on_iteration
        Called with the policy after each iteration.

    Raises
    ------
    InputError
        When the file holds a policy of something else.
    """
    resumed = load_policy(path, model.graph, model.belongs_to) if path.exists() else None

    def keep(policy: Policy) -> None:
        if len(policy.bounds) % SAVED_EVERY == 0:
            save_policy(policy, path, model.belongs_to, asdict(model.design))
        if on_iteration is not None:
            on_iteration(policy)

    policy = train(
        model.graph,
        settings,
        executor,
        resumed,
        keep,
    )
    save_policy(policy, path, model.belongs_to, asdict(model.design))
    return policy
