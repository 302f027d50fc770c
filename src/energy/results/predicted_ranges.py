"""Recorded ranges of headline numbers: ``results/reference/ranges.csv``, from which pages quote theirs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from energy.errors import Fault, InputError
from energy.reading.library_folders import (
    library_folders,
    own_folder,
    reference_file,
    shipped_folder,
)
from energy.results.files import atomic_file
from energy.scenario import Scenario, read_scenario

RANGES = Path("results/reference/ranges.csv")
COLUMNS = (
    "scenario",
    "numbers",
    "quantity",
    "unit",
    "low",
    "middle",
    "high",
    "sets",
    "failed",
)


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
    renewed = set(_scenarios_and_numbers(new))
    kept = [pair not in renewed for pair in _scenarios_and_numbers(before)]
    tables = [table for table in (before[kept], new) if len(table)]
    joined = pd.concat(tables, ignore_index=True)
    return joined.sort_values(
        ["scenario", "numbers"],
        kind="stable",
        ignore_index=True,
    )


def _scenarios_and_numbers(table: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Return of each row the scenario and the set of numbers that its range was drawn from."""
    return zip(table["scenario"], table["numbers"], strict=True)


def write_ranges(table: pd.DataFrame, project: Path) -> None:
    """Write the recorded ranges."""
    with atomic_file(project / RANGES, table=True) as draft:
        table.to_csv(
            draft,
            index=False,
            float_format="%.6g",
            lineterminator="\n",
        )


WORDS = {
    "posterior": "by evidence and record",
    "ranges": "by the evidence",
}
"""What a range was drawn from → how it is said."""


def range_of(
    table: pd.DataFrame,
    scenario: str,
    quantity: str,
) -> pd.Series | None:
    """Return the recorded range of a headline number: its row; None where none is recorded.

    The posterior's range where there is one, else that of the evidence.

    Examples
    --------
    >>> row = ("a", "ranges", "delivered", "GWh", 1.0, 2.0, 3.0, 20, 0)
    >>> range_of(pd.DataFrame([row], columns=COLUMNS), "a", "delivered")["high"]
    np.float64(3.0)
    """
    is_of_scenario = table["scenario"] == scenario
    is_of_quantity = table["quantity"] == quantity
    rows = table[is_of_scenario & is_of_quantity].set_index("numbers")
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
        recorded = range_of(_ranges_table(file), scenario.name, "delivered")
        if recorded is None or _is_changed(scenario):
            return {}
    except InputError:
        return {}
    low, high = recorded[["low", "high"]].astype(float)
    source = WORDS[str(recorded.name)]
    return {
        "season_range": f"{low:,.0f} to {high:,.0f} GWh in nine of ten {source}",
        "season_low": low,
        "season_high": high,
    }


def _is_changed(scenario: Scenario) -> bool:
    """Return whether a scenario differs from that of its name in the library."""
    of_library = read_scenario(scenario.name)
    return of_library.digest() != scenario.digest()


def _is_of_another_case(file: Path, scenario: Scenario) -> bool:
    """Return whether ranges were shipped with the package, and the scenario runs on a case of the user's own."""
    own_results = own_folder("results")
    if own_results is not None and file.resolve().is_relative_to(own_results.resolve()):
        return False
    case_folder = _case_folder(scenario)
    if case_folder is None:
        return True
    shipped_cases = shipped_folder("networks").resolve()
    return case_folder.parent.resolve() != shipped_cases


def _case_folder(scenario: Scenario) -> Path | None:
    """Return the folder of a scenario's case, the first of the libraries that have one."""
    for library in library_folders("networks"):
        folder = library / scenario.case
        if folder.is_dir():
            return folder
    return None


def season_range(scenario: Scenario) -> str:
    """Return the recorded 90 % range of what a scenario delivers, in words; empty where there is none."""
    return str(season_attributes(scenario).get("season_range", ""))
