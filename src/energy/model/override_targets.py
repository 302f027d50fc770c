"""What a value of a scenario is written to: the numbers of a case that its address hits, or why it hits none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from energy.case.case import Case
from energy.case.first_filling import FillingRule
from energy.case.physical_limits import allowed_instead
from energy.case.rules import RuleBook, StartRule
from energy.case.schema import NOT_MODELLED, attributes, must_not_be_negative
from energy.errors import Fault, InputError, nearest
from energy.model.cache import IdentityKey
from energy.model.hydrology.first_filling import turbines_of
from energy.model.profile_rows import FIND_ROWS, SINGLE_NUMBERS

PROFILE = "profiles/"
_OF_SINK = (("generators", "p_nom"), ("generators", "p_min_pu"), ("generators", "p_max_pu"))
_OF_FILLING = (*_OF_SINK, ("links", "efficiency"), ("stores", "e_initial"))
"""Numbers that a rule of first filling may set."""


@dataclass(frozen=True)
class Target:
    """What a value of the scenario is written to.

    Attributes
    ----------
    table
        A component list, or ``profiles/`` and the name of a profile.
    row
        Name of the component, or position of the row.
    columns
        The attribute, or the columns that a value changes.
    """

    table: str
    row: str | int
    columns: tuple[str, ...]


Targets = Iterator[tuple[Target, bool]]
"""What an address hits, and whether it names it exactly."""


def targets_of(
    case: Case,
    book: RuleBook,
    address: str,
    value: float,
) -> Targets:
    """Yield the numbers that an address ``table.name.attribute`` hits.

    Raises
    ------
    InputError
        When the address names nothing, the value is not allowed, or a profile or rule sets the number anyway, so that
        the value would have no effect.
    """
    if address.startswith(PROFILE):
        yield from _in_profile(case, address, value)
    else:
        yield from _in_components(case, book, address, value)


def _in_components(
    case: Case,
    book: RuleBook,
    address: str,
    value: float,
) -> Targets:
    """Yield the numbers of components that an address ``list.name.attribute`` hits."""
    component, _, rest = address.partition(".")
    pattern, _, attribute = rest.rpartition(".")
    table = case.components.get(component)
    if table is None:
        tables = list(case.components)
        raise _fault(f"no table {component!r}", ", ".join(tables), nearest(component, tables))
    names = case.names(component, pattern)
    if not names:
        raise _fault(f"no {component} match {pattern!r}", None, nearest(pattern, table.index))
    known = _numbers(component, IdentityKey(table))
    if attribute not in known:
        raise _fault(f"{component} have no number {attribute!r}", ", ".join(known), nearest(attribute, known))
    _refuse_value(address, attribute, value)
    for name in names:
        missing = _missing_port(case, component, name, attribute)
        if missing is not None:
            raise _fault(
                f"{address} has no effect: {name!r} has no {missing}",
                None,
                f"remove it, or give {missing}",
            )
        instead = _set_elsewhere(case, book, component, name=name, attribute=attribute)
        if instead is not None:
            place, repair = instead
            raise _fault(f"{address} has no effect: {name!r} takes it from {place}", None, repair)
        yield Target(component, name, (attribute,)), name == pattern


@lru_cache(maxsize=64)
def _numbers(component: str, key: IdentityKey[pd.DataFrame]) -> tuple[str, ...]:
    """Return PyPSA's numbers of a component list and a table's own; a set of numbers asks hundreds of times."""
    table = key.it
    pypsa_attributes = attributes(component)
    is_input = pypsa_attributes["status"].str.startswith("Input")
    is_text = pypsa_attributes["type"].isin(["string", "str"])
    numbers_of_pypsa = pypsa_attributes.index[is_input & ~is_text]
    own_numbers = []
    for column, dtype in table.dtypes.items():
        if is_numeric_dtype(dtype) and column not in pypsa_attributes.index:
            own_numbers.append(str(column))
    return (*map(str, numbers_of_pypsa), *own_numbers)


def _refuse_value(
    address: str,
    attribute: str,
    value: float,
) -> None:
    """Refuse a value that no component can have, or that this package does not model."""
    if not np.isfinite(value) and attribute != "lifetime":
        raise _fault(f"{address} is {value}", "a finite number")
    if value < 0 and must_not_be_negative(attribute):
        raise _fault(f"{address} is {value:g}", "0 or more", "correct the value")
    outside = allowed_instead(attribute, value)
    if outside is not None:
        raise _fault(f"{address} is {value:g}", outside, "correct the value")
    if attribute in NOT_MODELLED and value != NOT_MODELLED[attribute]:
        what = f"{address} is {value:g}, and {attribute} is not modelled here"
        raise _fault(what, f"{float(NOT_MODELLED[attribute]):g}", "remove the value")


def _missing_port(
    case: Case,
    component: str,
    name: str,
    attribute: str,
) -> str | None:
    """Return the bus that an efficiency speaks of where a link does not have it."""
    number_of_port = attribute.removeprefix("efficiency")
    if component != "links" or not number_of_port.isdecimal():
        return None
    port = f"bus{number_of_port}"
    links = case.components["links"]
    bus = links.at[name, port] if port in links else None
    if isinstance(bus, str) and bus:
        return None
    return port


def _set_elsewhere(
    case: Case,
    book: RuleBook,
    component: str,
    *,
    name: str,
    attribute: str,
) -> tuple[str, str] | None:
    """Return what sets a number whatever the component's table says, and how to change it there."""
    table = case.series.get((component, attribute))
    if table is not None and name in table:
        return "the network's own series", "change the network"
    row_name = _monthly_rows(case).get((component, name, attribute))
    if row_name is not None:
        return "profiles/monthly.csv", f"write profiles/monthly.{row_name}.{attribute}, a factor"
    if (component, attribute) == ("loads", "p_set"):
        return _profile_of_load(case, name)
    if component == "stores" and attribute in ("e_initial", "e_cyclic"):
        for key, rule in book.rules.items():
            if isinstance(rule, StartRule) and rule.store == name:
                return f"rule {key}", f"write rules.{key}.level, or switch the rule off"
    return _set_by_filling(case, book, component, name, attribute)


