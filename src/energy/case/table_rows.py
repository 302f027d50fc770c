"""Rows of a case's tables for its checks: file, line numbers, and names that do not exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from energy.errors import Fault, nearest

MOST_SHOWN = 30  # names in a message


def path_of(table: pd.DataFrame) -> Path | None:
    """Return the file that a table was read from."""
    return table.attrs.get("path")


def lines_of(table: pd.DataFrame) -> Sequence[int | None]:
    """Return the line of each row in the file that a table was read from."""
    lines: Sequence[int | None] = table.attrs.get("lines", [None] * len(table))
    return lines


def rows_of(table: pd.DataFrame) -> Iterator[tuple[dict[str, Any], int | None]]:
    """Yield each row, the levels of its index among its values, and its line."""
    records = table.reset_index().to_dict("records")
    for record, line in zip(records, lines_of(table), strict=True):
        yield {str(column): value for column, value in record.items()}, line


def unknown_names(
    table: pd.DataFrame,
    values: Iterable[Any],
    known: Iterable[str],
    what: str,
) -> Iterator[Fault]:
    """Yield the values that are not among the known names."""
    known = list(known)
    allowed = few_names(known) or f"nothing yet: there is no {what}"
    for name, value, line in zip(table.index, values, lines_of(table), strict=True):
        if value is None or pd.isna(value) or value in known:
            continue
        label = " ".join(map(str, name)) if isinstance(name, tuple) else name
        yield Fault(
            f"{what} of {label!r} is {value!r}, which does not exist",
            path_of(table),
            line=line,
            allowed=allowed,
            repair=nearest(str(value), known),
        )


def few_names(names: Iterable[str]) -> str | None:
    """Return the first of the names that could have been meant."""
    listed = list(names)
    shown = ", ".join(listed[:MOST_SHOWN])
    if len(listed) > MOST_SHOWN:
        shown += " …"
    return shown or None
