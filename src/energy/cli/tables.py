"""Tables of verbs: written as CSV, printed as text or JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from energy.cli.base import new_console

if TYPE_CHECKING:
    import pandas as pd


def show_table(
    table: pd.DataFrame,
    title: str,
    as_json: bool,
    out: Path,
    force: bool,
    shown: pd.DataFrame | None = None,
) -> None:
    """Write a table to ``out``, and print it, or what is ``shown`` in its place."""
    from energy.report.text_table import frame_text

    write_table(table, out, force)
    if as_json:
        print(table.reset_index().to_json(orient="records", indent=1))
    else:
        new_console().print(frame_text(table if shown is None else shown, title))
        new_console().print(f"written to {out}")


def write_table(table: pd.DataFrame, out: Path, force: bool) -> None:
    """Write a table to ``out``."""
    from energy.results.files import atomic_file, plain_cells, writable_folder

    writable_folder(out.parent)
    with atomic_file(out, force, table=True) as draft:
        plain_cells(table).to_csv(draft, float_format="%.6g")
