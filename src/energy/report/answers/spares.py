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
from energy.scenario import HazardSet, Scenario

BEFORE, AFTER = "without", "with"
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
    rows = {}
    for name in names:
        laws = {BEFORE: hazards, AFTER: actions.hazards_with(name, hazards)}
        changed = tuple(key for key, law in hazards.hazards.items() if law != laws[AFTER].hazards[key])
        losses = expected_losses(case, scenario, laws, changed)
        total = losses[["lost", "lost, low", "lost, high"]].groupby(level="laws").sum()
        spared = total.loc[BEFORE] - total.loc[AFTER]
        income = spared["lost"] * price / 1000
        cost = actions.actions[name].cost
        rows[name] = {
            "lost without": total.loc[BEFORE, "lost"],
            "spared": spared["lost"],
            "spared, low rates": spared["lost, low"],
            "spared, high rates": spared["lost, high"],
            "income gained": income,
            "cost": cost,
            "worth": present_worth(income, investment) - cost,
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("action")
    table.attrs["units"] = "GWh a year; income million USD a year, cost and worth million USD"
    texts = []
    for action, row in table.iterrows():
        verdict = "pays" if row["worth"] > 0 else "does not pay"
        texts.append(
            f"{action} saves {row['spared']:.2f} GWh and {row['income gained']:.2f} million USD a year "
            f"for {row['cost']:g} million: it {verdict} by the sale alone"
        )
    low, high = table["spared, low rates"], table["spared, high rates"]
    spans = [f"{action} {low[action]:.2f} to {high[action]:.2f} GWh a year" for action in table.index]
    return Answer(
        ("; ".join(texts) + ".",),
        {"Spares by the odds of the outages": table},
        span=f"by the rates' ranges: {', '.join(spans)}",
        marks=marks_of(case, SECTION),
        limits=LIMITS,
    )
