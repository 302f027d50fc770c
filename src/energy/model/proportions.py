"""Warnings about numbers out of proportion: capacities beside their neighbours', demand beside supply, swapped ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from energy.errors import Fault
from energy.model.inputs import Inputs
from energy.model.objective import LACKING, STUDIED, UNSERVED

MOST_TIMES = 50.0
"""How many times all that hangs beside it at a bus a thing may be."""
SMALLEST = 1.0
"""Capacity [MW] below which a number may have been meant in GW, where its neighbours are larger by far."""
SIZES = {
    "generators": ("p_nom", "p_max_pu"),
    "links": ("p_nom", "p_max_pu"),
    "lines": ("s_nom", "s_max_pu"),
}
"""Component list → its rating, and the share of it that is there."""
_BACKSTOPS = (UNSERVED, LACKING)


class _Item(NamedTuple):
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
    by_bus: dict[str, list[_Item]] = {}
    for item in items:
        by_bus.setdefault(item.bus, []).append(item)
    warned: set[tuple[str, str]] = set()
    for item in items:
        key = (item.component, item.name)
        if key in warned:
            continue
        powers = [other.power for other in by_bus[item.bus] if (other.component, other.name) != key]
        what = _out_of_proportion(item, sum(powers))
        if what is not None:
            warned.add(key)
            yield Fault(what, inputs.name, repair="check the unit: MW, not kW or GW")
    yield from _swapped_ends(inputs)


def _out_of_proportion(item: _Item, beside: float) -> str | None:
    """Return what is wrong with a power beside all else at its bus; None where it is in proportion."""
    if beside <= 0 or item.power <= 0:
        return None
    label = f"{item.component} {item.name!r}: {item.attribute}"
    all_else = f"at bus {item.bus!r}, where all else together has {beside:,.4g} MW"
    if item.power > MOST_TIMES * beside:
        return f"{label} is {item.power:,.4g} MW {all_else}"
    looks_like_gigawatt = item.power < SMALLEST and beside > MOST_TIMES * item.power
    if looks_like_gigawatt and item.component != "loads":
        return f"{label} is {item.power:g} MW {all_else}"
    return None


def _items(inputs: Inputs) -> Iterator[_Item]:
    """Yield what hangs on electric buses, with its largest power there."""
    carrier = inputs.components["buses"]["carrier"]
    electric = set(carrier.index[carrier != "water"])
    for component, (nominal, share) in SIZES.items():
        table = inputs.components.get(component, pd.DataFrame())
        if table.empty:
            continue
        largest_share = np.abs(inputs.array(component, share)).max(axis=0, initial=0.0)
        power = table[nominal].to_numpy(float) * largest_share
        power_at = {"bus": power, "bus0": power, "bus1": power}
        if component == "links":
            power_at["bus1"] = power * inputs.array("links", "efficiency").max(axis=0)
        ports = ["bus"] if "bus" in table else ["bus0", "bus1"]
        for row, (name, values) in enumerate(table.iterrows()):
            if values.get("carrier") in _BACKSTOPS:
                continue
            for port in ports:
                bus = values[port]
                if bus in electric:
                    yield _Item(
                        component,
                        str(name),
                        attribute=nominal,
                        bus=str(bus),
                        power=float(power_at[port][row]),
                    )
    yield from _loads(inputs, electric)


def _loads(inputs: Inputs, electric: set[str]) -> Iterator[_Item]:
    """Yield the loads at electric buses, with their peak."""
    loads = inputs.components.get("loads", pd.DataFrame())
    if loads.empty:
        return
    peaks = np.abs(inputs.array("loads", "p_set")).max(axis=0, initial=0.0)
    for (name, bus), peak in zip(loads["bus"].items(), peaks, strict=True):
        if bus in electric:
            yield _Item(
                "loads",
                str(name),
                attribute="p_set",
                bus=str(bus),
                power=float(peak),
            )


def _swapped_ends(inputs: Inputs) -> Iterator[Fault]:
    """Yield links from electricity to water that multiply, and the sale's own links where they lead to its sellers."""
    links = inputs.components.get("links", pd.DataFrame())
    if links.empty:
        return
    efficiency = inputs.array("links", "efficiency").max(axis=0)
    multiplies = _raises_water(inputs, links) & (efficiency > 1)
    leads_home = _leads_home(inputs, links)
    for name, link in links[multiplies | leads_home].iterrows():
        what = f"links {name!r}: it leads from {link['bus0']!r} to {link['bus1']!r}"
        yield Fault(what, inputs.name, repair="are its ends swapped? exchange bus0 and bus1")


def _raises_water(inputs: Inputs, links: pd.DataFrame) -> np.ndarray:
    """Return which links lead from electricity to water; shape (links,)."""
    carrier = inputs.components["buses"]["carrier"]
    takes_power = links["bus0"].map(carrier) != "water"
    gives_water = links["bus1"].map(carrier) == "water"
    return (takes_power & gives_water).to_numpy()


def _leads_home(inputs: Inputs, links: pd.DataFrame) -> np.ndarray:
    """Return which links of the sale lead from another country to a seller; shape (links,)."""
    contract = inputs.book.contract
    buses = inputs.components["buses"]
    if contract is None or "country" not in buses or "service" not in links:
        return np.zeros(len(links), dtype=bool)
    sellers = list(contract.shares)
    from_seller = links["bus0"].map(buses["country"]).isin(sellers)
    to_seller = links["bus1"].map(buses["country"]).isin(sellers)
    is_sale = links["service"] == STUDIED
    return (is_sale & to_seller & ~from_seller).to_numpy()
