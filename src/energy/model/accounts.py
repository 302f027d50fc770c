"""Accounts of control areas: net position = scheduled exchanges, as terms of a linear rule.

Physical flows on the ring are free to loop as Kirchhoff's law wants; what an area sends and buys is not. The net
position of an area is generation less demand and losses, which is what leaves its electric buses over lines and links.
Links of the area's own contracts (a swap, a sale) change both sides alike, so that three kinds of terms remain:

- physical exchange: lines that cross the border, and links that draw on a *schedule*;
- what the area sends into schedules: generators on buses of carrier ``schedule`` with its name as ``account``;
- what it buys: generators and links outside its buses with its name as ``account``.

Control areas, net position and scheduled exchange as in ENTSO-E, *Continental Europe Operation Handbook*, glossary.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from energy.case.schema import port_efficiencies

ELECTRIC = ("AC", "DC")
SCHEDULE = "schedule"  # carrier of the buses on which accounts meet: no power flows there, only what was agreed
Tables = Mapping[str, pd.DataFrame]
Coefficients = Mapping[str, pd.Series]
"""Component list → coefficient by name [MW of net position per MW]."""


@dataclass(frozen=True)
class Account:
    """What the net position and the scheduled exchanges of a control area are made of.

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


def account_of(area: str, tables: Tables) -> Account:
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
    inside = _buses_of(area, buses)
    schedules = set(buses.index[buses["carrier"] == SCHEDULE])
    generators = tables.get("generators", pd.DataFrame())
    links = tables.get("links", pd.DataFrame())
    own_generators = _of_account(generators, area)
    own_links = _of_account(links, area)
    on_schedule = own_generators["bus"].isin(schedules) if len(own_generators) else pd.Series(dtype=bool)
    elsewhere = ~on_schedule & ~own_generators["bus"].isin(inside) if len(own_generators) else on_schedule
    sent = own_generators[on_schedule] if len(own_generators) else own_generators
    bought = own_generators[elsewhere] if len(own_generators) else own_generators
    bought_by_link = own_links[~own_links[["bus0", "bus1"]].isin(inside).any(axis=1)] if len(own_links) else own_links
    return Account(
        area,
        physical={"lines": _crossing_lines(tables, inside), "links": _shared_links(links, inside, schedules)},
        sent={"generators": _column(sent, "sign")},
        bought={"generators": _column(bought, "sign"), "links": _column(bought_by_link, "efficiency")},
    )


def account_rule(name: str, area: str, snapshots: int, tables: Tables) -> dict[str, object] | None:
    """Return the account as ``energy.extra_functionality`` reads it; None where nothing crosses the area's border.

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
    account = account_of(area, tables)
    terms = []
    for side, sign in ((account.physical, 1.0), (account.sent, -1.0), (account.bought, 1.0)):
        for component, coefficients in side.items():
            for coefficient in coefficients.unique():
                names = list(coefficients.index[coefficients == coefficient])
                terms.append({"component": component, "names": names, "coefficient": sign * float(coefficient)})
    if not terms:
        return None
    return {"kind": "limit", "name": name, "terms": terms, "runs": [[0, snapshots]], "equals": 0.0}


def _buses_of(area: str, buses: pd.DataFrame) -> set[str]:
    if "country" not in buses:
        return set()
    is_inside = (buses["country"] == area) & buses["carrier"].isin(ELECTRIC)
    return set(buses.index[is_inside])


def _of_account(table: pd.DataFrame, area: str) -> pd.DataFrame:
    return table[table["account"] == area] if "account" in table else table.iloc[:0]


def _column(table: pd.DataFrame, attribute: str) -> pd.Series:
    return table[attribute].astype(float) if len(table) else pd.Series(dtype=float)


def _crossing_lines(tables: Tables, inside: set[str]) -> pd.Series:
    lines = tables.get("lines", pd.DataFrame())
    if lines.empty:
        return pd.Series(dtype=float)
    begins = lines["bus0"].isin(inside).to_numpy(float)
    ends = lines["bus1"].isin(inside).to_numpy(float)
    leaving = pd.Series(begins - ends, lines.index)
    return leaving[leaving != 0]


def _shared_links(links: pd.DataFrame, inside: set[str], schedules: set[str]) -> pd.Series:
    """Return the links that leave the area and draw on a schedule: whose power they carry is a matter of accounts."""
    further_ports = [port for port in port_efficiencies(links.columns) if port != "bus1"]
    if links.empty or not further_ports:
        return pd.Series(dtype=float)
    draws = links[further_ports].isin(schedules).any(axis=1)
    leaves = links["bus0"].isin(inside) & ~links["bus1"].isin(inside)
    shared = links.index[draws & leaves]
    return pd.Series(np.ones(len(shared)), shared)
