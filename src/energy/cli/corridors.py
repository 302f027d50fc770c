"""The verb ``corridors``."""

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


@app.command("corridors")
def _corridors_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    corridor: Annotated[list[str], typer.Option(help="Corridor of the case; all by default.")] = [],  # noqa: B006
    out: SCENARIO_FOLDERS = Path("results/corridors"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Print the exchange [MW] that is left when each corridor is out of service (N-1); water does not limit."""
    from energy.answers.grid import corridor_answer

    def solve(case: Case, asked: Scenario) -> Answer:
        return corridor_answer(case, asked, corridor or None)

    answer_scenario(scenario, overrides, solve, out=out, as_json=as_json, force=force)
