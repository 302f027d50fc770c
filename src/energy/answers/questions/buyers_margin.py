"""Question 6: what a MWh is worth to Pakistan hour by hour, and how much of the offer is worth a price."""

from __future__ import annotations

import numpy as np
import pandas as pd

from energy.answers.answer import Answer, Library, marks_of, solved
from energy.case import Case
from energy.metrics import transferable
from energy.metrics.monthly import month_of
from energy.model.axis import HOURS_A_DAY, Axis, in_window
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
    margins = {}
    prices_by_hour = {}
    mean_prices = {}
    for name, scenario in _margins(library).items():
        result = solved(case, scenario)
        margins[name] = result
        prices_by_hour[name] = _by_hour(case, result)
        mean_prices[name] = _mean_price(case, result)
    first, *_ = margins
    day = pd.DataFrame(prices_by_hour).rename_axis("hour in Pakistan")
    day.attrs["units"] = "$/MWh, mean of the season"
    means = pd.Series(mean_prices)
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
        _hours_sentence(day[first], means, first),
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
    first_year = _YEARS[0]
    base = library.scenario("least_cost_no_casa", year=first_year, growth="central")
    low, high = _fuel_prices(library.case)
    fuel_cheap = {**base.values, **low}
    fuel_dear = {**base.values, **high}
    scenarios = {str(year): base.replace(year=year) for year in _YEARS}
    scenarios["2031, low demand"] = base.replace(year=2031, growth="low")
    scenarios["2031, high demand"] = base.replace(year=2031, growth="high")
    scenarios[f"{first_year}, fuel cheap"] = base.replace(values=fuel_cheap)
    scenarios[f"{first_year}, fuel dear"] = base.replace(values=fuel_dear)
    return scenarios


def _fuel_prices(case: Case) -> tuple[dict[str, float], dict[str, float]]:
    """Return the buyer's prices of fuel at both ends of their evidence, as overrides: factors on their months."""
    rows = case.evidence
    is_monthly = rows["component"] == "profiles/monthly"
    is_price = rows["attribute"] == "marginal_cost"
    is_buyers = rows["name"].str.startswith("PK")
    prices = rows[is_monthly & is_price & is_buyers]
    low = {}
    high = {}
    for name, lowest, highest in zip(prices["name"], prices["low"], prices["high"], strict=True):
        key = f"profiles/monthly.{name}.marginal_cost"
        low[key] = float(lowest)
        high[key] = float(highest)
    return low, high


def _season_prices(case: Case, result: Result) -> tuple[np.ndarray, np.ndarray]:
    """Return the price at the far bus [$/MWh] and the season's hours of each snapshot; shape (snapshots,) each."""
    contract = case.rules.contract
    assert contract is not None
    season = contract.season
    axis = result.inputs.axis
    is_open = in_window(axis.hours, season.start, season.end)
    hours = result.hours * axis.share(is_open)
    price = result.prices[_far_bus(case)].to_numpy(float)
    return price, hours


def _far_bus(case: Case) -> str:
    links = case.components["links"]
    is_studied = links["service"] == "casa"
    far_buses = links.loc[is_studied, "bus1"]
    return str(far_buses.iloc[0])


def _mean_price(case: Case, result: Result) -> float:
    price, hours = _season_prices(case, result)
    return _mean(price, hours)


def _mean(price: np.ndarray, hours: np.ndarray) -> float:
    """Return the mean price, each snapshot weighted by its hours [$/MWh]."""
    return float(price @ hours / hours.sum())


def _hours_by_price(case: Case, margins: dict[str, Result]) -> pd.DataFrame:
    """Return the share of the season's hours in which the margin costs at least a price; the contract's is the last."""
    levels = [*_PRICES, _price_asked(case)]
    columns = {}
    for name, result in margins.items():
        price, hours = _season_prices(case, result)
        shares = {}
        for level in levels:
            dear_hours = hours[price >= level]
            shares[level] = float(dear_hours.sum() / hours.sum())
        columns[name] = shares
    table = pd.DataFrame(columns).rename_axis("price")
    table.attrs["units"] = "price $/MWh; share of the season's hours in which the margin costs at least that"
    return table


def _blocks(axis: Axis) -> np.ndarray:
    """Return the block of the day that each snapshot stands for, by its first hour in Pakistan's time."""
    local_hour = axis.snapshots.hour + _LOCAL
    return np.asarray(local_hour % HOURS_A_DAY)


