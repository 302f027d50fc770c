"""The verb ``reference``: headline numbers of the project and the pages that quote them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from energy.cli.base import app, new_console, working
from energy.cli.shared_options import MOST_PROCESSES


@app.command("reference")
def _reference_command(
    scenarios: Annotated[
        list[str], typer.Argument(help="Scenarios to solve; the whole library if none is named.")
    ] = [],  # noqa: B006
    project: Annotated[Path, typer.Option(help="Folder of the project.")] = Path(),
    jobs: Annotated[int, typer.Option(min=1, max=MOST_PROCESSES, help="Processes.")] = os.cpu_count() or 1,
) -> None:
    """Solve scenarios again; renew results/reference/headline.csv and the numbers that pages quote from it."""
    from energy.analysis.parallel import processes
    from energy.analysis.reference import solved_headline
    from energy.errors import SolverError
    from energy.reading.library_folders import library_folders
    from energy.report.docs_pages import recorded, renewed, write_headline
    from energy.scenario import list_scenarios, read_scenario

    library = list(list_scenarios(library_folders("scenarios")[0]))
    names = list(dict.fromkeys(scenarios)) or library
    for name in names:
        read_scenario(name)  # a mistake in a name is said before anything is solved
    tables, failed, progress = [], [], new_console(error=True)
    with processes(jobs) as executor, working(f"{len(names)} scenarios …"):
        for name, answer in zip(names, solved_headline(names, executor), strict=True):
            if isinstance(answer, SolverError):
                failed.append(answer)
            else:
                tables.append(answer)
            if progress.is_terminal:
                progress.print(f"{len(tables) + len(failed):>3}/{len(names)} {name}")
    for path in write_headline(renewed(recorded(project), tables, library), project):
        new_console().print(f"written: {path}")
    if failed:
        raise SolverError("\n".join(map(str, failed)))
