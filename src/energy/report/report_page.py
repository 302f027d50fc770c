"""Report of finished runs: one HTML page that stands alone, and the same as PDF."""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

from energy.errors import Fault, InputError
from energy.metrics.month_columns import LOST
from energy.plots.comparison import comparison_figure
from energy.plots.registry import entries
from energy.plots.style import footer, framed, styled
from energy.report.evidence import evidence_of
from energy.report.summary import rows, structure_sentences, summary, title_words
from energy.report.text_table import fixed
from energy.results.compare import compare
from energy.results.countries import country_name
from energy.results.files import MARK, atomic_file
from energy.results.run_folder import read_record, read_run
from energy.results.season import month_table, words

if TYPE_CHECKING:
    import xarray as xr
    from jinja2 import Template
    from matplotlib.figure import Figure

FULL = 4
"""Runs shown with all their figures; the others have their line, their months and their manifest."""

DRAWN = 150_000
"""Bytes of an SVG above which the page takes a PNG: stacked areas and coasts have many points."""

SHARP = 140
"""Dots an inch of such a PNG: twice what a screen shows in the width of the page."""

LARGEST = 5_000_000
"""Bytes that a page may have, so that it can be mailed."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
LINE = 85  # characters of the cover
PATIENCE = 120
"""Seconds after which a browser that does not finish is given up."""


def report_page(folders: Sequence[Path], full: int = FULL) -> str:
    """Return the report of finished runs as one HTML page: no server, no network, figures inside.

    Parameters
    ----------
    folders
        Finished runs; the first is what the others are compared with.
    full
        Runs that are shown with all their figures.

    Returns
    -------
    str
        HTML with inline style, script and figures, autoescaped; below ``LARGEST`` bytes, for which fewer runs than
        ``full`` are shown with figures if need be.

    Raises
    ------
    InputError
        When a folder holds no finished run, or one is named twice.
    """
    _refuse_folders(folders)
    datasets = list(map(read_record, folders))
    manifests = [manifest for manifest, _ in map(read_run, folders)]
    lines = rows(datasets)
    comparison = None
    if len(datasets) > 1:
        comparison = _picture(comparison_figure(datasets), "Delivered energy of each scenario.")
    texts = []
    for dataset, manifest in zip(datasets, manifests, strict=True):
        text = json.dumps(manifest, indent=1, sort_keys=True)
        texts.append((dataset.attrs.get("scenario_title", dataset.attrs["scenario"]), text))
    shared = {
        "line": datasets[0].attrs.get("line", "CASA-1000"),
        "lines": lines,
        "sentences": list(summary(lines)),
        "comparison": comparison,
        "inputs": _inputs(folders) if 1 < len(datasets) <= FULL else {},
        "evidence": evidence_of(manifests[0]),
        "style": _own("report.css"),
        "script": _own("report.js"),
        "version": version("casa1000-energy"),
        "manifests": texts,
        "made": max(str(manifest.get("made", "")) for manifest in manifests),
    }
    template = _template()
    pictures = list(map(_pictures, datasets[:full]))
    for shown in range(len(pictures), -1, -1):
        runs = []
        for number, dataset in enumerate(datasets):
            figures = pictures[number] if number < shown else []
            runs.append(_run(dataset, figures))
        page = template.render(runs=runs, shown=shown, **shared)
        if len(page.encode()) < LARGEST:
            break
    return page


def _refuse_folders(folders: Sequence[Path]) -> None:
    """Refuse no folder, and one that is named twice."""
    if not folders:
        raise InputError(Fault("a report needs a run", allowed="one folder of a finished run or more"))
    named = list(folders)
    twice = [str(folder) for folder in dict.fromkeys(named) if named.count(folder) > 1]
    if twice:
        raise InputError([Fault("this run is named twice", folder, repair="name it once") for folder in twice])


def _template() -> Template:
    """Return the page's template; what is filled in is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("energy.report", "html_template"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters |= {"whole": fixed, "signed": _signed}
    return environment.get_template("report.html.j2")


def _inputs(folders: Sequence[Path]) -> dict[str, list[str]]:
    """Return the inputs that differ between runs, as words; events by their names."""
    inputs = {}
    for key, values in compare(list(folders))["inputs"].items():
        texts = list(map(_words, values))
        if len(set(texts)) > 1:
            inputs[key] = texts
    return inputs


