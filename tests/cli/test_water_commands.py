"""The commands ``backcast`` and ``head`` from outside."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from energy.analysis.backcast import Backcast, backcast
from energy.cli import app
from energy.cli.backcast import _write_page
from energy.errors import InputError

PROJECT = Path(__file__).parents[2]
COARSE = ["--set", "time.resolution=typical-days-12h"]


def said(*words: object) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def coarse() -> Backcast:
    from energy.case import read_case
    from energy.scenario import read_scenario

    year = read_scenario("backcast_2024", overrides={"time.resolution": "typical-days-12h"})
    return backcast(read_case("casa1000"), [year])


def test_a_named_year_is_printed_and_no_page_is_touched(coarse: Backcast) -> None:
    page = PROJECT / "docs" / "validation.md"
    before = page.read_bytes()
    rows = json.loads(said("backcast", "backcast_2024", *COARSE, "--json"))
    found = {(row["place"], row["quantity"], row["date"]): row["model"] for row in rows}
    table = coarse.table.set_index(["place", "quantity", "date"])["model"]
    assert found["TJ", "generation", "2024"] == pytest.approx(table["TJ", "generation", "2024"])
    assert "Tajikistan, exports [TWh]" in said("backcast", "backcast_2024", *COARSE)
    assert page.read_bytes() == before


def test_the_page_keeps_its_words_and_gets_its_tables(coarse: Backcast, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    shutil.copy(PROJECT / "docs" / "validation.md", tmp_path / "docs")
    written = _write_page(coarse, {}, tmp_path)
    assert {path.name for path in written} == {"validation.md", "backcast.png", "backcast.svg"}
    assert all(path.is_file() for path in written)
    page = (tmp_path / "docs" / "validation.md").read_text(encoding="utf-8")
    assert "A backcast that is fed its answer proves nothing" in page
    targets = page.split("<!-- begin targets -->")[1].split("<!-- end targets -->")[0]
    assert "| 2024 |" in targets
    assert "| 2023 |" not in targets


def test_a_project_without_the_page_is_told(coarse: Backcast, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such page"):
        _write_page(coarse, {}, tmp_path)
    assert not list(tmp_path.iterdir())


def test_head_prints_what_the_fixed_head_misses(tmp_path: Path) -> None:
    page = tmp_path / "head.md"
    page.write_text("before\n<!-- begin head -->\n<!-- end head -->\nafter\n", encoding="utf-8")
    text = said("head", "dry_year", *COARSE, "--page", page)
    assert "| dry_year |" in text
    assert "| dry_year |" in page.read_text(encoding="utf-8")
    assert page.read_text(encoding="utf-8").endswith("after\n")


def test_head_refuses_a_case_without_curves() -> None:
    done = CliRunner().invoke(app, ["head", "two_bus"])
    assert isinstance(done.exception, InputError)
    assert "no curves for a varying head" in str(done.exception)
