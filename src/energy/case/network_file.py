"""A user's own PyPSA network, CSV folder or netCDF, as a case."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from energy.case.case import Case
from energy.case.schema import COMPONENTS, NOT_MODELLED
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
            Fault("file not found", path, None, "a .nc file or a folder of PyPSA CSV files", "correct the path")
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyPSA's own, of coming defaults and of files it leaves open
            network = pypsa.Network(str(path))
    except Exception as err:  # noqa: BLE001   # PyPSA and netCDF raise many kinds for a broken file
        what = " ".join(f"PyPSA cannot read this network: {err}".split())
        repair = "export it anew with n.export_to_netcdf or n.export_to_csv_folder"
        raise InputError(Fault(what if len(what) <= 300 else f"{what[:299]}…", path, repair=repair)) from None
    faults = list(_faults(network, path))
    if faults:
        raise InputError(faults)
    present = {
        c.list_name: c
        for c in network.components
        if len(c.static) and c.list_name not in ("line_types", "transformer_types")
    }
    foreign = [name for name in present if name not in (*COMPONENTS, "sub_networks")]
    if foreign:
        raise InputError(
            Fault(f"components {', '.join(foreign)} are not modelled here", path, allowed=", ".join(COMPONENTS))
        )
    components = {name: c.static.copy() for name, c in present.items() if name in COMPONENTS}
    series = {
        (name, attribute): table.copy()
        for name, c in present.items()
        if name in COMPONENTS
        for attribute, table in c.dynamic.items()
        if len(table.columns)
        and attribute in c.defaults.index
        and c.defaults.loc[attribute, "status"].startswith("Input")
    }
    return Case(path.stem, path, components, series=series, weightings=network.snapshot_weightings.copy())


def _faults(network: pypsa.Network, path: Path) -> Iterator[Fault]:
    if network.meta.get("energy"):
        # its rules live in its meta data, and its demands and inflows are those of one scenario already
        yield Fault("this network was built from a case", path, repair="name the case itself, and a scenario")
    if isinstance(network.snapshots, pd.MultiIndex):
        yield Fault("snapshots have investment periods or scenarios", path, None, "one level of snapshots")
    for c in network.components:
        for attribute, allowed in NOT_MODELLED.items():
            table = c.static
            if attribute in table and len(table):
                differing = table.index[table[attribute].fillna(allowed) != allowed]
                if len(differing):
                    what = f"{c.list_name} {', '.join(map(str, differing[:5]))}: {attribute} is not modelled here"
                    yield Fault(what, path, None, str(allowed), "set it so, or solve with plain PyPSA")
