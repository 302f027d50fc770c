"""The verb ``resolution``: run time, memory and error of time resolutions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from energy.cli.base import app, new_console, read_asked
from energy.cli.shared_options import SCENARIO, SET

if TYPE_CHECKING:
    from energy.case import Case


@app.command("resolution")
def _resolution_command(
    scenario: SCENARIO = "baseline",
    overrides: SET = [],  # noqa: B006
    only: Annotated[
        list[str],
        typer.Option(help="Resolutions to measure; the last is the reference for the others."),
    ] = [],  # noqa: B006
    page: Annotated[Path | None, typer.Option(help="Page whose block 'resolution' gets the table.")] = None,
) -> None:
    """Measure run time, memory and error of time resolutions; the hourly year takes some minutes."""
    from energy.analysis.resolution import RESOLUTIONS, measure_all, resolution_table
    from energy.report.docs_pages import resolution_text, write_block

    case, base_scenario = read_asked(scenario, overrides)
    if case.own is not None:
        _refuse_own_snapshots(case)
    default = base_scenario.time.resolution
    resolutions = only or list(RESOLUTIONS)
    if only and default not in only:
        resolutions = [default, *only]
    progress = new_console(error=True)
    measurements = []
    for measured in measure_all(case, base_scenario, resolutions):
        measurements.append(measured)
        seconds = measured.build_seconds + measured.solve_seconds
        progress.print(f"{measured.resolution}: {measured.energy:,.1f} GWh in {seconds:.1f} s")
    table = resolution_table(measurements, default)
    text = resolution_text(table, default)
    print(text)
    if page:
        write_block(page, "resolution", text)


def _refuse_own_snapshots(case: Case) -> NoReturn:
    """Refuse a network whose snapshots no resolution changes."""
    from energy.errors import Fault, InputError

    what = "a PyPSA network brings its own snapshots, which no resolution changes"
    raise InputError(Fault(what, case.path, allowed="a scenario on a case folder"))
