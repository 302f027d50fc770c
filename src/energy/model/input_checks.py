"""Validate inputs: refuse links with efficiency above 1 and models without costs."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

import numpy as np
import pandas as pd

from energy.case.case import Case
from energy.errors import Fault, InputError
from energy.reading.tree import Origin
from energy.scenario import Scenario

_ENERGY_ATTRIBUTES = ("efficiency", "efficiency2", "efficiency3", "p_min_pu")


def validate_inputs(
    components: Mapping[str, pd.DataFrame],
    dense: Mapping[tuple[str, str], np.ndarray],
    scenario: Scenario,
    case: Case,
) -> None:
    """Refuse what an optimisation would answer with nonsense; parameters and errors as of the two below."""
    refuse_energy_creation(components, dense, scenario, case)
    refuse_without_cost(components, dense)


def refuse_energy_creation(
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
    links, faults = components.get("links", pd.DataFrame()), []
    if links.empty:
        return
    carrier = components["buses"]["carrier"]
    same = (links["bus0"].map(carrier) == links["bus1"].map(carrier)).to_numpy()
    backwards = (dense["links", "p_min_pu"] < 0).any(axis=0) & (dense["links", "efficiency"] != 1).any(axis=0)
    more = same & (dense["links", "efficiency"] > 1).any(axis=0)
    if case.weightings is None:  # in a user's own network the ports may be of any kind
        more |= _output_of_same_kind(links, carrier, dense).max(axis=0) > 1 + 1e-9
    for wrong, what, allowed, repair in (
        (
            backwards,
            "loses power (efficiency) and runs both ways (p_min_pu below 0): backwards it would create it",
            None,
            "split it into two links",
        ),
        (more, "delivers more than it takes", "an efficiency up to 1, all its ends together", None),
    ):
        for name in links.index[wrong]:
            origin = _origin(name, scenario, case)
            faults.append(
                Fault(f"link {name!r} {what}", origin.where, line=origin.line, allowed=allowed, repair=repair)
            )
    if faults:
        raise InputError(faults)


def _output_of_same_kind(
    links: pd.DataFrame, carrier: pd.Series, dense: Mapping[tuple[str, str], np.ndarray]
) -> np.ndarray:
    """Return what a link gives, at all its ends together, of the kind that it takes; shape (snapshots, links)."""
    total = np.zeros_like(dense["links", "efficiency"], dtype=float)
    taken = links["bus0"].map(carrier)
    for port, attribute in ((1, "efficiency"), (2, "efficiency2"), (3, "efficiency3")):
        given = dense.get(("links", attribute))
        if given is not None and f"bus{port}" in links:
            same = (links[f"bus{port}"].map(carrier) == taken).to_numpy()
            total = total + np.where(same, given.clip(min=0), 0.0)
    return total


def refuse_without_cost(components: Mapping[str, pd.DataFrame], dense: Mapping[tuple[str, str], np.ndarray]) -> None:
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
    lists = ("generators", "links", "stores", "storage_units")
    costs = ("marginal_cost", "marginal_cost_storage", "marginal_cost_quadratic", "spill_cost")
    names = [(component, cost) for component in lists for cost in costs]
    for component, attribute in names:
        table = components.get(component, pd.DataFrame())
        found = dense.get((component, attribute))
        if found is not None and found.any():
            return
        if found is None and attribute in table and table[attribute].to_numpy(float).any():
            return
    what = "nothing has a cost: every answer would be as good as any other"
    raise InputError(Fault(what, None, repair="give plants a marginal_cost, in the case or under values"))


def _origin(name: str, scenario: Scenario, case: Case) -> Origin:
    for address in scenario.values:
        table, _, rest = address.partition(".")
        pattern, _, attribute = rest.rpartition(".")
        if table == "links" and attribute in _ENERGY_ATTRIBUTES and fnmatchcase(name, pattern):
            return scenario.written_at("values", address)
    table_of = case.components["links"]
    lines = table_of.attrs.get("lines")
    if lines is None or name not in table_of.index:
        return Origin(case.path)
    return Origin(table_of.attrs["path"], int(lines[table_of.index.get_loc(name)]))
