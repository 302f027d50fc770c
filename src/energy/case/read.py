"""Folder or network file → Case; every fault of the input in one error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pandas as pd

from energy.case.case import Case
from energy.case.check import cross_faults
from energy.case.evidence import evidence_faults
from energy.case.rules import RuleBook
from energy.case.schema import COMPONENTS, CORRIDORS, EVIDENCE, PROFILES, RECORD, SOURCES, component_schema
from energy.errors import Fault, InputError, nearest
from energy.reading.document import read_document
from energy.reading.project_folder import project_folder
from energy.reading.schema_errors import validated
from energy.reading.table import read_table

T = TypeVar("T")


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
    if path.suffix == ".nc" or (path.is_dir() and (path / "snapshots.csv").is_file()):
        from energy.case.network_file import read_network_file

        return read_network_file(path)
    if not path.is_dir():
        known = [p.parent.name for p in path.parent.glob("*/buses.csv")]  # of other folders a message says nothing
        allowed = ", ".join(sorted(known)) or "a folder of PyPSA CSV files or a .nc file"
        raise InputError(Fault(f"no case {path.name!r} here", path.parent, allowed=allowed, repair=nearest(path.name, known)))
    faults: list[Fault] = []
    components = {name: _tried(faults, _component, path, name) for name in COMPONENTS}
    folder = path / "profiles"
    profiles = {
        name: _tried(faults, read_table, folder / f"{name}.csv", *PROFILES[name])
        for name in PROFILES
        if (folder / f"{name}.csv").exists()
    }
    faults += _strangers(path, folder)
    written = _tried(faults, read_document, path / "rules.yaml") if (path / "rules.yaml").exists() else None
    rules = None if written is None else _tried(faults, validated, RuleBook, written)
    listed = {
        name: _tried(faults, _listed, path / f"{name}.csv", schema)
        for name, schema in {"evidence": EVIDENCE, "sources": SOURCES, "corridors": CORRIDORS, "record": RECORD}.items()
    }
    if faults:
        raise InputError(faults)
    case = Case(
        path.name,
        path,
        {name: table for name, table in components.items() if table is not None and len(table)},
        {name: table for name, table in profiles.items() if table is not None},
        rules=rules or RuleBook(),
        **{name: table for name, table in listed.items() if table is not None},  # type: ignore[arg-type]
    )
    faults = cross_faults(case, written) or list(evidence_faults(case))
    if faults:
        raise InputError(faults)
    return case


def case_path(name: str | Path) -> Path:
    """Return the path of a case: a path stays as it is, a bare name is a folder in ``networks``.

    Raises
    ------
    InputError
        When there is no folder ``networks``.
    """
    path = Path(name)
    is_name = isinstance(name, str) and path.suffix != ".nc" and "/" not in name and name != ".."
    return project_folder("networks") / name if is_name else path


def _tried(faults: list[Fault], read: Callable[..., T], *arguments: object) -> T | None:
    try:
        return read(*arguments)
    except InputError as err:
        faults += err.faults
        return None


def _component(path: Path, name: str) -> pd.DataFrame:
    file = path / f"{name}.csv"
    if not file.exists() and name != "buses":
        return pd.DataFrame()
    table = read_table(file, component_schema(name), ["name"])
    for column in table.columns[[set(table[c].dropna()) <= {"True", "False"} for c in table.columns]]:
        if table[column].notna().any():
            table[column] = table[column] == "True"
    return table


def _listed(file: Path, schema: object) -> pd.DataFrame | None:
    if not file.exists():
        return None
    return _reset(read_table(file, schema, list(schema.columns)[:3] if file.stem != "sources" else ["key"]))  # type: ignore[attr-defined, arg-type]


def _reset(table: pd.DataFrame) -> pd.DataFrame:
    attrs = table.attrs
    table = table.reset_index()
    table.attrs = attrs
    return table


def _strangers(path: Path, folder: Path) -> list[Fault]:
    known = {f"{name}.csv" for name in (*COMPONENTS, "network", "evidence", "sources", "corridors", "record")}
    known |= {"rules.yaml", "README.md", "profiles", "events.csv"}
    profiles = {f"{name}.csv" for name in PROFILES}
    return [
        Fault("no part of a case has this name", p, allowed=", ".join(sorted(allowed)), repair=nearest(p.name, allowed))
        for place, allowed in ((path, known), (folder, profiles))
        if place.is_dir()
        for p in sorted(place.iterdir())
        if p.name not in allowed and not p.name.startswith(".")
    ]
