"""Sweep figures over one parameter, or over points in a row: lines and scatter plots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from energy.plots.frame import framed
from energy.plots.style import CAUSES, SIZES, styled, tick_text
from energy.plots.sweep_labels import (
    axis_label,
    capitalised,
    parameter_name,
    quantity_label,
    quantity_name,
    value_texts,
    values_of,
)

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

POINT = "point"
PANELS_IN_A_ROW = 3
MOST_LABELS = 8
COLOUR = CAUSES["delivered"]


def line_figure(data: xr.DataArray, footer: str, size: str) -> Figure:
    """Draw a quantity over its one swept parameter: a line over numbers, a bar a word."""
    (dimension,) = map(str, data.dims)
    title = f"{capitalised(quantity_name(data))} by {parameter_name(data, dimension)}"
    with styled():
        figure = framed(title, footer, size)
        axes = figure.subplots()
        _draw(axes, values_of(data, dimension), data.to_numpy().astype(float), joined=True)
        axes.set_xlabel(axis_label(data, dimension))
        axes.set_ylabel(quantity_label(data))
        axes.yaxis.set_major_formatter(tick_text)
        axes.grid(axis="y")
    return figure


def scatter_figure(data: xr.DataArray, footer: str, size: str) -> Figure:
    """Draw a quantity of points in a row against each swept parameter, a panel each."""
    parameters = [str(name) for name, values in data.coords.items() if values.dims == (POINT,) and name != POINT]
    columns = min(PANELS_IN_A_ROW, len(parameters))
    rows = -(-len(parameters) // columns)
    title = f"{capitalised(quantity_name(data))} of {data.size:,} points, against each parameter"
    height = SIZES[size][1]
    if size == "journal":
        height = max(height, 0.9 + 2.6 * rows)
    with styled():
        figure = framed(title, footer, size, height)
        grid = figure.subplots(rows, columns, squeeze=False, sharey=True)
        for axes, parameter in zip(grid.flat, parameters, strict=False):
            _draw(axes, values_of(data, parameter), data.to_numpy().astype(float), joined=False)
            axes.set_xlabel(axis_label(data, parameter))
            axes.yaxis.set_major_formatter(tick_text)
        for axes in list(grid.flat)[len(parameters) :]:
            axes.remove()
        figure.supylabel(quantity_label(data), fontsize=9)
    return figure


def _draw(axes: Axes, values: list[Any], quantity: np.ndarray, joined: bool) -> None:
    """Draw a quantity against numbers, or against words side by side."""
    is_number = all(isinstance(value, int | float) for value in values)
    if is_number:
        axes.plot(values, quantity, "o-" if joined else "o", ms=4, color=COLOUR)
        axes.locator_params(axis="x", nbins=5)
        return
    words = list(dict.fromkeys(values))
    places = [words.index(value) for value in values]
    if joined:
        axes.bar(places, quantity, 0.7, color=COLOUR)
    else:
        axes.plot(places, quantity, "o", ms=4, color=COLOUR)
    step = -(-len(words) // MOST_LABELS)
    labels = value_texts(words)
    axes.set_xticks(range(0, len(words), step), labels[::step], rotation=30 if len(words) > 4 else 0)
