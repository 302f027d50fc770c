"""The verb ``investment``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from energy.cli.base import (
    AS_JSON,
    FORCE,
    SCENARIO,
    SET,
    answer_folder,
    app,
    read_asked,
    show_answer,
    working,
)


@app.command("investment")
def investment_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    start: Annotated[
        list[str],
        typer.Option(help="First year of service, or never; again for more."),
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
    out: Annotated[Path, typer.Option(help="Folder that gets one folder a scenario.")] = Path("results/investment"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """NPV, IRR and stranded capital over years, by start, country and lender; break-even days of outage."""
    case, asked = read_asked(scenario, overrides)
    from energy.report.answers.money import investment_answer
    from energy.report.answers.money_options import (
        read_events,
        read_seasons,
        read_starts,
        read_years,
    )
    from energy.report.answers.money_years import years_answer

    folder = answer_folder(out, asked.name, force)
    begin = time.perf_counter()
    starts, events = read_starts(start), read_events(event)
    seasons, weights = read_seasons(samples) if samples is not None else (None, None)
    if until is not None:
        with working(f"{asked.name} to {until} …"):
            answer = years_answer(
                case=case,
                scenario=asked,
                years=read_years(asked, until),
                starts=starts or (asked.year, None),
                events=events,
                seasons=seasons,
                weights=weights,
                seed=seed,
            )
        seconds = time.perf_counter() - begin
        show_answer(answer, case, asked, folder, seconds=seconds, as_json=as_json, force=force)
        return
    with working(f"{asked.name} …"):
        answer = investment_answer(
            case=case,
            scenario=asked,
            starts=starts,
            events=events,
            seasons=seasons,
            weights=weights,
            seed=seed,
        )
    show_answer(
        answer,
        case,
        asked,
        folder,
        seconds=time.perf_counter() - begin,
        as_json=as_json,
        force=force,
    )
