"""PDF report: printed by Chromium where there is one, else its figures as pages."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill

from energy.plots.comparison import comparison_figure
from energy.plots.registry import entries
from energy.plots.style import footer, framed, styled
from energy.report.summary import rows, summary
from energy.results.files import MARK, atomic_file
from energy.results.run_folder import read_record

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
LINE = 85  # characters of the cover
PATIENCE = 120
"""Seconds after which a browser that does not finish is given up."""


def browser() -> str | None:
    """Return the path of a Chromium on this machine, or None."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def browser_options(profile: Path) -> list[str]:
    """Return the options under which Chromium reads a local page: no window, no network, a profile of its own."""
    options = [
        "--headless",
        "--disable-gpu",
        "--disable-extensions",
        "--disable-background-networking",
        "--no-first-run",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={profile}",
    ]
    return [*options, "--no-sandbox"] if os.geteuid() == 0 else options  # its sandbox refuses to run as root


def write_pdf(page: Path, folders: Sequence[Path], path: Path, force: bool = False) -> str:
    """Write a report as PDF and return by what it was made: ``chromium`` or ``matplotlib``.

    Parameters
    ----------
    page
        The HTML of the report.
    folders
        The runs of the report, for where there is no browser: then the PDF has the summary and the figures.
    path
        The file to write.
    force
        Whether a file of another origin may be replaced.
    """
    program = browser()
    with atomic_file(path, force) as draft:
        printed = program is not None and _printed(program, page, draft)
        if not printed:
            _drawn(folders, draft)
        with draft.open("ab") as file:  # a comment after the end, which readers pass over
            file.write(f"\n% {MARK}\n".encode())
    return "chromium" if printed else "matplotlib"


def _printed(program: str, page: Path, draft: Path) -> bool:
    with tempfile.TemporaryDirectory() as profile:
        command = [
            program,
            *browser_options(Path(profile)),
            "--no-pdf-header-footer",
            f"--print-to-pdf={draft}",
        ]
        try:
            subprocess.run(  # noqa: S603  (a program found on the path, no shell)
                [*command, page.resolve().as_uri()],
                capture_output=True,
                check=True,
                timeout=PATIENCE,
            )
        except (OSError, subprocess.SubprocessError):
            return False
    return draft.is_file() and draft.stat().st_size > 0


def _drawn(folders: Sequence[Path], draft: Path) -> None:
    from matplotlib.backends.backend_pdf import PdfPages

    datasets = [read_record(folder) for folder in folders]
    with styled(), PdfPages(draft, metadata={"CreationDate": None}) as book:
        line = datasets[0].attrs.get("line", "CASA-1000")
        cover = framed(f"What {line} can transfer", footer(*datasets), "slide")
        axes = cover.subplots()
        axes.set_axis_off()
        # matplotlib's own wrapping takes dollars for mathematics, whatever `parse_math` says
        paragraphs = (fill(paragraph, LINE) for paragraph in summary(rows(datasets)))
        axes.text(0.006, 1, "\n\n".join(paragraphs), va="top", fontsize=11)
        book.savefig(cover)
        if len(datasets) > 1:
            book.savefig(comparison_figure(datasets, "slide"))
        for entry in entries(datasets[0]).values():
            book.savefig(entry.draw(datasets[0], "slide"))
