"""The verb ``compare``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from energy.cli.base import AS_JSON, FORCE, app, new_console


@app.command("compare")
def compare_command(
    folders: Annotated[list[Path], typer.Argument(help="Folders of finished runs, two or more.")],
    out: Annotated[Path, typer.Option(help="Folder that gets comparison.csv, .png and .svg.")] = Path(
        "results/comparison"
    ),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Compare finished runs: the inputs that differ first, then the results. The others are held to the first."""
    from energy.plots.library import write_comparison
    from energy.report.compare_text import comparison_text
    from energy.results.compare import compare

    runs = [folder for folder in folders if folder.resolve() != out.resolve()]  # results/* names the last comparison
    comparison = compare(runs)
    path = write_comparison(comparison, out, force=force)
    if as_json:
        print(json.dumps(comparison, indent=1))
        return
    console = new_console()
    for part in comparison_text(comparison):
        console.print(part, markup=False)
    console.print(f"written to {path}")