def _block_name(axis: Axis, begin: int) -> str:
    hours_of_day = set(axis.snapshots.hour)
    blocks = max(len(hours_of_day), 1)
    length = HOURS_A_DAY // blocks
    end = (begin + length) % HOURS_A_DAY
    return f"{begin:02d}-{end:02d} h"


def _by_hour(case: Case, result: Result) -> pd.Series:
    """Return the mean price of the season by block of the day, in Pakistan's time."""
    axis = result.inputs.axis
    price, hours = _season_prices(case, result)
    blocks = _blocks(axis)
    means = {}
    for begin in sorted(set(blocks.tolist())):
        inside = blocks == begin
        name = _block_name(axis, begin)
        means[name] = _mean(price[inside], hours[inside])
    return pd.Series(means)


def _by_month_and_hour(case: Case, result: Result) -> pd.DataFrame:
    """Return the mean price by month of the season and block of the day [$/MWh]."""
    axis = result.inputs.axis
    price, hours = _season_prices(case, result)
    columns = {
        "month": month_of(result),
        "block": _blocks(axis),
        "hours": hours,
        "cost": price * hours,
    }
    table = pd.DataFrame(columns)
    is_open = table["hours"] > 0
    of_season = table[is_open]
    sums = of_season.groupby(["month", "block"]).sum()
    mean_price = sums["cost"] / sums["hours"]
    means = mean_price.unstack("block")
    names = [_block_name(axis, int(begin)) for begin in means.columns]
    means.columns = pd.Index(names)
    means.attrs["units"] = "$/MWh, hours of Pakistan"
    return means


def _verdict(
    shares: pd.DataFrame,
    means: pd.Series,
    asked: float,
    first: str,
) -> str:
    """Return in which share of the hours the contract's price is below the margin, in the base year and elsewhere."""
    at_contract = shares.iloc[-1].astype(float)
    share = at_contract[first]
    verdict = "No" if share < _FEW_HOURS else "In some hours"
    dearest = str(at_contract.idxmax())
    largest_share = at_contract[dearest]
    elsewhere = "and in none looked at"
    if largest_share > 0:
        elsewhere = f"and in {100 * largest_share:.0f} % at most ({dearest})"
    return (
        f"{verdict}: in {first} the margin at the receiving bus costs {means[first]:,.0f} $/MWh in the mean of the "
        f"season; in {100 * share:.0f} % of its hours as much as the contract's {asked:g}, {elsewhere}."
    )


def _hours_sentence(day: pd.Series, means: pd.Series, first: str) -> str:
    """Return below which price buying pays: all day, and in the dearest hours."""
    texts = [f"{name}: {price:,.0f}" for name, price in means.items()]
    return (
        f"Buying pays below {means[first]:,.0f} $/MWh all day, and below {day.max():,.0f} from "
        f"{day.idxmax()}; least is worth {day.idxmin()}, {day.min():,.0f}. Means: "
        f"{', '.join(texts)} $/MWh."
    )


def _offer_sentence(
    worth_taking: pd.DataFrame,
    asked: float,
    year: int,
) -> str:
    energy = worth_taking["energy"]
    offered = energy.max()
    worth_asked = energy.iloc[-1]
    is_half = energy >= offered / 2
    prices_of_half = worth_taking.index[is_half]
    half = float(prices_of_half.max())
    return (
        f"Of the {offered:,.0f} GWh that are offered in {year}, {worth_asked:,.0f} are worth {asked:g} $/MWh to "
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
    case = library.case
    offer = solved(case, library.base)
    without_line = library.scenario("least_cost_no_casa", year=library.base.year)
    margin = solved(case, without_line)
    delivered = transferable(offer) * offer.hours / 1000
    price = margin.prices[_far_bus(case)].to_numpy(float)
    asked = _price_asked(case)
    cheaper = [level for level in _PRICES if level < asked]
    months = month_of(offer)
    rows = {}
    for level in (0.0, *cheaper, asked):
        worth_level = delivered.where(price >= level, 0.0)
        sums = worth_level.groupby(months).sum()
        rows[level] = {str(month): float(energy) for month, energy in sums.items()}
    by_month = pd.DataFrame.from_dict(rows, orient="index")
    by_month = by_month.rename_axis("price")
    is_open = by_month.iloc[0].to_numpy(float) > 0
    open_months = by_month.columns[is_open]
    energy = by_month.sum(axis=1)
    offered = max(energy.max(), 1e-9)
    table = pd.DataFrame({"energy": energy, "share": energy / offered})
    table = table.join(by_month[open_months])
    table.attrs["units"] = "price $/MWh; GWh of the season and by month; share 1"
    return table
