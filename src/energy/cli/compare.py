"""The verb ``compare``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from energy.cli.base import app, new_console
from energy.cli.shared_options import AS_JSON, FORCE


@app.command("compare")
def _compare_command(
    folders: Annotated[list[Path], typer.Argument(help="Folders of finished runs, two or more.")],
    out: Annotated[Path, typer.Option(help="Folder that gets comparison.csv, .png and .svg.")] = Path(
        "results/comparison"
    ),
    months: Annotated[
        bool, typer.Option("--months", help="Draw the months of each run side by side too: months.png and .svg.")
    ] = False,
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Compare finished runs: first the inputs that differ, then the results. The first run is the base."""
    from energy.plots.comparison import write_comparison
    from energy.plots.monthly import small_multiples_figure
    from energy.plots.style import save
    from energy.report.side_by_side import comparison_text
    from energy.results.compare import compare
    from energy.results.run_folder import read_record

    runs = [folder for folder in folders if folder.resolve() != out.resolve()]  # results/* names the last comparison
    comparison = compare(runs)
    datasets = [read_record(folder) for folder in runs] if months else []
    panels = small_multiples_figure(datasets) if months else None
    path = write_comparison(comparison, out, force=force)
    drawn = save(panels, out / "months", force=force) if panels else []
    if as_json:
        print(json.dumps(comparison, indent=1))
        return
    console = new_console()
    for part in comparison_text(comparison):
        console.print(part, markup=False)
    for file in (path, *drawn):
        console.print(f"written to {file}")
