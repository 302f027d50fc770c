"""A table of rows by their names: the index is named, and the units of the columns go with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd


def labelled_table(
    rows: Mapping[Any, Mapping[Any, Any]],
    index: str | list[str],
    units: str | Mapping[str, str],
) -> pd.DataFrame:
    """Return rows as a table with units.

    Parameters
    ----------
    rows
        Name of a row, or a tuple of names → column → value.
    index
        What the names are; several for tuples.
    units
        Unit of the whole table, or of each column; goes to ``attrs["units"]``.

    Examples
    --------
    >>> table = labelled_table({"dry": {"season": 2500.0}, "wet": {"season": 4100.0}}, "water", "GWh")
    >>> table.index.name, table.attrs["units"], table.loc["wet", "season"]
    ('water', 'GWh', np.float64(4100.0))
    """
    table = pd.DataFrame.from_dict(dict(rows), orient="index")
    if isinstance(index, str):
        table.index.name = index
    else:
        table.index = pd.MultiIndex.from_tuples(list(rows), names=index)
    table.attrs["units"] = units
    return table
