"""Options of the command line that set one uncertain parameter to an end of its range, and what moves along."""

from __future__ import annotations

from shlex import quote
from typing import Any, NamedTuple

from energy.analysis.sensitivity.uncertain_parameters import UncertainParameter, with_uncertain_parameters
from energy.case import Case
from energy.errors import InputError
from energy.model.operating_rules import rule_book
from energy.model.overrides import with_overrides
from energy.scenario import Scenario, split_value_key

MOST_LINKED = 3
"""Linked parameters that are named; of more their number is said."""


class _SetLine(NamedTuple):
    """Options ``--set`` of one bar, and what moves along in words."""

    options: str
    moves_along: str


def set_line(case: Case, scenario: Scenario, parameter: UncertainParameter, share: float) -> _SetLine:
    """Return what reproduces one end of a bar: ``energy run SCENARIO`` with these options.

    Parameters
    ----------
    case, scenario
        What exists, and the question.
    parameter
        What is moved.
    share
        Where in its range, 0 for low and 1 for high.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.analysis.sensitivity.uncertain_parameters import uncertain_parameters
    >>> case, scenario = read_case("two_bus"), read_scenario("two_bus")
    >>> (turbine,) = uncertain_parameters(case, scenario, ["values.links.turbine.efficiency"])
    >>> set_line(case, scenario, turbine, 1.0).options
    '--set values.links.turbine.efficiency=550.0 --set values.links.turbine.p_nom=0.45454545454545453'
    >>> set_line(case, scenario, turbine, 1.0).moves_along
    'turbine p_nom 0.5 → 0.4545'
    """
    moved = with_uncertain_parameters(case, scenario, [parameter], [share])
    changes = _changes(scenario, moved)
    options = [f"--set {quote(f'{key}={number}')}" for key, number in changes.items()]
    linked = {key: number for key, number in changes.items() if key not in parameter.places}
    return _SetLine(" ".join(options), _linked_words(case, scenario, linked))


def _changes(scenario: Scenario, moved: Scenario) -> dict[str, Any]:
    """Return the keys of values and rules that were moved, with their numbers."""
    changes: dict[str, Any] = {}
    for address, number in moved.values.items():
        if scenario.values.get(address) != number:
            changes[f"values.{address}"] = number
    for name, change in moved.rules.items():
        before = scenario.rules.get(name, {})
        if change == "off" or before == "off":
            continue
        for field, number in dict(change).items():
            if dict(before).get(field) != number:
                changes[f"rules.{name}.{field}"] = number
    return changes


def _linked_words(case: Case, scenario: Scenario, linked: dict[str, Any]) -> str:
    if len(linked) > MOST_LINKED:
        return f"{len(linked)} numbers"
    return ", ".join(_move_words(case, scenario, key, number) for key, number in linked.items())


def _move_words(case: Case, scenario: Scenario, key: str, number: Any) -> str:
    """Return a linked number in words: what it is, from what to what."""
    kind, _, rest = key.partition(".")
    after = f"{number:.4g}"
    if kind != "values":
        name, _, field = rest.rpartition(".")
        return f"{name} {field} → {after}"
    address = split_value_key(rest)
    words = f"{address.name} {address.attribute}"
    before = _number_before(case, scenario, rest)
    return f"{words} {before:.4g} → {after}" if before is not None else f"{words} → {after}"


def _number_before(case: Case, scenario: Scenario, address: str) -> float | None:
    """Return a number of a component as the scenario has it; None of a profile."""
    table_name, name, attribute = split_value_key(address)
    try:
        components = with_overrides(case, scenario, rule_book(case, scenario)).components
    except InputError:
        return None
    table = components.get(table_name)
    if table is None or name not in table.index or attribute not in table:
        return None
    (number,) = table.loc[[name], attribute].to_numpy(float)
    return float(number)
