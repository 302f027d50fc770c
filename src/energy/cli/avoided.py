"""The verb ``avoided``."""

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


@app.command("avoided")
def avoided_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    samples: Annotated[
        Path | None,
        typer.Option(help="Samples of `energy risk` (samples.csv), for an interval."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder that gets one folder a scenario.")] = Path("results/avoided"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Fuel and carbon dioxide that the line saves, by country and fuel, with dry and wet water beside."""
    case, asked = read_asked(scenario, overrides)
    from energy.report.answers.avoided import avoided_answer
    from energy.report.answers.money_options import read_seasons

    folder = answer_folder(out, asked.name, force)
    start = time.perf_counter()
    seasons, weights = read_seasons(samples) if samples is not None else (None, None)
    with working(f"{asked.name} …"):
        answer = avoided_answer(case, asked, seasons, weights)
    show_answer(
        answer,
        case,
        asked,
        folder,
        seconds=time.perf_counter() - start,
        as_json=as_json,
        force=force,
    )
