"""Figures of a finished run by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from energy.analysis import Run
from energy.errors import Fault, InputError, nearest
from energy.plots.duration import duration_figure, price_figure
from energy.plots.events import calendar_figure, daily_figure
from energy.plots.exchanges import exchanges, exchanges_figure
from energy.plots.factsheet import factsheet_figure
from energy.plots.map import map_figure
from energy.plots.mean_days import dispatch_figure, heatmap_figure
from energy.plots.monthly import monthly
from energy.plots.reservoirs import reservoir_figure
from energy.plots.settlement import settlement_figure
from energy.plots.sweep import sweep_figure
from energy.plots.waterfall import ladder_figure
from energy.results.countries import countries_of, country_name
from energy.results.dataset import record
from energy.results.reservoirs import reservoirs
from energy.results.season import (
    ENDS,
    waterfall_table,
)

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

FACTSHEET = "factsheet"
"""Figure of a run that is drawn where it is named, and no part of pages that have the others."""
Draw = Callable[["xr.Dataset", str], "Figure"]


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
    figures |= {
        FACTSHEET: _FigureEntry(factsheet_figure, f"Factsheet of {dataset.attrs['scenario']}: one sheet of A4.")
    }
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
