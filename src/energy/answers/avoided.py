"""Answers about what is avoided: fuel and carbon dioxide, the cost of closures, prices in winter, actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor

import numpy as np
import pandas as pd

from energy.analysis.action_file import ActionSet
from energy.analysis.action_ranking import RANKED_BY, rank_actions
from energy.analysis.closure import LENGTHS, closures
from energy.analysis.investment import BenefitCurve
from energy.analysis.risk.estimate import mean
from energy.analysis.settlement import Settlement
from energy.answers.answer import Answer, marks_of, settled, water_labels
from energy.case import Case
from energy.metrics.labelled_table import labelled_table
from energy.metrics.monthly import weighted_quantile
from energy.scenario import HazardSet, Scenario

_MOST_OF_THE_HOURS = 0.5
_POWERS = (300, 650, 1000)
"""Sales that a buyer's winter export is valued at [MW]."""


def avoided_answer(
    case: Case,
    scenario: Scenario,
    seasons: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    source: str = "sampled seasons",
) -> Answer:
    """Return the fuel and carbon dioxide that the line saves, by country and fuel.

    Parameters
    ----------
    case, scenario
        What exists and what is asked.
    seasons, weights
        Seasons [GWh] and their likelihood ratios, over which the carbon dioxide gets an interval; it follows from a
        season's energy by the settlements in dry, median and wet water.
    source
        What the seasons are.
    """
    by_water = {label: settled(case, changed) for label, changed in water_labels(case, scenario).items()}
    money = settled(case, scenario)
    buyer = str(money.contract.buyer)
    water = tonnes_of(by_water, "water")
    own = tonnes_of({scenario.name: money}, "scenario").iloc[0]
    sentence = (
        f"{own['delivered']:,.0f} GWh delivered avoid {own[f'CO2 {buyer}'] / 1000:,.0f} thousand tonnes of CO2 in "
        f"{buyer}, {own[f'per MWh {buyer}']:.2f} t/MWh, and {own['CO2'] / 1000:,.0f} in all countries, by the merit "
        "order of the case."
    )
    by_evidence = _tonnes_by_evidence(case, money.avoided, buyer)
    least, most = by_evidence["low"].sum() / 1000, by_evidence["high"].sum() / 1000
    in_buyer = [f"{row[f'CO2 {buyer}'] / 1000:,.0f} kt ({label})" for label, row in water.iterrows()]
    span = f"in {buyer} {', '.join(in_buyer)}; {least:,.0f} to {most:,.0f} kt by what is known of its plants"
    tables = {
        "Avoided by country and fuel": money.avoided,
        "In other water": water,
        f"In {buyer}, by what is known of efficiency and fuel": by_evidence,
    }
    if seasons is not None:
        sampled = _sampled_tonnes(water, ["CO2", f"CO2 {buyer}"], seasons, weights)
        tables[f"CO2 over {source}"] = sampled
        low, high = sampled["low"].iloc[-1] / 1000, sampled["high"].iloc[-1] / 1000
        span += f"; mean over {len(seasons)} {source} {low:,.0f} to {high:,.0f} kt (95 %)"
    return Answer(
        (sentence,),
        tables,
        span=span,
        marks=marks_of(case, "carriers.*", "generators.*"),
        limits=("emissions of markets outside the case, of building, methane of reservoirs and of gas supply",),
    )


def tonnes_of(settlements: Mapping[str, Settlement], axis: str) -> pd.DataFrame:
    """Return the carbon dioxide that the line saves in each settlement, in all countries and at the buyer's.

    Returns
    -------
    pandas.DataFrame
        Index ``axis``; ``delivered``, ``electricity``, ``fuel`` [GWh], ``CO2`` and ``CO2 <buyer>`` [t], ``per MWh
        <buyer>`` [t a delivered MWh].
    """
    rows = {}
    for label, money in settlements.items():
        buyer = str(money.contract.buyer)
        country = money.avoided.index.get_level_values("country")
        in_buyer = float(money.avoided["CO2"][country == buyer].sum())
        delivered = float(money.terms["delivered"].sum())
        rows[label] = {
            "delivered": delivered,
            **money.avoided[["electricity", "fuel", "CO2"]].sum().to_dict(),
            f"CO2 {buyer}": in_buyer,
            f"per MWh {buyer}": in_buyer / (1000 * delivered) if delivered else 0.0,
        }
    return labelled_table(rows, axis, "delivered, electricity, fuel GWh; CO2 t; per MWh t/MWh")


