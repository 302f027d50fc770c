"""Scenarios side by side: the months of each in a panel of its own, on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.errors import Fault, InputError
from energy.plots.frame import footer, framed
from energy.plots.month_blocks import draw_blocks
from energy.plots.monthly import month_table
from energy.plots.style import CEILING, SIZES, colour, styled, tick_text
from energy.results.labels import words
from energy.results.waterfall import in_season

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.gridspec import GridSpec
    from matplotlib.patches import Patch

PANELS_IN_A_ROW = 3
HEIGHT_OF_A_ROW = 1.75  # inches
HEIGHT_OF_FRAME = 1.5
HEIGHT_OF_LEGEND = 0.3  # of a row
MOST = 12  # scenarios


def small_multiples_figure(datasets: Sequence[xr.Dataset], size: str = "journal") -> Figure:
    """Draw the months of several scenarios, a panel each.

    Parameters
    ----------
    datasets
        One Dataset a scenario, from ``energy.results.dataset.record``; twelve at most.
    size
        ``journal`` or ``slide``; that of a journal grows with its rows.

    Returns
    -------
    matplotlib.figure.Figure
        An axes a scenario: what is delivered and what each cause takes of the contract's ceiling [GWh/month].

    Raises
    ------
    InputError
        When there is no scenario, or more than twelve.
    """
    if not 0 < len(datasets) <= MOST:
        what = f"{len(datasets)} scenarios cannot be drawn side by side"
        raise InputError(Fault(what, allowed=f"1 to {MOST}", repair="energy compare draws many in one figure"))
    tables = [in_season(month_table(dataset)) for dataset in datasets]
    columns = min(PANELS_IN_A_ROW, len(datasets))
    rows = -(-len(datasets) // columns)
    height = SIZES[size][1]
    if size == "journal":
        height = max(height, HEIGHT_OF_FRAME + HEIGHT_OF_A_ROW * rows)
    with styled():
        figure = framed("Months of each scenario", footer(*datasets, note="Numbers: GWh delivered."), size, height)
        places = figure.add_gridspec(rows + 1, columns, height_ratios=(HEIGHT_OF_LEGEND, *[1.0] * rows))
        legend_axes = figure.add_subplot(places[0, :])
        legend_axes.set_axis_off()
        grid = _panels(figure, places, len(datasets), columns)
        causes: dict[str, None] = {}
        limits = np.empty((0, 2))
        for axes, dataset, months in zip(grid, datasets, tables, strict=True):
            causes |= dict.fromkeys(_draw_panel(axes, months))
            name = str(dataset.attrs["scenario"])
            limits = np.vstack([limits, axes.get_ylim()])
            axes.set_title(f"{name}: {months['delivered'].sum():,.0f}", fontsize=7.5, loc="left")
        grid[0].set_ylim(limits[:, 0].min(), limits[:, 1].max())
        figure.supylabel("energy at the receiving end [GWh/month]", fontsize=9)
        handles = [_patch(cause) for cause in causes]
        legend_axes.legend(handles=handles, loc="center left", ncols=4, fontsize=7, borderaxespad=0)
    return figure


def _panels(figure: Figure, places: GridSpec, count: int, columns: int) -> list[Axes]:
    """Return an axes a scenario, in rows below the legend, all on the scale of the first."""
    panels: list[Axes] = []
    for number in range(count):
        row, column = divmod(number, columns)
        first = panels[0] if panels else None
        axes = figure.add_subplot(places[row + 1, column], sharey=first)
        axes.tick_params(labelleft=column == 0)
        panels.append(axes)
    return panels


def _draw_panel(axes: Axes, months: pd.DataFrame) -> list[str]:
    """Draw the months of a scenario; return the parts that are seen."""
    places = np.arange(len(months))
    seen = draw_blocks(axes, months, 0.85)
    edges = np.arange(len(months) + 1) - 0.5
    axes.stairs(months["ceiling"].to_numpy(), edges, color=CEILING, lw=1.1, baseline=None)
    every = max(1, len(months) // 6)
    names = [month.strftime("%b")[:1] for month in pd.PeriodIndex(months.index)]
    axes.set_xticks(places[::every], names[::every], fontsize=7)
    axes.tick_params(axis="y", labelsize=7)
    axes.yaxis.set_major_formatter(tick_text)
    axes.grid(axis="y")
    return seen


def _patch(cause: str) -> Patch:
    from matplotlib.patches import Patch

    label = "delivered" if cause == "delivered" else f"lost to {words(cause)}"
    return Patch(color=colour(cause), label=label)
