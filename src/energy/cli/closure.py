"""The verb ``closure``."""

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


@app.command("closure")
def closure_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    where: Annotated[list[str], typer.Option(help="Corridor, or table.name, that is closed.")] = ["pk_af_border"],  # noqa: B006
    days: Annotated[list[int], typer.Option(min=1, max=365, help="Length of a closure.")] = [7, 30, 92],  # noqa: B006
    month: Annotated[
        list[int],
        typer.Option(
            min=1,
            max=12,
            help="Month that it begins in; those of the season unless said.",
        ),
    ] = [],  # noqa: B006
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    out: Annotated[Path, typer.Option(help="Folder that gets one folder a scenario.")] = Path("results/closure"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Cost of a closure by length and month: energy, income and demand that is not served."""
    case, asked = read_asked(scenario, overrides)
    from contextlib import nullcontext

    from energy.analysis.parallel import processes
    from energy.report.answers.avoided import closure_answer

    folder = answer_folder(out, asked.name, force)
    start = time.perf_counter()
    pool = processes(workers) if workers > 1 else nullcontext(None)
    with pool as executor, working(f"{asked.name} …"):
        answer = closure_answer(
            case=case,
            scenario=asked,
            where=where,
            lengths=sorted(set(days)),
            months=month or None,
            executor=executor,
        )
    show_answer(
        answer,
        case,
        asked,
        folder,
        seconds=time.perf_counter() - start,
        as_json=as_json,
        force=force,
    )
