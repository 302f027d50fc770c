"""Manifest of a run: provenance, versions, input hashes; tables of a study with their manifest."""

from __future__ import annotations

import hashlib
import json
import resource
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

from energy.analysis import Run
from energy.analysis.cost_of_imperfect_foresight import costs_of_imperfect_foresight
from energy.case import Case
from energy.metrics.audit import audit
from energy.metrics.country_exchanges import country_exchanges, delivered_by_sender
from energy.metrics.options import options
from energy.metrics.unmet_irrigation import unmet_irrigation
from energy.model.changed_inputs import change_texts
from energy.results.files import MANIFEST, atomic_folder, plain_cells
from energy.scenario import Scenario

PACKAGES = ("casa1000-energy", "pypsa", "linopy", "highspy", "pandas", "numpy", "xarray", "scipy")


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
        "certificate": {service: float(gain) for service, gain in certificate(run).items()},  # MWh
        "options": [option._asdict() for option in built],
        "delivered_soon_and_late": run.soon_and_late,  # GWh with surprise, if plans send as soon, as late as they can
    }


def certificate(run: Run) -> Mapping[str, float]:
    """Return what each service could still gain [MWh]; after a surprise, that of the plan with perfect foresight."""
    return (run.foreseen or run.result).gains


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
