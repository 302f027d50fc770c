"""The command ``energy``: verbs only."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

app = typer.Typer(
    help="How much power can be transferred over CASA-1000: by month, water year and disruption.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
SCENARIOS = Annotated[list[str], typer.Argument(help="Names of scenarios, or paths of YAML files.", show_default=False)]
SCENARIO = Annotated[str, typer.Argument(help="Name of a scenario, or path of a YAML file.")]
SET = Annotated[list[str], typer.Option("--set", help="Override a value of the scenario: key=value.")]
AS_JSON = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]


def main() -> None:
    """Run the command; exit code 2 for a fault of the input, 3 for the solver's."""
    from energy.errors import InputError, SolverError

    debug = "--debug" in sys.argv
    if debug:
        sys.argv.remove("--debug")
    try:
        app()
    except InputError as err:
        if debug:
            raise
        print("\n".join(f"error: {fault}" for fault in err.faults), file=sys.stderr)
        sys.exit(2)
    except SolverError as err:
        if debug:
            raise
        print(f"error: {err}", file=sys.stderr)
        sys.exit(3)


def _console(error: bool = False) -> Console:
    from rich.console import Console

    # a pipe or a file gets the whole table, however narrow the terminal that started it
    wide = None if (sys.stderr if error else sys.stdout).isatty() else 140
    return Console(stderr=error, width=wide, highlight=False, soft_wrap=False)


def _read(name: str, overrides: list[str]) -> tuple[Any, Any]:
    from energy.case import read_case
    from energy.scenario import read_scenario

    scenario = read_scenario(name, overrides=overrides)
    return read_case(scenario.case), scenario


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
    asked = [_read(name, overrides) for name in scenarios]
    from energy.report.folder import refuse_strange, write_run
    from energy.report.text import run_text
    from energy.study import run

    _refuse_early(asked)
    for _, scenario in asked:
        refuse_strange(out / scenario.name)
    console, progress = _console(), _console(error=True)
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


@app.command("capability")
def capability_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    state: Annotated[str | None, typer.Option(help="State of security in the case's rules, or strict.")] = None,
    share_of_load: Annotated[
        bool, typer.Option("--share-of-load", help="Limit the loss to a share of the receiving load.")
    ] = False,
    allocated: Annotated[str, typer.Option(help="contract, run (solve the scenario), or MW.")] = "contract",
    out: Annotated[Path, typer.Option(help="Folder that gets <scenario>/capability.csv.")] = Path("results/capability"),
    as_json: AS_JSON = False,
) -> None:
    """Print TTC, NTC and ATC by month in both directions, with what binds; water does not limit."""
    case, asked = _read(scenario, overrides)
    from energy.report.capability_text import capability_json, capability_rows, write_capability
    from energy.study.case_capability import allocation, case_capability

    with _console(error=True).status(f"{asked.name} …"):
        taken = allocation(allocated)
        found = case_capability(case, asked, state=state, share_of_load=share_of_load, allocated=taken)
        path = write_capability(found, out / asked.name)
    if as_json:
        print(json.dumps(capability_json(found), indent=1))
    else:
        _console().print(capability_rows(found))
        _console().print(f"written to {path}")


@app.command("build")
def build_command(
    scenario: SCENARIO,
    out: Annotated[Path, typer.Option("-o", "--out", help="netCDF file to write.")],
    overrides: SET = [],  # noqa: B006
) -> None:
    """Write the unsolved PyPSA network of a scenario."""
    case, asked = _read(scenario, overrides)
    from energy.model import build
    from energy.model.quiet import quiet
    from energy.report.folder import whole_file

    with whole_file(out) as draft, quiet():
        build(case, asked).export_to_netcdf(str(draft))
    _console().print(f"written to {out}; solve it with n.optimize(extra_functionality=energy.rules)")


@app.command("check")
def check_command(
    scenarios: Annotated[
        list[str], typer.Argument(help="Scenarios to check; all of the library if none is named.")
    ] = [],  # noqa: B006
) -> None:
    """Check scenarios and the cases they stand on, without solving."""
    from energy.case import read_case
    from energy.errors import Fault, InputError
    from energy.model import inputs
    from energy.scenario import list_scenarios, read_scenario

    faults: list[Fault] = []
    cases: dict[str, Any] = {}
    names = scenarios or list(list_scenarios())
    for name in names:
        try:
            scenario = read_scenario(name)
            case = cases.setdefault(scenario.case, None) or read_case(scenario.case)
            cases[scenario.case] = case
            inputs(case, scenario)
        except InputError as err:
            faults += [fault for fault in err.faults if fault not in faults]
    if faults:
        raise InputError(faults)
    _console().print(f"{len(names)} scenarios on {len(cases)} cases are sound")


