"""Recorded ranges of headline numbers: ``results/reference/ranges.csv``, from which pages quote theirs."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from energy.errors import Fault, InputError
from energy.reading.library_folders import library_folders, own_folder, reference_file, shipped_folder
from energy.results.atomic_write import atomic_file
from energy.scenario import Scenario, read_scenario

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
    return _ranges_table(path)


def _ranges_table(path: Path) -> pd.DataFrame:
    """Return the table of a file of recorded ranges.

    Raises
    ------
    InputError
        When the file is no such table.
    """
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
    recorded = zip(before["scenario"], before["numbers"], strict=True)
    kept = [pair not in renewed for pair in recorded]
    tables = [table for table in (before[kept], new) if len(table)]
    joined = pd.concat(tables, ignore_index=True)
    return joined.sort_values(["scenario", "numbers"], kind="stable", ignore_index=True)


def write_ranges(table: pd.DataFrame, project: Path) -> None:
    """Write the recorded ranges."""
    with atomic_file(project / RANGES, table=True) as draft:
        table.to_csv(draft, index=False, float_format="%.6g", lineterminator="\n")


WORDS = {"posterior": "by evidence and record", "ranges": "by the evidence"}
"""What a range was drawn from → how it is said."""


def range_of(table: pd.DataFrame, scenario: str, quantity: str) -> pd.Series | None:
    """Return the recorded range of a headline number: its row; None where none is recorded.

    The posterior's range where there is one, else that of the evidence.

    Examples
    --------
    >>> row = ("a", "ranges", "delivered", "GWh", 1.0, 2.0, 3.0, 20, 0)
    >>> range_of(pd.DataFrame([row], columns=COLUMNS), "a", "delivered")["high"]
    np.float64(3.0)
    """
    of_number = (table["scenario"] == scenario) & (table["quantity"] == quantity)
    rows = table[of_number].set_index("numbers")
    for numbers in WORDS:
        if numbers in rows.index:
            return rows.loc[[numbers]].iloc[0]
    return None


def season_attributes(scenario: Scenario) -> dict[str, str | float]:
    """Return the recorded 90 % range of what a scenario delivers, for the attributes of its Dataset.

    Returns
    -------
    dict
        ``season_range``, in words; ``season_low`` and ``season_high`` [GWh]. Empty where none is recorded, and for a
        scenario that was changed: the range is that of the library's own.
    """
    file = reference_file(RANGES.name)
    if file is None or _is_of_another_case(file, scenario):
        return {}
    try:
        row = range_of(_ranges_table(file), scenario.name, "delivered")
        if row is None or read_scenario(scenario.name).digest() != scenario.digest():
            return {}
    except InputError:
        return {}
    low, high = row[["low", "high"]].astype(float)
    source = WORDS[str(row.name)]
    text = f"{low:,.0f} to {high:,.0f} GWh in nine of ten {source}"
    return {"season_range": text, "season_low": low, "season_high": high}


def _is_of_another_case(file: Path, scenario: Scenario) -> bool:
    """Return whether ranges were shipped with the package, and the scenario runs on a case of the user's own."""
    own_results = own_folder("results")
    is_own = own_results is not None and file.resolve().is_relative_to(own_results.resolve())
    case_folders = [folder / scenario.case for folder in library_folders("networks")]
    first = next((folder for folder in case_folders if folder.is_dir()), None)
    shipped_cases = shipped_folder("networks").resolve()
    is_shipped_case = first is not None and first.parent.resolve() == shipped_cases
    return not (is_own or is_shipped_case)


def season_range(scenario: Scenario) -> str:
    """Return the recorded 90 % range of what a scenario delivers, in words; empty where there is none."""
    return str(season_attributes(scenario).get("season_range", ""))
