"""Finished runs side by side: first what differs in what was asked, then what came out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from energy.errors import Fault, InputError

if TYPE_CHECKING:
    from rich.table import Table


def read_run(folder: Path) -> tuple[dict[str, Any], pd.DataFrame]:
    """Return manifest and monthly table of a finished run.

    Raises
    ------
    InputError
        When the folder holds no finished run.
    """
    for name in ("manifest.json", "summary.csv"):
        if not (folder / name).is_file():
            raise InputError(
                Fault("no finished run here", folder / name, repair="make it with: energy run SCENARIO --out DIR")
            )
    manifest = read_manifest(folder / "manifest.json")
    try:
        table = pd.read_csv(folder / "summary.csv", index_col="month")
    except (ValueError, pd.errors.ParserError) as err:
        raise InputError(_unreadable(folder / "summary.csv", str(err))) from None
    missing = [name for name in _NEEDED if name not in table]
    words = [name for name in table if not pd.api.types.is_numeric_dtype(table[name]) and name != "limited by"]
    if missing or words:
        what = f"column {missing[0]!r} is missing" if missing else f"column {words[0]!r} holds text"
        raise InputError(_unreadable(folder / "summary.csv", what))
    return manifest, table


_NEEDED = ("delivered", "lost", "ceiling", "transferable mean")


def read_manifest(path: Path) -> dict[str, Any]:
    """Return the manifest of a finished run.

    Raises
    ------
    InputError
        When the file is missing or is no manifest.
    """
    if not path.is_file():
        raise InputError(Fault("file not found", path, None, "the manifest.json of a run", "correct the path"))
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError, OSError) as err:
        raise InputError(_unreadable(path, str(err))) from None
    if not isinstance(manifest, dict):
        raise InputError(_unreadable(path, "it is no mapping"))
    for key in ("scenario", "inputs", "versions"):
        if not isinstance(manifest.get(key), dict):
            raise InputError(_unreadable(path, f"it has no {key!r}"))
    if not isinstance(manifest["scenario"].get("name"), str):
        raise InputError(_unreadable(path, "its scenario has no name"))
    return manifest


def _unreadable(path: Path, why: str) -> Fault:
    text = " ".join(why.split())[:200]
    return Fault(f"this is no part of a finished run: {text}", path, repair="make it again with: energy run SCENARIO")


def compare(folders: Sequence[Path]) -> dict[str, Any]:
    """Return what differs between finished runs.

    Returns
    -------
    dict
        ``runs``: names; ``inputs``: key → value a run, only where they differ; ``results``: quantity → value a run.

    Raises
    ------
    InputError
        When a folder holds no finished run, or there are fewer than two.
    """
    if len(folders) < 2:
        raise InputError(Fault("one run cannot be compared", allowed="two or more folders"))
    runs = [read_run(Path(folder)) for folder in folders]
    flat = [_flat(manifest["scenario"]) for manifest, _ in runs]
    keys = dict.fromkeys(key for values in flat for key in values)
    skip = {"name", "description", "source"}
    differing = {
        k: [v.get(k) for v in flat] for k in keys if k not in skip and len({json.dumps(v.get(k)) for v in flat}) > 1
    }
    files = [manifest["inputs"] for manifest, _ in runs]
    for name in dict.fromkeys(key for values in files for key in values):
        if len({values.get(name) for values in files}) > 1:
            differing[f"file {name}"] = [str(values.get(name))[:12] for values in files]
    results: dict[str, list[float]] = {}
    season = [table[table["ceiling"] > 0] for _, table in runs]
    for label, column in (("delivered [GWh]", "delivered"), ("lost [GWh]", "lost"), ("ceiling [GWh]", "ceiling")):
        results[label] = [float(part[column].sum()) for part in season]
    causes = dict.fromkeys(c for part in season for c in part.columns if c.startswith("lost to "))
    for cause in causes:
        results[f"{cause} [GWh]"] = [float(part[cause].sum()) if cause in part else 0.0 for part in season]
    for month in dict.fromkeys(str(m)[5:] for part in season for m in part.index):
        results[f"mean power in month {month} [MW]"] = [
            _mean(part.loc[[str(m)[5:] == month for m in part.index], "transferable mean"]) for part in season
        ]
    names = [manifest["scenario"]["name"] for manifest, _ in runs]
    return {"runs": names, "folders": [str(f) for f in folders], "inputs": differing, "results": results}


def _mean(values: pd.Series) -> float:
    """Return the mean over the years of a horizon; zero where a run has no such month in its season."""
    return float(values.mean()) if len(values) else 0.0


def _flat(plain: Any, key: str = "") -> dict[str, Any]:
    if isinstance(plain, dict) and plain:
        return {k: v for name, part in plain.items() for k, v in _flat(part, f"{key}.{name}" if key else name).items()}
    return {key: plain}


def comparison_text(found: dict[str, Any]) -> Iterator[Table | str]:
    """Yield the tables of a comparison, ready to print."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    for title, rows in (("inputs that differ", found["inputs"]), ("results", found["results"])):
        table = Table(box=SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left")
        table.add_column("")
        for name in found["runs"]:
            table.add_column(name, justify="right" if title == "results" else "left")
        for key, values in rows.items():
            table.add_row(key, *[f"{v:,.1f}" if isinstance(v, float) else str(v) for v in values])
        yield table if rows else f"{title}: none"
