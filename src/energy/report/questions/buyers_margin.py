"""Question 6: what a MWh is worth to Pakistan hour by hour, and how much of the offer is worth a price."""

from __future__ import annotations

import numpy as np
import pandas as pd

from energy.case import Case
from energy.metrics import transferable
from energy.metrics.monthly import month_of
from energy.model.axis import HOURS_A_DAY, Axis, in_window
from energy.report.answers.answer import Answer, Library, marks_of, solved
from energy.scenario import Scenario
from energy.solve import Result

_PRICES = (20, 30, 40, 50, 60, 70, 80, 90, 110)
_YEARS = (2028, 2031, 2035)
_LOCAL = 5
"""Hours by which Pakistan's clock is ahead of UTC."""
_FEW_HOURS = 0.05
"""Share of the season's hours below which the answer is no."""


def price_worth_paying(library: Library) -> Answer:
    """Question 6: the marginal cost of the buyer's system in the season, by hour, against the contract's price."""
    case = library.case
    asked = _price_asked(case)
    margins = {name: solved(case, scenario) for name, scenario in _margins(library).items()}
    first, *_ = margins
    day = pd.DataFrame({name: _by_hour(case, result) for name, result in margins.items()})
    day = day.rename_axis("hour in Pakistan")
    day.attrs["units"] = "$/MWh, mean of the season"
    means = pd.Series({name: _mean_price(case, result) for name, result in margins.items()})
    shares = _hours_by_price(case, margins)
    worth_taking = _worth_taking(library)
    tables = {
        "Mean price by hour of the day": day,
        "Offer that is worth taking, by price": worth_taking,
        f"Mean price by month and hour, {first}": _by_month_and_hour(case, margins[first]),
        "Share of hours by price": shares,
    }
    sentences = (
        _verdict(shares, means, asked, first),
        f"Buying pays below {means[first]:,.0f} $/MWh all day, and below {day[first].max():,.0f} from "
        f"{day[first].idxmax()}; least is worth {day[first].idxmin()}, {day[first].min():,.0f}. Means: "
        f"{', '.join(f'{name}: {price:,.0f}' for name, price in means.items())} $/MWh.",
        _offer_sentence(worth_taking, asked, library.base.year),
    )
    limits = (
        "single hours of real days: they are typical days",
        "rooftop solar beyond the case's demand shapes; low demand stands for more of it",
        "the offer moved into dearer hours: it is taken when the season's optimum delivers it",
    )
    return Answer(
        sentences,
        tables,
        span=f"{means.min():,.0f} to {means.max():,.0f} $/MWh over years, growth of demand and fuel prices",
        marks=marks_of(case, "generators.PK*", "profiles/monthly.PK*", "profiles/demand_year.PK"),
        limits=limits,
    )


def _price_asked(case: Case) -> float:
    contract = case.rules.contract
    assert contract is not None
    return sum(contract.prices.values())


def _margins(library: Library) -> dict[str, Scenario]:
    """Return years, growths of demand and prices of fuel that the buyer's margin is looked at in; the base first."""
    base = library.scenario("least_cost_no_casa", year=_YEARS[0], growth="central")
    low, high = _fuel_prices(library.case)
    scenarios = {str(year): base.replace(year=year) for year in _YEARS}
    scenarios["2031, low demand"] = base.replace(year=2031, growth="low")
    scenarios["2031, high demand"] = base.replace(year=2031, growth="high")
    scenarios[f"{_YEARS[0]}, fuel cheap"] = base.replace(values={**base.values, **low})
    scenarios[f"{_YEARS[0]}, fuel dear"] = base.replace(values={**base.values, **high})
    return scenarios


def _fuel_prices(case: Case) -> tuple[dict[str, float], dict[str, float]]:
    """Return the buyer's prices of fuel at both ends of their evidence, as overrides: factors on their months."""
    rows = case.evidence
    is_price = (rows["component"] == "profiles/monthly") & (rows["attribute"] == "marginal_cost")
    is_buyers = rows["name"].str.startswith("PK")
    prices = rows[is_price & is_buyers]
    keys = "profiles/monthly." + prices["name"] + ".marginal_cost"
    low = dict(zip(keys, prices["low"].astype(float), strict=True))
    high = dict(zip(keys, prices["high"].astype(float), strict=True))
    return low, high


def _season_prices(case: Case, result: Result) -> tuple[np.ndarray, np.ndarray]:
    """Return the price at the far bus [$/MWh] and the season's hours of each snapshot; shape (snapshots,) each."""
    contract = case.rules.contract
    assert contract is not None
    axis = result.inputs.axis
    season = axis.share(in_window(axis.hours, contract.season.start, contract.season.end))
    price = result.prices[_far_bus(case)].to_numpy(float)
    return price, result.hours * season


def _far_bus(case: Case) -> str:
    links = case.components["links"]
    return str(links.loc[links["service"] == "casa", "bus1"].iloc[0])


def _mean_price(case: Case, result: Result) -> float:
    price, hours = _season_prices(case, result)
    return float(price @ hours / hours.sum())


