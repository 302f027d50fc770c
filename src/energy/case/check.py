"""Cross-file checks of a case: names, shares that sum to one, months without gaps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from energy.case.case import Case
from energy.case.demand_check import demand_faults
from energy.case.first_filling import FillingRule
from energy.case.rules import (
    AccountRule,
    EndRule,
    FlowRule,
    LevelRule,
    LimitRule,
    Rule,
    StartRule,
    StorageRule,
    TravelRule,
    VolumeRule,
)
from energy.case.schema import HOURS, bus_columns, series_attributes
from energy.case.section_check import section_faults
from energy.case.table_rows import few_names, lines_of, path_of, rows_of, unknown_names
from energy.errors import Fault, nearest
from energy.reading.tree import Node, Steps, nearest_node

OTHER = "other"  # hydrology of a site in the years that it has no row for
HOURLY_KEYS = {
    "demand_hour": ("demand",),
    "hourly": ("component", "name", "attribute"),
}
"""Profile of a mean day → the columns that name its rows beside their months."""


def cross_faults(case: Case, rules: Node | None = None) -> list[Fault]:
    """Return every fault that shows only when the files of a case are read together.

    Parameters
    ----------
    case
        The case, each of its files sound by itself.
    rules
        ``rules.yaml`` as it was written, which knows the lines.
    """
    faults: list[Fault] = []
    for check in CHECKS:
        faults += check(case)
    faults += _rules(case, rules)
    faults += _areas(case, rules)
    faults += section_faults(case, rules)
    return faults


def month_set(text: str) -> set[int]:
    """Return the months that a text such as ``5-9`` or ``10-12,1-4`` names.

    Raises
    ------
    ValueError
        When the text is no list of months and ranges.

    Examples
    --------
    >>> sorted(month_set("11-12,1"))
    [1, 11, 12]
    """
    months: set[int] = set()
    for part in str(text).split(","):
        first, _, last = part.strip().partition("-")
        numbers = range(int(first), int(last or first) + 1)
        if not numbers or numbers[0] < 1 or numbers[-1] > 12:
            raise ValueError(f"{part!r} is no range of months from 1 to 12")
        months |= set(numbers)
    return months


def _line_of_rule(
    written: Node | None,
    rule: str,
    steps: Steps,
) -> int | None:
    """Return the line of ``rules.yaml`` at which a rule says something."""
    if written is None:
        return None
    _, node = nearest_node(written, ("rules", rule, *steps))
    return node.origin.line


def _buses(case: Case) -> Iterator[Fault]:
    buses = case.components.get("buses", pd.DataFrame()).index
    for table in case.components.values():
        for column in bus_columns(table.columns):
            yield from unknown_names(table, table[column], buses, column)
        yield from _loops(table)


def _loops(table: pd.DataFrame) -> Iterator[Fault]:
    """Yield the branches that begin and end at one bus."""
    if "bus1" not in table:
        return
    branches = zip(table.index, table["bus0"], table["bus1"], lines_of(table), strict=True)
    for name, bus0, bus1, line in branches:
        if bus0 == bus1:
            yield Fault(
                f"{name!r} leads from bus {bus0!r} to itself",
                path_of(table),
                line=line,
                allowed="two buses",
                repair="correct bus0 or bus1",
            )


def _carriers(case: Case) -> Iterator[Fault]:
    if "carriers" not in case.components:
        return
    carriers = case.components["carriers"].index
    for table in case.components.values():
        if "carrier" in table:
            yield from unknown_names(table, table["carrier"], carriers, "carrier")


def _hours(case: Case) -> Iterator[Fault]:
    for profile, keys in HOURLY_KEYS.items():
        if profile not in case.profiles:
            continue
        table = case.profiles[profile]
        path = path_of(table)
        covered: dict[str, list[int]] = {}
        for row, line in rows_of(table):
            label = " ".join(str(row[key]) for key in keys)
            months = covered.setdefault(label, [])
            try:
                months += month_set(row["months"])
            except ValueError as err:
                yield Fault(str(err), path, line=line, allowed="ranges such as 5-9 or 10-12,1-4")
            mean = float(np.mean([row[hour] for hour in HOURS]))
            if profile == "demand_hour" and abs(mean - 1) > 1e-3:
                what = f"hours of {label!r} average {mean:.4f}"
                yield Fault(what, path, line=line, allowed="1 (within 1e-3)")
        for label, months in covered.items():
            wrong = _wrong_months(months)
            if wrong is not None:
                yield Fault(f"{label!r}: {wrong}", path, allowed="each month once")


def _wrong_months(months: list[int]) -> str | None:
    """Return which months are missing or stand twice; None where each stands once."""
    gaps = sorted(set(range(1, 13)) - set(months))
    if gaps:
        return f"months {gaps} are missing"
    twice = sorted({month for month in months if months.count(month) > 1})
    if twice:
        return f"months {twice} stand twice"
    return None


def _inflow(case: Case) -> Iterator[Fault]:
    if "inflow" not in case.profiles:
        return
    table = case.profiles["inflow"]
    loads = case.components.get("loads", pd.DataFrame()).index
    yield from unknown_names(table, table.index.get_level_values("site"), loads, "site")
    hydrologies = set(table.index.get_level_values("hydrology"))
    for site, rows in table.groupby(level="site"):
        own = set(rows.index.get_level_values("hydrology"))
        missing = sorted(hydrologies - own - {OTHER})
        if missing and OTHER not in own:
            yield Fault(
                f"{site!r} has no row for {', '.join(missing[:8])}",
                path_of(table),
                allowed=f"every hydrology, or a row {OTHER!r} for the rest",
            )


def _monthly(case: Case) -> Iterator[Fault]:
    for profile in ("monthly", "hourly"):
        if profile not in case.profiles:
            continue
        table = case.profiles[profile]
        for key, line in zip(table.index, lines_of(table), strict=True):
            component, name, attribute = key[:3]
            fault = _series_fault(case, component, name, attribute)
            if fault is not None:
                yield replace(fault, where=path_of(table), line=line)


def _series_fault(
    case: Case,
    component: str,
    name: str,
    attribute: str,
) -> Fault | None:
    """Return what is wrong with the address of a series: its table, its component, or its attribute."""
    if component not in case.components:
        tables = list(case.components)
        what = f"no table {component!r}"
        return Fault(what, allowed=", ".join(tables), repair=nearest(component, tables))
    if not case.names(component, name):
        names = list(case.components[component].index)
        return Fault(f"no {component} match {name!r}", repair=nearest(name, names))
    series = list(series_attributes(component))
    if attribute not in series:
        what = f"{attribute!r} is no series of {component}"
        return Fault(what, allowed=", ".join(series), repair=nearest(attribute, series))
    return None


def _head(case: Case) -> Iterator[Fault]:
    if "head" not in case.profiles:
        return
    table = case.profiles["head"]
    path = path_of(table)
    stores = case.components["stores"].index
    links = list(case.components["links"].index)
    yield from unknown_names(table, table.index.get_level_values("store"), stores, "store")
    levels: dict[tuple[str, str], float] = {}
    for (link, store, level), line in zip(table.index, lines_of(table), strict=True):
        if not case.names("links", link):
            yield Fault(f"no links match {link!r}", path, line=line, repair=nearest(link, links))
        before = levels.get((link, store), -1.0)
        if level <= before:
            what = f"level {level:g} of {link!r} stands after {before:g}"
            yield Fault(what, path, line=line, allowed="rising levels")
        levels[link, store] = level


def _rules(case: Case, written: Node | None) -> Iterator[Fault]:
    """Yield the rules that name components which do not exist."""
    for key, rule in case.rules.rules.items():
        for steps, component, name in _components_of(rule):
            if case.names(component, name):
                continue
            names = list(case.components.get(component, pd.DataFrame()).index)
            yield Fault(
                f"rules.{key}: no {component} match {name!r}",
                case.path / "rules.yaml",
                line=_line_of_rule(written, key, steps),
                allowed=few_names(names),
                repair=nearest(name, names),
            )


def _components_of(rule: Rule) -> Iterator[tuple[Steps, str, str]]:
    """Yield the components that a rule names: where it is written, the component list, and the name or pattern."""
    if isinstance(rule, VolumeRule):
        yield from _each("links", "links", rule.links)
        yield from _each("generators", "generators", rule.generators)
    elif isinstance(rule, FlowRule):
        yield ("link",), "links", rule.link
    elif isinstance(rule, LevelRule | StorageRule | StartRule | EndRule):
        yield ("store",), "stores", rule.store
    elif isinstance(rule, TravelRule):
        yield ("store",), "stores", rule.store
        yield ("link",), "links", rule.link
    elif isinstance(rule, FillingRule):
        yield from _components_of_filling(rule)
    elif isinstance(rule, LimitRule):
        for at, term in enumerate(rule.terms):
            yield ("terms", at, "name"), term.component, term.name
    if isinstance(rule, VolumeRule | FlowRule) and rule.shortfall is not None:
        yield ("shortfall",), "generators", rule.shortfall


def _components_of_filling(rule: FillingRule) -> Iterator[tuple[Steps, str, str]]:
    yield from _each("turbines", "links", rule.turbines)
    yield from _each("temporary", "links", rule.temporary)
    yield ("sink",), "generators", rule.sink
    if rule.store is not None:
        yield ("store",), "stores", rule.store


def _each(field: str, component: str, names: Iterable[str]) -> Iterator[tuple[Steps, str, str]]:
    for at, name in enumerate(names):
        yield (field, at), component, name


def _services(case: Case) -> Iterator[Fault]:
    for component in ("generators", "links"):
        table = case.components.get(component, pd.DataFrame())
        if "service" in table:
            yield from unknown_names(table, table["service"], case.rules.services, "service")


def _accounts(case: Case) -> Iterator[Fault]:
    """Yield accounts of components that no rule keeps: what they hold would be nobody's."""
    rules = case.rules.rules.values()
    areas = sorted(rule.area for rule in rules if isinstance(rule, AccountRule))
    for component in ("generators", "links"):
        table = case.components.get(component, pd.DataFrame())
        if "account" in table:
            yield from unknown_names(table, table["account"], areas, "account")


