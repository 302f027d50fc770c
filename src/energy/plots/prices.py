"""Duration of prices by country in a least-cost run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from energy.errors import Fault, InputError
from energy.plots.frame import footer, framed, heading
from energy.plots.style import LINES, styled, tick_text
from energy.results.country_balance import countries_of
from energy.results.labels import country_name

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
    order = np.argsort(-price, kind="stable")
    passed = np.cumsum(hours[order])
    return np.concatenate([[0.0], passed]), price[order]


def _price(dataset: xr.Dataset, country: str) -> np.ndarray:
    """Return the price of a country in each snapshot [USD/MWh]."""
    buses = dataset["buses"].to_numpy()
    countries = dataset["buses_country"].to_numpy()
    country_of_bus = dict(zip(buses, countries, strict=True))
    prices = dataset["buses_marginal_price"].transpose("snapshot", "buses").to_numpy()
    column_of_bus = {bus: column for column, bus in enumerate(buses)}
    demand = dataset["loads_p"].transpose("snapshot", "loads").to_numpy()
    cost = np.zeros(len(prices))
    total = np.zeros(len(prices))
    for column, bus in enumerate(dataset["loads_bus"].to_numpy()):
        if country_of_bus[bus] != country:
            continue
        load = np.abs(demand[:, column])
        cost += load * prices[:, column_of_bus[bus]]
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
    top = 1.1 * float(np.quantile(shown, HIGHEST_SHARE))
    is_cut = bool(shown.max() > top)
    note = "Price of the buses with demand, weighed by it."
    if is_cut:
        note += f" Cut off at {top:,.0f} USD/MWh: hours with shed demand cost up to {shown.max():,.0f}."
    with styled():
        figure = framed(heading(dataset, "Duration of prices"), footer(dataset, note=note), size)
        axes = figure.subplots()
        for number, (country, (hours, price)) in enumerate(curves.items()):
            tint = LINES[number % len(LINES)]
            name = country_name(country)[:LONGEST]
            axes.stairs(price, hours, color=tint, lw=1.6, label=name, baseline=None)
        lowest = min(0.0, float(shown.min()))
        axes.set_ylim(1.05 * lowest, top if top > 0 else 1.0)
        axes.set_xlim(0, float(dataset["weight"].sum()))
        axes.set_xlabel("hours of the horizon [h]")
        axes.set_ylabel("price [USD/MWh]")
        axes.xaxis.set_major_formatter(tick_text)
        axes.yaxis.set_major_formatter(tick_text)
        axes.grid(axis="y")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=5, borderaxespad=0.2)
    return figure
