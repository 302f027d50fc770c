"""The verb ``export``: finished runs for other programs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from energy.cli.base import FORCE, app, new_console


class Format(StrEnum):
    """Forms in which runs are exported."""

    CSV = "csv"
    PARQUET = "parquet"
    IAMC = "iamc"
    NETWORK = "network"


@app.command("export")
def export_command(
    folders: Annotated[list[Path], typer.Argument(help="Folders of finished runs.")],
    kind: Annotated[
        Format,
        typer.Option(
            "--format",
            help="csv, parquet: every value, one a row; iamc: energy by country; network: PyPSA.",
        ),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="File to write; for networks a folder.")],
    force: FORCE = False,
) -> None:
    """Write finished runs for other programs."""
    from energy.results.export import export

    for path in export(folders, kind, out, force):
        new_console().print(f"written: {path}")
