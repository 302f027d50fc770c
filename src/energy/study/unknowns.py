"""The numbers of a case that are not known well: each row of its evidence with a range, as a key of a scenario."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import pandas as pd
from pydantic_core import PydanticCustomError

from energy.case import Case
from energy.errors import InputError
from energy.model.values import with_values
from energy.scenario import Scenario, split_value_key

FIELDS = ("at_least", "at_most", "level")
"""Fields of rules that a scenario can set to a number."""
_SWITCHES = ("build_year", "lifetime")  # dates and not sizes: half a year means nothing


@dataclass(frozen=True)
class Unknown:
    """One number with its range.

    Attributes
    ----------
    key
        As a scenario has it: ``values.links.line.p_nom`` or ``rules.nurek_start.level``.
    base, low, high
        In the number's unit; factors for rows of profiles.
    unit, confidence, group
        Unit and mark of the evidence; what the number is screened with.
    """

    key: str
    base: float
    low: float
    high: float
    unit: str
    confidence: str
    group: str

    def at(self, share: float) -> float:
        """Return the value at a share of the range, 0 for low and 1 for high."""
        return self.low + share * (self.high - self.low)


def unknowns(case: Case, scenario: Scenario, only: Sequence[str] = ("*",)) -> list[Unknown]:
    """Return the numbers of a case that have a range and that a scenario can set.

    Rows that no scenario can set (texts, shapes of demand, numbers that a profile sets anyway), dates of build, water
    of other years than the scenario's, and rows that a second pattern covers are left out.

    Parameters
    ----------
    case, scenario
        What exists, and what is asked of it.
    only
        Shell patterns; a key that none of them matches is left out.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> found = unknowns(read_case("two_bus"), read_scenario("two_bus"), ["values.links.*"])
    >>> [unknown.key for unknown in found][:2]
    ['values.links.turbine.efficiency', 'values.links.turbine.p_nom']
    """
    found, taken = [], set[tuple[str, str, str]]()
    table = case.evidence
    for row in table[table["low"] < table["high"]].to_dict("records") if len(table) else []:
        component, name, attribute = (str(row[column]) for column in ("component", "name", "attribute"))
        key = _key(case, scenario, component, name, attribute)
        if key is None or not any(fnmatchcase(key, pattern) for pattern in only):
            continue
        hits = {(component, member, attribute) for member in case.names(component, name) or [name]}
        if hits & taken:
            continue
        taken |= hits
        base, low, high = (float(row[end]) for end in ("base", "low", "high"))
        group = _group(case, component, name, attribute)
        found.append(Unknown(key, base, low, high, str(row["unit"]), str(row["confidence"]), group))
    return found


def _key(case: Case, scenario: Scenario, component: str, name: str, attribute: str) -> str | None:
    if component == "rules":
        field, _, rest = attribute.partition(".")
        # a mapping by month is one field; only single numbers are drawn
        return f"rules.{name}.{field}" if name in case.rules.rules and field in FIELDS and not rest else None
    if attribute in _SWITCHES or component == "profiles/water_statistics":
        return None
    if component == "profiles/inflow" and attribute != scenario.hydrology:
        return None
    address = f"{component}.{name}.{attribute}"
    try:
        split_value_key(address)
        with_values(case, scenario.model_copy(update={"values": {address: 1.0}}), case.rules)
    except (InputError, PydanticCustomError):
        return None
    return f"values.{address}"


def _group(case: Case, component: str, name: str, attribute: str) -> str:
    """Return what a number is screened with: the same attribute in the same country, or one profile or rule."""
    if component == "rules":
        return f"rules.{name}"
    members = case.names(component.removeprefix("profiles/"), name)
    table = case.components.get(component, pd.DataFrame())
    if not members or table.empty:
        return f"{component}.{name}" if component.startswith("profiles/") else f"{component}.{attribute}"
    end = next((column for column in ("bus1", "bus", "bus0") if column in table), None)
    buses = case.components["buses"]
    bus = str(table.at[members[0], end]) if end else ""
    country = str(buses.at[bus, "country"]) if bus in buses.index and "country" in buses else ""
    return f"{component}.{attribute} {country}".strip()


def with_unknowns(scenario: Scenario, found: Sequence[Unknown], shares: Sequence[float]) -> Scenario:
    """Return the scenario with numbers set to shares of their ranges."""
    values = dict(scenario.values)
    rules = {name: dict(change) if isinstance(change, dict) else change for name, change in scenario.rules.items()}
    for unknown, share in zip(found, shares, strict=True):
        place, _, rest = unknown.key.partition(".")
        if place == "values":
            values[rest] = unknown.at(share)
        else:
            name, _, field = rest.rpartition(".")
            before = rules.get(name)
            rules[name] = {**(before if isinstance(before, dict) else {}), field: unknown.at(share)}
    return scenario.replace(values=values, rules=rules)
