"""The verb ``show``: every resolved value of a scenario, and its calendar of events."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from energy.cli.base import app
from energy.cli.shared_options import AS_JSON, SCENARIO, SET


@app.command("show")
def _show_command(
    scenario: SCENARIO,
    overrides: SET = [],  # noqa: B006
    as_json: AS_JSON = False,
) -> None:
    """Print every resolved value of a scenario with the place it came from, and its events on a calendar."""
    from energy.case import read_case
    from energy.model import inputs
    from energy.model.change_warnings import change_warnings
    from energy.model.changed_inputs import change_texts
    from energy.model.horizon import on_calendar
    from energy.report.calendar_text import calendar_json, calendar_text
    from energy.scenario import resolve

    resolved = resolve(scenario, overrides=overrides)
    case = read_case(resolved.scenario.case)
    values = dict(_flat(resolved.scenario.plain()))
    origins = {key: _place(str(resolved.origin.get(key, "default"))) for key in values}
    if as_json:
        record = {}
        for key, value in values.items():
            record[key] = {"value": value, "from": origins[key]}
        record["calendar"] = {
            "value": calendar_json(case, resolved.scenario),
            "from": f"case {case.name}",
        }
        print(json.dumps(record, indent=1))
        return

    inputs(case, on_calendar(case, resolved.scenario))  # what a run would refuse is refused here
    for text in change_texts(case, resolved.scenario):
        print(f"changed: {text}")
    for warning in change_warnings(case, resolved.scenario):
        print(f"warning: {warning}", file=sys.stderr)
    calendar_lines = list(calendar_text(case, resolved.scenario))
    width = max(map(len, values))
    for key, value in values.items():
        print(f"{key:<{width}}  {value!s:<40}  {origins[key]}")
    print()
    print("\n".join(line.rstrip() for line in calendar_lines))


def _place(origin: str) -> str:
    """Return where a value stands, a file that came with the package by its place in the library."""
    from energy.reading.library_folders import PACKAGE

    library = PACKAGE / "library"
    path = Path(origin)
    return f"shipped {path.relative_to(library)}" if path.is_relative_to(library) else origin


def _flat(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield dotted key and value of all that is no mapping and no list of mappings; an empty one is a value."""
    parts: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        parts = enumerate(value)
    if not parts:
        yield key, value
    for name, part in parts:
        part_key = f"{key}.{name}" if key else str(name)
        yield from _flat(part, part_key)
