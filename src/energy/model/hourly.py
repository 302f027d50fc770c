"""Hourly values over the horizon, before they are averaged to snapshots."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

Hourly = dict[tuple[str, str], pd.DataFrame]
"""(component list, attribute) → table (hours × names); names that are missing keep their static value."""


def number(table: pd.DataFrame, name: str, attribute: str) -> float:
    """Return one number of a component table."""
    return float(table[attribute].to_numpy()[table.index.get_loc(name)])


def dense(
    hourly: Mapping[tuple[str, str], pd.DataFrame],
    static: Mapping[str, pd.DataFrame],
    hours: pd.DatetimeIndex,
    component: str,
    attribute: str,
    names: list[str],
) -> pd.DataFrame:
    """Return an attribute of some components in every hour; shape (hours, names)."""
    found = hourly.get((component, attribute))
    columns = {
        name: found[name].to_numpy(float)
        if found is not None and name in found
        else np.full(len(hours), number(static[component], name, attribute))
        for name in names
    }
    return pd.DataFrame(columns, index=hours)


def replace_columns(hourly: Hourly, component: str, attribute: str, table: pd.DataFrame) -> None:
    """Replace the columns of an attribute by those of a table (hours × names)."""
    before = hourly.get((component, attribute), pd.DataFrame(index=table.index))
    kept = before.loc[:, ~before.columns.isin(table.columns)]
    hourly[component, attribute] = pd.concat([kept, table], axis=1)


def multiply(
    hourly: Hourly,
    static: Mapping[str, pd.DataFrame],
    hours: pd.DatetimeIndex,
    component: str,
    attribute: str,
    names: list[str],
    factor: np.ndarray,
) -> None:
    """Multiply an attribute of some components by a factor over time; shape of factor (hours,)."""
    if names and not (factor == 1).all():
        table = dense(hourly, static, hours, component, attribute, names)
        replace_columns(hourly, component, attribute, table * factor[:, None])
