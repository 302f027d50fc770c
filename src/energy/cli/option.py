"""The verb ``option``."""

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


@app.command("option")
def option_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    out: Annotated[Path, typer.Option(help="Folder that gets one folder a scenario.")] = Path("results/option"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Report a way that a scenario builds: energy by month, transit income, fuel replaced, what the line loses."""
    case, asked = read_asked(scenario, overrides)
    from energy.report.answers.built_option import built_option_answer

    folder = answer_folder(out, asked.name, force)
    start = time.perf_counter()
    with working(f"{asked.name} …"):
        answer = built_option_answer(case, asked)
    seconds = time.perf_counter() - start
    show_answer(answer, case, asked, folder, seconds=seconds, as_json=as_json, force=force)
