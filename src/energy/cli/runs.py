"""Verbs that solve, and what is done with solved runs: ``run``, ``build``, ``compare``."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from energy.cli.base import AS_JSON, SCENARIO, SCENARIOS, SET, app, new_console, read_asked


@app.command("run")
def run_command(
    scenarios: SCENARIOS,
    overrides: SET = [],  # noqa: B006  (typer reads the default, nobody changes it)
    out: Annotated[Path, typer.Option(help="Folder that gets one folder a scenario.")] = Path("results"),
    resolution: Annotated[str | None, typer.Option(help="typical-days, typical-weeks, 1h, 3h, …")] = None,
    as_json: AS_JSON = False,
) -> None:
    """Solve scenarios, print their months, write their folders."""
    overrides = [*overrides, *([f"time.resolution={resolution}"] if resolution else [])]
    asked = [read_asked(name, overrides) for name in scenarios]
    from energy.report.folder import refuse_strange, write_run
    from energy.report.text import run_text
    from energy.study import run

    _refuse_early(asked)
    for _, scenario in asked:
        refuse_strange(out / scenario.name)
    console, progress = new_console(), new_console(error=True)
    found = []
    for case, scenario in asked:
        start = time.perf_counter()
        with progress.status(f"solving {scenario.name} …"):
            result = run(case, scenario)
            folder = out / scenario.name
            manifest = write_run(result, folder, time.perf_counter() - start)
        if as_json:
            found.append(_as_json(result, manifest))
        else:
            console.print(f"{scenario.name}: {scenario.description}".rstrip(": "), style="bold")
            for part in run_text(result):
                console.print(part)
            console.print(f"\nwritten to {folder} in {time.perf_counter() - start:.1f} s\n")
    if as_json:
        print(json.dumps(found, indent=1))


def _refuse_early(asked: list[tuple[Any, Any]]) -> None:
    """Show the faults of all scenarios before the first of them is solved."""
    from energy.errors import Fault, InputError
    from energy.model import inputs

    names = [scenario.name for _, scenario in asked]
    faults = [
        Fault(f"{names.count(name)} scenarios are named {name!r} and would share one folder", repair="run one of them")
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    for case, scenario in asked if len(asked) > 1 else []:
        try:
            inputs(case, scenario)
        except InputError as err:
            faults += [fault for fault in err.faults if fault not in faults]
    if faults:
        raise InputError(faults)


def _as_json(result: Any, manifest: dict[str, Any]) -> dict[str, Any]:
    table = result.table.reset_index().astype({"month": str})
    return {
        "scenario": result.scenario.name,
        "months": table.to_dict("records"),
        "rungs_gwh": {str(name): float(energy) for name, energy in result.rungs.sum().items()},
        "objective": manifest["objective"],
        "audit": manifest["audit"],
    }


@app.command("build")
def build_command(
    scenario: SCENARIO,
    out: Annotated[Path, typer.Option("-o", "--out", help="netCDF file to write.")],
    overrides: SET = [],  # noqa: B006
) -> None:
    """Write the unsolved PyPSA network of a scenario."""
    case, asked = read_asked(scenario, overrides)
    from energy.model import build
    from energy.model.quiet import quiet
    from energy.report.folder import whole_file

    with whole_file(out) as draft, quiet():
        build(case, asked).export_to_netcdf(str(draft))
    new_console().print(f"written to {out}; solve it with n.optimize(extra_functionality=energy.rules)")


@app.command("compare")
def compare_command(
    folders: Annotated[list[Path], typer.Argument(help="Folders of finished runs, two or more.")],
    as_json: AS_JSON = False,
) -> None:
    """Compare finished runs: the inputs that differ first, then the results."""
    from energy.report.compare import compare, comparison_text

    found = compare(folders)
    if as_json:
        print(json.dumps(found, indent=1))
    else:
        for part in comparison_text(found):
            new_console().print(part)
