"""Checks of a user's own PyPSA network before it is solved; its files have no lines to name, only cells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from energy.case.physical_limits import allowed_instead
from energy.case.schema import NOT_MODELLED, OWN_COMPONENTS, OWN_DEFINITIONS, attributes, must_not_be_negative
from energy.errors import Fault, nearest

if TYPE_CHECKING:
    import pypsa

_NUMBERS = {
    "generators": ("p_nom", "p_min_pu", "p_max_pu", "marginal_cost", "sign"),
    "links": ("p_nom", "p_min_pu", "p_max_pu", "marginal_cost", "efficiency"),
    "lines": ("s_nom", "s_max_pu", "x", "r"),
    "stores": ("e_nom", "e_initial", "e_min_pu", "e_max_pu", "marginal_cost", "marginal_cost_storage"),
    "loads": ("p_set", "sign"),
    "storage_units": ("p_nom", "p_min_pu", "p_max_pu", "max_hours", "marginal_cost", "inflow", "efficiency_store"),
    "transformers": ("s_nom", "s_max_pu", "x", "r"),
}
"""What the optimisation reads of each component list."""
WEIGHTINGS = ("objective", "stores", "generators")


def network_faults(network: pypsa.Network, path: Path) -> Iterator[Fault]:
    """Yield every fault of a user's own network.

    Parameters
    ----------
    network
        As PyPSA read it.
    path
        Where it was read from.
    """
    if network.meta.get("energy"):
        # its rules live in its meta data, and its demands and inflows are those of one scenario already
        yield Fault("this network was built from a case", path, repair="name the case itself, and a scenario")
    if network.has_scenarios:
        what = "it is a stochastic network: n.set_scenarios was called"
        repair = "export one scenario by itself, n.get_scenario(name), and let scenario files say what may happen"
        yield Fault(what, path, allowed="a network without scenarios", repair=repair)
        return
    yield from _snapshots(network, path)
    yield from _not_modelled(network, path)
    yield from _buses(network, path)
    yield from _loops(network, path)
    for component, names in _NUMBERS.items():
        for attribute in names:
            yield from _numbers(network, path, component, attribute)


def _snapshots(network: pypsa.Network, path: Path) -> Iterator[Fault]:
    times = network.snapshots
    if isinstance(times, pd.MultiIndex):
        yield Fault("snapshots have investment periods or scenarios", path, allowed="one level of snapshots")
        return
    if not len(times):
        yield Fault("there are no snapshots", path, allowed="one snapshot or more", repair="set them with n.set_snapshots")
    elif not times.is_unique or not times.is_monotonic_increasing:
        at = next(at for at in range(1, len(times)) if not times[at] > times[at - 1])
        what = f"snapshot {times[at]} stands after {times[at - 1]}"
        yield Fault(what, path, allowed="instants that rise, each once", repair="sort them")
    weights = network.snapshot_weightings
    for column in (name for name in WEIGHTINGS if name not in weights):
        what = f"snapshot weightings: column {column!r} is missing"
        yield Fault(what, path, allowed=", ".join(WEIGHTINGS), repair="give each in hours, as n.snapshot_weightings has them")
    for column in weights.columns:
        values = weights[column].to_numpy(float)
        wrong = ~(np.isfinite(values) & (values > 0))
        if wrong.any():
            first = int(np.argmax(wrong))
            what = f"snapshot weightings: {column!s} is {values[first]:g} at {_time(times[first])}"
            yield Fault(what, path, allowed="hours above 0", repair="correct n.snapshot_weightings")


def _time(snapshot: Any) -> str:
    return f"{snapshot:%Y-%m-%d %H:%M}" if isinstance(snapshot, pd.Timestamp) else str(snapshot)


def _not_modelled(network: pypsa.Network, path: Path) -> Iterator[Fault]:
    for c in network.components:
        table = c.static
        twice = table.index[table.index.duplicated()].unique()
        if len(twice):
            names = ", ".join(map(str, twice[:5]))
            yield Fault(f"{c.list_name} {names}: the name stands twice", path, allowed="each name once", repair="rename one")
        delays = {column: 0.0 for column in table if column.startswith("delay") and column[5:].isdigit()}
        for attribute, allowed in (NOT_MODELLED | delays).items():
            if attribute in table and len(table):
                differing = table.index[table[attribute].fillna(allowed) != allowed]
                if len(differing):
                    what = f"{c.list_name} {', '.join(map(str, differing[:5]))}: {attribute} is not modelled here"
                    yield Fault(what, path, allowed=str(allowed), repair="set it so, or solve with plain PyPSA")
    present = [c.list_name for c in network.components if len(c.static) and c.list_name not in OWN_DEFINITIONS]
    foreign = [name for name in present if name not in OWN_COMPONENTS]
    if foreign:
        repair = "replace them, or solve with plain PyPSA"
        what = f"components {', '.join(foreign)} are not modelled here"
        yield Fault(what, path, allowed=", ".join(OWN_COMPONENTS), repair=repair)


def _buses(network: pypsa.Network, path: Path) -> Iterator[Fault]:
    buses = [str(name) for name in network.components["buses"].static.index]
    for component in _NUMBERS:
        table = network.components[component].static
        for column in [c for c in table.columns if c == "bus" or (c.startswith("bus") and c[3:].isdigit())]:
            for name, bus in table[column].items():
                needed = column in ("bus", "bus0", "bus1")
                if bus not in buses and (needed or (bus != "" and not pd.isna(bus))):
                    what = f"{component}: {column} of {name!r} is {bus!r}, which does not exist"
                    yield Fault(what, path, allowed=", ".join(buses[:30]) or "no bus yet", repair=nearest(str(bus), buses))


def _loops(network: pypsa.Network, path: Path) -> Iterator[Fault]:
    """Yield the branches that begin and end at one bus."""
    for component in ("links", "lines"):
        table = network.components[component].static
        for name in table.index[table["bus0"] == table["bus1"]]:
            what = f"{component} {name}: it leads from bus {table.at[name, 'bus0']!r} to itself"
            yield Fault(what, path, allowed="two buses", repair="correct bus0 or bus1")


def _numbers(network: pypsa.Network, path: Path, component: str, attribute: str) -> Iterator[Fault]:
    c = network.components[component]
    if attribute in c.static:
        yield from _wrong(component, attribute, c.static[attribute].to_frame("").T, path)
    series = c.dynamic.get(attribute)
    if series is not None and len(series.columns) and attribute in attributes(component).index:
        yield from _wrong(component, attribute, series, path)


def _wrong(component: str, attribute: str, table: pd.DataFrame, path: Path) -> Iterator[Fault]:
    """Yield the numbers of a table (instants × names) that no program can hold, the first of each component."""
    values = table.apply(pd.to_numeric, errors="coerce").to_numpy(float)
    negative = must_not_be_negative(attribute) and attribute != "efficiency"
    beyond = np.isin(values, [value for value in np.unique(values) if allowed_instead(attribute, value) is not None])
    wrong = ~np.isfinite(values) | (negative & (values < 0)) | beyond
    for at in np.flatnonzero(wrong.any(axis=0)):
        row = int(np.argmax(wrong[:, at]))
        shown = str(table.iloc[row, int(at)])
        when = f" at {_time(table.index[row])}" if len(table.index) > 1 or table.index[0] != "" else ""
        finite = "a finite number of 0 or more" if negative else "a finite number"
        allowed = allowed_instead(attribute, float(values[row, int(at)])) or finite
        what = f"{component} {table.columns[int(at)]!s}: {attribute} is {shown}{when}"
        yield Fault(what, path, allowed=allowed, repair="correct the network")
