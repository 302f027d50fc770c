"""Keys of ``values``: numbers of a case by component table, name and attribute."""

from __future__ import annotations

import re
from typing import NamedTuple

from energy.errors import nearest
from energy.reading.frozen import refuse
from energy.scenario.event import TABLES

_FILES = (
    "demand_year",
    "demand_season",
    "demand_month",
    "demand_hour",
    "inflow",
    "monthly",
    "hourly",
    "loss_curve",
    "head",
)
_PROFILES = tuple(f"profiles/{file}" for file in _FILES)


class ValueKey(NamedTuple):
    """A number of the case: component table, name or shell pattern, attribute.

    Examples
    --------
    >>> split_value_key("links.HVDC pole*.p_nom")
    ValueKey(table='links', name='HVDC pole*', attribute='p_nom')
    """

    table: str
    name: str
    attribute: str


def split_place(place: str) -> tuple[str, str]:
    """Take ``table.name`` apart; the name may hold dots and be a shell pattern.

    Examples
    --------
    >>> split_place("links.HVDC pole 1*")
    ('links', 'HVDC pole 1*')
    """
    table, _, name = place.partition(".")
    return table, name


def split_value_key(key: str) -> ValueKey:
    """Take ``table.name.attribute`` apart; the name may hold dots.

    Raises
    ------
    pydantic_core.PydanticCustomError
        When the table is unknown or a part is missing.

    Examples
    --------
    >>> split_value_key("links.HVDC pole 1*.p_nom")
    ValueKey(table='links', name='HVDC pole 1*', attribute='p_nom')
    """
    table, _, rest = key.partition(".")
    name, _, attribute = rest.rpartition(".")
    if table not in (*TABLES, *_PROFILES) or not name.strip() or not re.fullmatch(r"[A-Za-z0-9_]+", attribute):
        allowed = f"table.name.attribute with table one of {', '.join((*TABLES, *_PROFILES))}"
        raise refuse(f"{key!r} names no number of a case", allowed, nearest(table, (*TABLES, *_PROFILES)))
    return ValueKey(table, name, attribute)


def short(key: str) -> str:
    """Return a number's key without what all of them begin with.

    >>> short("values.profiles/monthly.KG small hydro.p_max_pu")
    'monthly.KG small hydro.p_max_pu'
    """
    return key.removeprefix("values.").removeprefix("profiles/")
