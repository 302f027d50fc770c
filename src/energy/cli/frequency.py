"""The verb ``frequency``."""

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


@app.command("frequency")
def frequency_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    loss: Annotated[
        float | None,
        typer.Option(min=0, help="Loss that is shown [MW]; the line's rating."),
    ] = None,
    receiving: Annotated[str | None, typer.Option(help="Synchronous area of the receiving end.")] = None,
    sending: Annotated[str | None, typer.Option(help="Synchronous area of the sending end.")] = None,
    write: Annotated[
        Path | None,
        typer.Option(help="Write the scenario with the limit of each month as events (YAML)."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder that gets one folder a scenario.")] = Path("results/frequency"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Loss of the line: rate of change and nadir of frequency at both ends, and the exchange that can be lost."""
    case, asked = read_asked(scenario, overrides)
    from energy.report.answers.frequency import (
        frequency_answer,
        write_limited_scenario,
    )

    folder = answer_folder(out, asked.name, force)
    start = time.perf_counter()
    areas = {"receiving": receiving, "sending": sending}
    with working(f"{asked.name} …"):
        chosen = {end: name for end, name in areas.items() if name is not None}
        answer, limit = frequency_answer(case, asked, loss, chosen)
        if write is not None:
            write_limited_scenario(asked, limit, write)
    show_answer(
        answer,
        case,
        asked,
        folder,
        seconds=time.perf_counter() - start,
        as_json=as_json,
        force=force,
    )
