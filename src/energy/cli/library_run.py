"""``run --all``: the whole library in worker processes, and one comparison of it."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import typer

from energy.cli.base import new_console

CODES = {"input": 2, "solver": 3, "program": 3}


def run_library(
    overrides: list[str],
    out: Path,
    jobs: int,
    as_json: bool,
    *,
    time_limit: float,
    force: bool,
    structure: bool,
) -> None:
    """Solve every scenario of the library, write the folders and the comparison, end with 3 if one has no result."""
    from energy.report.run_library import run_all

    start = time.perf_counter()
    asked = _read_library(overrides)
    _refuse_early(asked, out, force)
    order = sorted(asked, key=_by_question)
    progress = new_console(error=True)
    outcomes = []
    # the longest first, so that none of them is left for the end
    jobs_first = sorted(order, key=lambda scenario: -scenario.time.years)
    folders = [(scenario, out / scenario.name) for scenario in jobs_first]
    for outcome in run_all(folders, jobs, time_limit, force=force, structure=structure):
        outcomes.append(outcome)
        if progress.is_terminal:
            what = outcome.reason or f"{outcome.seconds:.1f} s"
            progress.print(f"{len(outcomes):>3}/{len(asked)} {outcome.name}: {what}", soft_wrap=True)
    failed = {outcome.name: outcome.reason for outcome in outcomes if outcome.fault}
    solved = [out / scenario.name for scenario in order if scenario.name not in failed]
    _say(
        solved=solved,
        failed=failed,
        out=out,
        seconds=time.perf_counter() - start,
        as_json=as_json,
        force=force,
    )
    if failed:
        raise typer.Exit(max(CODES[outcome.fault] for outcome in outcomes if outcome.fault))


def _read_library(overrides: list[str]) -> list[Any]:
    """Return the scenarios of the library with overrides."""
    from energy.reading.library_folders import library_folders
    from energy.scenario import list_scenarios, read_scenario

    folder = library_folders("scenarios")[0]
    paths = list_scenarios(folder).values()
    return [read_scenario(path, overrides=overrides) for path in paths]


def _refuse_early(scenarios: list[Any], out: Path, force: bool) -> None:
    """Show the faults of all scenarios, each once, before the first of them is solved."""
    from energy.errors import InputError
    from energy.report.run_library import check
    from energy.results.files import refuse_other_question, refuse_strange_folder

    faults: dict[Any, None] = {}
    for scenario in scenarios:
        faults |= dict.fromkeys(check(scenario))
    if faults:
        raise InputError(faults)
    for scenario in scenarios:
        folder = out / scenario.name
        refuse_strange_folder(folder, force)
        refuse_other_question(folder, scenario.digest(), scenario.changes, force)


def _by_question(scenario: Any) -> tuple[int, str, str]:
    # what the others are held against comes first
    return (scenario.question != "base", scenario.question, scenario.name)


def _say(
    solved: list[Path],
    failed: dict[str, str],
    out: Path,
    seconds: float,
    as_json: bool,
    force: bool,
) -> None:
    from energy.plots.comparison import write_comparison
    from energy.report.side_by_side import comparison_text
    from energy.results.compare import compare

    for name, reason in failed.items():
        print(f"error: {name}: {reason}", file=sys.stderr)
    if len(solved) < 2:
        return
    comparison = compare(solved)
    path = write_comparison(comparison, out / "comparison", failed, force)
    if as_json:
        print(json.dumps(comparison | {"failed": failed}, indent=1))
        return
    console = new_console()
    for part in comparison_text(comparison, failed):
        console.print(part, markup=False)
    console.print(
        f"{len(solved)} scenarios solved, {len(failed)} without a result, in {seconds:.0f} s; written to {path}"
    )
