"""The verb ``contract-forms``."""

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


@app.command("contract-forms")
def _contract_forms_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    samples: Annotated[
        Path | None,
        typer.Option(help="Samples of `energy risk` (samples.csv); by default dry, median, wet water."),
    ] = None,
    opportunity: Annotated[
        float,
        typer.Option(min=0, help="Value of unsold energy to the sellers [$/MWh]."),
    ] = 20.2,
    penalty: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="What sellers pay for a MWh not offered [$/MWh]; by default half the price.",
        ),
    ] = None,
    out: SCENARIO_FOLDERS = Path("results/contract_forms"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Compare take-or-pay and pay-per-unit under water risk: each side's gain, in the mean and in the worst seasons."""
    from energy.answers.money import contract_answer
    from energy.answers.money_options import read_seasons

    seasons, weights = read_seasons(samples) if samples is not None else (None, None)

    def solve(case: Case, asked: Scenario) -> Answer:
        return contract_answer(
            case=case,
            scenario=asked,
            seasons=seasons,
            weights=weights,
            opportunity=opportunity,
            penalty=penalty,
        )

    answer_scenario(scenario, overrides, solve, out=out, as_json=as_json, force=force)
