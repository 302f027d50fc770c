"""What overrides changed in a scenario, in words, with what stood there before."""

from __future__ import annotations

from typing import Any

from energy.case import Case
from energy.model.override_targets import PROFILE
from energy.model.profile_rows import FIND_ROWS, SINGLE_NUMBERS
from energy.scenario import Scenario, split_value_key
from energy.scenario.changed_name import ACCURACY, file_name
from energy.scenario.model import key_steps

NOTHING_WRITTEN = {"[]": "none", "{}": "none"}
"""What scenario files write for nothing, and its word."""
_MOST_NAMES = 3


def change_texts(case: Case, scenario: Scenario) -> list[str]:
    """Return what overrides changed, one text a key: its end, what stood there before, and what stands there now.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> scenario = read_scenario("two_bus", overrides=["values.links.line.p_nom=80", "hydrology=dry"])
    >>> change_texts(read_case("two_bus"), scenario)
    ['links.line.p_nom 100 → 80', 'hydrology median → dry']
    """
    texts = []
    for key, written in scenario.changes.items():
        label = key.removeprefix("values.")
        before = NOTHING_WRITTEN.get(written, written) or _before(case, key)
        after = _text(_value_at(scenario.plain(), key_steps(key)))
        if before:
            texts.append(f"{label} {before} → {after}")
        else:
            texts.append(f"{label} = {after}")
    return texts


def titled(case: Case, scenario: Scenario) -> str:
    """Return the title of a scenario: its name, and what overrides changed but for the resolution.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> titled(read_case("two_bus"), read_scenario("two_bus", overrides=["values.links.line.p_nom=80"]))
    'two_bus, links.line.p_nom 100 → 80'
    """
    shown = []
    for key, text in zip(scenario.changes, change_texts(case, scenario), strict=True):
        if key not in ACCURACY:
            shown.append(text)
    if not shown:
        return scenario.name
    return ", ".join([file_name(scenario.name), *shown])


def _value_at(plain: Any, steps: tuple[str, ...]) -> Any:
    value = plain
    for step in steps:
        if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, dict):
            value = value.get(step)
        else:
            return None
    return value


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return _list_text(value)
    if isinstance(value, dict):
        parts = [f"{name} {_text(part)}" for name, part in value.items()]
        return ", ".join(parts)
    return str(value)


def _list_text(entries: list[Any]) -> str:
    """Return the names of events or other entries, or the entries themselves where they are plain.

    >>> _list_text([]), _list_text([{"name": "pole out"}]), _list_text(["casa", "help"])
    ('none', 'pole out', 'casa, help')
    """
    if not entries:
        return "none"
    names = [_name_of(entry) for entry in entries]
    shown = ", ".join(names[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    if more > 0:
        return f"{shown} and {more} more"
    return shown


def _name_of(entry: Any) -> str:
    if isinstance(entry, dict):
        return str(entry.get("name", "unnamed"))
    return _text(entry)


def _before(case: Case, key: str) -> str:
    """Return what the case says at a key; empty where that is no single value."""
    field, *rest = key_steps(key)
    if not rest:
        return ""
    if field == "values":
        return _value_before(case, rest[0])
    if field == "rules":
        return _rule_before(case, *rest)
    return ""


def _value_before(case: Case, address: str) -> str:
    """Return the number of the case at an address; of a series the factor that leaves it as it is."""
    table, name, attribute = split_value_key(address)
    if not table.startswith(PROFILE):
        return _component_value(case, table, name, attribute)
    profile = table.removeprefix(PROFILE)
    if profile in SINGLE_NUMBERS:
        return _profile_value(case, profile, name, attribute)
    return "× 1"


def _rule_before(case: Case, name: str, *fields: str) -> str:
    """Return a field of a rule of the case; ``on`` where the whole rule is meant."""
    rule = case.rules.rules.get(name)
    if rule is None:
        return ""
    if len(fields) != 1:
        return "on"
    value = getattr(rule, fields[0], None)
    return "" if value is None else _text(value)


def _profile_value(case: Case, profile: str, name: str, attribute: str) -> str:
    """Return the number in all rows of a profile that an address means; empty where they differ."""
    table = case.profiles[profile]
    numbers = set()
    for row, columns, _ in FIND_ROWS[profile](table, name, attribute):
        (column,) = columns
        numbers.add(float(table[column].iloc[row]))
    return _only(numbers)


def _component_value(case: Case, table: str, pattern: str, attribute: str) -> str:
    """Return the number of all components that a pattern means; empty where they differ."""
    names = case.names(table, pattern)
    if not names or attribute not in case.components[table]:
        return ""
    column = case.components[table][attribute]
    return _only(set(column[names].dropna()))


def _only(values: set[Any]) -> str:
    """Return the one number of a set; empty where there are several, none, or no number.

    >>> _only({100.0}), _only({80.0, 100.0}), _only({"coal"})
    ('100', '', '')
    """
    if len(values) != 1:
        return ""
    (value,) = values
    return f"{value:g}" if isinstance(value, float | int) else ""
