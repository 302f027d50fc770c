"""Calendar figure: the events of a scenario over the horizon."""

from __future__ import annotations

from itertools import cycle
from textwrap import shorten
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.plots.frame import footer, framed, heading
from energy.plots.style import LINES, SIZES, styled

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW_HEIGHT = 0.34  # inches
SEASON = "#f2e7c9"
SHORT = 3  # days below which a bar is drawn as wide as that, so that it is seen
DAY = pd.Timedelta(days=1)


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
