"""An answer: tables with units, sentences, a range and the marks of the evidence, for terminal and programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from energy.case import Case
from energy.report.text_table import fixed, number_columns, text_table, words_column

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True)
class Answer:
    """What was asked, answered.

    Attributes
    ----------
    sentences
        The answer in words; the first one is the headline.
    tables
        Title → table; ``attrs["units"]`` names the unit of the whole table, or of each column.
    span
        The range of the headline number, and over what it was taken.
    marks
        What the numbers rest on, with the weakest mark A, B or C.
    limits
        What the model cannot say of it.
    """

    sentences: tuple[str, ...]
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    span: str = ""
    marks: str = ""
    limits: tuple[str, ...] = ()


def marks_of(case: Case, *patterns: str) -> str:
    """Return what the numbers of some components rest on: how many rows of evidence there are, and the weakest mark.

    Parameters
    ----------
    case
        The case.
    patterns
        ``component.name`` as shell patterns: ``rules.investment``; without any, all of the case.

    Examples
    --------
    >>> from energy.case import read_case
    >>> marks_of(read_case("two_bus"), "rules.contract")
    'rules.contract: weakest mark C of 5 numbers'
    """
    if case.evidence.empty:
        return "no evidence is recorded"
    keys = case.evidence["component"] + "." + case.evidence["name"]
    texts = []
    for pattern in patterns or ("*",):
        matches = [fnmatchcase(key, pattern) for key in keys]
        rows = case.evidence[matches]
        if len(rows):
            label = "the case" if pattern == "*" else pattern
            weakest = max(rows["confidence"])
            texts.append(f"{label}: weakest mark {weakest} of {len(rows)} numbers")
    if not texts:
        return f"no evidence names {', '.join(patterns)}"
    return "; ".join(texts)


def evidence_ends(case: Case, name: str, attribute: str, component: str = "rules") -> tuple[float, float]:
    """Return the low and the high end of what is known of a number.

    Raises
    ------
    KeyError
        When the evidence says nothing of it.

    Examples
    --------
    >>> from energy.case import read_case
    >>> evidence_ends(read_case("casa1000"), "contract", "debt.interest")
    (0.015, 0.1)
    """
    rows = case.evidence
    is_asked = (rows["component"] == component) & (rows["name"] == name) & (rows["attribute"] == attribute)
    asked = rows[is_asked]
    if asked.empty:
        raise KeyError(f"{component}.{name}.{attribute}")
    return float(asked["low"].iloc[0]), float(asked["high"].iloc[0])


def answer_text(answer: Answer) -> Iterator[Table | str]:
    """Yield what an answer says, for the terminal."""
    yield from answer.sentences
    for title, table in answer.tables.items():
        yield f"{title}{_unit_text(table)}"
        yield table_rows(table)
    if answer.span:
        yield f"Range: {answer.span}"
    for limit in answer.limits:
        yield f"The model cannot say: {limit}"
    if answer.marks:
        yield f"Rests on {answer.marks}"


def _unit_text(table: pd.DataFrame) -> str:
    units = table.attrs.get("units", "")
    if isinstance(units, Mapping):
        units = ", ".join(f"{name} {unit}" for name, unit in units.items())
    return f" [{units}]" if units else ""


def table_rows(table: pd.DataFrame) -> Table:
    """Return a table ready to print; the index comes first."""
    columns = [words_column(str(name or "")) for name in table.index.names]
    columns += number_columns(column_labels(table))
    digits = table.attrs.get("digits")
    rows = []
    for key, values in zip(table.index, table.to_numpy(object), strict=True):
        keys = key if isinstance(key, tuple) else (key,)
        cells = [number_text(value, digits) for value in values]
        rows.append([*map(str, keys), *cells])
    return text_table(columns, rows)


def column_labels(table: pd.DataFrame) -> list[str]:
    """Return a table's columns as texts; levels of a column are joined by spaces."""
    levels = [table.columns.get_level_values(level).astype(str) for level in range(table.columns.nlevels)]
    return [" ".join(parts) for parts in zip(*levels, strict=True)]


def number_text(value: object, digits: int | None = None) -> str:
    """Return a cell: a number with three figures, or with given digits; other things as they are.

    Examples
    --------
    >>> [
    ...     number_text(value)
    ...     for value in (
    ...         1234.5,
    ...         12.34,
    ...         1.234,
    ...         0.1234,
    ...         -0.0,
    ...         float("nan"),
    ...         True,
    ...         "text",
    ...     )
    ... ]
    ['1,234', '12.3', '1.23', '0.123', '0', '', 'yes', 'text']
    """
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if not isinstance(value, int | float | np.integer | np.floating):
        return str(value)
    number = float(value)
    if np.isnan(number):
        return ""
    if digits is None:
        digits = _digits(abs(number))
    return fixed(number, digits)


def _digits(size: float) -> int:
    if size >= 100 or size < 5e-4:
        return 0
    if size >= 10:
        return 1
    return 2 if size >= 1 else 3


def answer_json(answer: Answer) -> dict[str, Any]:
    """Return an answer as plain values."""
    return {
        "sentences": list(answer.sentences),
        "tables": {title: _plain(table) for title, table in answer.tables.items()},
        "range": answer.span,
        "marks": answer.marks,
        "limits": list(answer.limits),
    }


def _plain(table: pd.DataFrame) -> dict[str, Any]:
    flat = table.copy()
    flat.columns = pd.Index(column_labels(table))
    flat = flat.reset_index()
    for column in flat.columns:
        if not pd.api.types.is_numeric_dtype(flat[column]):
            flat[column] = flat[column].astype(str)
    return {
        "units": table.attrs.get("units", ""),
        "rows": json.loads(flat.to_json(orient="records")),
    }
