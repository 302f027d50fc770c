"""Monthly figures: where each month's contract energy goes and who is served before it, of a run and of several."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.errors import Fault, InputError
from energy.metrics.month_columns import lost_by_cause
from energy.plots.style import CEILING, SIZES, colour, footer, framed, heading, styled, value_axis, wrapped_footer
from energy.plots.waterfall import season_ladder
from energy.results.season import WaterfallStep, in_season, month_table, verdict, waterfall, words

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.gridspec import GridSpec
    from matplotlib.patches import Patch

MOST_STEPS = 5000
LEAST_GIVEN = 0.5
"""GWh that a cause gives over the season before its blocks are drawn as given."""
CLOSE = 1e-6
"""GWh by which a block may still change between two steps of the projection."""
WIDTH = 0.8  # of a bar, in months
MOVED = 0.5  # GWh
NET_OF_RESERVOIRS = "net of water moved between months"
PANELS_IN_A_ROW = 3
HEIGHT_OF_A_ROW = 1.75  # inches
HEIGHT_OF_FRAME = 1.5
HEIGHT_OF_LEGEND = 0.3  # of a row
MOST_SCENARIOS = 12  # side by side


def _month_blocks(months: pd.DataFrame) -> pd.DataFrame:
    """Return what fills each month's bar up to the ceiling.

    Reservoirs move water between months: a service may take 18 GWh of August and give them back in May and June, and
    nothing over the season. The blocks are net of it. They are the nearest ones (least squares) to what each cause
    takes month by month of which none has another sign than its season, each month sums to the contract's ceiling, and
    each cause sums to what it takes of the season.

    Parameters
    ----------
    months
        Months in season of ``energy.metrics.monthly_table``.

    Returns
    -------
    pandas.DataFrame
        A column a part [GWh], from the bottom up: ``delivered``, then the causes from last to first. A cause that gives
        more than it takes over the season has negative blocks, and the others reach above the ceiling by as much.

    Examples
    --------
    >>> months = pd.DataFrame({"ceiling": [10.0, 10.0], "delivered": [4.0, 4.0], "lost to swap": [2.0, -2.0]})
    >>> _month_blocks(months.assign(**{"lost to demand": [4.0, 8.0]})).round(4).to_dict("list")
    {'delivered': [4.0, 4.0], 'demand': [6.0, 6.0], 'swap': [0.0, 0.0]}
    """
    lost = lost_by_cause(months)
    gap = (months["ceiling"] - months["delivered"]).to_numpy(float)
    blocks = _balanced(lost.to_numpy(float), gap)
    parts = {"delivered": months["delivered"].to_numpy(float)}
    for column in reversed(range(len(lost.columns))):
        parts[str(lost.columns[column])] = blocks[:, column]
    return pd.DataFrame(parts, index=months.index)


def _balanced(lost: np.ndarray, gap: np.ndarray) -> np.ndarray:
    """Return the nearest table that has the sums of its rows and columns, and in each column their sign alone.

    Dykstra's projections between the tables with these sums and those with these signs (Boyle and Dykstra, 1986).

    Parameters
    ----------
    lost
        What causes take, signed; shape (months, causes).
    gap
        What each row is to sum to; shape (months,). What is delivered above a ceiling counts as nothing where no cause
        gives it.
    """
    if not lost.size:
        return np.zeros_like(lost)
    totals = lost.sum(axis=0)
    gives = totals < -LEAST_GIVEN
    totals = np.where(gives, totals, totals.clip(min=0.0))
    if not gives.any():
        gap = gap.clip(min=0.0)
    taken = totals.clip(min=0.0)
    if taken.sum() <= 0:
        return np.zeros_like(lost)
    totals = totals + (gap.sum() - totals.sum()) * taken / taken.sum()
    lowest = np.where(gives, -np.inf, 0.0)
    highest = np.where(gives, 0.0, np.inf)
    blocks = lost.copy()
    correction = np.zeros_like(lost)
    for _ in range(MOST_STEPS):
        with_sums = _with_sums(blocks, gap, totals)
        nearest = np.clip(with_sums + correction, lowest, highest)
        correction = with_sums + correction - nearest
        change = float(np.abs(nearest - blocks).max())
        blocks = nearest
        if change < CLOSE:
            break
    return blocks


def _with_sums(blocks: np.ndarray, gap: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """Return the nearest table whose rows sum to ``gap`` and whose columns sum to ``totals``."""
    n_months, n_causes = blocks.shape
    missing_of_row = gap - blocks.sum(axis=1)
    missing_of_column = totals - blocks.sum(axis=0)
    by_row = missing_of_row[:, None] / n_causes
    by_column = missing_of_column[None, :] / n_months
    both = missing_of_row.sum() / (n_months * n_causes)
    return np.asarray(blocks + by_row + by_column - both)


def draw_blocks(axes: Axes, months: pd.DataFrame, width: float) -> list[str]:
    """Draw a bar a month: what is delivered, and above it what causes take; what one gives hangs below zero.

    Parameters
    ----------
    axes
        Gets the bars at 0, 1, …, and vertical limits that hold them and the ceiling.
    months
        Months in season of ``energy.metrics.monthly_table``.
    width
        Of a bar.

    Returns
    -------
    list of str
        The parts that are drawn; a cause that takes nearly nothing is left out.
    """
    places = np.arange(len(months))
    least = 1e-3 * months["ceiling"].sum()
    top = np.zeros(len(months))
    bottom = np.zeros(len(months))
    drawn = []
    for part, energy in _month_blocks(months).items():
        cause = str(part)
        if cause != "delivered" and abs(energy.sum()) < least:
            continue
        gives = energy.sum() < 0
        start = bottom + energy.to_numpy() if gives else top
        bars = axes.bar(
            places,
            energy.abs(),
            width,
            bottom=start,
            color=colour(cause),
            edgecolor="white",
            lw=0.5,
            hatch="///" if gives else None,
        )
        bars.set_label(f"_{cause}")  # the ladder names the colours
        if gives:
            bottom = start
        else:
            top = top + energy.to_numpy()
        drawn.append(cause)
    highest = max(1.0, float(top.max(initial=0.0)), float(months["ceiling"].max()))
    axes.set_ylim(1.06 * float(bottom.min(initial=0.0)), 1.06 * highest)
    return drawn


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
        _draw_months(left, months)
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
    blocks = _month_blocks(months)[list(lost)]
    return bool((blocks - lost).abs().to_numpy().max(initial=0.0) >= MOVED)


def _shown(steps: list[WaterfallStep]) -> list[WaterfallStep]:
    """Leave out the plants' step where it takes nothing; outages stay, so that their nothing is seen."""
    return [step for step in steps if step.cause != "water" or abs(step.takes) >= 0.5]


def _draw_months(axes: Axes, months: pd.DataFrame) -> None:
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
    value_axis(axes, "energy at the receiving end [GWh/month]")


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


def monthly(dataset: xr.Dataset, size: str = "journal") -> Figure:
    """Draw the first figure of a run from its Dataset."""
    title = heading(dataset, "Delivered by month")
    return monthly_figure(month_table(dataset), title, footer(dataset), size)


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
    if not 0 < len(datasets) <= MOST_SCENARIOS:
        what = f"{len(datasets)} scenarios cannot be drawn side by side"
        raise InputError(
            Fault(what, allowed=f"1 to {MOST_SCENARIOS}", repair="energy compare draws many in one figure")
        )
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
    value_axis(axes)
    return seen


def _patch(cause: str) -> Patch:
    from matplotlib.patches import Patch

    label = "delivered" if cause == "delivered" else f"lost to {words(cause)}"
    return Patch(color=colour(cause), label=label)
