"""Run folders: the manifest with provenance, versions and hashes, the solved network, and finished runs read back."""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import warnings
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, ValidationError

from energy.analysis import Run
from energy.analysis.cost_of_imperfect_foresight import costs_of_imperfect_foresight
from energy.case import Case
from energy.errors import Fault, InputError
from energy.metrics.audit import audit
from energy.metrics.country_exchanges import country_exchanges, delivered_by_sender
from energy.metrics.month_units import without_units
from energy.metrics.options import options
from energy.metrics.unmet_irrigation import unmet_irrigation
from energy.model.changed_inputs import change_texts
from energy.model.pypsa_logging import quiet_pypsa
from energy.reading.file_name import ALLOWED, FileName, name_fault
from energy.results.files import MANIFEST, atomic_folder, plain_cells
from energy.scenario import Scenario
from energy.solve import Result

if TYPE_CHECKING:
    import pypsa
    import xarray as xr

PACKAGES = ("casa1000-energy", "pypsa", "linopy", "highspy", "pandas", "numpy", "xarray", "scipy")
_ATTRIBUTES = ("scenario", "case", "year", "water", "weakest_confidence", "version")
RUN = "make it with: energy run SCENARIO --out DIR"
RUN_AGAIN = "make it again with energy run"


def manifest_of(run: Run, wall_seconds: float) -> dict[str, Any]:
    """Return what is needed to make the run again, and what it cost."""
    result = run.result
    unmet = unmet_irrigation(result)
    built = options(run.case, run.scenario, result)
    return provenance(run.case, run.scenario, wall_seconds) | {
        "objective": result.objective,
        "audit": audit(result),
        "lacking_water": _plain(unmet),  # hm³
        "yielded_water": dict(result.yielded),  # rule → hm³
        "delivered": _plain(run.table["delivered"]),  # GWh
        "surprise": [price._asdict() for price in costs_of_imperfect_foresight(run)],  # GWh, CASA-1000 first
        "exchanges": _by_column(country_exchanges(result)),  # area → exchange → GWh
        "delivered_by_sender": _plain(delivered_by_sender(result)),  # GWh
        "structure": run.structure._asdict() if run.structure else None,  # GWh delivered
        "certificate": {service: float(gain) for service, gain in run.certificate.items()},  # MWh
        "options": [option._asdict() for option in built],
        "delivered_soon_and_late": run.soon_and_late,  # GWh with surprise, if plans send as soon, as late as they can
    }


def _by_column(table: pd.DataFrame) -> dict[str, dict[str, float]]:
    return {str(column): _plain(table[column]) for column in table}


def _plain(series: pd.Series) -> dict[str, float]:
    return {str(name): float(value) for name, value in series.items()}


def provenance(
    case: Case,
    scenario: Scenario,
    wall_seconds: float,
) -> dict[str, Any]:
    """Return what a result of a scenario rests on, and what it cost."""
    python_version, *_ = sys.version.split()
    versions = {"python": python_version}
    for package in PACKAGES:
        versions[package] = _package_version(package)
    peak_kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "scenario": scenario.plain(),
        "scenario_digest": scenario.digest(),
        "changes": change_texts(case, scenario),
        "case": case.name,
        "weakest_confidence": case.weakest_confidence,
        "inputs": input_hashes(case.path),
        "versions": versions,
        "solver": "highs",
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "wall_seconds": round(wall_seconds, 2),
        "peak_memory_mb": round(peak_kilobytes / 1024),
    }


