"""The verb ``threshold``."""

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


@app.command("threshold")
def _threshold_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    rule: Annotated[list[str], typer.Option(help="Rule of kind start: toktogul_start.")] = [],  # noqa: B006
    quantity: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Energy of the season [GWh]; by default the scenario's own.",
        ),
    ] = None,
    levels: Annotated[int, typer.Option(min=2, max=101, help="Levels between empty and full.")] = 9,
    out: SCENARIO_FOLDERS = Path("results/threshold"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Print the level of a reservoir at the start of the year below which the season falls short of a quantity."""
    from energy.answers.grid import threshold_answer

    def solve(case: Case, asked: Scenario) -> Answer:
        starts = rule or [name for name in case.rules.rules if name.endswith("_start")]
        return threshold_answer(case=case, scenario=asked, rules=starts, quantity=quantity, count=levels)

    answer_scenario(scenario, overrides, solve, out=out, as_json=as_json, force=force)
