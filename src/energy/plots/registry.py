"""Registry of figures of a finished run, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from energy.errors import Fault, InputError, nearest
from energy.plots.dispatch import dispatch_figure
from energy.plots.duration import duration_figure
from energy.plots.event_calendar import calendar_figure
from energy.plots.frame import footer, heading
from energy.plots.heatmap import heatmap_figure
from energy.plots.map import map_figure
from energy.plots.monthly import monthly_figure
from energy.plots.reservoirs import reservoir_figure
from energy.plots.settlement import settlement_figure
from energy.plots.waterfall import ladder_figure, waterfall_table
from energy.results.country_balance import countries_of
from energy.results.labels import country_name
from energy.results.reservoirs import reservoirs

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

Draw = Callable[["xr.Dataset", str], "Figure"]


class FigureEntry(NamedTuple):
    """One figure of a run: how it is drawn at a size, and what it says in words to who cannot see it."""

    draw: Draw
    words: str


def monthly(found: xr.Dataset, size: str = "journal") -> Figure:
    """Draw the first figure of a run from its Dataset."""
    return monthly_figure(month_table(found), heading(found, "Delivered by month"), footer(found), size)


def month_table(found: xr.Dataset) -> pd.DataFrame:
    """Return the monthly table of a run as ``monthly_figure`` takes it; index month [GWh]."""
    months = pd.PeriodIndex([str(month) for month in found["month"].to_numpy()], freq="M", name="month")
    columns: dict[str, np.ndarray] = {name: found[f"month_{name}"].to_numpy() for name in ("ceiling", "delivered")}
    for name, dim, prefix in (("surplus", "country", "surplus "), ("lost", "cause", "lost to ")):
        if f"month_{name}" in found:
            for key in found[dim].to_numpy():
                columns[f"{prefix}{key}"] = found[f"month_{name}"].sel({dim: key}).to_numpy()
    return pd.DataFrame(columns, index=months)


def entries(found: xr.Dataset) -> dict[str, FigureEntry]:
    """Return the figures that a run has, by name, in the order in which a report shows them.

    Parameters
    ----------
    found
        From ``energy.results.record.record``.
    """
    season = waterfall_table(found).sum()
    delivered, ceiling = (f"{season[name]:,.0f} GWh" for name in ("delivered", "ceiling"))
    name = found.attrs["scenario"]
    all_of_them = {
        "monthly": FigureEntry(
            monthly, f"Energy by month in {name}: {delivered} of a ceiling of {ceiling} are delivered."
        ),
        "map": FigureEntry(map_figure, f"Map of mean flows between countries in the season of {name}."),
        "waterfall": FigureEntry(
            ladder_figure, f"Steps from the ceiling of {ceiling} to {delivered} delivered in {name}."
        ),
        "duration": FigureEntry(_duration, f"Duration curve of transferable power in {name}; its area is {delivered}."),
        "heatmap": FigureEntry(heatmap_figure, f"Transferable power by month and hour of the day in {name}."),
        "reservoirs": FigureEntry(_reservoirs, f"Inflow, release and content of large reservoirs in {name}."),
        "settlement": FigureEntry(settlement_figure, f"What each party of the contract receives and pays in {name}."),
        "events": FigureEntry(calendar_figure, f"Calendar of the events of {name}."),
    }
    for code in countries_of(found) if "loads_bus" in found else []:
        all_of_them[f"dispatch_{code}"] = FigureEntry(
            _dispatch(code),
            f"Electricity of {country_name(code)} by carrier over the mean day of each month in {name}.",
        )
    return {key: entry for key, entry in all_of_them.items() if _has(found, key)}


def draw(found: xr.Dataset, name: str = "monthly", size: str = "journal") -> Figure:
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
    >>> found = run(read_case("two_bus"), scenario)
    >>> from energy.results.dataset import record
    >>> draw(record(found), "duration").axes[0].get_ylabel()
    'power at the receiving end [MW]'
    """
    known = entries(found)
    if name not in known:
        raise InputError(
            Fault(f"no figure {name!r} of this run", None, allowed=", ".join(known), repair=nearest(name, known))
        )
    return known[name].draw(found, size)


def chosen(found: xr.Dataset, names: Iterable[str]) -> dict[str, FigureEntry]:
    """Return the named figures of a run, or all of them where none is named.

    Raises
    ------
    InputError
        When the run has no such figure.
    """
    known, asked = entries(found), list(names)
    faults = [
        Fault(f"no figure {name!r} of this run", None, allowed=", ".join(known), repair=nearest(name, known))
        for name in asked
        if name not in known
    ]
    if faults:
        raise InputError(faults)
    return {name: known[name] for name in asked or known}


def _has(found: xr.Dataset, name: str) -> bool:
    if name == "settlement":
        return "settled" in found
    if name == "reservoirs":
        return bool(reservoirs(found))
    if name == "events":
        return found.sizes.get("event", 0) > 0
    if name == "map":
        return "buses_x" in found and float(np.ptp(found["buses_x"].to_numpy())) > 0
    if name in ("duration", "heatmap"):
        return float(found["ceiling"].max()) > 0
    return True


def _duration(found: xr.Dataset, size: str) -> Figure:
    return duration_figure(found, size=size)


def _reservoirs(found: xr.Dataset, size: str) -> Figure:
    return reservoir_figure(found, size=size)


def _dispatch(country: str) -> Draw:
    def drawn(found: xr.Dataset, size: str) -> Figure:
        return dispatch_figure(found, country, size)

    return drawn
