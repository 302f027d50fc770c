"""The verb ``threshold``."""

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


@app.command("threshold")
def threshold_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    rule: Annotated[list[str], typer.Option(help="Rule of a start: toktogul_start.")] = [],  # noqa: B006
    quantity: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Energy of the season [GWh]; the scenario's own unless said.",
        ),
    ] = None,
    levels: Annotated[int, typer.Option(min=2, max=101, help="Levels between empty and full.")] = 9,
    out: Annotated[Path, typer.Option(help="Folder that gets one folder a scenario.")] = Path("results/threshold"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Level of a reservoir at the start of the year below which the season falls short of a quantity."""
    case, asked = read_asked(scenario, overrides)
    from energy.report.answers.grid import threshold_answer

    folder = answer_folder(out, asked.name, force)
    start = time.perf_counter()
    rules = rule or [name for name in case.rules.rules if name.endswith("_start")]
    with working(f"{asked.name} …"):
        answer = threshold_answer(case=case, scenario=asked, rules=rules, quantity=quantity, count=levels)
    show_answer(
        answer,
        case,
        asked,
        folder,
        seconds=time.perf_counter() - start,
        as_json=as_json,
        force=force,
    )
