"""The verb ``corridors``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from energy.cli.base import (
    AS_JSON,
    FORCE,
    SCENARIO,
    SET,
    answer_folder,
    app,
    read_asked,
    show_answer,
    working,
)


@app.command("corridors")
def corridors_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    corridor: Annotated[list[str], typer.Option(help="Corridor of the case; all unless said.")] = [],  # noqa: B006
    out: Annotated[Path, typer.Option(help="Folder that gets one folder a scenario.")] = Path("results/corridors"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """N-1 of each corridor: the exchange [MW] that is left when one cause takes it out, water not limiting."""
    case, asked = read_asked(scenario, overrides)
    from energy.report.answers.grid import corridor_answer

    folder = answer_folder(out, asked.name, force)
    start = time.perf_counter()
    with working(f"{asked.name} …"):
        answer = corridor_answer(case, asked, corridor or None)
    show_answer(
        answer,
        case,
        asked,
        folder,
        seconds=time.perf_counter() - start,
        as_json=as_json,
        force=force,
    )
