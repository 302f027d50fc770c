"""What overrides changed in a scenario: in words, with what stood there before, and what is doubtful about it."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pandas as pd

from energy.case import Case
from energy.errors import Fault
from energy.model.profile_rows import FIND_ROWS, SINGLE_NUMBERS
from energy.scenario import Scenario, split_value_key
from energy.scenario.changed_name import ACCURACY, file_name
from energy.scenario.model import key_steps

PROFILE = "profiles/"
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
        after = _value_at(scenario.plain(), key_steps(key))
        before = NOTHING_WRITTEN.get(written, written) or _before(case, key)
        label = key.removeprefix("values.")
        change = f"{before} → {_text(after)}" if before else f"= {_text(after)}"
        texts.append(f"{label} {change}")
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
    texts = zip(scenario.changes, change_texts(case, scenario), strict=True)
    shown = [text for key, text in texts if key not in ACCURACY]
    if not shown:
        return scenario.name
    return ", ".join([file_name(scenario.name), *shown])


def change_warnings(case: Case, scenario: Scenario) -> list[Fault]:
    """Return what is doubtful about the numbers that overrides set.

    Returns
    -------
    list of Fault
        Numbers outside the range of their evidence, with the range; numbers of components that are not in service in
        the scenario's years, with the years and the components of that kind that are.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> scenario = read_scenario("two_bus", overrides=["values.links.turbine.efficiency=900"])
    >>> print(change_warnings(read_case("two_bus"), scenario)[0].allowed)
    450 to 550 MWh/hm3
    """
    warnings: list[Fault] = []
    for key in scenario.changes:
        steps = key_steps(key)
        if steps[0] != "values" or len(steps) < 2 or steps[1] not in scenario.values:
            continue
        address = steps[1]
        value = scenario.values[address]
        warnings += _outside_range(case, address, value)
        warnings += _not_in_service(case, scenario, address)
    return warnings


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
        return ", ".join(f"{name} {_text(part)}" for name, part in value.items())
    return str(value)


def _list_text(entries: list[Any]) -> str:
    """Return the names of events or other entries, or the entries themselves where they are plain.

    >>> _list_text([]), _list_text([{"name": "pole out"}]), _list_text(["casa", "help"])
    ('none', 'pole out', 'casa, help')
    """
    if not entries:
        return "none"
    names = []
    for entry in entries:
        name = entry.get("name", "unnamed") if isinstance(entry, dict) else _text(entry)
        names.append(name)
    shown = ", ".join(names[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def _before(case: Case, key: str) -> str:
    """Return what the case says at a key; empty where that is no single value."""
    field, *rest = key_steps(key)
    if field == "values" and rest:
        table, name, attribute = split_value_key(rest[0])
        if table.startswith(PROFILE):
            return _profile_value(case, table.removeprefix(PROFILE), name, attribute)
        return _single_value(case, table, name, attribute)
    if field == "rules" and rest:
        rule = case.rules.rules.get(rest[0])
        value = getattr(rule, rest[1], None) if len(rest) == 2 else "on" if rule is not None else None
        return "" if value is None else _text(value)
    return ""


def _profile_value(case: Case, profile: str, name: str, attribute: str) -> str:
    """Return what a single number of a profile is, and of a series the factor that leaves it as it is."""
    if profile not in SINGLE_NUMBERS:
        return "× 1"
    table = case.profiles[profile]
    numbers = {float(table.iloc[row][columns[0]]) for row, columns, _ in FIND_ROWS[profile](table, name, attribute)}
    return f"{numbers.pop():g}" if len(numbers) == 1 else ""


def _single_value(case: Case, table: str, pattern: str, attribute: str) -> str:
    names = case.names(table, pattern)
    if not names or attribute not in case.components[table]:
        return ""
    values = case.components[table].loc[names, attribute].dropna().unique()
    return f"{values[0]:g}" if len(values) == 1 and isinstance(values[0], float | int) else ""


def _outside_range(case: Case, address: str, value: float) -> Iterator[Fault]:
    """Yield the rows of the evidence whose range a number leaves."""
    table, pattern, attribute = split_value_key(address)
    if case.evidence.empty:
        return
    rows = case.evidence[(case.evidence["component"] == table) & (case.evidence["attribute"] == attribute)]
    if table.startswith(PROFILE):
        rows = rows[rows["name"] == pattern]
        names = [pattern]
    else:
        names = case.names(table, pattern)
    for _, row in rows.iterrows():
        is_meant = any(name == row["name"] or fnmatchcase(name, str(row["name"])) for name in names)
        if is_meant and not row["low"] <= value <= row["high"]:
            what = f"values.{address} is {value:g}, outside the range of its evidence"
            unit = "" if row["unit"] == "-" else f" {row['unit']}"
            allowed = f"{row['low']:g} to {row['high']:g}{unit}"
            yield Fault(what, "--set", allowed=allowed, repair="read the result as a what-if, not as a forecast")
            return


def _not_in_service(case: Case, scenario: Scenario, address: str) -> Iterator[Fault]:
    """Yield components that a number is set of, and that stand in no year of the scenario."""
    table, pattern, _ = split_value_key(address)
    components = case.components.get(table)
    names = case.names(table, pattern)
    if components is None or "build_year" not in components or not names:
        return
    first = scenario.year
    last = scenario.year + scenario.time.years
    build_year = components["build_year"].fillna(0.0)
    end = build_year + components["lifetime"].fillna(float("inf"))
    stands = (build_year <= last) & (end > first)
    if stands[names].any():
        return
    name = names[0]
    years = _service_years(build_year[name], end[name])
    what = f"values.{address} has no effect in {first}: {name!r} is in service {years}"
    others = _alike(name, components.index[stands])
    repair = f"set {', '.join(map(repr, others))}" if others else "set year, or its build_year"
    yield Fault(what, "--set", repair=repair)


def _service_years(build_year: float, end: float) -> str:
    until = "" if end == float("inf") else f" until {end - 1:g}"
    return f"from {build_year:g}{until}"


def _alike(name: str, standing: pd.Index) -> list[str]:
    """Return standing components whose names share the first word with a name."""
    first_word = name.split(maxsplit=1)[0]
    return [str(other) for other in standing if str(other).split()[0] == first_word][:_MOST_NAMES]
