"""Transfer capability for the terminal, for programs and as a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energy.analysis.case_capability import Capability
from energy.report.text_table import SECTION, fixed_cells, number_columns, text_table, words_column
from energy.results.files import atomic_file, plain_cells

if TYPE_CHECKING:
    from rich.table import Table

HEADS = {
    "intact": "TTC\nintact",
    "TTC": "TTC\nN-1",
    "lowest TTC": "lowest\nTTC",
    "NTC": "NTC",
    "allocated": "allo-\ncated",
    "ATC": "ATC",
}


def capability_rows(capability: Capability) -> Table:
    """Return the months of both directions, MW at the sending end, ready to print."""
    columns = [words_column(), words_column("month")]
    columns += number_columns(HEADS.values())
    columns += [words_column("binds intact"), words_column("binds N-1")]
    rows: list[Sequence[str]] = []
    before = ""
    for key, row in capability.months.iterrows():
        direction, month = map(str, key)  # type: ignore[call-overload]
        if before not in ("", direction):
            rows.append(SECTION)
        label = "" if direction == before else direction
        before = direction
        figures = fixed_cells(row[list(HEADS)])
        rows.append([label, month, *figures, row["limit intact"], row["limit"]])
    losses = capability.state.replace("_", " ")
    return text_table(columns, rows, title=f"MW at the sending end, means of the month; losses stood: {losses}")


def capability_json(capability: Capability) -> dict[str, Any]:
    """Return the months as plain values."""
    months = capability.months.reset_index().astype({"month": str})
    return {
        "scenario": capability.scenario.name,
        "state": capability.state,
        "months": months.to_dict("records"),
    }


def write_capability(capability: Capability, folder: Path, force: bool = False) -> Path:
    """Write ``capability.csv``, one row a direction and snapshot, and return its path."""
    path = folder / "capability.csv"
    with atomic_file(path, force, table=True) as draft:
        plain_cells(capability.table.round(6)).to_csv(draft)
    return path
