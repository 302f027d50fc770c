"""The verb ``schema``: JSON schemas of the YAML files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from energy.cli.base import app, new_console


@app.command("schema")
def _schema_command(
    out: Annotated[Path, typer.Option(help="Folder that gets one schema a kind of file.")] = Path("schemas"),
) -> None:
    """Write JSON schemas of scenario, hazards, sweep, actions and rules files, for editors."""
    from energy.report.file_schemas import write_schemas

    console = new_console()
    for file in write_schemas(out):
        console.print(str(file))
