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
    from energy.errors import InputError
    from energy.report.run_library import check, run_all
    from energy.results.ownership import refuse_strange_folder
    from energy.scenario import list_scenarios, read_scenario

    start = time.perf_counter()
    asked = [read_scenario(path, overrides=overrides) for path in list_scenarios().values()]
    faults = list(dict.fromkeys(fault for scenario in asked for fault in check(scenario)))
    if faults:
        raise InputError(faults)
    for scenario in asked:
        refuse_strange_folder(out / scenario.name, force)
    order = sorted(asked, key=_by_question)
    progress, outcomes = new_console(error=True), []
    # the longest first, so that none of them is left for the end
    jobs_first = sorted(order, key=lambda scenario: -scenario.time.years)
    folders = [(scenario, out / scenario.name) for scenario in jobs_first]
    for outcome in run_all(folders, jobs, time_limit, force=force, structure=structure):
        outcomes.append(outcome)
        if progress.is_terminal:
            said = outcome.reason or f"{outcome.seconds:.1f} s"
            progress.print(f"{len(outcomes):>3}/{len(asked)} {outcome.name}: {said}", soft_wrap=True)
    failed = {outcome.name: outcome.reason for outcome in outcomes if outcome.fault}
    solved = [out / scenario.name for scenario in order if scenario.name not in failed]
    _say(solved=solved, failed=failed, out=out, seconds=time.perf_counter() - start, as_json=as_json, force=force)
    if failed:
        raise typer.Exit(max(CODES[outcome.fault] for outcome in outcomes if outcome.fault))


def _by_question(scenario: Any) -> tuple[int, str, str]:
    # what the others are held against comes first
    return (scenario.question != "base", scenario.question, scenario.name)


def _say(solved: list[Path], failed: dict[str, str], out: Path, seconds: float, as_json: bool, force: bool) -> None:
    from energy.plots.library import write_comparison
    from energy.report.compare_text import comparison_text
    from energy.results.compare import compare

    for name, reason in failed.items():
        print(f"error: {name}: {reason}", file=sys.stderr)
    if len(solved) < 2:
        return
    found = compare(solved)
    path = write_comparison(found, out / "comparison", failed, force)
    if as_json:
        print(json.dumps(found | {"failed": failed}, indent=1))
        return
    console = new_console()
    for part in comparison_text(found, failed):
        console.print(part, markup=False)
    console.print(
        f"{len(solved)} scenarios solved, {len(failed)} without a result, in {seconds:.0f} s; written to {path}"
    )
