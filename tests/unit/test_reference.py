"""The library gives the headline numbers that results/reference records."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from energy.case import read_case
from energy.report.pages import HEADLINE, read_headline
from energy.scenario import list_scenarios, read_scenario
from energy.study import run
from energy.study.reference import headline

RECORDED = read_headline(Path(__file__).parents[2] / HEADLINE)
QUICK = ("baseline", "two_bus")
NAMES = list(dict.fromkeys(RECORDED["scenario"]))
NEEDED = {"baseline", "dry_year", "hvdc_pole_out_july", "border_closed_summer", "two_bus"}


def test_what_pages_rest_on_is_recorded() -> None:
    assert set(NAMES) >= NEEDED
    assert set(NAMES) <= set(list_scenarios())


@pytest.mark.parametrize("name", [pytest.param(n, marks=() if n in QUICK else pytest.mark.slow) for n in NAMES])
def test_numbers_are_those_recorded(name: str) -> None:
    scenario = read_scenario(name)
    found = headline({name: run(read_case(scenario.case), scenario)})
    recorded = RECORDED[RECORDED["scenario"] == name].reset_index(drop=True)
    pd.testing.assert_frame_equal(found, recorded, rtol=1e-4, atol=1e-2, check_dtype=False)