def _tonnes_by_evidence(case: Case, avoided: pd.DataFrame, country: str) -> pd.DataFrame:
    """Return the carbon dioxide saved in a country at the ends of what is known of efficiencies and emission factors.

    The electricity that is not generated stays as it is: tonnes go with the factor and against the efficiency.

    Returns
    -------
    pandas.DataFrame
        Index carrier; ``low``, ``base``, ``high`` [t].
    """
    saved = avoided[avoided.index.get_level_values("country") == country].droplevel("country")["CO2"]
    plants = case.components["generators"]
    home = plants["bus"].map(case.components["buses"]["country"])
    numbers = case.evidence.set_index(["component", "attribute"]).sort_index()
    efficiency = _relative_ends(numbers, "generators", "efficiency")
    factor = _relative_ends(numbers, "carriers", "co2_emissions")
    rows = {}
    for carrier, tonnes in saved.items():
        of_carrier = plants.index[(home == country) & (plants["carrier"] == carrier)]
        usual = efficiency.reindex(of_carrier).fillna(1.0).mean()
        least = factor["low"].get(carrier, 1.0) / usual["high"]
        most = factor["high"].get(carrier, 1.0) / usual["low"]
        ends = sorted((tonnes * least, tonnes * most))
        rows[carrier] = {"low": ends[0], "base": tonnes, "high": ends[1]}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["low", "base", "high"]).rename_axis("carrier")
    table.attrs["units"] = "t"
    return table


def _relative_ends(numbers: pd.DataFrame, component: str, attribute: str) -> pd.DataFrame:
    """Return low and high end of what is known of an attribute, over its base; index name."""
    if (component, attribute) not in numbers.index:
        return pd.DataFrame({"low": [], "high": []}, dtype=float)
    rows = numbers.loc[[(component, attribute)]].set_index("name")
    ends = rows[["low", "high"]].astype(float)
    base = rows["base"].astype(float)
    return ends.div(base, axis=0)


def _sampled_tonnes(
    water: pd.DataFrame,
    figures: Sequence[str],
    seasons: np.ndarray,
    weights: np.ndarray | None,
) -> pd.DataFrame:
    """Return the mean of the avoided carbon dioxide with its 95 % interval, and what is exceeded [t]."""
    known = water.sort_values("delivered").drop_duplicates("delivered")
    curve = BenefitCurve(known["delivered"].to_numpy(float), known[[*figures]].reset_index(drop=True))
    share = np.ones(len(seasons)) if weights is None else weights
    rows = {}
    for figure, tonnes in zip(figures, curve.at(seasons).T, strict=True):
        average = mean(tonnes, share / share.mean())
        low, high = average.interval
        rows[figure] = {"mean": average.value, "low": low, "high": high}
        for exceeded in (0.9, 0.5, 0.1):
            rows[figure][f"P{100 * exceeded:.0f}"] = weighted_quantile(tonnes, share, 1 - exceeded)
    return labelled_table(rows, "figure", "t")


def winter_price_answer(case: Case, scenario: Scenario) -> Answer:
    """Return the prices at which the contract's buyer could sell in winter and both sides gain."""
    money = settled(case, scenario)
    table = money.prices
    winter = table[table["hours with gain"] > _MOST_OF_THE_HOURS]
    asks, bids = winter["seller asks"], winter["buyer bids"]
    months = ", ".join(str(month) for month in winter.index)
    if winter.empty:
        sentence = "In no month does power from the buyer cost less than what it would replace in most hours."
        span = ""
    else:
        common = asks.max() < bids.min()
        prices = f" at {asks.max():,.0f} to {bids.min():,.0f} $/MWh delivered" if common else ""
        sentence = f"Both gain{prices} in most hours of {months}; the table has the prices of each month."
        span = f"asks {asks.min():,.0f} to {asks.max():,.0f}, bids {bids.min():,.0f} to {bids.max():,.0f} $/MWh"
    trade = _gain_by_power(table)
    limits = ("how prices move with the traded amount; they are those of the margin without the line",)
    tables = {
        "Prices of the margin by month": table,
        "Gain of both sides together by the power that is sold": trade,
    }
    return Answer((sentence,), tables, span=span, marks=marks_of(case, "generators.*"), limits=limits)


