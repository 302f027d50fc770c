"""Hourly values over the horizon, before they are averaged to snapshots."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

Hourly = dict[tuple[str, str], pd.DataFrame]
"""(component list, attribute) → table (hours × names); names that are missing keep their static value."""


def number(
    table: pd.DataFrame,
    name: str,
    attribute: str,
) -> float:
    """Return one number of a component table."""
    row = table.index.get_loc(name)
    return float(table[attribute].to_numpy()[row])


def dense(
    hourly: Mapping[tuple[str, str], pd.DataFrame],
    static: Mapping[str, pd.DataFrame],
    hours: pd.DatetimeIndex,
    component: str,
    attribute: str,
    names: list[str],
) -> pd.DataFrame:
    """Return an attribute of some components in every hour; shape (hours, names)."""
    varying = hourly.get((component, attribute), pd.DataFrame(index=hours))
    columns: dict[str, np.ndarray] = {}
    for name in names:
        if name in varying:
            columns[name] = varying[name].to_numpy(float)
        else:
            constant = number(static[component], name, attribute)
            columns[name] = np.full(len(hours), constant)
    return pd.DataFrame(columns, index=hours)


def replace_columns(
    hourly: Hourly,
    component: str,
    attribute: str,
    table: pd.DataFrame,
) -> None:
    """Replace the columns of an attribute by those of a table (hours × names)."""
    before = hourly.get((component, attribute), pd.DataFrame(index=table.index))
    is_replaced = before.columns.isin(table.columns)
    remaining = before.loc[:, ~is_replaced]
    hourly[component, attribute] = pd.concat([remaining, table], axis=1)


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
    changes_nothing = bool((factor == 1).all())
    if changes_nothing or not names:
        return
    table = dense(
        hourly,
        static,
        hours=hours,
        component=component,
        attribute=attribute,
        names=names,
    )
    replace_columns(hourly, component, attribute, table * factor[:, None])
