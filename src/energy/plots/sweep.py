"""Sweep figures: lines over one parameter, heat map and contours over two, points in a row as scatter plots."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from energy.errors import Fault, InputError, nearest
from energy.plots.style import CAUSES, HEAT, SIZES, framed, styled, tick_text, value_axis
from energy.results.sweep_table import (
    axis_label,
    capitalised,
    panel_title,
    parameter_name,
    quantity_label,
    quantity_name,
    quantity_of,
    value_texts,
    values_of,
)

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

MOST_LABELLED_CELLS = 150  # a larger table gets no numbers
MOST_TICKS = 12  # on an axis
PANELS_IN_A_ROW = 3
MOST_DIMENSIONS = 3
SET = "set"  # dimension of the sets of unknown numbers
HEIGHT_OF_A_ROW = 2.2  # inches
HEIGHT_OF_FRAME = 1.0
POINT = "point"
MOST_LABELS = 8
COLOUR = CAUSES["delivered"]


class _ColourScale(NamedTuple):
    """Least and greatest value of a swept quantity, the same for all panels."""

    low: float
    high: float


def sweep_figure(
    swept: xr.Dataset | xr.DataArray,
    quantity: str = "",
    x: str = "",
    y: str = "",
    contour: bool = False,
    foot: str = "",
    size: str = "journal",
) -> Figure:
    """Draw a quantity over its swept parameters: one as a line, two as cells, each value of a third one as a panel.

    Points in a row, as a sample has them, are drawn against each parameter.

    Parameters
    ----------
    swept
        A DataArray, or a Dataset and the name of a variable, with the swept parameters as dimensions; up to three.
    quantity
        Name of the variable; of a sweep with events what they take unless named, else what is delivered.
    x, y
        Dimensions along the axes; the first two by default. Numbers keep their distances where ``contour`` is set.
    contour
        Lines of equal value instead of cells; both dimensions must be numbers.
    foot
        Text below.
    size
        ``journal`` or ``slide``.

    Returns
    -------
    matplotlib.figure.Figure
        One axes a panel, and a colour bar with the unit.

    Raises
    ------
    InputError
        When the variable, or a dimension, is not there, or is not of a kind that can be drawn.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.analysis.sweep.sweep import sweep
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> axes = {"hydrology": ["median", "dry"], "values.links.line.p_nom": [50, 100]}
    >>> swept = sweep(read_case("two_bus"), scenario, axes, workers=1)
    >>> sweep_figure(swept, "delivered").axes[0].get_ylabel()
    'line: p_nom [MW]'
    """
    data = _data_array(swept, quantity)
    if data.dims == (POINT,):
        return _scatter_figure(data, foot, size)
    if data.ndim == 1:
        return _line_figure(data, foot, size)
    x, y = _axis_dimensions(data, x, y)
    panel_dimension = _panel_dimension(data, x, y)
    if contour:
        _check_numeric(data, x)
        _check_numeric(data, y)
    what = quantity_name(data)
    title = f"{capitalised(what)} by {parameter_name(data, y)} and {parameter_name(data, x)}"
    scale = _ColourScale(low=float(data.min()), high=float(data.max()))
    panels = [data]
    if panel_dimension:
        panels = [data.isel({panel_dimension: number}) for number in range(data.sizes[panel_dimension])]
    height = _height(len(panels), size)
    with styled():
        figure = framed(title, foot, size, height)
        all_axes = _panel_axes(figure, len(panels))
        for number, (axes, panel) in enumerate(zip(all_axes, panels, strict=True)):
            table = panel.transpose(y, x)
            mappable = _draw_contours(axes, table, scale) if contour else _draw_cells(axes, table, scale)
            if panel_dimension:
                axes.set_title(panel_title(data, panel_dimension, number), fontsize=9, loc="left")
            if not contour and data.size <= MOST_LABELLED_CELLS:
                _label_cells(axes, table.to_numpy().astype(float), scale)
        _label_outer(all_axes, axis_label(data, x), axis_label(data, y))
        bar = figure.colorbar(mappable, ax=all_axes, pad=0.02)
        bar.set_label(fill(quantity_label(data), round(11 * height)))
        bar.outline.set_visible(False)
    return figure


def _height(n_panels: int, size: str) -> float:
    """Return the height of a figure [inches]; that of a journal grows with the rows of panels."""
    rows = -(-n_panels // PANELS_IN_A_ROW)
    if rows > 1 and size == "journal":
        return HEIGHT_OF_FRAME + HEIGHT_OF_A_ROW * rows
    return SIZES[size][1]


def _panel_axes(figure: Figure, n_panels: int) -> list[Axes]:
    """Return the axes of the panels, in rows from the left."""
    columns = min(n_panels, PANELS_IN_A_ROW)
    rows = -(-n_panels // columns)
    grid = list(figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).flat)
    for axes in grid[n_panels:]:
        axes.remove()
    return grid[:n_panels]


def _label_outer(all_axes: list[Axes], x_label: str, y_label: str) -> None:
    """Name the axes of the lowest panels and of those at the left."""
    for number, axes in enumerate(all_axes):
        is_lowest = number + PANELS_IN_A_ROW >= len(all_axes)
        if is_lowest:
            axes.set_xlabel(x_label)
            axes.tick_params(labelbottom=True)
        if number % PANELS_IN_A_ROW == 0:
            axes.set_ylabel(y_label)


def drawable(data: xr.DataArray) -> tuple[xr.DataArray, str]:
    """Return a quantity with at most three dimensions, and what was done for it in words.

    Sets of unknown numbers are drawn by their median; of a fourth dimension and further ones the first value.
    """
    notes = []
    if SET in data.dims:
        data = data.median(SET, keep_attrs=True)
        notes.append("median of the sets of unknown numbers")
    for dimension in _dimensions(data)[MOST_DIMENSIONS:]:
        notes.append(f"shown for {panel_title(data, dimension, 0)}")
        data = data.isel({dimension: 0}, drop=True)
    return data, "; ".join(notes)


def _data_array(swept: xr.Dataset | xr.DataArray, quantity: str) -> xr.DataArray:
    """Return the named variable, or the only one."""
    import xarray as xr

    if isinstance(swept, xr.DataArray):
        return swept
    names = [str(name) for name in swept.data_vars]
    if not quantity and len(names) == 1:
        return swept[names[0]]
    if not quantity and "done" in swept:
        return swept[quantity_of(swept)]
    if quantity not in names:
        fault = Fault(
            f"the sweep has no variable {quantity!r}",
            allowed=", ".join(names),
            repair=nearest(quantity, names),
        )
        raise InputError(fault)
    return swept[quantity]


def _axis_dimensions(data: xr.DataArray, x: str, y: str) -> tuple[str, str]:
    """Return the dimensions along both axes; the first free ones where none is named."""
    dimensions = _dimensions(data)
    for named in (x, y):
        if named and named not in dimensions:
            fault = Fault(
                f"the sweep has no dimension {named!r}",
                allowed=", ".join(dimensions),
                repair=nearest(named, dimensions),
            )
            raise InputError(fault)
    if len(dimensions) not in (2, 3):
        fault = Fault(
            f"{len(dimensions)} dimensions cannot be drawn",
            allowed="2 or 3",
            repair="select with .sel",
        )
        raise InputError(fault)
    x = x or _first_except(dimensions, y)
    y = y or _first_except(dimensions, x)
    return x, y


def _panel_dimension(data: xr.DataArray, x: str, y: str) -> str:
    """Return the third dimension; an empty text where there are two."""
    return _first_except(_dimensions(data), x, y)


def _dimensions(data: xr.DataArray) -> list[str]:
    return [str(dimension) for dimension in data.dims]


def _first_except(dimensions: list[str], *taken: str) -> str:
    for dimension in dimensions:
        if dimension not in taken:
            return dimension
    return ""


def _check_numeric(data: xr.DataArray, dimension: str) -> None:
    """Refuse a dimension whose values are not numbers."""
    is_numeric = dimension in data.coords and np.issubdtype(data[dimension].dtype, np.number)
    if not is_numeric:
        fault = Fault(
            f"dimension {dimension!r} holds no numbers",
            allowed="numbers along both axes of a contour plot",
        )
        raise InputError(fault)


def _draw_cells(axes: Axes, table: xr.DataArray, scale: _ColourScale) -> ScalarMappable:
    """Draw a table as coloured cells: its first dimension upwards, its second to the right."""
    image = axes.imshow(
        table.to_numpy().astype(float),
        cmap=HEAT,
        aspect="auto",
        origin="lower",
        vmin=scale.low,
        vmax=scale.high,
    )
    y, x = _dimensions(table)
    x_ticks = _ticks(table, x)
    y_ticks = _ticks(table, y)
    axes.set_xticks(list(x_ticks), list(x_ticks.values()))
    axes.set_yticks(list(y_ticks), list(y_ticks.values()))
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return image


def _ticks(table: xr.DataArray, dimension: str) -> dict[int, str]:
    """Return position → text of the ticks along a dimension."""
    texts = value_texts(values_of(table, dimension))
    step = -(-len(texts) // MOST_TICKS)  # rounded up
    return {position: texts[position] for position in range(0, len(texts), step)}


def _label_cells(axes: Axes, table: np.ndarray, scale: _ColourScale) -> None:
    """Write its value into each cell, in white where the cell is dark."""
    middle = (scale.low + scale.high) / 2
    for (row, column), value in np.ndenumerate(table):
        if not np.isfinite(value):
            continue
        axes.text(
            column,
            row,
            f"{value + 0:,.0f}",  # + 0: no minus before a zero
            ha="center",
            va="center",
            fontsize=7.5,
            color="white" if value > middle else "black",
        )


def _draw_contours(axes: Axes, table: xr.DataArray, scale: _ColourScale) -> ScalarMappable:
    """Draw lines of equal value: the first dimension of the table upwards, its second to the right."""
    from matplotlib.ticker import MaxNLocator

    values = table.to_numpy().astype(float)
    y, x = _dimensions(table)
    y_values = table[y].to_numpy().astype(float)
    x_values = table[x].to_numpy().astype(float)
    highest = scale.high if scale.high > scale.low else scale.low + 1
    levels = MaxNLocator(8).tick_values(scale.low, highest)
    filled = axes.contourf(x_values, y_values, values, levels=levels, cmap=HEAT)
    lines = axes.contour(
        x_values,
        y_values,
        values,
        levels=levels[1:-1],
        colors="black",
        linewidths=0.6,
    )
    axes.clabel(lines, fmt="%g", fontsize=7.5)
    return filled


def _line_figure(data: xr.DataArray, footer: str, size: str) -> Figure:
    """Draw a quantity over its one swept parameter: a line over numbers, a bar a word."""
    (dimension,) = map(str, data.dims)
    title = f"{capitalised(quantity_name(data))} by {parameter_name(data, dimension)}"
    with styled():
        figure = framed(title, footer, size)
        axes = figure.subplots()
        _draw_points(axes, values_of(data, dimension), data.to_numpy().astype(float), joined=True)
        axes.set_xlabel(axis_label(data, dimension))
        value_axis(axes, quantity_label(data))
    return figure


def _scatter_figure(data: xr.DataArray, footer: str, size: str) -> Figure:
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
            _draw_points(axes, values_of(data, parameter), data.to_numpy().astype(float), joined=False)
            axes.set_xlabel(axis_label(data, parameter))
            axes.yaxis.set_major_formatter(tick_text)
        for axes in list(grid.flat)[len(parameters) :]:
            axes.remove()
        figure.supylabel(quantity_label(data), fontsize=9)
    return figure


def _draw_points(axes: Axes, values: list[Any], quantity: np.ndarray, joined: bool) -> None:
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
