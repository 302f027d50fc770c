"""The months of a scenario's year as a policy graph: the model's own program, rules that yield, and rivers by class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pandas as pd

from energy.analysis.policy.elastic_program import ElasticProgram, elastic_program
from energy.analysis.policy.graph import PolicyGraph, markov_graph
from energy.analysis.policy.known_contents import KnownContents, known_contents
from energy.analysis.policy.outage_chain import CLASSES, OutageChain
from energy.analysis.policy.stage import Noise, StageProblem
from energy.analysis.policy.stages import Stages, calendar_months, months_of, split
from energy.errors import Fault, InputError
from energy.model import Inputs
from energy.model.axis import Axis
from energy.model.hydrology.inflow_chain import InflowChain
from energy.model.profiles import HM3_AN_HOUR
from energy.solve import Result
from energy.solve.elastic_bound import ElasticBound
from energy.solve.elastic_bounds import elastic_bounds
from energy.solve.lp import Problem, Structure

WATER_UNITS = ("hm3", "hm3/h", "m3/s", "of e_nom")
PRICE_OF_WATER = 2e6
"""Of a hm³ by which a rule of the water yields [MWh of the studied service]: above all that a hm³ can earn."""
PRICE_OF_STORED_ENERGY = 5e3
"""Of a MWh by which an account of energy ends otherwise than it began [MWh of the studied service]."""

DECIDED_WITH_FORESIGHT = "rule lacking_water"
"""A rule made from the whole year's water: none for who does not know it. What lacks has its own price."""


@dataclass(frozen=True, eq=False)
class YearOfMonths:
    """A year's program, cut by month.

    Attributes
    ----------
    inputs
        The reference year.
    structure
        Its program's rows and columns.
    known
        Contents that no policy decides.
    program
        The program with rules that yield.
    stages
        Its months.
    """

    inputs: Inputs
    structure: Structure
    known: KnownContents
    program: ElasticProgram
    stages: Stages

    def problem(self, inputs: Inputs) -> Problem:
        """Return the program of other inputs over the same snapshots and rules: other water, outages or prices."""
        own = self.structure.problem(inputs)
        anchored = self.known.problem(self.structure, own)
        return self.program.problem(anchored)


def year_of_months(
    structure: Structure,
    reference: Result,
    prices: Mapping[str, float] | None = None,
    accounts: Mapping[str, np.ndarray] | None = None,
) -> YearOfMonths:
    """Cut the program of a year by month.

    Parameters
    ----------
    structure
        Rows and columns of the program.
    reference
        Optimum of a year of ordinary water: cyclic stores begin where it has them.
    prices
        Name of a rule, such as ``rule nurek_end`` → price at which it yields; every rule of the water at
        ``PRICE_OF_WATER`` unless given.
    accounts
        Name → coefficient of every column of the program: what a simulation reports beside what rules yield, such as
        the energy of a service [MWh]; each of shape (columns,).
    """
    inputs = reference.inputs
    values = np.zeros(structure.pattern.shape[1])
    for key, columns in structure.columns.items():
        values[columns] = reference.values[key].to_numpy()
    known = known_contents(structure, inputs, values)
    own = structure.problem(inputs)
    bounds = [*elastic_bounds(structure, inputs, own), *known.elastic_ends(inputs)]
    usual = {bound.name: _usual_price(bound) for bound in bounds if _yields(bound)}
    program = elastic_program(structure, bounds, usual | dict(prices or {}))
    anchored = known.problem(structure, own)
    matrix = program.matrix(anchored)
    fixed = np.zeros(matrix.shape[1], dtype=bool)
    fixed[: len(known.fixed)] = known.fixed
    slack = np.zeros(matrix.shape[1] - len(known.fixed))
    reported = {name: np.append(coefficients, slack) for name, coefficients in (accounts or {}).items()}
    stages = split(
        matrix=matrix,
        problem=program.problem(anchored),
        stage_of_column=program.stage_of_column(_month_of_columns(structure, inputs.axis)),
        names=months_of(inputs.axis)[1],
        accounts=program.accounts() | reported,
        known=fixed,
    )
    return YearOfMonths(
        inputs=inputs,
        structure=structure,
        known=known,
        program=program,
        stages=stages,
    )


def _yields(bound: ElasticBound) -> bool:
    is_end = bound.said.startswith("ends with")
    is_rule_of_water = bound.name.startswith("rule ") and bound.unit in WATER_UNITS and bound.said != "starts with"
    return is_end or is_rule_of_water


def _usual_price(bound: ElasticBound) -> float:
    if bound.name == DECIDED_WITH_FORESIGHT:
        return 0.0
    return PRICE_OF_STORED_ENERGY if bound.unit == "MWh" else PRICE_OF_WATER


