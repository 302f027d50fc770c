"""Transfer capability for the terminal, for programs and as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from energy.analysis.case_capability import Capability
from energy.results.atomic_write import atomic_file
from energy.results.table_writer import plain_cells

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


def capability_rows(found: Capability) -> Table:
    """Return the months of both directions, MW at the sending end, ready to print."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    title = f"MW at the sending end, means of the month; losses stood: {found.state.replace('_', ' ')}"
    shown = Table(box=SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left")
    for head in ("", "month"):
        shown.add_column(head)
    for head in HEADS.values():
        shown.add_column(head, justify="right")
    for head in ("binds intact", "binds N-1"):
        shown.add_column(head)
    before = ""
    for key, row in found.months.iterrows():
        direction, month = map(str, key)  # type: ignore[call-overload]
        if before not in ("", direction):
            shown.add_section()
        label, before = "" if direction == before else direction, direction
        shown.add_row(label, month, *[f"{row[c]:,.0f}" for c in HEADS], row["limit intact"], row["limit"])
    return shown


def capability_json(found: Capability) -> dict[str, Any]:
    """Return the months as plain values."""
    months = found.months.reset_index().astype({"month": str})
    return {"scenario": found.scenario.name, "state": found.state, "months": months.to_dict("records")}


def write_capability(found: Capability, folder: Path, force: bool = False) -> Path:
    """Write ``capability.csv``, one row a direction and snapshot, and return its path."""
    path = folder / "capability.csv"
    with atomic_file(path, force, table=True) as draft:
        plain_cells(found.table.round(6)).to_csv(draft)
    return path
