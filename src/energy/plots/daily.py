"""Power by day, events shaded, against the same run without them."""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.errors import Fault, InputError
from energy.plots.frame import footer, framed, heading
from energy.plots.style import CAUSES, CEILING, LINES, styled, tick_text

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_NAMED_EVENTS = 4
LONGEST_NAME = 34  # letters of an event in the legend
"""Events with a colour of their own; further ones share a grey."""
OTHER_EVENTS = "#999999"
TAKEN = "#f0c7a6"
"""Opaque, so that the shade of an event behind it does not change it from what the legend shows."""
DAY = pd.Timedelta(days=1)


def daily_figure(dataset: xr.Dataset, size: str = "journal") -> Figure:
    """Draw the mean power delivered in each day, and that of the same scenario without its events.

    Parameters
    ----------
    dataset
        From ``energy.results.dataset.record``.
    size
        ``journal`` or ``slide``.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: days of the horizon (UTC) against MW at the receiving end; events are shaded, what they take filled.

    Raises
    ------
    InputError
        When the Dataset is of an earlier version, which has no days.
    """
    if "day_delivered" not in dataset:
        raise InputError(Fault("this run has no power by day", repair="make it again with energy run"))
    days = pd.DatetimeIndex(dataset["day"].to_numpy())
    edges = np.arange(len(days) + 1)
    delivered = dataset["day_delivered"].to_numpy()
    has_events = "day_undisturbed" in dataset
    note = "Mean of each day, UTC."
    with styled():
        if has_events:
            note += f" {_losses_text(dataset)}"
        figure = framed(heading(dataset, "Power by day"), footer(dataset, note=note), size)
        axes = figure.subplots()
        _shade_events(axes, dataset, days[0])
        axes.stairs(
            delivered,
            edges,
            baseline=None,
            color=CAUSES["delivered"],
            lw=1.4,
            label="delivered",
        )
        if has_events:
            undisturbed = dataset["day_undisturbed"].to_numpy()
            axes.stairs(
                undisturbed,
                edges,
                baseline=None,
                color=CEILING,
                lw=0.9,
                ls="--",
                label="without the events",
            )
            axes.stairs(
                np.maximum(undisturbed, delivered),
                edges,
                baseline=delivered,
                fill=True,
                color=TAKEN,
                zorder=0.9,
                label="taken by the events",
            )
        ceiling = float(dataset["ceiling"].max())
        most = max(float(delivered.max()), ceiling, 1.0)
        axes.set_ylim(0, 1.06 * most)
        axes.set_xlim(0, len(days))
        _set_months(axes, days)
        axes.set_ylabel("power at the receiving end [MW]")
        axes.yaxis.set_major_formatter(tick_text)
        axes.grid(axis="y")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.2)
    return figure


def _losses_text(dataset: xr.Dataset) -> str:
    """Return in words what the events take in their days and over the horizon [GWh]."""
    mean_power = dataset["day_undisturbed"] - dataset["day_delivered"]  # MW
    lost = mean_power.to_numpy() * 24 / 1000
    has_event = _days_of_events(dataset)
    during = float(lost[has_event].sum())
    total = float(lost.sum())
    return f"The events take {during:,.0f} GWh in their days, and {total:,.0f} GWh over the horizon."


def _days_of_events(dataset: xr.Dataset) -> np.ndarray:
    """Return the days of the horizon that an event touches; shape (days,)."""
    days = pd.DatetimeIndex(dataset["day"].to_numpy())
    is_touched = np.zeros(len(days), dtype=bool)
    for start, end in _windows(dataset):
        ends_after = days + DAY > start
        begins_before = days < end
        is_touched |= ends_after & begins_before
    return is_touched


def _windows(dataset: xr.Dataset) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    if "event" not in dataset.dims:
        return []
    starts = pd.DatetimeIndex(dataset["event_start"].to_numpy())
    ends = pd.DatetimeIndex(dataset["event_end"].to_numpy())
    return list(zip(starts, ends, strict=True))


def _shade_events(axes: Axes, dataset: xr.Dataset, first_day: pd.Timestamp) -> None:
    """Shade the days of events; the first few have their names in the legend."""
    windows = _windows(dataset)
    names = [str(name) for name in dataset["event"].to_numpy()] if windows else []
    for number, (start, end) in enumerate(windows):
        colour = OTHER_EVENTS
        label = None
        if number < MOST_NAMED_EVENTS:
            colour = LINES[(number + 2) % len(LINES)]
            label = shorten(names[number], LONGEST_NAME, placeholder=" …")
        elif number == MOST_NAMED_EVENTS:
            further = len(names) - MOST_NAMED_EVENTS
            label = f"{further} further events"
        left = (start - first_day) / DAY
        right = (end - first_day) / DAY
        axes.axvspan(left, right, color=colour, alpha=0.18, lw=0, label=label, zorder=0.8)


def _set_months(axes: Axes, days: pd.DatetimeIndex) -> None:
    """Name the months at their first day; every third of a horizon of years."""
    first_days = days[days.day == 1]
    every = 1 if len(first_days) <= 12 else 3
    positions: list[float] = []
    names: list[str] = []
    for day in first_days:
        if day.month % every != 1 % every:
            continue
        is_dated = not names or day.month == 1
        names.append(f"{day:%b}\n{day.year}" if is_dated else f"{day:%b}")
        positions.append((day - days[0]) / DAY)
    axes.set_xticks(positions, names, ha="left")
