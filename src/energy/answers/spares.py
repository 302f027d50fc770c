"""What spares and crews that shorten outages are worth, without sampling outages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from energy.analysis.action_file import ActionSet
from energy.analysis.closure import contract_prices
from energy.analysis.expected_outage_loss import expected_losses
from energy.analysis.investment_paths import present_worth
from energy.analysis.recorded_seasons import recorded_seasons
from energy.answers.answer import DAILY, Answer, marks_of, season_energy, water_labels
from energy.answers.money import SECTION, investment_of
from energy.case import Case
from energy.scenario import HazardSet, Scenario

_BEFORE, _AFTER = "without", "with"
_RECORD = "record"
_SPARES_LIMITS = (
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
    """Return what actions that shorten or spare outages are worth, without sampling outages.

    Parameters
    ----------
    case, scenario, hazards
        What exists, what is asked, and the laws of the outages.
    actions, names
        Actions that change hazards, and those of them that count.
    """
    record = recorded_seasons(case, scenario).to_numpy(float)
    rows: dict[tuple[str, str], dict[str, float]] = {}
    for name in names:
        cost = actions.actions[name].cost
        by_water = _spared_by_water(case, scenario, hazards, actions, name)
        if len(record):
            by_water = {_RECORD: _mean_over_record(by_water, record)} | by_water
        for water, spared in by_water.items():
            rows[name, water] = spared | _money(case, scenario, spared, cost)
    table = pd.DataFrame.from_dict(rows, orient="index").drop(columns="season")
    table.index = pd.MultiIndex.from_tuples(rows, names=["action", "water"])
    table.attrs["units"] = (
        "GWh a year; income million USD a year, cost and worth million USD; rates that pay: times those of the hazards"
    )
    return Answer(
        (_verdicts(table),),
        {"Spares by the odds of the outages": table},
        span=_rates_span(table),
        marks=marks_of(case, SECTION) + "; rates of outages: weakest mark C",
        limits=_SPARES_LIMITS,
    )


def _spared_by_water(
    case: Case,
    scenario: Scenario,
    hazards: HazardSet,
    actions: ActionSet,
    name: str,
) -> dict[str, dict[str, float]]:
    """Return the season, what outages take without an action, and what it spares, by water [GWh a year]."""
    laws = {_BEFORE: hazards, _AFTER: actions.hazards_with(name, hazards)}
    changed = tuple(key for key, law in hazards.hazards.items() if law != laws[_AFTER].hazards[key])
    daily = scenario.replace(**{"time.resolution": DAILY})
    rows = {}
    for water, season in water_labels(case, daily).items():
        losses = expected_losses(case, season, laws, changed)
        total = losses[["lost", "lost, low", "lost, high"]].groupby(level="laws").sum().T
        spared = total[_BEFORE] - total[_AFTER]
        rows[water] = {
            "season": season_energy(case, season),
            "lost without": float(total[_BEFORE]["lost"]),
            "spared": float(spared["lost"]),
            "spared, low rates": float(spared["lost, low"]),
            "spared, high rates": float(spared["lost, high"]),
        }
    return rows


def _mean_over_record(by_water: Mapping[str, Mapping[str, float]], record: np.ndarray) -> dict[str, float]:
    """Return the mean over water years on record, each at its place between the waters that were solved.

    Examples
    --------
    >>> dry, wet = {"season": 1000.0, "spared": 0.0}, {"season": 2000.0, "spared": 10.0}
    >>> _mean_over_record({"dry": dry, "wet": wet}, np.array([500.0, 1500.0, 2000.0]))["spared"]
    5.0
    """
    known = pd.DataFrame(by_water).T.sort_values("season")
    seasons = known["season"].to_numpy(float)
    means = {}
    for name in known.columns:
        by_season = known[name].to_numpy(float)
        means[str(name)] = float(np.interp(record, seasons, by_season).mean())
    return means


def _money(case: Case, scenario: Scenario, spared: Mapping[str, float], cost: float) -> dict[str, float]:
    """Return income gained a year, and what it is worth over the years of service less the cost [million USD].

    ``rates that pay`` is the factor on the rates of all outages at which the worth is zero.
    """
    investment, _ = investment_of(case)
    price = sum(contract_prices(case, scenario).values())
    income = spared["spared"] * price / 1000
    gained = present_worth(income, investment)
    return {
        "income gained": income,
        "cost": cost,
        "worth": gained - cost,
        "rates that pay": cost / gained if gained > 0 else float("nan"),
    }


def _verdicts(table: pd.DataFrame) -> str:
    """Return of each action whether it is worth its cost: over the record, and in each water."""
    texts = []
    for action in dict.fromkeys(table.index.get_level_values("action")):
        waters = table.xs(action, level="action")
        first = waters.iloc[0]
        spread = [f"{row['spared']:.1f} in {water}" for water, row in waters.iloc[1:].iterrows()]
        name = _water_name(str(waters.index[0]))
        texts.append(
            f"{action} for {first['cost']:g} million: {'worth it' if first['worth'] > 0 else 'not worth it'}, "
            f"{first['spared']:.1f} GWh and {first['income gained']:.2f} million USD a year over {name} "
            f"({', '.join(spread) or 'no other water'}), worth it from {first['rates that pay']:.2f} times the rates on"
        )
    return f"Spares, by the sale alone: {'; '.join(texts)}."


def _water_name(water: str) -> str:
    return "the water years on record" if water == _RECORD else f"{water} water"


def _rates_span(table: pd.DataFrame) -> str:
    texts = []
    for action in dict.fromkeys(table.index.get_level_values("action")):
        row = table.xs(action, level="action").iloc[0]
        texts.append(f"{action} {row['spared, low rates']:.1f} to {row['spared, high rates']:.1f} GWh a year")
    return f"by the rates' ranges: {', '.join(texts)}"
