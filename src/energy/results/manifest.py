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
from energy.results.atomic_write import atomic_folder
from energy.results.ownership import MANIFEST
from energy.results.table_writer import plain_cells
from energy.scenario import Scenario

PACKAGES = ("casa1000-energy", "pypsa", "linopy", "highspy", "pandas", "numpy", "xarray", "scipy")


def manifest_of(run: Run, wall_seconds: float) -> dict[str, Any]:
    """Return what is needed to make the run again, and what it cost."""
    return provenance(run.case, run.scenario, wall_seconds) | {
        "objective": run.result.objective,
        "audit": audit(run.result),
        "lacking_water": {str(name): float(volume) for name, volume in unmet_irrigation(run.result).items()},  # hm³
        "delivered": {str(month): float(energy) for month, energy in run.table["delivered"].items()},  # GWh
        "surprise": [price._asdict() for price in costs_of_imperfect_foresight(run)],  # GWh, CASA-1000 first
        "exchanges": _by_column(country_exchanges(run.result)),  # area → exchange → GWh
        "delivered_by_sender": _plain(delivered_by_sender(run.result)),  # GWh
        "structure": run.structure._asdict() if run.structure else None,  # GWh delivered
        "certificate": {service: float(gain) for service, gain in certificate(run).items()},  # MWh
        "options": [option._asdict() for option in options(run.case, run.scenario, run.result)],
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
    return {
        "scenario": scenario.plain(),
        "scenario_digest": scenario.digest(),
        "case": case.name,
        "weakest_confidence": case.weakest_confidence,
        "inputs": input_hashes(case.path),
        "versions": {"python": sys.version.split()[0]} | {name: package_version(name) for name in PACKAGES},
        "solver": "highs",
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "wall_seconds": round(wall_seconds, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
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
            plain_cells(table).to_csv(draft / f"{name}.csv", float_format="%.9g", lineterminator="\n")
        write_manifest(draft, manifest)


def input_hashes(path: Path) -> dict[str, str]:
    """Return SHA-256 of every file of a case, by its path inside the case."""
    files = (
        [path]
        if path.is_file()
        else sorted(p for p in path.rglob("*") if p.is_file() and p.suffix in (".csv", ".yaml"))
    )
    root = path.parent if path.is_file() else path
    return {str(p.relative_to(root).as_posix()): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def package_version(name: str) -> str:
    """Return the installed version of a package."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"
