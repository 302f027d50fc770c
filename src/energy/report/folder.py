"""A run → its folder, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from energy.errors import Fault, InputError
from energy.measure import audit
from energy.model.quiet import quiet
from energy.report.monthly_figure import plot
from energy.report.style import save
from energy.study import Run

PACKAGES = ("casa1000-energy", "pypsa", "linopy", "highspy", "pandas", "numpy", "xarray", "scipy")


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a folder to write to that takes its name only when all is written; an older one of that name is replaced.

    Raises
    ------
    InputError
        When the place cannot be written to, or holds something else than a run.
    """
    refuse_strange(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    except OSError as err:
        raise InputError(
            Fault(f"cannot write here: {err.strerror}", path.parent, repair="choose another --out")
        ) from None
    try:
        yield draft
        draft.chmod(0o755)
        if path.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{path.name}-old-", dir=path.parent)) / path.name
            path.rename(old)
            draft.rename(path)
            shutil.rmtree(old.parent)
        else:
            draft.rename(path)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def refuse_strange(path: Path) -> None:
    """Refuse to replace what this package did not write.

    Raises
    ------
    InputError
        When the path is a file or a link, lies in a file, cannot be written to, or is a folder with files in it that is
        no run.
    """
    around = next(place for place in (path, *path.absolute().parents) if place.exists())
    if not around.is_dir():
        raise InputError(Fault("this is a file, no folder", around, repair="choose another --out"))
    if not os.access(around, os.W_OK | os.X_OK):
        raise InputError(Fault("this folder cannot be written to", around, repair="choose another --out"))
    strange = (
        path.is_file()
        or path.is_symlink()
        or (path.is_dir() and any(path.iterdir()) and not (path / "manifest.json").is_file())
    )
    if strange:
        raise InputError(Fault("what is here is no run, and is not replaced", path, repair="choose another --out"))


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a file to write to that takes its name only when all is written.

    Raises
    ------
    InputError
        When the place cannot be written to.
    """
    if path.is_dir():
        raise InputError(Fault("this is a folder", path, repair="name a file"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    except OSError as err:
        raise InputError(
            Fault(f"cannot write here: {err.strerror}", path.parent, repair="choose another file")
        ) from None
    try:
        yield folder / path.name
        (folder / path.name).replace(path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_run(run: Run, path: Path, wall_seconds: float) -> dict[str, Any]:
    """Write a run's folder: solved network, Dataset, monthly table, figure and manifest.

    Returns
    -------
    dict
        The manifest.
    """
    table = run.table
    manifest = manifest_of(run, wall_seconds)
    with whole_folder(path) as draft:
        with quiet():
            run.result.network().export_to_netcdf(str(draft / "network.nc"))
        run.result.dataset().to_netcdf(draft / "result.nc")
        table.to_csv(draft / "summary.csv", float_format="%.6g")
        save(plot(run), draft / "monthly")
        (draft / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return manifest


def manifest_of(run: Run, wall_seconds: float) -> dict[str, Any]:
    """Return what is needed to make the run again, and what it cost."""
    return {
        "scenario": run.scenario.plain(),
        "scenario_digest": run.scenario.digest(),
        "case": run.case.name,
        "inputs": input_hashes(run.case.path),
        "versions": {"python": sys.version.split()[0]} | {name: package_version(name) for name in PACKAGES},
        "solver": "highs",
        "objective": run.result.objective,
        "audit": audit(run.result),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "wall_seconds": round(wall_seconds, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


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
