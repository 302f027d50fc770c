"""The verb ``show``: every resolved value of a scenario, and its calendar of events."""

from __future__ import annotations

import json
from typing import Any

from energy.cli.base import AS_JSON, SCENARIO, SET, app


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