def _gain_by_power(prices: pd.DataFrame) -> pd.DataFrame:
    """Return what selling at a power in all hours with gain is worth to both sides, if it does not move prices."""
    months = pd.PeriodIndex(prices.index)
    hours = months.days_in_month.to_numpy() * 24 * prices["hours with gain"].to_numpy(float)
    gain = prices["gain"].fillna(0.0).to_numpy(float)
    rows = {}
    for power in _POWERS:
        rows[power] = {
            "energy": power * hours.sum() / 1000,
            "gain": power * float(hours @ gain) / 1e6,
        }
    units = {
        "power": "MW",
        "energy": "GWh",
        "gain": "million USD",
    }
    return labelled_table(rows, "power", units)


def closure_answer(
    case: Case,
    scenario: Scenario,
    where: Sequence[str],
    lengths: Sequence[int] = LENGTHS,
    months: Sequence[int] | None = None,
    executor: Executor | None = None,
) -> Answer:
    """Return what a closure of each length costs, by the month that it begins in."""
    costs = closures(case=case, scenario=scenario, where=where, lengths=lengths, months=months, executor=executor)
    lost = costs.table["lost"].unstack("days")
    lost.columns = pd.Index([f"{days} days" for days in lost.columns])
    lost.attrs["units"] = "GWh"
    income = costs.table["income lost"].unstack("days")
    income.columns = pd.Index([f"{days} days" for days in income.columns])
    income.attrs["units"] = "million USD"
    position = int(costs.table["lost"].to_numpy().argmax())
    month, days = costs.table.index.tolist()[position]
    worst = costs.table.iloc[position]
    sentence = (
        f"Of {costs.undisturbed:,.0f} GWh a closure of {', '.join(where)} takes at most {worst['lost']:,.0f} "
        f"({days} days from month {month}): {worst['income lost']:,.1f} million USD of the contract's income, "
        "which the buyer does not pay and spends on its own plants."
    )
    span = f"{lost.to_numpy().min():,.0f} to {lost.to_numpy().max():,.0f} GWh over months and lengths"
    tables = {
        "Energy lost, by month of the beginning": lost,
        "Income lost": income,
        "All figures": costs.table,
    }
    foreseen = scenario.foresight == "perfect"
    limits = ("a closure that nobody foresees: these are known from the start (--set foresight=surprise)",)
    return Answer(
        (sentence,),
        tables,
        span=span,
        marks=marks_of(case, "rules.contract"),
        limits=limits if foreseen else (),
    )


def action_answer(
    case: Case,
    scenario: Scenario,
    hazards: HazardSet,
    actions: ActionSet,
    samples: int,
    seed: int = 1,
    ranked_by: str = RANKED_BY[0],
    executor: Executor | None = None,
) -> Answer:
    """Return the ranking of actions over drawn water years and outages."""
    ranking = rank_actions(
        case=case,
        scenario=scenario,
        hazards=hazards,
        actions=actions,
        draws=np.arange(samples).tolist(),
        seed=seed,
        ranked_by=ranked_by,
        executor=executor,
    )
    table = ranking.table
    best = str(table.index[0])
    error = float(table[f"{ranked_by} error"].iloc[0])
    unit = "GWh" if ranked_by == RANKED_BY[0] else "million USD"
    ties = [str(name) for name in table.index[table["tied with next"]]]
    sentences = [
        f"First by {ranked_by}: {best}, {table[ranked_by].iloc[0]:,.1f} ± {error:,.1f} {unit} a year "
        f"(standard error of {samples} draws, the same for all actions).",
    ]
    if ties:
        sentences.append(f"Not told apart from the next one at 95 %: {', '.join(ties)}.")
    span = f"{samples} draws of seed {seed}, hazards {hazards.name}"
    limits = ("actions that change how people or states behave; cost and effect of each are judged",)
    return Answer(
        tuple(sentences),
        {"Actions, best first": table},
        span=span,
        marks=marks_of(case),
        limits=limits,
    )
