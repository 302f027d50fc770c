"""Evidence held against the case: each row names a number that exists, says what its cell says, and has a source."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import pandas as pd

from energy.case.case import Case
from energy.case.evidence_units import units_of
from energy.case.schema import HOURS, MONTHS, defaults
from energy.case.table_rows import few_names
from energy.errors import Fault, nearest

Numbers = Mapping[str, Mapping[str, Mapping[str, float | None]]]
"""Component → name → attribute → value; None where a cell is a text or a switch that any evidence may speak of."""

RELATIVE = 1e-9
_DEMAND = "profiles/demand_year"

SECTIONS = ("contract", "security", "investment", "reactive_power", "frequency")
"""Sections of ``rules.yaml`` beside the rules themselves whose numbers have evidence."""


def evidence_faults(case: Case) -> Iterator[Fault]:
    """Yield what the evidence of a case says of numbers that do not exist, or says otherwise than they.

    Parameters
    ----------
    case
        The case, its tables sound by themselves.
    """
    evidence = case.evidence
    if evidence.empty:
        return
    numbers = _numbers_of(case)
    path = evidence.attrs.get("path", case.path)
    lines = evidence.attrs.get("lines", [None] * len(evidence))
    columns = evidence[list(_COLUMNS)]
    rows = [_Row(*values) for values in columns.itertuples(index=False, name=None)]
    exact: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        attributes = exact.setdefault((row.component, row.name), [])
        attributes.append(row.attribute)
    sources = set(case.sources["key"]) if len(case.sources) else set()
    for row, line in zip(rows, lines, strict=True):
        faults = [
            *_range_faults(row),
            *_source_faults(row, sources),
            *_number_faults(case, numbers, row, exact),
        ]
        for fault in faults:
            yield fault.at(path, line)


def _numbers_of(case: Case) -> Numbers:
    """Return every number of a case that evidence can speak of.

    Examples
    --------
    >>> from energy.case import read_case
    >>> _numbers_of(read_case("two_bus"))["links"]["turbine"]["efficiency"]
    500.0
    """
    numbers: dict[str, dict[str, dict[str, float | None]]] = {}
    for component, table in case.components.items():
        cells = numbers.setdefault(component, {})
        for name, row in table.to_dict("index").items():
            cells[str(name)] = _cells(component, row)
    for profile, table in case.profiles.items():
        rows = numbers.setdefault(f"profiles/{profile}", {})
        for name, attribute, value in _profile_numbers(profile, table):
            rows.setdefault(name, {})[attribute] = value
    numbers["rules"] = {}
    book = case.rules.model_dump(by_alias=True, exclude_none=True)
    parts = dict(book.get("rules", {}))
    for section in SECTIONS:
        parts[section] = book.get(section) or {}
    for name, part in parts.items():
        numbers["rules"][str(name)] = dict(_leaves(part))
    return numbers


_COLUMNS = ("component", "name", "attribute", "base", "low", "high", "unit", "source")


@dataclass(frozen=True)
class _Row:
    component: str
    name: str
    attribute: str
    base: float
    low: float
    high: float
    unit: str
    source: str

    @property
    def label(self) -> str:
        return f"{self.component} {self.name!r} {self.attribute}"


def _cells(component: str, row: Mapping[Any, Any]) -> dict[str, float | None]:
    """Return the numbers of a component; PyPSA's default where a cell is empty."""
    default_of = defaults(component)
    cells: dict[str, float | None] = {}
    for attribute, value in row.items():
        filled = default_of.get(attribute) if pd.isna(value) else value
        cells[str(attribute)] = _number(filled)
    return cells