def _set_by_filling(case: Case, book: RuleBook, component: str, name: str, attribute: str) -> tuple[str, str] | None:
    """Return the rule of first filling that sets a number, and how to change it there."""
    number = (component, attribute)
    if number not in _OF_FILLING:
        return None
    for key, rule in book.rules.items():
        if not isinstance(rule, FillingRule):
            continue
        of_sink = name == rule.sink and number in _OF_SINK
        of_turbine = number == ("links", "efficiency") and name in turbines_of(case, rule)
        of_store = name == rule.store and number == ("stores", "e_initial")
        if of_sink:
            return f"rule {key}", f"write rules.{key}.yearly [hm3]"
        if of_turbine:
            return f"rule {key}", f"write rules.{key}.level [m] or rules.{key}.efficiency"
        if of_store:
            return f"rule {key}", f"write rules.{key}.level [m] or rules.{key}.yearly [hm3]"
    return None


@lru_cache(maxsize=16)
def _monthly_rows(case: Case) -> dict[tuple[str, str, str], str]:
    """Return the numbers that ``monthly.csv`` sets: (component list, name, attribute) → name or pattern of the row."""
    rows: dict[tuple[str, str, str], str] = {}
    if "monthly" not in case.profiles:
        return rows
    for component, row_name, attribute in case.profiles["monthly"].index:
        for name in case.names(component, row_name):
            rows.setdefault((component, name, attribute), str(row_name))
    return rows


def _profile_of_load(case: Case, name: str) -> tuple[str, str] | None:
    """Return the profile that sets a load, and how to change it there."""
    loads = case.components["loads"]
    demand = loads.loc[name, "demand"] if "demand" in loads else None
    if "demand_year" in case.profiles and isinstance(demand, str):
        return "profiles/demand_year.csv", f"write profiles/demand_year.{demand}.<year>, a factor"
    if "inflow" in case.profiles and name in case.profiles["inflow"].index.unique("site"):
        return "profiles/inflow.csv", f"write profiles/inflow.{name}.<hydrology>, a factor"
    return None


def _in_profile(
    case: Case,
    address: str,
    value: float,
) -> Targets:
    """Yield the rows of a profile that an address ``profiles/file.name.attribute`` hits."""
    file, _, rest = address.removeprefix(PROFILE).partition(".")
    name, _, attribute = rest.rpartition(".")
    table = case.profiles.get(file)
    if file == "demand_hour":
        repair = "edit the case, or write profiles/demand_month.<demand>.<month>"
        raise _fault(f"{address}: hours of demand average 1, a factor on them means nothing", None, repair)
    if table is None:
        profiles = [f"{PROFILE}{profile}" for profile in case.profiles]
        similar = nearest(f"{PROFILE}{file}", profiles)
        raise _fault(f"the case has no {PROFILE}{file}", ", ".join(profiles), similar)
    if not np.isfinite(value) or value < 0:
        if file in SINGLE_NUMBERS:
            raise _fault(f"{address} is {value:g}", "a number of 0 or more")
        raise _fault(f"{address} is {value:g}", "a factor of 0 or more", "1 leaves the row as it is")
    rows = list(FIND_ROWS[file](table, name, attribute))
    if not rows:
        labels = [_label(file, key) for key in table.index]
        raise _fault(f"{address} names no row", None, nearest(f"{name}.{attribute}", labels))
    for row, columns, exact in rows:
        yield Target(f"{PROFILE}{file}", row, columns), exact


def _label(file: str, key: Any) -> str:
    """Return a row of a profile as an address names it."""
    if not isinstance(key, tuple):
        return f"{key}.7"
    first = 1 if file in ("monthly", "hourly") else 0
    return f"{key[first]}.{key[first + 1]}"


def _fault(
    what: str,
    allowed: str | None = None,
    repair: str | None = None,
) -> InputError:
    fault = Fault(f"values: {what}", allowed=allowed, repair=repair)
    return InputError(fault)
