"""Verbs that show finished runs: ``figures``, ``report``, ``map``, ``export``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from energy.cli.base import FORCE, app, new_console, working

FOLDER = Annotated[Path, typer.Argument(help="Folder of a finished run.")]


class Kind(StrEnum):
    """File formats of figures."""

    PNG = "png"
    SVG = "svg"
    PDF = "pdf"


class Size(StrEnum):
    """Sizes of figures."""

    JOURNAL = "journal"
    SLIDE = "slide"


class Format(StrEnum):
    """Forms in which runs are exported."""

    CSV = "csv"
    PARQUET = "parquet"
    IAMC = "iamc"
    NETWORK = "network"


def page_file(out: Path) -> Path:
    """Return the file of a page: with .html where no ending is said, so that browsers open it and its PDF is another.

    Raises
    ------
    InputError
        When another ending is said.
    """
    from energy.errors import Fault, InputError

    if out.suffix not in ("", ".html", ".htm"):
        raise InputError(Fault(f"a page cannot be a {out.suffix!r} file", out, allowed=".html or no ending"))
    return out if out.suffix else out.with_suffix(".html")


@app.command("figures")
def figures_command(
    folder: FOLDER,
    only: Annotated[list[str], typer.Option(help="Names of figures; all that the run has if none is named.")] = [],  # noqa: B006
    size: Annotated[list[Size], typer.Option(help="Size; may be given twice.")] = [Size.JOURNAL],  # noqa: B006
    kind: Annotated[list[Kind], typer.Option("--format", help="File format; may be given more than once.")] = [  # noqa: B006
        Kind.PNG,
        Kind.SVG,
    ],
    out: Annotated[Path | None, typer.Option(help="Folder to write to; FOLDER/figures by default.")] = None,
    force: FORCE = False,
) -> None:
    """Draw every figure of a finished run, or the named ones."""
    from energy.report.catalogue import chosen
    from energy.report.record import read_record
    from energy.report.style import save
    from energy.report.whole import writable_folder

    found = read_record(folder)
    drawn = chosen(found, only)
    place = writable_folder(out or folder / "figures")
    for name, entry in drawn.items():
        for one in size:
            stem = place / (name if len(size) == 1 else f"{name}_{one}")
            for path in save(entry.draw(found, one), stem, kind, force):
                new_console().print(f"written: {path}")


@app.command("report")
def report_command(
    folders: Annotated[list[Path], typer.Argument(help="Folders of finished runs; the first is the base.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="HTML file to write.")] = Path("report.html"),
    pdf: Annotated[bool, typer.Option(help="Write a PDF of the same name beside it.")] = True,
    force: FORCE = False,
) -> None:
    """Write finished runs as one HTML page that stands alone, and as PDF."""
    from energy.report.ownership import refuse_strange_file
    from energy.report.page import report_page
    from energy.report.pdf import write_pdf
    from energy.report.whole import whole_file

    out = page_file(out)
    refuse_strange_file(out, force)
    if pdf:
        refuse_strange_file(out.with_suffix(".pdf"), force)
    with working("drawing …"):
        page = report_page(folders)
        with whole_file(out, force) as draft:
            draft.write_text(page, encoding="utf-8")
    new_console().print(f"written: {out} ({len(page.encode()) / 1e6:.1f} MB)")
    if pdf:
        path = out.with_suffix(".pdf")
        with working("printing …"):
            made_by = write_pdf(out, folders, path, force)
        how = "" if made_by == "chromium" else ": figures only, since no Chromium was found to print the page"
        new_console().print(f"written: {path}{how}")


@app.command("map")
def map_command(
    folder: FOLDER,
    out: Annotated[Path, typer.Option("-o", "--out", help="HTML file to write.")] = Path("map.html"),
    force: FORCE = False,
) -> None:
    """Write PyPSA's interactive map of a finished run as one HTML page that needs no network."""
    from energy.report.interactive_map import interactive_map
    from energy.report.record import read_network, read_record
    from energy.report.whole import whole_file

    found, out = read_record(folder), page_file(out)
    with working("drawing …"):
        page = interactive_map(read_network(folder), str(found.attrs["scenario"]))
        with whole_file(out, force) as draft:
            draft.write_text(page, encoding="utf-8")
    new_console().print(f"written: {out} ({len(page.encode()) / 1e6:.1f} MB)")


@app.command("export")
def export_command(
    folders: Annotated[list[Path], typer.Argument(help="Folders of finished runs.")],
    kind: Annotated[
        Format,
        typer.Option("--format", help="csv, parquet: every value, one a row; iamc: energy by country; network: PyPSA."),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="File to write; for networks a folder.")],
    force: FORCE = False,
) -> None:
    """Write finished runs for other programs."""
    from energy.report.export import export

    for path in export(folders, kind, out, force):
        new_console().print(f"written: {path}")
