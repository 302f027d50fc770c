"""What is public is explained and shown at work: a docstring, units of what is returned, an example that runs.

Public is what stands in ``__all__`` of the package or of a room.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from energy.scenario import list_scenarios, read_scenario

ROOT = Path(__file__).parents[2]
ROOMS = ("", "case", "scenario", "model", "solve", "metrics", "analysis", "results", "plots", "report", "cli")
WITHOUT_EXAMPLE = {"energy.cli.main": "reads the command line and ends the process; tests/cli runs it"}
NUMBERS = re.compile(r"\b(float|Series|DataFrame|ndarray|Dataset|DataArray)\b")
UNITS = re.compile(r"\b(MW|MWh|GWh|TWh|hm³|USD|dimensionless|share)\b|\$|\[h\]")


def public() -> Iterator[tuple[str, object]]:
    """Yield the public functions and classes by their full names, each once."""
    found: dict[str, object] = {}
    for room in ROOMS:
        module = importlib.import_module(f"energy.{room}".rstrip("."))
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isclass(value) or inspect.isfunction(value):
                found.setdefault(f"{value.__module__}.{value.__qualname__}", value)
    yield from sorted(found.items())


PUBLIC = dict(public())


def test_there_is_something_public() -> None:
    assert len(PUBLIC) > 40
    assert set(WITHOUT_EXAMPLE) <= set(PUBLIC)


@pytest.mark.parametrize("name", [name for name in PUBLIC if name not in WITHOUT_EXAMPLE])
def test_it_is_shown_at_work(name: str) -> None:
    text = PUBLIC[name].__doc__ or ""
    assert ">>> " in text, f"{name} has no example that runs"


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, value in PUBLIC.items()
        if inspect.isfunction(value) and NUMBERS.search(str(inspect.signature(value).return_annotation))
    ],
)
def test_numbers_have_their_unit(name: str) -> None:
    text = PUBLIC[name].__doc__ or ""
    assert UNITS.search(text), f"{name} returns numbers, and its docstring no unit"


@pytest.mark.parametrize(
    ("old", "new"),
    [("Sizes", "SensitivityBudget"), ("rules", "extra_functionality"), ("unknowns", "uncertain_parameters")],
)
def test_a_former_name_warns_and_works(old: str, new: str) -> None:
    energy = importlib.import_module("energy")
    with pytest.warns(DeprecationWarning, match=rf"energy\.{old} is now energy\.{new}"):
        assert getattr(energy, old) is getattr(energy, new)


FIELD_WORDS = (
    "atomic write",
    "common cause",
    "duality gap",
    "importance sampling",
    "infeasib",
    "n-1",
    "priority order",
    "warm start",
)


@pytest.mark.parametrize("word", FIELD_WORDS)
def test_the_word_of_the_field_opens_a_module(word: str) -> None:
    """An engineer who greps a word of the field finds its place by the first line of a module."""
    modules = (ROOT / "src" / "energy").rglob("*.py")
    openings = [path.read_text(encoding="utf-8").partition("\n")[0].lower() for path in modules]
    assert any(word in opening for opening in openings)


@pytest.mark.parametrize("name", list_scenarios())
def test_every_scenario_loads(name: str) -> None:
    scenario = read_scenario(name)
    assert scenario.name == name
    assert scenario.description.strip(), "says what it asks"


def test_every_scenario_is_listed_in_the_documentation() -> None:
    place = importlib.util.spec_from_file_location("cli_reference", ROOT / "docs" / "cli_reference.py")
    assert place is not None
    assert place.loader is not None
    made = importlib.util.module_from_spec(place)
    place.loader.exec_module(made)
    page = made.on_page_markdown((ROOT / "docs" / "reference" / "scenarios.md").read_text(encoding="utf-8"))
    for name, path in list_scenarios().items():
        assert page.count(f"| `{name}` | ") == 1, name
        assert f"| `{path.as_posix()}` |" in page
