"""Run folders of finished runs, read back."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict, ValidationError

from energy.errors import Fault, InputError
from energy.metrics.month_units import without_units
from energy.reading.file_name import FileName


class _Named(BaseModel):
    """What every scenario of a manifest has, whatever version wrote it."""

    model_config = ConfigDict(extra="allow", strict=True)

    name: FileName


class Price(BaseModel):
    """What not knowing an event beforehand costs a service [GWh]."""

    model_config = ConfigDict(extra="allow")

    price: float


class Manifest(BaseModel):
    """What a reader of a manifest leans on; what else stands in it is free."""

    model_config = ConfigDict(extra="allow", strict=True)

    scenario: _Named
    inputs: dict[str, str]
    versions: dict[str, str]
    case: str = ""
    weakest_confidence: str = ""
    objective: float | None = None
    delivered: dict[str, float] | None = None
    surprise: list[Price] | None = None


_NEEDED = ("delivered", "lost", "ceiling", "transferable mean")


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
                Fault(
                    "no finished run here",
                    folder / name,
                    repair="make it with: energy run SCENARIO --out DIR",
                )
            )
    manifest = read_manifest(folder / "manifest.json")
    try:
        table = pd.read_csv(folder / "summary.csv", index_col="month")
    except (ValueError, pd.errors.ParserError) as err:
        raise InputError(_unreadable(folder / "summary.csv", str(err))) from None
    table = _with_current_names(without_units(table), folder / "summary.csv")
    missing = [name for name in _NEEDED if name not in table]
    words = [name for name in table if not pd.api.types.is_numeric_dtype(table[name]) and name != "limit"]
    if missing or words:
        what = f"column {missing[0]!r} is missing" if missing else f"column {words[0]!r} holds text"
        raise InputError(_unreadable(folder / "summary.csv", what))
    return manifest, table


def _with_current_names(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return the table of an earlier version under today's names."""
    if "transferable P10" not in table:
        return table
    message = f"{path}: column 'transferable P10' is now called 'transferable P90', the level that 90 % of hours reach"
    warnings.warn(message, DeprecationWarning, stacklevel=3)
    return table.rename(columns={"transferable P10": "transferable P90"})


def read_manifest(path: Path) -> dict[str, Any]:
    """Return the manifest of a finished run.

    Raises
    ------
    InputError
        When the file is missing or is no manifest.
    """
    if not path.is_file():
        raise InputError(
            Fault(
                "file not found",
                path,
                allowed="the manifest.json of a run",
                repair="correct the path",
            )
        )
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError, OSError) as err:
        raise InputError(_unreadable(path, str(err))) from None
    if not isinstance(manifest, dict):
        raise InputError(_unreadable(path, "it is no mapping"))
    try:
        Manifest.model_validate(manifest)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"]))
        raise InputError(_unreadable(path, f"{key!r}: {first['msg']}")) from None
    return manifest


def _unreadable(path: Path, why: str) -> Fault:
    text = " ".join(why.split())[:200]
    return Fault(
        f"this is no part of a finished run: {text}",
        path,
        repair="make it again with: energy run SCENARIO",
    )
