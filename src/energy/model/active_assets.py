"""Active assets: components in service in the years of a scenario, every attribute filled."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import pandas as pd

from energy.case.case import Case
from energy.case.schema import COMPONENTS, defaults
from energy.errors import Fault, InputError
from energy.model.cache import IdentityKey
from energy.model.hourly import Hourly, multiply
from energy.scenario import Scenario

_CAPACITY = {"generators": "p_max_pu", "links": "p_max_pu", "lines": "s_max_pu", "stores": "e_max_pu"}


def active_assets(case: Case, scenario: Scenario) -> dict[str, pd.DataFrame]:
    """Return the components that stand in some year of the horizon, every PyPSA attribute filled.

    Raises
    ------
    InputError
        When a component of a user's own network does not stand in the scenario's year; PyPSA would use it.
    """
    if case.own is not None:
        return _own_active_assets(case, scenario)
    first = scenario.year
    last = first + scenario.time.years - 1
    tables = {name: _filled(name, IdentityKey(case.components[name])) for name in COMPONENTS if name in case.components}
    for component, table in tables.items():
        standing = pd.Series(True, table.index)
        if "build_year" in table:
            standing = (table["build_year"] <= last) & (table["build_year"] + table["lifetime"] > first)
        if "active" in table:
            standing &= table["active"].astype(bool)
        tables[component] = table[standing].copy()
    return tables


def _own_active_assets(case: Case, scenario: Scenario) -> dict[str, pd.DataFrame]:
    """Return the active components of a user's own network, whose tables PyPSA has filled."""
    faults = []
    tables = {}
    for component, table in case.components.items():
        active = table[table["active"].astype(bool)].copy() if "active" in table else table.copy()
        tables[component] = active
        if "build_year" in active:
            end = active["build_year"] + active["lifetime"]
            absent = active.index[(active["build_year"] > scenario.year) | (end <= scenario.year)]
            faults += [_not_standing(case, scenario, component, name) for name in absent]
    if faults:
        raise InputError(faults)
    return tables


def _not_standing(case: Case, scenario: Scenario, component: str, name: str) -> Fault:
    row = case.components[component].loc[name]
    what = (
        f"{component} {name}: build_year {row['build_year']:g} with lifetime {row['lifetime']:g} does not stand in "
        f"{scenario.year}, but PyPSA without investment periods would use it"
    )
    repair = (
        f"write values: {{{component}.{name}.active: 0}}, or set its build_year or lifetime, there or in the network"
    )
    return Fault(what, case.path, allowed="components that stand in the scenario's year", repair=repair)


@lru_cache(maxsize=32)
def _filled(component: str, same: IdentityKey[pd.DataFrame]) -> pd.DataFrame:
    missing = {name: value for name, value in defaults(component).items() if name not in same.it}
    filled = pd.concat([same.it, pd.DataFrame(missing, index=same.it.index)], axis=1)
    filled.attrs = {}
    for name, value in defaults(component).items():
        if filled[name].isna().any():
            filled[name] = filled[name].where(filled[name].notna(), value)
    if component == "links":
        for port in (2, 3):
            if f"bus{port}" in filled:
                filled[f"bus{port}"] = filled[f"bus{port}"].where(filled[f"bus{port}"].notna(), "")
                filled[f"efficiency{port}"] = filled.get(f"efficiency{port}", pd.Series(1.0, filled.index)).fillna(1.0)
    return filled


def mask_years(scenario: Scenario, hours: pd.DatetimeIndex, static: Mapping[str, pd.DataFrame], hourly: Hourly) -> None:
    """Hold at zero what is built, or retired, in the course of a horizon of several years.

    A model year begins on the scenario's start day; a component stands in model year y if
    build_year ≤ y < build_year + lifetime.
    """
    month, day = (int(part) for part in scenario.time.start.split("-"))
    begun = (hours.month > month) | ((hours.month == month) & (hours.day >= day))
    year = hours.year.to_numpy() - (~np.asarray(begun)).astype(int)
    if year[0] == year[-1]:
        return
    for component, attribute in _CAPACITY.items():
        table = static.get(component)
        if table is None or "build_year" not in table:
            continue
        end = table["build_year"] + table["lifetime"]
        for name in table.index[(table["build_year"] > year[0]) | (end <= year[-1])]:
            stands = (year >= table.loc[name, "build_year"]) & (year < end[name])
            multiply(hourly, static, hours, component, attribute, [name], stands.astype(float))
            if attribute == "p_max_pu":  # what must run does not run before it is built
                multiply(hourly, static, hours, component, "p_min_pu", [name], stands.astype(float))
