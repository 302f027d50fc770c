"""The verb ``contract-forms``."""

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


@app.command("contract-forms")
def contract_forms_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    samples: Annotated[
        Path | None,
        typer.Option(help="Samples of `energy risk` (samples.csv); dry, median, wet water without."),
    ] = None,
    opportunity: Annotated[
        float,
        typer.Option(min=0, help="What unsold energy is worth to the sellers [$/MWh]."),
    ] = 20.2,
    penalty: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="What sellers pay for a MWh not offered [$/MWh]; half the price.",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder that gets one folder a scenario.")] = Path("results/contract_forms"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Take-or-pay against pay-per-unit under water risk: what each side gets, in the mean and in the worst seasons."""
    case, asked = read_asked(scenario, overrides)
    from energy.report.answers.money import contract_answer
    from energy.report.answers.money_options import read_seasons

    folder = answer_folder(out, asked.name, force)
    start = time.perf_counter()
    seasons, weights = read_seasons(samples) if samples is not None else (None, None)
    with working(f"{asked.name} …"):
        answer = contract_answer(
            case=case,
            scenario=asked,
            seasons=seasons,
            weights=weights,
            opportunity=opportunity,
            penalty=penalty,
        )
    show_answer(
        answer,
        case,
        asked,
        folder,
        seconds=time.perf_counter() - start,
        as_json=as_json,
        force=force,
    )
