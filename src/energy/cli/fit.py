"""The verb ``fit``: a hazard fitted to a log of events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from energy.cli.base import app

if TYPE_CHECKING:
    pass


@app.command("fit")
def fit_command(
    log: Annotated[Path, typer.Argument(help="Log of events, a CSV file.")],
    corridor: Annotated[list[str], typer.Option(help="Corridor of the log.")],
    start: Annotated[str, typer.Option("--from", help="First day that was watched, YYYY-MM-DD.")],
    end: Annotated[str, typer.Option("--to", help="First day after it.")],
    cause: Annotated[list[str], typer.Option(help="Cause; all if none is named.")] = [],  # noqa: B006
    law: Annotated[str, typer.Option(help="exponential, lognormal or empirical.")] = "lognormal",
    month: Annotated[list[int], typer.Option(min=1, max=12, help="Month that counts; all if none is named.")] = [],  # noqa: B006
) -> None:
    """Fit a hazard to a log of events: rate and duration with 90 % intervals, as YAML."""
    from energy.analysis.risk.fit_hazard import fit_log
    from energy.case.event_log import iso_day, read_event_log
    from energy.errors import Fault, InputError, nearest

    laws = ("exponential", "lognormal", "empirical")
    faults = [Fault(f"no law {law!r}", "--law", None, ", ".join(laws), nearest(law, laws))] if law not in laws else []
    days = {}
    for option, text in (("--from", start), ("--to", end)):
        try:
            days[option] = iso_day(text)
        except ValueError as err:
            faults.append(Fault(str(err), option, None, "a day that exists, YYYY-MM-DD"))
    if faults:
        raise InputError(faults)
    found = fit_log(read_event_log(log), corridor, cause, days["--from"], days["--to"], law, month)  # type: ignore[arg-type]
    print(f"# {found.events} events in {found.years:.2f} years, 90 % interval of the rate: low to high")
    for field, (low, high) in found.intervals.items():
        print(f"# {field}: {low:.4g} to {high:.4g}")
    source = f"{log.name}: {found.events} events from {start} to {end}"
    for key, value in found.hazard(source).items():
        print(f"{key}: {json.dumps(value)}")
