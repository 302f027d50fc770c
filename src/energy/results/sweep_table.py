"""Values of a sweep as tables, a row a point or a grid of one quantity; names with units and ticks in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from energy.analysis.scenario_metrics import LOSSES, METRICS
from energy.errors import Fault, InputError, nearest
from energy.reading.month_day import MONTHS

if TYPE_CHECKING:
    import xarray as xr

SHOWN_FIRST = ("lost_during_events", "lost_to_events", "delivered")
"""What is shown of a sweep where nothing is named: the first that has values which are not all zero."""
MEASURED = tuple(name for name, (dimensions, *_) in (METRICS | LOSSES).items() if not dimensions)
"""Quantities that a sweep can have one number a point of."""
UNITS = {"1": "", "d": "days"}
"""Unit of an axis → what is written of it."""
DAY_OF_YEAR = re.compile(r"(\d\d)-(\d\d)")


def axes_of(dataset: xr.Dataset) -> list[str]:
    """Return the axes of a sweep: its own dimensions, or the coordinates along ``point``."""
    dimensions = [str(name) for name in dataset["done"].dims]
    if dimensions != ["point"]:
        return dimensions
    axes = []
    for name, values in dataset.coords.items():
        is_along_points = values.dims == ("point",)
        if is_along_points and name != "point":
            axes.append(str(name))
    return axes


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
        if name not in quantities:
            continue
        largest = float(abs(dataset[name]).max())
        if largest > 0:
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
    fault = Fault(
        f"the sweep has no quantity {named!r}",
        allowed=", ".join(names),
        repair=nearest(named, names),
    )
    raise InputError(fault)


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
    values = dataset[[*quantities, "reason"]]
    rows = values.to_dataframe().reset_index()
    headings = {}
    for axis in axes:
        headings[axis] = label(dataset[axis])
    for quantity in quantities:
        headings[quantity] = label(dataset[quantity], quantity)
    in_order = rows[[*axes, *quantities, "reason"]]
    return in_order.rename(columns=headings)


def grid_of(dataset: xr.Dataset, quantity: str) -> pd.DataFrame:
    """Return one quantity of a sweep as a grid: the last axis to the right, all others down.

    A sweep whose points stand in a row, and one with a single axis, have one column.
    """
    axes = axes_of(dataset)
    values = dataset[quantity]
    rows = values.to_dataframe().reset_index()
    of_point = rows.set_index(axes)[quantity]
    is_grid = len(axes) > 1 and list(values.dims) == axes
    if not is_grid:
        heading = label(values, quantity)
        return of_point.to_frame(heading)
    *down, across = axes
    grid = of_point.unstack(across)
    return grid.reindex(
        index=_order_down(dataset, down),
        columns=dataset[across].to_numpy(),
    )


def _order_down(dataset: xr.Dataset, axes: list[str]) -> pd.Index:
    """Return the index of a grid in the order of the sweep, of one axis or of several."""
    points = [dataset[axis].to_numpy() for axis in axes]
    order: pd.Index = pd.MultiIndex.from_product(points, names=axes)
    if len(axes) == 1:
        order = pd.Index(points[0], name=axes[0])
    return order


def quantity_name(data: xr.DataArray) -> str:
    """Return what a quantity is called."""
    name = "value" if data.name is None else data.name
    return str(data.attrs.get("long_name", name))


def quantity_label(data: xr.DataArray) -> str:
    """Return the name of a quantity with its unit in brackets."""
    return f"{quantity_name(data)} [{data.attrs.get('units', '?')}]"


def capitalised(text: str) -> str:
    """Return a text with a capital letter at its start."""
    return text[:1].upper() + text[1:]


def parameter_name(data: xr.DataArray, dimension: str) -> str:
    """Return what a swept parameter is called."""
    name = dimension.replace("_", " ")
    if dimension not in data.coords:
        return name
    return str(data[dimension].attrs.get("long_name", name))


def _unit_of(data: xr.DataArray, dimension: str) -> str:
    """Return the unit of a swept parameter as it is written; nothing where it has none."""
    if dimension not in data.coords:
        return ""
    unit = str(data[dimension].attrs.get("units", ""))
    return UNITS.get(unit, unit)


def axis_label(data: xr.DataArray, dimension: str) -> str:
    """Return the name of a swept parameter, with its unit in brackets."""
    name = parameter_name(data, dimension)
    unit = _unit_of(data, dimension)
    return f"{name} [{unit}]" if unit else name


def panel_title(data: xr.DataArray, dimension: str, position: int) -> str:
    """Return the title of the panel that shows one value of a swept parameter."""
    text = value_texts(values_of(data, dimension))[position]
    unit = _unit_of(data, dimension)
    return f"{parameter_name(data, dimension)} {text} {unit}".rstrip()


def values_of(data: xr.DataArray, dimension: str) -> list[Any]:
    """Return the values along a dimension; their positions where it has none."""
    if dimension not in data.coords:
        return list(range(data.sizes[dimension]))
    values: list[Any] = data[dimension].to_numpy().tolist()
    return values


def value_texts(values: Sequence[Any]) -> list[str]:
    """Return swept values as ticks; days of the year as dates, or as months where each begins one.

    Examples
    --------
    >>> value_texts(["05-01", "06-01"]), value_texts(["05-01", "05-15"]), value_texts([7.0, 30.5])
    (['May', 'Jun'], ['1 May', '15 May'], ['7', '30.5'])
    """
    matches = [DAY_OF_YEAR.fullmatch(str(value)) for value in values]
    days = [match.groups() for match in matches if match is not None]
    if len(days) < len(values):
        return list(map(_value_text, values))
    begins_month = all(day == "01" for _, day in days)
    texts = []
    for month, day in days:
        name = MONTHS[int(month) - 1]
        texts.append(name if begins_month else f"{int(day)} {name}")
    return texts


def _value_text(value: Any) -> str:
    if isinstance(value, int | float | np.number):
        return f"{value:g}"
    return str(value)
