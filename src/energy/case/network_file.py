"""A user's own PyPSA network, CSV folder or netCDF, as a case."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

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
    import pypsa

    if not path.exists():
        raise InputError(
            Fault("file not found", path, allowed="a .nc file or a folder of PyPSA CSV files", repair="correct the path")
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyPSA's own, of coming defaults and of files it leaves open
            network = pypsa.Network(str(path))
    except Exception as err:  # noqa: BLE001   # PyPSA and netCDF raise many kinds for a broken file
        what = " ".join(f"PyPSA cannot read this network: {err}".split())
        repair = "export it anew with n.export_to_netcdf or n.export_to_csv_folder"
        raise InputError(Fault(what if len(what) <= 300 else f"{what[:299]}…", path, repair=repair)) from None
    faults = [*_other_snapshots(path), *network_faults(network, path)]
    if faults:
        raise InputError(faults)
    present = {c.list_name: c for c in network.components if len(c.static) and c.list_name in OWN_COMPONENTS}
    components = {name: c.static.copy() for name, c in present.items()}
    series = {
        (name, attribute): table.copy()
        for name, c in present.items()
        for attribute, table in c.dynamic.items()
        if len(table.columns)
        and attribute in c.defaults.index
        and c.defaults.loc[attribute, "status"].startswith("Input")
    }
    weightings = network.snapshot_weightings.copy()
    return Case(path.stem, path, components, series=series, weightings=weightings, own=network)


def own_digest(network: pypsa.Network) -> str:
    """Return a hash (SHA-256, hex) of all that a user's own network holds: tables, series and weightings."""
    whole = sha256(_words(network.snapshot_weightings))
    for c in network.components:
        if len(c.static):
            whole.update(c.list_name.encode() + _words(c.static))
        for attribute, table in c.dynamic.items():
            if len(table.columns):
                whole.update(f"{c.list_name}.{attribute}".encode() + _words(table))
    return whole.hexdigest()


def _words(table: pd.DataFrame) -> bytes:
    columns = {str(column): [repr(value) for value in table[column].tolist()] for column in table}
    return json.dumps([[str(key) for key in table.index], columns]).encode()


def _other_snapshots(folder: Path) -> Iterator[Fault]:
    """Yield the tables of a CSV folder that lack snapshots, for there PyPSA takes its defaults without a word."""
    if not folder.is_dir():
        return
    snapshots = _first_column(folder / "snapshots.csv")
    for file in sorted(folder.glob("*-*.csv")):
        lacking = snapshots.difference(_first_column(file), sort=False)
        if len(lacking):
            what = f"no row for {len(lacking)} of {len(snapshots)} snapshots, the first is {lacking[0]}"
            yield Fault(what, file, allowed="one row for each snapshot of snapshots.csv", repair="export the network anew")


def _first_column(file: Path) -> pd.Index:
    """Return instants where all are some, else the words that stand there."""
    words: pd.Index = pd.Index(pd.read_csv(file, usecols=[0], dtype=str).iloc[:, 0])
    try:
        instants: pd.Index = pd.to_datetime(words, format="ISO8601")
    except ValueError:
        return words
    return instants
