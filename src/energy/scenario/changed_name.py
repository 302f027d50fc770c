"""The name of a scenario with overrides: the file's name, and what was changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from energy.reading.file_name import LONGEST_NAME

JOINT = "+"
ACCURACY = ("time.resolution",)
"""Keys that change how finely a question is answered, and not the question."""
ROOM = LONGEST_NAME - 20
"""Bytes of a name; a study's own ending must fit behind it."""


def changed_name(stem: str, changes: Mapping[str, Any]) -> str:
    """Return the name of a scenario whose file has a name and some of whose values were changed.

    Parameters
    ----------
    stem
        Name of the file.
    changes
        Dotted key → value.

    Examples
    --------
    >>> changed_name("baseline", {"hydrology": "dry", "time.resolution": "3h"})
    'baseline+hydrology=dry'
    >>> changed_name("baseline", {"values.links.Rogun stage 1 turbine.efficiency": 450})
    'baseline+Rogun_stage_1_turbine.efficiency=450'
    """
    parts = [_part(key, value) for key, value in changes.items() if key not in ACCURACY]
    name = JOINT.join([stem, *parts])
    if len(name.encode()) <= ROOM:
        return name
    digest = sha256(name.encode()).hexdigest()[:8]
    shortened = name.encode()[: ROOM - len(digest) - 1].decode(errors="ignore")
    return f"{shortened}~{digest}"


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
        text = sha256(text.encode()).hexdigest()[:8]
    return re.sub(r"[^\w.=+,-]+", "_", f"{short_key}={text}")
