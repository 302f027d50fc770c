"""Rungs of the priority waterfall: a scenario with CASA-1000 ever later in the protection order, and last in its place.

On a long horizon every program is solved from nothing, and a rung begins with the services of the rung before it: they
are solved from the first rung to the last, so that each goes on from what these services leave free, and the first half
of them by a second process where there is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import NamedTuple

import pandas as pd

from energy.analysis.imperfect_foresight import plan_axis
from energy.analysis.tasks import Start
from energy.case import Case
from energy.metrics import energy_by_month, transferable
from energy.metrics.monthly import GWH, of_service
from energy.model import Inputs
from energy.model.inputs import assemble
from energy.model.marginal_costs import with_objective
from energy.model.objective import STUDIED, purchases
from energy.scenario import Scenario
from energy.solve import Engine, Result

Order = tuple[str, ...]


class Rung(NamedTuple):
    """What is delivered before a protected service has its place in the order.

    Attributes
    ----------
    service
        The protected service: CASA-1000 stands before it on this rung, and behind it on the next.
    delivered
        Energy delivered by CASA-1000 by month [GWh].
    already_served
        Energy [GWh] that the service is given nevertheless, because a service before it uses it.
    """

    service: str
    delivered: pd.Series
    already_served: float


def _rung_orders(scenario: Scenario, own: Inputs) -> dict[str, Order]:
    """Return the protection order of each rung, the first with CASA-1000 before all services but purchases.

    Parameters
    ----------
    scenario
        Its protection order counts; there are no rungs at least cost, or where nothing is under study.
    own
        Its inputs.

    Returns
    -------
    dict
        Protected service → order of the rung on which CASA-1000 stands right before it.
    """
    order = list(scenario.protection_order or own.book.protection_order)
    no_table = pd.DataFrame()
    links = own.components.get("links", no_table)
    generators = own.components.get("generators", no_table)
    studied_links = of_service(links, STUDIED)
    is_studied = STUDIED in order and len(studied_links) > 0
    if not is_studied or scenario.objective != "transfer":
        return {}
    place = order.index(STUDIED)
    before = order[:place]
    # CASA-1000 may cause no purchase at any rung, so that purchases keep their place in the order
    ahead = set(before) & purchases(generators)
    orders = {}
    for service in before:
        if service in ahead:
            continue
        orders[service] = study_after(ahead, order)
        ahead.add(service)
    return orders


def study_after(ahead: set[str], order: Sequence[str]) -> Order:
    """Return a protection order in which only some services stand before the one under study."""
    first = [service for service in order if service in ahead]
    placed = {STUDIED, *ahead}
    rest = [service for service in order if service not in placed]
    return (*first, STUDIED, *rest)


def solve_with_rungs(
    case: Case,
    scenario: Scenario,
    own: Inputs,
    engine: Engine,
    *,
    time_limit: float = inf,
    start: Start | None = None,
) -> tuple[Result, list[Rung]]:
    """Solve a scenario and its rungs.

    Parameters
    ----------
    case, scenario
        What exists, and what is asked.
    own
        Inputs of the scenario with the components' own costs.
    engine
        Built for them, with the objective of the scenario.
    time_limit
        Wall time that the solver of a second process may take [s].
    start
        Begins a task in a second process; None: all is solved here.

    Raises
    ------
    SolverError
        When there is no optimum.
    """
    orders = _rung_orders(scenario, own)
    if engine.has_warm_start:
        result = engine.solve(engine.base)
        return result, _solve_rungs(own, scenario, engine, orders)
    services = list(orders)
    half = (len(services) + 1) // 2 if start else 0
    first = services[:half]
    wait = start(_solve_rungs_anew, case, scenario, first, time_limit) if start and first else None
    last_orders = {service: orders[service] for service in services[half:]}
    last_rungs = _solve_rungs(own, scenario, engine, last_orders)
    result = engine.solve(engine.base)
    first_rungs: list[Rung] = []
    if wait is not None:
        try:
            first_rungs = wait()
        except OSError:  # the second process has ended
            first_rungs = _solve_rungs(own, scenario, engine, {service: orders[service] for service in first})
    return result, [*first_rungs, *last_rungs]


def _solve_rungs(own: Inputs, scenario: Scenario, engine: Engine, orders: Mapping[str, Order]) -> list[Rung]:
    """Solve rungs one after the other; parameters as of `solve_with_rungs`, with the orders of the rungs."""
    rungs = []
    for service, order in orders.items():
        result = engine.solve(with_objective(own, scenario, order))
        delivered = energy_by_month(transferable(result), result)
        already_served = max(result.service_energy(service), 0.0) * GWH
        rungs.append(Rung(service, delivered, already_served))
        del result  # an hourly one takes 30 MB beside the next solve
    return rungs


def _solve_rungs_anew(case: Case, scenario: Scenario, services: Sequence[str], time_limit: float) -> list[Rung]:
    """Solve the rungs of some services in a process that has neither inputs nor engine yet."""
    axis = plan_axis(case, scenario) if scenario.foresight == "surprise" else None
    own = assemble(case, scenario, axis)
    engine = Engine(with_objective(own, scenario), time_limit)
    orders = _rung_orders(scenario, own)
    return _solve_rungs(own, scenario, engine, {service: orders[service] for service in services})