@app.command("show")
def show_command(scenario: SCENARIO, overrides: SET = [], as_json: AS_JSON = False) -> None:  # noqa: B006
    """Print every resolved value of a scenario with the place it came from."""
    from energy.scenario import resolve

    found = resolve(scenario, overrides=overrides)
    values = _flat(found.scenario.plain())
    if as_json:
        print(
            json.dumps(
                {k: {"value": v, "from": str(found.origin.get(k, "default"))} for k, v in values.items()}, indent=1
            )
        )
        return
    width = max(map(len, values))
    for key, value in values.items():
        print(f"{key:<{width}}  {value!s:<40}  {found.origin.get(key, 'default')}")


def _flat(plain: Any, key: str = "") -> dict[str, Any]:
    if isinstance(plain, dict) and plain:
        return {k: v for name, part in plain.items() for k, v in _flat(part, f"{key}.{name}" if key else name).items()}
    if isinstance(plain, list) and plain and isinstance(plain[0], dict):
        return {k: v for at, part in enumerate(plain) for k, v in _flat(part, f"{key}.{at}").items()}
    return {key: plain}


@app.command("list")
def list_command(as_json: AS_JSON = False) -> None:
    """List the scenarios of the library by the question they answer."""
    from energy.scenario import list_scenarios, read_scenario

    found = {name: read_scenario(path) for name, path in list_scenarios().items()}
    if as_json:
        print(
            json.dumps(
                [{"name": n, "question": s.question, "description": s.description} for n, s in found.items()], indent=1
            )
        )
        return
    width = max(map(len, found), default=0)
    for question in dict.fromkeys(scenario.question for scenario in found.values()):
        print(question)
        for name, scenario in found.items():
            if scenario.question == question:
                print(f"  {name:<{width}}  {scenario.description}")


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
            _console().print(part)


@app.command("reference")
def reference_command(
    scenarios: Annotated[list[str], typer.Argument(help="Scenarios to record beside those recorded already.")] = [],  # noqa: B006
    project: Annotated[Path, typer.Option(help="Folder of the project.")] = Path(),
) -> None:
    """Solve the recorded scenarios again; renew results/reference/headline.csv and the numbers that pages quote."""
    from energy.report.pages import recorded_scenarios, write_headline
    from energy.study import run
    from energy.study.reference import headline

    runs, progress = {}, _console(error=True)
    for name in dict.fromkeys([*recorded_scenarios(project), *scenarios]):
        with progress.status(f"solving {name} …"):
            runs[name] = run(*_read(name, []))
    for path in write_headline(headline(runs), project):
        _console().print(f"written: {path}")


@app.command("resolution")
def resolution_command(
    scenario: SCENARIO = "baseline",
    overrides: SET = [],  # noqa: B006
    only: Annotated[
        list[str], typer.Option(help="Resolutions to measure; the last is what the others are held against.")
    ] = [],  # noqa: B006
    page: Annotated[Path | None, typer.Option(help="Page whose block 'resolution' gets the table.")] = None,
) -> None:
    """Measure run time, memory and error of time resolutions; the hourly year takes some minutes."""
    from energy.report.pages import resolution_text, write_block
    from energy.study.resolution import RESOLUTIONS, measure_all, resolution_table

    case, asked = _read(scenario, overrides)
    default, progress = asked.time.resolution, _console(error=True)
    resolutions = [default, *only] if only and default not in only else only or list(RESOLUTIONS)
    found = []
    for measured in measure_all(case, asked, resolutions):
        found.append(measured)
        seconds = measured.build_seconds + measured.solve_seconds
        progress.print(f"{measured.resolution}: {measured.energy:,.1f} GWh in {seconds:.1f} s")
    text = resolution_text(resolution_table(found, default), default)
    print(text)
    if page:
        write_block(page, "resolution", text)


if __name__ == "__main__":
    main()
