"""The verb ``list``: the scenarios of the library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from energy.cli.base import app
from energy.cli.shared_options import AS_JSON

if TYPE_CHECKING:
    from energy.scenario import Scenario


@app.command("list")
def _list_command(
    question: Annotated[
        str | None, typer.Option(help="Only those of one question, as politics.", show_default=False)
    ] = None,
    as_json: AS_JSON = False,
) -> None:
    """List the scenarios of the library by the question they answer; those of your own folder are marked."""
    from energy.reading.library_folders import shipped_folder
    from energy.scenario import list_scenarios, read_scenario

    files = list_scenarios()
    scenarios = {name: read_scenario(path) for name, path in files.items()}
    questions = list(dict.fromkeys(scenario.question for scenario in scenarios.values()))
    if question is not None:
        _refuse_unknown(question, questions)
        questions = [question]
    shown = {name: scenario for name, scenario in scenarios.items() if scenario.question in questions}
    if as_json:
        records = [_record(scenario, files[name]) for name, scenario in shown.items()]
        print(json.dumps(records, indent=1))
        return
    shipped = shipped_folder("scenarios").resolve()
    width = max(map(len, shown), default=0)
    for asked in questions:
        print(asked)
        for name, scenario in shown.items():
            if scenario.question == asked:
                is_own = not files[name].resolve().is_relative_to(shipped)
                mark = f" ({files[name]})" if is_own else ""
                print(f"  {name:<{width}}  {scenario.description}{mark}")


def _record(scenario: Scenario, file: Path) -> dict[str, str]:
    return {
        "name": scenario.name,
        "question": scenario.question,
        "description": scenario.description,
        "file": str(file),
    }


def _refuse_unknown(question: str, known: list[str]) -> None:
    if question not in known:
        from energy.errors import Fault, InputError, nearest

        what = f"no scenario has the question {question!r}"
        raise InputError(Fault(what, "--question", allowed=", ".join(known), repair=nearest(question, known)))