def _number(value: Any) -> float | None:
    """Return a number as a float; None for a text or a switch."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def _profile_numbers(
    profile: str,
    table: pd.DataFrame,
) -> Iterator[tuple[str, str, float | None]]:
    """Yield name, attribute and base of the rows of a profile: 1, a factor, unless the row is one number."""
    if profile == "water_statistics":
        yield from _water_statistics(table)
        return
    for key, row in table.iterrows():
        name, *others = map(str, key if isinstance(key, tuple) else (key,))
        if profile == "demand_season":
            yield name, "summer_elasticity", float(row["summer_elasticity"])
        elif profile == "loss_curve":
            for field, value in row.items():
                yield name, f"{others[0]}.{field}", float(value)
        elif profile in ("monthly", "hourly"):
            component_name, attribute = others[:2]
            cells = row[MONTHS if profile == "monthly" else HOURS].astype(float)
            is_switch = set(cells) <= {0.0, 1.0}  # a seasonal one
            yield component_name, attribute, None if is_switch else 1.0
        elif profile in ("demand_month", "demand_hour"):
            yield name, "*", 1.0
        elif profile == "demand_year":
            for path in row.index:
                yield name, f"{others[0]} {path}", 1.0
        else:
            yield name, others[0], 1.0


def _water_statistics(table: pd.DataFrame) -> Iterator[tuple[str, str, float | None]]:
    """Yield river, statistic and base: the number itself where the statistic is one."""
    for (river, statistic), rows in table.groupby(level=["river", "statistic"]):
        base = 1.0
        if len(rows) == 1:
            base = float(rows["value"].iloc[0])
        yield str(river), str(statistic), base


def _leaves(plain: Any, steps: tuple[str, ...] = ()) -> Iterator[tuple[str, float | None]]:
    """Yield the address and the number of every leaf of nested mappings and lists."""
    if isinstance(plain, Mapping):
        parts: Iterable[tuple[Any, Any]] = plain.items()
    elif isinstance(plain, list | tuple):
        parts = enumerate(plain)
    else:
        yield ".".join(steps), _number(plain)
        return
    for key, part in parts:
        yield from _leaves(part, (*steps, str(key)))


def _range_faults(row: _Row) -> Iterator[Fault]:
    shown = f"{row.label}: base {row.base:g}, low {row.low:g}, high {row.high:g}"
    if row.low > row.high:
        yield Fault(shown, allowed="low ≤ high", repair="swap low and high")
    elif not row.low <= row.base <= row.high:
        yield Fault(shown, allowed="low ≤ base ≤ high", repair="widen the range, or correct the base")


def _source_faults(row: _Row, sources: set[str]) -> Iterator[Fault]:
    for key in row.source.split():
        if key in sources:
            continue
        yield Fault(
            f"{row.label}: no source {key!r} in sources.csv",
            allowed=few_names(sources),
            repair=nearest(key, sources) or "add it to sources.csv",
        )


def _number_faults(
    case: Case,
    numbers: Numbers,
    row: _Row,
    exact: Mapping[tuple[str, str], list[str]],
) -> Iterator[Fault]:
    """Yield what a row says of a number that does not exist, or says otherwise than it."""
    of_component = numbers.get(row.component)
    if of_component is None:
        repair = nearest(row.component, numbers)
        yield Fault(f"{row.label}: no table {row.component!r}", allowed=few_names(numbers), repair=repair)
        return
    names = _names_meant(row.name, of_component)
    if not names:
        what = f"{row.label}: no {row.component} match {row.name!r}"
        yield Fault(what, allowed=few_names(of_component), repair=nearest(row.name, of_component))
        return
    values: dict[tuple[str, str], float | None] = {}
    attributes: dict[str, None] = {}
    for name in names:
        attributes |= dict.fromkeys(of_component[name])
        for attribute, value in of_component[name].items():
            if _speaks_of(row, attribute):
                values[name, attribute] = value
    if not values:
        what = f"{row.label}: no number {row.attribute!r}"
        yield Fault(what, allowed=few_names(attributes), repair=nearest(row.attribute, attributes))
        return
    yield from _base_faults(row, values, exact)
    yield from _unit_faults(case, row, list(values))


def _names_meant(pattern: str, names: Collection[str]) -> list[str]:
    """Return the name that is spelled so, or else those that match; a name may hold brackets as a pattern does."""
    if pattern in names:
        return [pattern]
    return [name for name in names if fnmatchcase(name, pattern)]


def _speaks_of(row: _Row, attribute: str) -> bool:
    # the demand of a year may be known by the year, or by the path of growth that it lies on
    words = attribute.split() if row.component == _DEMAND else [attribute]
    return any(_matches(word, row.attribute) for word in words)


def _matches(attribute: str, pattern: str) -> bool:
    """Return whether an attribute is, or matches, the one of a row."""
    return attribute == pattern or fnmatchcase(attribute, pattern)


def _base_faults(
    row: _Row,
    values: Mapping[tuple[str, str], float | None],
    exact: Mapping[tuple[str, str], list[str]],
) -> Iterator[Fault]:
    """Yield the first number of the case that a row gives another base."""
    for (name, attribute), value in values.items():
        own_rows = exact.get((row.component, name), [])
        if name == row.name:
            own_rows = []
        has_own_row = any(_matches(attribute, pattern) for pattern in own_rows)
        if value is None or has_own_row or math.isclose(value, row.base, rel_tol=RELATIVE):
            continue
        what = f"{row.label}: base is {row.base:g}, and {attribute} of {name!r} is {value:g} in the case"
        yield Fault(what, allowed=f"{value:g}", repair="correct the one that is wrong")
        return


def _unit_faults(
    case: Case,
    row: _Row,
    numbers: list[tuple[str, str]],
) -> Iterator[Fault]:
    """Yield that the unit of a row is not one of those that its numbers may have."""
    allowed = units_of(case, row.component, row.attribute, numbers)
    if allowed and row.unit not in allowed:
        yield Fault(
            f"{row.label}: unit is {row.unit!r}",
            allowed=", ".join(sorted(allowed)),
            repair="correct the unit",
        )
