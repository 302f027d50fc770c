"""Evidence held against the case: each row names a number that exists, says what its cell says, and has a source."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import pandas as pd

from energy.case.case import Case
from energy.case.evidence_units import units_of
from energy.case.schema import HOURS, MONTHS, defaults
from energy.errors import Fault, nearest

Numbers = Mapping[str, Mapping[str, Mapping[str, float | None]]]
"""Component → name → attribute → value; None where a cell is a text or a switch that any evidence may speak of."""

RELATIVE = 1e-9
MOST_SHOWN = 30  # names in a message
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
    if case.evidence.empty:
        return
    numbers = numbers_of(case)
    path = case.evidence.attrs.get("path", case.path)
    lines = case.evidence.attrs.get("lines", [None] * len(case.evidence))
    rows = [_Row(*values) for values in case.evidence[list(_COLUMNS)].itertuples(index=False, name=None)]
    exact: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        exact.setdefault((row.component, row.name), []).append(row.attribute)
    sources = set(case.sources["key"]) if len(case.sources) else set()
    for row, line in zip(rows, lines, strict=True):
        faults = list(_range_faults(row))
        faults += _source_faults(row, sources)
        faults += _number_faults(case, numbers, row, exact)
        yield from (fault.at(path, line) for fault in faults)


def numbers_of(case: Case) -> Numbers:
    """Return every number of a case that evidence can speak of.

    Examples
    --------
    >>> from energy.case import read_case
    >>> numbers_of(read_case("two_bus"))["links"]["turbine"]["efficiency"]
    500.0
    """
    numbers: dict[str, dict[str, dict[str, float | None]]] = {}
    for component, table in case.components.items():
        numbers[component] = {str(name): _cells(component, row) for name, row in table.to_dict("index").items()}
    for profile, table in case.profiles.items():
        rows = numbers.setdefault(f"profiles/{profile}", {})
        for name, attribute, value in _profile_numbers(profile, table):
            rows.setdefault(name, {})[attribute] = value
    book = case.rules.model_dump(by_alias=True, exclude_none=True)
    parts = dict(book.get("rules", {}))
    parts |= {section: book.get(section) or {} for section in SECTIONS}
    numbers["rules"] = {str(name): dict(_leaves(part)) for name, part in parts.items()}
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
    known = defaults(component)
    cells: dict[str, float | None] = {}
    for attribute, value in row.items():
        filled = known.get(attribute) if pd.isna(value) else value
        is_number = isinstance(filled, int | float) and not isinstance(filled, bool)
        cells[str(attribute)] = float(filled) if is_number and filled is not None else None
    return cells


def _profile_numbers(profile: str, table: pd.DataFrame) -> Iterator[tuple[str, str, float | None]]:
    """Yield name, attribute and base of the rows of a profile: 1, a factor, unless the row is one number."""
    if profile == "water_statistics":
        for (river, statistic), rows in table.groupby(level=["river", "statistic"]):
            yield str(river), str(statistic), float(rows["value"].iloc[0]) if len(rows) == 1 else 1.0
        return
    for key, row in table.iterrows():
        parts = [str(part) for part in (key if isinstance(key, tuple) else (key,))]
        if profile == "loss_curve":
            yield from ((parts[0], f"{parts[1]}.{field}", float(value)) for field, value in row.items())
        elif profile in ("monthly", "hourly"):
            cells = row[MONTHS if profile == "monthly" else HOURS].astype(float)
            yield parts[1], parts[2], None if set(cells) <= {0.0, 1.0} else 1.0  # a seasonal switch
        elif profile in ("demand_month", "demand_hour"):
            yield parts[0], "*", 1.0
        elif profile == "demand_year":
            yield from ((parts[0], f"{parts[1]} {path}", 1.0) for path in row.index)
        else:
            yield parts[0], parts[1], 1.0


def _leaves(plain: Any, steps: tuple[str, ...] = ()) -> Iterator[tuple[str, float | None]]:
    if isinstance(plain, Mapping):
        parts: Iterable[tuple[Any, Any]] = plain.items()
    elif isinstance(plain, list | tuple):
        parts = enumerate(plain)
    else:
        is_number = isinstance(plain, int | float) and not isinstance(plain, bool)
        yield ".".join(steps), float(plain) if is_number else None
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
        if key not in sources:
            repair = nearest(key, sources) or "add it to sources.csv"
            yield Fault(f"{row.label}: no source {key!r} in sources.csv", allowed=_few(sources), repair=repair)


def _number_faults(
    case: Case, numbers: Numbers, row: _Row, exact: Mapping[tuple[str, str], list[str]]
) -> Iterator[Fault]:
    of_component = numbers.get(row.component)
    if of_component is None:
        repair = nearest(row.component, numbers)
        yield Fault(f"{row.label}: no table {row.component!r}", allowed=_few(numbers), repair=repair)
        return
    names = [name for name in of_component if fnmatchcase(name, row.name)]
    if row.name in of_component:  # a name may hold brackets, so an exact name comes before a pattern
        names = [row.name]
    if not names:
        what = f"{row.label}: no {row.component} match {row.name!r}"
        yield Fault(what, allowed=_few(of_component), repair=nearest(row.name, of_component))
        return
    values: dict[tuple[str, str], float | None] = {}
    attributes: list[str] = []
    for name in names:
        for attribute, value in of_component[name].items():
            attributes.append(attribute)
            if _speaks_of(row, attribute):
                values[name, attribute] = value
    if not values:
        attributes = list(dict.fromkeys(attributes))
        what = f"{row.label}: no number {row.attribute!r}"
        yield Fault(what, allowed=_few(attributes), repair=nearest(row.attribute, attributes))
        return
    yield from _base_faults(row, values, exact)
    yield from _unit_faults(case, row, list(values))


def _speaks_of(row: _Row, attribute: str) -> bool:
    # the demand of a year may be known by the year, or by the path of growth that it lies on
    words = attribute.split() if row.component == _DEMAND else [attribute]
    return any(word == row.attribute or fnmatchcase(word, row.attribute) for word in words)


def _base_faults(
    row: _Row, values: Mapping[tuple[str, str], float | None], exact: Mapping[tuple[str, str], list[str]]
) -> Iterator[Fault]:
    for (name, attribute), value in values.items():
        rows_of_name = [] if name == row.name else exact.get((row.component, name), [])
        has_own_row = any(attribute == other or fnmatchcase(attribute, other) for other in rows_of_name)
        if value is None or has_own_row or math.isclose(value, row.base, rel_tol=RELATIVE):
            continue
        what = f"{row.label}: base is {row.base:g}, and {attribute} of {name!r} is {value:g} in the case"
        yield Fault(what, allowed=f"{value:g}", repair="correct the one that is wrong")
        return


def _unit_faults(case: Case, row: _Row, numbers: Iterable[tuple[str, str]]) -> Iterator[Fault]:
    allowed = units_of(case, row.component, row.attribute, numbers)
    if allowed and row.unit not in allowed:
        yield Fault(f"{row.label}: unit is {row.unit!r}", allowed=", ".join(sorted(allowed)), repair="correct the unit")


def _few(names: Iterable[str]) -> str | None:
    listed = list(names)
    return ", ".join(listed[:MOST_SHOWN]) + (" …" if len(listed) > MOST_SHOWN else "") or None
