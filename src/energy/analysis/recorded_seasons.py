"""The season in each water year of the record, as the scenario's system of plants and demand would see it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from energy.analysis.parallel import delivered, solve_points
from energy.case import Case
from energy.scenario import Scenario

_STAND_INS = ("mean", "median")
"""Rows of the inflow that stand for years without a record of their own."""


@lru_cache(maxsize=8)
def recorded_seasons(case: Case, scenario: Scenario) -> pd.Series:
    """Return the energy that is delivered in each water year of the record [GWh].

    Parameters
    ----------
    case, scenario
        What exists and what is asked; the scenario's own water is replaced by each year's.

    Returns
    -------
    pandas.Series
        Index water year, ascending; empty where the case has no recorded years. ``attrs["failed"]`` is the number of
        years without an optimum.
    """
    inflow = case.profiles.get("inflow", pd.DataFrame())
    years = _recorded_years(inflow) if len(inflow) else []
    points = [scenario.replace(hydrology=year) for year in years]
    energy = {}
    for answer in solve_points(case, points, delivered):
        if not answer.reason:
            year = years[answer.index]
            energy[year] = float(answer.values["delivered"])
    seasons = pd.Series(energy, dtype=float, name="delivered")
    seasons = seasons.sort_index().rename_axis("water year")
    seasons.attrs["units"] = "GWh"
    seasons.attrs["failed"] = len(years) - len(energy)
    return seasons


def _recorded_years(inflow: pd.DataFrame) -> list[str]:
    """Return the water years in which every site has a record of its own: no row stands for the mean or the median.

    Parameters
    ----------
    inflow
        Index (site, hydrology), columns months [m³/s].
    """
    table = inflow.sort_index()
    sites = table.index.get_level_values("site")
    filled = set()
    for site in dict.fromkeys(sites):
        of_site = pd.DataFrame(table.xs(site, level="site"))
        filled |= _filled_years(of_site)
    hydrology = table.index.get_level_values("hydrology")
    years = []
    for label in dict.fromkeys(map(str, hydrology)):
        is_year = label.isdecimal()
        if is_year and label not in filled:
            years.append(label)
    return years


def _filled_years(rows: pd.DataFrame) -> set[str]:
    """Return the water years of a site whose row is its mean or its median."""
    stand_ins = [name for name in _STAND_INS if name in rows.index]
    typical = rows.loc[stand_ins].to_numpy(float)
    filled = set()
    for label, flows in zip(rows.index, rows.to_numpy(float), strict=True):
        is_same = np.isclose(flows, typical).all(axis=1)
        if is_same.any():
            filled.add(str(label))
    return filled
