"""The verb ``investment``."""

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


@app.command("investment")
def _investment_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    start: Annotated[
        list[str],
        typer.Option(help="First year of service, or never; may be given more than once."),
    ] = [],  # noqa: B006
    event: Annotated[
        list[str],
        typer.Option(help="Year and the share of its energy that is left: 2031=0.4."),
    ] = [],  # noqa: B006
    until: Annotated[
        int | None,
        typer.Option(help="Solve each year from the scenario's own to this one: a path of years that differ."),
    ] = None,
    samples: Annotated[
        Path | None,
        typer.Option(help="Samples of `energy risk` (samples.csv), for drawn paths of years."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed of the drawn paths.")] = 1,
    out: SCENARIO_FOLDERS = Path("results/investment"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """NPV, IRR and stranded capital over years, by start, country and lender; break-even days of outage."""
    from energy.answers.money import investment_answer
    from energy.answers.money_options import (
        read_events,
        read_seasons,
        read_starts,
        read_years,
    )
    from energy.answers.money_years import years_answer

    starts = read_starts(start)
    events = read_events(event)
    seasons, weights = read_seasons(samples) if samples is not None else (None, None)

    def solve(case: Case, asked: Scenario) -> Answer:
        if until is not None:
            return years_answer(
                case=case,
                scenario=asked,
                years=read_years(asked, until),
                starts=starts or (asked.year, None),
                events=events,
                seasons=seasons,
                weights=weights,
                seed=seed,
            )
        return investment_answer(
            case=case,
            scenario=asked,
            starts=starts,
            events=events,
            seasons=seasons,
            weights=weights,
            seed=seed,
        )

    answer_scenario(scenario, overrides, solve, out=out, as_json=as_json, force=force)
