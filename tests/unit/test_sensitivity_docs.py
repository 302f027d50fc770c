"""What a page says of a sensitivity study, from a study that is made up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from energy.analysis.sensitivity.number_sets import NumberSets
from energy.analysis.sensitivity.sensitivity import Sensitivity
from energy.analysis.sensitivity.uncertain_parameters import UncertainParameter
from energy.report.sensitivity_text import LONGEST, SensitivityReport, sensitivity_block

NAN = float("nan")
BASE = 1000.0
COMMAND = "energy sensitivity a --split 4"


def numbers(swings: dict[str, float]) -> pd.DataFrame:
    """Return a table of numbers that end at the base, and above it by their swing; the first two are screened."""
    table = pd.DataFrame({"swing": pd.Series(swings)})
    table["at low"] = BASE
    table["at high"] = BASE + table["swing"]
    table["effects"] = [2.0, 2.0] + [NAN] * (len(table) - 2)
    return table.assign(low=0.0, high=2000.0, unit="MW", confidence="C")


def parameters(keys: list[str], unit: str = "MW") -> list[UncertainParameter]:
    return [UncertainParameter(key, 1000.0, 0.0, 2000.0, unit, "C", (key,)) for key in keys]


def report(table: pd.DataFrame, spread: np.ndarray | None = None, **changes: object) -> SensitivityReport:
    study = Sensitivity(
        numbers=table,
        spread=np.empty(0) if spread is None else spread,
        explained=NAN if spread is None else 0.876,
        base=BASE,
        metric="delivered",
        unit="GWh",
        points=40,
        failed=0,
        reason="",
    )
    values = {
        "study": study,
        "parameters": parameters(list(table.index)),
        "record": None,
        "is_after_calibration": False,
        "parts": {},
        "split": 0,
        "command": COMMAND,
    }
    return SensitivityReport(**(values | changes))  # type: ignore[arg-type]


def rows(block: str) -> list[list[str]]:
    """Return the cells of the lines of a block's table, its head first and its rule left out."""
    lines = [line for line in block.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [cells[0], *cells[2:]] if cells else []


def test_only_numbers_that_move_more_than_a_tenth_have_a_line_widest_first() -> None:
    table = numbers({"values.links.a.p_nom": 101.0, "values.links.b.p_nom": 300.0, "values.links.c.p_nom": 100.0})
    block = sensitivity_block(report(table))
    assert "2 numbers move the season by more than a tenth of its base, each alone." in block
    _, *lines = rows(block)
    assert [line[0] for line in lines] == ["`links.b.p_nom`", "`links.a.p_nom`"]
    assert lines[0][1:] == ["0 to 2,000 MW", "C", "1,000", "1,300"]


def test_a_long_table_is_cut_and_says_so() -> None:
    table = numbers({f"values.links.{number}.p_nom": 200.0 + number for number in range(LONGEST + 3)})
    block = sensitivity_block(report(table))
    assert f"{LONGEST + 3} numbers move the season by" in block
    assert f"each alone; the {LONGEST} widest." in block
    assert len(rows(block)) == LONGEST + 1


def test_nothing_that_moves_much_is_said() -> None:
    block = sensitivity_block(report(numbers({"a": 1.0, "b": 2.0})))
    assert "No number moves the season by more than a tenth of its base alone." in block
    assert not rows(block)


def test_the_range_that_the_record_leaves_stands_beside_that_of_the_evidence() -> None:
    table = numbers({"a": 400.0, "b": 300.0})
    # 0, 1, … 20 times 100: nine of ten lie from 100 to 1,900
    left = NumberSets(pd.DataFrame({"a": 100.0 * np.arange(21)}), Path("sets.csv"))
    head, first, second = rows(sensitivity_block(report(table, record=left)))
    assert head[2] == "90 % range that the record leaves"
    assert first[1:3] == ["0 to 2,000 MW", "100 to 1,900 MW"]
    assert second[1:3] == ["0 to 2,000 MW", "the same"]
    assert len({len(first), len(second), len(head)}) == 1


def test_spread_variance_and_points_are_said_in_words() -> None:
    table = numbers({"a": 400.0, "b": 300.0, "c": 1.0})
    spread = 10.0 * np.arange(101)  # of 0, 10, … 1,000: 50 to 950 in nine of ten, 500 in the middle
    parts = {"random": 0.25, "unknown": 0.7, "together": 0.05}
    block = sensitivity_block(report(table, spread, parts=parts, split=4))
    assert f"Made by `{COMMAND}`." in block
    assert "With all 3 numbers at once anywhere in their ranges (101 sets)" in block
    assert "**between 50 and 950 GWh in nine of ten**, and at 500 in the middle" in block
    assert "With every number at its base it is 1,000 GWh. The 2 numbers that were screened make 88 %" in block
    assert "unknown numbers make 70 %, water and outages 25 %, both together 5 % (4 sets" in block
    assert "All 40 points have an optimum." in block
    after = sensitivity_block(report(table, spread, is_after_calibration=True))
    assert "at once drawn from what the record leaves" in after
    assert "the ends of the range that the record leaves" in after
    assert "Of the variance" not in after


def test_ends_without_optimum_and_indices_have_a_cell() -> None:
    table = numbers({"a": 400.0, "b": 300.0})
    table.loc["a", "at high"] = NAN
    table["ST"] = [0.391, NAN]
    table["ST interval"] = [0.184, NAN]
    head, first, second = rows(sensitivity_block(report(table)))
    assert head[-1] == "Sobol ST"
    assert first[-2:] == ["no optimum", "0.39 ± 0.18"]
    assert second[-2:] == ["1,300", ""]


@pytest.mark.parametrize(("unit", "text"), [("year", "2027 to 2030"), ("MW", "2,027 to 2,030 MW")])
def test_years_of_build_have_no_comma(unit: str, text: str) -> None:
    table = numbers({"a": 400.0, "b": 300.0})
    known = [UncertainParameter(key, 2028.0, 2027.0, 2030.0, unit, "C", (key,)) for key in table.index]
    _, first, _ = rows(sensitivity_block(report(table, parameters=known)))
    assert first[1] == text
