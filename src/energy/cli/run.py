"""The verb ``run``: solve scenarios."""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from energy.cli.base import app, new_console, print_title, read_asked, working
from energy.cli.second_process import SecondProcess, second_process
from energy.cli.shared_options import AS_JSON, FORCE, MOST_PROCESSES, SCENARIO_FOLDERS, SET


@app.command("run")
def _run_command(
    scenarios: Annotated[list[str], typer.Argument(help="Names of scenarios, or paths of YAML files.")] = [],  # noqa: B006  (typer reads the default, nobody changes it)
    overrides: SET = [],  # noqa: B006
    out: SCENARIO_FOLDERS = Path("results"),
    resolution: Annotated[str | None, typer.Option(help="typical-days, typical-weeks, 1h, 3h, …")] = None,
    whole_library: Annotated[
        bool, typer.Option("--all", help="All scenarios of the library, and their comparison.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, max=MOST_PROCESSES, help="Processes of --all.")] = os.cpu_count() or 1,
    time_limit: Annotated[
        float,
        typer.Option(help="Seconds that the solver may take for each scenario.", show_default=False),
    ] = float("inf"),
    structure: Annotated[
        bool,
        typer.Option(help="Solve the effect of Kirchhoff's law and of help between sellers."),
    ] = True,
    policy: Annotated[
        Path | None,
        typer.Option(help="Policy for foresight=policy; by default results/policy/<scenario>/policy.npz."),
    ] = None,
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Solve scenarios, print their months and exchanges, write their folders; --all compares the whole library."""
    overrides = [*overrides, *([f"time.resolution={resolution}"] if resolution else [])]
    if whole_library == bool(scenarios):
        _refuse_names(whole_library)
    if not time_limit > 0:  # what is no number fails too
        from energy.errors import Fault, InputError

        raise InputError(Fault(f"the solver's time is {time_limit:g} s", "--time-limit", allowed="seconds above 0"))
    if whole_library:
        from energy.cli.library_run import run_library

        run_library(overrides, out, jobs, as_json, time_limit=time_limit, force=force, structure=structure)
        return
    with second_process() as process, second_process(imports_pypsa=False) as solver:
        asked = [read_asked(name, overrides) for name in scenarios]
        _refuse_early(asked)
        _refuse_folders(asked, out, force)
        with _patterns_checked_in(process):
            _run_each(
                asked,
                out,
                as_json,
                time_limit=time_limit,
                force=force,
                structure=structure,
                policy=policy,
                process=process,
                solver=solver,
            )


def _patterns_checked_in(process: SecondProcess | None) -> AbstractContextManager[None]:
    """Let a second process check new patterns, as it has imported PyPSA while the case was read."""
    if process is None:
        return nullcontext()
    from energy.solve.pattern_cache import checked_pattern, patterns_checked_by

    return patterns_checked_by(lambda inputs: process.start(checked_pattern, inputs)())


def _refuse_names(whole_library: bool) -> None:
    from energy.errors import Fault, InputError

    what = "scenarios are named beside --all" if whole_library else "no scenario is named"
    raise InputError(Fault(what, "run", allowed="names of scenarios, or --all", repair="see them with: energy list"))


def _refuse_folders(asked: list[tuple[Any, Any]], out: Path, force: bool) -> None:
    """Refuse folders that hold something else, before anything is solved."""
    from energy.results.files import refuse_other_question, refuse_strange_folder

    for _, scenario in asked:
        folder = out / scenario.name
        refuse_strange_folder(folder, force)
        refuse_other_question(folder, scenario.digest(), scenario.changes, force)


def _run_each(
    asked: list[tuple[Any, Any]],
    out: Path,
    as_json: bool,
    *,
    time_limit: float,
    force: bool,
    structure: bool,
    policy: Path | None,
    process: SecondProcess | None,
    solver: SecondProcess | None,
) -> None:
    """Solve one scenario after the other; one that has no optimum is said, and the others go on."""
    from energy.analysis import run
    from energy.cli.policy import DEFAULT_OUT, policy_file
    from energy.errors import SolverError
    from energy.report.bundle import do_when_waited_for, run_folder
    from energy.report.run_text import run_text

    console = new_console()
    records, failed = [], False
    start = do_when_waited_for if process is None else process.start
    for case, scenario in asked:
        begun = time.perf_counter()
        folder = out / scenario.name
        try:
            with working(f"solving {scenario.name} …"):
                decides = policy or policy_file(DEFAULT_OUT, scenario.name)
                result = run(case, scenario, time_limit, structure, decides, solver.start if solver else None)
        except SolverError as err:
            if len(asked) == 1:
                raise
            failed = True
            print(f"error: {err}", file=sys.stderr)
            continue
        with run_folder(result, folder, force, start) as write_the_rest:
            if not as_json:
                print_title(console, case, scenario)
                for part in run_text(result):
                    console.print(part, markup=False)
            with working(f"writing {folder} …"):
                manifest = write_the_rest(time.perf_counter() - begun)
        if as_json:
            records.append(_as_json(result, manifest))
        else:
            console.print(f"\nwritten to {folder} in {time.perf_counter() - begun:.1f} s\n")
    if as_json:
        print(json.dumps(records, indent=1))
    if failed:
        raise typer.Exit(3)


def _refuse_early(asked: list[tuple[Any, Any]]) -> None:
    """Show the faults of all scenarios before the first of them is solved."""
    from energy.errors import Fault, InputError
    from energy.model import inputs

    names = [scenario.name for _, scenario in asked]
    faults = [
        Fault(
            f"{names.count(name)} scenarios are named {name!r} and would share one folder",
            repair="run one of them",
        )
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    for case, scenario in asked if len(asked) > 1 else []:
        try:
            inputs(case, scenario.model_copy(update={"foresight": "perfect"}))
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
        "surprise_gwh": manifest["surprise"],
        "delivered_soon_and_late_gwh": manifest["delivered_soon_and_late"],
        "lacking_water_hm3": manifest["lacking_water"],
        "exchanges_gwh": manifest["exchanges"],
        "delivered_by_sender_gwh": manifest["delivered_by_sender"],
        "structure_gwh": manifest["structure"],
        "certificate_mwh": manifest["certificate"],
        "options": manifest["options"],
        "objective": manifest["objective"],
        "audit": manifest["audit"],
    }
