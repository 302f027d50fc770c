"""The lock file: pinned, hashed, in step with pyproject.toml, and silent about where packages were fetched."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
ENTRY = re.compile(r"^(?P<requirement>\S+==[^\\\n]+?) \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+", re.MULTILINE)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKED_EXTRAS = ("cluster", "sensitivity", "notebook", "docs", "dev")
LISTS = [PROJECT["dependencies"], *(PROJECT["optional-dependencies"][extra] for extra in LOCKED_EXTRAS)]
ASKED = [Requirement(text) for texts in LISTS for text in texts]


@cache
def locked() -> dict[str, Requirement]:
    requirements = [Requirement(entry["requirement"]) for entry in ENTRY.finditer(LOCK)]
    return {canonicalize_name(requirement.name): requirement for requirement in requirements}


def test_every_line_is_a_pinned_and_hashed_requirement_or_a_comment() -> None:
    rest = [line for line in ENTRY.sub("", LOCK).splitlines() if not line.lstrip().startswith("#")]
    assert rest == []
    assert len(locked()) > len(ASKED)


def test_no_place_is_named() -> None:
    places = ("://", "file:", "index-url", "find-links", "trusted-host", " @ ", "/")
    assert [place for place in places if place in LOCK] == []


def test_every_pin_is_within_the_range_of_pyproject() -> None:
    outside = []
    for asked in ASKED:
        pin = locked()[canonicalize_name(asked.name)]
        (version,) = {specifier.version for specifier in pin.specifier}
        if not asked.specifier.contains(version):
            outside.append(f"{pin} is outside of {asked}")
    assert not outside, "make lock\n" + "\n".join(outside)
