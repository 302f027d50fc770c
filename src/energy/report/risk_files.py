"""Samples on disk: one line each as they come, so that an interrupted study goes on where it stopped."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from energy.case import Case
from energy.errors import Fault, InputError
from energy.report.whole import whole_file
from energy.study.digest import case_digest
from energy.study.sample import Question

if TYPE_CHECKING:
    import xarray as xr

SAMPLES, ASKED = "samples.csv", "question.json"


def question_digest(case: Case, question: Question) -> dict[str, Any]:
    """Return what samples hang on: hashes of case, scenario and hazards, and how they are drawn."""
    hazards = json.dumps(question.hazards.model_dump(mode="json", by_alias=True), sort_keys=True)
    return {
        "case": case_digest(case),
        "scenario": question.scenario.digest(),
        "hazards": sha256(hazards.encode()).hexdigest(),
        "seed": question.seed,
        "water": question.water,
        "growth": list(question.growth) if question.growth else None,
        "tilts": [list(tilt) for tilt in question.tilts],
        "causes": question.causes,
        "version": version("casa1000-energy"),
    }


def open_samples(folder: Path, asked: Mapping[str, Any], columns: Sequence[str]) -> pd.DataFrame:
    """Return the samples that a folder holds; prepare it where it holds none.

    A last line that was cut off in the middle is taken away.

    Raises
    ------
    InputError
        When the folder holds samples of another question, or something else.
    """
    table, note = folder / SAMPLES, folder / ASKED
    if note.is_file() and table.is_file():
        found = json.loads(note.read_text(encoding="utf-8"))
        other = [key for key, value in asked.items() if found.get(key) != value]
        if other:
            what = f"holds samples of another question: {', '.join(other)} differ"
            raise InputError(Fault(what, folder, None, None, "name another folder with --out, or remove this one"))
        text = table.read_bytes()
        if not text.endswith(b"\n"):
            table.write_bytes(text[: text.rfind(b"\n") + 1])
        return _read(table)
    if folder.exists() and any(folder.iterdir()):
        repair = "name another folder with --out"
        raise InputError(Fault("holds something else than samples", folder, None, "a new or empty folder", repair))
    folder.mkdir(parents=True, exist_ok=True)
    with whole_file(note) as draft:
        draft.write_text(json.dumps(dict(asked), indent=1) + "\n", encoding="utf-8")
    table.write_text(",".join(columns) + "\n", encoding="utf-8")
    return pd.DataFrame(columns=list(columns), dtype=float)


def read_samples(folder: Path) -> pd.DataFrame:
    """Return the sound samples of a folder that ``energy risk`` wrote.

    Raises
    ------
    InputError
        When it holds none.
    """
    table = folder / SAMPLES
    if not table.is_file():
        raise InputError(Fault("no samples here", folder, None, None, "run energy risk, and name its folder"))
    found = _read(table)
    found = found[found["failed"] == 0]
    if len(found) < 2:
        raise InputError(Fault(f"{len(found)} samples", table, None, "2 or more", "run energy risk"))
    return found


def _read(table: Path) -> pd.DataFrame:
    # Python's own float() gives back every bit, which pandas' quick parser need not
    with table.open(encoding="utf-8", newline="") as file:
        columns, *rows = csv.reader(file)
    return pd.DataFrame([[float(cell) for cell in row] for row in rows], columns=columns, dtype=float)


def append_samples(folder: Path, rows: Sequence[Sequence[float]]) -> None:
    """Add samples to a folder's table, each a line that reads back to the last bit."""
    text = "".join(",".join(repr(float(value)) for value in row) + "\n" for row in rows)
    with (folder / SAMPLES).open("a", encoding="utf-8") as file:
        file.write(text)
        file.flush()


def write_summary(found: xr.Dataset, folder: Path) -> list[Path]:
    """Write what samples say: ``risk.nc`` with all of it, ``risk.csv`` with one line a figure."""
    with whole_file(folder / "risk.nc") as draft:
        found.to_netcdf(draft)
    with whole_file(folder / "risk.csv") as draft:
        summary_rows(found).to_csv(draft, index=False, float_format="%.6g")
    return [folder / "risk.nc", folder / "risk.csv"]


def summary_rows(found: xr.Dataset) -> pd.DataFrame:
    """Return a summary as rows: quantity, of, unit, value and the ends of its interval."""
    rows = []
    for name, variable in found.data_vars.items():
        if "bound" not in variable.dims:
            continue
        others = [dim for dim in variable.dims if dim != "bound"]
        stacked = variable.stack(of=others) if others else variable.expand_dims("of")
        for at in range(stacked.sizes["of"]):
            one = stacked.isel(of=at)
            label = " ".join(f"{dim} {one[dim].item()}" for dim in others)
            ends = [float(one.sel(bound=bound)) for bound in ("value", "low", "high")]
            rows.append((str(name), label, variable.attrs.get("units", ""), *ends))
    return pd.DataFrame(rows, columns=["quantity", "of", "unit", "value", "low", "high"])
