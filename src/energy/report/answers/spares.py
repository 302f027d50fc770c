"""What spares are worth: less expected loss, at the contract's price, against what they cost."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from energy.analysis.action_file import ActionSet
from energy.analysis.closure import contract_prices
from energy.analysis.expected_outage_loss import expected_losses
from energy.analysis.investment_paths import present_worth
from energy.case import Case
from energy.report.answers.answer import Answer, marks_of
from energy.report.answers.money import SECTION, investment_of
from energy.report.answers.seasons import water_labels
from energy.scenario import HazardSet, Scenario

BEFORE, AFTER = "without", "with"
DAILY = "typical-days-24h"
"""Resolution of outages that last for days: hours of the day do not matter, and there are hundreds of them."""
LIMITS = (
    "outages that overlap and crews that are kept out: spares are valued one outage at a time, each foreseen",
    "what spares are worth to the lines of Kabul: only the sale over the line under study counts",
)


def spares_answer(
    case: Case,
    scenario: Scenario,
    hazards: HazardSet,
    actions: ActionSet,
    names: Sequence[str],
) -> Answer:
    """Return what actions that shorten or spare outages are worth, without sampling.

    Parameters
    ----------
    case, scenario, hazards
        What exists, what is asked, and the laws of the outages.
    actions, names
        Actions that change hazards, and those of them that count.
    """
    investment, _ = investment_of(case)
    price = sum(contract_prices(case, scenario).values())
    rows: dict[tuple[str, str], dict[str, float]] = {}
    for name in names:
        laws = {BEFORE: hazards, AFTER: actions.hazards_with(name, hazards)}
        changed = tuple(key for key, law in hazards.hazards.items() if law != laws[AFTER].hazards[key])
        cost = actions.actions[name].cost
        for water, season in _seasons(case, scenario).items():
            losses = expected_losses(case, season, laws, changed)
            total = losses[["lost", "lost, low", "lost, high"]].groupby(level="laws").sum().T
            spared = total[BEFORE] - total[AFTER]
            income = float(spared["lost"]) * price / 1000
            rows[name, water] = {
                "lost without": float(total[BEFORE]["lost"]),
                "spared": float(spared["lost"]),
                "spared, low rates": float(spared["lost, low"]),
                "spared, high rates": float(spared["lost, high"]),
                "income gained": income,
                "cost": cost,
                "worth": present_worth(income, investment) - cost,
            }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index = pd.MultiIndex.from_tuples(rows, names=["action", "water"])
    table.attrs["units"] = "GWh a year; income million USD a year, cost and worth million USD"
    texts, spans = [], []
    for (action, water), row in rows.items():
        texts.append(
            f"{action}, {water}: {row['spared']:.2f} GWh and {row['income gained']:.2f} million USD a year "
            f"for {row['cost']:g} million, {'worth it' if row['worth'] > 0 else 'not worth it'}"
        )
        spans.append(f"{action}, {water}: {row['spared, low rates']:.2f} to {row['spared, high rates']:.2f} GWh a year")
    return Answer(
        (f"What spares save by the sale alone: {'; '.join(texts)}.",),
        {"Spares by the odds of the outages": table},
        span=f"by the rates' ranges: {'; '.join(spans)}",
        marks=marks_of(case, SECTION),
        limits=LIMITS,
    )


def _seasons(case: Case, scenario: Scenario) -> dict[str, Scenario]:
    """Return the scenario's own water, and the wet year in which the line is full, if the case has one; by days."""
    daily = scenario.replace(**{"time.resolution": DAILY})
    waters = water_labels(case, daily)
    seasons = {"own water": daily}
    if "wet" in waters:
        seasons["wet"] = waters["wet"]
    return seasons
