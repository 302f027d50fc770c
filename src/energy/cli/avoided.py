"""The verb ``avoided``."""

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


@app.command("avoided")
def _avoided_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    samples: Annotated[
        Path | None,
        typer.Option(help="Samples of `energy risk` (samples.csv), for an interval."),
    ] = None,
    out: SCENARIO_FOLDERS = Path("results/avoided"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Print the fuel and carbon dioxide that the line saves, by country and fuel, also in dry and wet water."""
    from energy.answers.avoided import avoided_answer
    from energy.answers.money_options import read_seasons

    seasons, weights = read_seasons(samples) if samples is not None else (None, None)

    def solve(case: Case, asked: Scenario) -> Answer:
        return avoided_answer(case, asked, seasons, weights)

    answer_scenario(scenario, overrides, solve, out=out, as_json=as_json, force=force)
