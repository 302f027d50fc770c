"""A user's own PyPSA network, CSV folder or netCDF, as a case."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from energy.case.case import Case
from energy.case.network_check import network_faults
from energy.case.schema import OWN_COMPONENTS
from energy.errors import Fault, InputError

if TYPE_CHECKING:
    import pypsa


def read_network_file(path: Path) -> Case:
    """Read a PyPSA network that brings its own snapshots.

    Raises
    ------
    InputError
        When PyPSA cannot read the file, or it holds components that this package does not model.
    """
    network = _network(path)
    faults = [*_other_snapshots(path), *_changed_types(network, path), *network_faults(network, path)]
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
