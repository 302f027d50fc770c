"""Figures of a finished run by name, and its factsheet: one sheet of A4 with what a reader asks first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from textwrap import fill
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from energy.analysis import Run
from energy.errors import Fault, InputError, nearest
from energy.metrics.monthly import firm_power
from energy.plots.duration import duration_figure, price_figure
from energy.plots.events import calendar_figure, daily_figure
from energy.plots.flows import exchanges, exchanges_figure
from energy.plots.map import map_figure
from energy.plots.mean_days import dispatch_figure, heatmap_figure
from energy.plots.monthly import draw_blocks, monthly
from energy.plots.reservoirs import reservoir_figure
from energy.plots.settlement import settlement_figure
from energy.plots.style import CAUSES, CEILING, footer, framed, heading, styled, tick_text
from energy.plots.sweep import sweep_figure
from energy.plots.waterfall import ladder_figure, season_ladder
from energy.results.countries import countries_of, country_name
from energy.results.dataset import record
from energy.results.reservoirs import reservoirs
from energy.results.season import (
    ENDS,
    WaterfallStep,
    duration_curve,
    in_season,
    month_table,
    verdict,
    waterfall,
    waterfall_table,
)

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FACTSHEET = "factsheet"
"""Figure of a run that is drawn where it is named, and no part of pages that have the others."""
Draw = Callable[["xr.Dataset", str], "Figure"]
A4 = (8.0, 11.3)
"""Width of the sheet at the size of a slide, and its height [inches]: A4 is as wide to its height."""
MOST_EXCHANGES = 6
OTHER_EXCHANGE = "#b8b8b8"
"""Colour of exchanges beside that over the line under study."""


class _FigureEntry(NamedTuple):
    """One figure of a run: how it is drawn at a size, and what it says in words to who cannot see it."""

    draw: Draw
    words: str


def entries(dataset: xr.Dataset) -> dict[str, _FigureEntry]:
    """Return the figures that a run has, by name, in the order in which a report shows them.

    Parameters
    ----------
    dataset
        From ``energy.results.dataset.record``.
    """
    season = waterfall_table(dataset).sum()
    delivered = f"{season['delivered']:,.0f} GWh"
    ceiling = f"{season['ceiling']:,.0f} GWh"
    name = dataset.attrs["scenario"]
    figures = {
        "monthly": _FigureEntry(
            monthly,
            f"Energy by month in {name}: {delivered} of a ceiling of {ceiling} are delivered.",
        ),
        "daily": _FigureEntry(daily_figure, f"Power by day in {name}, events shaded, against the run without them."),
        "exchanges": _FigureEntry(exchanges_figure, f"Who feeds whom in the season of {name}, in GWh."),
        "prices": _FigureEntry(price_figure, f"Duration of prices by country in {name}."),
        "map": _FigureEntry(map_figure, f"Map of mean flows between countries in the season of {name}."),
        "waterfall": _FigureEntry(
            ladder_figure,
            f"Steps from the ceiling of {ceiling} to {delivered} delivered in {name}.",
        ),
        "duration": _FigureEntry(
            _duration, f"Duration curve of transferable power in {name}; its area is {delivered}."
        ),
        "heatmap": _FigureEntry(heatmap_figure, f"Transferable power by month and hour of the day in {name}."),
        "reservoirs": _FigureEntry(_reservoirs, f"Inflow, release and content of large reservoirs in {name}."),
        "settlement": _FigureEntry(settlement_figure, f"What each party of the contract receives and pays in {name}."),
        "events": _FigureEntry(calendar_figure, f"Calendar of the events of {name}."),
    }
    countries = countries_of(dataset) if "loads_bus" in dataset else []
    for code in countries:
        what = f"Electricity of {country_name(code)} by carrier over the mean day of each month in {name}."
        figures[f"dispatch_{code}"] = _FigureEntry(_dispatch(code), what)
    return {key: entry for key, entry in figures.items() if _has(dataset, key)}


def draw(dataset: xr.Dataset, name: str = "monthly", size: str = "journal") -> Figure:
    """Draw a figure of a run by name.

    Raises
    ------
    InputError
        When the run has no such figure.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.analysis import run
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> solved = run(read_case("two_bus"), scenario)
    >>> from energy.results.dataset import record
    >>> draw(record(solved), "duration").axes[0].get_ylabel()
    'power at the receiving end [MW]'
    """
    entry = chosen(dataset, [name])[name]
    return entry.draw(dataset, size)


def chosen(dataset: xr.Dataset, names: Iterable[str]) -> dict[str, _FigureEntry]:
    """Return the named figures of a run, or all of them where none is named; ``factsheet`` only by its name.

    Raises
    ------
    InputError
        When the run has no such figure.
    """
    figures = entries(dataset)
    named = list(names) or list(figures)
    figures |= {FACTSHEET: _FigureEntry(_factsheet, f"Factsheet of {dataset.attrs['scenario']}: one sheet of A4.")}
    unknown = [name for name in named if name not in figures]
    if unknown:
        allowed = ", ".join(figures)
        raise InputError(
            Fault(f"no figure {name!r} of this run", allowed=allowed, repair=nearest(name, figures)) for name in unknown
        )
    return {name: figures[name] for name in named}


def _has(dataset: xr.Dataset, name: str) -> bool:
    """Return whether a run has what a figure shows."""
    has_ceiling = float(dataset["ceiling"].max()) > 0
    is_placed = "buses_x" in dataset and float(np.ptp(dataset["buses_x"].to_numpy())) > 0
    shown = {
        "exchanges": is_placed and bool(exchanges(dataset)),
        "settlement": "settled" in dataset,
        "reservoirs": bool(reservoirs(dataset)),
        "events": dataset.sizes.get("event", 0) > 0,
        "map": is_placed,
        "waterfall": not set(map(str, waterfall_table(dataset).columns)) <= set(ENDS),
        "duration": has_ceiling,
        "daily": "day_delivered" in dataset and has_ceiling,
        "prices": str(dataset.attrs.get("scenario_objective")) == "dispatch" and "buses_marginal_price" in dataset,
        "heatmap": has_ceiling,
    }
    return shown.get(name, True)


def _duration(dataset: xr.Dataset, size: str) -> Figure:
    return duration_figure(dataset, size=size)


def _reservoirs(dataset: xr.Dataset, size: str) -> Figure:
    return reservoir_figure(dataset, size=size)


def _dispatch(country: str) -> Draw:
    def drawn(dataset: xr.Dataset, size: str) -> Figure:
        return dispatch_figure(dataset, country, size)

    return drawn


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


def _factsheet(dataset: xr.Dataset, size: str) -> Figure:  # noqa: ARG001  (a sheet has one size)
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
