"""Laws of first filling: more water kept back never lowers a later head, and nothing is filled above the top."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from energy.case.first_filling import FillingRule
from energy.model.hydrology.first_filling import (
    _content_after,
    _content_over,
    _discharge_of,
    _level_of,
    _volume_below,
    _yield_of,
)


@dataclass(frozen=True)
class Filling:
    """Numbers of a dam that is filled for the first time."""

    volume: float
    exponent: float
    level: float
    yearly: float

    def rule(self, **changes: float) -> FillingRule:
        """Return the rule of it."""
        numbers = {"volume": self.volume, "exponent": self.exponent, "level": self.level, "yearly": self.yearly}
        return FillingRule(
            kind="filling",
            sink="sink",
            turbines=("unit",),
            window={"from": "06-01", "to": "09-30"},
            bottom=975,
            top=1290,
            tailwater=978,
            efficiency=0.9,
            unit_power=600,
            design_head=272,
            year=2025,
            **(numbers | changes),
        )


FILLINGS = st.builds(
    Filling,
    volume=st.floats(1000, 20000),
    exponent=st.floats(1, 6),
    level=st.floats(990, 1280),
    yearly=st.floats(0, 3000),
)
YEARS = st.integers(2026, 2060)


@given(filling=FILLINGS, more=st.floats(0, 2000), year=YEARS)
def test_more_filling_never_lowers_a_later_head(filling: Filling, more: float, year: int) -> None:
    little, much = filling.rule(), filling.rule(yearly=filling.yearly + more)
    assert _level_of(much, _content_after(much, year)) >= _level_of(little, _content_after(little, year)) - 1e-9
    assert _yield_of(much, _content_after(much, year)) >= _yield_of(little, _content_after(little, year)) - 1e-9
    assert _discharge_of(much, _content_after(much, year)) >= _discharge_of(little, _content_after(little, year)) - 1e-9


@given(filling=FILLINGS, year=YEARS)
def test_the_content_rises_to_the_top_and_stays(filling: Filling, year: int) -> None:
    rule = filling.rule()
    assert _content_after(rule, year - 1) <= _content_after(rule, year) <= rule.volume
    kept_back = _content_after(rule, year) - _content_after(rule, year - 1)
    assert 0 <= kept_back <= rule.yearly + 1e-6


@given(filling=FILLINGS, level=st.floats(976, 1290))
def test_level_and_volume_are_each_others_inverse(filling: Filling, level: float) -> None:
    rule = filling.rule()
    assert abs(float(_level_of(rule, _volume_below(rule, level))) - level) < 1e-6


@given(filling=FILLINGS, year=YEARS)
def test_no_water_is_made_or_lost_within_a_year(filling: Filling, year: int) -> None:
    """The hours of a year begin with the content after the last one's window and end with that after its own."""
    rule = filling.rule()
    hours = pd.date_range(f"{year}-01-01", f"{year + 1}-01-01", freq="h", inclusive="left")
    content = _content_over(rule, hours)
    assert (np.diff(content) >= -1e-9).all()
    assert np.isclose(content[0], _content_after(rule, year - 1))
    assert np.isclose(content[-1], _content_after(rule, year))
