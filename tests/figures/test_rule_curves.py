"""Rule curves plot what years say: medians by class, a band, labels and units."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from energy.errors import InputError
from energy.plots.policy import _rule_curve, rule_curves_figure

MONTHS = ["April 2028", "May 2028", "June 2028"]


@pytest.fixture
def years() -> xr.Dataset:
    """Four years of three months: two dry ones that hold 10 and 30, two wet ones that hold 50 and 90."""
    content = np.array([[10.0, 10, np.nan], [30, 30, np.nan], [50, 50, np.nan], [90, 90, np.nan]])
    water_class = np.array([[0, 0, 0], [0, 1, 0], [1, 1, 1], [1, 1, 1]])
    return xr.Dataset(
        {"content": (("store", "year", "month"), content[None]), "water_class": (("year", "month"), water_class)},
        {"month": MONTHS, "store": ["lake"]},
        {"scenario": "try", "year": 2028, "case": "two_bus", "weakest_confidence": "A", "version": "0"},
    )


def test_rule_curve_is_the_median_by_water_so_far(years: xr.Dataset) -> None:
    curve = _rule_curve(years, "lake")
    assert curve[:, :2].tolist() == [[20.0, 10.0], [70.0, 50.0]]
    assert np.isnan(curve[:, 2]).all()


@pytest.mark.parametrize("size", ["journal", "slide"])
def test_figure_has_a_line_a_class_and_says_its_unit(years: xr.Dataset, size: str) -> None:
    (axes,) = rule_curves_figure(years, ["lake"], size).axes
    assert axes.get_ylabel() == "content [hm³]"
    assert [line.get_label() for line in axes.lines] == ["class 1 of 2, the driest", "class 2 of 2"]
    assert axes.lines[1].get_ydata().tolist() == [70.0, 50.0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["Apr", "May"]


def test_a_lake_that_is_not_there_is_said(years: xr.Dataset) -> None:
    with pytest.raises(InputError, match="no store 'lak'"):
        rule_curves_figure(years, ["lak"])
