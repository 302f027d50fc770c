"""Parameter overrides of a scenario: values of components, values and factors of profiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype

from energy.case.case import Case
from energy.case.rules import RuleBook
from energy.errors import Fault, InputError
from energy.model.override_targets import PROFILE, Target, targets_of
from energy.model.profile_rows import SINGLE_NUMBERS
from energy.scenario import Scenario


@dataclass(frozen=True)
class _Hit:
    """An address that hits a number, its value, and whether it names it exactly."""

    address: str
    value: float
    exact: bool


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
    hits: dict[Target, list[_Hit]] = {}
    for address, value in scenario.values.items():
        try:
            for target, exact in targets_of(case, book, address, value):
                hit = _Hit(address, value, exact)
                hits.setdefault(target, []).append(hit)
        except InputError as err:
            origin = scenario.written_at("values", address)
            faults += [fault.at(origin.where, origin.line) for fault in err.faults]
    changes: dict[str, dict[Target, float]] = {}
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


def _with_changes(case: Case, changes: Mapping[str, Mapping[Target, float]]) -> Case:
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


def _with_numbers(table: pd.DataFrame, changes: Mapping[Target, float]) -> pd.DataFrame:
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


def _replaced(table: pd.DataFrame, changes: Mapping[Target, float]) -> pd.DataFrame:
    """Return a profile with single numbers replaced."""
    replaced = table.copy()
    for target, value in changes.items():
        (column,) = target.columns
        numbers_of_column = replaced[column].to_numpy(float, copy=True)
        numbers_of_column[int(target.row)] = value
        replaced[column] = numbers_of_column
    return replaced


def _multiplied(table: pd.DataFrame, changes: Mapping[Target, float]) -> pd.DataFrame:
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
