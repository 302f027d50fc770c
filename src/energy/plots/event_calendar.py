"""Calendar figure: the events of a scenario over the horizon."""

from __future__ import annotations

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

ROW = 0.34  # inches
SEASON = "#f2e7c9"
SHORT = 3  # days below which a bar is drawn as wide as that, so that it is seen


def calendar_figure(found: xr.Dataset, size: str = "journal") -> Figure:
    """Draw a scenario's events as bars over the horizon, the contract season shaded.

    Parameters
    ----------
    found
        From ``energy.results.record.record``.
    size
        ``journal`` or ``slide``; the figure grows with its rows.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: days of the horizon (UTC), a row an event.
    """
    count = found.sizes.get("event", 0)
    start, end = _horizon(found)
    note = f"UTC. Shaded: the contract season. Events shorter than {SHORT} days are drawn {SHORT} days wide."
    with styled():
        height = max(SIZES[size][1] * 0.55, 1.6 + ROW * max(count, 1))
        figure = framed(heading(found, "Events"), footer(found, note=note), size, height)
        axes = figure.subplots()
        _shade(axes, found, start)
        if count:
            _bars(axes, found, start, (end - start).days)
        else:
            axes.text(0.5, 0.5, "nothing happens in this scenario", transform=axes.transAxes, ha="center", va="center")
            axes.set_yticks([])
        firsts = pd.date_range(start, end, freq="MS", inclusive="left")
        names = [
            f"{day:%b}\n{day.year}" if number == 0 or day.month == 1 else f"{day:%b}"
            for number, day in enumerate(firsts)
        ]
        every = 1 if len(firsts) < 14 else 3
        axes.set_xticks([(day - start).days for day in firsts][::every], names[::every], ha="left")
        axes.set_xlim(0, (end - start).days)
        axes.set_xlabel("month (UTC)")
        axes.grid(axis="x")
    return figure


def _horizon(found: xr.Dataset) -> tuple[pd.Timestamp, pd.Timestamp]:
    start = pd.Timestamp(found["snapshot"].to_numpy()[0])
    return start, start + pd.Timedelta(hours=float(found["weight"].sum()))


def _shade(axes: Axes, found: xr.Dataset, start: pd.Timestamp) -> None:
    """Shade the months that the contract is open, in runs."""
    months = pd.PeriodIndex([str(month) for month in found["month"].to_numpy()], freq="M")
    for month in months[found["month_ceiling"].to_numpy() > 0]:
        left, right = ((at - start) / pd.Timedelta(days=1) for at in (month.start_time, (month + 1).start_time))
        axes.axvspan(left, right, color=SEASON, lw=0, zorder=0)


def _bars(axes: Axes, found: xr.Dataset, start: pd.Timestamp, days: int) -> None:
    causes = [str(cause) for cause in found["event_cause"].to_numpy()]
    known = list(dict.fromkeys(causes))
    labelled: set[str] = set()
    for number, cause in enumerate(causes):
        begin, over = (
            (pd.Timestamp(found[f"event_{side}"].to_numpy()[number]) - start) / pd.Timedelta(days=1)
            for side in ("start", "end")
        )
        factor = float(found["event_factor"].to_numpy()[number])
        tint = LINES[known.index(cause) % len(LINES)]
        width = max(over - begin, min(SHORT, days - begin))
        axes.barh(number, width, 0.6, left=begin, color=tint, label=f"_{cause}" if cause in labelled else cause)
        labelled.add(cause)
        text = f"{_length(over - begin)}, {_depth(factor)}"
        right = begin + width
        inside = right > 0.75 * days
        axes.text(
            begin - 0.01 * days if inside else right + 0.01 * days,
            number,
            text,
            va="center",
            ha="right" if inside else "left",
            fontsize=8,
        )
    names = [shorten(str(name), 34, placeholder=" …") for name in found["event"].to_numpy()]
    axes.set_yticks(np.arange(len(causes)), names)
    axes.set_ylim(len(causes) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.legend(title="cause", loc="upper left", bbox_to_anchor=(1.01, 1), borderaxespad=0, alignment="left")


def _length(days: float) -> str:
    """Return a length as words.

    Examples
    --------
    >>> _length(0.75), _length(31.0), _length(1.5)
    ('18 h', '31 d', '36 h')
    """
    return f"{24 * days:.0f} h" if days < 2 else f"{days:.0f} d"


def _depth(factor: float) -> str:
    """Return what is left as words.

    Examples
    --------
    >>> _depth(0.0), _depth(0.7), _depth(1.2)
    ('out', '−30 %', '+20 %')
    """
    if factor == 0:
        return "out"
    return f"{100 * (factor - 1):+.0f} %".replace("-", "−")
