"""Columns of the monthly table that stand for a dimension: losses by cause, and surplus by country."""

from __future__ import annotations

import pandas as pd

LOST = "lost to "
SURPLUS = "surplus "


def lost_by_cause(table: pd.DataFrame) -> pd.DataFrame:
    """Return the energy lost to each cause; shape (months, causes) [GWh].

    Parameters
    ----------
    table
        From ``energy.metrics.monthly_table``.

    Examples
    --------
    >>> months = pd.DataFrame({"delivered": [4.0], "lost to line": [6.0], "surplus KG": [9.0]})
    >>> lost_by_cause(months).columns.tolist(), surplus_by_country(months).columns.tolist()
    (['line'], ['KG'])
    """
    return _with_prefix(table, LOST)


def surplus_by_country(table: pd.DataFrame) -> pd.DataFrame:
    """Return the surplus of each seller; shape (months, countries) [GWh]; see `lost_by_cause`."""
    return _with_prefix(table, SURPLUS)


def _with_prefix(table: pd.DataFrame, prefix: str) -> pd.DataFrame:
    """Return the columns with a prefix, named by what follows it."""
    name_of_column = {}
    for column in map(str, table.columns):
        if column.startswith(prefix):
            name_of_column[column] = column.removeprefix(prefix)
    columns = list(name_of_column)
    return table[columns].rename(columns=name_of_column)
