"""The verb ``frequency``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from energy.cli.answers import answer_scenario
from energy.cli.base import app
from energy.cli.shared_options import AS_JSON, FORCE, SCENARIO, SCENARIO_FOLDERS, SET

if TYPE_CHECKING:
    from energy.answers.answer import Answer
    from energy.case import Case
    from energy.scenario import Scenario


@app.command("frequency")
def _frequency_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    loss: Annotated[
        float | None,
        typer.Option(min=0, help="Loss [MW]; by default the line's rating."),
    ] = None,
    receiving: Annotated[str | None, typer.Option(help="Synchronous area of the receiving end.")] = None,
    sending: Annotated[str | None, typer.Option(help="Synchronous area of the sending end.")] = None,
    write: Annotated[
        Path | None,
        typer.Option(help="Write the scenario with the limit of each month as events (YAML)."),
    ] = None,
    out: SCENARIO_FOLDERS = Path("results/frequency"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Print rate of change and nadir of frequency at both ends for a loss, and the exchange that can be lost."""
    from energy.answers.frequency import (
        frequency_answer,
        write_limited_scenario,
    )

    areas = {"receiving": receiving, "sending": sending}
    chosen = {end: name for end, name in areas.items() if name is not None}

    def solve(case: Case, asked: Scenario) -> Answer:
        answer, limit = frequency_answer(case, asked, loss, chosen)
        if write is not None:
            write_limited_scenario(asked, limit, write)
        return answer

    answer_scenario(scenario, overrides, solve, out=out, as_json=as_json, force=force)
