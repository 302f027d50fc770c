"""HTML report of finished runs: one page that stands alone."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Sequence
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from energy.errors import Fault, InputError
from energy.plots.comparison import comparison_figure
from energy.plots.registry import entries, month_table
from energy.plots.style import styled
from energy.report.evidence import evidence_of
from energy.report.exchange_sentences import sentences
from energy.report.summary import rows, summary
from energy.results.compare import compare
from energy.results.dataset import read_record
from energy.results.labels import country_name, words
from energy.results.run_folder import read_run

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

FULL = 4
"""Runs shown with all their figures; the others have their line, their months and their manifest."""

DRAWN = 150_000
"""Bytes of an SVG above which the page takes a PNG: stacked areas and coasts have many points."""

SHARP = 140
"""Dots an inch of such a PNG: twice what a screen shows in the width of the page."""

LARGEST = 5_000_000
"""Bytes that a page may have, so that it can be mailed."""


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
    from jinja2 import Environment, PackageLoader, StrictUndefined

    if not folders:
        raise InputError(Fault("a report needs a run", allowed="one folder of a finished run or more"))
    twice = [str(folder) for folder in dict.fromkeys(folders) if list(folders).count(folder) > 1]
    if twice:
        raise InputError([Fault("this run is named twice", folder, repair="name it once") for folder in twice])
    read = [(read_record(folder), read_run(folder)[0]) for folder in folders]
    environment = Environment(
        loader=PackageLoader("energy.report", "html_template"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters |= {"whole": _whole, "signed": _signed}
    template = environment.get_template("report.html.j2")
    found = [one for one, _ in read]
    shared = {
        "lines": rows(found),
        "sentences": list(summary(rows(found))),
        "comparison": _picture(comparison_figure(found), "Delivered energy of each scenario.")
        if len(found) > 1
        else None,
        "inputs": _inputs(folders) if 1 < len(found) <= FULL else {},
        "evidence": evidence_of(read[0][1]),
        "style": _own("report.css"),
        "script": _own("report.js"),
        "version": version("casa1000-energy"),
        "manifests": [(one.attrs["scenario"], json.dumps(m, indent=1, sort_keys=True)) for one, m in read],
        "made": max(str(manifest.get("made", "")) for _, manifest in read),
    }
    pictures = [_pictures(one) for one in found[:full]]
    for shown in range(len(pictures), -1, -1):
        drawn = [*pictures[:shown], *([] for _ in found[shown:])]
        runs = [_run(one, figures) for one, figures in zip(found, drawn, strict=True)]
        page = template.render(runs=runs, shown=shown, **shared)
        if len(page.encode()) < LARGEST:
            break
    return page


def _inputs(folders: Sequence[Path]) -> dict[str, list[str]]:
    """Return the inputs that differ between runs, as words; events by their names."""
    differing = compare(list(folders))["inputs"]
    shown = {key: [_words(value) for value in values] for key, values in differing.items()}
    return {key: values for key, values in shown.items() if len(set(values)) > 1}


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(one["name"]) if isinstance(one, dict) and "name" in one else str(one) for one in value)
    return "" if value is None or value == {} else str(value)


def _pictures(found: xr.Dataset) -> list[dict[str, Any]]:
    return [_picture(entry.draw(found, "journal"), entry.words) for entry in entries(found).values()]


def _run(found: xr.Dataset, figures: list[dict[str, Any]]) -> dict[str, Any]:
    table = month_table(found)
    named = {column: _column(column) for column in table.columns}
    return {
        "name": found.attrs["scenario"],
        "description": str(found.attrs["description"]).strip(),
        "figures": figures,
        "columns": list(named.values()),
        "exchanges": _exchanges(found),
        "sentences": list(sentences(found)),
        "months": [(str(month), [float(value) for value in values]) for month, values in _rows(table)],
        "events": _events(found),
    }


def _exchanges(found: xr.Dataset) -> dict[str, Any]:
    """Return the exchanges of control areas: their names, and rows of a name with energies [GWh]; empty without."""
    if "exchanges" not in found:
        return {}
    table = found["exchanges"].transpose("exchange", "area")
    names = [words(str(exchange)) for exchange in found["exchange"].to_numpy()]
    areas = [country_name(str(area)) for area in found["area"].to_numpy()]
    rows = [[float(energy) for energy in energies] for energies in table.to_numpy()]
    return {"areas": areas, "rows": list(zip(names, rows, strict=True))}


def _rows(table: pd.DataFrame) -> list[tuple[Any, Any]]:
    return list(zip(table.index, table.to_numpy(float), strict=True))


def _column(name: str) -> str:
    if name.startswith("lost to "):
        return f"lost to {words(name.removeprefix('lost to '))}"
    return name


def _events(found: xr.Dataset) -> list[dict[str, str]]:
    if "event" not in found.dims:
        return []
    columns = {name: found[f"event_{name}"].to_numpy() for name in ("kind", "cause", "where", "start", "end")}
    return [
        {"name": str(name)}
        | {
            key: str(values[at])[:16].replace("T", " ") if key in ("start", "end") else str(values[at])
            for key, values in columns.items()
        }
        for at, name in enumerate(found["event"].to_numpy())
    ]


def _picture(figure: Figure, alt: str) -> dict[str, Any]:
    """Return a figure as a data URI: SVG with drawn letters, the same on every machine, or PNG where it is large."""
    kind, held = "svg+xml", _saved(figure, "svg")
    if len(held) > DRAWN:
        kind, held = "png", _saved(figure, "png")
    width, height = figure.get_size_inches()
    return {
        "uri": f"data:image/{kind};base64,{base64.b64encode(held).decode()}",
        "alt": alt,
        "width": round(96 * width),
        "height": round(96 * height),
    }


def _saved(figure: Figure, kind: str) -> bytes:
    import matplotlib as mpl

    held = io.BytesIO()
    with styled(), mpl.rc_context({"svg.fonttype": "path"}):
        figure.savefig(held, format=kind, dpi=SHARP, metadata={"Date": None} if kind == "svg" else None)
    return held.getvalue()


def _own(name: str) -> str:
    """Return a file of the package's own page; nothing of a run's data goes into it."""
    return files("energy.report").joinpath("html_template", name).read_text(encoding="utf-8")


def _whole(value: float) -> str:
    return f"{round(value) + 0:,d}"


def _signed(value: float) -> str:
    return "0" if round(value) == 0 else f"{round(value):+,d}".replace("-", "−")