def _hours_by_price(case: Case, margins: dict[str, Result]) -> pd.DataFrame:
    """Return the share of the season's hours in which the margin costs at least a price; the contract's is the last."""
    columns = {}
    for name, result in margins.items():
        price, hours = _season_prices(case, result)
        levels = [*_PRICES, _price_asked(case)]
        columns[name] = {level: float(hours[price >= level].sum() / hours.sum()) for level in levels}
    table = pd.DataFrame(columns).rename_axis("price")
    table.attrs["units"] = "price $/MWh; share of the season's hours in which the margin costs at least that"
    return table


def _blocks(axis: Axis) -> np.ndarray:
    """Return the block of the day that each snapshot stands for, by its first hour in Pakistan's time."""
    return np.asarray((axis.snapshots.hour + _LOCAL) % HOURS_A_DAY)


def _block_name(axis: Axis, begin: int) -> str:
    length = HOURS_A_DAY // max(len(set(axis.snapshots.hour)), 1)
    return f"{begin:02d}-{(begin + length) % HOURS_A_DAY:02d} h"


def _by_hour(case: Case, result: Result) -> pd.Series:
    """Return the mean price of the season by block of the day, in Pakistan's time."""
    axis = result.inputs.axis
    price, hours = _season_prices(case, result)
    blocks = _blocks(axis)
    means = {}
    for begin in sorted(set(blocks.tolist())):
        inside = blocks == begin
        means[_block_name(axis, begin)] = float(price[inside] @ hours[inside] / hours[inside].sum())
    return pd.Series(means)


def _by_month_and_hour(case: Case, result: Result) -> pd.DataFrame:
    """Return the mean price by month of the season and block of the day [$/MWh]."""
    axis = result.inputs.axis
    price, hours = _season_prices(case, result)
    table = pd.DataFrame({"month": month_of(result), "block": _blocks(axis), "hours": hours, "cost": price * hours})
    sums = table[table["hours"] > 0].groupby(["month", "block"])[["hours", "cost"]].sum()
    means = (sums["cost"] / sums["hours"]).unstack("block")
    means.columns = pd.Index([_block_name(axis, int(begin)) for begin in means.columns])
    means.attrs["units"] = "$/MWh, hours of Pakistan"
    return means


def _verdict(shares: pd.DataFrame, means: pd.Series, asked: float, first: str) -> str:
    """Return in which share of the hours the contract's price is below the margin, in the base year and elsewhere."""
    at_contract = shares.iloc[-1].astype(float)
    dearest = str(at_contract.idxmax())
    verdict = "No" if at_contract[first] < _FEW_HOURS else "In some hours"
    elsewhere = "and in none looked at"
    if at_contract[dearest] > 0:
        elsewhere = f"and in {100 * at_contract[dearest]:.0f} % at most ({dearest})"
    return (
        f"{verdict}: in {first} the margin at the receiving bus costs {means[first]:,.0f} $/MWh in the mean of the "
        f"season; in {100 * at_contract[first]:.0f} % of its hours as much as the contract's {asked:g}, {elsewhere}."
    )


def _offer_sentence(worth_taking: pd.DataFrame, asked: float, year: int) -> str:
    energy = worth_taking["energy"]
    offered = energy.max()
    is_half = (energy >= offered / 2).to_numpy()
    half = worth_taking.index.to_numpy(float)[is_half].max()
    return (
        f"Of the {offered:,.0f} GWh that are offered in {year}, {energy.iloc[-1]:,.0f} are worth {asked:g} $/MWh to "
        f"Pakistan; half of them are worth {half:g}."
    )


def _worth_taking(library: Library) -> pd.DataFrame:
    """Return how much of the offered energy takes the place of power that is dearer than a price.

    The offer is what can be delivered; what it is worth is the marginal cost of the buyer's system without the line in
    the same hours, so that a large offer is worth somewhat less than these figures.

    Returns
    -------
    pandas.DataFrame
        Index price [$/MWh]; ``energy`` of the season [GWh], ``share`` of the offer [1], and the energy of each month.
    """
    offer = solved(library.case, library.base)
    margin = solved(library.case, library.scenario("least_cost_no_casa", year=library.base.year))
    delivered = transferable(offer) * offer.hours / 1000
    price = margin.prices[_far_bus(library.case)].to_numpy(float)
    asked = _price_asked(library.case)
    months = month_of(offer)
    rows = {}
    for level in (0.0, *[price_level for price_level in _PRICES if price_level < asked], asked):
        by_month = delivered.where(price >= level, 0.0).groupby(months).sum()
        rows[level] = {str(month): float(energy) for month, energy in by_month.items()}
    by_month = pd.DataFrame.from_dict(rows, orient="index").rename_axis("price")
    is_open = by_month.iloc[0].to_numpy(float) > 0
    open_months = by_month.columns[is_open]
    energy = by_month.sum(axis=1)
    table = pd.DataFrame({"energy": energy, "share": energy / max(energy.max(), 1e-9)}).join(by_month[open_months])
    table.attrs["units"] = "price $/MWh; GWh of the season and by month; share 1"
    return table
