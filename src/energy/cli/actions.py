"""The verb ``actions``."""

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


@app.command("actions")
def actions_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    actions: Annotated[str, typer.Option(help="Set of actions, or path of a YAML file.")] = "base",
    hazards: Annotated[str, typer.Option(help="Set of hazards, or path of a YAML file.")] = "base",
    samples: Annotated[
        int,
        typer.Option(min=2, max=10_000, help="Draws, the same for each action."),
    ] = 32,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 1,
    by: Annotated[
        str,
        typer.Option(help="Figure that ranks: unserved avoided, income gained, income at risk avoided."),
    ] = "unserved avoided",
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    out: Annotated[Path, typer.Option(help="Folder that gets one folder a scenario.")] = Path("results/actions"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Rank actions by unserved energy and income at risk avoided, on common random numbers."""
    case, asked = read_asked(scenario, overrides)
    from contextlib import nullcontext

    from energy.analysis.action_file import read_actions
    from energy.analysis.parallel import processes
    from energy.report.answers.avoided import action_answer
    from energy.scenario import read_hazards

    folder = answer_folder(out, asked.name, force)
    start = time.perf_counter()
    chosen, laws = read_actions(actions), read_hazards(hazards)
    pool = processes(workers) if workers > 1 else nullcontext(None)
    with pool as executor, working(f"{asked.name} …"):
        answer = action_answer(
            case=case,
            scenario=asked,
            hazards=laws,
            actions=chosen,
            samples=samples,
            seed=seed,
            ranked_by=by,
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
