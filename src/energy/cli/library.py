"""Verbs about scenarios, without solving: ``check``, ``show``, ``list``."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from energy.cli.base import AS_JSON, SCENARIO, SET, app, new_console


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
    from energy.model.plausible import doubts
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
            doubted += [fault for fault in doubts(inputs(case, scenario)) if fault not in doubted]
        except InputError as err:
            faults += [fault for fault in err.faults if fault not in faults]
    if faults:
        raise InputError(faults)
    for doubt in doubted:
        print(f"warning: {doubt}", file=sys.stderr)
    new_console().print(f"{len(names)} scenarios on {len(cases)} cases are sound")


@app.command("show")
def show_command(scenario: SCENARIO, overrides: SET = [], as_json: AS_JSON = False) -> None:  # noqa: B006
    """Print every resolved value of a scenario with the place it came from, and its events on a calendar."""
    from energy.case import read_case
    from energy.report.calendar_text import calendar_json, calendar_text
    from energy.scenario import resolve

    found = resolve(scenario, overrides=overrides)
    values = _flat(found.scenario.plain())
    case = read_case(found.scenario.case)
    if as_json:
        shown = {k: {"value": v, "from": str(found.origin.get(k, "default"))} for k, v in values.items()}
        shown["calendar"] = {"value": calendar_json(case, found.scenario), "from": f"case {case.name}"}
        print(json.dumps(shown, indent=1))
        return
    lines = list(calendar_text(case, found.scenario))
    width = max(map(len, values))
    for key, value in values.items():
        print(f"{key:<{width}}  {value!s:<40}  {found.origin.get(key, 'default')}")
    print()
    print("\n".join(line.rstrip() for line in lines))


def _flat(plain: Any, key: str = "") -> dict[str, Any]:
    if isinstance(plain, dict) and plain:
        return {k: v for name, part in plain.items() for k, v in _flat(part, f"{key}.{name}" if key else name).items()}
    if isinstance(plain, list) and plain and isinstance(plain[0], dict):
        return {k: v for at, part in enumerate(plain) for k, v in _flat(part, f"{key}.{at}").items()}
    return {key: plain}


@app.command("list")
def list_command(as_json: AS_JSON = False) -> None:
    """List the scenarios of the library by the question they answer."""
    from energy.scenario import list_scenarios, read_scenario

    found = {name: read_scenario(path) for name, path in list_scenarios().items()}
    if as_json:
        print(
            json.dumps(
                [{"name": n, "question": s.question, "description": s.description} for n, s in found.items()], indent=1
            )
        )
        return
    width = max(map(len, found), default=0)
    for question in dict.fromkeys(scenario.question for scenario in found.values()):
        print(question)
        for name, scenario in found.items():
            if scenario.question == question:
                print(f"  {name:<{width}}  {scenario.description}")