def _words(value: Any) -> str:
    """Return a value of a scenario as words; things with a name by their name."""
    if isinstance(value, list):
        return ", ".join(map(_name, value))
    if value is None or value == {}:
        return ""
    return str(value)


def _name(part: Any) -> str:
    if isinstance(part, dict) and "name" in part:
        return str(part["name"])
    return str(part)


def _pictures(dataset: xr.Dataset) -> list[dict[str, Any]]:
    pictures = []
    for entry in entries(dataset).values():
        figure = entry.draw(dataset, "journal")
        pictures.append(_picture(figure, entry.words))
    return pictures


def _run(dataset: xr.Dataset, figures: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the template shows of a run."""
    table = month_table(dataset)
    columns = list(map(_column, table.columns))
    names = map(str, table.index)
    values = table.to_numpy(float).tolist()
    months = list(zip(names, values, strict=True))
    return {
        "name": title_words(str(dataset.attrs.get("scenario_title", dataset.attrs["scenario"]))),
        "description": str(dataset.attrs["description"]).strip(),
        "figures": figures,
        "columns": columns,
        "exchanges": _exchanges(dataset),
        "sentences": [*structure_sentences(dataset), *_range_sentence(dataset)],
        "months": months,
        "events": _events(dataset),
    }


def _range_sentence(dataset: xr.Dataset) -> Iterator[str]:
    season_range = str(dataset.attrs.get("season_range", ""))
    if season_range:
        yield f"With all unknown numbers at once the season is {season_range}."


def _exchanges(dataset: xr.Dataset) -> dict[str, Any]:
    """Return the exchanges of control areas: their names, and rows of a name with energies [GWh]; empty without."""
    if "exchanges" not in dataset:
        return {}
    table = dataset["exchanges"].transpose("exchange", "area").to_numpy().astype(float)
    names = map(words, dataset["exchange"].to_numpy().astype(str).tolist())
    areas = map(country_name, dataset["area"].to_numpy().astype(str).tolist())
    return {"areas": list(areas), "rows": list(zip(names, table.tolist(), strict=True))}


def _column(name: str) -> str:
    """Return the head of a column of months."""
    if name.startswith(LOST):
        return LOST + words(name.removeprefix(LOST))
    return name


def _events(dataset: xr.Dataset) -> list[dict[str, str]]:
    """Return the events, instants to the minute."""
    if "event" not in dataset.dims:
        return []
    events = []
    for number, event in enumerate(dataset["event"].to_numpy()):
        fields = dataset.isel(event=number)
        events.append(
            {
                "name": str(event),
                "kind": str(fields["event_kind"].item()),
                "cause": str(fields["event_cause"].item()),
                "where": str(fields["event_where"].item()),
                "start": _minute(fields["event_start"].to_numpy()),
                "end": _minute(fields["event_end"].to_numpy()),
            }
        )
    return events


def _minute(instant: Any) -> str:
    return str(instant)[:16].replace("T", " ")


def _picture(figure: Figure, alt: str) -> dict[str, Any]:
    """Return a figure as a data URI: SVG with drawn letters, the same on every machine, or PNG where it is large."""
    kind = "svg+xml"
    image = _saved(figure, "svg")
    if len(image) > DRAWN:
        kind = "png"
        image = _saved(figure, "png")
    width, height = figure.get_size_inches()
    return {
        "uri": f"data:image/{kind};base64,{base64.b64encode(image).decode()}",
        "alt": alt,
        "width": round(96 * width),
        "height": round(96 * height),
    }


def _saved(figure: Figure, kind: str) -> bytes:
    """Return the bytes of a figure as SVG or PNG, without a date."""
    import matplotlib as mpl

    metadata = {"Date": None} if kind == "svg" else None
    image = io.BytesIO()
    with styled(), mpl.rc_context({"svg.fonttype": "path"}):
        figure.savefig(image, format=kind, dpi=SHARP, metadata=metadata)
    return image.getvalue()


def _own(name: str) -> str:
    """Return a file of the package's own page; nothing of a run's data goes into it."""
    return files("energy.report").joinpath("html_template", name).read_text(encoding="utf-8")


def _signed(value: float) -> str:
    rounded = round(value)
    if rounded == 0:
        return "0"
    return f"{rounded:+,d}".replace("-", "−")


def _browser() -> str | None:
    """Return the path of a Chromium on this machine, or None."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def _browser_options(profile: Path) -> list[str]:
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
    program = _browser()
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
            *_browser_options(Path(profile)),
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
