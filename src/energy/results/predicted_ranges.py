"""Recorded ranges of headline numbers: ``results/reference/ranges.csv``, from which pages quote theirs."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from energy.errors import Fault, InputError
from energy.results.atomic_write import atomic_file

RANGES = Path("results/reference/ranges.csv")
COLUMNS = ("scenario", "numbers", "quantity", "unit", "low", "middle", "high", "sets", "failed")


def recorded_ranges(project: Path) -> pd.DataFrame:
    """Return the recorded ranges of a project; empty where there are none.

    Raises
    ------
    InputError
        When the file is no such table.
    """
    path = project / RANGES
    if not path.is_file():
        return pd.DataFrame(columns=list(COLUMNS))
    try:
        table = pd.read_csv(path)
    except (ValueError, pd.errors.ParserError) as err:
        raise InputError(Fault(f"is no table of ranges: {err}", path, repair="energy ranges")) from None
    missing = [column for column in COLUMNS if column not in table]
    if missing:
        raise InputError(Fault(f"column {missing[0]!r} is missing", path, line=1, repair="energy ranges"))
    return table


def renewed_ranges(project: Path, new: pd.DataFrame) -> pd.DataFrame:
    """Return the recorded ranges with those of some scenarios and numbers renewed."""
    before = recorded_ranges(project)
    renewed = set(zip(new["scenario"], new["numbers"], strict=True))
    kept = [pair not in renewed for pair in zip(before["scenario"], before["numbers"], strict=True)]
    tables = [table for table in (before[kept], new) if len(table)]
    joined = pd.concat(tables, ignore_index=True)
    return joined.sort_values(["scenario", "numbers"], kind="stable", ignore_index=True)


def write_ranges(table: pd.DataFrame, project: Path) -> None:
    """Write the recorded ranges."""
    with atomic_file(project / RANGES, table=True) as draft:
        table.to_csv(draft, index=False, float_format="%.6g", lineterminator="\n")


def range_of(project: Path, scenario: str, quantity: str) -> tuple[float, float, str] | None:
    """Return the recorded 90 % range of a headline number, and what it rests on; None where none is recorded.

    The posterior's range where there is one, else that of the evidence.
    """
    table = recorded_ranges(project)
    rows = table[(table["scenario"] == scenario) & (table["quantity"] == quantity)]
    for numbers in ("posterior", "ranges"):
        row = rows[rows["numbers"] == numbers]
        if len(row):
            return float(row["low"].iloc[0]), float(row["high"].iloc[0]), numbers
    return None
