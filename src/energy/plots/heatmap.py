"""Heat map of transferable power by month and hour of the day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.plots.frame import footer, framed, heading
from energy.plots.style import HEAT, styled
from energy.results.mean_day import LOCAL, mean_days

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEW = 13  # months up to which cells are labelled


def heatmap_figure(found: xr.Dataset, size: str = "journal") -> Figure:
    """Draw transferable power by month and hour of the day, local time; months without a contract are left out.

    Parameters
    ----------
    found
        From ``energy.results.record.record``.
    size
        ``journal`` or ``slide``.

    Returns
    -------
    matplotlib.figure.Figure
        Axes with one image (months × hours, MW), and its colour bar.
    """
    days = mean_days(found, found["transferable"])
    open_months = [str(month) for month in found["month"].to_numpy()[found["month_ceiling"].to_numpy() > 0]]
    days = days.sel(month=open_months or days["month"])
    most = max(float(found["ceiling"].max()), float(days.max()), 1.0)
    note = f"Mean day of each month, UTC+{LOCAL} (Tajikistan, Pakistan)."
    with styled():
        figure = framed(heading(found, "Transferable power by month and hour"), footer(found, note=note), size)
        axes = figure.subplots()
        image = axes.imshow(days.to_numpy(), cmap=HEAT, aspect="auto", vmin=0, vmax=most, interpolation="none")
        axes.set_xticks(np.arange(0, 24, 3) - 0.5, [f"{hour:02d}" for hour in range(0, 24, 3)])
        axes.set_xlabel(f"hour of the day (UTC+{LOCAL}) [h]")
        names = [pd.Period(month, "M").strftime("%b %Y") for month in days["month"].to_numpy()]
        axes.set_yticks(range(len(names)), names)
        axes.set_ylabel("month")
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
        if len(names) <= FEW:
            _label_runs(axes, days.to_numpy(), most)
        bar = figure.colorbar(image, ax=axes, pad=0.02)
        bar.ax.yaxis.set_major_formatter("{x:,.0f}")
        bar.set_label("power at the receiving end [MW]")
        bar.outline.set_visible(False)
    return figure


def _label_runs(axes: Axes, table: np.ndarray, most: float) -> None:
    """Write a number once over neighbouring hours of the same value."""
    for row, values in enumerate(table):
        starts = np.flatnonzero(np.concatenate([[True], np.abs(np.diff(values)) > 0.5]))
        for first, last in zip(starts, [*starts[1:], len(values)], strict=True):
            if last - first >= 2:
                dark = values[first] > 0.5 * most
                place = ((first + last - 1) / 2, row)
                colour = "white" if dark else "black"
                axes.text(*place, f"{values[first] + 0:,.0f}", ha="center", va="center", fontsize=7.5, color=colour)
