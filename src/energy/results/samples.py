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
from energy.results.files import MARK, atomic_file, plain_cells, writable_folder

if TYPE_CHECKING:
    import xarray as xr

SAMPLES = "samples.csv"
ASKED = "question.json"
SUMMARY = "risk.nc"
SAME_QUESTION = ("case", "scenario", "water", "growth", "version")
"""Parts of a question that samples under other hazards must share to stand beside one another."""
OTHER_FOLDER = "name another folder with --out"
RUN_RISK = "run energy risk, and name its folder"
INTERVAL = ("value", "low", "high")


def question_digest(case: Case, question: SamplingDesign) -> dict[str, Any]:
    """Return what samples hang on: hashes of case, scenario and hazards, and how they are drawn."""
    return {
        "case": case_digest(case),
        "scenario": question.scenario.digest(),
        "hazards": question.hazards.digest(),
        "seed": question.seed,
        "water": question.water,
        "growth": list(question.growth) if question.growth else None,
        "tilts": [list(tilt) for tilt in question.tilts],
        "causes": question.causes,
        "policy": _file_digest(question.policy),
        "version": version("casa1000-energy"),
    }


def _file_digest(file: Path | None) -> str | None:
    """Return the hash of what a file holds; None without one."""
    if file is None:
        return None
    with written_to(file):
        return sha256(file.read_bytes()).hexdigest()


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


def open_samples(
    folder: Path,
    asked: Mapping[str, Any],
    columns: Sequence[str],
) -> pd.DataFrame:
    """Return the samples that a folder holds; prepare it where it holds none.

    A last line that was cut off in the middle is taken away.

    Raises
    ------
    InputError
        When the folder holds samples of another question, or something else.
    """
    table = folder / SAMPLES
    note = folder / ASKED
    if note.is_file() and table.is_file():
        return _resumed(folder, asked, columns)
    _refuse_other_files(folder)
    folder.mkdir(parents=True, exist_ok=True)
    question = json.dumps({**asked, "made_by": MARK}, indent=1)
    with atomic_file(note) as draft:
        draft.write_text(question + "\n", encoding="utf-8")
    with (
        atomic_file(table, table=True) as draft,
        draft.open("w", encoding="utf-8", newline="") as file,
    ):
        csv.writer(file, lineterminator="\n").writerow(columns)
    return pd.DataFrame(columns=list(columns), dtype=float)


def _resumed(
    folder: Path,
    asked: Mapping[str, Any],
    columns: Sequence[str],
) -> pd.DataFrame:
    """Return the samples of the same question that a folder holds."""
    question = _question(folder / ASKED)
    differing = [key for key, value in asked.items() if question.get(key) != value]
    if differing:
        what = f"holds samples of another question: {', '.join(differing)} differ"
        raise InputError(Fault(what, folder, repair=f"{OTHER_FOLDER}, or remove this one"))
    table = folder / SAMPLES
    text = table.read_bytes()
    if not text.endswith(b"\n"):
        end_of_last_line = text.rfind(b"\n") + 1
        table.write_bytes(text[:end_of_last_line])
    samples = _read(table)
    if list(samples.columns) != list(columns):
        what = "its columns are not those of this question"
        raise InputError(Fault(what, table, line=1, allowed=", ".join(columns), repair=OTHER_FOLDER))
    return samples


def _refuse_other_files(folder: Path) -> None:
    """Raise a fault where a folder holds something else than samples."""
    if not folder.exists():
        return
    for path in folder.iterdir():
        # a run that was killed at its very beginning may have left the question, or a draft of it
        if path.name != ASKED and not path.name.startswith("."):
            what = "holds something else than samples"
            raise InputError(Fault(what, folder, allowed="a new or empty folder", repair=OTHER_FOLDER))


def read_samples(folder: Path) -> pd.DataFrame:
    """Return the sound samples of a folder that ``energy risk`` wrote.

    Raises
    ------
    InputError
        When it holds none.
    """
    table = folder / SAMPLES
    if not table.is_file():
        raise InputError(Fault("no samples here", folder, repair=RUN_RISK))
    samples = _read(table)
    for column in ("weight", "season", "failed"):
        if column not in samples:
            raise InputError(Fault(f"column {column!r} is missing", table, line=1, repair=RUN_RISK))
    samples = samples[samples["failed"] == 0]
    season = samples["season"]
    weight = samples["weight"]
    is_finite = np.isfinite(season) & np.isfinite(weight)
    is_sound = is_finite & (season >= 0) & (weight > 0)
    if not is_sound.all():
        first_unsound = samples.index[~is_sound.to_numpy()][0]
        raise InputError(
            Fault(
                "weight or season is no number that a sample can have",
                table,
                line=int(first_unsound) + 2,
                allowed="a weight above 0, a season of 0 or more",
                repair="run energy risk again",
            )
        )
    if len(samples) < 2:
        raise InputError(Fault(f"{len(samples)} samples", table, allowed="2 or more", repair="run energy risk"))
    return samples


