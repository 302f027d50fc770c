"""Sweep figure over two parameters: heat map and contours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from energy.errors import Fault, InputError, nearest
from energy.plots.frame import framed
from energy.plots.style import HEAT, styled

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

FEW = 150  # cells up to which each is labelled


def sweep_figure(
    found: xr.Dataset | xr.DataArray,
    quantity: str = "",
    x: str = "",
    y: str = "",
    contour: bool = False,
    foot: str = "",
    size: str = "journal",
) -> Figure:
    """Draw a quantity over two swept parameters; a third one becomes panels.

    Parameters
    ----------
    found
        A DataArray, or a Dataset and the name of a variable, with the swept parameters as dimensions; two or three.
    quantity
        Name of the variable; needed where a Dataset has more than one.
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
    >>> found = sweep(read_case("two_bus"), scenario, axes, workers=1)
    >>> sweep_figure(found, "delivered").axes[-1].get_ylabel()
    'energy that the links under study deliver at their far end [GWh]'
    """
    data = _chosen(found, quantity)
    x, y, panel = _dims(data, x, y)
    if contour:
        _refuse_words(data, x, y)
    panels = [data] if panel is None else [data.isel({panel: at}) for at in range(data.sizes[panel])]
    name = str(data.attrs.get("long_name", "value" if data.name is None else data.name))
    title = name[:1].upper() + name[1:] + " by " + _axis_name(data, y) + " and " + _axis_name(data, x)
    levels = float(data.min()), float(data.max())
    with styled():
        figure = framed(title, foot, size)
        grid = figure.subplots(1, len(panels), squeeze=False, sharex=True, sharey=True)[0]
        drawn: ScalarMappable | None = None
        for number, (axes, part) in enumerate(zip(grid, panels, strict=True)):
            table = part.transpose(y, x).to_numpy().astype(float)
            drawn = (_contours if contour else _cells)(axes, table, data, (x, y), levels)
            axes.set_xlabel(_label(data, x))
            if number == 0:
                axes.set_ylabel(_label(data, y))
            if panel is not None:
                value = part[panel].item() if panel in part.coords else number
                axes.set_title(f"{_axis_name(data, panel)} {value}", fontsize=9, loc="left")
        assert drawn is not None  # there is at least one panel
        bar = figure.colorbar(drawn, ax=list(grid), pad=0.02)
        bar.set_label(f"{name} [{data.attrs.get('units', '?')}]")
    return figure


def _chosen(found: xr.Dataset | xr.DataArray, quantity: str) -> xr.DataArray:
    import xarray as xr

    if isinstance(found, xr.DataArray):
        return found
    names = [str(name) for name in found.data_vars]
    name = quantity or (names[0] if len(names) == 1 else "")
    if name not in names:
        raise InputError(
            Fault(f"the sweep has no variable {name!r}", None, None, ", ".join(names), nearest(name, names))
        )
    return found[name]


def _dims(data: xr.DataArray, x: str, y: str) -> tuple[str, str, str | None]:
    dims = [str(dim) for dim in data.dims]
    for dim in (name for name in (x, y) if name and name not in dims):
        raise InputError(Fault(f"the sweep has no dimension {dim!r}", None, None, ", ".join(dims), nearest(dim, dims)))
    if len(dims) not in (2, 3):
        raise InputError(Fault(f"{len(dims)} dimensions cannot be drawn", allowed="2 or 3", repair="select with .sel"))
    x = x or next(dim for dim in dims if dim != y)
    y = y or next(dim for dim in dims if dim != x)
    return x, y, next((dim for dim in dims if dim not in (x, y)), None)


def _refuse_words(data: xr.DataArray, x: str, y: str) -> None:
    for dim in (x, y):
        if dim not in data.coords or not np.issubdtype(data[dim].dtype, np.number):
            raise InputError(
                Fault(f"dimension {dim!r} holds no numbers", allowed="numbers along both axes of a contour plot")
            )


def _axis_name(data: xr.DataArray, dim: str) -> str:
    attrs = data[dim].attrs if dim in data.coords else {}
    return str(attrs.get("long_name", dim.replace("_", " ")))


def _label(data: xr.DataArray, dim: str) -> str:
    units = data[dim].attrs.get("units") if dim in data.coords else None
    return _axis_name(data, dim) + (f" [{units}]" if units else "")


def _cells(
    axes: Axes, table: np.ndarray, data: xr.DataArray, dims: tuple[str, str], levels: tuple[float, float]
) -> ScalarMappable:
    image = axes.imshow(table, cmap=HEAT, aspect="auto", origin="lower", vmin=levels[0], vmax=levels[1])
    for dim, put in zip(dims, (axes.set_xticks, axes.set_yticks), strict=True):
        values = data[dim].to_numpy() if dim in data.coords else np.arange(data.sizes[dim])
        every = -(-len(values) // 12)
        names = [f"{value:g}" if isinstance(value, int | float | np.number) else str(value) for value in values]
        put(range(0, len(values), every), names[::every])
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    if data.size <= FEW:
        middle = (levels[0] + levels[1]) / 2
        for (row, column), value in np.ndenumerate(table):
            if np.isfinite(value):
                ink = "white" if value > middle else "black"
                axes.text(column, row, f"{value + 0:,.0f}", ha="center", va="center", fontsize=7.5, color=ink)
    return image


def _contours(
    axes: Axes, table: np.ndarray, data: xr.DataArray, dims: tuple[str, str], levels: tuple[float, float]
) -> ScalarMappable:
    across, up = (data[dim].to_numpy().astype(float) for dim in dims)
    from matplotlib.ticker import MaxNLocator

    low, high = levels if levels[1] > levels[0] else (levels[0], levels[0] + 1)
    steps = MaxNLocator(8).tick_values(low, high)
    filled = axes.contourf(across, up, table, levels=steps, cmap=HEAT)
    lines = axes.contour(across, up, table, levels=steps[1:-1], colors="black", linewidths=0.6)
    axes.clabel(lines, fmt="%g", fontsize=7.5)
    return filled
