"""Verbs that renew what the project's own pages quote: ``reference``, ``resolution``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from energy.cli.base import SCENARIO, SET, app, new_console, read_asked, working


@app.command("reference")
def reference_command(
    scenarios: Annotated[list[str], typer.Argument(help="Scenarios to solve; the whole library if none is said.")] = [],  # noqa: B006
    project: Annotated[Path, typer.Option(help="Folder of the project.")] = Path(),
    jobs: Annotated[int, typer.Option(min=1, help="Processes that share the work.")] = os.cpu_count() or 1,
) -> None:
    """Solve scenarios again; renew results/reference/headline.csv and the numbers that pages quote of it."""
    from energy.errors import SolverError
    from energy.report.pages import recorded, renewed, write_headline
    from energy.scenario import list_scenarios, read_scenario
    from energy.study.points import processes
    from energy.study.reference import solved_headline

    library = list(list_scenarios())
    names = list(dict.fromkeys(scenarios)) or library
    for name in names:
        read_scenario(name)  # a mistake in a name is said before anything is solved
    found, failed, progress = [], [], new_console(error=True)
    with processes(jobs) as executor, working(f"{len(names)} scenarios …"):
        for name, answer in zip(names, solved_headline(names, executor), strict=True):
            if isinstance(answer, SolverError):
                failed.append(answer)
            else:
                found.append(answer)
            if progress.is_terminal:
                progress.print(f"{len(found) + len(failed):>3}/{len(names)} {name}")
    for path in write_headline(renewed(recorded(project), found, library), project):
        new_console().print(f"written: {path}")
    if failed:
        raise SolverError("\n".join(map(str, failed)))


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
