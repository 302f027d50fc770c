"""Number sets: rows stay joint, numbers without a column keep their range, and what does not fit is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from energy.analysis.sensitivity.aleatory_epistemic import _with_optimum, bands
from energy.analysis.sensitivity.number_sets import NumberSets, drawn_shares, narrowed
from energy.analysis.sensitivity.sensitivity_indices import latin_hypercube
from energy.analysis.sensitivity.uncertain_parameters import UncertainParameter
from energy.errors import InputError, SolverError


def parameter(key: str, low: float, high: float) -> UncertainParameter:
    base = (low + high) / 2
    return UncertainParameter(key=key, base=base, low=low, high=high, unit="MW", confidence="C", places=(key,))


PARAMETERS = [parameter("a", 0.0, 10.0), parameter("b", 100.0, 200.0), parameter("c", -1.0, 1.0)]


def sets_of(**columns: list[float]) -> NumberSets:
    return NumberSets(pd.DataFrame(columns), Path("sets.csv"))


@pytest.mark.parametrize("count", [3, 10, 25])
def test_rows_stay_joint_and_come_evenly(count: int) -> None:
    """a and b go together in every row of the file: b = 100 + 10·a, so that their shares are equal."""
    values = [float(number) for number in range(10)]
    sets = sets_of(a=values, b=[100 + 10 * value for value in values])
    shares = drawn_shares(PARAMETERS, count, 1, sets)
    assert shares.shape == (count, 3)
    assert shares[:, 0] == pytest.approx(shares[:, 1])
    rows, times = np.unique(shares[:, 0].round(9), return_counts=True)
    assert len(rows) == min(count, 10)
    assert times.max() - times.min() <= 1
    assert np.array_equal(shares[:, 2], latin_hypercube(3, count, 1)[:, 2])  # c is not in the file


def test_without_sets_all_numbers_are_spread_over_their_ranges() -> None:
    assert np.array_equal(drawn_shares(PARAMETERS, 20, 7), latin_hypercube(3, 20, 7))


def test_a_number_outside_its_range_is_refused_with_its_line() -> None:
    with pytest.raises(InputError, match=r"sets.csv:3: a: 11 MW lies outside .* 0 to 10"):
        drawn_shares(PARAMETERS, 4, 1, sets_of(a=[5.0, 11.0, 6.0]))


def test_rounding_of_a_table_is_no_fault() -> None:
    assert drawn_shares(PARAMETERS, 4, 1, sets_of(a=[0.0, 10.0 + 1e-9]))[:, 0].max() == 1.0


def test_ranges_are_narrowed_to_nine_in_ten_of_the_sets() -> None:
    sets = sets_of(b=list(np.linspace(100, 200, 101)))
    plain, narrow, _ = narrowed(PARAMETERS, sets)
    assert (plain.low, plain.high) == (0.0, 10.0)
    assert (narrow.low, narrow.high) == pytest.approx((105.0, 195.0))
    assert narrow.low <= narrow.base <= narrow.high


def test_bands_of_a_season_that_is_a_sum() -> None:
    """A season of x(set) + y(draw), x even over 0 to 100 and y over 0 to 10: bands of 90 and 9, both together wider."""
    sets, draws = np.linspace(0, 100, 201), np.linspace(0, 10, 201)
    table = bands(sets[:, None] + draws[None, :])
    assert table.loc["unknown numbers", "width"] == pytest.approx(90.0)
    assert table.loc["water and outages", "width"] == pytest.approx(9.0)
    assert 90.0 < table.loc["both", "width"] < 99.0
    assert table["middle"].to_numpy() == pytest.approx(np.full(3, 55.0))


def test_an_impossible_set_leaves_the_draws_alone() -> None:
    seasons = np.array([[1.0, 2.0, 3.0], [np.nan, np.nan, np.nan], [2.0, 3.0, 4.0]])
    assert _with_optimum(seasons).tolist() == [[1.0, 2.0, 3.0], [2.0, 3.0, 4.0]]
    with pytest.raises(SolverError, match="two of each are needed"):
        _with_optimum(seasons[:2])
