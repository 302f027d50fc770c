"""CSV file → checked pandas table, every complaint with file and line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa

from energy.errors import Fault, InputError, nearest

LARGEST_TABLE = 10_000_000  # bytes; a case is written by hand, more is a mistake
MOST_ROWS = 20_000
MOST_COLUMNS_NAMED = 40
ALLOWED = {
    "not_nullable": "a value",
    "finite": "a finite number",
}
"""Name of a check → what it allows, in words."""
TYPE_WORDS = {
    "float64": "a number",
    "int64": "a whole number",
    "bool": "True or False",
    "str": "text",
    "object": "text",
}
_SIGNS = ("", "-", "+")
_NAN_WORDS = ("nan", "NaN", "NAN", "Nan")
_NAN_CELLS = frozenset(sign + word for sign in _SIGNS for word in _NAN_WORDS)


def read_table(
    path: Path,
    schema: pa.DataFrameSchema,
    key: list[str],
) -> pd.DataFrame:
    """Read a CSV file, check it against a schema and index it by its key.

    Parameters
    ----------
    path
        A UTF-8 file with a header line.
    schema
        What the columns may hold; a missing optional column stays missing.
    key
        Columns that together name a row once.

    Returns
    -------
    pandas.DataFrame
        Columns as in the file, coerced to the schema's types, indexed by ``key``; ``attrs["lines"]`` holds the
        line number of each row and ``attrs["path"]`` the file.

    Raises
    ------
    InputError
        With every fault of the file: unknown or missing columns, text where a number belongs, NaN, repeated keys,
        characters that do not print, more than 20,000 rows.
    """
    text, lines = _read_rows(path)
    _check_columns(path, text, schema)
    _refuse_written_nan(path, text, lines, schema)
    try:
        table = schema.validate(text, lazy=True)
    except pa.errors.SchemaErrors as err:
        raise InputError(_schema_faults(path, text, lines, err)) from None
    _refuse_repeated_keys(path, table, lines, key)
    table = table.set_index(key[0] if len(key) == 1 else key)
    table.attrs = {"path": path, "lines": lines}
    return table


def _read_rows(path: Path) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the cells of a file as text (None where empty), and the line number of each row."""
    content = _decoded(path)
    reader = csv.reader(content.splitlines(), strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                rows.append(cells)
                lines.append(reader.line_num)
    except csv.Error as err:
        repair = "quote cells that hold commas, and close every quote"
        raise InputError(Fault(str(err), path, reader.line_num, repair=repair)) from None
    if not rows:
        raise InputError(Fault("file is empty", path, repair="write a header line and the rows below it"))
    if len(rows) > MOST_ROWS:
        raise InputError(Fault(f"file has {len(rows):,} rows", path, allowed=f"up to {MOST_ROWS:,} rows"))

    faults = [
        *_faults_of_width(path, rows, lines),
        *_faults_of_characters(path, rows, lines),
        *_faults_of_header(path, rows[0], lines[0]),
    ]
    if faults:
        raise InputError(faults)
    text = pd.DataFrame(rows[1:], columns=rows[0], dtype=object)
    line_numbers = np.array(lines[1:], dtype=int)
    return text.mask(text == "", None), line_numbers


def _faults_of_width(
    path: Path,
    rows: list[list[str]],
    lines: list[int],
) -> Iterator[Fault]:
    """Yield the rows that have more or fewer cells than the header."""
    width = len(rows[0])
    for row, line in zip(rows, lines, strict=True):
        if len(row) != width:
            yield Fault(
                f"row has {len(row)} cells",
                path,
                line,
                allowed=f"{width}, as the header has",
            )


def _faults_of_characters(
    path: Path,
    rows: list[list[str]],
    lines: list[int],
) -> Iterator[Fault]:
    """Yield the cells with characters that do not print."""
    for row, line in zip(rows, lines, strict=True):
        for cell in row:
            if not cell.isprintable():
                yield Fault(
                    f"{cell!r} holds characters that do not print",
                    path,
                    line,
                    allowed="letters, digits, signs",
                    repair="remove them",
                )


def _faults_of_header(
    path: Path,
    header: list[str],
    line: int,
) -> Iterator[Fault]:
    """Yield the columns that stand more than once."""
    for column in sorted(set(header)):
        if header.count(column) > 1:
            yield Fault(
                f"column {column!r} stands twice",
                path,
                line,
                repair="keep one of them",
            )


def _refuse_repeated_keys(
    path: Path,
    table: pd.DataFrame,
    lines: np.ndarray,
    key: list[str],
) -> None:
    """Refuse rows whose key stands in an earlier row."""
    is_repeated = table.duplicated(key, keep="first").to_numpy()
    keys = table.loc[is_repeated, key].to_numpy()
    faults = []
    for cells, line in zip(keys, lines[is_repeated], strict=True):
        label = " ".join(map(str, cells))
        fault = Fault(
            f"{label!r} stands here a second time",
            path,
            line,
            repair="keep one of the rows",
        )
        faults.append(fault)
    if faults:
        raise InputError(faults)


def _decoded(path: Path) -> str:
    """Return the text of a file."""
    try:
        if not path.is_file():
            raise InputError(
                Fault(
                    "file not found",
                    path,
                    repair="create it; docs/case-format.md shows its columns",
                )
            )
        size = path.stat().st_size
        if size > LARGEST_TABLE:
            raise InputError(Fault(f"file has {size:,} bytes", path, allowed=f"up to {LARGEST_TABLE:,} bytes"))
        raw = path.read_bytes()
    except OSError as err:
        raise InputError(Fault(f"cannot be read: {err.strerror}", path, repair="make it readable")) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        fault = Fault(
            f"byte 0x{raw[err.start]:02x} is not UTF-8",
            path,
            line=raw[: err.start].count(b"\n") + 1,
            allowed="UTF-8 text",
            repair="save the file as UTF-8",
        )
        raise InputError(fault) from None


def _refuse_written_nan(
    path: Path,
    text: pd.DataFrame,
    lines: np.ndarray,
    schema: pa.DataFrameSchema,
) -> None:
    """Refuse NaN written out, which would count as an empty cell and so take a default without a word."""
    faults = []
    for name in text.columns:
        if str(schema.columns[name].dtype) not in ("float64", "int64"):
            continue
        is_nan = text[name].isin(_NAN_CELLS) & text[name].notna()
        for row in np.flatnonzero(is_nan).tolist():
            cell = text[name].iloc[row]
            fault = Fault(
                f"{name} of {text.iloc[row, 0]!r} is {cell!r}",
                path,
                int(lines[row]),
                allowed="a number, or an empty cell",
                repair="correct the cell",
            )
            faults.append(fault)
    if faults:
        raise InputError(faults)


def _check_columns(
    path: Path,
    text: pd.DataFrame,
    schema: pa.DataFrameSchema,
) -> None:
    """Refuse columns that the schema does not have, and a header without a required one."""
    allowed_columns = list(schema.columns)
    faults = []
    for name in text.columns:
        if name in allowed_columns:
            continue
        fault = Fault(
            f"unknown column {name!r}",
            path,
            line=1,
            allowed=", ".join(allowed_columns[:MOST_COLUMNS_NAMED]),
            repair=nearest(name, allowed_columns),
        )
        faults.append(fault)
    for name, column in schema.columns.items():
        if not column.required or name in text.columns:
            continue
        fault = Fault(
            f"column {name!r} is missing",
            path,
            line=1,
            repair="add it to the header and to every row",
        )
        faults.append(fault)
    if faults:
        raise InputError(faults)


def _schema_faults(
    path: Path,
    text: pd.DataFrame,
    lines: np.ndarray,
    err: pa.errors.SchemaErrors,
) -> list[Fault]:
    """Return one fault for each cell, or column as a whole, that a schema refused."""
    failures = list(err.failure_cases.itertuples())
    types = _schema_types(err)
    columns_with_cells = {failure.column for failure in failures if not pd.isna(failure.index)}
    faults: dict[tuple[object, object], Fault] = {}
    for failure in failures:
        column = failure.column
        check = str(failure.check)
        allowed = ALLOWED.get(check, check)
        if column in types and "dtype" in check:
            allowed = types[column]
        if not pd.isna(failure.index):
            row = int(failure.index)
            fault = _cell_fault(text, row, column)
            fault = replace(fault, where=path, line=int(lines[row]), allowed=allowed)
            faults.setdefault((row, column), fault)
        elif column not in columns_with_cells:  # else a follow-up of a cell that is named anyway
            fault = Fault(f"{column} is nothing", path, allowed=allowed, repair="fill the cell")
            faults.setdefault((None, column), fault)
    return list(faults.values())


def _cell_fault(
    text: pd.DataFrame,
    row: int,
    column: str,
) -> Fault:
    """Return the fault of a cell, without its place and what is allowed there."""
    label = f"{column} of {text.iloc[row, 0]!r}"
    cell = text.loc[row, column] if column in text else None
    if cell is None:
        return Fault(f"{label} is nothing", repair="fill the cell")
    return Fault(f"{label} is {cell!r}", repair="correct the cell")


def _schema_types(err: pa.errors.SchemaErrors) -> dict[str, str]:
    """Return the type that each column of a failed schema wants, in words."""
    types = {}
    for name, column in err.schema.columns.items():
        dtype = str(column.dtype)
        types[name] = TYPE_WORDS.get(dtype, dtype)
    return types
