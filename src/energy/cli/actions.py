"""The verb ``actions``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from energy.cli.answers import answer_scenario
from energy.cli.base import app
from energy.cli.shared_options import AS_JSON, FORCE, HAZARDS, SCENARIO, SCENARIO_FOLDERS, SEED, SET, WORKERS

if TYPE_CHECKING:
    from energy.answers.answer import Answer
    from energy.case import Case
    from energy.scenario import Scenario


@app.command("actions")
def _actions_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    actions: Annotated[str, typer.Option(help="Set of actions, or path of a YAML file.")] = "base",
    hazards: HAZARDS = "base",
    samples: Annotated[
        int,
        typer.Option(min=2, max=10_000, help="Draws, the same for each action."),
    ] = 32,
    seed: SEED = 1,
    by: Annotated[
        str,
        typer.Option(help="Figure to rank by: unserved avoided, income gained, income at risk avoided."),
    ] = "unserved avoided",
    workers: WORKERS = 1,
    out: SCENARIO_FOLDERS = Path("results/actions"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Rank actions by unserved energy and income at risk avoided, on common random numbers."""
    from energy.analysis.action_file import read_actions
    from energy.analysis.parallel import processes_if_many
    from energy.answers.avoided import action_answer
    from energy.scenario import read_hazards

    chosen = read_actions(actions)
    laws = read_hazards(hazards)

    def solve(case: Case, asked: Scenario) -> Answer:
        with processes_if_many(workers) as executor:
            return action_answer(
                case=case,
                scenario=asked,
                hazards=laws,
                actions=chosen,
                samples=samples,
                seed=seed,
                ranked_by=by,
                executor=executor,
            )

    answer_scenario(scenario, overrides, solve, out=out, as_json=as_json, force=force)
