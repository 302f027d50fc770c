"""The verb ``check``: scenarios and cases, without solving."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from energy.cli.base import app, new_console


@app.command("check")
def check_command(
    scenarios: Annotated[
        list[str], typer.Argument(help="Scenarios to check; all of the library if none is named.")
    ] = [],  # noqa: B006
) -> None:
    """Check scenarios and the cases they stand on, without solving."""
    from energy.case import read_case
    from energy.errors import Fault, InputError
    from energy.model import inputs
    from energy.model.sanity_checks import sanity_warnings
    from energy.scenario import list_scenarios, read_scenario

    faults: list[Fault] = []
    doubted: list[Fault] = []
    cases: dict[str, Any] = {}
    names = scenarios or list(list_scenarios())
    for name in names:
        try:
            scenario = read_scenario(name)
            case = cases.setdefault(scenario.case, None) or read_case(scenario.case)
            cases[scenario.case] = case
            doubted += [fault for fault in sanity_warnings(inputs(case, scenario)) if fault not in doubted]
        except InputError as err:
            faults += [fault for fault in err.faults if fault not in faults]
    if faults:
        raise InputError(faults)
    for doubt in doubted:
        print(f"warning: {doubt}", file=sys.stderr)
    new_console().print(f"{len(names)} scenarios on {len(cases)} cases are sound")
