"""Pages that sensitivity and risk write: their block, and nothing else."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]
PROJECT = Path(__file__).parents[2]
COARSE = ("--set", "time.resolution=typical-days-24h", "--workers", "1")
HAZARDS = """
hazards:
  line fault:
    kind: line_out
    cause: line
    where: ["links.line"]
    rate: {per_year: 6, low: 3, high: 9}
    duration: {law: lognormal, median: 150, sigma: 1}
"""
BUDGET = {"--looked-at": "2", "--trajectories": "2", "--top": "2", "--base": "2", "--spread": "4"}
FEW = [word for pair in BUDGET.items() for word in pair]


def own_page(folder: Path, name: str) -> Path:
    """Return a copy of a page of the project in a folder of its own."""
    page = folder / "docs" / name
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_bytes((PROJECT / "docs" / name).read_bytes())
    return page


def parts(page: Path, block: str) -> tuple[str, str, str]:
    """Return what stands before a block, in it, and after it."""
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(f"<!-- begin {block} -->\n")
    inside, after = rest.split(f"\n<!-- end {block} -->")
    return before, inside, after


def test_sensitivity_renews_its_block_and_nothing_else(command: Command, tmp_path: Path) -> None:
    page = own_page(tmp_path, "sensitivity.md")
    before, _, after = parts(page, "sensitivity")
    words = ["two_bus", *FEW, *COARSE, "--only", "values.links.*", "--out", tmp_path / "out", "--page", page]
    done = command("sensitivity", *words)
    assert done.returncode == 0, done.stderr
    first = parts(page, "sensitivity")
    assert (first[0], first[2]) == (before, after)
    # the command as it was typed, but for processes and folder
    assert "Made by `energy sensitivity two_bus --only 'values.links.*' --looked-at 2" in first[1]
    assert "--workers" not in first[1]
    assert "in nine of ten**" in first[1]
    assert "at low [GWh]" in first[1]
    assert (page.parent / "figures" / "sensitivity.png").stat().st_size > 10_000

    hazards = tmp_path / "mine.yaml"
    hazards.write_text(HAZARDS, encoding="utf-8")
    done = command("sensitivity", *words, "--split", 2, "--hazards", hazards, "--seed", 2)
    assert done.returncode == 0, done.stderr
    again = parts(page, "sensitivity")
    assert (again[0], again[2]) == (before, after)
    assert again[1] != first[1]
    assert again[1].count("Made by") == 1
    assert "Of the variance between seasons" in again[1]


def test_risk_renews_its_block_with_the_states_beside(command: Command, tmp_path: Path) -> None:
    page = own_page(tmp_path, "risk.md")
    before, _, after = parts(page, "risk-answers")
    for name in ("calm", "mine"):
        (tmp_path / f"{name}.yaml").write_text(HAZARDS, encoding="utf-8")
    words = ["--fixed-water", *COARSE, "--out", tmp_path / "out"]
    mine = ["risk", "two_bus", "--hazards", tmp_path / "mine.yaml", *words, "--samples", 8, "--page", page]
    done = command(*mine)
    assert done.returncode == 0, done.stderr
    alone = parts(page, "risk-answers")
    assert (alone[0], alone[2]) == (before, after)
    assert "`mine` | 8 |" in alone[1]
    assert "`calm`" not in alone[1]
    assert "| P90 [MW] |" in alone[1]
    for figure in ("months", "exceedance", "causes"):
        assert (page.parent / "figures" / f"risk_{figure}.png").stat().st_size > 10_000

    calm = ["risk", "two_bus", "--hazards", tmp_path / "calm.yaml", *words, "--samples", 6]
    assert command(*calm).returncode == 0
    assert command(*mine).returncode == 0
    beside = parts(page, "risk-answers")
    assert (beside[0], beside[2]) == (before, after)
    assert beside[1].index("`calm` | 6 |") < beside[1].index("`mine` | 8 |")
    # the same hazards and draws, so that the line of the run itself is as before
    (line,) = [line for line in alone[1].splitlines() if line.startswith("| `mine`")]
    assert line in beside[1].splitlines()


def test_samples_of_another_question_do_not_stand_beside(command: Command, tmp_path: Path) -> None:
    page = own_page(tmp_path, "risk.md")
    whole = page.read_bytes()
    for name in ("calm", "mine"):
        (tmp_path / f"{name}.yaml").write_text(HAZARDS, encoding="utf-8")
    words = ["--fixed-water", "--workers", 1, "--samples", 4, "--out", tmp_path / "out"]
    coarse = ["--set", "time.resolution=typical-days-24h"]
    other = ["--set", "time.resolution=typical-days-12h"]
    assert command("risk", "two_bus", "--hazards", tmp_path / "calm.yaml", *words, *other).returncode == 0
    done = command("risk", "two_bus", "--hazards", tmp_path / "mine.yaml", *words, *coarse, "--page", page)
    assert done.returncode == 2
    assert "two_bus-calm: holds samples of another question: scenario differ" in done.stderr
    assert page.read_bytes() == whole
    assert not (tmp_path / "out" / "two_bus-mine").exists()


@pytest.mark.parametrize("verb", ["sensitivity", "risk"])
@pytest.mark.parametrize("content", [None, "a page without marks\n"])
def test_a_page_that_cannot_take_the_block_is_refused_before_anything_is_solved(
    command: Command, tmp_path: Path, verb: str, content: str | None
) -> None:
    page = tmp_path / "page.md"
    if content is not None:
        page.write_text(content, encoding="utf-8")
    hazards = tmp_path / "mine.yaml"
    hazards.write_text(HAZARDS, encoding="utf-8")
    done = command(verb, "two_bus", "--hazards", hazards, *COARSE, "--out", tmp_path / "out", "--page", page)
    assert done.returncode == 2
    assert ("no such page" if content is None else "the page has no block") in done.stderr
    assert "page.md" in done.stderr
    assert not (tmp_path / "out").exists()
    if content is not None:
        assert page.read_text(encoding="utf-8") == content
