"""The verb ``acflow``."""

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


@app.command("acflow")
def acflow_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    hours: Annotated[
        int,
        typer.Option(min=1, max=500, help="Snapshots with the most power over the line."),
    ] = 6,
    at: Annotated[list[str], typer.Option(help="Moments instead, UTC: 2028-07-15T18:00.")] = [],  # noqa: B006
    out: Annotated[Path, typer.Option(help="Folder that gets one folder a scenario.")] = Path("results/acflow"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """AC power flow of chosen hours: voltages, losses and loading of lines behind the dispatch."""
    case, asked = read_asked(scenario, overrides)
    from energy.report.answers.grid import power_flow_answer

    folder = answer_folder(out, asked.name, force)
    start = time.perf_counter()
    with working(f"{asked.name} …"):
        answer = power_flow_answer(case, asked, hours, at)
    show_answer(
        answer,
        case,
        asked,
        folder,
        seconds=time.perf_counter() - start,
        as_json=as_json,
        force=force,
    )
