"""The verb ``check``: scenarios and cases, without solving."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from energy.cli.base import app, new_console


@app.command("check")
def _check_command(
    scenarios: Annotated[
        list[str], typer.Argument(help="Scenarios to check; all of the library if none is named.")
    ] = [],  # noqa: B006
) -> None:
    """Check scenarios and the cases they stand on, without solving."""
    from energy.case import read_case
    from energy.errors import Fault, InputError
    from energy.model import inputs
    from energy.model.sanity_checks import sanity_warnings
    from energy.reading.library_folders import library_folders
    from energy.scenario import list_scenarios, read_scenario

    faults: list[Fault] = []
    warnings: list[Fault] = []
    cases: dict[str, Any] = {}
    names = scenarios or list(list_scenarios(library_folders("scenarios")[0]))
    for name in names:
        try:
            scenario = read_scenario(name)
            if scenario.case not in cases:
                cases[scenario.case] = read_case(scenario.case)
            scenario_inputs = inputs(cases[scenario.case], scenario)
            warnings.extend(sanity_warnings(scenario_inputs))
        except InputError as err:
            faults.extend(err.faults)
    if faults:
        raise InputError(dict.fromkeys(faults))
    for warning in dict.fromkeys(warnings):
        print(f"warning: {warning}", file=sys.stderr)
    new_console().print(f"{len(names)} scenarios on {len(cases)} cases are sound")
