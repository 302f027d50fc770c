"""Monthly figure of a run: where each month's contract energy goes, and who is served before it."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.analysis import Run
from energy.metrics.month_columns import lost_by_cause
from energy.plots.frame import footer, heading, wrapped_footer
from energy.plots.month_blocks import draw_blocks, month_blocks
from energy.plots.season_ladder import season_ladder
from energy.plots.style import CEILING, SIZES, styled, tick_text
from energy.plots.sweep import sweep_figure
from energy.results.dataset import record
from energy.results.season import WaterfallStep, in_season, month_table, verdict, waterfall

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 0.8  # of a bar, in months
MOVED = 0.5  # GWh
NET_OF_RESERVOIRS = "net of water moved between months"


def monthly_figure(table: pd.DataFrame, title: str, footer: str = "", size: str = "journal") -> Figure:
    """Draw the months as stacked bars, and the season's ladder of protection beside them.

    Parameters
    ----------
    table
        From ``energy.metrics.monthly_table``; GWh.
    title, footer
        Text above and below.
    size
        ``journal`` or ``slide``.

    Returns
    -------
    matplotlib.figure.Figure
        Left axes ``months``: delivered energy, and above it what each cause takes up to the contract's ceiling. Right
        axes ``waterfall``: the same for the season, a row a cause.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.analysis import run
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> solved = run(read_case("two_bus"), scenario)
    >>> monthly_figure(solved.table, "two_bus").axes[0].get_ylabel()
    'energy at the receiving end [GWh/month]'
    """
    from matplotlib.figure import Figure

    months = in_season(table)
    steps = _shown(waterfall(table))
    width, height = SIZES[size]
    # places are fixed in inches, so that the same parts stand at the same places in every figure
    inner = {
        "bottom": 0.95 / height,
        "top": 1 - 0.72 / height,
        "left": 0.7 / width,
        "right": 1 - 0.12 / width,
    }
    with styled():
        figure = Figure(figsize=(width, height))
        if steps:
            inner["wspace"] = 3.15 / width
            left, right = figure.subplots(1, 2, width_ratios=(1.25, 1), gridspec_kw=inner)
            ceiling = float(months["ceiling"].sum())
            delivered = float(months["delivered"].sum())
            season_ladder(right, steps, ceiling, delivered)
        else:
            left = figure.subplots(gridspec_kw=inner)
        _months(left, months)
        if _moves_between_months(months):
            left.set_title(NET_OF_RESERVOIRS, loc="left", fontsize=7, color="#444444", pad=2)
        handles, labels = left.get_legend_handles_labels()
        figure.legend(
            handles,
            labels,
            loc="upper left",
            bbox_to_anchor=(0.04 / width, 1 - 0.32 / height),
            ncols=len(labels),
        )
        figure.text(0.1 / width, 1 - 0.1 / height, title, va="top", fontsize=10, fontweight="bold")
        notes = [fill(verdict(table), round(17 * width)), wrapped_footer(footer, width)]
        figure.text(
            0.1 / width,
            0.08 / height,
            "\n".join(filter(None, notes)),
            va="bottom",
            fontsize=7,
            color="#444444",
            linespacing=1.4,
        )
    return figure


def _moves_between_months(months: pd.DataFrame) -> bool:
    """Return whether some cause's block of a month is not what it takes in that month alone."""
    lost = lost_by_cause(months)
    blocks = month_blocks(months)[list(lost)]
    return bool((blocks - lost).abs().to_numpy().max(initial=0.0) >= MOVED)


def _shown(steps: list[WaterfallStep]) -> list[WaterfallStep]:
    """Leave out the plants' step where it takes nothing; outages stay, so that their nothing is seen."""
    return [step for step in steps if step.cause != "water" or abs(step.takes) >= 0.5]


def _months(axes: Axes, months: pd.DataFrame) -> None:
    """Draw a bar a month up to the ceiling; all of it at the receiving end."""
    places = np.arange(len(months))
    draw_blocks(axes, months, WIDTH)
    if months["ceiling"].any():
        edges = places[:, None] + np.array([-0.5, 0.5])
        ceiling = np.repeat(months["ceiling"], 2)
        axes.plot(edges.ravel(), ceiling, color=CEILING, lw=1.4, label="contract ceiling")
    width = axes.get_position().width * axes.figure.get_figwidth()  # type: ignore[union-attr]
    axes.set_xticks(places, _month_names(pd.PeriodIndex(months.index), width))
    axes.set_xlim(-0.55, len(months) - 0.45)
    axes.yaxis.set_major_formatter(tick_text)
    axes.grid(axis="y")
    axes.set_ylabel("energy at the receiving end [GWh/month]")


def _month_names(months: pd.PeriodIndex, width: float) -> list[str]:
    r"""Return the labels of the months, the year below the first and each January, as long as the axes' width lets.

    Parameters
    ----------
    months
        Months shown.
    width
        Width of the axes [inches].

    Examples
    --------
    >>> _month_names(pd.period_range("2028-12", "2029-01", freq="M"), 3.0)
    ['Dec\n2028', 'Jan\n2029']
    """
    inches = width / len(months)
    letters = 3 if inches > 0.36 else 1
    every = 1 if inches > 0.14 else 3
    names = []
    for number, month in enumerate(months):
        is_dated = number == 0 or month.month == 1
        is_named = every == 1 or month.month % every == 1
        name = month.strftime("%b")[:letters] if is_named else ""
        names.append(f"{name}\n{month.year}" if is_dated else name)
    return names


def plot(run: Run | xr.Dataset, size: str = "journal") -> Figure:
    """Draw the first figure of a result: of a run the months against the contract's ceiling, of a sweep its grid.

    Parameters
    ----------
    run
        From ``energy.run``, ``energy.record`` or ``energy.sweep``.
    size
        ``journal`` or ``slide``.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.analysis import run
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> solved = run(read_case("two_bus"), scenario)
    >>> plot(solved).axes[0].get_ylabel()
    'energy at the receiving end [GWh/month]'
    """
    if isinstance(run, Run):
        return monthly(record(run), size)
    is_sweep = "done" in run
    return sweep_figure(run, size=size) if is_sweep else monthly(run, size)


def monthly(dataset: xr.Dataset, size: str = "journal") -> Figure:
    """Draw the first figure of a run from its Dataset."""
    title = heading(dataset, "Delivered by month")
    return monthly_figure(month_table(dataset), title, footer(dataset), size)
