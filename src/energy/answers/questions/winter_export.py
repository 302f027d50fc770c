"""Question 9: Pakistan sells back in winter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from energy.answers.answer import Answer, Library, marks_of, solved
from energy.answers.avoided import winter_price_answer
from energy.case import Case
from energy.metrics.balance import country_of_bus
from energy.metrics.fuel import unserved_by_country
from energy.metrics.labelled_table import labelled_table
from energy.model.objective import RETURNED, UNSERVED
from energy.scenario import Scenario
from energy.solve import Result

_SALES = (300, 650, 1000)
"""Power that is sold back in winter [MW]."""
_SALE_PRICES = (80.0, 100.0, 120.0)
"""Prices of winter power that the seller's gain is shown at [$/MWh delivered]."""


def winter_export(library: Library) -> Answer:
    """Question 9: what Pakistan gains by exporting in winter, and at which price both gain."""
    case = library.case
    answer = winter_price_answer(case, library.base)
    without = library.scenario("least_cost_no_casa")
    rating = _rating(library)
    scenarios = {power: _reverse_scenario(without, rating, power) for power in (0, *_SALES)}
    trade = _reverse_trade(case, scenarios, seller="PK", prices=_SALE_PRICES)
    table = library.compared("reverse_winter")
    low, high = trade["least price"], trade["highest price"]
    middle = trade.index[len(trade) // 2]
    price = _SALE_PRICES[0]
    sentences = (
        f"At {middle:,.0f} MW Pakistan sells {trade.loc[middle, 'delivered']:,.0f} GWh a year and gains "
        f"{trade.loc[middle, f'gain at {price:g}']:,.0f} million USD at {price:g} $/MWh delivered; its plants cost "
        f"{trade.loc[middle, 'cost of the seller']:,.0f} million more.",
        f"Pakistan gains from {low.min():,.0f} to {low.max():,.0f} $/MWh on, by the power sold; the others save up to "
        f"{high.max():,.0f} $/MWh, as it serves {trade['served more'].max():,.0f} GWh of demand that goes dark.",
        *answer.sentences,
    )
    tables = {"Sold back, solved at each power": trade, **answer.tables, "With the line open both ways": table}
    return replace(
        answer,
        sentences=sentences,
        tables=tables,
        span=f"least price {low.min():,.0f} to {low.max():,.0f}, highest {high.min():,.0f} to {high.max():,.0f} $/MWh",
        limits=(
            "what Kyrgyz and Tajik buyers can pay: the saving counts demand in the dark at the case's value of it",
        ),
        marks=marks_of(case, "generators.*", "links.HVDC*"),
    )


def _rating(library: Library) -> float:
    links = library.case.components["links"]
    return float(links.loc[links["service"] == "casa", "p_nom"].astype(float).filter(like="HVDC pole").sum())


def _reverse_scenario(scenario: Scenario, rating: float, power: float) -> Scenario:
    """Return a least-cost scenario in which the line runs back at up to a power, outside the season too.

    Parameters
    ----------
    scenario
        At least cost, without a sale over the line.
    rating
        Of the line [MW].
    power
        Most power that is sold back [MW].
    """
    limit = {
        "name": f"back at most {power:,.0f} MW",
        "kind": "derating",
        "cause": "what is sold",
        "where": ["links.HVDC pole ? reverse *"],
        "start": "04-01",
        "end": "never",
        "depth": 1 - power / rating,
    }
    return scenario.replace(
        **{
            "contract.outside_season": "open",
            "contract.direction": "both",
            "events": [*scenario.plain()["events"], limit],
        }
    )


def _reverse_trade(
    case: Case,
    scenarios: Mapping[int, Scenario],
    seller: str,
    prices: Sequence[float],
) -> pd.DataFrame:
    """Return what selling back is worth to each side, by the power that is sold.

    The least price that pays the seller is what its plants cost more, the highest that pays the others what they save,
    both for a delivered MWh. What demand that is not served is worth is the case's.

    Parameters
    ----------
    case
        What exists.
    scenarios
        Power sold back [MW] → scenario; the first one sells nothing.
    seller
        Country that sells back.
    prices
        Prices [$/MWh delivered] at which the seller's gain is shown.

    Returns
    -------
    pandas.DataFrame
        Index power [MW]; ``delivered``, ``served more`` [GWh a year], ``cost of the seller``, ``saved by the others``
        [million USD a year], ``least price``, ``highest price`` [$/MWh], ``gain at …`` of the seller [million USD].
    """
    results = {power: solved(case, scenario) for power, scenario in scenarios.items()}
    nothing = next(iter(results.values()))
    cost_before = _plant_cost(nothing, seller)
    dark_before = float(unserved_by_country(nothing).sum())
    rows = {}
    for power, result in list(results.items())[1:]:
        delivered = _returned(result)
        cost = _plant_cost(result, seller) - cost_before
        saved = (nothing.objective - result.objective) / 1e6 + cost
        row = {
            "delivered": delivered,
            "served more": dark_before - float(unserved_by_country(result).sum()),
            "cost of the seller": cost,
            "saved by the others": saved,
            "least price": 1000 * cost / delivered if delivered else float("nan"),
            "highest price": 1000 * saved / delivered if delivered else float("nan"),
        }
        for price in prices:
            row[f"gain at {price:g}"] = delivered * price / 1000 - cost
        rows[power] = row
    return labelled_table(rows, "power", "power MW; GWh, million USD a year, prices $/MWh delivered")


def _returned(result: Result) -> float:
    """Return what arrives over the line the other way [GWh]."""
    links = result.inputs.components["links"]
    names = links.index[links["service"] == RETURNED]
    return float(result.received[names].sum(axis=1) @ result.hours) / 1000


def _plant_cost(result: Result, country: str) -> float:
    """Return what the plants of a country cost [million USD]; unserved demand is no plant."""
    plants = result.inputs.components["generators"]
    is_home = plants["bus"].map(country_of_bus(result)) == country
    is_plant = (plants["sign"] > 0) & (plants["carrier"] != UNSERVED)
    names = plants.index[is_home & is_plant]
    output = result.flow("generators")[names]
    cost = result.inputs.values("generators", "marginal_cost")[names]
    return float((output * cost).sum(axis=1) @ result.hours) / 1e6
