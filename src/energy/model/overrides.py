"""Parameter overrides of a scenario: values of components, factors on rows of the profiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from energy.case.case import Case
from energy.case.first_filling import FillingRule
from energy.case.physical_limits import allowed_instead
from energy.case.rules import RuleBook, StartRule
from energy.case.schema import NOT_MODELLED, attributes, must_not_be_negative
from energy.errors import Fault, InputError, nearest
from energy.model.cache import IdentityKey
from energy.model.hydrology.first_filling import turbines_of
from energy.model.profile_rows import FIND_ROWS, SINGLE_NUMBERS
from energy.scenario import Scenario

PROFILE = "profiles/"
_OF_SINK = (("generators", "p_nom"), ("generators", "p_min_pu"), ("generators", "p_max_pu"))
_OF_FILLING = (*_OF_SINK, ("links", "efficiency"), ("stores", "e_initial"))
"""Numbers that a rule of first filling may set."""


@dataclass(frozen=True)
class _Target:
    """What a value of the scenario is written to.

    Attributes
    ----------
    table
        A component list, or ``profiles/`` and the name of a profile.
    row
        Name of the component, or position of the row.
    columns
        The attribute, or the columns that a factor multiplies.
    """

    table: str
    row: str | int
    columns: tuple[str, ...]


@dataclass(frozen=True)
class _Hit:
    """An address that hits a number, its value, and whether it names it exactly."""

    address: str
    value: float
    exact: bool


Targets = Iterator[tuple[_Target, bool]]
"""What an address hits, and whether it names it exactly."""


def with_overrides(
    case: Case,
    scenario: Scenario,
    book: RuleBook,
) -> Case:
    """Return the case with the numbers that ``values`` of the scenario sets.

    A component's number becomes the value, and so does a single number of a profile (``SINGLE_NUMBERS``). A series of a
    profile is multiplied by it (a share of a capacity stays at or below 1 where the case had it so). An exact name wins
    over a pattern.

    Raises
    ------
    InputError
        When an address names nothing, two patterns hit one number, a value is not allowed, or a profile or rule sets
        the number anyway, so that the value would have no effect.
    """
    if not scenario.values:
        return case
    faults: list[Fault] = []
    hits: dict[_Target, list[_Hit]] = {}
    for address, value in scenario.values.items():
        find = _in_profile if address.startswith(PROFILE) else _in_components
        try:
            for target, exact in find(case, book, address, value):
                hit = _Hit(address, value, exact)
                hits.setdefault(target, []).append(hit)
        except InputError as err:
            origin = scenario.written_at("values", address)
            faults += [fault.at(origin.where, origin.line) for fault in err.faults]
    changes: dict[str, dict[_Target, float]] = {}
    for target, hits_of_target in hits.items():
        exact_hits = [hit for hit in hits_of_target if hit.exact]
        best = exact_hits or hits_of_target
        if len(best) > 1:
            faults.append(_hit_twice(scenario, best))
            continue
        of_table = changes.setdefault(target.table, {})
        of_table[target] = best[0].value
    if faults:
        raise InputError(dict.fromkeys(faults))
    return _with_changes(case, changes)


def _with_changes(case: Case, changes: Mapping[str, Mapping[_Target, float]]) -> Case:
    """Return the case with changed tables.

    A table that no value changes stays the same object, by which what was computed from it is known again.
    """
    components = dict(case.components)
    profiles = dict(case.profiles)
    for name, of_table in changes.items():
        profile = name.removeprefix(PROFILE)
        if not name.startswith(PROFILE):
            components[name] = _with_numbers(case.components[name], of_table)
        elif profile in SINGLE_NUMBERS:
            profiles[profile] = _replaced(case.profiles[profile], of_table)
        else:
            profiles[profile] = _multiplied(case.profiles[profile], of_table)
    return replace(case, components=components, profiles=profiles)


def _hit_twice(scenario: Scenario, hits: list[_Hit]) -> Fault:
    """Return the fault of several values that hit one number."""
    addresses = sorted(hit.address for hit in hits)
    origin = scenario.written_at("values", hits[-1].address)
    return Fault(
        f"values: {' and '.join(addresses)} hit the same number",
        origin.where,
        line=origin.line,
        allowed="one of them",
        repair="narrow one",
    )


def _with_numbers(table: pd.DataFrame, changes: Mapping[_Target, float]) -> pd.DataFrame:
    """Return a component list with numbers written into it, a column at once."""
    by_attribute: dict[str, dict[str | int, float]] = {}
    for target, value in changes.items():
        (attribute,) = target.columns
        of_attribute = by_attribute.setdefault(attribute, {})
        of_attribute[target.row] = value
    changed = table.copy()
    for attribute, of_attribute in by_attribute.items():
        column = np.full(len(table), np.nan)
        is_switch = attribute in table and is_bool_dtype(table[attribute].dtype)
        if attribute in table:
            column = table[attribute].to_numpy(bool if is_switch else float, copy=True)
        rows = table.index.get_indexer(pd.Index(of_attribute))
        column[rows] = list(of_attribute.values())
        changed[attribute] = column
    return changed


def _replaced(table: pd.DataFrame, changes: Mapping[_Target, float]) -> pd.DataFrame:
    """Return a profile with single numbers replaced."""
    replaced = table.copy()
    for target, value in changes.items():
        (column,) = target.columns
        numbers_of_column = replaced[column].to_numpy(float, copy=True)
        numbers_of_column[int(target.row)] = value
        replaced[column] = numbers_of_column
    return replaced


def _multiplied(table: pd.DataFrame, changes: Mapping[_Target, float]) -> pd.DataFrame:
    """Return a profile with rows, or some columns of them, multiplied by factors."""
    multiplied = list(dict.fromkeys(column for target in changes for column in target.columns))
    place_of = {column: place for place, column in enumerate(multiplied)}
    values = table[multiplied].to_numpy(float, copy=True)
    is_hourly = "utc_offset" in table
    attributes_of_rows: Sequence[object] = [""] * len(table)
    if "attribute" in table.index.names:
        attributes_of_rows = table.index.get_level_values("attribute").tolist()
    for target, factor in changes.items():
        row = int(target.row)
        places = [place_of[column] for column in target.columns]
        before = values[row, places]
        after = before * factor
        is_share = str(attributes_of_rows[row]).endswith("_max_pu")
        if is_share and not is_hourly:  # hourly factors may pass 1, their product not
            after = np.minimum(after, np.maximum(before, 1.0))
        values[row, places] = after
    changed = table.copy()
    changed[multiplied] = values
    return changed


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
    known = numbers(component, table)
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
        yield _Target(component, name, (attribute,)), name == pattern


def numbers(component: str, table: pd.DataFrame) -> list[str]:
    """Return the attributes of a component list that hold a number or a switch."""
    return list(_numbers(component, IdentityKey(table)))


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
    _book: RuleBook,
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
        yield _Target(f"{PROFILE}{file}", row, columns), exact


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
