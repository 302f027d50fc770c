"""The verb ``acflow``."""

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


@app.command("acflow")
def _acflow_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    hours: Annotated[
        int,
        typer.Option(min=1, max=500, help="Number of snapshots: those with the most power over the line."),
    ] = 6,
    at: Annotated[list[str], typer.Option(help="These moments instead, in UTC: 2028-07-15T18:00.")] = [],  # noqa: B006
    out: SCENARIO_FOLDERS = Path("results/acflow"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Run the AC power flow of chosen hours: voltages, losses and loading of lines."""
    from energy.answers.grid import power_flow_answer

    def solve(case: Case, asked: Scenario) -> Answer:
        return power_flow_answer(case, asked, hours, at)

    answer_scenario(scenario, overrides, solve, out=out, as_json=as_json, force=force)
