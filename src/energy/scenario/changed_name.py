"""The name of a scenario with overrides: the file's name, and what was changed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from energy.reading.file_name import LONGEST_NAME
from energy.reading.tree import Node, Origin, planted, put
from energy.scenario.model import Scenario, key_steps

SET = Origin("--set")
_DEFAULTS = Scenario(name="defaults", year=2028).plain()
JOINT = "+"
ACCURACY = ("time.resolution",)
"""Keys that change how finely a question is answered, and not the question."""
ROOM = LONGEST_NAME - 20
"""Bytes of a name; a study's own ending must fit behind it."""


def _changed_name(stem: str, changes: Mapping[str, Any]) -> str:
    """Return the name of a scenario whose file has a name and some of whose values were changed.

    Parameters
    ----------
    stem
        Name of the file.
    changes
        Dotted key → value.

    Examples
    --------
    >>> _changed_name("baseline", {"hydrology": "dry", "time.resolution": "3h"})
    'baseline+hydrology=dry'
    >>> _changed_name("baseline", {"values.links.Nurek turbine.efficiency": 500})
    'baseline+Nurek_turbine.efficiency=500'
    """
    parts = [stem]
    for key, value in changes.items():
        if key not in ACCURACY:
            parts.append(_part(key, value))
    name = JOINT.join(parts)
    encoded = name.encode()
    if len(encoded) <= ROOM:
        return name
    digest = _digest(name)
    room_before = ROOM - len(digest) - 1
    shortened = encoded[:room_before].decode(errors="ignore")
    return f"{shortened}~{digest}"


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:8]


def named_by_changes(
    tree: Node,
    changed: Node,
    keys: Sequence[str],
    path: Path,
) -> Node:
    """Return the changed tree with its name, which tells what overrides changed, and with what stood there before."""
    before: dict[str, str] = {}
    after: dict[str, object] = {}
    for key in keys:
        steps = key_steps(key)
        new_value = _plain_at(changed, steps)
        old_value = _plain_at(tree, steps)
        if old_value is None:
            old_value = _default_at(steps)
        if new_value == old_value:
            continue
        before[key] = "" if old_value is None else str(old_value)
        after[key] = new_value
    name = _changed_name(path.stem, after)
    named = put(changed, ("name",), Node(name, Origin(path)))
    return put(named, ("changes",), planted(before, SET))


def override_keys(overrides: Mapping[str, object] | Sequence[str]) -> list[str]:
    """Return the dotted keys that overrides name; those below a mapping one by one."""
    if isinstance(overrides, str):
        overrides = [overrides]
    if not isinstance(overrides, Mapping):
        named = [text.partition("=")[0].strip() for text in overrides]
        return list(dict.fromkeys(named))
    keys: list[str] = []
    for key, value in overrides.items():
        below = override_keys(value) if isinstance(value, Mapping) else []
        keys += [f"{key}.{part}" for part in below] or [key]
    return keys


def _plain_at(tree: Node, steps: Sequence[str]) -> Any:
    """Return the value at a place as plain data; None where there is none."""
    walk: Node | None = tree
    for step in steps:
        if walk is None:
            return None
        place = int(step) if step.isdecimal() else step
        walk = walk.child(place)
    return None if walk is None else walk.plain()


def _default_at(steps: Sequence[str]) -> Any:
    """Return what the model takes where a file says nothing."""
    value: Any = _DEFAULTS
    for step in steps:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def file_name(name: str) -> str:
    """Return the name of the file in the name of a scenario with changes.

    Examples
    --------
    >>> file_name("baseline+hydrology=dry")
    'baseline'
    """
    return name.partition(JOINT)[0]


def _part(key: str, value: Any) -> str:
    """Return a change as part of a file name: the end of the key, and the value or, for a long one, its digest."""
    field, _, rest = key.partition(".")
    short_key = rest.partition(".")[2] if field == "values" else key
    text = f"{value:g}" if isinstance(value, float) else str(value)
    if len(text) > 20 or isinstance(value, Mapping | list):
        text = _digest(text)
    part = f"{short_key}={text}"
    return re.sub(r"[^\w.=+,-]+", "_", part)
