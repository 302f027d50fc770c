"""A user's own PyPSA network, CSV folder or netCDF, as a case."""

from __future__ import annotations

import json
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from energy.case.case import Case
from energy.case.physical_limits import allowed_instead
from energy.case.schema import (
    NOT_MODELLED,
    OWN_COMPONENTS,
    OWN_DEFINITIONS,
    attributes,
    bus_columns,
    must_not_be_negative,
)
from energy.errors import Fault, InputError, nearest

if TYPE_CHECKING:
    import pypsa

_NUMBERS = {
    "generators": ("p_nom", "p_min_pu", "p_max_pu", "marginal_cost", "sign"),
    "links": ("p_nom", "p_min_pu", "p_max_pu", "marginal_cost", "efficiency"),
    "lines": ("s_nom", "s_max_pu", "x", "r"),
    "stores": (
        "e_nom",
        "e_initial",
        "e_min_pu",
        "e_max_pu",
        "marginal_cost",
        "marginal_cost_storage",
    ),
    "loads": ("p_set", "sign"),
    "storage_units": (
        "p_nom",
        "p_min_pu",
        "p_max_pu",
        "max_hours",
        "marginal_cost",
        "inflow",
        "efficiency_store",
    ),
    "transformers": ("s_nom", "s_max_pu", "x", "r"),
}
"""What the optimisation reads of each component list."""
WEIGHTINGS = ("objective", "stores", "generators")


def read_network_file(path: Path) -> Case:
    """Read a PyPSA network that brings its own snapshots.

    Raises
    ------
    InputError
        When PyPSA cannot read the file, or it holds components that this package does not model.
    """
    network = _network(path)
    faults = [*_other_snapshots(path), *_changed_types(network, path), *_network_faults(network, path)]
    if faults:
        raise InputError(faults)
    return case_of_network(network, path)


def case_of_network(network: pypsa.Network, path: Path) -> Case:
    """Return a PyPSA network as a case; ``path`` is where it was read from."""
    components = {}
    series = {}
    for component in network.components:
        name = component.list_name
        if name not in OWN_COMPONENTS or component.static.empty:
            continue
        components[name] = component.static.copy()
        status = component.defaults["status"]
        for attribute, table in component.dynamic.items():
            is_input = str(status.get(attribute, "")).startswith("Input")
            if is_input and len(table.columns):
                series[name, attribute] = table.copy()
    return Case(
        path.stem,
        path,
        components,
        series=series,
        weightings=network.snapshot_weightings.copy(),
        own=network,
    )


def _network(path: Path, **options: Any) -> pypsa.Network:
    """Return a network as PyPSA reads it, with options of ``pypsa.Network``."""
    import pypsa

    if not path.exists():
        allowed = "a .nc file or a folder of PyPSA CSV files"
        raise InputError(Fault("file not found", path, allowed=allowed, repair="correct the path"))
    try:
        with warnings.catch_warnings(), _unnoticed():
            warnings.simplefilter("ignore")  # PyPSA's own, of coming defaults and of files it leaves open
            return pypsa.Network(str(path), **options)
    except Exception as err:  # noqa: BLE001   # PyPSA and netCDF raise many kinds for a broken file
        what = " ".join(f"PyPSA cannot read this network: {err}".split())
        if len(what) > 300:
            what = f"{what[:299]}…"
        repair = "export it anew with n.export_to_netcdf or n.export_to_csv_folder"
        raise InputError(Fault(what, path, repair=repair)) from None


@contextmanager
def _unnoticed() -> Iterator[None]:
    """Keep to itself what PyPSA notes of a file that it reads."""
    log = logging.getLogger("pypsa")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


def _changed_types(network: pypsa.Network, path: Path) -> Iterator[Fault]:
    """Yield the standard types in use whose numbers PyPSA reads from its own library and not from the file."""
    if not _holds_types(path):
        return
    in_file = _network(path, ignore_standard_types=True)
    for branches, types in (("lines", "line_types"), ("transformers", "transformer_types")):
        ours = in_file.components[types].static
        standard = network.components[types].static
        used = set(network.components[branches].static["type"]) - {""}
        for name in sorted(used & set(ours.index) & set(standard.index)):
            for attribute in ours.columns.intersection(standard.columns):
                written = ours.at[name, attribute]
                read = standard.at[name, attribute]
                if written == read or (pd.isna(written) and pd.isna(read)):
                    continue
                yield Fault(
                    f"{types} {name}: {attribute} is {written} in the file, and PyPSA takes {read} of its own library",
                    path,
                    allowed="a name that PyPSA's library of standard types does not have",
                    repair="give the type another name in n.add, and export again",
                )


