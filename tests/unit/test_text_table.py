"""Tables for the terminal: none of their cells is cut, however narrow it is."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from energy.report.text_table import SECTION, number_columns, text_table, words_column

MONTHS = ["2028-05", "2028-06", "2028-07"]
HEADS = [f"exchange\n{letter * 8}\n[GWh]" for letter in "ABCDEFGHIJ"]


def printed(width: int, **look: bool) -> list[str]:
    columns = [words_column("month", wraps=False), *number_columns(HEADS, wraps=False)]
    rows = [[month, *(f"{1000 * row + column:,}" for column in range(10))] for row, month in enumerate(MONTHS, 1)]
    table = text_table(columns, [*rows, SECTION], total=["season", *["6,000"] * 10], title="Exchanges", **look)
    stream = io.StringIO()
    Console(file=stream, width=width).print(table)
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("width", [40, 60, 80, 200])
@pytest.mark.parametrize("look", ["framed", "narrow", "usual"])
def test_no_cell_is_cut_at_any_width(width: int, look: str) -> None:
    lines = printed(width, **({} if look == "usual" else {look: True}))
    text = "\n".join(lines)
    assert "…" not in text
    assert max(map(len, lines)) <= width
    numbers = re.findall(r"\d,\d{3}", text)
    assert sorted(numbers) == sorted(
        [f"{row},00{column}" for row in (1, 2, 3) for column in range(10)] + ["6,000"] * 10
    )
    assert all(letter * 8 in text for letter in "ABCDEFGHIJ")
    assert text.count("Exchanges") == 1


def test_each_part_names_its_rows() -> None:
    # a column is 8 letters, its padding 2 and its border 1, the names 7 + 3 and the left edge 1: six columns in 80
    text = "\n".join(printed(80))
    assert [text.count(month) for month in MONTHS] == [2, 2, 2]
    assert ["FFFFFFFF" in line and "GGGGGGGG" not in line for line in text.splitlines()].count(True) == 1
    assert "\n".join(printed(200)).count("2028-05") == 1


def test_a_column_wider_than_the_terminal_is_left_to_it() -> None:
    (groups,) = [text_table([words_column("name"), *number_columns(["x" * 50])], [["a", "1"]]).groups(30)]
    assert groups == [[0, 1]]


@pytest.mark.parametrize("width", [30, 44, 60, 100])
def test_no_word_is_cut_beside_numbers(width: int) -> None:
    names = ["rehabilitated transformer", "a second crossing of the mountains"]
    columns = [words_column("action"), *number_columns(["income at risk avoided error"] * 6)]
    stream = io.StringIO()
    Console(file=stream, width=width).print(text_table(columns, [[name, *["1,234"] * 6] for name in names]))
    text = stream.getvalue()
    assert "…" not in text
    assert "rehabilitated" in text
    assert "transformer" in text
    assert text.count("1,234") == 12
    assert max(map(len, text.splitlines())) <= width
