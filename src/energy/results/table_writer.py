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
    found = table.rename(index=_plain, columns=_plain)
    texts = [at for at, kind in enumerate(found.dtypes) if not pd.api.types.is_numeric_dtype(kind)]
    for at in texts:
        found.isetitem(at, found.iloc[:, at].map(_plain).array)
    return found


def _plain(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
