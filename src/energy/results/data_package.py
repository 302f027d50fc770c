"""A case as a Frictionless data package: its tables with the type of every column, and its sources."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from energy.case import Case, read_case
from energy.errors import Fault, InputError
from energy.results.files import MARK, atomic_folder

PACKAGE = "datapackage.json"
NETWORK = "network.csv"
"""PyPSA's file of one row about the network itself, which has no heads as a table has them; copied, not described."""
TYPES = {"b": "boolean", "i": "integer", "u": "integer", "f": "number"}
"""Kind of a column in pandas → type of a field; all else is a string."""


def data_package(case: Case) -> dict[str, Any]:
    """Return the descriptor of a case folder as a Frictionless data package (Data Package 2, tabular).

    Parameters
    ----------
    case
        Read from a folder of CSV files.

    Raises
    ------
    InputError
        When the case is no folder.

    Examples
    --------
    >>> from energy.case import read_case
    >>> package = data_package(read_case("two_bus"))
    >>> [resource["path"] for resource in package["resources"]][:2]
    ['buses.csv', 'carriers.csv']
    """
    folder = case.path
    if not folder.is_dir():
        raise InputError(Fault("a data package is made of a folder of CSV files", folder))
    resources = list(_resources(folder))
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": case.name.lower().replace(" ", "-"),
        "title": f"Case {case.name} of casa1000-energy",
        "made_by": MARK,
        "resources": resources,
    }


def _resources(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the description of every CSV file of a folder."""
    for path in sorted(folder.rglob("*.csv")):
        if path.name == NETWORK:
            continue
        relative = path.relative_to(folder).as_posix()
        table = pd.read_csv(path)
        yield {
            "name": relative.removesuffix(".csv").replace("/", "-").lower().replace("_", "-"),
            "type": "table",
            "path": relative,
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "schema": {"fields": [_field(table, str(column)) for column in table.columns]},
        }


def _field(table: pd.DataFrame, name: str) -> dict[str, str]:
    values = table[name]
    kind = TYPES.get(values.dtype.kind, "string")
    if values.isna().all():
        kind = "string"
    elif kind == "number":
        is_infinite = values.abs().eq(float("inf")).any()
        kind = "string" if is_infinite else "number"
    return {"name": name, "type": kind}


def write_data_package(cases: Sequence[Path], folder: Path, force: bool = False) -> list[Path]:
    """Copy the tables of a case into a folder, with their descriptor ``datapackage.json``.

    Parameters
    ----------
    cases
        The case, by name or folder; one.
    folder
        Folder that gets the package.
    force
        Whether a folder of another origin may be replaced.

    Raises
    ------
    InputError
        When not one case is named, it is no folder, or another thing is in the place of the package.
    """
    if len(cases) != 1:
        raise InputError(Fault(f"{len(cases)} cases for one data package", "export", allowed="one case"))
    case = read_case(str(cases[0]))
    package = data_package(case)
    with atomic_folder(folder, force) as draft:
        for resource in package["resources"]:
            copy = draft / resource["path"]
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(case.path / resource["path"], copy)
        if (case.path / NETWORK).is_file():
            shutil.copyfile(case.path / NETWORK, draft / NETWORK)
        text = json.dumps(package, indent=1, ensure_ascii=False)
        (draft / PACKAGE).write_text(text + "\n", encoding="utf-8")
    return [folder / PACKAGE]
