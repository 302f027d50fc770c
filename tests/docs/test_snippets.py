"""What the pages show works: Python runs, commands are understood, and (slow) the commands of the questions run."""

from __future__ import annotations

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from energy.cli import app

PROJECT = Path(__file__).parents[2]
PAGES = sorted(path for path in (PROJECT / "docs").rglob("*.md"))
QUESTIONS = PROJECT / "docs" / "questions.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def blocks(page: Path, language: str) -> list[str]:
    return [text for kind, text in FENCE.findall(page.read_text(encoding="utf-8")) if kind == language]


def commands(page: Path) -> list[list[str]]:
    """Return the words of each ``energy`` command that a page shows."""
    lines = [part for block in blocks(page, "sh") for line in block.splitlines() for part in line.split("&&")]
    lines = [re.sub(r"[|>].*", "", line) for line in lines]  # what the shell does with the output is its own
    words = [shlex.split(line, comments=True) for line in lines]
    return [found[1:] for found in words if found and found[0].rpartition("/")[2] == "energy"]


def named(path: Path) -> str:
    return path.relative_to(PROJECT / "docs").as_posix()


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=named)
def test_python_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("networks", "scenarios"):
        (tmp_path / name).symlink_to(PROJECT / name)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "__page__"}
    for code in blocks(page, "python"):
        if code.startswith(">>>"):
            test = doctest.DocTestParser().get_doctest(code, names, named(page), str(page), 0)
            runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
            assert runner.run(test, clear_globs=False).failed == 0
            names |= test.globs
        else:
            exec(compile(code, named(page), "exec"), names)


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=named)
def test_commands_are_understood(page: Path) -> None:
    """Every verb, option and value is one that the command line takes; nothing is run."""
    from typer.main import get_command

    group: Any = get_command(app)
    for words in commands(page):
        verb, *rest = words
        assert verb in group.commands, f"{named(page)}: energy {' '.join(words)}"
        group.commands[verb].make_context(verb, list(rest))


def test_scenarios_that_pages_name_exist() -> None:
    from energy.scenario import list_scenarios

    known = set(list_scenarios())
    for page in PAGES:
        for verb, *rest in commands(page):
            names = [word for word in rest if re.fullmatch(r"[a-z0-9_]+", word)]
            if names and verb in ("run", "settlement", "capability", "show", "build", "attribution"):
                assert {names[0]} <= known, f"{named(page)}: {verb} {names[0]}"


def test_all_questions_are_answered_by_a_command_or_refused() -> None:
    text = QUESTIONS.read_text(encoding="utf-8")
    parts = re.split(r"^### (\d+)\. ", text, flags=re.MULTILINE)[1:]
    numbers, answers = [int(number) for number in parts[::2]], parts[1::2]
    assert numbers == list(range(1, 26))
    for number, answer in zip(numbers, answers, strict=True):
        assert "```sh" in answer or "model cannot say" in answer, number
        assert len(answer) > 200, number


QUOTED = {"baseline": 12, "dry_2001": 1, "casa_before_afghanistan": 12, "swap_ends": 12, "rogun_2035": 12}
"""Scenario of the reference → question whose answer quotes its season."""


def answer_on_the_page(number: int) -> str:
    """Return what the page says to a question, on one line."""
    text = QUESTIONS.read_text(encoding="utf-8")
    parts = re.split(r"^### (\d+)\. ", text, flags=re.MULTILINE)[1:]
    answers = dict(zip(map(int, parts[::2]), parts[1::2], strict=True))
    return " ".join(answers[number].split())


@pytest.mark.parametrize("scenario", QUOTED)
def test_seasons_on_the_page_are_those_of_the_reference(scenario: str) -> None:
    """The page is made by a run of its own; what it has in common with the headline numbers is the same number."""
    headline = pd.read_csv(PROJECT / "results" / "reference" / "headline.csv")
    rows = headline[(headline["scenario"] == scenario) & (headline.iloc[:, 1] == "delivered")]
    season = float(rows.iloc[0, -1])
    assert f"{season:,.0f}" in answer_on_the_page(QUOTED[scenario])


@pytest.mark.slow
def test_commands_of_the_questions_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command of the page, at a coarse resolution where it solves; those that read a run find it."""
    for name in ("networks", "scenarios"):
        (tmp_path / name).symlink_to(PROJECT / name)
    monkeypatch.chdir(tmp_path)
    done: set[tuple[str, ...]] = set()
    for words in commands(QUESTIONS):
        coarse = ["--set", "time.resolution=typical-days-24h"]
        if words[0] in ("risk", "actions"):
            coarse += ["--samples", "4"]
        key = (*words, *coarse)
        if key in done:
            continue
        done.add(key)
        ended = CliRunner().invoke(app, key)
        assert ended.exit_code == 0, f"energy {' '.join(key)}\n{ended.output} {ended.exception}"


@pytest.mark.slow
def test_money_on_the_page_is_that_of_the_settlement(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("energy")
    found = subprocess.run(
        [program, "settlement", "baseline", "--out", tmp_path], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    tables = {path.stem: pd.read_csv(path) for path in (tmp_path / "baseline").glob("*.csv")}
    gains = tables["welfare"].set_index("country")["total"]
    for code in ("TJ", "KG", "AF", "PK"):
        assert f"{code} {gains[code]:+,.0f}" in answer_on_the_page(22)
    debt = tables["debt"].set_index("country").loc["KG"]
    service = round(float(debt["debt service"]), 1)
    assert f"KG owes {service} million USD a year" in answer_on_the_page(15)
    bill = tables["fuel"]["bill"].sum() / 1e6
    delivered = tables["terms"]["delivered"].sum()
    lost_for = r"takes at most ([\d,]+) \(.*?\): ([\d.]+) million USD of the contract's income"
    said = re.search(lost_for, answer_on_the_page(10))
    assert said is not None
    lost = float(said[1].replace(",", ""))
    assert float(said[2]) == pytest.approx(lost * bill / delivered, abs=0.1)


SCENARIOS_OF_PAGE = blocks(PROJECT / "docs" / "how-to" / "own.md", "yaml")


@pytest.mark.parametrize("number", range(len(SCENARIOS_OF_PAGE)))
def test_scenarios_of_the_how_to_are_sound(number: int, tmp_path: Path) -> None:
    """Each is read as a file, and its components, corridors and events mean something to the case."""
    import energy
    from energy.model import inputs
    from energy.model.additions import with_additions

    file = tmp_path / "mine.yaml"
    file.write_text(SCENARIOS_OF_PAGE[number], encoding="utf-8")
    scenario = energy.read_scenario(file)
    asked = inputs(with_additions(energy.read_case(scenario.case), scenario), scenario)
    assert len(asked.axis.snapshots) > 0
    assert len(asked.components["buses"]) > 0
