"""The verb ``head``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from energy.cli.base import app, new_console, read_asked, working
from energy.cli.shared_options import SET

STANDARD = ("baseline", "dry_year", "wet_both_1998", "backcast_2024")


@app.command("head")
def _head_command(
    scenarios: Annotated[
        list[str],
        typer.Argument(help=f"Scenarios to solve; {', '.join(STANDARD)} if none is named."),
    ] = [],  # noqa: B006
    overrides: SET = [],  # noqa: B006
    page: Annotated[Path | None, typer.Option(help="Page whose table is renewed, docs/head.md.")] = None,
) -> None:
    """Solve scenarios with fixed and with varying head, and print what the fixed head misses."""
    asked = [read_asked(name, overrides) for name in scenarios or STANDARD]
    import pandas as pd

    from energy.analysis.head_error import head_table
    from energy.report.docs_pages import write_block
    from energy.report.head_error_text import head_text

    parts = []
    for case, scenario in asked:
        with working(f"solving {scenario.name} …"):
            parts.append(head_table(case, [scenario]))
    text = head_text(pd.concat(parts))
    print(text)
    if page is not None:
        write_block(page, "head", text)
        new_console().print(f"written: {page}")
