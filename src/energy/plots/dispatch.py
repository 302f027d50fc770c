"""Dispatch figure of a country by carrier: the mean day of each month."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from energy.errors import Fault, InputError, nearest
from energy.plots.frame import footer, framed, heading
from energy.plots.style import OTHER, styled, tick_text
from energy.results.countries import LINE, TRADE, countries_of, country_balance, country_name
from energy.results.mean_day import LOCAL, mean_days

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TRADE_COLOURS = {
    LINE: "#332288",
    TRADE: "#bbbbbb",
    "losses": "#eeeeee",
}
BOTTOM = (
    "nuclear",
    "run of river",
    "hydro",
    "coal",
    "coal local",
    "coal imported",
    "gas",
    "gas local",
)
"""Carriers at the bottom of the stack, from the lowest up."""
TOP = (TRADE, LINE, "losses", "unserved")
"""What stands above all carriers, from the lowest up."""
SMALLEST_POWER = 1e-3  # MW; a carrier that never has more is not drawn


class _CarrierStyle(NamedTuple):
    """Colour and label of a carrier in the stack."""

    colour: str
    label: str


MOST_NAMED_MONTHS = 24


def dispatch_figure(dataset: xr.Dataset, country: str = "", size: str = "journal") -> Figure:
    """Draw supply, trade and demand of a country by carrier, over the mean day of each month.

    Parameters
    ----------
    dataset
        From ``energy.results.dataset.record``.
    country
        Code of a country with demand; the first one by default.
    size
        ``journal`` or ``slide``.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: stacked power above zero (supply, imports) and below (exports) [MW], and demand as a line.

    Raises
    ------
    InputError
        When no such country has demand.
    """
    countries = countries_of(dataset)
    country = country or next(iter(countries), "")
    if country not in countries:
        fault = Fault(
            f"no demand in country {country!r}",
            allowed=", ".join(countries),
            repair=nearest(country, countries),
        )
        raise InputError(fault)
    days = mean_days(dataset, country_balance(dataset, country))
    power = _power_by_carrier(days)
    demand = -power.pop("demand")
    title = heading(dataset, f"Electricity of {country_name(country)}")
    note = f"Mean day of each month, 0 to 24 h at UTC+{LOCAL}. Below zero: exports and losses."
    with styled():
        figure = framed(title, footer(dataset, note=note), size)
        axes = figure.subplots()
        _draw_stack(axes, power, _carrier_styles(dataset))
        axes.stairs(
            demand,
            _hour_edges(demand),
            color="black",
            lw=1.3,
            label="demand",
            baseline=None,
        )
        _set_month_axis(axes, [str(month) for month in days["month"].to_numpy()])
        axes.axhline(0, color="black", lw=0.6)
        axes.set_ylabel("power [MW]")
        axes.yaxis.set_major_formatter(tick_text)
        axes.grid(axis="y")
        handles = _legend_handles(axes)
        axes.legend(
            handles.values(),
            handles.keys(),
            loc="upper left",
            bbox_to_anchor=(1.01, 1),
            borderaxespad=0,
        )
    return figure


def _power_by_carrier(days: xr.DataArray) -> pd.DataFrame:
    """Return the hours of all mean days one after the other; a column a carrier [MW]."""
    carriers = days["carrier"].to_numpy().astype(str).tolist()
    hours = days.to_numpy().reshape(-1, len(carriers))
    return pd.DataFrame(hours, columns=carriers)


def _hour_edges(hours: pd.DataFrame | pd.Series[float]) -> np.ndarray:
    return np.arange(len(hours) + 1)


def _carrier_styles(dataset: xr.Dataset) -> dict[str, _CarrierStyle]:
    """Return colour and label of each carrier, as the case gives them."""
    styles = {}
    for name, colour in TRADE_COLOURS.items():
        styles[name] = _CarrierStyle(colour, name)
    if "carriers_color" not in dataset:
        return styles
    carriers = _texts(dataset, "carriers")
    colours = _texts(dataset, "carriers_color")
    nice_names = carriers
    if "carriers_nice_name" in dataset:
        nice_names = _texts(dataset, "carriers_nice_name")
    for carrier, colour, nice_name in zip(carriers, colours, nice_names, strict=True):
        styles[carrier] = _CarrierStyle(
            colour=colour or _default_colour(carrier),
            label=_uncapitalised(nice_name or carrier),
        )
    return styles


def _texts(dataset: xr.Dataset, variable: str) -> list[str]:
    return [str(value) for value in dataset[variable].to_numpy()]


def _default_colour(carrier: str) -> str:
    """Return a colour that follows from the carrier's name."""
    return OTHER[sum(map(ord, carrier)) % len(OTHER)]


def _uncapitalised(name: str) -> str:
    """Return a name with a small first letter, unless it is an abbreviation.

    Examples
    --------
    >>> _uncapitalised("Wind"), _uncapitalised("LNG")
    ('wind', 'LNG')
    """
    is_word = name[1:2].islower()
    return name[0].lower() + name[1:] if is_word else name


def _draw_stack(axes: Axes, power: pd.DataFrame, styles: dict[str, _CarrierStyle]) -> None:
    """Draw carriers stacked upwards where they supply, and downwards where they take power out."""
    edges = _hour_edges(power)
    supply_top = np.zeros(len(power))
    export_bottom = np.zeros(len(power))
    for carrier in sorted(power.columns, key=_stack_rank):
        default_style = _CarrierStyle(_default_colour(carrier), carrier)
        style = styles.get(carrier, default_style)
        values = power[carrier].to_numpy()
        supply = values.clip(min=0)
        export = values.clip(max=0)
        for part, baseline in ((supply, supply_top), (export, export_bottom)):
            if np.abs(part).max() > SMALLEST_POWER:
                axes.stairs(
                    baseline + part,
                    edges,
                    baseline=baseline,
                    fill=True,
                    color=style.colour,
                    lw=0,
                    label=style.label,
                )
        supply_top = supply_top + supply
        export_bottom = export_bottom + export
    axes.margins(x=0)


def _stack_rank(carrier: str) -> int:
    """Return the place of a carrier in the stack, from the bottom up."""
    if carrier in TOP:
        return 100 + TOP.index(carrier)
    if carrier in BOTTOM:
        return BOTTOM.index(carrier)
    return 50


def _legend_handles(axes: Axes) -> dict[str, Artist]:
    """Return label → handle without repeats: demand, then the stack from its top to its bottom."""
    handles, labels = axes.get_legend_handles_labels()
    by_label = dict(zip(labels, handles, strict=True))
    demand = by_label.pop("demand")
    from_the_top = dict(reversed(by_label.items()))
    return {"demand": demand} | from_the_top


def _set_month_axis(axes: Axes, months: list[str]) -> None:
    """Name the mean day of each month on the axis; the year stands below the first month and each January."""
    for number in range(1, len(months)):
        axes.axvline(24 * number, color="white", lw=1.2)
    middles = []
    names = []
    for number, text in enumerate(months):
        month = pd.Period(text, "M")
        name = month.strftime("%b")
        if len(months) >= 14:
            name = name[:1]
        if len(months) > MOST_NAMED_MONTHS and month.month % 3 != 1:
            name = ""
        if number == 0 or month.month == 1:
            name += f"\n{month.year}"
        middles.append(24 * number + 12)
        names.append(name)
    axes.set_xticks(middles, names)
    axes.tick_params(axis="x", length=0)
