"""Actions ranked by what they avoid: unserved energy and income at risk, on common random numbers.

The same water years and the same outages are drawn with and without each action, so that the difference of two runs of
one draw is the action's doing, and its standard error is that of the differences alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy import stats

from energy.analysis.action_file import ActionSet
from energy.analysis.closure import contract_prices
from energy.analysis.investment_paths import present_worth
from energy.analysis.priority_waterfall import energy_in_season
from energy.analysis.risk.season_sample import (
    SamplingDesign,
    checked,
    solver_of,
)
from energy.analysis.tasks import results_in_order
from energy.case import Case
from energy.errors import Fault, InputError, SolverError
from energy.metrics import transferable
from energy.metrics.fuel import unserved_by_country
from energy.model.objective import RETURNED
from energy.scenario import HazardSet, Scenario

NOTHING = "nothing"
_SURE = 0.05  # GWh a year below which an action avoids nothing worth a price
TAIL = 0.1
CONFIDENCE = 0.95
RESAMPLES = 400
RANKED_BY = ("unserved avoided", "income gained", "income at risk avoided")


@dataclass(frozen=True)
class ActionRanking:
    """Actions and what they avoid.

    Attributes
    ----------
    table
        Index action, best first; for each figure of ``RANKED_BY`` its mean a year and ``… error``, its standard error
        [GWh, million USD]; ``cost`` [million USD, once]; ``power bought``, what comes back over the line at the
        action's price [million USD a year]; ``cost of avoided``, cost over the years of service and power bought, a MWh
        avoided [$/MWh] (NaN where nothing is avoided for sure); ``worth`` [million USD]: present value of the income
        gained less cost and power bought (these NaN without the case's ``investment``); ``tied with next``: whether the
        95 % interval of the difference to the next action holds zero.
    samples
        Index (action, draw); ``season``, ``unserved``, ``returned`` [GWh], ``income`` [million USD].
    ranked_by
        The figure that ranks.
    """

    table: pd.DataFrame
    samples: pd.DataFrame
    ranked_by: str


def rank_actions(
    case: Case,
    scenario: Scenario,
    hazards: HazardSet,
    actions: ActionSet,
    draws: Sequence[int],
    seed: int = 1,
    ranked_by: str = RANKED_BY[0],
    executor: Executor | None = None,
) -> ActionRanking:
    """Return the ranking of actions over drawn water years and outages.

    Parameters
    ----------
    case, scenario, hazards
        What exists, what is asked, and the laws of the outages.
    actions
        What is compared.
    draws
        Numbers of the draws; the same for all actions.
    seed
        Family of draws.
    ranked_by
        ``unserved avoided``, ``income gained`` or ``income at risk avoided``.
    executor
        Any ``concurrent.futures`` executor; each action is one task. None: here.

    Raises
    ------
    InputError
        When an action, the scenario or a hazard is refused, or there are fewer than two draws.
    SolverError
        When a draw has no optimum with some action.
    """
    if len(draws) < 2:
        raise InputError(Fault(f"{len(draws)} draws", "--samples", None, "2 or more"))
    if ranked_by not in RANKED_BY:
        what = f"no figure {ranked_by!r}"
        raise InputError(Fault(what, "--by", None, ", ".join(RANKED_BY)))
    water = "water_statistics" in case.profiles
    base = SamplingDesign(scenario, hazards, seed, water=water)
    designs = {NOTHING: base}
    for name in actions.actions:
        changed = actions.scenario_with(name, scenario)
        laws = actions.hazards_with(name, hazards)
        designs[name] = replace(base, scenario=changed, hazards=laws)
    for design in designs.values():
        checked(case, design)
    tasks = [(case, design, draws) for design in designs.values()]
    tables = results_in_order(_action_samples, tasks, executor)
    table_of_action = dict(zip(designs, tables, strict=True))
    samples = pd.concat(table_of_action, names=["action", "draw"])
    table = _ranking_table(samples, ranked_by)
    is_tied = table.pop("tied with next")
    costs = {name: action.cost for name, action in actions.actions.items()}
    table["cost"] = table.index.map(costs)
    table["power bought"] = _power_bought(samples, actions)
    table["cost of avoided"] = _cost_of_avoided(case, table)
    table["worth"] = _worth(case, table)
    table["tied with next"] = is_tied
    table.attrs["units"] = (
        "GWh and million USD a year; cost and worth million USD, avoided energy not counted; cost of avoided $/MWh"
    )
    return ActionRanking(table, samples, ranked_by)


def _power_bought(samples: pd.DataFrame, actions: ActionSet) -> pd.Series:
    """Return what the power costs that each action brings back over the line [million USD a year]."""
    returned = samples["returned"].unstack("action").mean()
    price_of_action = {name: action.power_price for name, action in actions.actions.items()}
    prices = pd.Series(price_of_action, dtype=float)
    brought = returned[prices.index] - returned[NOTHING]
    cost: pd.Series[float] = brought * prices / 1000
    return cost


def _cost_of_avoided(case: Case, table: pd.DataFrame) -> pd.Series:
    """Return cost over the years of service and power bought, a MWh of unserved energy that is avoided [$/MWh].

    An action that avoids less than two standard errors avoids nothing for sure, and has none.
    """
    investment = case.rules.investment
    if investment is None:
        return pd.Series(np.nan, index=table.index)
    avoided = table["unserved avoided"]
    two_errors = 2 * table["unserved avoided error"]
    is_sure = avoided > np.maximum(two_errors, _SURE)
    factor = present_worth(1.0, investment)
    yearly = table["cost"] / factor + table["power bought"]
    cost: pd.Series[float] = 1000 * yearly / avoided.where(is_sure)
    return cost


def _action_samples(
    case: Case,
    design: SamplingDesign,
    draws: Sequence[int],
) -> pd.DataFrame:
    """Return the season, unserved energy and income of some draws; what a worker is given to do.

    Returns
    -------
    pandas.DataFrame
        Index draw; ``season``, ``unserved`` [GWh over the horizon, all countries], ``returned`` over the line [GWh],
        ``income`` [million USD].
    """
    price = sum(contract_prices(case, design.scenario).values())
    rows = {}
    for draw in draws:
        calm = design.undisturbed(draw)
        events = design.events(calm, design.outages(calm, draw))
        try:
            result = solver_of(case, design, draw).solve(events)
        except SolverError as err:
            raise SolverError(f"draw {draw} of {calm.name}: {err}") from None
        season = energy_in_season(calm, result)
        unserved = float(unserved_by_country(result).sum())
        returned_power = transferable(result, RETURNED)
        rows[draw] = {
            "season": season,
            "unserved": unserved,
            "returned": float(returned_power @ result.hours) / 1000,
            "income": season * price / 1000,
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.rename_axis("draw")


def _ranking_table(samples: pd.DataFrame, ranked_by: str) -> pd.DataFrame:
    """Return what each action avoids against doing nothing, best first.

    Income at risk is the mean income of the worst ``TAIL`` of the seasons; its standard error is that of resampled
    draws (bootstrap), the same draws for all actions.

    Parameters
    ----------
    samples
        As of ``ActionRanking``, with ``nothing`` among the actions.
    ranked_by
        A figure of ``RANKED_BY``.
    """
    unserved = samples["unserved"].unstack("action")
    income = samples["income"].unstack("action")
    actions = dict.fromkeys(samples.index.get_level_values("action"))
    names = [str(name) for name in actions if name != NOTHING]
    unserved_avoided, income_gained, income_at_risk_avoided = RANKED_BY
    more_unserved = unserved[names].sub(unserved[NOTHING], axis=0)
    more_income = income[names].sub(income[NOTHING], axis=0)
    differences = {
        unserved_avoided: -more_unserved,
        income_gained: more_income,
    }
    columns = {}
    for figure, difference in differences.items():
        deviation = difference.std(ddof=1)
        columns[figure] = difference.mean()
        columns[f"{figure} error"] = deviation / len(difference) ** 0.5
    resampled = _resampled_tail(income, names)
    tail_of_nothing = _tail(income[NOTHING])
    tails = {}
    for name in names:
        tails[name] = _tail(income[name]) - tail_of_nothing
    columns[income_at_risk_avoided] = pd.Series(tails)
    columns[f"{income_at_risk_avoided} error"] = resampled.std(ddof=1)
    table = pd.DataFrame(columns).rename_axis("action")
    table = table.sort_values(ranked_by, ascending=False, kind="stable")
    is_bootstrap = ranked_by == income_at_risk_avoided
    spread = resampled if is_bootstrap else differences[ranked_by]
    table["tied with next"] = _ties(table.index, spread, is_bootstrap=is_bootstrap)
    table.attrs["units"] = "GWh and million USD a year"
    return table


def _tail(income: pd.Series) -> float:
    """Return the mean of the worst incomes."""
    worst = _worst_seasons(len(income))
    ranked = np.sort(income.to_numpy(float))
    return float(ranked[:worst].mean())


def _worst_seasons(seasons: int) -> int:
    return max(round(TAIL * seasons), 1)


def _resampled_tail(income: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return the differences of the tail over resampled draws; shape (resamples, actions)."""
    generator = np.random.default_rng(1)
    seasons = len(income)
    chosen = generator.integers(seasons, size=(RESAMPLES, seasons))
    values = income[[NOTHING, *names]].to_numpy(float)
    ranked = np.sort(values[chosen], axis=1)
    worst = _worst_seasons(seasons)
    tails = ranked[:, :worst].mean(axis=1)
    without_action = tails[:, :1]
    with_action = tails[:, 1:]
    return pd.DataFrame(with_action - without_action, columns=list(names))


def _ties(order: pd.Index, spread: pd.DataFrame, is_bootstrap: bool) -> list[bool]:
    """Tell of each action whether the interval of its difference to the next one holds zero; the last has no next."""
    ties = []
    for name, following in pairwise(order):
        difference = spread[name] - spread[following]
        count = len(difference)
        error = float(difference.std(ddof=1))
        if not is_bootstrap:
            error /= count**0.5
        probability = (1 + CONFIDENCE) / 2
        quantile = float(stats.t.ppf(probability, count - 1))
        half_width = quantile * error
        size = abs(difference.mean())
        ties.append(bool(size <= half_width))
    return [*ties, False]


def _worth(case: Case, table: pd.DataFrame) -> pd.Series:
    investment = case.rules.investment
    if investment is None:
        return pd.Series(np.nan, index=table.index)
    factor = present_worth(1.0, investment)
    yearly = table["income gained"] - table["power bought"]
    worth: pd.Series[float] = yearly * factor - table["cost"]
    return worth
