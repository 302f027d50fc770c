"""The verb ``closure``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from energy.cli.answers import answer_scenario
from energy.cli.base import app
from energy.cli.shared_options import AS_JSON, FORCE, SCENARIO, SCENARIO_FOLDERS, SET, WORKERS

if TYPE_CHECKING:
    from energy.answers.answer import Answer
    from energy.case import Case
    from energy.scenario import Scenario


@app.command("closure")
def _closure_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    where: Annotated[list[str], typer.Option(help="Corridor, or table.name, that is closed.")] = ["pk_af_border"],  # noqa: B006
    days: Annotated[list[int], typer.Option(min=1, max=365, help="Length of a closure.")] = [7, 30, 92],  # noqa: B006
    month: Annotated[
        list[int],
        typer.Option(
            min=1,
            max=12,
            help="Month in which it begins; by default those of the season.",
        ),
    ] = [],  # noqa: B006
    workers: WORKERS = 1,
    out: SCENARIO_FOLDERS = Path("results/closure"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Print the cost of a closure by length and month: energy, income and unserved demand."""
    from energy.analysis.parallel import processes_if_many
    from energy.answers.avoided import closure_answer

    def solve(case: Case, asked: Scenario) -> Answer:
        with processes_if_many(workers) as executor:
            return closure_answer(
                case=case,
                scenario=asked,
                where=where,
                lengths=sorted(set(days)),
                months=month or None,
                executor=executor,
            )

    answer_scenario(scenario, overrides, solve, out=out, as_json=as_json, force=force)
