"""Rerun of a finished run from its manifest: the same numbers, or what differs and why it may."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from energy.analysis import Run, run
from energy.case import read_case
from energy.reading.schema_errors import validated
from energy.reading.tree import Origin, planted
from energy.results.run_folder import PACKAGES, input_hashes, manifest_of, read_manifest
from energy.scenario import Scenario

SAME = 1e-9  # relative; on one machine the numbers are the same to the last bit


@dataclass(frozen=True)
class _Rerun:
    """What came of making a run again.

    Attributes
    ----------
    run
        The new run.
    causes
        Inputs and versions that differ from those of the manifest, in words.
    numbers
        Quantity → (in the manifest, now), only where they differ; $ for the objective, GWh for months.
    """

    run: Run
    causes: tuple[str, ...]
    numbers: Mapping[str, tuple[float, float]]


def rerun(path: Path) -> _Rerun:
    """Make a run again from nothing but its manifest and the case that it names.

    Parameters
    ----------
    path
        A run's ``manifest.json``.

    Raises
    ------
    InputError
        When the file is no manifest, or the case is not there any more.
    SolverError
        When there is no optimum now.

    Examples
    --------
    >>> import json, tempfile
    >>> from energy.scenario import read_scenario
    >>> made = manifest_of(run(read_case("two_bus"), read_scenario("two_bus")), 0.0)
    >>> file = Path(tempfile.mkdtemp()) / "manifest.json"
    >>> _ = file.write_text(json.dumps(made))
    >>> again = rerun(file)
    >>> again.causes, dict(again.numbers)
    ((), {})
    """
    manifest = read_manifest(path)
    origin = Origin(path)
    scenario = validated(Scenario, planted(manifest["scenario"], origin))
    case = read_case(scenario.case)
    new_run = run(case, scenario)
    new_manifest = manifest_of(new_run, 0.0)
    input_changes = _input_changes(
        manifest["inputs"],
        input_hashes(case.path),
    )
    version_changes = _version_changes(
        manifest["versions"],
        new_manifest["versions"],
    )
    return _Rerun(
        run=new_run,
        causes=(*input_changes, *version_changes),
        numbers=_number_changes(manifest, new_manifest),
    )


def _input_changes(
    before: Mapping[str, str],
    now: Mapping[str, str],
) -> Iterator[str]:
    """Yield in words each input file whose hash differs."""
    files = before.keys() | now.keys()
    for name in sorted(files):
        if before.get(name) == now.get(name):
            continue
        if name not in before:
            yield f"file {name} is new"
        elif name not in now:
            yield f"file {name} is gone"
        else:
            yield f"file {name} has changed"


def _version_changes(
    before: Mapping[str, str],
    now: Mapping[str, str],
) -> Iterator[str]:
    """Yield in words each package whose version differs."""
    for name in ("python", *PACKAGES):
        if before.get(name) != now.get(name):
            version_before = before.get(name, "not named")
            yield f"{name} was {version_before}, is {now.get(name)}"


def _number_changes(
    before: Mapping[str, Any],
    now: Mapping[str, Any],
) -> dict[str, tuple[float, float]]:
    """Return quantity → (before, now) where the numbers of two manifests differ; NaN where the first has none."""
    numbers_before = _numbers(before)
    changes = {}
    for name, new in _numbers(now).items():
        old = numbers_before.get(name)
        old_number = float(old) if isinstance(old, int | float) else math.nan
        if not math.isclose(old_number, new, rel_tol=SAME, abs_tol=SAME):
            changes[name] = (old_number, new)
    return changes


def _numbers(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the objective [$] and the delivered energy of each month [GWh] as a manifest has them."""
    numbers = {"objective [$]": manifest.get("objective")}
    delivered = manifest.get("delivered")
    if not isinstance(delivered, Mapping):
        return numbers
    for month, energy in delivered.items():
        numbers[f"delivered {month} [GWh]"] = energy
    return numbers
