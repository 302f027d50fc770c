"""The library gives the headline numbers that results/reference records."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from energy.analysis import run
from energy.analysis.reference import _headline
from energy.case import read_case
from energy.report.docs_pages import HEADLINE, _read_headline
from energy.scenario import list_scenarios, read_scenario

ROOT = Path(__file__).parents[2]
RECORDED = _read_headline(ROOT / HEADLINE)
QUICK = ("baseline", "two_bus")
NAMES = list(dict.fromkeys(RECORDED["scenario"]))
AGAIN = [*QUICK, *(str(name) for name in np.random.default_rng(8).choice(NAMES, 6, replace=False) if name not in QUICK)]
"""Solved again: two in every run of the tests, some others of the library with the slow ones."""

EACH = {"delivered", "mean power", "peak", "unserved"}


def test_every_scenario_of_the_library_is_recorded() -> None:
    assert list(list_scenarios()) == NAMES, "run: make reference"


def test_the_numbers_are_sound() -> None:
    table = RECORDED.pivot_table(index="scenario", columns="quantity", values="value")
    assert not RECORDED.duplicated(["scenario", "quantity"]).any()
    assert table[sorted(EACH)].notna().all(axis=None)
    assert (table.fillna(0) > -1e-6).all(axis=None)
    assert (table["mean power"] <= table["peak"] + 1e-3).all()
    capped = table.dropna(subset="contract ceiling")
    assert (capped["delivered"] <= capped["contract ceiling"] * (1 + 1e-6)).all()
    assert set(RECORDED["unit"]) == {"GWh", "MW"}


def test_the_changelog_says_what_moved() -> None:
    """Each version has its heading, and names the scenarios whose numbers it moved."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    assert versions
    for version in versions:
        title = version.splitlines()[0]
        found = re.search(r"^### Results change\n\n((?:- .+\n(?:  .+\n)*)+)", version, flags=re.MULTILINE)
        assert found, f"{title} has no entries under 'Results change'"


@pytest.mark.parametrize("name", [pytest.param(n, marks=() if n in QUICK else pytest.mark.slow) for n in AGAIN])
def test_numbers_are_those_recorded(name: str) -> None:
    scenario = read_scenario(name)
    found = _headline({name: run(read_case(scenario.case), scenario)})
    recorded = RECORDED[RECORDED["scenario"] == name].reset_index(drop=True)
    pd.testing.assert_frame_equal(found, recorded, rtol=1e-4, atol=1e-2, check_dtype=False)
