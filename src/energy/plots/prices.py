"""Duration of prices by country in a least-cost run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from energy.errors import Fault, InputError
from energy.plots.frame import footer, framed, heading
from energy.plots.style import LINES, styled, tick_text
from energy.results.countries import countries_of, country_name

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

LONGEST = 24  # letters of a name in the legend
HIGHEST_SHARE = 0.98
"""Share of the hours whose prices the axis holds; hours of shed demand cost far more, and are said in words."""


def _price_duration(dataset: xr.Dataset, country: str) -> tuple[np.ndarray, np.ndarray]:
    """Return hours, from 0 to those of the horizon, and the price that is reached or passed for so long.

    The price of a country is the mean of its buses with demand, weighed by the demand.

    Parameters
    ----------
    dataset
        From ``energy.results.dataset.record``.
    country
        Code in the ``country`` column of buses.

    Returns
    -------
    tuple
        Edges of the steps [h], shape (snapshots + 1,), and prices from high to low [USD/MWh], shape (snapshots,).
    """
    hours = dataset["weight"].to_numpy()
    price = _price(dataset, country)
    from_high_to_low = np.argsort(-price, kind="stable")
    passed = np.cumsum(hours[from_high_to_low])
    edges = np.concatenate([[0.0], passed])
    return edges, price[from_high_to_low]


def _price(dataset: xr.Dataset, country: str) -> np.ndarray:
    """Return the price of a country in each snapshot [USD/MWh]."""
    buses = dataset["buses"].to_numpy()
    countries = dataset["buses_country"].to_numpy()
    country_of_bus = dict(zip(buses, countries, strict=True))
    column_of_bus = {bus: column for column, bus in enumerate(buses)}
    marginal_price = dataset["buses_marginal_price"]
    prices = marginal_price.transpose("snapshot", "buses").to_numpy()
    loads = dataset["loads_p"]
    demand = loads.transpose("snapshot", "loads").to_numpy()
    cost = np.zeros(len(prices))
    total = np.zeros(len(prices))
    for column, bus in enumerate(dataset["loads_bus"].to_numpy()):
        if country_of_bus[bus] != country:
            continue
        load = np.abs(demand[:, column])
        price_of_bus = prices[:, column_of_bus[bus]]
        cost += load * price_of_bus
        total += load
    price = np.zeros_like(cost)
    np.divide(cost, total, out=price, where=total > 0)
    return price


def price_figure(dataset: xr.Dataset, size: str = "journal") -> Figure:
    """Draw the duration of prices, a curve a country.

    Parameters
    ----------
    dataset
        From ``energy.results.dataset.record``, of a least-cost run.
    size
        ``journal`` or ``slide``.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: hours of the horizon against USD/MWh.

    Raises
    ------
    InputError
        When the run is not a least-cost run: its prices are no money.
    """
    if dataset.attrs.get("scenario_objective") != "dispatch":
        what = "prices are money in least-cost runs only"
        raise InputError(Fault(what, allowed="objective: dispatch", repair="run with --set objective=dispatch"))
    curves = {country: _price_duration(dataset, country) for country in countries_of(dataset)}
    shown = np.concatenate([price for _, price in curves.values()])
    highest = shown.max()
    lowest = min(0.0, float(shown.min()))
    top = 1.1 * float(np.quantile(shown, HIGHEST_SHARE))
    note = "Price of the buses with demand, weighed by it."
    if highest > top:
        note += f" Cut off at {top:,.0f} USD/MWh: hours with shed demand cost up to {highest:,.0f}."
    with styled():
        title = heading(dataset, "Duration of prices")
        figure = framed(title, footer(dataset, note=note), size)
        axes = figure.subplots()
        for number, (country, (hours, price)) in enumerate(curves.items()):
            name = country_name(country)
            axes.stairs(
                price,
                hours,
                color=LINES[number % len(LINES)],
                lw=1.6,
                label=name[:LONGEST],
                baseline=None,
            )
        axes.set_ylim(1.05 * lowest, top if top > 0 else 1.0)
        axes.set_xlim(0, float(dataset["weight"].sum()))
        axes.set_xlabel("hours of the horizon [h]")
        axes.set_ylabel("price [USD/MWh]")
        axes.xaxis.set_major_formatter(tick_text)
        axes.yaxis.set_major_formatter(tick_text)
        axes.grid(axis="y")
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=5,
            borderaxespad=0.2,
        )
    return figure
