"""Values of a sweep as tables: a row a point, or a grid of one quantity."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from energy.analysis.scenario_metrics import LOSSES, METRICS
from energy.errors import Fault, InputError, nearest

if TYPE_CHECKING:
    import xarray as xr

SHOWN_FIRST = ("lost_during_events", "lost_to_events", "delivered")
"""What is shown of a sweep where nothing is named: the first that has values which are not all zero."""
MEASURED = tuple(name for name, (dimensions, *_) in (METRICS | LOSSES).items() if not dimensions)
"""Quantities that a sweep can have one number a point of."""
UNITS = {"1": "", "d": "days"}
"""Unit of an axis → what is written of it."""


def axes_of(dataset: xr.Dataset) -> list[str]:
    """Return the axes of a sweep: its own dimensions, or the coordinates along ``point``."""
    dimensions = list(map(str, dataset["done"].dims))
    if dimensions != ["point"]:
        return dimensions
    along_points = [str(name) for name, values in dataset.coords.items() if values.dims == ("point",)]
    return [name for name in along_points if name != "point"]


def quantity_of(dataset: xr.Dataset, named: str = "") -> str:
    """Return the quantity of a sweep that is shown: the one named, or what its events take, or what is delivered.

    Raises
    ------
    InputError
        When the sweep has no quantity of that name with one value a point.
    """
    quantities = quantities_of(dataset)
    if named:
        refuse_unknown(named, quantities)
        return named
    for name in SHOWN_FIRST:
        if name in quantities and float(abs(dataset[name]).max()) > 0:
            return name
    return "delivered"


def refuse_unknown(named: str, quantities: Iterable[str] = MEASURED) -> None:
    """Refuse a quantity that a sweep does not have; before it is solved, one that none has.

    Raises
    ------
    InputError
        With what is allowed.
    """
    names = list(quantities)
    if named in names:
        return
    what = f"the sweep has no quantity {named!r}"
    raise InputError(Fault(what, allowed=", ".join(names), repair=nearest(named, names)))


def quantities_of(dataset: xr.Dataset) -> list[str]:
    """Return the quantities of which a sweep has one number a point."""
    dimensions = dataset["done"].dims
    quantities = []
    for name, variable in dataset.data_vars.items():
        is_number = variable.dims == dimensions and variable.dtype.kind == "f"
        if is_number:
            quantities.append(str(name))
    return quantities


def label(values: xr.DataArray, name: str = "") -> str:
    """Return the name of an axis or a quantity with its unit in brackets.

    Examples
    --------
    >>> import xarray as xr
    >>> label(xr.DataArray([7.0], dims="days", attrs={"long_name": "outage: length", "units": "d"}))
    'outage: length [days]'
    """
    words = name or str(values.attrs.get("long_name", values.name))
    written = str(values.attrs.get("units", ""))
    unit = UNITS.get(written, written)
    return f"{words} [{unit}]" if unit else words


def values_table(dataset: xr.Dataset) -> pd.DataFrame:
    """Return the values of a sweep, a row a point.

    Parameters
    ----------
    dataset
        From ``energy.sweep``.

    Returns
    -------
    pandas.DataFrame
        First the axes in words with their units, then the quantities by name with theirs, then ``reason``.
    """
    axes = axes_of(dataset)
    quantities = quantities_of(dataset)
    rows = dataset[[*quantities, "reason"]].to_dataframe().reset_index()
    heads = {axis: label(dataset[axis]) for axis in axes}
    heads |= {quantity: label(dataset[quantity], quantity) for quantity in quantities}
    return rows[[*axes, *quantities, "reason"]].rename(columns=heads)


def grid_of(dataset: xr.Dataset, quantity: str) -> pd.DataFrame:
    """Return one quantity of a sweep as a grid: the last axis to the right, all others down.

    A sweep whose points stand in a row, and one with a single axis, have one column.
    """
    axes = axes_of(dataset)
    values = dataset[quantity]
    table = values.to_dataframe().reset_index().set_index(axes)[quantity]
    is_grid = len(axes) > 1 and list(values.dims) == axes
    if not is_grid:
        return table.to_frame(label(values, quantity))
    down = axes[:-1]
    grid = table.unstack(axes[-1])
    order_down = pd.MultiIndex.from_product([dataset[axis].to_numpy() for axis in down], names=down)
    if len(down) == 1:
        order_down = pd.Index(dataset[down[0]].to_numpy(), name=down[0])
    return grid.reindex(index=order_down, columns=dataset[axes[-1]].to_numpy())
