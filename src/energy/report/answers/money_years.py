"""Answers about money over years that differ: each year of a path solved by itself."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from energy.analysis.investment import ALL, investment_table
from energy.analysis.investment_paths import flows_of_years
from energy.case import Case
from energy.case.investment import Investment
from energy.case.rules import ContractTerms
from energy.report.answers.answer import Answer, marks_of
from energy.report.answers.money import NEVER, SECTION, investment_of
from energy.report.answers.seasons import settled, water_labels
from energy.scenario import Scenario

DELIVERED = "delivered"
LIMITS = (
    "plants and growth after the last year of the path: what it repeats is assumed, and shown",
    "water of one kind in all years: a path of drawn years is `energy investment --samples`",
)


def _benefit_of_years(case: Case, scenario: Scenario, years: Sequence[int]) -> pd.DataFrame:
    """Return the season and each country's welfare in calendar years, each settled by itself.

    Returns
    -------
    pandas.DataFrame
        Index year; ``delivered`` [GWh] and countries [million USD].
    """
    rows = {}
    for year in years:
        money = settled(case, scenario.replace(year=year))
        delivered = float(money.terms["delivered"].sum())
        rows[year] = {DELIVERED: delivered, **money.welfare["total"].to_dict()}
    return pd.DataFrame.from_dict(rows, orient="index").fillna(0.0).rename_axis("year")


def years_answer(
    case: Case,
    scenario: Scenario,
    years: Sequence[int],
    starts: Sequence[int | None],
) -> Answer:
    """Return what the works are worth over a path of years that differ, by start, in dry, median and wet water.

    Parameters
    ----------
    case, scenario
        What exists; the scenario's own year is replaced by each of the path.
    years
        Calendar years that are solved, ascending; earlier and later ones are as the first and the last.
    starts
        First years of service; None: never.
    """
    investment, contract = investment_of(case)
    waters = {label: _benefit_of_years(case, changed, years) for label, changed in water_labels(case, scenario).items()}
    worth = {}
    for label, table in waters.items():
        worth[label] = _worth_by_start(investment, contract, table.drop(columns=DELIVERED), starts)
    middle = "median" if "median" in waters else next(iter(waters))
    path = waters[middle].copy()
    path[ALL] = path.drop(columns=DELIVERED).sum(axis=1)
    path.attrs["units"] = "delivered GWh; benefit by country million USD a year"
    starts_table = worth[middle].copy()
    for label in waters:
        starts_table[f"NPV {label}"] = worth[label]["NPV"]
    starts_table.attrs["units"] = "million USD; IRR 1"
    benefit = waters[middle].drop(columns=DELIVERED)
    later = pd.DataFrame(
        {
            name: _worth_by_start(investment, contract, after, starts)["NPV"]
            for name, after in _continuations(benefit).items()
        }
    )
    later.attrs["units"] = "NPV, million USD"
    tables = {
        f"Path of years, {middle} water": path,
        f"By what follows {path.index[-1]}, {middle} water": later,
        "All countries together along the path, by start": starts_table,
    }
    return Answer(
        (_sentence(path, starts_table), _later_sentence(later, path.index[-1])),
        tables,
        span=_span(starts_table, list(waters)),
        marks=marks_of(case, SECTION, "profiles/demand_year.*", "rules.contract"),
        limits=LIMITS,
    )


def _worth_by_start(
    investment: Investment,
    contract: ContractTerms,
    benefit: pd.DataFrame,
    starts: Sequence[int | None],
) -> pd.DataFrame:
    """Return what the works are worth to all countries together by start.

    Parameters
    ----------
    investment, contract
        Money over years, and the contract with its capital.
    benefit
        Index year, a column a country [million USD a year]; years after the last are as the last.
    starts
        First years of service; None: never.

    Returns
    -------
    pandas.DataFrame
        Index start; columns of ``energy.analysis.investment.investment_table`` [million USD; IRR 1].
    """
    by_start = {}
    for start in starts:
        flows = flows_of_years(investment, contract, benefit, start)
        total = investment_table(investment, contract, flows).loc[ALL]
        by_start[NEVER if start is None else str(start)] = total.astype(float)
    return pd.DataFrame(by_start).T.rename_axis("start")


def _continuations(benefit: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return a path of years by what is taken to follow it: its last year, its mean year, or no benefit.

    Examples
    --------
    >>> path = pd.DataFrame({"PK": [4.0, 2.0]}, index=[2028, 2029])
    >>> {name: table["PK"].tolist() for name, table in _continuations(path).items()}
    {'as the last year': [4.0, 2.0], 'as the mean year': [4.0, 2.0, 3.0], 'no benefit': [4.0, 2.0, 0.0]}
    """
    following = int(benefit.index[-1]) + 1
    mean_year = benefit.mean().to_frame(following).T
    return {
        "as the last year": benefit,
        "as the mean year": pd.concat([benefit, mean_year]),
        "no benefit": pd.concat([benefit, 0.0 * mean_year]),
    }


def _later_sentence(later: pd.DataFrame, last: int) -> str:
    start = later.index[0]
    values = later.loc[start].astype(float)
    words = ", ".join(f"{value:,.0f} ({name})" for name, value in values.items())
    decides = "its sign hangs on that" if values.min() < 0 < values.max() else "its sign does not hang on that"
    return f"A start in {start} is worth by what follows {last}: {words} million USD; {decides}."


def _sentence(path: pd.DataFrame, starts: pd.DataFrame) -> str:
    first, last = path.index[0], path.index[-1]
    energy, benefit = path[DELIVERED], path[ALL]
    values = ", ".join(f"{start}: {worth:,.0f}" for start, worth in starts["NPV"].items())
    seasons = f"{energy.min():,.0f} to {energy.max():,.0f} GWh"
    yearly = f"{benefit.min():,.0f} to {benefit.max():,.0f} million USD"
    return (
        f"Each year of {first} to {last} by itself delivers {seasons} and is worth {yearly} to all countries together; "
        f"from now on the works are worth, by start, {values} million USD."
    )


def _span(starts: pd.DataFrame, waters: Sequence[str]) -> str:
    in_service = starts.drop(index=NEVER, errors="ignore")
    first = in_service.index[0]
    values = ", ".join(f"{float(in_service.loc[first, f'NPV {label}']):,.0f} ({label})" for label in waters)
    return f"NPV along the path with a start in {first}: {values} million USD"
