"""Present value and internal rate of return, worked out on paper."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy.metrics.discounting import annuity_factor, internal_rate_of_return, present_value


def project(first: int) -> pd.Series:
    """100 million $ in the first year, 20 million in each of the ten after it."""
    years = range(first, first + 11)
    return pd.Series([-100.0] + [20.0] * 10, index=years)


def test_a_hundred_millions_and_ten_years_of_twenty() -> None:
    """Annuity factor of ten years at 10 %: (1 - 1.1^-10) / 0.1 = 6.14457; 20 · 6.14457 - 100 = 22.89."""
    assert present_value(project(2026), 0.10, 2026) == pytest.approx(22.89, abs=0.005)


def test_the_same_a_year_later() -> None:
    """22.89 / 1.1 = 20.81."""
    assert present_value(project(2027), 0.10, 2026) == pytest.approx(20.81, abs=0.005)


def test_the_internal_rate_makes_the_value_zero() -> None:
    """Twenty a year for ten years repay 100 at 15.0984 %: the root of 20 · (1 - (1+r)^-10) / r = 100."""
    rate = internal_rate_of_return(project(2026))
    assert rate == pytest.approx(0.150984, abs=1e-6)
    assert internal_rate_of_return(project(2030)) == pytest.approx(rate, abs=1e-9)


def test_flows_without_a_single_rate_have_none() -> None:
    assert math.isnan(internal_rate_of_return(pd.Series([10.0, 20.0], index=[2026, 2027])))
    several = pd.Series([-100.0, 230.0, -132.0], index=[2026, 2027, 2028])  # zero at 10 % and at 20 %
    assert present_value(several, 0.10, 2026) == pytest.approx(0, abs=1e-9)
    assert present_value(several, 0.20, 2026) == pytest.approx(0, abs=1e-9)
    assert math.isnan(internal_rate_of_return(several))


@given(st.floats(0.001, 0.5), st.integers(1, 60))
def test_annuity_factor_is_the_closed_form(rate: float, years: int) -> None:
    assert annuity_factor(rate, years) == pytest.approx((1 - (1 + rate) ** -years) / rate)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=20), st.floats(0, 0.3), st.integers(0, 10))
def test_a_year_later_is_worth_a_rate_less(flows: list[float], rate: float, wait: int) -> None:
    now = pd.Series(flows, index=range(2026, 2026 + len(flows)))
    later = now.set_axis(now.index + wait)
    expected = present_value(now, rate, 2026) / (1 + rate) ** wait
    assert present_value(later, rate, 2026) == pytest.approx(expected, abs=1e-6)
