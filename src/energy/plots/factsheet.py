"""Factsheet of a run: one sheet of A4 with what a reader asks first."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.metrics.monthly import firm_power
from energy.plots.exchanges import exchanges
from energy.plots.monthly import draw_blocks
from energy.plots.style import CAUSES, CEILING, footer, framed, heading, styled, tick_text
from energy.plots.waterfall import season_ladder
from energy.results.countries import country_name
from energy.results.season import (
    WaterfallStep,
    duration_curve,
    in_season,
    month_table,
    verdict,
    waterfall,
)

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

A4 = (8.0, 11.3)
"""Width of the sheet at the size of a slide, and its height [inches]: A4 is as wide to its height."""
MOST_EXCHANGES = 6
OTHER_EXCHANGE = "#b8b8b8"
"""Colour of exchanges beside that over the line under study."""


def factsheet_figure(dataset: xr.Dataset, size: str) -> Figure:  # noqa: ARG001  (a sheet has one size)
    """Draw the factsheet of a run: figures of the season, months, ladder, duration, who feeds whom, the sentence.

    Parameters
    ----------
    dataset
        From ``energy.results.dataset.record``.
    size
        Not asked: the sheet is A4.

    Returns
    -------
    matplotlib.figure.Figure
        A4 upright: four axes below a row of large figures.
    """
    table = month_table(dataset)
    months = in_season(table)
    width_in_letters = 125
    sentence = fill(verdict(table), width_in_letters)
    _, height = A4
    with styled():
        figure = framed(
            heading(dataset, "Factsheet"),
            footer(dataset, note=sentence),
            "slide",
            height,
        )
        grid = figure.add_gridspec(4, 2, height_ratios=(0.45, 1, 1, 1))
        figures_row = figure.add_subplot(grid[0, :])
        months_row = figure.add_subplot(grid[1, :])
        ladder_row = figure.add_subplot(grid[2, :])
        duration_cell = figure.add_subplot(grid[3, 0])
        exchanges_cell = figure.add_subplot(grid[3, 1])
        _large_figures(figures_row, dataset, months)
        _draw_months(months_row, months)
        season_ladder(
            ladder_row,
            _shown_steps(table),
            ceiling=float(months["ceiling"].sum()),
            delivered=float(months["delivered"].sum()),
        )
        _draw_duration(duration_cell, dataset)
        _draw_exchanges(exchanges_cell, dataset)
    return figure


def _shown_steps(table: pd.DataFrame) -> list[WaterfallStep]:
    """Return the steps of the ladder; water is left out where it takes nothing that is seen."""
    steps = []
    for step in waterfall(table):
        takes_something = abs(step.takes) >= 0.5
        if step.cause != "water" or takes_something:
            steps.append(step)
    return steps


def _season_figures(dataset: xr.Dataset, months: pd.DataFrame) -> dict[str, str]:
    """Return the figures of the season in words: name → number with its unit."""
    delivered = float(months["delivered"].sum())
    ceiling = float(months["ceiling"].sum())
    hours = (dataset["weight"] * dataset["season"]).to_numpy()
    transferable = dataset["transferable"].to_numpy()
    firm = firm_power(transferable, hours)
    mean = 0.0
    if hours.sum():
        mean = 1000 * delivered / hours.sum()
    share_of_ceiling = "–"
    if ceiling:
        share_of_ceiling = f"{100 * delivered / ceiling:.0f} %"
    shown = {
        "delivered": f"{delivered:,.0f} GWh",
        "of the ceiling": share_of_ceiling,
        "mean of the season": f"{mean:,.0f} MW",
        "in 90 % of the hours": f"{firm:,.0f} MW",
    }
    if "settled" in dataset and dataset.attrs.get("buyer"):
        buyer = str(dataset.attrs["buyer"])
        received = dataset["settled"].sel(party=buyer)
        paid = -float(received.sum()) / 1e6
        shown[f"{country_name(buyer)} pays"] = f"{paid:,.0f} million USD"
    return shown


def _large_figures(
    axes: Axes,
    dataset: xr.Dataset,
    months: pd.DataFrame,
) -> None:
    """Write the figures of the season in a row, each above its name."""
    axes.set_axis_off()
    shown = _season_figures(dataset, months)
    for number, (name, text) in enumerate(shown.items()):
        middle = (number + 0.5) / len(shown)
        axes.text(
            middle,
            0.55,
            text,
            ha="center",
            va="bottom",
            fontsize=11,
            fontweight="bold",
            color=CAUSES["delivered"],
        )
        axes.text(
            middle,
            0.45,
            name,
            ha="center",
            va="top",
            fontsize=8,
        )


def _draw_months(axes: Axes, months: pd.DataFrame) -> None:
    """Draw the energy of the months as blocks of causes below the ceiling [GWh/month]."""
    places = np.arange(len(months))
    draw_blocks(axes, months, 0.8)
    for place, energy in zip(places, months["delivered"], strict=True):
        axes.text(
            place + 0.43,
            float(energy),
            f"{energy:,.0f}",
            fontsize=7,
            va="center",
            ha="left",
        )
    edges = np.arange(len(months) + 1) - 0.5
    axes.stairs(
        months["ceiling"].to_numpy(),
        edges,
        color=CEILING,
        lw=1.3,
        baseline=None,
    )
    names = [f"{month:%b}\n{month.year}" for month in pd.PeriodIndex(months.index)]
    every = max(1, len(months) // 12)
    axes.set_xticks(places[::every], names[::every])
    axes.set_ylabel("energy [GWh/month]")
    axes.yaxis.set_major_formatter(tick_text)
    title = "Months: delivered, and what takes the rest (colours as below)"
    axes.set_title(title, loc="left", fontsize=9)


def _draw_duration(axes: Axes, dataset: xr.Dataset) -> None:
    """Draw the duration curve of transferable power over the season [MW]."""
    has_season = float(dataset["season"].max()) > 0
    if not has_season:
        axes.set_axis_off()
        return
    hours, power = duration_curve(dataset)
    axes.stairs(
        power,
        hours,
        color=CAUSES["delivered"],
        lw=1.6,
        baseline=None,
    )
    axes.stairs(
        power,
        hours,
        fill=True,
        color=CAUSES["delivered"],
        alpha=0.15,
    )
    axes.set_xlim(0, float(hours[-1]))
    ceiling = float(dataset["ceiling"].max())
    highest = max(ceiling, float(power.max()), 1.0)
    axes.set_ylim(0, 1.08 * highest)
    axes.set_xlabel("hours of the season [h]")
    axes.set_ylabel("power [MW]")
    axes.locator_params(axis="x", nbins=4)
    axes.xaxis.set_major_formatter(tick_text)
    axes.yaxis.set_major_formatter(tick_text)
    axes.set_title("Duration of transferable power", loc="left", fontsize=9)


def _draw_exchanges(axes: Axes, dataset: xr.Dataset) -> None:
    """Draw the largest exchanges of the season as bars, that over the line under study in its colour [GWh]."""
    bands = []
    if "buses_x" in dataset:
        bands = exchanges(dataset)[:MOST_EXCHANGES]
    if not bands:
        axes.set_axis_off()
        return
    rows = np.arange(len(bands))
    energies = [band.energy for band in bands]
    names = [f"{band.sender} → {band.receiver}" for band in bands]
    tints = [CAUSES["delivered"] if band.studied else OTHER_EXCHANGE for band in bands]
    axes.barh(rows, energies, 0.7, color=tints)
    axes.set_yticks(rows, names, fontsize=8)
    axes.set_ylim(len(bands) - 0.4, -0.6)
    axes.set_xlabel("net energy in the season [GWh]")
    axes.locator_params(axis="x", nbins=4)
    axes.xaxis.set_major_formatter(tick_text)
    axes.set_title("Who feeds whom", loc="left", fontsize=9)
