"""Points of a sweep: the scenario of each, and a few of them to try before all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from energy.analysis.sweep.axes import are_numbers, origin_of
from energy.errors import Fault, InputError
from energy.reading.tree import Node, planted
from energy.scenario import Scenario


def scenarios_of(
    base: Scenario,
    changes: Sequence[Mapping[str, Any]],
    written: Node | None = None,
) -> list[Scenario]:
    """Return the scenario of each point.

    Parameters
    ----------
    base, changes
        What the points change, and in what.
    written
        The axes as a file has them, for the file and line of a fault.

    Raises
    ------
    InputError
        When a point makes no scenario; the message has what is wrong with any of them, once.
    """
    scenarios: list[Scenario] = []
    faults: list[Fault] = []
    for change in changes:
        leaves = {key: _leaf(written, key, value) for key, value in change.items()}
        try:
            scenarios.append(base.replace(**leaves))
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(dict.fromkeys(faults))
    return scenarios


def _leaf(written: Node | None, key: str, value: Any) -> Node:
    """Return a value with the place where it was written."""
    node = None if written is None else written.child(key)
    if node is not None:
        for _, part in node.children():
            if part.plain() == value:
                return part
    return planted(value, origin_of(written, key))


def trials(changes: Sequence[Mapping[str, Any]]) -> list[int]:
    """Return a few points that between them have every word, and the lowest and highest number, of each axis.

    Examples
    --------
    >>> trials([{"growth": word, "year": year} for word in ("low", "high") for year in (2028, 2029, 2030)])
    [0, 2, 3]
    """
    chosen: set[int] = set()
    for key in changes[0]:
        values = [change[key] for change in changes]
        if are_numbers(values):
            chosen.add(values.index(min(values)))
            chosen.add(values.index(max(values)))
            continue
        first_with: dict[str, int] = {}
        for point, value in enumerate(values):
            word = json.dumps(value, sort_keys=True, default=str)
            first_with.setdefault(word, point)
        chosen |= set(first_with.values())
    return sorted(chosen)
