"""CSV tables safe for spreadsheets: no cell is taken for a formula (CSV injection)."""

from __future__ import annotations

from typing import Any

import pandas as pd

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that a spreadsheet runs as a formula (OWASP, CSV injection)."""


def plain_cells(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts, names of rows and columns included, are texts to a spreadsheet too.

    An apostrophe stands before a text that would be a formula; numbers are as they were.

    Examples
    --------
    >>> table = pd.DataFrame({"name": ["=1+1", "-x", "Nurek"], "value": [-1.0, 2.0, 3.0]}, index=["@a", "b", "c"])
    >>> print(plain_cells(table).to_csv(lineterminator=" ").strip())
    ,name,value '@a,'=1+1,-1.0 b,'-x,2.0 c,Nurek,3.0
    """
    plain = table.rename(index=_plain, columns=_plain)
    for position, dtype in enumerate(plain.dtypes):
        if pd.api.types.is_numeric_dtype(dtype):
            continue
        column = plain.iloc[:, position]
        plain.isetitem(position, column.map(_plain).array)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value
