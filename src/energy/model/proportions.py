"""Warnings about numbers out of proportion: capacities beside their neighbours', demand beside supply, swapped ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from energy.errors import Fault
from energy.model.inputs import Inputs

MOST_TIMES = 50.0
"""How many times all that hangs beside it at a bus a thing may be."""
SMALLEST = 1.0
"""Capacity [MW] below which a number may have been meant in GW, where its neighbours are larger by far."""
_BACKSTOPS = ("unserved", "lacking water")


class Item(NamedTuple):
    """What hangs on an electric bus: a plant, an end of a branch, or a load, with its power there [MW]."""

    component: str
    name: str
    attribute: str
    bus: str
    power: float


def proportion_warnings(inputs: Inputs) -> Iterator[Fault]:
    """Yield what is probably a slip of unit or of place.

    Parameters
    ----------
    inputs
        What would be solved.

    Yields
    ------
    Fault
        Things 50 times as large as all their neighbours, capacities that look like GW, links whose ends look swapped.
    """
    items = list(_items(inputs))
    by_bus: dict[str, list[Item]] = {}
    for item in items:
        by_bus.setdefault(item.bus, []).append(item)
    warned: set[tuple[str, str]] = set()
    for item in items:
        others = [other for other in by_bus[item.bus] if (other.component, other.name) != (item.component, item.name)]
        what = _out_of_proportion(item, sum(other.power for other in others))
        if what is not None and (item.component, item.name) not in warned:
            warned.add((item.component, item.name))
            yield Fault(what, inputs.name, repair="check the unit: MW, not kW or GW")
    yield from _swapped_ends(inputs)


def _out_of_proportion(item: Item, beside: float) -> str | None:
    if beside <= 0 or item.power <= 0:
        return None
    label = f"{item.component} {item.name!r}: {item.attribute}"
    if item.power > MOST_TIMES * beside:
        return f"{label} is {item.power:,.4g} MW at bus {item.bus!r}, where all else together has {beside:,.4g} MW"
    looks_like_gigawatt = item.power < SMALLEST and beside > MOST_TIMES * item.power
    if looks_like_gigawatt and item.component != "loads":
        return f"{label} is {item.power:g} MW at bus {item.bus!r}, where all else together has {beside:,.4g} MW"
    return None


def _items(inputs: Inputs) -> Iterator[Item]:
    carrier = inputs.components["buses"]["carrier"]
    is_electric = dict(zip(carrier.index, carrier != "water", strict=True))
    for component, attribute, share in (
        ("generators", "p_nom", "p_max_pu"),
        ("links", "p_nom", "p_max_pu"),
        ("lines", "s_nom", "s_max_pu"),
    ):
        table = inputs.components.get(component, pd.DataFrame())
        if table.empty:
            continue
        power = table[attribute].to_numpy(float) * np.abs(inputs.array(component, share)).max(axis=0, initial=0.0)
        received = power * inputs.array(component, "efficiency").max(axis=0) if component == "links" else power
        for at, (name, row) in enumerate(table.iterrows()):
            if row.get("carrier") in _BACKSTOPS:
                continue
            ends = (
                ((row["bus"], power[at]),) if "bus" in row else ((row["bus0"], power[at]), (row["bus1"], received[at]))
            )
            for bus, at_bus in ends:
                if is_electric.get(bus):
                    yield Item(component, str(name), attribute, str(bus), float(at_bus))
    yield from _loads(inputs, is_electric)


def _loads(inputs: Inputs, is_electric: dict[str, bool]) -> Iterator[Item]:
    loads = inputs.components.get("loads", pd.DataFrame())
    if loads.empty:
        return
    peak = np.abs(inputs.array("loads", "p_set")).max(axis=0, initial=0.0)
    for (name, bus), most in zip(loads["bus"].items(), peak, strict=True):
        if is_electric.get(bus):
            yield Item("loads", str(name), "p_set", str(bus), float(most))


def _swapped_ends(inputs: Inputs) -> Iterator[Fault]:
    """Yield links from electricity to water that multiply, and the sale's own links where they lead to its sellers."""
    links = inputs.components.get("links", pd.DataFrame())
    if links.empty:
        return
    buses = inputs.components["buses"]
    carrier = buses["carrier"]
    efficiency = inputs.array("links", "efficiency").max(axis=0)
    contract = inputs.book.contract
    sellers = set(contract.shares) if contract is not None else set()
    country = buses["country"] if "country" in buses else pd.Series("", buses.index)
    for at, (name, row) in enumerate(links.iterrows()):
        raises_water = carrier[row["bus0"]] != "water" and carrier[row["bus1"]] == "water"
        is_sale = row.get("service") == "casa"
        leads_home = is_sale and country[row["bus1"]] in sellers and country[row["bus0"]] not in sellers
        if (raises_water and efficiency[at] > 1) or leads_home:
            what = f"links {name!r}: it leads from {row['bus0']!r} to {row['bus1']!r}"
            yield Fault(what, inputs.name, repair="are its ends swapped? exchange bus0 and bus1")
