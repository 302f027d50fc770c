"""The verb ``fit``: a hazard fitted to a log of events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from energy.cli.base import app

LAWS = ("exponential", "lognormal", "empirical")


@app.command("fit")
def _fit_command(
    log: Annotated[Path, typer.Argument(help="Log of events, a CSV file.")],
    corridor: Annotated[list[str], typer.Option(help="Corridor of the log.")],
    start: Annotated[str, typer.Option("--from", help="First day of the observed period, YYYY-MM-DD.")],
    end: Annotated[str, typer.Option("--to", help="First day after it.")],
    cause: Annotated[list[str], typer.Option(help="Cause; all if none is named.")] = [],  # noqa: B006
    law: Annotated[str, typer.Option(help="exponential, lognormal or empirical.")] = "lognormal",
    month: Annotated[list[int], typer.Option(min=1, max=12, help="Month that counts; all if none is named.")] = [],  # noqa: B006
) -> None:
    """Fit a hazard to a log of events: rate and duration with 90 % intervals, as YAML."""
    from energy.analysis.risk.fit_hazard import fit_log
    from energy.case.event_log import iso_day, read_event_log
    from energy.errors import Fault, InputError, nearest

    faults: list[Fault] = []
    if law not in LAWS:
        faults.append(Fault(f"no law {law!r}", "--law", allowed=", ".join(LAWS), repair=nearest(law, LAWS)))
    days = {}
    for option, text in (("--from", start), ("--to", end)):
        try:
            days[option] = iso_day(text)
        except ValueError as err:
            faults.append(Fault(str(err), option, allowed="a day that exists, YYYY-MM-DD"))
    if faults:
        raise InputError(faults)
    fit = fit_log(
        log=read_event_log(log),
        corridors=corridor,
        causes=cause,
        start=days["--from"],
        end=days["--to"],
        law=law,  # type: ignore[arg-type]
        months=month,
    )
    print(f"# {fit.events} events in {fit.years:.2f} years, 90 % interval of the rate: low to high")
    for field, (low, high) in fit.intervals.items():
        print(f"# {field}: {low:.4g} to {high:.4g}")
    source = f"{log.name}: {fit.events} events from {start} to {end}"
    for key, value in fit.hazard(source).items():
        print(f"{key}: {json.dumps(value)}")