def _question(note: Path) -> dict[str, Any]:
    """Return the question that a folder's samples answer."""
    try:
        question = json.loads(note.read_text(encoding="utf-8"))
    except ValueError as err:
        repair = "remove this folder, or name another"
        raise InputError(Fault(f"cannot be read: {err}", note, repair=repair)) from None
    return question if isinstance(question, dict) else {}


def _read(table: Path) -> pd.DataFrame:
    """Return a table of samples; raise a fault for each line that is none."""
    try:
        with table.open(encoding="utf-8", newline="") as file:
            columns, *lines = csv.reader(file)
    except (ValueError, csv.Error) as err:  # no line at all, or no text
        raise InputError(Fault(f"is no table of samples: {err}", table, repair="remove this folder")) from None
    if len(set(columns)) < len(columns):
        raise InputError(Fault("a column stands twice", table, line=1, repair="remove this folder"))
    rows = []
    faults = []
    for number, cells in enumerate(lines, 2):
        try:
            # Python's own float() gives back every bit, which pandas' quick parser need not
            row = [float(cell) for _, cell in zip(columns, cells, strict=True)]
            rows.append(row)
        except ValueError as err:
            repair = "remove the line; it is drawn again"
            faults.append(Fault(f"is no sample: {err}", table, line=number, repair=repair))
    if faults:
        raise InputError(faults)
    return pd.DataFrame(rows, columns=columns, dtype=float)


def append_samples(folder: Path, rows: Sequence[Sequence[float]]) -> None:
    """Add samples to a folder's table, each a line that reads back to the last bit."""
    lines = []
    for row in rows:
        cells = map(repr, map(float, row))
        lines.append(",".join(cells) + "\n")
    table = folder / SAMPLES
    with written_to(table), table.open("a", encoding="utf-8") as file:
        file.write("".join(lines))
        file.flush()


def read_summary(folder: Path, asked: Mapping[str, Any]) -> xr.Dataset | None:
    """Return what the samples of a folder say, where they answer the same question under other hazards.

    Parameters
    ----------
    folder
        Of ``energy risk``.
    asked
        The question, as of `question_digest`.

    Returns
    -------
    xarray.Dataset or None
        As of ``energy.analysis.risk.summary.summary``; None where no run was finished there.

    Raises
    ------
    InputError
        When the folder's samples answer another question, or cannot be read.
    """
    import xarray as xr

    summary = folder / SUMMARY
    if not summary.is_file():
        return None
    question = _question(folder / ASKED)
    differing = [key for key in SAME_QUESTION if question.get(key) != asked[key]]
    if differing:
        what = f"holds samples of another question: {', '.join(differing)} differ"
        repair = "remove it, or run energy risk with its hazards again"
        raise InputError(Fault(what, folder, repair=repair))
    try:
        with xr.open_dataset(summary) as stored:
            return stored.load()
    except (OSError, ValueError) as err:
        raise InputError(Fault(f"cannot be read: {err}", summary, repair="run energy risk again")) from None


def write_summary(
    dataset: xr.Dataset,
    folder: Path,
    force: bool = False,
) -> list[Path]:
    """Write what samples say: ``risk.nc`` with all of it, ``risk.csv`` with one line a figure."""
    whole = folder / SUMMARY
    table = folder / "risk.csv"
    with atomic_file(whole, force) as draft:
        dataset.assign_attrs(source=MARK).to_netcdf(draft)
    with atomic_file(table, force, table=True) as draft:
        rows = plain_cells(_summary_rows(dataset))
        rows.to_csv(draft, index=False, float_format="%.6g")
    return [whole, table]


def _summary_rows(dataset: xr.Dataset) -> pd.DataFrame:
    """Return a summary as rows: quantity, of, unit, value and the ends of its interval."""
    rows = []
    for name, variable in dataset.data_vars.items():
        if "bound" not in variable.dims:
            continue
        units = variable.attrs.get("units", "")
        others = [dim for dim in variable.dims if dim != "bound"]
        stacked = variable.stack(of=others) if others else variable.expand_dims("of")
        for position in range(stacked.sizes["of"]):
            estimate = stacked.isel(of=position)
            labels = [f"{dim} {estimate[dim].item()}" for dim in others]
            interval = [float(estimate.sel(bound=bound)) for bound in INTERVAL]
            rows.append((str(name), " ".join(labels), units, *interval))
    return pd.DataFrame(rows, columns=["quantity", "of", "unit", *INTERVAL])
