"""What is doubtful about the numbers that overrides set: outside the range of the evidence, or without effect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

import pandas as pd

from energy.case import Case
from energy.errors import Fault
from energy.model.override_targets import PROFILE
from energy.reading.units import unit_suffix
from energy.scenario import Scenario, split_value_key
from energy.scenario.model import key_steps

_MOST_NAMES = 3


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


def _outside_range(case: Case, address: str, value: float) -> Iterator[Fault]:
    """Yield the rows of the evidence whose range a number leaves."""
    table, pattern, attribute = split_value_key(address)
    if case.evidence.empty:
        return
    is_profile = table.startswith(PROFILE)
    names = [pattern] if is_profile else case.names(table, pattern)
    is_of_table = case.evidence["component"] == table
    is_of_attribute = case.evidence["attribute"] == attribute
    for _, row in case.evidence[is_of_table & is_of_attribute].iterrows():
        means_it = row["name"] == pattern if is_profile else _means_one(str(row["name"]), names)
        is_inside = row["low"] <= value <= row["high"]
        if means_it and not is_inside:
            what = f"values.{address} is {value:g}, outside the range of its evidence"
            allowed = f"{row['low']:g} to {row['high']:g}{unit_suffix(row['unit'])}"
            yield Fault(what, "--set", allowed=allowed, repair="read the result as a what-if, not as a forecast")
            return


def _means_one(pattern: str, names: Sequence[str]) -> bool:
    """Whether a name or pattern of the evidence means one of these components."""
    return any(name == pattern or fnmatchcase(name, pattern) for name in names)


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
    repair = "set year, or its build_year"
    if others:
        repair = f"set {', '.join(map(repr, others))}"
    yield Fault(what, "--set", repair=repair)


def _service_years(build_year: float, end: float) -> str:
    until = "" if end == float("inf") else f" until {end - 1:g}"
    return f"from {build_year:g}{until}"


def _alike(name: str, standing: pd.Index) -> list[str]:
    """Return standing components whose names share the first word with a name."""
    first_word = name.split(maxsplit=1)[0]
    alike = [other for other in map(str, standing) if other.split()[0] == first_word]
    return alike[:_MOST_NAMES]
