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

_CAPACITY = {
    "generators": "p_max_pu",
    "links": "p_max_pu",
    "lines": "s_max_pu",
    "stores": "e_max_pu",
}
"""Component list → the attribute that says how much of a component is there."""


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
    tables = {}
    for component in COMPONENTS:
        if component in case.components:
            tables[component] = _standing(component, IdentityKey(case.components[component]), first, last)
    return tables


@lru_cache(maxsize=64)
def _standing(
    component: str,
    key: IdentityKey[pd.DataFrame],
    first: int,
    last: int,
) -> pd.DataFrame:
    """Return what of a table stands in some year from the first to the last; shared, so that nothing writes into it."""
    table = _filled(component, key)
    stands = pd.Series(True, table.index)
    if "build_year" in table:
        end = table["build_year"] + table["lifetime"]
        stands = (table["build_year"] <= last) & (end > first)
    if "active" in table:
        stands &= table["active"].astype(bool)
    return table[stands]


def _own_active_assets(case: Case, scenario: Scenario) -> dict[str, pd.DataFrame]:
    """Return the active components of a user's own network, whose tables PyPSA has filled."""
    faults = []
    tables = {}
    for component, table in case.components.items():
        active = table
        if "active" in table:
            active = table[table["active"].astype(bool)]
        tables[component] = active.copy()
        if "build_year" not in active:
            continue
        begin = active["build_year"]
        end = begin + active["lifetime"]
        absent = active.index[(begin > scenario.year) | (end <= scenario.year)]
        faults += [_not_standing(case, scenario, component, name) for name in absent]
    if faults:
        raise InputError(faults)
    return tables


def _not_standing(
    case: Case,
    scenario: Scenario,
    component: str,
    name: str,
) -> Fault:
    """Return the fault of a component that does not stand in the scenario's year."""
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
def _filled(component: str, key: IdentityKey[pd.DataFrame]) -> pd.DataFrame:
    """Return a table of components with PyPSA's default in every empty cell."""
    table = key.it
    default_of = defaults(component)
    missing = {attribute: value for attribute, value in default_of.items() if attribute not in table}
    filled = pd.concat([table, pd.DataFrame(missing, index=table.index)], axis=1)
    filled.attrs = {}
    has_gaps = filled.columns[filled.isna().any()]
    for attribute, value in default_of.items():
        if attribute in has_gaps:
            filled[attribute] = filled[attribute].where(filled[attribute].notna(), value)
    if component == "links":
        _fill_ports(filled)
    return filled


def _fill_ports(links: pd.DataFrame) -> None:
    """Fill the ports beyond the first, whose defaults PyPSA does not list: no bus, an efficiency of 1."""
    for port in (2, 3):
        bus = f"bus{port}"
        efficiency = f"efficiency{port}"
        if bus not in links:
            continue
        links[bus] = links[bus].where(links[bus].notna(), "")
        whole = pd.Series(1.0, links.index)
        links[efficiency] = links.get(efficiency, whole).fillna(1.0)


def mask_years(
    scenario: Scenario,
    hours: pd.DatetimeIndex,
    static: Mapping[str, pd.DataFrame],
    hourly: Hourly,
) -> None:
    """Hold at zero what is built, or retired, in the course of a horizon of several years.

    A model year begins on the scenario's start day; a component stands in model year y if
    build_year ≤ y < build_year + lifetime.
    """
    year = _model_year(scenario, hours)
    first = year[0]
    last = year[-1]
    if first == last:
        return
    for component, attribute in _CAPACITY.items():
        table = static.get(component)
        if table is None or "build_year" not in table:
            continue
        begin = table["build_year"]
        end = begin + table["lifetime"]
        for name in table.index[(begin > first) | (end <= last)]:
            stands = ((year >= begin[name]) & (year < end[name])).astype(float)
            attributes = [attribute]
            if attribute == "p_max_pu":  # what must run does not run before it is built
                attributes.append("p_min_pu")
            for masked in attributes:
                multiply(
                    hourly,
                    static,
                    hours,
                    component=component,
                    attribute=masked,
                    names=[name],
                    factor=stands,
                )


def _model_year(scenario: Scenario, hours: pd.DatetimeIndex) -> np.ndarray:
    """Return the model year of each hour; it begins on the scenario's start day."""
    month, day = map(int, scenario.time.start.split("-"))
    is_in_start_month = hours.month == month
    has_begun = (hours.month > month) | (is_in_start_month & (hours.day >= day))
    year = hours.year.to_numpy()
    return np.where(has_begun, year, year - 1)
