"""The verb ``report``: finished runs as an HTML page and PDF."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from energy.cli.base import app, new_console, page_file, working
from energy.cli.shared_options import FORCE


@app.command("report")
def _report_command(
    folders: Annotated[list[Path], typer.Argument(help="Folders of finished runs; the first is the base.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="HTML file to write.")] = Path("report.html"),
    pdf: Annotated[bool, typer.Option(help="Write a PDF of the same name beside it.")] = True,
    force: FORCE = False,
) -> None:
    """Write finished runs as one HTML page that stands alone, and as PDF."""
    from energy.report.report_page import report_page, write_pdf
    from energy.results.files import atomic_file, refuse_strange_file

    out = page_file(out)
    refuse_strange_file(out, force)
    if pdf:
        refuse_strange_file(out.with_suffix(".pdf"), force)
    with working("drawing …"):
        page = report_page(folders)
        with atomic_file(out, force) as draft:
            draft.write_text(page, encoding="utf-8")
    new_console().print(f"written: {out} ({len(page.encode()) / 1e6:.1f} MB)")
    if pdf:
        path = out.with_suffix(".pdf")
        with working("printing …"):
            made_by = write_pdf(out, folders, path, force)
        how = "" if made_by == "chromium" else ": figures only, since no Chromium was found to print the page"
        new_console().print(f"written: {path}{how}")
