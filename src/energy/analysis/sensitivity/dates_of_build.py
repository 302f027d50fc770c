"""Dates of build as unknown numbers: whole years, drawn without changing which components a program has."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from energy.case import Case
from energy.model.hourly import number
from energy.model.objective import RETURNED, STUDIED, is_of_service
from energy.scenario import Scenario, split_value_key

DATE = ".build_year"
"""End of the keys that are dates of build."""
UNDECIDED = 2100
"""Year of what no one has decided to build: a scenario gives it a date, no draw does."""
_SIZE_OF_NOTHING = {"generators": "p_nom", "links": "p_nom", "lines": "s_max_pu"}
"""Component list → attribute that is 0 while a component is not built; a line at 0 is open."""


def year_of_share(
    low: float,
    high: float,
    share: float,
) -> float:
    """Return the year at a share of a range of years; all years from low to high are equally likely.

    Examples
    --------
    >>> [year_of_share(2027, 2030, share) for share in (0, 0.24, 0.26, 1)]
    [2027.0, 2027.0, 2028.0, 2030.0]
    """
    years = high - low + 1
    year = low + math.floor(share * years)
    return float(min(year, high))


def date_places(
    case: Case,
    scenario: Scenario,
    component: str,
    names: Sequence[str],
    low: float,
    high: float,
) -> list[str]:
    """Return the keys of the dates that can change what stands in the horizon, empty where none can.

    Parameters
    ----------
    case, scenario
        What exists, and what is asked of it.
    component, names
        Component list, and those of it that a row of evidence means.
    low, high
        First and last year of the range.
    """
    first = scenario.year
    last = first + scenario.time.years - 1
    may_stand = low <= last
    may_lack = high > first
    if component not in _SIZE_OF_NOTHING or high >= UNDECIDED or not (may_stand and may_lack):
        return []
    table = case.components[component]
    is_studied = is_of_service(table, [STUDIED, RETURNED])
    studied = set(map(str, table.index[is_studied]))
    return [f"values.{component}.{name}{DATE}" for name in names if name not in studied]


def with_dates(
    case: Case,
    scenario: Scenario,
    dates: Mapping[str, float],
) -> dict[str, float]:
    """Return the values that drawn dates of build mean.

    What is not built in the horizon stays in the program with a size of zero, so that all draws share one program. What
    is to end when another on the same buses begins ends with the drawn date.

    Parameters
    ----------
    case, scenario
        What exists, and what is asked of it.
    dates
        Key of a date, ``values.links.Rogun unit 3 turbine.build_year`` → year.
    """
    first = float(scenario.year)
    last = first + scenario.time.years - 1
    values = {}
    for key, drawn in dates.items():
        address = key.removeprefix("values.")
        component, name, _ = split_value_key(address)
        table = case.components[component]
        # dates before the horizon are one to it, and so are those after it: draws that mean the same say the same
        year = min(drawn, last + 1)
        if drawn + _lifetime(table, name) > last:
            year = max(year, first)
        stands = year <= last
        values[address] = year if stands else first
        if not stands:
            size = _SIZE_OF_NOTHING[component]
            values[f"{component}.{name}.{size}"] = 0.0
        predecessor = _predecessor(table, name)
        if predecessor is not None:
            begun = number(table, predecessor, "build_year")
            values[f"{component}.{predecessor}.lifetime"] = max(year - begun, 0.0)
    return values


def _lifetime(table: pd.DataFrame, name: str) -> float:
    """Return the lifetime of a component [a]; without one it stands for ever."""
    if "lifetime" not in table:
        return math.inf
    lifetime = number(table, name, "lifetime")
    return math.inf if math.isnan(lifetime) else lifetime


def _predecessor(
    table: pd.DataFrame,
    name: str,
) -> str | None:
    """Return the link on the same buses that ends when a link begins; of several the one in its place."""
    if "bus0" not in table or "lifetime" not in table:
        return None
    successor = table.loc[name]
    on_same_buses = (table["bus0"] == successor["bus0"]) & (table["bus1"] == successor["bus1"])
    begins = on_same_buses & (table["build_year"] == successor["build_year"])
    ends = on_same_buses & (table["build_year"] + table["lifetime"] == successor["build_year"])
    successors = list(table.index[begins])
    predecessors = list(map(str, table.index[ends]))
    position = successors.index(name)
    return predecessors[position] if position < len(predecessors) else None
