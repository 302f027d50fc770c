"""The verb ``figures``: figures of a finished run."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from energy.cli.base import app, new_console
from energy.cli.shared_options import FOLDER, FORCE


class _Kind(StrEnum):
    """File formats of figures."""

    PNG = "png"
    SVG = "svg"
    PDF = "pdf"


class _Size(StrEnum):
    """Sizes of figures."""

    JOURNAL = "journal"
    SLIDE = "slide"


@app.command("figures")
def _figures_command(
    folder: FOLDER,
    only: Annotated[list[str], typer.Option(help="Names of figures; all that the run has if none is named.")] = [],  # noqa: B006
    size: Annotated[list[_Size], typer.Option(help="Size; may be given twice.")] = [_Size.JOURNAL],  # noqa: B006
    kind: Annotated[list[_Kind], typer.Option("--format", help="File format; may be given more than once.")] = [  # noqa: B006
        _Kind.PNG,
        _Kind.SVG,
    ],
    out: Annotated[Path | None, typer.Option(help="Folder to write to; FOLDER/figures by default.")] = None,
    force: FORCE = False,
) -> None:
    """Draw every figure of a finished run, or the named ones."""
    from energy.plots.registry import chosen
    from energy.plots.style import save
    from energy.results.files import writable_folder
    from energy.results.run_folder import read_record

    dataset = read_record(folder)
    drawn = chosen(dataset, only)
    place = writable_folder(out or folder / "figures")
    for name, entry in drawn.items():
        for one in size:
            stem = place / (name if len(size) == 1 else f"{name}_{one}")
            for path in save(entry.draw(dataset, one), stem, kind, force):
                new_console().print(f"written: {path}")