def _holds_types(path: Path) -> bool:
    """Return whether a file holds types of lines or transformers."""
    import xarray as xr

    names = ("line_types", "transformer_types")
    if path.is_dir():
        return any((path / f"{name}.csv").is_file() for name in names)
    with xr.open_dataset(path) as dataset:
        return any(f"{name}_i" in dataset.variables for name in names)


def own_digest(network: pypsa.Network) -> str:
    """Return a hash (SHA-256, hex) of all that a user's own network holds: tables, series and weightings."""
    digest = sha256(_words(network.snapshot_weightings))
    for component in network.components:
        name = component.list_name
        if len(component.static):
            digest.update(name.encode())
            digest.update(_words(component.static))
        for attribute, table in component.dynamic.items():
            if len(table.columns):
                digest.update(f"{name}.{attribute}".encode())
                digest.update(_words(table))
    return digest.hexdigest()


def _words(table: pd.DataFrame) -> bytes:
    """Return a table as text, every number to its last bit."""
    index = [str(key) for key in table.index]
    columns = {}
    for column in table:
        values = table[column].tolist()
        columns[str(column)] = list(map(repr, values))
    return json.dumps([index, columns]).encode()


def _other_snapshots(folder: Path) -> Iterator[Fault]:
    """Yield the tables of a CSV folder that lack snapshots, for there PyPSA takes its defaults without a word."""
    if not folder.is_dir():
        return
    snapshots = _first_column(folder / "snapshots.csv")
    for file in sorted(folder.glob("*-*.csv")):
        missing = snapshots.difference(_first_column(file), sort=False)
        if missing.empty:
            continue
        yield Fault(
            f"no row for {len(missing)} of {len(snapshots)} snapshots, the first is {missing[0]}",
            file,
            allowed="one row for each snapshot of snapshots.csv",
            repair="export the network anew",
        )


def _first_column(file: Path) -> pd.Index:
    """Return instants where all are some, else the words that stand there."""
    table = pd.read_csv(file, usecols=[0], dtype=str)
    words: pd.Index = pd.Index(table.iloc[:, 0])
    try:
        instants: pd.Index = pd.to_datetime(words, format="ISO8601")
    except ValueError:
        return words
    return instants


def _network_faults(network: pypsa.Network, path: Path) -> Iterator[Fault]:
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
        what = "this network was built from a case"
        yield Fault(what, path, repair="name the case itself, and a scenario")
    if network.has_scenarios:
        what = "it is a stochastic network: n.set_scenarios was called"
        repair = "export one scenario by itself, n.get_scenario(name), and let scenario files say what may happen"
        yield Fault(what, path, allowed="a network without scenarios", repair=repair)
        return
    yield from _snapshots(network.snapshots, path)
    yield from _weightings(network, path)
    yield from _not_modelled(network, path)
    yield from _buses(network, path)
    yield from _loops(network, path)
    for component, attributes_read in _NUMBERS.items():
        for attribute in attributes_read:
            yield from _numbers(network, path, component, attribute)


def _snapshots(snapshots: pd.Index, path: Path) -> Iterator[Fault]:
    if isinstance(snapshots, pd.MultiIndex):
        what = "snapshots have investment periods or scenarios"
        yield Fault(what, path, allowed="one level of snapshots")
        return
    if snapshots.empty:
        repair = "set them with n.set_snapshots"
        yield Fault("there are no snapshots", path, allowed="one snapshot or more", repair=repair)
    for before, snapshot in pairwise(snapshots):
        if not snapshot > before:
            what = f"snapshot {snapshot} stands after {before}"
            yield Fault(what, path, allowed="instants that rise, each once", repair="sort them")
            return


def _weightings(network: pypsa.Network, path: Path) -> Iterator[Fault]:
    if isinstance(network.snapshots, pd.MultiIndex):
        return
    weightings = network.snapshot_weightings
    for column in WEIGHTINGS:
        if column not in weightings:
            what = f"snapshot weightings: column {column!r} is missing"
            repair = "give each in hours, as n.snapshot_weightings has them"
            yield Fault(what, path, allowed=", ".join(WEIGHTINGS), repair=repair)
    for column in weightings.columns:
        hours = weightings[column].to_numpy(float)
        wrong = ~(np.isfinite(hours) & (hours > 0))
        if wrong.any():
            first = int(np.argmax(wrong))
            snapshot = _time(network.snapshots[first])
            what = f"snapshot weightings: {column!s} is {hours[first]:g} at {snapshot}"
            yield Fault(what, path, allowed="hours above 0", repair="correct n.snapshot_weightings")


