"""Verbs that renew what the project's own pages quote: ``reference``, ``resolution``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from energy.cli.base import SCENARIO, SET, app, new_console, read_asked


@app.command("reference")
def reference_command(
    scenarios: Annotated[list[str], typer.Argument(help="Scenarios to record beside those recorded already.")] = [],  # noqa: B006
    project: Annotated[Path, typer.Option(help="Folder of the project.")] = Path(),
) -> None:
    """Solve the recorded scenarios again; renew results/reference/headline.csv and the numbers that pages quote."""
    from energy.report.pages import recorded_scenarios, write_headline
    from energy.study import run
    from energy.study.reference import headline

    runs, progress = {}, new_console(error=True)
    for name in dict.fromkeys([*recorded_scenarios(project), *scenarios]):
        with progress.status(f"solving {name} …"):
            runs[name] = run(*read_asked(name, []))
    for path in write_headline(headline(runs), project):
        new_console().print(f"written: {path}")


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

    case, asked = read_asked(scenario, overrides)
    default, progress = asked.time.resolution, new_console(error=True)
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
