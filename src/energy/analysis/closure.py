"""What a closure costs: each length from the first of each month, as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from energy.analysis.parallel import TaskResult, solve_points
from energy.analysis.unsupported_inputs import refuse_without_line
from energy.case import Case
from energy.errors import Fault, InputError
from energy.metrics import transferable
from energy.metrics.fuel import unserved_by_country
from energy.model.inputs import assemble
from energy.scenario import Scenario
from energy.solve import Result

LENGTHS = (7, 30, 92)
MOST_POINTS = 2000
UNITS = {
    "delivered": "GWh",
    "lost": "GWh",
    "income lost": "million USD",
    "more unserved": "GWh",
}


@dataclass(frozen=True)
class Closures:
    """What closures of some lengths, from the first of some months, take.

    Attributes
    ----------
    table
        Index (month, days); ``delivered`` and ``lost`` energy of the line [GWh], ``income lost`` of sellers and transit
        and ``bill saved`` of the buyer [million USD at the contract's prices], ``more unserved`` [GWh, all countries].
    undisturbed
        Delivered without a closure [GWh].
    """

    table: pd.DataFrame
    undisturbed: float


def delivered_and_unserved(result: Result) -> dict[str, np.ndarray]:
    """Measure the energy delivered at the far end and the demand that is not served, in all and by country [GWh]."""
    delivered = float(transferable(result) @ result.hours) / 1000
    by_country = unserved_by_country(result)
    unserved = float(by_country.sum())
    measured = {
        "delivered": np.array(delivered),
        "unserved": np.array(unserved),
    }
    for country, energy in by_country.items():
        measured[f"unserved {country}"] = np.array(float(energy))
    return measured


def closure_scenario(
    scenario: Scenario,
    where: Sequence[str],
    month: int,
    days: int,
) -> Scenario:
    """Return the scenario with a closure from the first of a month."""
    event = {
        "name": f"closure of {days} days from month {month}",
        "kind": "border_stop",
        "cause": "politics",
        "where": list(where),
        "start": f"{month:02d}-01",
        "duration": f"{days}d",
    }
    own_events = scenario.plain()["events"]
    return scenario.replace(events=[*own_events, event])


def closures(
    case: Case,
    scenario: Scenario,
    where: Sequence[str],
    lengths: Sequence[int] = LENGTHS,
    months: Sequence[int] | None = None,
    executor: Executor | None = None,
) -> Closures:
    """Return what closures cost.

    Parameters
    ----------
    case, scenario
        What exists and what is asked; the scenario's own events happen too.
    where
        What is closed: corridors, or ``table.name``.
    lengths
        Days.
    months
        Months in whose first hour a closure begins; those of the contract's season by default.
    executor
        Any ``concurrent.futures`` executor; None: here.

    Raises
    ------
    InputError
        When a length is no number of days, or the scenario or a corridor is refused.
    SolverError
        When a point has no optimum.
    """
    months = _season_months(case, scenario) if months is None else list(months)
    _refuse_unsound(lengths, months)
    refuse_without_line(assemble(case, scenario), scenario.name)
    keys = list(product(months, lengths))
    points = [scenario]
    for month, days in keys:
        points.append(closure_scenario(scenario, where, month, days))
    answers = list(solve_points(case, points, delivered_and_unserved, executor))
    answers.sort(key=lambda answer: answer.index)
    refuse_failed(answers, points)
    solved = pd.DataFrame([answer.values for answer in answers])
    solved = solved.astype(float)
    undisturbed = solved.iloc[0]
    disturbed = solved.iloc[1:]
    price = sum(contract_prices(case, scenario).values())
    delivered = disturbed["delivered"].to_numpy()
    unserved = disturbed["unserved"].to_numpy()
    lost = undisturbed["delivered"] - delivered
    columns = {
        "delivered": delivered,
        "lost": lost,
        "income lost": lost * price / 1000,
        "more unserved": unserved - undisturbed["unserved"],
    }
    index = pd.MultiIndex.from_tuples(keys, names=["month", "days"])
    table = pd.DataFrame(columns, index=index)
    table.attrs["units"] = dict(UNITS)
    return Closures(table, float(undisturbed["delivered"]))


def _refuse_unsound(lengths: Sequence[int], months: Sequence[int]) -> None:
    are_days = all(1 <= days <= 365 for days in lengths)
    if not lengths or not are_days:
        what = f"lengths are {list(lengths)}"
        raise InputError(Fault(what, "--days", allowed="days from 1 to 365"))
    count = len(months) * len(lengths)
    if count > MOST_POINTS:
        most = f"up to {MOST_POINTS:,}"
        raise InputError(Fault(f"{count:,} closures", allowed=most))


def _season_months(case: Case, scenario: Scenario) -> list[int]:
    """Return the months in which the contract delivers, from its first to its last; all where it has none."""
    contract = case.rules.contract
    if contract is None:
        return list(range(1, 13))
    first = contract.season.start
    last = contract.season.end
    own_season = scenario.contract.season
    if own_season:
        first = own_season.first
        last = own_season.last
    begin = int(first[:2])
    end = int(last[:2])
    months_after_begin = (end - begin) % 12
    months = []
    for step in range(months_after_begin + 1):
        month = (begin - 1 + step) % 12 + 1
        months.append(month)
    return months


def contract_prices(case: Case, scenario: Scenario) -> dict[str, float]:
    """Return the parts of the contract's price as the scenario sets them [$/MWh]; none where there is no contract."""
    contract = case.rules.contract
    if contract is None:
        return {}
    return {**contract.prices, **scenario.contract.prices}


def refuse_failed(answers: Sequence[TaskResult], points: Sequence[Scenario]) -> None:
    """Refuse answers of which one failed, with the reasons of all that did.

    Raises
    ------
    InputError
        With one fault a failed point.
    """
    failed = [answer for answer in answers if answer.reason]
    if failed:
        raise InputError(list(_reasons(failed, points)))


def _reasons(failed: Sequence[TaskResult], points: Sequence[Scenario]) -> Iterator[Fault]:
    for answer in failed:
        point = points[answer.index]
        place = point.name
        if point.events:
            names = [event.name for event in point.events]
            place += f" with {', '.join(names)}"
        for reason in answer.reason.splitlines():
            yield Fault(reason, place)
