"""The verb ``list``: the scenarios of the library."""

from __future__ import annotations

import json

from energy.cli.base import AS_JSON, app


@app.command("list")
def list_command(as_json: AS_JSON = False) -> None:
    """List the scenarios of the library by the question they answer."""
    from energy.scenario import list_scenarios, read_scenario

    scenarios = {name: read_scenario(path) for name, path in list_scenarios().items()}
    if as_json:
        records = []
        for name, scenario in scenarios.items():
            record = {
                "name": name,
                "question": scenario.question,
                "description": scenario.description,
            }
            records.append(record)
        print(json.dumps(records, indent=1))
        return
    width = max(map(len, scenarios), default=0)
    for question in dict.fromkeys(scenario.question for scenario in scenarios.values()):
        print(question)
        for name, scenario in scenarios.items():
            if scenario.question == question:
                print(f"  {name:<{width}}  {scenario.description}")