def _areas(case: Case, written: Node | None) -> Iterator[Fault]:
    """Yield rules that keep the account of a country without a bus."""
    buses = case.components.get("buses", pd.DataFrame())
    countries = []
    if "country" in buses:
        countries = sorted(set(buses["country"].dropna()))
    for key, rule in case.rules.rules.items():
        if not isinstance(rule, AccountRule) or rule.area in countries:
            continue
        yield Fault(
            f"rules.{key}: no bus has the country {rule.area!r}",
            case.path / "rules.yaml",
            line=_line_of_rule(written, key, ("area",)),
            allowed=few_names(countries),
            repair=nearest(rule.area, countries),
        )


def _corridors(case: Case) -> Iterator[Fault]:
    if case.corridors.empty:
        return
    for row, line in rows_of(case.corridors):
        component = str(row["component"])
        name = str(row["name"])
        if case.names(component, name):
            continue
        names = list(case.components.get(component, pd.DataFrame()).index)
        yield Fault(
            f"corridor {row['corridor']}: no {component} match {name!r}",
            path_of(case.corridors),
            line=line,
            allowed=few_names(names) or ", ".join(case.components),
            repair=nearest(name, names),
        )


CHECKS = (
    _buses,
    _carriers,
    demand_faults,
    _hours,
    _inflow,
    _monthly,
    _head,
    _services,
    _accounts,
    _corridors,
)
"""Checks of a case alone, in the order of their faults."""
