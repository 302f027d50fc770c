"""The verb ``map``: the interactive map of a finished run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from energy.cli.base import app, new_console, page_file, working
from energy.cli.shared_options import FOLDER, FORCE

if TYPE_CHECKING:
    import xarray as xr


def _title(dataset: xr.Dataset) -> str:
    """Return the title of the map: what it shows, and of which run."""
    from energy.plots.style import heading

    return heading(dataset, "Mean flows")


@app.command("map")
def _map_command(
    folder: FOLDER,
    out: Annotated[Path, typer.Option("-o", "--out", help="HTML file to write.")] = Path("map.html"),
    force: FORCE = False,
) -> None:
    """Write PyPSA's interactive map of a finished run as one HTML page that needs no network."""
    from energy.report.interactive_map import interactive_map
    from energy.results.files import atomic_file
    from energy.results.run_folder import read_network, read_record

    dataset, out = read_record(folder), page_file(out)
    with working("drawing …"):
        page = interactive_map(read_network(folder), _title(dataset))
        with atomic_file(out, force) as draft:
            draft.write_text(page, encoding="utf-8")
    new_console().print(f"written: {out} ({len(page.encode()) / 1e6:.1f} MB)")
