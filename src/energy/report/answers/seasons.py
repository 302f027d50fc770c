"""Runs that answers share: a scenario's optimum, kept, and the season in dry, median and wet water."""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

from energy.analysis.imperfect_foresight import solve_imperfect_foresight
from energy.analysis.priority_waterfall import open_season
from energy.analysis.settlement import Settlement, settlement
from energy.case import Case
from energy.metrics import transferable
from energy.metrics.fuel import unserved_by_country
from energy.model.inputs import inputs
from energy.results.predicted_ranges import season_range
from energy.scenario import Scenario
from energy.scenario.hydrology import Shifted
from energy.solve import Result, solve

_WATER = ("dry", "median", "wet")


@lru_cache(maxsize=24)
def solved(case: Case, scenario: Scenario) -> Result:
    """Return the optimum of a scenario; the last ones are kept."""
    if scenario.foresight == "surprise" and scenario.events:
        return solve_imperfect_foresight(case, scenario)
    return solve(inputs(case, scenario))


@lru_cache(maxsize=24)
def settled(case: Case, scenario: Scenario) -> Settlement:
    """Return the settlement of a scenario; the last ones are kept."""
    return settlement(case, scenario)


def season_energy(case: Case, scenario: Scenario) -> float:
    """Return the energy that a scenario delivers while the contract's line is open [GWh]."""
    result = solved(case, scenario)
    power = transferable(result).to_numpy() * open_season(scenario, result.inputs)
    return float(power @ result.hours) / 1000


def unserved_energy(case: Case, scenario: Scenario, country: str) -> float:
    """Return the demand of a country that a scenario does not serve [GWh]."""
    return float(unserved_by_country(solved(case, scenario)).get(country, 0.0))


def water_labels(case: Case, scenario: Scenario) -> dict[str, Scenario]:
    """Return the scenario in each of dry, median and wet water that the case knows; its own where it knows none."""
    inflow = case.profiles.get("inflow", pd.DataFrame())
    known = set(inflow.index.get_level_values("hydrology")) if len(inflow) else set()
    scenarios = {}
    for label in _WATER:
        if label in known:
            scenarios[label] = _with_water(scenario, label)
    return scenarios or {"own water": scenario}


def _with_water(scenario: Scenario, label: str) -> Scenario:
    """Return the scenario with the water of a label, in the climate that it has."""
    water = scenario.hydrology
    if isinstance(water, Shifted):
        return scenario.replace(hydrology={"label": label, "shift": water.shift.model_dump()})
    return scenario.replace(hydrology=label)


def water_span(case: Case, scenario: Scenario) -> str:
    """Return the season's energy in dry, median and wet water, in words."""
    energies = []
    for label, changed in water_labels(case, scenario).items():
        energy = season_energy(case, changed)
        energies.append(f"{energy:,.0f} GWh ({label})")
    water = ", ".join(energies) + "; other numbers of the case not moved"
    all_numbers = season_range(scenario)
    return f"{water}; with all of them {all_numbers}" if all_numbers else water


def comparison(case: Case, scenarios: dict[str, Scenario]) -> pd.DataFrame:
    """Return the season and the unserved demand of scenarios side by side.

    Returns
    -------
    pandas.DataFrame
        Index scenario; ``delivered``, ``against the first`` and ``unserved <country>`` [GWh].
    """
    rows = {}
    for name, scenario in scenarios.items():
        row = {"delivered": season_energy(case, scenario)}
        for country, unserved in unserved_by_country(solved(case, scenario)).items():
            row[f"unserved {country}".strip()] = float(unserved)
        rows[name] = row
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("scenario")
    first = table["delivered"].iloc[0]
    table.insert(1, "against the first", table["delivered"] - first)
    table.attrs["units"] = "GWh"
    return table


def outage_losses(case: Case, scenarios: dict[str, Scenario]) -> pd.DataFrame:
    """Return what the events of each scenario take, against the same scenario without its events.

    Returns
    -------
    pandas.DataFrame
        Index scenario; ``undisturbed`` and ``delivered`` season, ``lost``, and ``more unserved <country>`` [GWh].
    """
    rows = {}
    for name, scenario in scenarios.items():
        calm = scenario.replace(events=[])
        undisturbed = season_energy(case, calm)
        delivered = season_energy(case, scenario)
        lost = round(undisturbed - delivered, 6) + 0.0
        before = unserved_by_country(solved(case, calm))
        after = unserved_by_country(solved(case, scenario))
        more = (after - before).round(6) + 0.0
        row = {"undisturbed": undisturbed, "delivered": delivered, "lost": lost}
        for country, unserved in more.items():
            row[f"more unserved {country}".strip()] = float(unserved)
        rows[name] = row
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("scenario")
    table.attrs["units"] = "GWh"
    return table