def write_manifest(draft: Path, manifest: Mapping[str, Any]) -> list[str]:
    """Write the manifest of a folder, with the names of all that is in it, and return them."""
    files = sorted(path.name for path in draft.iterdir())
    text = json.dumps({**manifest, "files": files}, indent=1, sort_keys=True)
    (draft / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return files


def write_tables(
    path: Path,
    tables: Mapping[str, pd.DataFrame],
    manifest: Mapping[str, Any],
    force: bool = False,
) -> None:
    """Write the tables of a study, ``<name>.csv`` each, and their manifest as one folder.

    Parameters
    ----------
    path, tables, manifest
        The folder, and what it gets.
    force
        Whether what this package did not write may be replaced.

    Raises
    ------
    InputError
        When the place cannot be written to, or holds something else than a result.
    """
    with atomic_folder(path, force) as draft:
        for name, table in tables.items():
            cells = plain_cells(table)
            cells.to_csv(draft / f"{name}.csv", float_format="%.9g", lineterminator="\n")
        write_manifest(draft, manifest)


def input_hashes(path: Path) -> dict[str, str]:
    """Return SHA-256 of every file of a case, by its path inside the case."""
    root = path
    files = sorted(file for file in path.rglob("*") if file.suffix in (".csv", ".yaml"))
    if path.is_file():
        root = path.parent
        files = [path]
    hashes = {}
    for file in files:
        if file.is_file():
            name = file.relative_to(root).as_posix()
            hashes[name] = hashlib.sha256(file.read_bytes()).hexdigest()
    return hashes


def _package_version(name: str) -> str:
    """Return the installed version of a package."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


def write_network(result: Result, file: Path) -> None:
    """Write the solved PyPSA network of a result as netCDF.

    Raises
    ------
    OSError
        When the disk is full or the place cannot be written to.
    """
    with quiet_pypsa():
        write_netcdf(file, lambda place: result.network().export_to_netcdf(str(place)))


def write_netcdf(file: Path, write: Callable[[Path], object]) -> None:
    """Write a netCDF file; its library says a full disk in its own words.

    Raises
    ------
    OSError
        When the disk is full or the place cannot be written to.
    """
    try:
        write(file)
    except RuntimeError as err:
        raise OSError(f"{file.name}: {err}") from None


class _Named(BaseModel):
    """What every scenario of a manifest has, whatever version wrote it."""

    model_config = ConfigDict(extra="allow", strict=True)

    name: FileName


class Price(BaseModel):
    """What not knowing an event beforehand costs a service [GWh]."""

    model_config = ConfigDict(extra="allow")

    price: float


class Manifest(BaseModel):
    """What a reader of a manifest leans on; what else stands in it is free."""

    model_config = ConfigDict(extra="allow", strict=True)

    scenario: _Named
    inputs: dict[str, str]
    versions: dict[str, str]
    case: str = ""
    weakest_confidence: str = ""
    objective: float | None = None
    delivered: dict[str, float] | None = None
    surprise: list[Price] | None = None


_NEEDED = ("delivered", "lost", "ceiling", "transferable mean")


def read_run(folder: Path) -> tuple[dict[str, Any], pd.DataFrame]:
    """Return manifest and monthly table of a finished run.

    Raises
    ------
    InputError
        When the folder holds no finished run.
    """
    for name in ("manifest.json", "summary.csv"):
        if not (folder / name).is_file():
            raise InputError(
                Fault(
                    "no finished run here",
                    folder / name,
                    repair="make it with: energy run SCENARIO --out DIR",
                )
            )
    manifest = read_manifest(folder / "manifest.json")
    try:
        table = pd.read_csv(folder / "summary.csv", index_col="month")
    except (ValueError, pd.errors.ParserError) as err:
        raise InputError(_unreadable(folder / "summary.csv", str(err))) from None
    table = _with_current_names(without_units(table), folder / "summary.csv")
    missing = [name for name in _NEEDED if name not in table]
    words = [name for name in table if not pd.api.types.is_numeric_dtype(table[name]) and name != "limit"]
    if missing or words:
        what = f"column {missing[0]!r} is missing" if missing else f"column {words[0]!r} holds text"
        raise InputError(_unreadable(folder / "summary.csv", what))
    return manifest, table


def _with_current_names(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return the table of an earlier version under today's names."""
    if "transferable P10" not in table:
        return table
    message = f"{path}: column 'transferable P10' is now called 'transferable P90', the level that 90 % of hours reach"
    warnings.warn(message, DeprecationWarning, stacklevel=3)
    return table.rename(columns={"transferable P10": "transferable P90"})


def read_manifest(path: Path) -> dict[str, Any]:
    """Return the manifest of a finished run.

    Raises
    ------
    InputError
        When the file is missing or is no manifest.
    """
    if not path.is_file():
        raise InputError(
            Fault(
                "file not found",
                path,
                allowed="the manifest.json of a run",
                repair="correct the path",
            )
        )
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError, OSError) as err:
        raise InputError(_unreadable(path, str(err))) from None
    if not isinstance(manifest, dict):
        raise InputError(_unreadable(path, "it is no mapping"))
    try:
        Manifest.model_validate(manifest)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"]))
        raise InputError(_unreadable(path, f"{key!r}: {first['msg']}")) from None
    return manifest


