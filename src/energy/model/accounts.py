"""Accounts of control areas: net position = scheduled exchanges, as terms of a linear constraint.

Physical flows on the ring are free to loop as Kirchhoff's law wants; the exchanges of an area are not. The net
position of an area is generation less demand and losses, which is what leaves its electric buses over lines and links.
Links of the area's own contracts (a swap, a sale) change both sides alike, so that three kinds of terms remain:

- physical exchange: lines that cross the border, and links that draw on a *schedule*;
- what the area sends into schedules: generators on buses of carrier ``schedule`` with its name as ``account``;
- what it buys: generators and links outside its buses with its name as ``account``.

Control areas, net position and scheduled exchange as in ENTSO-E, *Continental Europe Operation Handbook*, glossary.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from energy.case.schema import port_efficiencies
from energy.model.cache import NO_COMPONENTS, IdentityKey

ELECTRIC = ("AC", "DC")
SCHEDULE = "schedule"  # carrier of the buses on which accounts meet: no power flows there, only what was agreed
Tables = Mapping[str, pd.DataFrame]
Coefficients = Mapping[str, pd.Series]
"""Component list → coefficient by name [MW of net position per MW]."""


@dataclass(frozen=True)
class Account:
    """Terms of the net position and of the scheduled exchanges of a control area.

    Attributes
    ----------
    area
        Country of its buses.
    physical
        Exchange over lines and shared links, positive where power leaves the area.
    sent
        What it sends into schedules, positive as export.
    bought
        What it buys, positive as import.
    """

    area: str
    physical: Coefficients
    sent: Coefficients
    bought: Coefficients


def account_of(
    area: str,
    tables: Tables,
) -> Account:
    """Return the account of a control area.

    Parameters
    ----------
    area
        Country, as in the column ``country`` of buses.
    tables
        Component list → table of the components in service.

    Examples
    --------
    >>> buses = pd.DataFrame({"country": ["AA", "BB"], "carrier": "AC"}, index=["a", "b"])
    >>> lines = pd.DataFrame({"bus0": ["a"], "bus1": ["b"]}, index=["tie"])
    >>> account_of("BB", {"buses": buses, "lines": lines}).physical["lines"].to_dict()
    {'tie': -1.0}
    """
    buses = tables["buses"]
    inside = _electric_buses(area, buses)
    schedules = set(buses.index[buses["carrier"] == SCHEDULE])
    generators = tables.get("generators", NO_COMPONENTS)
    links = tables.get("links", NO_COMPONENTS)

    own_generators = _of_account(generators, area)
    is_on_schedule = _stands_at(own_generators, "bus", schedules)
    is_inside = _stands_at(own_generators, "bus", inside)
    sent = own_generators[is_on_schedule]
    bought = own_generators[~is_on_schedule & ~is_inside]

    own_links = _of_account(links, area)
    link_begins_inside = _stands_at(own_links, "bus0", inside)
    link_ends_inside = _stands_at(own_links, "bus1", inside)
    bought_by_link = own_links[~link_begins_inside & ~link_ends_inside]
    return Account(
        area,
        physical={
            "lines": _crossing_lines(tables, inside),
            "links": _shared_links(links, inside, schedules),
        },
        sent={
            "generators": _coefficients(sent, "sign"),
        },
        bought={
            "generators": _coefficients(bought, "sign"),
            "links": _coefficients(bought_by_link, "efficiency"),
        },
    )


def account_rule(
    name: str,
    area: str,
    snapshots: int,
    tables: Tables,
) -> dict[str, object] | None:
    """Return the account as a constraint for ``energy.extra_functionality``; None where nothing crosses the border.

    Parameters
    ----------
    name
        Of the rule.
    area
        Country, as in the column ``country`` of buses.
    snapshots
        Number of snapshots.
    tables
        Component list → table of the components in service.
    """
    terms = _account_terms(area, IdentityKey(tables))
    if not terms:
        return None
    return {
        "kind": "limit",
        "name": name,
        "terms": list(terms),
        "runs": [[0, snapshots]],
        "equals": 0.0,
    }


@lru_cache(maxsize=16)
def _account_terms(area: str, tables: IdentityKey[Tables]) -> tuple[dict[str, object], ...]:
    """Return the terms of an account; computed once for all horizons of the same components."""
    account = account_of(area, tables.it)
    return (
        *_terms(account.physical, 1.0),
        *_terms(account.sent, -1.0),
        *_terms(account.bought, 1.0),
    )


def _terms(
    exchange: Coefficients,
    sign: float,
) -> Iterator[dict[str, object]]:
    """Yield one term for the components of each list that have the same coefficient."""
    for component, coefficients in exchange.items():
        for coefficient in coefficients.unique():
            names = coefficients.index[coefficients == coefficient]
            yield {
                "component": component,
                "names": list(names),
                "coefficient": sign * float(coefficient),
            }


def _electric_buses(
    area: str,
    buses: pd.DataFrame,
) -> set[str]:
    """Return the electric buses of a country."""
    if "country" not in buses:
        return set()
    is_of_area = buses["country"] == area
    is_electric = buses["carrier"].isin(ELECTRIC)
    return set(buses.index[is_of_area & is_electric])


def _of_account(
    table: pd.DataFrame,
    area: str,
) -> pd.DataFrame:
    """Return the components whose account is the area's."""
    if "account" not in table:
        return table.iloc[:0]
    return table[table["account"] == area]


def _stands_at(
    table: pd.DataFrame,
    port: str,
    buses: set[str],
) -> pd.Series:
    """Return whether each component's port is at one of the buses."""
    if table.empty:
        return pd.Series(False, index=table.index, dtype=bool)
    return table[port].isin(buses)


def _coefficients(
    table: pd.DataFrame,
    attribute: str,
) -> pd.Series:
    if table.empty:
        return pd.Series(dtype=float)
    return table[attribute].astype(float)


def _crossing_lines(
    tables: Tables,
    inside: set[str],
) -> pd.Series:
    """Return 1 for the lines that begin in the area and end outside, −1 for those the other way round."""
    lines = tables.get("lines", NO_COMPONENTS)
    if lines.empty:
        return pd.Series(dtype=float)
    begins_inside = lines["bus0"].isin(inside).astype(float)
    ends_inside = lines["bus1"].isin(inside).astype(float)
    leaving = begins_inside - ends_inside
    return leaving[leaving != 0]


def _shared_links(
    links: pd.DataFrame,
    inside: set[str],
    schedules: set[str],
) -> pd.Series:
    """Return 1 for the links that leave the area and draw on a schedule: accounts say whose power they carry."""
    further_ports = [port for port in port_efficiencies(links.columns) if port != "bus1"]
    if links.empty or not further_ports:
        return pd.Series(dtype=float)
    draws_on_schedule = links[further_ports].isin(schedules).any(axis=1)
    begins_inside = links["bus0"].isin(inside)
    ends_inside = links["bus1"].isin(inside)
    is_shared = draws_on_schedule & begins_inside & ~ends_inside
    return pd.Series(1.0, index=links.index[is_shared])
