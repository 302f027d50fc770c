"""Text of an answer: for the terminal, and as plain values for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from energy.answers.answer import Answer
from energy.report.text_table import fixed, number_columns, text_table, words_column

if TYPE_CHECKING:
    from rich.table import Table


def answer_text(answer: Answer) -> Iterator[Table | str]:
    """Yield what an answer says, for the terminal."""
    yield from answer.sentences
    for title, table in answer.tables.items():
        yield f"{title}{unit_text(table)}"
        yield _table_rows(table)
    if answer.span:
        yield f"Range: {answer.span}"
    for limit in answer.limits:
        yield f"The model cannot say: {limit}"
    if answer.marks:
        yield f"Rests on {answer.marks}"


def unit_text(table: pd.DataFrame) -> str:
    """Return the units of a table in brackets, those of its columns by their names; nothing where it has none."""
    units = table.attrs.get("units", "")
    if isinstance(units, Mapping):
        texts = [f"{name} {unit}" for name, unit in units.items()]
        units = ", ".join(texts)
    return f" [{units}]" if units else ""


def _table_rows(table: pd.DataFrame) -> Table:
    """Return a table ready to print; the index comes first."""
    columns = []
    for name in table.index.names:
        head = str(name or "")
        columns.append(words_column(head))
    columns += number_columns(column_labels(table))
    digits = table.attrs.get("digits")
    numbers = table.to_numpy(object)
    rows = []
    for key, values in zip(table.index, numbers, strict=True):
        keys = key if isinstance(key, tuple) else (key,)
        cells = [str(part) for part in keys]
        cells += [number_text(value, digits) for value in values]
        rows.append(cells)
    return text_table(columns, rows)


def column_labels(table: pd.DataFrame) -> list[str]:
    """Return a table's columns as texts; levels of a column are joined by spaces."""
    levels = range(table.columns.nlevels)
    texts = [table.columns.get_level_values(level).astype(str) for level in levels]
    return [" ".join(parts) for parts in zip(*texts, strict=True)]


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
    tables = {title: _plain(table) for title, table in answer.tables.items()}
    return {
        "sentences": list(answer.sentences),
        "tables": tables,
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
    records = flat.to_json(orient="records")
    return {
        "units": table.attrs.get("units", ""),
        "rows": json.loads(records),
    }