def _unreadable(path: Path, why: str) -> Fault:
    text = " ".join(why.split())[:200]
    return Fault(
        f"this is no part of a finished run: {text}",
        path,
        repair="make it again with: energy run SCENARIO",
    )


def trade_of(scenario: Mapping[str, Any]) -> str:
    """Return when and in which direction the contract lets a scenario's line trade."""
    contract = scenario.get("contract")
    if not isinstance(contract, dict):
        contract = {}
    outside = contract.get("outside_season", "closed")
    direction = contract.get("direction", "forward")
    return f"{outside} outside the season, {direction}"


def form_of(dataset: xr.Dataset) -> dict[str, list[Any]]:
    """Return variable → its dimensions and whether it holds numbers, by which a reader sees that nothing is missing."""
    forms: dict[str, list[Any]] = {}
    for name, variable in dataset.variables.items():
        is_number = variable.dtype.kind in "fiu"
        forms[str(name)] = [is_number, *map(str, variable.dims)]
    return forms


def read_record(folder: Path) -> xr.Dataset:
    """Read the Dataset of a finished run.

    Raises
    ------
    InputError
        When the folder holds none, or one without what figures need.
    """
    import xarray as xr

    path = folder / "result.nc"
    if not path.is_file():
        raise InputError(Fault("no finished run here", path, repair=RUN))
    try:
        with xr.open_dataset(path) as opened:
            dataset = opened.load()
    except (OSError, ValueError) as err:
        raise InputError(Fault(f"this is no result of a run: {err}", path, repair=RUN)) from None
    missing = _missing(dataset)
    if missing is not None:
        what = f"this result lacks what figures need: {missing}"
        raise InputError(Fault(what, path, repair=RUN_AGAIN))
    what_of_name = name_fault(str(dataset.attrs["scenario"]))
    if what_of_name is not None:
        raise InputError(Fault(f"attribute scenario: {what_of_name}", path, allowed=ALLOWED, repair=RUN))
    return dataset


def _missing(dataset: xr.Dataset) -> str | None:
    """Return the first thing that a run writes and a Dataset has not, or has in another form."""
    for name in _ATTRIBUTES:
        if name not in dataset.attrs:
            return f"attribute {name}"
    if not isinstance(dataset.attrs["year"], int | np.integer):
        return "a year as a number"
    if "month_delivered" not in dataset:
        return "month_delivered"
    try:
        written = dict(json.loads(str(dataset.attrs.get("contents", "{}"))))
    except (ValueError, TypeError, RecursionError):
        return "attribute contents"
    forms = form_of(dataset)
    for name, form in written.items():
        if forms.get(name) != form:
            return str(name)
    return None


def read_network(folder: Path) -> pypsa.Network:
    """Read the solved PyPSA network of a finished run.

    Raises
    ------
    InputError
        When the folder holds none.
    """
    import pypsa

    path = folder / "network.nc"
    if not path.is_file():
        raise InputError(Fault("no solved network here", path, repair=RUN))
    try:
        with quiet_pypsa():
            return pypsa.Network(str(path))
    except Exception as err:  # noqa: BLE001   # PyPSA and netCDF raise many kinds for a broken file
        what = " ".join(f"PyPSA cannot read this network: {err}".split())[:300]
        raise InputError(Fault(what, path, repair=RUN_AGAIN)) from None
