"""Paths of years with drawn water, worked out on paper: in between two waters lies the value in between."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy.analysis.drawn_years import drawn_positions, npv_of_drawn_years, water_positions
from energy.analysis.investment import investment_table
from energy.analysis.investment_paths import flows_of_years
from energy.case.contract_terms import ContractTerms, Debt
from energy.case.investment import Investment
from energy.case.yearly_window import Window

YEARS = [2028, 2029]
DRY = pd.DataFrame({"A": [0.0, 10.0], "B": [4.0, -6.0]}, index=YEARS)
MEDIAN = pd.DataFrame({"A": [20.0, 40.0], "B": [0.0, -8.0]}, index=YEARS)
WET = pd.DataFrame({"A": [60.0, 50.0], "B": [-10.0, -9.0]}, index=YEARS)
WATERS = [DRY, MEDIAN, WET]
LIFE = 5
INVESTMENT = Investment(discount_rate=0.1, base_year=2026, start=2028, life=LIFE, to_come={"A": 20}, lenders={})
DEBT = Debt(capital={"A": 100, "B": 50}, interest=0.05, years=10)
SEASON = Window.model_validate({"from": "05-01", "to": "09-30"})
CONTRACT = ContractTerms(season=SEASON, ceiling=1000, shares={"A": 1}, debt=DEBT)


def value_of(table: pd.DataFrame, start: int = 2028) -> pd.Series:
    flows = flows_of_years(INVESTMENT, CONTRACT, table, start)
    return investment_table(INVESTMENT, CONTRACT, flows)["NPV"].drop("all")


@pytest.mark.parametrize("start", [2027, 2028, 2030])
@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_path_of_one_water_is_the_path_of_that_water(position: int, start: int) -> None:
    drawn = npv_of_drawn_years(INVESTMENT, CONTRACT, WATERS, start, np.full((1, LIFE), float(position)))
    expected = value_of(WATERS[position], start)
    assert drawn.loc[0].to_dict() == pytest.approx(expected.to_dict())


def test_one_wet_year_is_worth_its_difference_discounted() -> None:
    """2029 wet, the other years median: 50 - 40 to A and -9 + 8 to B, three years after the base year."""
    positions = np.ones((1, LIFE))
    positions[0, 1] = 2.0
    drawn = npv_of_drawn_years(INVESTMENT, CONTRACT, WATERS, 2028, positions).loc[0]
    median = value_of(MEDIAN)
    assert drawn["A"] - median["A"] == pytest.approx(10 / 1.1**3)
    assert drawn["B"] - median["B"] == pytest.approx(-1 / 1.1**3)


@given(st.floats(0, 1))
def test_between_dry_and_median_lies_the_value_between(share: float) -> None:
    drawn = npv_of_drawn_years(INVESTMENT, CONTRACT, WATERS, 2028, np.full((1, LIFE), share)).loc[0]
    between = (1 - share) * value_of(DRY) + share * value_of(MEDIAN)
    assert drawn.to_dict() == pytest.approx(between.to_dict(), abs=1e-6)


def test_one_settled_water_is_all_there_is() -> None:
    drawn = npv_of_drawn_years(INVESTMENT, CONTRACT, [MEDIAN], 2028, np.zeros((2, LIFE)))
    assert drawn.loc[0].to_dict() == pytest.approx(value_of(MEDIAN).to_dict())


def test_draws_are_seeded_and_follow_their_weights() -> None:
    positions = np.array([0.0, 2.0])
    drawn = drawn_positions(positions, 3, seed=4, weights=np.array([1.0, 3.0]))
    assert np.array_equal(drawn, drawn_positions(positions, 3, seed=4, weights=np.array([1.0, 3.0])))
    assert drawn.mean() == pytest.approx(1.5, abs=0.05)
    assert not np.array_equal(drawn, drawn_positions(positions, 3, seed=5, weights=np.array([1.0, 3.0])))


def test_years_beyond_the_known_ones_count_as_the_last() -> None:
    assert water_positions(np.array([0.0, 99.0]), [10.0, 20.0, 30.0]).tolist() == [0.0, 2.0]
