"""Validate inputs: refuse links with efficiency above 1 and models without costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import product

import numpy as np
import pandas as pd

from energy.case.case import Case
from energy.case.rules import RuleBook
from energy.errors import Fault, InputError, nearest
from energy.model import objective
from energy.reading.tree import Origin
from energy.scenario import Scenario

_ENERGY_ATTRIBUTES = ("efficiency", "efficiency2", "efficiency3", "p_min_pu")
PORTS = {
    "bus1": "efficiency",
    "bus2": "efficiency2",
    "bus3": "efficiency3",
}
"""Port of a link → the efficiency with which it delivers there."""
RUNS_BOTH_WAYS = "loses power (efficiency) and runs both ways (p_min_pu below 0): backwards it would create it"
COMPONENTS_WITH_COSTS = ("generators", "links", "stores", "storage_units")
COSTS = (
    "marginal_cost",
    "marginal_cost_storage",
    "marginal_cost_quadratic",
    "spill_cost",
)


def validate_inputs(
    components: Mapping[str, pd.DataFrame],
    dense: Mapping[tuple[str, str], np.ndarray],
    scenario: Scenario,
    case: Case,
) -> None:
    """Refuse what an optimisation would answer with nonsense; parameters and errors as of the two below."""
    _refuse_energy_creation(components, dense, scenario, case)
    _refuse_without_cost(components, dense)


def _refuse_energy_creation(
    components: Mapping[str, pd.DataFrame],
    dense: Mapping[tuple[str, str], np.ndarray],
    scenario: Scenario,
    case: Case,
) -> None:
    """Refuse electric links that would deliver more than they take.

    Parameters
    ----------
    components, dense
        As in ``Inputs``.
    scenario, case
        Where the numbers come from, for the message.

    Raises
    ------
    InputError
        With every such link; a network optimisation would make power of nothing on it.
    """
    links = components.get("links", pd.DataFrame())
    if links.empty:
        return
    carrier = components["buses"]["carrier"]
    efficiency = dense["links", "efficiency"]
    runs_back = (dense["links", "p_min_pu"] < 0).any(axis=0)
    loses = (efficiency != 1).any(axis=0)
    is_same_kind = (links["bus0"].map(carrier) == links["bus1"].map(carrier)).to_numpy()
    creates = is_same_kind & (efficiency > 1).any(axis=0)
    if case.weightings is None:  # in a user's own network the ports may be of any kind
        output = _output_of_same_kind(links, carrier, dense)
        creates |= output.max(axis=0) > 1 + 1e-9
    faults = []
    for name in links.index[runs_back & loses]:
        fault = Fault(
            f"link {name!r} {RUNS_BOTH_WAYS}",
            repair="split it into two links",
        )
        faults.append(_with_origin(fault, name, scenario, case))
    for name in links.index[creates]:
        fault = Fault(
            f"link {name!r} delivers more than it takes",
            allowed="an efficiency up to 1, all its ends together",
        )
        faults.append(_with_origin(fault, name, scenario, case))
    if faults:
        raise InputError(faults)


def _with_origin(
    fault: Fault,
    name: str,
    scenario: Scenario,
    case: Case,
) -> Fault:
    """Return the fault of a link with the place that its efficiency comes from."""
    origin = _origin(name, scenario, case)
    return replace(fault, where=origin.where, line=origin.line)


def _output_of_same_kind(
    links: pd.DataFrame,
    carrier: pd.Series,
    dense: Mapping[tuple[str, str], np.ndarray],
) -> np.ndarray:
    """Return what a link gives, at all its ends together, of the kind that it takes; shape (snapshots, links)."""
    output = np.zeros_like(dense["links", "efficiency"], dtype=float)
    taken = links["bus0"].map(carrier)
    for port, attribute in PORTS.items():
        efficiency = dense.get(("links", attribute))
        if efficiency is None or port not in links:
            continue
        is_same_kind = (links[port].map(carrier) == taken).to_numpy()
        output = output + np.where(is_same_kind, efficiency.clip(min=0), 0.0)
    return output


def _refuse_without_cost(
    components: Mapping[str, pd.DataFrame],
    dense: Mapping[tuple[str, str], np.ndarray],
) -> None:
    """Refuse a model in which nothing costs or earns anything: every answer would be as good as any other.

    Parameters
    ----------
    components, dense
        As in ``Inputs``, with the costs that the scenario's question calls for [$/MWh].

    Raises
    ------
    InputError
        When all costs are zero.
    """
    for component, attribute in product(COMPONENTS_WITH_COSTS, COSTS):
        table = components.get(component, pd.DataFrame())
        if (component, attribute) in dense:
            cost = dense[component, attribute]
        elif attribute in table:
            cost = table[attribute].to_numpy(float)
        else:
            continue
        if cost.any():
            return
    what = "nothing has a cost: every answer would be as good as any other"
    raise InputError(Fault(what, repair="give plants a marginal_cost, in the case or under values"))


def _origin(
    name: str,
    scenario: Scenario,
    case: Case,
) -> Origin:
    """Return the place that the efficiency of a link comes from: a value of the scenario, or a row of the case."""
    for address in scenario.values:
        component, _, rest = address.partition(".")
        pattern, _, attribute = rest.rpartition(".")
        if component != "links" or attribute not in _ENERGY_ATTRIBUTES:
            continue
        if fnmatchcase(name, pattern):
            return scenario.written_at("values", address)
    links = case.components["links"]
    lines = links.attrs.get("lines")
    if lines is None or name not in links.index:
        return Origin(case.path)
    row = links.index.get_loc(name)
    return Origin(links.attrs["path"], int(lines[row]))


def refuse_without_effect(
    case: Case,
    scenario: Scenario,
    book: RuleBook,
) -> None:
    """Refuse what a scenario may write but nothing would come of."""
    faults = [
        *_unknown_growth(case, scenario),
        *_missing_head(case, scenario),
        *_circle(scenario),
        *_missing_contract(case, scenario, book),
    ]
    if faults:
        raise InputError(faults)


def _unknown_growth(case: Case, scenario: Scenario) -> Iterator[Fault]:
    """Yield demands that growth names and the case does not have."""
    if isinstance(scenario.growth, str):
        return
    known = _labels(case, "demand_year")
    for key in scenario.growth:
        if key not in known:
            what = f"growth names {key!r}, which the case does not have"
            repair = nearest(key, known)
            yield _fault(scenario, ("growth", key), what, allowed=", ".join(known), repair=repair)


def _missing_head(case: Case, scenario: Scenario) -> Iterator[Fault]:
    """Yield a varying head without curves."""
    if scenario.head == "varying" and "head" not in case.profiles:
        what = f"case {case.name} has no curves for a varying head"
        repair = "write head: fixed, or add profiles/head.csv"
        yield _fault(scenario, ("head",), what, allowed="fixed", repair=repair)


def _circle(scenario: Scenario) -> Iterator[Fault]:
    """Yield a protection order in which power could earn by going in a circle."""
    order = scenario.protection_order or ()
    if objective.RETURNED in order and scenario.contract.direction == "both":
        what = "protection_order holds reverse while both directions are open: power could earn by going in a circle"
        repair = "take reverse out, or write direction: reverse"
        yield _fault(scenario, ("protection_order",), what, repair=repair)


def _missing_contract(
    case: Case,
    scenario: Scenario,
    book: RuleBook,
) -> Iterator[Fault]:
    """Yield changes to a contract that the case does not have."""
    changes_contract = scenario.contract.season is not None or scenario.contract.prices
    if book.contract is None and changes_contract:
        what = f"case {case.name} has no contract to change"
        yield _fault(scenario, ("contract",), what, repair="take contract out")


def _fault(
    scenario: Scenario,
    steps: tuple[str, ...],
    what: str,
    *,
    allowed: str | None = None,
    repair: str | None = None,
) -> Fault:
    origin = scenario.written_at(*steps)
    return Fault(what, origin.where, line=origin.line, allowed=allowed, repair=repair)


def _labels(case: Case, profile_name: str) -> list[str]:
    table = case.profiles.get(profile_name)
    if table is None:
        return []
    return [str(label) for label in table.index.unique(0)]