def inflow_graph(
    year: YearOfMonths,
    chain: InflowChain,
    sites: tuple[str, ...],
    outages: OutageChain | None = None,
) -> PolicyGraph:
    """Return the months of a year with the classes and outcomes of a chain of inflows, and classes of outages.

    Nodes stand in the order of months, then of classes of water, then of classes of outages.

    Parameters
    ----------
    year
        The months.
    chain
        Classes of water, their odds and their flows.
    sites
        Names of the loads that stand for inflow, in the order of the chain's sites.
    outages
        Odds of outages, independent of the water; None: none happen.

    Raises
    ------
    InputError
        When the year has no such load.
    """
    loads = year.inputs.components["loads"].index
    missing = [site for site in sites if site not in loads]
    if missing:
        what = f"the chain has inflow at {', '.join(missing)}, which no load of the year stands for"
        raise InputError(
            Fault(
                what,
                "policy",
                None,
                ", ".join(loads),
            )
        )
    places = loads.get_indexer(pd.Index(sites))
    month_of_stage = calendar_months(year.inputs.axis).tolist()
    noises = _noises(year, chain, places, outages)
    all_noises = [[noise for outcomes in of_stage for noise in outcomes] for of_stage in noises]
    bounds = _future_bounds(year.stages.problems, all_noises)
    return markov_graph(
        stages=year.stages.problems,
        noises=noises,
        transitions=_transitions(chain, month_of_stage, outages),
        initial_state=[],
        future_bound=bounds,
    )


def _noises(
    year: YearOfMonths,
    chain: InflowChain,
    places: np.ndarray,
    outages: OutageChain | None,
) -> list[list[list[Noise]]]:
    """Return what may be seen in each month under each class of water and of outages."""
    calendar = year.inputs.axis.snapshots.month.to_numpy() - 1
    month_of_stage = calendar_months(year.inputs.axis).tolist()
    _, classes, outcomes, _ = chain.flows.shape
    outage_classes = CLASSES if outages else 1
    noises: list[list[list[Noise]]] = [[[] for _ in range(classes * outage_classes)] for _ in month_of_stage]
    for water_class, outcome, outage_class in product(range(classes), range(outcomes), range(outage_classes)):
        inputs = year.inputs
        if outages:
            inputs = outages.mean_outages(inputs, np.full(len(month_of_stage), outage_class))
        flows = chain.flows[calendar, water_class, outcome]
        problem = year.problem(_with_inflow(inputs, places, flows))
        for stage, month in enumerate(month_of_stage):
            probability = float(chain.probabilities[month, water_class, outcome])
            noise = year.stages.noise(stage, problem, probability)
            noises[stage][water_class * outage_classes + outage_class].append(noise)
    return noises


def _transitions(
    chain: InflowChain,
    month_of_stage: Sequence[int],
    outages: OutageChain | None,
) -> list[np.ndarray]:
    """Return the odds of the classes of each month; those of water and outages are independent."""
    start = chain.frequencies[month_of_stage[0]][None, :]
    of_water = [start, *(chain.transitions[month] for month in month_of_stage[1:])]
    if outages is None:
        return of_water
    of_outages = [outages.frequencies[:1], *outages.transitions[1:]]
    return [np.kron(water, other) for water, other in zip(of_water, of_outages, strict=True)]


def _with_inflow(
    inputs: Inputs,
    places: np.ndarray,
    flows: np.ndarray,
) -> Inputs:
    """Return inputs with other inflow [m³/s]; shape (snapshots, sites)."""
    demand = inputs.array("loads", "p_set").copy()
    demand[:, places] = -flows * HM3_AN_HOUR
    return replace(inputs, dense={**inputs.dense, ("loads", "p_set"): demand})


def _future_bounds(problems: Sequence[StageProblem], noises: Sequence[Iterable[Noise]]) -> list[float]:
    """Return for each stage a number that the cost of all later ones is never below.

    The sum of the least costs of single columns between their bounds: loose, and enough for a training to begin with.

    Parameters
    ----------
    problems
        Stages in the order of time.
    noises
        What may be seen in each of them.

    Raises
    ------
    InputError
        When a column without a bound earns money.
    """
    least = []
    for problem, outcomes in zip(problems, noises, strict=True):
        costs = [_least_cost(problem, noise) for noise in outcomes]
        least.append(min(costs))
    after = np.cumsum(least[::-1])[::-1]
    return [*after[1:].tolist(), 0.0]


def _least_cost(problem: StageProblem, noise: Noise) -> float:
    cost = problem.cost.copy()
    lower = problem.lower.copy()
    upper = problem.upper.copy()
    cost[noise.priced] = noise.cost
    lower[noise.columns] = noise.lower
    upper[noise.columns] = noise.upper
    counted = cost != 0
    at_lower = cost[counted] * lower[counted]
    at_upper = cost[counted] * upper[counted]
    at_bounds = np.minimum(at_lower, at_upper)
    if not np.isfinite(at_bounds).all():
        what = f"stage {problem.name}: a column without a bound earns money"
        raise InputError(
            Fault(
                what,
                "policy",
                None,
                "a bound on whatever has a negative cost",
            )
        )
    return float(at_bounds.sum())


def _month_of_columns(structure: Structure, axis: Axis) -> np.ndarray:
    """Return the month of each column of a program, counted from the first one; shape (columns,)."""
    month_of_snapshot, _ = months_of(axis)
    month_of_column = np.empty(structure.pattern.shape[1], dtype=int)
    blocks = list(structure.columns.values())
    if structure.angle is not None:
        blocks.append(structure.angle[0])
    for block in blocks:
        month_of_column[block] = month_of_snapshot[:, None]
    return month_of_column
