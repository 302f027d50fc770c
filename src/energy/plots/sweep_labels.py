"""Labels of sweep figures: names with units, and ticks in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from energy.reading.month_day import MONTHS

if TYPE_CHECKING:
    import xarray as xr

UNITS = {"1": "", "d": "days"}
"""Unit of a swept parameter → what is written of it."""
DAY_OF_YEAR = re.compile(r"(\d\d)-(\d\d)")


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
