"""Folder or network file → Case; every fault of the input in one error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

import pandas as pd

from energy.case.case import Case
from energy.case.check import cross_faults
from energy.case.evidence import evidence_faults
from energy.case.rules import RuleBook
from energy.case.schema import (
    COMPONENTS,
    CORRIDORS,
    EVIDENCE,
    PROFILES,
    RECORD,
    SOURCES,
    component_schema,
)
from energy.errors import Fault, InputError, nearest
from energy.reading.document import read_document
from energy.reading.library_folders import library_folders
from energy.reading.schema_errors import validated
from energy.reading.table import read_table

T = TypeVar("T")

LISTED = {
    "evidence": EVIDENCE,
    "sources": SOURCES,
    "corridors": CORRIDORS,
    "record": RECORD,
}
"""Table beside those of PyPSA → the checks of its file."""


def read_case(path: str | Path) -> Case:
    """Read a case: a folder in the project's format, any PyPSA CSV folder, or a PyPSA netCDF file.

    Parameters
    ----------
    path
        Folder or ``.nc`` file; a bare name is a folder in ``networks``.

    Returns
    -------
    Case

    Raises
    ------
    InputError
        With file, line, value, allowed values and repair of every fault found.

    Examples
    --------
    >>> case = read_case("two_bus")
    >>> float(case.components["links"].at["line", "p_nom"])  # MW
    100.0
    """
    path = case_path(path)
    is_folder_of_network = path.is_dir() and (path / "snapshots.csv").is_file()
    if path.suffix == ".nc" or is_folder_of_network:
        from energy.case.network_file import read_network_file

        return read_network_file(path)
    if not path.is_dir():
        raise InputError(_no_case(path))
    faults: list[Fault] = []
    components = _components(path, faults)
    profiles = _profiles(path / "profiles", faults)
    faults += _strangers(path)
    written = None
    rules = None
    if (path / "rules.yaml").exists():
        written = _tried(faults, partial(read_document, path / "rules.yaml"))
    if written is not None:
        rules = _tried(faults, partial(validated, RuleBook, written))
    listed = _listed_tables(path, faults)
    if faults:
        raise InputError(faults)
    case = Case(
        name=path.name,
        path=path,
        components=components,
        profiles=profiles,
        rules=rules or RuleBook(),
        **listed,  # type: ignore[arg-type]
    )
    faults = cross_faults(case, written)
    if not faults:
        faults = list(evidence_faults(case))
    if faults:
        raise InputError(faults)
    return case


def _no_case(path: Path) -> Fault:
    """Return the fault of a path at which there is no case; it names the cases beside it."""
    cases = _known_cases(path)
    return Fault(
        f"no case {path.name!r} here",
        path.parent,
        allowed=", ".join(cases) or "a folder of PyPSA CSV files or a .nc file",
        repair=nearest(path.name, cases),
    )


def case_path(name: str | Path) -> Path:
    """Return the path of a case: a path stays as it is, a bare name is a folder in ``networks``, the user's first."""
    path = Path(name)
    if isinstance(name, Path) or path.suffix == ".nc" or "/" in name or name == "..":
        return path
    folders = library_folders("networks")
    for folder in folders:
        if (folder / name).is_dir():
            return folder / name
    return folders[0] / name


def _known_cases(path: Path) -> list[str]:
    """Return the names of cases beside a path, and of those in the libraries where it is in one of them."""
    libraries = library_folders("networks")
    folders = libraries if path.parent in libraries else (path.parent,)
    names = {file.parent.name for folder in folders for file in folder.glob("*/buses.csv")}
    return sorted(names)


def _tried(faults: list[Fault], read: Callable[[], T]) -> T | None:
    """Return what is read; None where it has faults, which are added."""
    try:
        return read()
    except InputError as err:
        faults += err.faults
        return None


def _components(path: Path, faults: list[Fault]) -> dict[str, pd.DataFrame]:
    """Return the component lists that are not empty; add the faults of their files."""
    components = {}
    for name in COMPONENTS:
        file = path / f"{name}.csv"
        if not file.exists() and name != "buses":
            continue
        table = _tried(faults, partial(_component, file))
        if table is not None and len(table):
            components[name] = table
    return components


def _component(file: Path) -> pd.DataFrame:
    table = read_table(file, component_schema(file.stem), ["name"])
    for column in table:
        words = table[column].dropna()
        if len(words) and words.isin(["True", "False"]).all():
            table[column] = table[column] == "True"
    return table


def _profiles(folder: Path, faults: list[Fault]) -> dict[str, pd.DataFrame]:
    """Return the profiles of a case; add the faults of their files."""
    profiles = {}
    for name, (schema, keys) in PROFILES.items():
        file = folder / f"{name}.csv"
        if not file.exists():
            continue
        table = _tried(faults, partial(read_table, file, schema, keys))
        if table is not None:
            profiles[name] = table
    return profiles


def _listed_tables(path: Path, faults: list[Fault]) -> dict[str, pd.DataFrame]:
    """Return the tables of evidence, sources, corridors and record; add the faults of their files."""
    listed = {}
    for name, schema in LISTED.items():
        file = path / f"{name}.csv"
        if not file.exists():
            continue
        keys = ["key"] if name == "sources" else list(schema.columns)[:3]
        table = _tried(faults, partial(read_table, file, schema, keys))
        if table is not None:
            listed[name] = _reset(table)
    return listed


def _reset(table: pd.DataFrame) -> pd.DataFrame:
    attrs = table.attrs
    table = table.reset_index()
    table.attrs = attrs
    return table


def _strangers(path: Path) -> Iterator[Fault]:
    """Yield the files of a case that no reader knows."""
    files = {f"{name}.csv" for name in (*COMPONENTS, *LISTED, "network", "events")}
    files |= {"rules.yaml", "README.md", "profiles"}
    profiles = {f"{name}.csv" for name in PROFILES}
    for place, allowed in ((path, files), (path / "profiles", profiles)):
        if not place.is_dir():
            continue
        for file in sorted(place.iterdir()):
            if file.name in allowed or file.name.startswith("."):
                continue
            yield Fault(
                "no part of a case has this name",
                file,
                allowed=", ".join(sorted(allowed)),
                repair=nearest(file.name, allowed),
            )
