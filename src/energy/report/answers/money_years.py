"""Answers about money over years that differ: each year of a path solved by itself."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from energy.analysis.investment import ALL, investment_table
from energy.analysis.investment_paths import flows_of_years
from energy.case import Case
from energy.report.answers.answer import Answer, marks_of
from energy.report.answers.money import NEVER, SECTION, investment_of
from energy.report.answers.seasons import settled, water_labels
from energy.scenario import Scenario

DELIVERED = "delivered"
LIMITS = (
    "after the last year of the path its benefit goes on: no growth and no plant beyond it",
    "water of one kind in all years: a path of drawn years is `energy investment --samples`",
)


def benefit_of_years(case: Case, scenario: Scenario, years: Sequence[int]) -> pd.DataFrame:
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
    waters = {label: benefit_of_years(case, changed, years) for label, changed in water_labels(case, scenario).items()}
    worth = {}
    for label, table in waters.items():
        benefit = table.drop(columns=DELIVERED)
        by_start = {}
        for start in starts:
            flows = flows_of_years(investment, contract, benefit, start)
            total = investment_table(investment, contract, flows).loc[ALL]
            by_start[NEVER if start is None else str(start)] = total.astype(float)
        worth[label] = pd.DataFrame(by_start).T.rename_axis("start")
    middle = "median" if "median" in waters else next(iter(waters))
    path = waters[middle].copy()
    path[ALL] = path.drop(columns=DELIVERED).sum(axis=1)
    path.attrs["units"] = "delivered GWh; benefit by country million USD a year"
    starts_table = worth[middle].copy()
    for label in waters:
        starts_table[f"NPV {label}"] = worth[label]["NPV"]
    starts_table.attrs["units"] = "million USD; IRR 1"
    tables = {
        f"Path of years, {middle} water": path,
        "All countries together along the path, by start": starts_table,
    }
    return Answer(
        (_sentence(path, starts_table),),
        tables,
        span=_span(starts_table, list(waters)),
        marks=marks_of(case, SECTION, "profiles/demand_year.*", "rules.contract"),
        limits=LIMITS,
    )


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
