"""Duration curves: of transferable power over the season, and of prices by country."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from energy.errors import Fault, InputError
from energy.metrics.monthly import FIRM
from energy.plots.style import (
    CAUSES,
    CEILING,
    LINES,
    footer,
    framed,
    heading,
    legend_above,
    styled,
    tick_text,
    value_axis,
)
from energy.results.countries import countries_of, country_name
from energy.results.season import by_duration, duration_curve

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LONGEST = 24  # letters of a name in the legend
HIGHEST_SHARE = 0.98
"""Share of the hours whose prices the axis holds; hours of shed demand cost far more, and are said in words."""


def duration_figure(*datasets: xr.Dataset, size: str = "journal") -> Figure:
    """Draw the duration curve of transferable power, one curve a scenario, against the contract's ceiling.

    Parameters
    ----------
    datasets
        One Dataset a scenario, from ``energy.results.dataset.record``.
    size
        ``journal`` or ``slide``.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: hours of the season against MW at the receiving end.

    Raises
    ------
    InputError
        When no scenario is given, or one has no season.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.analysis import run
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> solved = run(read_case("two_bus"), scenario)
    >>> from energy.results.dataset import record
    >>> duration_figure(record(solved)).axes[0].get_ylabel()
    'power at the receiving end [MW]'
    """
    seasons = [float(dataset["season"].max()) for dataset in datasets]
    if not datasets or not all(seasons):
        raise InputError(Fault("a duration curve needs scenarios with a season", repair="give at least one"))
    is_alone = len(datasets) == 1
    title = "Duration of transferable power"
    if is_alone:
        title = heading(datasets[0], title)
    note = "Hours of the contract season, from the highest power to the lowest."
    ceiling = max(float(dataset["ceiling"].max()) for dataset in datasets)
    most_power = max(float(dataset["transferable"].max()) for dataset in datasets)
    longest = 0.0
    with styled():
        figure = framed(title, footer(*datasets, note=note), size)
        axes = figure.subplots()
        for number, dataset in enumerate(datasets):
            hours, power = duration_curve(dataset)
            longest = max(longest, float(hours[-1]))
            tint = LINES[number % len(LINES)]
            if is_alone:
                tint = CAUSES["delivered"]
            name = dataset.attrs["scenario"]
            _draw_curve(axes, hours, power, tint=tint, name=name)
            if is_alone:
                _fill_below(axes, hours, power, tint)
        if ceiling:
            axes.axhline(
                ceiling,
                color=CEILING,
                lw=1.2,
                ls="--",
                label=f"contract ceiling: {ceiling:,.0f} MW",
            )
        if is_alone:
            hours, power = duration_curve(datasets[0])
            _mark_mean(axes, hours, power)
            _mark_firm(axes, hours, power)
        axes.set_xlim(0, longest)
        axes.set_ylim(0, 1.08 * max(ceiling, most_power) or 1)
        axes.set_xlabel("hours of the season [h]")
        axes.xaxis.set_major_formatter(tick_text)
        value_axis(axes, "power at the receiving end [MW]")
        legend_above(axes)
    return figure


def _draw_curve(
    axes: Axes,
    hours: np.ndarray,
    power: np.ndarray,
    *,
    tint: str,
    name: str,
) -> None:
    """Draw a curve whose label says the energy below it [GWh]."""
    energy = float((np.diff(hours) * power).sum()) / 1000
    axes.stairs(
        power,
        hours,
        color=tint,
        lw=1.8,
        label=f"{name}: {energy:,.0f} GWh",
        baseline=None,
    )


def _fill_below(
    axes: Axes,
    hours: np.ndarray,
    power: np.ndarray,
    tint: str,
) -> None:
    """Shade the energy below a curve."""
    axes.stairs(
        power,
        hours,
        fill=True,
        color=tint,
        alpha=0.15,
    )


def _mark_mean(axes: Axes, hours: np.ndarray, power: np.ndarray) -> None:
    """Mark the mean power of the season [MW]."""
    energy = (np.diff(hours) * power).sum()
    mean = float(energy / hours[-1])
    axes.axhline(
        mean,
        color="#666666",
        lw=1,
        ls=":",
        label=f"mean of the season: {mean:,.0f} MW",
    )


def _mark_firm(axes: Axes, hours: np.ndarray, power: np.ndarray) -> None:
    """Mark the power that is there for nine tenths of the season [MW]."""
    firm_hours = FIRM * hours[-1]
    step = int(np.searchsorted(hours[1:], firm_hours))
    last = len(power) - 1
    firm = float(power[min(step, last)])
    axes.plot(
        [firm_hours],
        [firm],
        "o",
        color="black",
        ms=4,
        clip_on=False,
        zorder=4,
    )
    # the curve never rises, so what is below and left of a point is free of it; at the foot there is room above only
    # a leader from where curves are seldom: beside the point the text would cross the last steps
    axes.annotate(
        f"at least {firm:,.0f} MW in {FIRM:.0%} of the hours".replace("%", " %"),
        (firm_hours, firm),
        (0.99, 0.8),
        textcoords="axes fraction",
        arrowprops={"arrowstyle": "-", "color": "#777777", "lw": 0.7},
        ha="right",
        va="bottom",
        fontsize=8,
    )


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
    return by_duration(price, hours)


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
        axes.xaxis.set_major_formatter(tick_text)
        value_axis(axes, "price [USD/MWh]")
        legend_above(axes, columns=5)
    return figure
