"""Event figures: power by day with the events of a run and without them, and their calendar."""

from __future__ import annotations

from itertools import cycle
from textwrap import shorten
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.errors import Fault, InputError
from energy.plots.style import CAUSES, CEILING, LINES, SIZES, footer, framed, heading, legend_above, styled, value_axis

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_NAMED_EVENTS = 4
"""Events with a colour of their own; further ones share a grey."""
LONGEST_NAME = 34  # letters of an event in the legend
OTHER_EVENTS = "#999999"
TAKEN = "#f0c7a6"
"""Opaque, so that the shade of an event behind it does not change it from what the legend shows."""
ROW_HEIGHT = 0.34  # inches
SEASON = "#f2e7c9"
SHORT = 3  # days below which a bar is drawn as wide as that, so that it is seen
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
        _name_months(axes, days)
        value_axis(axes, "power at the receiving end [MW]")
        legend_above(axes)
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


def _name_months(axes: Axes, days: pd.DatetimeIndex) -> None:
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


def calendar_figure(dataset: xr.Dataset, size: str = "journal") -> Figure:
    """Draw a scenario's events as bars over the horizon, the contract season shaded.

    Parameters
    ----------
    dataset
        From ``energy.results.dataset.record``.
    size
        ``journal`` or ``slide``; the figure grows with its rows.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: days of the horizon (UTC), a row an event.
    """
    events = dataset.sizes.get("event", 0)
    start = pd.Timestamp(dataset["snapshot"].to_numpy()[0])
    end = start + pd.Timedelta(hours=float(dataset["weight"].sum()))
    horizon = (end - start).days
    note = f"UTC. Shaded: the contract season. Events shorter than {SHORT} days are drawn {SHORT} days wide."
    rows_height = 1.6 + ROW_HEIGHT * max(events, 1)
    _, standard_height = SIZES[size]
    with styled():
        figure = framed(
            heading(dataset, "Events"),
            footer(dataset, note=note),
            size,
            max(standard_height * 0.55, rows_height),
        )
        axes = figure.subplots()
        _shade_season(axes, dataset, start)
        if events:
            _draw_events(axes, dataset, start, horizon)
        else:
            axes.text(
                0.5,
                0.5,
                "this scenario has no events",
                transform=axes.transAxes,
                ha="center",
                va="center",
            )
            axes.set_yticks([])
        _set_month_axis(axes, start, end)
        axes.set_xlim(0, horizon)
        axes.set_xlabel("month (UTC)")
        axes.grid(axis="x")
    return figure


def _set_month_axis(axes: Axes, start: pd.Timestamp, end: pd.Timestamp) -> None:
    """Name each month at its first day, or each third one; the year stands below the first one and each January."""
    first_days = pd.date_range(start, end, freq="MS", inclusive="left")
    positions = []
    names = []
    for number, day in enumerate(first_days):
        name = f"{day:%b}"
        if number == 0 or day.month == 1:
            name += f"\n{day.year}"
        positions.append((day - start).days)
        names.append(name)
    step = 1 if len(first_days) < 14 else 3
    axes.set_xticks(positions[::step], names[::step], ha="left")


def _shade_season(axes: Axes, dataset: xr.Dataset, start: pd.Timestamp) -> None:
    """Shade the months in which the contract is open."""
    is_open = dataset["month_ceiling"].to_numpy() > 0
    open_months = dataset["month"].to_numpy()[is_open].astype(str)
    for month in pd.PeriodIndex(open_months, freq="M"):
        next_month = month + 1
        axes.axvspan(
            (month.start_time - start) / DAY,
            (next_month.start_time - start) / DAY,
            color=SEASON,
            lw=0,
            zorder=0,
        )


def _draw_events(axes: Axes, dataset: xr.Dataset, start: pd.Timestamp, horizon: int) -> None:
    """Draw a bar an event, in the colour of its cause, with its length and depth; days are counted from the start."""
    causes = [str(cause) for cause in dataset["event_cause"].to_numpy()]
    colours = _cause_colours(causes)
    begins = _days_since(start, dataset["event_start"])
    ends = _days_since(start, dataset["event_end"])
    factors = dataset["event_factor"].to_numpy().astype(float)
    in_legend: set[str] = set()
    for row, cause in enumerate(causes):
        begin = begins[row]
        length = ends[row] - begin
        width = max(length, min(SHORT, horizon - begin))
        axes.barh(
            row,
            width,
            height=0.6,
            left=begin,
            color=colours[cause],
            label=f"_{cause}" if cause in in_legend else cause,
        )
        in_legend.add(cause)
        bar_end = begin + width
        text_before_bar = bar_end > 0.75 * horizon
        gap = 0.01 * horizon
        axes.text(
            begin - gap if text_before_bar else bar_end + gap,
            row,
            f"{_length(length)}, {_depth(factors[row])}",
            va="center",
            ha="right" if text_before_bar else "left",
            fontsize=8,
        )
    names = [shorten(str(name), 34, placeholder=" …") for name in dataset["event"].to_numpy()]
    axes.set_yticks(np.arange(len(causes)), names)
    axes.set_ylim(len(causes) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.legend(
        title="cause",
        loc="upper left",
        bbox_to_anchor=(1.01, 1),
        borderaxespad=0,
        alignment="left",
    )


def _cause_colours(causes: list[str]) -> dict[str, str]:
    """Return a colour a cause; colours repeat when there are more causes than colours."""
    distinct = dict.fromkeys(causes)
    return dict(zip(distinct, cycle(LINES), strict=False))


def _days_since(start: pd.Timestamp, times: xr.DataArray) -> list[float]:
    """Return times as days from the start of the horizon [d]."""
    return [(pd.Timestamp(time) - start) / DAY for time in times.to_numpy()]


def _length(days: float) -> str:
    """Return the length of an event as text.

    Examples
    --------
    >>> _length(0.75), _length(31.0), _length(1.5)
    ('18 h', '31 d', '36 h')
    """
    return f"{24 * days:.0f} h" if days < 2 else f"{days:.0f} d"


def _depth(factor: float) -> str:
    """Return what an event does to a capacity as text.

    Examples
    --------
    >>> _depth(0.0), _depth(0.7), _depth(1.2)
    ('out', '−30 %', '+20 %')
    """
    if factor == 0:
        return "out"
    return f"{100 * (factor - 1):+.0f} %".replace("-", "−")
