"""Water and outages of simulated years: of the policy's own odds, or of the laws that these are estimated from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from energy.analysis.policy.foreseen_years import outages_of_year, with_monthly_flows
from energy.analysis.policy.outage_chain import outage_classes
from energy.analysis.policy.sampling import draw_path
from energy.analysis.policy.stages import calendar_months
from energy.analysis.policy.trained import Policy
from energy.analysis.policy.walk import Step
from energy.analysis.policy.water_policy import WaterPolicyModel
from energy.model.hydrology.statistics import water_statistics
from energy.model.hydrology.years import draw_years


@dataclass(frozen=True, eq=False)
class _SimulatedWater:
    """Water and outages of some years.

    Attributes
    ----------
    paths
        What is seen month by month, one path a year.
    flows
        Inflow of each month at every site [m³/s]; shape (years, months, sites).
    classes
        Class of water so far, 0 the driest; shape (years, months).
    outage_classes
        Class of outages, 1 of a month in which they take a quarter or more of the studied line; shape (years, months).
    """

    paths: tuple[tuple[Step, ...], ...]
    flows: np.ndarray
    classes: np.ndarray
    outage_classes: np.ndarray


def simulated_water(
    model: WaterPolicyModel,
    policy: Policy,
    years: int,
    seed: int,
    own_odds: bool,
) -> _SimulatedWater:
    """Return the water and the outages of some years.

    Parameters
    ----------
    model, policy
        The months, and the policy that is to decide them.
    years
        How many.
    seed
        Family of years; more years begin with the same ones.
    own_odds
        Whether years have the classes and outcomes that the policy was trained on, and the lower bound is one of their
        mean; else they are synthetic years as ``energy risk`` draws them, which the policy's odds only resemble.
    """
    if own_odds:
        return _water_of_chain(model, policy, years, seed)
    return _drawn_water(model, years, seed)


def _water_of_chain(
    model: WaterPolicyModel,
    policy: Policy,
    years: int,
    seed: int,
) -> _SimulatedWater:
    """Return years drawn from the policy's own odds."""
    outcomes = _outcome_numbers(policy)
    months = calendar_months(model.axis)
    paths = []
    flows = []
    classes = []
    outage_classes = []
    for year in range(years):
        stream: list[str | int] = ["policy", "simulate", seed, year]
        path = draw_path(policy.graph, stream, policy.settings.longest)
        classes_of_months = [model.classes(step.node) for step in path]
        water_class, outage_class = zip(*classes_of_months, strict=True)
        outcome = [outcomes[step.node][id(step.noise)] for step in path]
        paths.append(path)
        classes.append(water_class)
        outage_classes.append(outage_class)
        flows.append(model.chain.flows[months, list(water_class), outcome])
    return _SimulatedWater(
        paths=tuple(paths),
        flows=np.array(flows),
        classes=np.array(classes),
        outage_classes=np.array(outage_classes),
    )


def _outcome_numbers(policy: Policy) -> list[dict[int, int]]:
    """Return for each node of a policy's graph the number of each of its noises, by their identity."""
    numbers = []
    for node in policy.graph.nodes:
        of_node = {id(noise): number for number, noise in enumerate(node.noises)}
        numbers.append(of_node)
    return numbers


def _drawn_water(
    model: WaterPolicyModel,
    years: int,
    seed: int,
) -> _SimulatedWater:
    """Return synthetic years of the case's water statistics with the outages of as many draws of ``energy risk``.

    The policy sees the classes that each month falls into.
    """
    statistics = water_statistics(model.case.profiles["water_statistics"])
    months = calendar_months(model.axis)
    begins_a_year = np.diff(months) < 0
    year_of_month = np.cumsum(np.append(0, begins_a_year))
    calendar_years = int(year_of_month[-1]) + 1
    no_class = np.zeros(len(months), dtype=int)
    paths = []
    flows = []
    classes = []
    outages = []
    for draw in range(years):
        trace = draw_years(
            statistics,
            seed=seed,
            draw=draw,
            years=calendar_years,
        )
        inflow = trace[year_of_month, :, months]
        water_class = model.chain.classes_of(trace)[year_of_month, months]
        disturbed = outages_of_year(
            model,
            no_class,
            seed,
            draw,
            own_odds=False,
        )
        outage_class = outage_classes(model.reference.inputs, disturbed)
        year = with_monthly_flows(model, inflow, disturbed)
        problem = model.months.problem(year)
        steps = []
        for month in range(len(months)):
            node = model.node(
                month,
                int(water_class[month]),
                int(outage_class[month]),
            )
            noise = model.months.stages.noise(month, problem)
            steps.append(Step(node, noise))
        paths.append(tuple(steps))
        flows.append(inflow)
        classes.append(water_class)
        outages.append(outage_class)
    return _SimulatedWater(
        paths=tuple(paths),
        flows=np.array(flows),
        classes=np.array(classes),
        outage_classes=np.array(outages),
    )
