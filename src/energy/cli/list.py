"""The verb ``list``: the scenarios of the library."""

from __future__ import annotations

import json

from energy.cli.base import AS_JSON, app


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
