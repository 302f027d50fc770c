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
from energy.results.manifest import PACKAGES, input_hashes, manifest_of
from energy.results.run_folder import read_manifest
from energy.scenario import Scenario

SAME = 1e-9  # relative; on one machine the numbers are the same to the last bit


@dataclass(frozen=True)
class Rerun:
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


def rerun(path: Path) -> Rerun:
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
    scenario = validated(Scenario, planted(manifest["scenario"], Origin(path)))
    case = read_case(scenario.case)
    found = run(case, scenario)
    now = manifest_of(found, 0.0)
    causes = (*_inputs(manifest["inputs"], input_hashes(case.path)), *_versions(manifest["versions"], now["versions"]))
    return Rerun(found, causes, dict(_numbers(manifest, now)))


def _inputs(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) != now.get(name):
            what = "is new" if name not in before else "is gone" if name not in now else "has changed"
            yield f"file {name} {what}"


def _versions(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for name in ("python", *PACKAGES):
        if before.get(name) != now.get(name):
            yield f"{name} was {before.get(name, 'not named')}, is {now.get(name)}"


def _numbers(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[str, tuple[float, float]]]:
    pairs = [("objective [$]", before.get("objective"), now["objective"])]
    months = before.get("delivered")
    months = months if isinstance(months, Mapping) else {}
    pairs += [(f"delivered {month} [GWh]", months.get(month), value) for month, value in now["delivered"].items()]
    for name, old, new in pairs:
        before_then = float(old) if isinstance(old, int | float) else math.nan
        if not math.isclose(before_then, new, rel_tol=SAME, abs_tol=SAME):
            yield name, (before_then, new)
