"""The glossary holds every reported number, field and module, and names only modules that exist."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

import energy
from energy.analysis.risk.country_adequacy import MEASURES
from energy.analysis.risk.summary import DIMENSIONS
from energy.analysis.scenario_metrics import METRICS
from energy.scenario import Scenario

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "glossary.md"
PATTERNS = {"lost to": "lost to …", "left after": "left after …", "surplus": "surplus …"}
"""Beginning of a family of numbers → how the glossary writes the family."""
FIELD_WORDS = (
    "warm start",
    "common cause",
    "infeasibility",
    "N-1",
    "importance sampling",
    "atomic write",
    "priority order",
    "duality gap",
)


@cache
def hook() -> ModuleType:
    """Return docs/cli_reference.py, which fills the page when the documentation is built."""
    place = importlib.util.spec_from_file_location("cli_reference", ROOT / "docs" / "cli_reference.py")
    assert place is not None
    assert place.loader is not None
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    return module


@cache
def filled_page() -> str:
    """Return the page as in the built documentation."""
    return str(hook().on_page_markdown(PAGE.read_text(encoding="utf-8")))


def section(title: str) -> str:
    """Return the text under one heading of the page."""
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", filled_page(), re.DOTALL | re.MULTILINE)[1]


def rows(title: str) -> list[list[str]]:
    """Return the cells of the table under one heading, without its header."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def code(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def test_words_are_many_in_order_and_explained() -> None:
    words = [row[0] for row in rows("Words")]
    assert len(words) >= 40
    assert words == sorted(words, key=str.lower)
    assert len(set(words)) == len(words)
    assert all(meaning.endswith(".") for _, meaning, _ in rows("Words"))


def test_every_named_module_exists() -> None:
    modules = hook().openings()
    named = re.findall(r"`(energy(?:\.\w+)+)`", PAGE.read_text(encoding="utf-8"))
    assert len(named) >= 40
    assert [name for name in named if name not in modules] == []


def test_every_module_is_listed_with_what_it_holds() -> None:
    listed = {code(name)[0]: opening for name, opening in rows("Modules")}
    paths = [path for path in (ROOT / "src").rglob("*.py") if path.read_text(encoding="utf-8").strip()]
    assert len(listed) == len(paths) > 100
    assert all(listed.values())


def test_every_field_of_a_scenario_is_explained() -> None:
    listed = {code(name)[0]: meaning for name, meaning in rows("Fields of a scenario")}
    assert set(Scenario.model_json_schema(by_alias=True)["properties"]) <= set(listed)
    assert {"time.start", "contract.season.from", "events.repair_access.factor", "hydrology.shift.volume"} <= set(
        listed
    )
    assert [name for name, meaning in listed.items() if not meaning] == []


def family(name: str) -> str:
    """Return a number's name as the glossary writes it: ``lost to …`` for ``lost to water``."""
    for beginning, written in PATTERNS.items():
        if name.startswith(f"{beginning} "):
            return written
    return name


def reported_by_a_run() -> set[str]:
    gone = {"name": "gone", "kind": "border_stop", "cause": "politics", "where": ["crossing"], "start": "05-10"}
    scenario = energy.read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    surprised = scenario.replace(events=[gone | {"duration": "10d"}], foresight="surprise")
    return set(energy.run(energy.read_case("two_bus"), surprised).table.columns)


def reported_by_the_reference() -> set[str]:
    return set(pd.read_csv(ROOT / "results" / "reference" / "headline.csv")["quantity"])


def reported_by_risk() -> set[str]:
    single = {"mean", "mean_undisturbed", "income", "value_at_risk", "tail_income"}
    return set(DIMENSIONS) | single


def reported_by_adequacy() -> set[str]:
    return {*MEASURES.values(), "CVaR MWh", "capacity credit MW"}


def reported_by_a_sweep() -> set[str]:
    return set(METRICS)


@pytest.mark.parametrize(
    "reported",
    [reported_by_a_run, reported_by_the_reference, reported_by_risk, reported_by_adequacy, reported_by_a_sweep],
)
def test_every_reported_number_is_explained(reported: Callable[[], set[str]]) -> None:
    explained = {name for row in rows("Reported numbers") for name in code(row[0])}
    numbers = {family(name) for name in reported()}
    assert len(numbers) > 4
    assert sorted(numbers - explained) == []


@pytest.mark.parametrize("word", FIELD_WORDS)
def test_the_word_of_the_field_leads_to_its_module(word: str) -> None:
    """Someone new greps the word: the glossary has it, and the sources say it where the glossary sends her."""
    (where,) = [row[2] for row in rows("Words") if row[0].lower() == word.lower()]
    (module,) = code(where)
    path = ROOT / "src" / Path(*module.split("."))
    source = path.with_suffix(".py").read_text(encoding="utf-8")
    assert word.lower() in source.lower()
    assert word.lower() in PAGE.read_text(encoding="utf-8").lower()
