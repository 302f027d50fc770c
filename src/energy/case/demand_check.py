"""Checks of a case's demand: loads that share all of it, months, seasons, paths of growth."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from energy.case.case import Case
from energy.case.schema import MONTHS, SUMMER_MONTHS
from energy.case.table_rows import lines_of, path_of, rows_of, unknown_names
from energy.errors import Fault


def demand_faults(case: Case) -> Iterator[Fault]:
    """Yield what is wrong with the demand of a case: its three tables, and its seasons where it has them."""
    loads = case.components.get("loads", pd.DataFrame())
    if "demand" not in loads or "demand_year" not in case.profiles:
        return
    for name in ("demand_year", "demand_month", "demand_hour"):
        if name not in case.profiles:
            file = case.path / "profiles" / f"{name}.csv"
            yield Fault("file not found", file, repair="demand needs all three files")
            return
        demands = case.profiles[name].index.unique(0)
        yield from unknown_names(loads, loads["demand"], demands, f"demand ({name}.csv)")
    yield from _load_shares(loads)
    yield from _month_shares(case.profiles["demand_month"])
    yield from _growth_paths(case.profiles["demand_year"])
    if "demand_season" in case.profiles:
        yield from _seasons_of_demand(case)


def _load_shares(loads: pd.DataFrame) -> Iterator[Fault]:
    """Yield the demands whose loads do not share all of it."""
    shares = loads.groupby("demand")["share"].sum()
    for demand, share in shares.items():
        if abs(share - 1) > 1e-6:
            yield Fault(
                f"shares of demand {demand!r} sum to {share:g}",
                path_of(loads),
                allowed="1",
                repair="correct the column share",
            )


def _month_shares(months: pd.DataFrame) -> Iterator[Fault]:
    """Yield the demands whose months do not share all of the year."""
    total = months[MONTHS].sum(axis=1)
    for (demand, share), line in zip(total.items(), lines_of(months), strict=True):
        if abs(share - 1) > 1e-4:
            what = f"month shares of {demand!r} sum to {share:.5f}"
            yield Fault(what, path_of(months), line=line, allowed="1 (within 1e-4)")


def _seasons_of_demand(case: Case) -> Iterator[Fault]:
    """Yield rows of ``demand_season.csv`` whose demand does not exist, or has no figure of the year of its shape."""
    seasons = case.profiles["demand_season"]
    known = case.profiles["demand_year"].index
    months = case.profiles["demand_month"]
    for row, line in rows_of(seasons):
        demand = str(row["demand"])
        year = int(row["shape_year"])
        if (demand, year) not in known:
            yield Fault(
                f"no demand of {demand!r} in {year}, the year of its shape",
                path_of(seasons),
                line=line,
                allowed="a demand and a year of demand_year.csv",
                repair="correct demand or shape_year, or add the year to demand_year.csv",
            )
        elif demand in months.index and not 0 < months.loc[demand, SUMMER_MONTHS].sum() < 1:
            yield Fault(
                f"demand {demand!r} is in one season only, so that it has no shape to follow the year's energy",
                path_of(seasons),
                line=line,
                allowed="a share of April to September above 0 and below 1 in demand_month.csv",
                repair="remove the row",
            )


def _growth_paths(years: pd.DataFrame) -> Iterator[Fault]:
    """Yield the years in which a lower path of growth lies above a higher one."""
    for year, _ in rows_of(years):
        if year["low"] <= year["central"] <= year["high"]:
            continue
        yield Fault(
            f"demand {year['demand']} {year['year']}: {year['low']:g}, {year['central']:g} and {year['high']:g}",
            path_of(years),
            allowed="low ≤ central ≤ high",
        )
