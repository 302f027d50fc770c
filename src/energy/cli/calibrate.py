"""The verb ``calibrate``: what the record leaves possible of the unknown numbers."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from energy.cli.base import app, new_console, read_asked, working
from energy.cli.shared_options import AS_JSON, FORCE, MOST_SAMPLES, SEED, SET, WORKERS
from energy.cli.tables import write_table

if TYPE_CHECKING:
    from energy.analysis.sensitivity.number_sets import NumberSets
    from energy.case import Case
    from energy.report.calibration_text import CalibrationReport
    from energy.scenario import Scenario


@app.command("calibrate")
def calibrate_command(
    scenarios: Annotated[
        list[str], typer.Argument(help="Years to fit; all scenarios tagged backcast if none is named.")
    ] = [],  # noqa: B006
    sets: Annotated[
        int, typer.Option(min=40, max=MOST_SAMPLES, help="Sets of numbers, each through all years.")
    ] = 3000,
    predict: Annotated[list[str], typer.Option(help="Scenario whose range is predicted, before and after.")] = [],  # noqa: B006
    predicted: Annotated[
        int, typer.Option(min=20, max=MOST_SAMPLES, help="Sets of numbers for each predicted range.")
    ] = 200,
    only: Annotated[list[str], typer.Option(help="Shell pattern of keys, as 'values.links.*'.")] = [],  # noqa: B006
    seed: SEED = 1,
    workers: WORKERS = 2,
    overrides: SET = [],  # noqa: B006
    out: Annotated[Path, typer.Option(help="Folder that gets one folder a case.")] = Path("results/calibration"),
    page: Annotated[bool, typer.Option("--page", help="Renew docs/calibration.md and results/reference/.")] = False,
    project: Annotated[Path, typer.Option(help="Folder of the project, for --page.")] = Path(),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Weigh sets of all unknown numbers by the record: which sets fit, which numbers it narrows, what they predict.

    A stopped calibration resumes.
    """
    from energy.analysis.backcast_variants import tagged
    from energy.analysis.calibration.backcast_runs import SetRunner, backcast_years
    from energy.analysis.calibration.findings import leave_one_year_out
    from energy.analysis.calibration.history_matching import CalibrationBudget, calibrate
    from energy.analysis.calibration.predictions import predicted_range
    from energy.analysis.parallel import processes_if_many
    from energy.analysis.sweep.progress import shown_progress
    from energy.analysis.sweep.store import Journal
    from energy.case import read_case
    from energy.errors import Fault, InputError
    from energy.report.calibration_docs import write_calibration, write_posterior
    from energy.report.calibration_text import calibration_json, report_of
    from energy.results.ownership import refuse_unwritable
    from energy.scenario import read_scenario

    years = [read_scenario(name, overrides=overrides) for name in scenarios or tagged("backcast")]
    if not years:
        raise InputError(Fault("no scenario is tagged backcast", repair="name the years, as backcast_2024"))
    case = read_case(years[0].case)
    folder = out / case.name
    refuse_unwritable(folder)
    asked = [_of_case(name, case) for name in predict]
    with working("looking up the unknown numbers …"):
        known = backcast_years(case, years, only or ["*"])
    budget = CalibrationBudget(sets=sets)
    runs = budget.first_wave + budget.second_wave
    with (
        closing(Journal(folder)) as journal,
        processes_if_many(workers) as executor,
        shown_progress(f"calibrate {case.name}", new_console(error=True)) as show,
    ):
        total = runs * len(years) + 2 * predicted * len(asked)
        runner = SetRunner(case, journal, executor, show, total)
        calibration = calibrate(known, runner.quantities_of, budget, seed)
        write_posterior(calibration, folder / "posterior.csv", force)
        sets_left = _read_back(folder / "posterior.csv")
        before = [predicted_range(runner, scenario, predicted, seed, None) for scenario in asked]
        after = [predicted_range(runner, scenario, predicted, seed, sets_left) for scenario in asked]
    report = report_of(
        calibration,
        leave_one_year_out(calibration),
        [each.table for each in (*before, *after)],
        {each.scenario: each.leading() for each in after},
    )
    tables = {"ranges": report.ranges, "lessons": report.lessons, "left_out": report.left_out.set_index("place")}
    for name, table in tables.items():
        write_table(table, folder / f"{name}.csv", force)
    if as_json:
        print(json.dumps(calibration_json(report), indent=1))
    else:
        _print_report(report, folder)
    if page:
        for path in write_calibration(report, project):
            new_console(error=True).print(f"written: {path}")


def _print_report(report: CalibrationReport, folder: Path) -> None:
    from energy.report.calibration_text import records_table, summary_sentences, taught_table
    from energy.report.risk_text import frame_text

    console = new_console()
    console.print(frame_text(taught_table(report, 20).set_index("number"), "what the record narrows, 90 % ranges"))
    console.print(frame_text(records_table(report).set_index("quantity"), "the record"))
    for sentence in summary_sentences(report):
        console.print(sentence)
    console.print(f"written to {folder}")


def _of_case(name: str, case: Case) -> Scenario:
    """Return a scenario that is to be predicted; refuse one of another case, which has other numbers."""
    from energy.errors import Fault, InputError

    own_case, scenario = read_asked(name, [])
    if own_case.name != case.name:
        what = f"{name} is a scenario of {own_case.name}, and the years are of {case.name}"
        raise InputError(Fault(what, "--predict", allowed=f"scenarios of {case.name}"))
    return scenario  # type: ignore[no-any-return]


def _read_back(path: Path) -> NumberSets:
    import pandas as pd

    from energy.analysis.sensitivity.number_sets import SET, NumberSets

    return NumberSets(pd.read_csv(path).drop(columns=SET), path)
