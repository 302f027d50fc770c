"""Cross-file checks of a case: names, shares that sum to one, months without gaps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from energy.case.case import Case
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
from energy.case.schema import HOURS, MONTHS, series_attributes
from energy.case.section_check import section_faults
from energy.errors import Fault, nearest
from energy.reading.tree import Node, Steps, nearest_node

OTHER = "other"  # hydrology of a site in the years that it has no row for


def cross_faults(case: Case, rules: Node | None = None) -> list[Fault]:
    """Return every fault that shows only when the files of a case are read together.

    Parameters
    ----------
    case
        The case, each of its files sound by itself.
    rules
        ``rules.yaml`` as it was written, which knows the lines.
    """
    checks = (_buses, _carriers, _demand, _hours, _inflow, _monthly, _head, _services, _accounts, _corridors)
    faults = [fault for check in checks for fault in check(case)]
    return [*faults, *_rules(case, rules), *_areas(case, rules), *section_faults(case, rules)]


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


def _lines(table: pd.DataFrame) -> tuple[Path | None, Iterable[int | None]]:
    return table.attrs.get("path"), table.attrs.get("lines", [None] * len(table))


def _unknown(table: pd.DataFrame, values: Iterable[Any], known: Iterable[str], what: str) -> Iterator[Fault]:
    path, lines = _lines(table)
    known = list(known)
    for name, value, line in zip(table.index, values, lines, strict=True):
        if value is not None and not pd.isna(value) and value not in known:
            label = " ".join(map(str, name)) if isinstance(name, tuple) else name
            allowed = _few(known) or f"nothing yet: there is no {what}"
            yield Fault(
                f"{what} of {label!r} is {value!r}, which does not exist",
                path,
                line,
                allowed,
                nearest(str(value), known),
            )


def _buses(case: Case) -> Iterator[Fault]:
    buses = case.components.get("buses", pd.DataFrame()).index
    for table in case.components.values():
        for column in [c for c in table.columns if c == "bus" or (c.startswith("bus") and c[3:].isdigit())]:
            yield from _unknown(table, table[column], buses, column)
        yield from _loops(table)


def _loops(table: pd.DataFrame) -> Iterator[Fault]:
    """Yield the branches that begin and end at one bus."""
    if "bus1" not in table:
        return
    path, lines = _lines(table)
    for name, first, second, line in zip(table.index, table["bus0"], table["bus1"], lines, strict=True):
        if first == second:
            yield Fault(f"{name!r} leads from bus {first!r} to itself", path, line, "two buses", "correct bus0 or bus1")


def _carriers(case: Case) -> Iterator[Fault]:
    if "carriers" in case.components:
        for table in case.components.values():
            if "carrier" in table:
                yield from _unknown(table, table["carrier"], case.components["carriers"].index, "carrier")


def _demand(case: Case) -> Iterator[Fault]:
    loads = case.components.get("loads", pd.DataFrame())
    if "demand" not in loads or "demand_year" not in case.profiles:
        return
    for name in ("demand_year", "demand_month", "demand_hour"):
        if name not in case.profiles:
            yield Fault("file not found", case.path / "profiles" / f"{name}.csv", repair="demand needs all three files")
            return
        yield from _unknown(loads, loads["demand"], case.profiles[name].index.unique(0), f"demand ({name}.csv)")
    path, _ = _lines(loads)
    for demand, share in loads.groupby("demand")["share"].sum().items():
        if abs(share - 1) > 1e-6:
            yield Fault(f"shares of demand {demand!r} sum to {share:g}", path, None, "1", "correct the column share")
    months = case.profiles["demand_month"]
    path, lines = _lines(months)
    for (demand, row), line in zip(months[MONTHS].iterrows(), lines, strict=True):
        if abs(row.sum() - 1) > 1e-4:
            yield Fault(f"month shares of {demand!r} sum to {row.sum():.5f}", path, line, "1 (within 1e-4)")
    years = case.profiles["demand_year"].reset_index()
    path, _ = _lines(case.profiles["demand_year"])
    crossed = years[(years["low"] > years["central"]) | (years["central"] > years["high"])]
    for year in crossed.to_dict("records"):
        yield Fault(
            f"demand {year['demand']} {year['year']}: {year['low']:g}, {year['central']:g} and {year['high']:g}",
            path,
            None,
            "low ≤ central ≤ high",
        )


def _hours(case: Case) -> Iterator[Fault]:
    for profile, keys in (("demand_hour", ["demand"]), ("hourly", ["component", "name", "attribute"])):
        if profile not in case.profiles:
            continue
        table = case.profiles[profile].reset_index()
        path, lines = _lines(case.profiles[profile])
        covered: dict[tuple[object, ...], list[int]] = {}
        for row, line in zip(table.to_dict("records"), lines, strict=True):
            key = tuple(row[k] for k in keys)
            try:
                covered.setdefault(key, []).extend(month_set(row["months"]))
            except ValueError as err:
                yield Fault(str(err), path, line, "ranges such as 5-9 or 10-12,1-4")
            mean = float(np.mean([row[h] for h in HOURS]))
            if profile == "demand_hour" and abs(mean - 1) > 1e-3:
                yield Fault(f"hours of {key[0]!r} average {mean:.4f}", path, line, "1 (within 1e-3)")
        for key, months in covered.items():
            if sorted(months) != list(range(1, 13)):
                gaps = sorted(set(range(1, 13)) - set(months))
                twice = sorted({m for m in months if months.count(m) > 1})
                found = f"months {gaps} are missing" if gaps else f"months {twice} stand twice"
                yield Fault(f"{' '.join(map(str, key))!r}: {found}", path, None, "each month once")


def _inflow(case: Case) -> Iterator[Fault]:
    if "inflow" not in case.profiles:
        return
    table = case.profiles["inflow"]
    loads = case.components.get("loads", pd.DataFrame()).index
    yield from _unknown(table, table.index.get_level_values("site"), loads, "site")
    labels = set(table.index.get_level_values("hydrology"))
    path, _ = _lines(table)
    for site, rows in table.groupby(level="site"):
        own = set(rows.index.get_level_values("hydrology"))
        missing = labels - own - {OTHER}
        if missing and OTHER not in own:
            yield Fault(
                f"{site!r} has no row for {', '.join(sorted(missing)[:8])}",
                path,
                None,
                f"every hydrology, or a row {OTHER!r} for the rest",
            )


def _monthly(case: Case) -> Iterator[Fault]:
    for profile in ("monthly", "hourly"):
        if profile not in case.profiles:
            continue
        table = case.profiles[profile]
        path, lines = _lines(table)
        for key, line in zip(table.index, lines, strict=True):
            component, name, attribute = key[:3]
            if component not in case.components:
                known = list(case.components)
                yield Fault(f"no table {component!r}", path, line, ", ".join(known), nearest(component, known))
            elif not case.names(component, name):
                known = list(case.components[component].index)
                yield Fault(f"no {component} match {name!r}", path, line, None, nearest(name, known))
            elif attribute not in series_attributes(component):
                known = list(series_attributes(component))
                yield Fault(
                    f"{attribute!r} is no series of {component}",
                    path,
                    line,
                    ", ".join(known),
                    nearest(attribute, known),
                )


def _head(case: Case) -> Iterator[Fault]:
    if "head" not in case.profiles:
        return
    table = case.profiles["head"]
    path, lines = _lines(table)
    yield from _unknown(table, table.index.get_level_values("store"), case.components["stores"].index, "store")
    last: dict[tuple[str, str], float] = {}
    for (link, store, level), line in zip(table.index, lines, strict=True):
        if not case.names("links", link):
            known = list(case.components["links"].index)
            yield Fault(f"no links match {link!r}", path, line, None, nearest(link, known))
        if level <= last.get((link, store), -1.0):
            yield Fault(f"level {level:g} of {link!r} stands after {last[link, store]:g}", path, line, "rising levels")
        last[link, store] = level


def _rules(case: Case, written: Node | None) -> Iterator[Fault]:
    for key, rule in case.rules.rules.items():
        for steps, component, name in _components_of(rule):
            if not case.names(component, name):
                known = list(case.components.get(component, pd.DataFrame()).index)
                line = nearest_node(written, ("rules", key, *steps))[1].origin.line if written else None
                what = f"rules.{key}: no {component} match {name!r}"
                yield Fault(what, case.path / "rules.yaml", line, _few(known), nearest(name, known))


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


def _few(names: list[str]) -> str | None:
    """Return the first of the names that could have been meant."""
    return ", ".join(names[:30]) + (" …" if len(names) > 30 else "") or None


def _services(case: Case) -> Iterator[Fault]:
    for component in ("generators", "links"):
        table = case.components.get(component, pd.DataFrame())
        if "service" in table:
            yield from _unknown(table, table["service"], case.rules.services, "service")


def _accounts(case: Case) -> Iterator[Fault]:
    """Yield accounts of components that no rule keeps: what they hold would be nobody's."""
    areas = sorted(rule.area for rule in case.rules.rules.values() if isinstance(rule, AccountRule))
    for component in ("generators", "links"):
        table = case.components.get(component, pd.DataFrame())
        if "account" in table:
            yield from _unknown(table, table["account"], areas, "account")


def _areas(case: Case, written: Node | None) -> Iterator[Fault]:
    """Yield rules that keep the account of a country without a bus."""
    buses = case.components.get("buses", pd.DataFrame())
    countries = sorted(set(buses["country"].dropna())) if "country" in buses else []
    for key, rule in case.rules.rules.items():
        if isinstance(rule, AccountRule) and rule.area not in countries:
            line = nearest_node(written, ("rules", key, "area"))[1].origin.line if written else None
            what = f"rules.{key}: no bus has the country {rule.area!r}"
            yield Fault(what, case.path / "rules.yaml", line, _few(countries), nearest(rule.area, countries))


def _corridors(case: Case) -> Iterator[Fault]:
    if case.corridors.empty:
        return
    path, lines = _lines(case.corridors)
    for row, line in zip(case.corridors.to_dict("records"), lines, strict=True):
        corridor, component, name = (str(row[column]) for column in ("corridor", "component", "name"))
        if not case.names(component, name):
            known = list(case.components.get(component, pd.DataFrame()).index)
            allowed = _few(known) or ", ".join(case.components)
            what = f"corridor {corridor}: no {component} match {name!r}"
            yield Fault(what, path, line, allowed, nearest(name, known))
