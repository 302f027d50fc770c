"""Options that a scenario builds: what each carries, and what binds it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from energy.case import Case
from energy.metrics.monthly import GWH, of_service
from energy.model.hourly import number
from energy.model.objective import RETURNED
from energy.model.snapshot_runs import positions
from energy.scenario import Scenario
from energy.solve import Result

RATINGS = {
    "links": ("p_nom", "p_max_pu"),
    "lines": ("s_nom", "s_max_pu"),
    "generators": ("p_nom", "p_max_pu"),
}
"""Component list → its rating [MW] and the share of it that is available."""

CLOSED = "closed"
RATING = "its rating"
FULL = 1e-4
"""Share of the rating by which a flow may miss a bound that binds."""


class Option(NamedTuple):
    """A component that a scenario builds, and how it is used.

    Attributes
    ----------
    component, name
        PyPSA's list, and the name in it.
    received
        Energy [GWh]: at the far end of a link, both directions of a line together, the output of a generator.
    rating
        Its capacity [MW].
    hours_open
        Hours in which it may carry something [h].
    hours_at_rating
        Hours in which it carries all it may [h].
    binds
        What holds it in most of its open hours: ``its rating``, a limit rule by name, or beyond these ``price`` (least
        cost), ``protection order`` (its service stands behind the line under study), ``sellers' surplus`` (it delivers
        a service and nothing more is to be had), ``what the network takes``; ``closed`` where no hour is open.
    hours_bound
        For how many hours that holds it [h].
    """

    component: str
    name: str
    received: float
    rating: float
    hours_open: float
    hours_at_rating: float
    binds: str
    hours_bound: float


def _built_options(
    case: Case,
    scenario: Scenario,
    result: Result,
) -> list[tuple[str, str]]:
    """Return the components that a scenario's values bring into service, (component list, name) in their order.

    A component is an option where a value moves its build year into the horizon, or gives a capacity to one that the
    case leaves at zero; what would stand in these years anyway is none.
    """
    built: dict[tuple[str, str], None] = {}
    for address in scenario.values:
        component, _, rest = address.partition(".")
        pattern, _, attribute = rest.rpartition(".")
        if component not in RATINGS:
            continue
        nominal, _ = RATINGS[component]
        if attribute not in ("build_year", nominal):
            continue
        in_service = result.inputs.components.get(component, pd.DataFrame()).index
        for name in case.names(component, pattern):
            before = number(case.components[component], name, attribute)
            if name in in_service and _is_new(scenario, attribute, before):
                built[component, name] = None
    return list(built)


def _is_new(
    scenario: Scenario,
    attribute: str,
    before: float,
) -> bool:
    """Return whether the case's own build year or capacity leaves a component out of service."""
    if attribute == "build_year":
        _, last_day = scenario.horizon()
        return before > last_day.year
    return before == 0.0


def options(
    case: Case,
    scenario: Scenario,
    result: Result,
) -> list[Option]:
    """Return what each option that a scenario builds carries, and what binds it.

    Parameters
    ----------
    case, scenario, result
        What exists, what was asked, and the optimum.

    Examples
    --------
    >>> import energy
    >>> run = energy.run(energy.read_case("two_bus"), energy.read_scenario("two_bus"))
    >>> options(run.case, run.scenario, run.result)
    []
    """
    return [_option(scenario, result, *built) for built in _built_options(case, scenario, result)]


def _option(
    scenario: Scenario,
    result: Result,
    component: str,
    name: str,
) -> Option:
    nominal, share = RATINGS[component]
    rating = number(result.inputs.components[component], name, nominal)
    available = result.inputs.values(component, share)[name].to_numpy() * rating
    flow = result.flow(component)[name].abs().to_numpy()
    received = result.received[name].to_numpy() if component == "links" else flow
    other_cause = _other_cause(scenario, result, component, name)
    causes = np.full(len(flow), other_cause, dtype=object)
    for rule, binds in _binding_rules(result, component, name):
        causes[binds] = f"the rule {rule}"
    causes[flow >= available - FULL * rating] = RATING
    causes[available <= FULL * rating] = CLOSED
    hours = pd.Series(result.hours).groupby(causes).sum()
    open_hours = hours.drop(CLOSED, errors="ignore")
    if len(open_hours):
        binds_most = str(open_hours.idxmax())
        hours_bound = float(open_hours.max())
    else:
        binds_most = CLOSED
        hours_bound = float(hours.sum())
    return Option(
        component,
        name,
        received=float(received @ result.hours) * GWH,
        rating=rating,
        hours_open=float(open_hours.sum()),
        hours_at_rating=float(hours.get(RATING, 0.0)),
        binds=binds_most,
        hours_bound=hours_bound,
    )


def _other_cause(
    scenario: Scenario,
    result: Result,
    component: str,
    name: str,
) -> str:
    """Return what holds an option that neither its rating nor a rule does."""
    if scenario.objective == "dispatch":
        return "price"
    table = result.inputs.components[component]
    service = table.at[name, "service"] if "service" in table else ""
    if component != "links" or not isinstance(service, str) or not service:
        return "what the network takes"
    return "sellers' surplus" if service in result.inputs.priority else "protection order"


def _binding_rules(
    result: Result,
    component: str,
    name: str,
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the limit rules on a component, each with the snapshots in which it binds."""
    for rule in result.inputs.rules:
        if rule["kind"] != "limit" or "equals" in rule:
            continue
        counts = [term["component"] == component and name in term["names"] for term in rule["terms"]]
        if not any(counts):
            continue
        total = np.zeros(len(result.hours))
        for term in rule["terms"]:
            flow = result.flow(term["component"])[term["names"]].sum(axis=1)
            total += term["coefficient"] * flow.to_numpy()
        at_bound = np.zeros(len(total), dtype=bool)
        for bound in ("at_most", "at_least"):
            if bound in rule:
                limit = float(rule[bound])
                at_bound |= np.abs(total - limit) <= FULL * max(1.0, abs(limit))
        holds = np.zeros(len(total), dtype=bool)
        holds[positions(rule["runs"])] = True
        yield str(rule["name"]), at_bound & holds


def reverse_energy(result: Result) -> float:
    """Return what flows back over the line under study, at its near end [GWh]."""
    links = result.inputs.components.get("links", pd.DataFrame())
    names = of_service(links, RETURNED)
    if not names:
        return 0.0
    power = result.received[names].sum(axis=1)
    return float(power @ result.hours) * GWH
