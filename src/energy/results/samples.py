"""Samples on disk: one line each as they come, so that an interrupted study resumes."""

from __future__ import annotations

import csv
import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from energy.analysis.case_digest import case_digest
from energy.analysis.risk.season_sample import SamplingDesign
from energy.case import Case
from energy.errors import Fault, InputError, written_to
from energy.results.atomic_write import atomic_file, writable_folder
from energy.results.ownership import MARK
from energy.results.table_writer import plain_cells

if TYPE_CHECKING:
    import xarray as xr

SAMPLES, ASKED = "samples.csv", "question.json"


def question_digest(case: Case, question: SamplingDesign) -> dict[str, Any]:
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


@contextmanager
def samples_held(folder: Path) -> Iterator[None]:
    """Keep a folder of samples for this process alone.

    Raises
    ------
    InputError
        When another process writes there, or the folder cannot be made.
    """
    handle = os.open(writable_folder(folder), os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        repair = "wait for it, or stop it"
        raise InputError(Fault("another run is writing samples here", folder, repair=repair)) from None
    finally:
        os.close(handle)


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
        found = _question(note)
        other = [key for key, value in asked.items() if found.get(key) != value]
        if other:
            what = f"holds samples of another question: {', '.join(other)} differ"
            raise InputError(Fault(what, folder, repair="name another folder with --out, or remove this one"))
        text = table.read_bytes()
        if not text.endswith(b"\n"):
            table.write_bytes(text[: text.rfind(b"\n") + 1])
        samples = _read(table)
        if list(samples.columns) != list(columns):
            what = "its columns are not those of this question"
            raise InputError(Fault(what, table, line=1, allowed=", ".join(columns), repair="name another folder with --out"))
        return samples
    # a run that was killed at its very beginning may have left the question, or a draft of it
    if folder.exists() and any(path.name != ASKED and not path.name.startswith(".") for path in folder.iterdir()):
        repair = "name another folder with --out"
        raise InputError(Fault("holds something else than samples", folder, allowed="a new or empty folder", repair=repair))
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_file(note) as draft:
        draft.write_text(json.dumps({**asked, "made_by": MARK}, indent=1) + "\n", encoding="utf-8")
    with atomic_file(table, table=True) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerow(columns)
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
        raise InputError(Fault("no samples here", folder, repair="run energy risk, and name its folder"))
    found = _read(table)
    missing = [column for column in ("weight", "season", "failed") if column not in found]
    if missing:
        again = "run energy risk, and name its folder"
        raise InputError(Fault(f"column {missing[0]!r} is missing", table, line=1, repair=again))
    found = found[found["failed"] == 0]
    season, weight = found["season"], found["weight"]
    sound = np.isfinite(season) & (season >= 0) & np.isfinite(weight) & (weight > 0)
    unsound = ~sound
    if unsound.any():
        line = int(found.index[unsound.to_numpy()][0]) + 2
        what = "weight or season is no number that a sample can have"
        raise InputError(Fault(what, table, line=line, allowed="a weight above 0, a season of 0 or more", repair="run energy risk again"))
    if len(found) < 2:
        raise InputError(Fault(f"{len(found)} samples", table, allowed="2 or more", repair="run energy risk"))
    return found


def _question(note: Path) -> dict[str, Any]:
    try:
        found = json.loads(note.read_text(encoding="utf-8"))
    except ValueError as err:
        raise InputError(Fault(f"cannot be read: {err}", note, repair="remove this folder, or name another")) from None
    return found if isinstance(found, dict) else {}


def _read(table: Path) -> pd.DataFrame:
    rows, faults = [], []
    try:
        with table.open(encoding="utf-8", newline="") as file:
            columns, *texts = csv.reader(file)
    except (ValueError, csv.Error) as err:  # no line at all, or no text
        raise InputError(Fault(f"is no table of samples: {err}", table, repair="remove this folder")) from None
    if len(set(columns)) < len(columns):
        raise InputError(Fault("a column stands twice", table, line=1, repair="remove this folder"))
    for line, row in enumerate(texts, 2):
        try:
            # Python's own float() gives back every bit, which pandas' quick parser need not
            rows.append([float(cell) for _, cell in zip(columns, row, strict=True)])
        except ValueError as err:
            faults.append(Fault(f"is no sample: {err}", table, line, repair="remove the line; it is drawn again"))
    if faults:
        raise InputError(faults)
    return pd.DataFrame(rows, columns=columns, dtype=float)


def append_samples(folder: Path, rows: Sequence[Sequence[float]]) -> None:
    """Add samples to a folder's table, each a line that reads back to the last bit."""
    text = "".join(",".join(repr(float(value)) for value in row) + "\n" for row in rows)
    with written_to(folder / SAMPLES), (folder / SAMPLES).open("a", encoding="utf-8") as file:
        file.write(text)
        file.flush()


def write_summary(found: xr.Dataset, folder: Path, force: bool = False) -> list[Path]:
    """Write what samples say: ``risk.nc`` with all of it, ``risk.csv`` with one line a figure."""
    with atomic_file(folder / "risk.nc", force) as draft:
        found.assign_attrs(source=MARK).to_netcdf(draft)
    with atomic_file(folder / "risk.csv", force, table=True) as draft:
        plain_cells(summary_rows(found)).to_csv(draft, index=False, float_format="%.6g")
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
