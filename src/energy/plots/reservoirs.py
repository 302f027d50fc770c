"""Reservoir figure: inflow, release and content of large reservoirs, with the limits that rules set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.errors import Fault, InputError, nearest
from energy.plots.style import footer, framed, heading, styled, value_axis
from energy.results.reservoirs import Reservoir, VolumeLimit, reservoir, reservoirs, volume_limits

if TYPE_CHECKING:
    from collections.abc import Iterable

    import xarray as xr
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = 2  # reservoirs of a figure that names none
SMALLEST_SPILL = 0.5  # m³/s; less is not drawn
INFLOW = "#000000"
TURBINED = "#0072b2"
SPILT = "#e69f00"
RULE = "#009e73"
MOST_NAMED_MONTHS = 12


def reservoir_figure(dataset: xr.Dataset, stores: tuple[str, ...] = (), size: str = "journal") -> Figure:
    """Draw hydrograph and content of reservoirs, a column each.

    Parameters
    ----------
    dataset
        From ``energy.results.dataset.record``.
    stores
        Names; the two largest with a regulated release by default.
    size
        ``journal`` or ``slide``.

    Returns
    -------
    matplotlib.figure.Figure
        Upper axes: inflow and release [m³/s] with the bounds of flow and volume rules; lower axes: content at month end
        [hm³] within the bounds of level rules.

    Raises
    ------
    InputError
        When the case has no such reservoir.
    """
    all_names = reservoirs(dataset)
    names = list(stores) or all_names[:SHOWN]
    if not all_names:
        raise InputError(Fault("the case has no reservoirs", repair="draw another figure"))
    unknown = [name for name in names if name not in all_names]
    if unknown:
        fault = Fault(
            f"no reservoir {unknown[0]!r}",
            allowed=", ".join(all_names),
            repair=nearest(unknown[0], all_names),
        )
        raise InputError(fault)
    title = heading(dataset, f"Water of {' and '.join(names)}")
    note = "Monthly means, and usable content at the end of each month. Green: limits that rules set."
    with styled():
        figure = framed(title, footer(dataset, note=note), size)
        grid = figure.subplots(
            nrows=2,
            ncols=len(names),
            squeeze=False,
            sharex="col",
            height_ratios=(1.15, 1),
        )
        for column, name in enumerate(names):
            store = reservoir(dataset, name)
            limits = volume_limits(dataset, store)
            _draw_flows(grid[0, column], store, limits)
            _draw_content(grid[1, column], store)
        grid[0, 0].set_ylabel("flow [m³/s]")
        grid[1, 0].set_ylabel("content [hm³]")
        for row in grid:
            handles = _legend_handles(row)
            row[-1].legend(
                handles.values(),
                handles.keys(),
                loc="upper left",
                bbox_to_anchor=(1.01, 1),
                borderaxespad=0,
            )
    return figure


def _legend_handles(row: Iterable[Axes]) -> dict[str, Artist]:
    """Return label → handle of all axes of a row, without repeats."""
    by_label: dict[str, Artist] = {}
    for axes in row:
        handles, labels = axes.get_legend_handles_labels()
        by_label |= zip(labels, handles, strict=True)
    return by_label


def _draw_flows(axes: Axes, store: Reservoir, limits: list[VolumeLimit]) -> None:
    """Draw inflow and release by month [m³/s], with the limits of flow and volume rules."""
    edges = np.arange(len(store.months) + 1)
    axes.stairs(
        store.turbined,
        edges,
        fill=True,
        color=TURBINED,
        alpha=0.75,
        label="through turbines",
    )
    if store.spilt.max() > SMALLEST_SPILL:
        axes.stairs(
            store.turbined + store.spilt,
            edges,
            baseline=store.turbined,
            fill=True,
            color=SPILT,
            label="spilt",
        )
    axes.stairs(
        store.inflow,
        edges,
        color=INFLOW,
        lw=1.3,
        baseline=None,
        label="inflow",
    )
    _draw_flow_limit(axes, store.least, label="least flow (rule)", dashes=(4, 1))
    _draw_flow_limit(axes, store.most, label="most flow (rule)", dashes=(1, 1))
    for limit in limits:
        window = (limit.first, limit.last)
        _draw_volume_limit(axes, window, limit.at_least, marker="^")
        _draw_volume_limit(axes, window, limit.at_most, marker="v")
    axes.set_title(store.name, fontsize=9, loc="left")
    axes.set_ylim(0, None)
    value_axis(axes)


def _draw_flow_limit(axes: Axes, flow: np.ndarray, *, label: str, dashes: tuple[int, int]) -> None:
    """Draw the least or most flow by month, if rules set one."""
    if not np.isfinite(flow).any():
        return
    line_style = (0, dashes)
    edges = np.arange(len(flow) + 1)
    axes.stairs(
        flow,
        edges,
        baseline=None,
        color=RULE,
        lw=1.4,
        ls=line_style,
    )
    axes.plot(
        [],
        [],
        color=RULE,
        lw=1.4,
        ls=line_style,
        label=label,
    )


def _draw_volume_limit(axes: Axes, window: tuple[float, float], flow: float, *, marker: str) -> None:
    """Draw the least (``^``) or most (``v``) mean flow over a window of months, if the rule sets it."""
    if not np.isfinite(flow):
        return
    sense = "least" if marker == "^" else "most"
    first, last = window
    axes.plot([first, last], [flow, flow], color=RULE, lw=0.8)
    axes.plot(
        [(first + last) / 2],
        [flow],
        marker,
        color=RULE,
        ms=5,
        ls="none",
        label=f"{sense} mean over\nthe window",
    )


def _draw_content(axes: Axes, store: Reservoir) -> None:
    """Draw content at the end of each month [hm³], within the limits of level rules."""
    month_ends = np.arange(1, len(store.months) + 1)
    axes.fill_between(
        month_ends,
        store.at_least,
        store.at_most,
        step="mid",
        color=RULE,
        alpha=0.12,
        lw=0,
        label="allowed content",
    )
    axes.plot(
        month_ends,
        store.content,
        color=TURBINED,
        lw=1.8,
        marker="o",
        ms=3,
        clip_on=False,  # the last month ends on the edge
        label="content",
    )
    has_least = store.at_least > 1e-6
    if has_least.any():
        axes.plot(
            month_ends[has_least],
            store.at_least[has_least],
            "^",
            color=RULE,
            ms=6,
            ls="none",
            clip_on=False,
            label="least content (rule)",
        )
    axes.axhline(store.size, color="#666666", lw=0.8, ls=":", label="full")
    axes.set_ylim(0, 1.06 * store.size)
    axes.set_xlim(0, len(store.months))
    _set_month_axis(axes, store.months)
    value_axis(axes)


def _set_month_axis(axes: Axes, months: pd.PeriodIndex) -> None:
    """Name months by their first letter; the year stands below the first one and each January."""
    names = []
    every = 1 if len(months) <= MOST_NAMED_MONTHS else 3
    for number, month in enumerate(months):
        name = month.strftime("%b")[:1] if month.month % every == 1 % every else ""
        if number == 0 or month.month == 1:
            name += f"\n{month.year}"
        names.append(name)
    middles = np.arange(len(months)) + 0.5
    axes.set_xticks(middles, names)
    axes.tick_params(axis="x", length=0)
