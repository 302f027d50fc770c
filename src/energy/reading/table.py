"""CSV file → checked pandas table, every complaint with file and line."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa

from energy.errors import Fault, InputError, nearest

LARGEST_TABLE = 10_000_000  # bytes; a case is written by hand, more is a mistake
MOST_ROWS = 20_000


def read_table(path: Path, schema: pa.DataFrameSchema, key: list[str]) -> pd.DataFrame:
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
    text, lines = _rows(path)
    _check_columns(path, text, schema)
    _refuse_words_for_nothing(path, text, lines, schema)
    try:
        table = schema.validate(text, lazy=True)
    except pa.errors.SchemaErrors as err:
        raise InputError(_faults(path, text, lines, err)) from None
    repeated = table.duplicated(key, keep="first").to_numpy()
    if repeated.any():
        raise InputError(
            Fault(f"{' '.join(map(str, row))!r} stands here a second time", path, line, repair="keep one of the rows")
            for row, line in zip(table.loc[repeated, key].to_numpy(), lines[repeated], strict=True)
        )
    table = table.set_index(key[0] if len(key) == 1 else key)
    table.attrs = {"path": path, "lines": lines}
    return table


def _rows(path: Path) -> tuple[pd.DataFrame, np.ndarray]:
    content = _text(path)
    reader = csv.reader(content.splitlines(), strict=True)
    rows, lines = [], []
    try:
        for row in reader:
            if row and any(cell.strip() for cell in row):
                rows.append([cell.strip() for cell in row])
                lines.append(reader.line_num)
    except csv.Error as err:
        repair = "quote cells that hold commas, and close every quote"
        raise InputError(Fault(str(err), path, reader.line_num, repair=repair)) from None
    if not rows:
        raise InputError(Fault("file is empty", path, repair="write a header line and the rows below it"))
    if len(rows) > MOST_ROWS:
        raise InputError(Fault(f"file has {len(rows):,} rows", path, None, f"up to {MOST_ROWS:,} rows"))
    header = rows[0]
    wrong = [
        Fault(f"row has {len(row)} cells", path, line, allowed=f"{len(header)}, as the header has")
        for row, line in zip(rows[1:], lines[1:], strict=True)
        if len(row) != len(header)
    ]
    wrong += [
        Fault(f"{cell!r} holds characters that do not print", path, line, "letters, digits, signs", "remove them")
        for row, line in zip(rows, lines, strict=True)
        for cell in row
        if not cell.isprintable()
    ]
    wrong += [
        Fault(f"column {c!r} stands twice", path, lines[0], repair="keep one of them")
        for c in sorted({c for c in header if header.count(c) > 1})
    ]
    if wrong:
        raise InputError(wrong)
    text = pd.DataFrame(rows[1:], columns=header, dtype=object)
    return text.mask(text == "", None), np.array(lines[1:], dtype=int)


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            raise InputError(Fault("file not found", path, repair="create it; docs/case-format.md shows its columns"))
        size = path.stat().st_size
        if size > LARGEST_TABLE:
            raise InputError(Fault(f"file has {size:,} bytes", path, None, f"up to {LARGEST_TABLE:,} bytes"))
        raw = path.read_bytes()
    except OSError as err:
        raise InputError(Fault(f"cannot be read: {err.strerror}", path, repair="make it readable")) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        line = raw[: err.start].count(b"\n") + 1
        what = f"byte 0x{raw[err.start]:02x} is not UTF-8"
        raise InputError(Fault(what, path, line, "UTF-8 text", "save the file as UTF-8")) from None


def _refuse_words_for_nothing(path: Path, text: pd.DataFrame, lines: np.ndarray, schema: pa.DataFrameSchema) -> None:
    """Refuse NaN written out, which would count as an empty cell and so take a default without a word."""
    faults = []
    for name in text.columns:
        if str(schema.columns[name].dtype) not in ("float64", "int64"):
            continue
        for row in map(int, np.flatnonzero(text[name].notna() & text[name].isin(_NOTHING))):
            what = f"{name} of {text.iloc[row, 0]!r} is {text[name].iloc[row]!r}"
            faults.append(Fault(what, path, int(lines[row]), "a number, or an empty cell", "correct the cell"))
    if faults:
        raise InputError(faults)


def _check_columns(path: Path, text: pd.DataFrame, schema: pa.DataFrameSchema) -> None:
    known = list(schema.columns)
    faults = [
        Fault(f"unknown column {c!r}", path, 1, allowed=", ".join(known[:40]), repair=nearest(c, known))
        for c in text.columns
        if c not in known
    ]
    faults += [
        Fault(f"column {c!r} is missing", path, 1, repair="add it to the header and to every row")
        for c, column in schema.columns.items()
        if column.required and c not in text.columns
    ]
    if faults:
        raise InputError(faults)


def _faults(path: Path, text: pd.DataFrame, lines: np.ndarray, err: pa.errors.SchemaErrors) -> list[Fault]:
    faults: dict[tuple[object, object], Fault] = {}
    placed = {case.column for case in err.failure_cases.itertuples() if not pd.isna(case.index)}
    for case in err.failure_cases.itertuples():
        row = None if case.index is None or pd.isna(case.index) else int(case.index)
        column = case.column
        if row is None and column in placed:
            continue  # a follow-up of a cell that is named anyway
        cell = None if row is None or column not in text else text.loc[row, column]
        label = "" if row is None else f" of {text.iloc[row, 0]!r}"
        shown = "nothing" if cell is None else repr(cell)
        allowed = ALLOWED.get(str(case.check), str(case.check))
        if column in schema_types(err) and "dtype" in str(case.check):
            allowed = schema_types(err)[column]
        fault = Fault(
            f"{column}{label} is {shown}",
            path,
            None if row is None else int(lines[row]),
            allowed=allowed,
            repair="fill the cell" if cell is None else "correct the cell",
        )
        faults.setdefault((row, column), fault)
    return list(faults.values())


_NOTHING = frozenset(sign + word for word in ("nan", "NaN", "NAN", "Nan") for sign in ("", "-", "+"))
ALLOWED = {"not_nullable": "a value", "finite": "a finite number"}


def schema_types(err: pa.errors.SchemaErrors) -> dict[str, str]:
    """Return the type that each column of a failed schema wants, in words."""
    words = {"float64": "a number", "int64": "a whole number", "bool": "True or False", "str": "text", "object": "text"}
    return {name: words.get(str(column.dtype), str(column.dtype)) for name, column in err.schema.columns.items()}
