"""Marked numbers in pages."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from energy.analysis.resolution import Measured, resolution_table
from energy.errors import InputError
from energy.report.docs_pages import (
    HEADLINE,
    MARK,
    _docs_pages,
    _read_headline,
    _with_block,
    _with_numbers,
    _with_ranges,
    resolution_text,
    write_headline,
)
from energy.results.predicted_ranges import COLUMNS, recorded_ranges, write_ranges

PROJECT = Path(__file__).parents[2]
TABLE = pd.DataFrame(
    [
        ("a", "contract ceiling", "GWh", 4536.2),
        ("a", "delivered", "GWh", 1187.2),
        ("a", "mean power", "MW", 323.3),
        ("b", "delivered", "GWh", 361.2),
    ],
    columns=["scenario", "quantity", "unit", "value"],
)


@pytest.mark.parametrize(
    ("mark", "text"),
    [
        ("a: delivered | GWh", "1,187"),
        ("a: delivered | TWh", "1.19"),
        ("a: delivered | %", "26 %"),
        ("a: mean power | MW", "323"),
        ("a: delivered - b: delivered | GWh", "826"),
    ],
)
def test_a_mark_is_filled(mark: str, text: str) -> None:
    assert _with_numbers(f"x <!--= {mark} -->old<!--/--> y", TABLE) == f"x <!--= {mark} -->{text}<!--/--> y"


def test_unknown_numbers_and_units_are_refused() -> None:
    with pytest.raises(InputError, match=r"no headline number 'a: delivred'.*a: delivered"):
        _with_numbers("<!--= a: delivred | GWh -->1<!--/-->", TABLE)
    with pytest.raises(InputError, match="no unit 'kWh'"):
        _with_numbers("<!--= a: delivered | kWh -->1<!--/-->", TABLE)


def test_a_missing_block_is_refused() -> None:
    with pytest.raises(InputError, match="no block 'table'"):
        _with_block("page", "table", "text")


@pytest.mark.parametrize("page", _docs_pages(PROJECT), ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_pages_quote_the_headline_table(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert _with_numbers(text, _read_headline(PROJECT / HEADLINE)) == text, "run: make reference"


@pytest.mark.parametrize("page", _docs_pages(PROJECT), ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_pages_quote_the_recorded_ranges(page: Path) -> None:
    ranges = recorded_ranges(PROJECT)
    if ranges.empty:
        pytest.skip("no range is recorded yet: energy calibrate --page")
    text = page.read_text(encoding="utf-8")
    assert _with_ranges(text, ranges) == text, "run: energy ranges --reference"


def test_a_range_that_is_not_recorded_is_refused() -> None:
    with pytest.raises(InputError, match="no recorded range 'a: peak'"):
        _with_ranges("<!--~ a: peak | MW -->?<!--/-->", recorded_ranges(Path("no project")))


def test_the_posterior_is_quoted_before_the_evidence(tmp_path: Path) -> None:
    rows = [
        ("a", name, "delivered", "GWh", low, 900.0, 2000.0, 50, 0)
        for name, low in (("ranges", 1.0), ("posterior", 500.0))
    ]
    write_ranges(pd.DataFrame(rows, columns=list(COLUMNS)), tmp_path)
    page = _with_ranges("<!--~ a: delivered | GWh -->?<!--/-->", recorded_ranges(tmp_path))
    assert page == "<!--~ a: delivered | GWh -->500 to 2,000<!--/-->"


def test_readme_marks_its_numbers() -> None:
    assert len(MARK.findall((PROJECT / "README.md").read_text(encoding="utf-8"))) >= 5


def test_writing_the_headline_fills_the_pages(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("<!--= a: delivered | GWh -->?<!--/--> GWh\n", encoding="utf-8")
    written = write_headline(TABLE, tmp_path)
    assert written == [tmp_path / HEADLINE, tmp_path / "README.md"]
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "<!--= a: delivered | GWh -->1,187<!--/--> GWh\n"
    assert _read_headline(tmp_path / HEADLINE)["value"].tolist() == TABLE["value"].tolist()


def test_resolution_table_in_markdown() -> None:
    coarse, fine = Measured("3h", 8, 9, 99.0, 1.0, 1.0, 300.0), Measured("1h", 24, 27, 100.0, 2.0, 6.0, 400.0)
    text = resolution_text(resolution_table([coarse, fine], "3h"), "3h")
    assert text.splitlines()[2:] == [
        "| **3h** (default) | 8 | 9 | 1.0 × | 50% | 300 | 99.0 | −1.00% |",
        "| 1h | 24 | 27 | 4.0 × | 75% | 400 | 100.0 | 0 |",
    ]
