"""Adequacy of countries where the line has several segments a pole, and where nothing has an optimum."""

from __future__ import annotations

import pandas as pd
import pytest

from energy.case import read_case
from energy.errors import SolverError
from energy.scenario import read_hazards, read_scenario
from energy.study.country_adequacy import country_samples, country_table
from energy.study.sample import Question


def test_without_the_line_more_demand_goes_unserved() -> None:
    """The line is taken out by its rating, and drawn outages of its poles meet segments without width."""
    scenario = read_scenario("baseline", overrides={"time.resolution": "typical-days-24h"})
    question = Question(scenario, read_hazards("conflict"), seed=1, causes=False)
    samples = pd.DataFrame(country_samples(read_case("casa1000"), question, [0]))
    assert len(samples) == 1
    assert samples.notna().all(axis=None)
    assert {"with energy AF", "without energy PK", "with hours all"} <= set(samples.columns)
    assert samples.at[0, "without energy all"] >= samples.at[0, "with energy all"] - 1e-3


def test_no_draw_with_an_optimum_is_said() -> None:
    with pytest.raises(SolverError, match="no draw has an optimum"):
        country_table(pd.DataFrame([]))