def _time(snapshot: Any) -> str:
    return f"{snapshot:%Y-%m-%d %H:%M}" if isinstance(snapshot, pd.Timestamp) else str(snapshot)


def _not_modelled(network: pypsa.Network, path: Path) -> Iterator[Fault]:
    foreign = []
    for component in network.components:
        yield from _twice(component.static.index, component.list_name, path)
        yield from _features(component.static, component.list_name, path)
        known = (*OWN_COMPONENTS, *OWN_DEFINITIONS)
        if len(component.static) and component.list_name not in known:
            foreign.append(component.list_name)
    if foreign:
        what = f"components {', '.join(foreign)} are not modelled here"
        repair = "replace them, or solve with plain PyPSA"
        yield Fault(what, path, allowed=", ".join(OWN_COMPONENTS), repair=repair)


def _twice(
    index: pd.Index,
    component: str,
    path: Path,
) -> Iterator[Fault]:
    """Yield the names that stand twice."""
    twice = index[index.duplicated()].unique()
    if len(twice):
        names = ", ".join(map(str, twice[:5]))
        what = f"{component} {names}: the name stands twice"
        yield Fault(what, path, allowed="each name once", repair="rename one")


def _features(
    table: pd.DataFrame,
    component: str,
    path: Path,
) -> Iterator[Fault]:
    """Yield the features of PyPSA that components use and that are not modelled here."""
    delays = [column for column in map(str, table.columns) if re.fullmatch(r"delay\d+", column)]
    allowed_values = NOT_MODELLED | dict.fromkeys(delays, 0.0)
    for attribute, allowed in allowed_values.items():
        if attribute not in table:
            continue
        differs = table[attribute].fillna(allowed) != allowed
        if differs.any():
            names = ", ".join(map(str, table.index[differs][:5]))
            what = f"{component} {names}: {attribute} is not modelled here"
            yield Fault(what, path, allowed=str(allowed), repair="set it so, or solve with plain PyPSA")


def _buses(network: pypsa.Network, path: Path) -> Iterator[Fault]:
    buses = [str(name) for name in network.components["buses"].static.index]
    for component in _NUMBERS:
        table = network.components[component].static
        for column in bus_columns(table.columns):
            is_needed = column in ("bus", "bus0", "bus1")
            for name, bus in table[column].items():
                is_open = bus == "" or pd.isna(bus)
                if bus in buses or (is_open and not is_needed):
                    continue
                yield Fault(
                    f"{component}: {column} of {name!r} is {bus!r}, which does not exist",
                    path,
                    allowed=", ".join(buses[:30]) or "no bus yet",
                    repair=nearest(str(bus), buses),
                )


def _loops(network: pypsa.Network, path: Path) -> Iterator[Fault]:
    """Yield the branches that begin and end at one bus."""
    for component in ("links", "lines"):
        table = network.components[component].static
        for name in table.index[table["bus0"] == table["bus1"]]:
            what = f"{component} {name}: it leads from bus {table.at[name, 'bus0']!r} to itself"
            yield Fault(what, path, allowed="two buses", repair="correct bus0 or bus1")


def _numbers(
    network: pypsa.Network,
    path: Path,
    component: str,
    attribute: str,
) -> Iterator[Fault]:
    table = network.components[component]
    if attribute in table.static:
        static = table.static[attribute].to_frame("").T
        yield from _wrong(component, attribute, static, path)
    series = table.dynamic.get(attribute)
    if series is None or series.columns.empty:
        return
    if attribute in attributes(component).index:
        yield from _wrong(component, attribute, series, path)


def _wrong(
    component: str,
    attribute: str,
    table: pd.DataFrame,
    path: Path,
) -> Iterator[Fault]:
    """Yield the numbers of a table (instants × names) that no program can hold, the first of each component."""
    values = table.apply(pd.to_numeric, errors="coerce").to_numpy(float)
    negative_is_wrong = must_not_be_negative(attribute) and attribute != "efficiency"
    impossible = [value for value in np.unique(values) if allowed_instead(attribute, value) is not None]
    wrong = ~np.isfinite(values) | np.isin(values, impossible)
    allowed = "a finite number"
    if negative_is_wrong:
        wrong |= values < 0
        allowed = "a finite number of 0 or more"
    for column in np.flatnonzero(wrong.any(axis=0)).tolist():
        row = int(np.argmax(wrong[:, column]))
        shown = str(table.iloc[row, column])
        instant = table.index[row]
        if len(table.index) > 1 or instant != "":
            shown += f" at {_time(instant)}"
        yield Fault(
            f"{component} {table.columns[column]!s}: {attribute} is {shown}",
            path,
            allowed=allowed_instead(attribute, float(values[row, column])) or allowed,
            repair="correct the network",
        )
