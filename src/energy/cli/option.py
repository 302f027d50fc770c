"""The verb ``option``."""

from __future__ import annotations

from pathlib import Path

from energy.cli.answers import answer_scenario
from energy.cli.base import app
from energy.cli.shared_options import AS_JSON, FORCE, SCENARIO, SCENARIO_FOLDERS, SET


@app.command("option")
def _option_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    out: SCENARIO_FOLDERS = Path("results/option"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Report a route that a scenario builds: energy by month, transit income, fuel replaced, what the line loses."""
    from energy.answers.built_option import built_option_answer

    answer_scenario(scenario, overrides, built_option_answer, out=out, as_json=as_json, force=force)
