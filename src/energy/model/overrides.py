"""Parameter overrides of a scenario: values of components, factors on rows of the profiles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import pandas as pd

from energy.case.case import Case
from energy.case.physical_limits import allowed_instead
from energy.case.rules import RuleBook, StartRule
from energy.case.schema import MONTHS, NOT_MODELLED, attributes, must_not_be_negative
from energy.errors import Fault, InputError, nearest
from energy.scenario import Scenario

ALL = "all"  # stands for every row or column where a profile has several
PROFILE = "profiles/"


@dataclass(frozen=True)
class _Target:
    address: str
    value: float
    exact: bool


def with_overrides(case: Case, scenario: Scenario, book: RuleBook) -> Case:
    """Return the case with the numbers that ``values`` of the scenario sets.

    A component's number becomes the value; a row of a profile is multiplied by it (a share of a capacity stays at or
    below 1 where the case had it so). An exact name wins over a pattern.

    Raises
    ------
    InputError
        When an address names nothing, two patterns hit one number, a value is not allowed, or a profile or rule sets
        the number anyway, so that the value would have no effect.
    """
    if not scenario.values:
        return case
    faults: list[Fault] = []
    # a table that no value changes stays the same object, by which what was computed from it is known again
    components, profiles = dict(case.components), dict(case.profiles)
    hits: dict[tuple[Any, ...], list[_Target]] = {}
    for address, value in scenario.values.items():
        find = _in_profile if address.startswith(PROFILE) else _in_components
        try:
            for target, exact in find(case, book, address, value):
                hits.setdefault(target, []).append(_Target(address, value, exact))
        except InputError as err:
            origin = scenario.written_at("values", address)
            faults += [fault.at(origin.where, origin.line) for fault in err.faults]
    for target, found in hits.items():
        best = [hit for hit in found if hit.exact] or found
        if len(best) > 1:
            both = " and ".join(sorted(hit.address for hit in best))
            what = f"values: {both} hit the same number"
            origin = scenario.written_at("values", best[-1].address)
            faults.append(Fault(what, origin.where, line=origin.line, allowed="one of them", repair="narrow one"))
        elif str(target[0]).startswith(PROFILE):
            _multiply(
                _own(profiles, case.profiles, target[0].removeprefix(PROFILE)), target[1], target[2], best[0].value
            )
        else:
            _set(_own(components, case.components, target[0]), target[1], target[2], best[0].value)
    if faults:
        raise InputError(dict.fromkeys(faults))
    return replace(case, components=components, profiles=profiles)


def _own(tables: dict[str, pd.DataFrame], before: Mapping[str, pd.DataFrame], name: str) -> pd.DataFrame:
    """Return a table to write to, a copy of that before."""
    if tables[name] is before[name]:
        tables[name] = before[name].copy()
    return tables[name]


def _set(table: pd.DataFrame, name: str, attribute: str, value: float) -> None:
    if attribute not in table:
        table[attribute] = np.nan
    if table[attribute].dtype == bool:
        table.loc[name, attribute] = bool(value)
    else:
        table[attribute] = table[attribute].astype(float)
        table.loc[name, attribute] = value


def _multiply(table: pd.DataFrame, row: int, columns: tuple[str, ...], factor: float) -> None:
    at = table.columns.get_indexer(pd.Index(columns))
    before = table.iloc[row, at].to_numpy(float)
    after = before * factor
    names = table.index.names
    attribute = table.index[row][names.index("attribute")] if "attribute" in names else ""
    if attribute.endswith("_max_pu") and "utc_offset" not in table:  # hourly factors may pass 1, their product not
        after = np.minimum(after, np.maximum(before, 1.0))
    table.iloc[row, at] = after


def _in_components(case: Case, book: RuleBook, address: str, value: float) -> Iterator[tuple[tuple[Any, ...], bool]]:
    component, _, rest = address.partition(".")
    pattern, _, attribute = rest.rpartition(".")
    table = case.components.get(component)
    if table is None:
        known = list(case.components)
        raise _fault(f"no table {component!r}", ", ".join(known), nearest(component, known))
    names = case.names(component, pattern)
    if not names:
        raise _fault(f"no {component} match {pattern!r}", None, nearest(pattern, table.index))
    known = numbers(component, table)
    if attribute not in known:
        raise _fault(f"{component} have no number {attribute!r}", ", ".join(known), nearest(attribute, known))
    _refuse_value(address, attribute, value)
    for name in names:
        lacking = _lacking_port(case, component, name, attribute)
        if lacking is not None:
            raise _fault(f"{address} has no effect: {name!r} has no {lacking}", None, f"remove it, or give {lacking}")
        instead = _set_elsewhere(case, book, component, name, attribute)
        if instead:
            raise _fault(f"{address} has no effect: {name!r} takes it from {instead[0]}", None, instead[1])
        yield (component, name, attribute), name == pattern


def numbers(component: str, table: pd.DataFrame) -> list[str]:
    """Return the attributes of a component list that hold a number or a switch."""
    known = attributes(component)
    inputs = known[known["status"].str.startswith("Input") & ~known["type"].isin(["string", "str"])]
    own = [c for c in table.columns if c not in known.index and pd.api.types.is_numeric_dtype(table[c])]
    return [*map(str, inputs.index), *own]


def _refuse_value(address: str, attribute: str, value: float) -> None:
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


def _lacking_port(case: Case, component: str, name: str, attribute: str) -> str | None:
    """Return the bus that an efficiency speaks of where a link does not have it."""
    port = attribute.removeprefix("efficiency")
    if component != "links" or not port.isdecimal():
        return None
    links = case.components["links"]
    bus = links.at[name, f"bus{port}"] if f"bus{port}" in links else None
    return None if isinstance(bus, str) and bus else f"bus{port}"


def _set_elsewhere(  # noqa: C901  (one branch a place)
    case: Case, book: RuleBook, component: str, name: str, attribute: str
) -> tuple[str, str] | None:
    """Return what sets a number whatever the component's table says, and how to change it there."""
    table = case.series.get((component, attribute))
    if table is not None and name in table:
        return "the network's own series", "change the network"
    if "monthly" in case.profiles:
        for row_component, row_name, row_attribute in case.profiles["monthly"].index:
            if (row_component, row_attribute) == (component, attribute) and name in case.names(component, row_name):
                return "profiles/monthly.csv", f"write profiles/monthly.{row_name}.{attribute}, a factor"
    if (component, attribute) == ("loads", "p_set"):
        loads = case.components["loads"]
        demand = loads.loc[name, "demand"] if "demand" in loads else None
        if "demand_year" in case.profiles and isinstance(demand, str):
            return "profiles/demand_year.csv", f"write profiles/demand_year.{demand}.<year>, a factor"
        if "inflow" in case.profiles and name in case.profiles["inflow"].index.unique("site"):
            return "profiles/inflow.csv", f"write profiles/inflow.{name}.<hydrology>, a factor"
    if (component, attribute) in (("stores", "e_initial"), ("stores", "e_cyclic")):
        for key, rule in book.rules.items():
            if isinstance(rule, StartRule) and rule.store == name:
                return f"rule {key}", f"write rules.{key}.level, or switch the rule off"
    return None


