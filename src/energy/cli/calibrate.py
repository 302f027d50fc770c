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
    from energy.analysis.calibration.history_matching import Calibration
    from energy.analysis.sensitivity.number_sets import NumberSets
    from energy.case import Case
    from energy.report.calibration_text import CalibrationReport
    from energy.scenario import Scenario


@app.command("calibrate")
def _calibrate_command(
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
    from energy.results.files import refuse_unwritable

    case, years = _years(scenarios, overrides)
    folder = out / case.name
    refuse_unwritable(folder)
    forecasts = [_of_case(name, case) for name in predict]
    report = _calibrate(
        case,
        years,
        forecasts,
        only=only or ["*"],
        sets=sets,
        predicted=predicted,
        seed=seed,
        workers=workers,
        folder=folder,
        force=force,
    )
    _write_tables(report, folder, force)
    if as_json:
        _print_json(report)
    else:
        _print_report(report, folder)
    if page:
        _write_page(report, project)


def _years(names: list[str], overrides: list[str]) -> tuple[Case, list[Scenario]]:
    """Return the years to fit and their case; all scenarios tagged backcast where none is named."""
    from energy.analysis.backcast_variants import tagged
    from energy.case import read_case
    from energy.errors import Fault, InputError
    from energy.scenario import read_scenario

    names = names or tagged("backcast")
    if not names:
        raise InputError(Fault("no scenario is tagged backcast", repair="name the years, as backcast_2024"))
    years = [read_scenario(name, overrides=overrides) for name in names]
    return read_case(years[0].case), years


def _calibrate(
    case: Case,
    years: list[Scenario],
    forecasts: list[Scenario],
    *,
    only: list[str],
    sets: int,
    predicted: int,
    seed: int,
    workers: int,
    folder: Path,
    force: bool,
) -> CalibrationReport:
    """Calibrate, write the posterior, and predict the range of each forecast from the evidence and from the posterior.

    ``sets`` are run through all years, ``predicted`` for each range of a forecast.
    """
    from energy.analysis.calibration.backcast_runs import SetRunner, backcast_years
    from energy.analysis.calibration.findings import leave_one_year_out
    from energy.analysis.calibration.history_matching import CalibrationBudget, calibrate
    from energy.analysis.calibration.predictions import predicted_range
    from energy.analysis.parallel import processes_if_many
    from energy.analysis.sweep.progress import shown_progress
    from energy.analysis.sweep.store import Journal
    from energy.report.calibration_text import report_of

    with working("looking up the unknown numbers …"):
        known = backcast_years(case, years, only)
    budget = CalibrationBudget(sets=sets)
    runs_of_years = (budget.first_wave + budget.second_wave) * len(years)
    runs_of_forecasts = 2 * predicted * len(forecasts)
    with (
        closing(Journal(folder)) as journal,
        processes_if_many(workers) as executor,
        shown_progress(f"calibrate {case.name}", new_console(error=True)) as show,
    ):
        runner = SetRunner(case, journal, executor, show, runs_of_years + runs_of_forecasts)
        calibration = calibrate(known, runner.quantities_of, budget, seed)
        posterior_file = folder / "posterior.csv"
        _write_posterior(calibration, posterior_file, force)
        posterior = _read_back(posterior_file)
        prior_ranges = [predicted_range(runner, forecast, predicted, seed, None) for forecast in forecasts]
        posterior_ranges = [predicted_range(runner, forecast, predicted, seed, posterior) for forecast in forecasts]
    tables = [predicted_one.table for predicted_one in (*prior_ranges, *posterior_ranges)]
    leading = {predicted_one.scenario: predicted_one.leading() for predicted_one in posterior_ranges}
    return report_of(calibration, leave_one_year_out(calibration), tables, leading)


def _write_posterior(calibration: Calibration, path: Path, force: bool = False) -> None:
    from energy.report.calibration_text import posterior_table
    from energy.results.files import atomic_file

    posterior = posterior_table(calibration)
    with atomic_file(path, force, table=True) as draft:
        posterior.to_csv(draft, index=False, float_format="%.10g", lineterminator="\n")


def _write_tables(report: CalibrationReport, folder: Path, force: bool) -> None:
    write_table(report.ranges, folder / "ranges.csv", force)
    write_table(report.lessons, folder / "lessons.csv", force)
    write_table(report.left_out.set_index("place"), folder / "left_out.csv", force)


def _write_page(report: CalibrationReport, project: Path) -> None:
    """Renew the page, the posterior and the recorded ranges of a project.

    Raises
    ------
    InputError
        When the project has no such page, or the page lacks a block.
    """
    from energy.report.calibration_text import PAGE, calibration_blocks
    from energy.report.docs_pages import write_blocks, write_page_ranges
    from energy.results.predicted_ranges import RANGES, renewed_ranges, write_ranges

    write_blocks(project / PAGE, calibration_blocks(report))
    case = report.calibration.years.case
    posterior = project / "results" / "reference" / f"posterior-{case.name}.csv"
    _write_posterior(report.calibration, posterior)
    written = [project / PAGE, posterior]
    if not report.predicted.empty:
        write_ranges(renewed_ranges(project, report.predicted), project)
        written += [project / RANGES, *write_page_ranges(project)]
    console = new_console(error=True)
    for path in written:
        console.print(f"written: {path}")


def _print_json(report: CalibrationReport) -> None:
    from energy.report.calibration_text import calibration_json

    print(json.dumps(calibration_json(report), indent=1))


def _print_report(report: CalibrationReport, folder: Path) -> None:
    from energy.report.calibration_text import records_table, summary_sentences, taught_table
    from energy.report.text_table import frame_text

    console = new_console()
    taught = taught_table(report, 20).set_index("number")
    records = records_table(report).set_index("quantity")
    console.print(frame_text(taught, "what the record narrows, 90 % ranges"))
    console.print(frame_text(records, "the record"))
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

    sets = pd.read_csv(path).drop(columns=SET)
    return NumberSets(sets, path)
