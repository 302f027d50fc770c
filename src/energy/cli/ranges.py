"""The verb ``ranges``: headline numbers with all unknown numbers at once."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from energy.cli.base import app, new_console, read_asked
from energy.cli.shared_options import MOST_SAMPLES, NUMBERS, SCENARIOS, SEED, WORKERS
from energy.cli.tables import write_table

if TYPE_CHECKING:
    import pandas as pd


@app.command("ranges")
def _ranges_command(
    scenarios: SCENARIOS,
    numbers: NUMBERS = "ranges",
    sets: Annotated[int, typer.Option(min=20, max=MOST_SAMPLES, help="Sets of all unknown numbers.")] = 200,
    seed: SEED = 1,
    workers: WORKERS = 2,
    out: Annotated[Path, typer.Option(help="Folder for finished points and the table.")] = Path("results/ranges"),
    reference: Annotated[
        bool, typer.Option("--reference", help="Renew results/reference/ranges.csv and the pages that quote it.")
    ] = False,
    project: Annotated[Path, typer.Option(help="Folder of the project, for --reference.")] = Path(),
) -> None:
    """Print the 90 % range of headline numbers with all unknown numbers at once; a stopped study resumes."""
    from energy.analysis.calibration.predictions import predicted_range
    from energy.analysis.parallel import processes_if_many
    from energy.analysis.sensitivity.number_sets import read_number_sets
    from energy.analysis.sensitivity.uncertain_parameters import refuse_without_numbers, uncertain_parameters
    from energy.analysis.sweep.journaled_runs import JournaledRuns
    from energy.analysis.sweep.progress import shown_progress
    from energy.analysis.sweep.store import Journal
    from energy.report.docs_pages import write_page_ranges
    from energy.report.text_table import frame_text
    from energy.results.predicted_ranges import RANGES, renewed_ranges, write_ranges

    asked = [read_asked(name, []) for name in scenarios]
    for case, scenario in asked:
        refuse_without_numbers(uncertain_parameters(case, scenario), case)
    drawn_from = [read_number_sets(numbers, case, scenario) for case, scenario in asked]
    console = new_console()
    with (
        closing(Journal(out)) as journal,
        processes_if_many(workers) as executor,
        shown_progress("ranges", new_console(error=True)) as show,
    ):
        for (case, scenario), number_sets in zip(asked, drawn_from, strict=True):
            runner = JournaledRuns(case, journal, executor, show, sets)
            prediction = predicted_range(runner, scenario, sets, seed, number_sets)
            console.print(frame_text(_shown(prediction.table), f"{scenario.name}: nine of ten, numbers from {numbers}"))
            leading = prediction.leading(5).rename_axis("what moves it most")
            console.print(frame_text(leading, "share of the variance of ranks of what is delivered"))
            write_table(
                prediction.table.set_index("scenario"), out / f"{scenario.name}-{prediction.numbers}.csv", False
            )
            if reference:
                write_ranges(renewed_ranges(project, prediction.table), project)
    if reference:
        for path in [project / RANGES, *write_page_ranges(project)]:
            console.print(f"written: {path}")


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that are not zero throughout."""
    rows = table[table["high"] > 0]
    return rows.set_index("quantity")[["unit", "low", "middle", "high", "sets", "failed"]]