def _in_profile(case: Case, _book: RuleBook, address: str, value: float) -> Iterator[tuple[tuple[Any, ...], bool]]:
    file, _, rest = address.removeprefix(PROFILE).partition(".")
    name, _, attribute = rest.rpartition(".")
    table = case.profiles.get(file)
    if file == "demand_hour":
        repair = "edit the case, or write profiles/demand_month.<demand>.<month>"
        raise _fault(f"{address}: hours of demand average 1, a factor on them means nothing", None, repair)
    if table is None:
        known = [f"{PROFILE}{key}" for key in case.profiles]
        raise _fault(f"the case has no {PROFILE}{file}", ", ".join(known), nearest(f"{PROFILE}{file}", known))
    if not np.isfinite(value) or value < 0:
        raise _fault(f"{address} is {value:g}", "a factor of 0 or more", "1 leaves the row as it is")
    rows = list(_ROWS[file](table, name, attribute))
    if not rows:
        labels = [".".join(_label(file, key)) for key in table.index]
        raise _fault(f"{address} names no row", None, nearest(f"{name}.{attribute}", labels))
    for row, columns, exact in rows:
        yield (f"{PROFILE}{file}", row, columns), exact


def _label(file: str, key: Any) -> tuple[str, ...]:
    parts = tuple(map(str, key)) if isinstance(key, tuple) else (str(key), "7")
    return parts[1:3] if file in ("monthly", "hourly") else parts[:2]


Rows = Iterator[tuple[int, tuple[str, ...], bool]]


def _by_two(columns: Callable[[pd.DataFrame], list[str]]) -> Callable[[pd.DataFrame, str, str], Rows]:
    """Return a search for rows whose key is (name, attribute), for a profile of the columns given."""

    def find(table: pd.DataFrame, name: str, attribute: str) -> Rows:
        for row, key in enumerate(table.index):
            first, second = (str(part) for part in key[:2])
            exact = first == name
            if (exact or fnmatchcase(first, name)) and attribute in (second, ALL):
                yield row, tuple(columns(table)), exact and attribute == second

    return find


def _of_component(table: pd.DataFrame, name: str, attribute: str) -> Rows:
    columns = tuple(c for c in table.columns if c.isdigit())
    for row, key in enumerate(table.index):
        exact = key[1] == name
        if (exact or fnmatchcase(key[1], name)) and key[2] == attribute:
            yield row, columns, exact


def _of_month(table: pd.DataFrame, name: str, attribute: str) -> Rows:
    for row, key in enumerate(table.index):
        exact = key == name
        if (exact or fnmatchcase(str(key), name)) and attribute in MONTHS:
            yield row, (attribute,), exact


def _of_curve(table: pd.DataFrame, name: str, attribute: str) -> Rows:
    link, _, mode = name.rpartition(".")
    for row, key in enumerate(table.index):
        exact = key[0] == link
        if (exact or fnmatchcase(key[0], link)) and key[1] == mode and attribute in table.columns:
            yield row, (attribute,), exact


_ROWS: Mapping[str, Callable[[pd.DataFrame, str, str], Rows]] = {
    "demand_year": _by_two(lambda table: list(table.columns)),
    "inflow": _by_two(lambda _: MONTHS),
    "demand_month": _of_month,
    "monthly": _of_component,
    "hourly": _of_component,
    "loss_curve": _of_curve,
    "head": _by_two(lambda _: ["efficiency"]),
}


def _fault(what: str, allowed: str | None = None, repair: str | None = None) -> InputError:
    return InputError(Fault(f"values: {what}", None, allowed=allowed, repair=repair))
