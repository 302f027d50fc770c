"""Heat map of transferable power by month and hour of the day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.plots.frame import footer, framed, heading
from energy.plots.style import HEAT, styled, tick_text
from energy.results.mean_day import LOCAL, mean_days

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_LABELLED_MONTHS = 13  # cells of a longer horizon get no numbers
SHORTEST_LABELLED = 2  # hours of the same value that get a number
SAME = 0.5  # MW between two hours that count as the same value


def heatmap_figure(dataset: xr.Dataset, size: str = "journal") -> Figure:
    """Draw transferable power by month and hour of the day, local time; months without a contract are left out.

    Parameters
    ----------
    dataset
        From ``energy.results.dataset.record``.
    size
        ``journal`` or ``slide``.

    Returns
    -------
    matplotlib.figure.Figure
        Axes with one image (months × hours, MW), and its colour bar.
    """
    days = _contract_days(dataset)
    power = days.to_numpy()
    highest = max(float(dataset["ceiling"].max()), float(days.max()), 1.0)
    months = pd.PeriodIndex(days["month"].to_numpy(), freq="M")
    note = f"Mean day of each month, UTC+{LOCAL} (Tajikistan, Pakistan)."
    with styled():
        figure = framed(
            heading(dataset, "Transferable power by month and hour"),
            footer(dataset, note=note),
            size,
        )
        axes = figure.subplots()
        image = axes.imshow(
            power,
            cmap=HEAT,
            aspect="auto",
            vmin=0,
            vmax=highest,
            interpolation="none",
        )
        hours = np.arange(0, 24, 3)
        axes.set_xticks(hours - 0.5, [f"{hour:02d}" for hour in hours])
        axes.set_xlabel(f"hour of the day (UTC+{LOCAL}) [h]")
        axes.set_yticks(range(len(months)), months.strftime("%b %Y").to_list())
        axes.set_ylabel("month")
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
        if len(months) <= MOST_LABELLED_MONTHS:
            _label_cells(axes, power, highest)
        bar = figure.colorbar(image, ax=axes, pad=0.02)
        bar.ax.yaxis.set_major_formatter(tick_text)
        bar.set_label("power at the receiving end [MW]")
        bar.outline.set_visible(False)
    return figure


def _contract_days(dataset: xr.Dataset) -> xr.DataArray:
    """Return the mean days of transferable power [MW] in months with a contract; of all months if none has one."""
    days = mean_days(dataset, dataset["transferable"])
    has_contract = dataset["month_ceiling"].to_numpy() > 0
    if not has_contract.any():
        return days
    months = dataset["month"].to_numpy()[has_contract]
    return days.sel(month=months.astype(str))


def _label_cells(axes: Axes, power: np.ndarray, highest: float) -> None:
    """Write a number once over neighbouring hours of the same value."""
    for row, values in enumerate(power):
        changes = np.abs(np.diff(values)) > SAME
        starts = np.flatnonzero(np.concatenate([[True], changes]))
        ends = np.append(starts[1:], len(values))
        for start, end in zip(starts, ends, strict=True):
            if end - start < SHORTEST_LABELLED:
                continue
            value = values[start]
            is_dark = value > 0.5 * highest
            axes.text(
                (start + end - 1) / 2,
                row,
                f"{value + 0:,.0f}",  # + 0: no minus before a zero
                ha="center",
                va="center",
                fontsize=7.5,
                color="white" if is_dark else "black",
            )
