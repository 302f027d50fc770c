"""Rows of a profile that an address ``profiles/file.name.attribute`` means, each file by its own key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

import pandas as pd

from energy.case.schema import MONTHS

ALL = "all"
"""Stands for every row or column where a profile has several."""

Rows = Iterator[tuple[int, tuple[str, ...], bool]]
"""Position of a row, columns that a value changes, and whether the address names it exactly."""


def _by_two(
    columns: Callable[[pd.DataFrame], list[str]],
) -> Callable[[pd.DataFrame, str, str], Rows]:
    """Return a search for rows whose key is (name, attribute), for a profile of the columns given."""

    def find(
        table: pd.DataFrame,
        name: str,
        attribute: str,
    ) -> Rows:
        for row, key in enumerate(table.index):
            first, second = (str(part) for part in key[:2])
            exact = first == name
            if (exact or fnmatchcase(first, name)) and attribute in (second, ALL):
                yield row, tuple(columns(table)), exact and attribute == second

    return find


def _of_component(
    table: pd.DataFrame,
    name: str,
    attribute: str,
) -> Rows:
    """Yield rows whose key is (component list, name, attribute)."""
    columns = tuple(column for column in table.columns if column.isdigit())
    for row, key in enumerate(table.index):
        _, row_name, row_attribute = key[:3]
        exact = row_name == name
        if (exact or fnmatchcase(row_name, name)) and row_attribute == attribute:
            yield row, columns, exact


def _by_demand(columns: Sequence[str]) -> Callable[[pd.DataFrame, str, str], Rows]:
    """Return a search for rows whose key is a demand, for a profile whose attributes are the columns given."""

    def find(
        table: pd.DataFrame,
        name: str,
        attribute: str,
    ) -> Rows:
        if attribute not in columns:
            return
        for row, demand in enumerate(table.index):
            exact = demand == name
            if exact or fnmatchcase(str(demand), name):
                yield row, (attribute,), exact

    return find


def _of_curve(
    table: pd.DataFrame,
    name: str,
    attribute: str,
) -> Rows:
    """Yield the coefficient of rows whose key is (link, return mode)."""
    link, _, mode = name.rpartition(".")
    if attribute not in table.columns:
        return
    for row, (row_link, row_mode) in enumerate(table.index):
        exact = row_link == link
        if (exact or fnmatchcase(row_link, link)) and row_mode == mode:
            yield row, (attribute,), exact


FIND_ROWS: Mapping[str, Callable[[pd.DataFrame, str, str], Rows]] = {
    "demand_year": _by_two(lambda table: list(table.columns)),
    "inflow": _by_two(lambda _: MONTHS),
    "demand_season": _by_demand(["summer_elasticity"]),
    "demand_month": _by_demand(MONTHS),
    "monthly": _of_component,
    "hourly": _of_component,
    "loss_curve": _of_curve,
    "head": _by_two(lambda _: ["efficiency"]),
}
"""Profile → rows of its table that a name, or pattern, and an attribute mean."""

SINGLE_NUMBERS = ("demand_season", "loss_curve")
"""Profiles whose attributes are single numbers: a value replaces them. Of all others it multiplies a series."""
