"""The verb ``rerun``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from energy.cli.base import app, new_console, working
from energy.cli.shared_options import FORCE

DIFFERENT = 1


@app.command("rerun")
def _rerun_command(
    manifest: Annotated[Path, typer.Argument(help="The manifest.json of a finished run.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder that gets the new run's folder; by default nothing is written."),
    ] = None,
    force: FORCE = False,
) -> None:
    """Repeat a finished run from its manifest; exit code 1 where the numbers differ."""
    from energy.results.files import refuse_strange_folder
    from energy.results.rerun import rerun

    start, console = time.perf_counter(), new_console()
    with working("solving …"):
        again = rerun(manifest)
    name = again.run.scenario.name
    for cause in again.causes:
        console.print(f"differs: {cause}", markup=False)
    for quantity, (before, now) in again.numbers.items():
        console.print(f"{quantity}: {before:.9g} in the manifest, {now:.9g} now", markup=False)
    console.print(f"{name}: {'not the same numbers' if again.numbers else 'the same numbers'}")
    if out is not None:
        from energy.report.bundle import write_run

        refuse_strange_folder(out / name, force)
        write_run(again.run, out / name, time.perf_counter() - start, force)
        console.print(f"written to {out / name}")
    if again.numbers:
        raise typer.Exit(DIFFERENT)
