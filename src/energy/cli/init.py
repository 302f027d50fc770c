"""The verbs ``init`` and ``new``: a folder, and a scenario, to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from energy.cli.base import app, new_console
from energy.cli.completion import matching_scenarios


@app.command("init")
def _init_command(
    folder: Annotated[Path, typer.Argument(help="New folder that gets a case, a scenario and a sweep of your own.")],
) -> None:
    """Make a folder to work in: a small case to change, a scenario, and how to go on."""
    from energy.results.project_template import new_project

    files = new_project(folder)
    console = new_console()
    for file in files:
        console.print(str(file))
    console.print(f"Go on with: cd {folder} && energy run my_scenario")


@app.command("new")
def _new_command(
    name: Annotated[str, typer.Argument(help="Name of the new scenario.")],
    parent: Annotated[str, typer.Option("--from", help="Scenario that it changes.", autocompletion=matching_scenarios)],
) -> None:
    """Write a scenario that changes another one, into the folder scenarios/ here or above."""
    from energy.results.project_template import new_scenario

    file = new_scenario(name, parent)
    new_console().print(f"{file}: change it, then: energy run {name}")
