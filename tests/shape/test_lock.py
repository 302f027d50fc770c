"""The lock file: pinned, hashed, in step with pyproject.toml, and silent about where packages were fetched."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
ENTRY = re.compile(r"^(?P<requirement>\S+==[^\\\n]+?) \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+", re.MULTILINE)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKED_EXTRAS = ("cluster", "sensitivity", "notebook", "docs", "dev")
LISTS = [PROJECT["dependencies"], *(PROJECT["optional-dependencies"][extra] for extra in LOCKED_EXTRAS)]
ASKED = [Requirement(text) for texts in LISTS for text in texts]


def locked() -> dict[str, Requirement]:
    requirements = [Requirement(entry["requirement"]) for entry in ENTRY.finditer(LOCK)]
    return {canonicalize_name(requirement.name): requirement for requirement in requirements}


def test_every_line_is_a_pinned_and_hashed_requirement_or_a_comment() -> None:
    rest = [line for line in ENTRY.sub("", LOCK).splitlines() if not line.lstrip().startswith("#")]
    assert rest == []
    assert len(locked()) > len(ASKED)


@pytest.mark.parametrize("mark", ["://", "file:", "index-url", "find-links", "trusted-host", " @ ", "/"])
def test_no_place_is_named(mark: str) -> None:
    assert mark not in LOCK


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_pin_is_within_the_range_of_pyproject(asked: Requirement) -> None:
    pin = locked()[canonicalize_name(asked.name)]
    (version,) = {specifier.version for specifier in pin.specifier}
    assert asked.specifier.contains(version), f"{pin} is outside of {asked}: make lock"
