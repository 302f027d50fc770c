"""Scenarios side by side: the months of each in a panel of its own, on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.errors import Fault, InputError
from energy.plots.frame import footer, framed
from energy.plots.month_blocks import draw_blocks
from energy.plots.style import CEILING, SIZES, colour, styled, tick_text
from energy.results.season import in_season, month_table, words

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
    rows = ceil(len(datasets) / columns)
    _, height = SIZES[size]
    if size == "journal":
        height_of_rows = HEIGHT_OF_FRAME + HEIGHT_OF_A_ROW * rows
        height = max(height, height_of_rows)
    with styled():
        foot = footer(*datasets, note="Numbers: GWh delivered.")
        figure = framed("Months of each scenario", foot, size, height)
        places = figure.add_gridspec(
            rows + 1,
            columns,
            height_ratios=(HEIGHT_OF_LEGEND, *[1.0] * rows),
        )
        legend_axes = figure.add_subplot(places[0, :])
        legend_axes.set_axis_off()
        panels = _panels(figure, places, len(datasets), columns)
        causes: dict[str, None] = {}
        lowest = []
        highest = []
        for axes, dataset, months in zip(panels, datasets, tables, strict=True):
            seen = _draw_panel(axes, months)
            causes |= dict.fromkeys(seen)
            bottom, top = axes.get_ylim()
            lowest.append(bottom)
            highest.append(top)
            scenario = str(dataset.attrs["scenario"])
            delivered = months["delivered"].sum()
            axes.set_title(f"{scenario}: {delivered:,.0f}", fontsize=7.5, loc="left")
        # all panels are on the scale of the first
        panels[0].set_ylim(min(lowest), max(highest))
        figure.supylabel("energy at the receiving end [GWh/month]", fontsize=9)
        legend_axes.legend(
            handles=[_patch(cause) for cause in causes],
            loc="center left",
            ncols=4,
            fontsize=7,
            borderaxespad=0,
        )
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
    axes.stairs(
        months["ceiling"].to_numpy(),
        edges,
        color=CEILING,
        lw=1.1,
        baseline=None,
    )
    every = max(1, len(months) // 6)
    initials = [month.strftime("%b")[:1] for month in pd.PeriodIndex(months.index)]
    axes.set_xticks(places[::every], initials[::every], fontsize=7)
    axes.tick_params(axis="y", labelsize=7)
    axes.yaxis.set_major_formatter(tick_text)
    axes.grid(axis="y")
    return seen


def _patch(cause: str) -> Patch:
    from matplotlib.patches import Patch

    label = "delivered" if cause == "delivered" else f"lost to {words(cause)}"
    return Patch(color=colour(cause), label=label)
