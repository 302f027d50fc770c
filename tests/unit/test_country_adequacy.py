"""Adequacy of countries where the line has several segments a pole, and where nothing has an optimum."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from energy.analysis.risk.country_adequacy import _country_samples, _country_table, _loss_of_load
from energy.analysis.risk.season_sample import SamplingDesign
from energy.case import read_case
from energy.errors import SolverError
from energy.scenario import read_hazards, read_scenario


def test_without_the_line_more_demand_goes_unserved() -> None:
    """The line is taken out by its rating, and drawn outages of its poles meet segments without width."""
    scenario = read_scenario("baseline", overrides={"time.resolution": "typical-days-24h"})
    question = SamplingDesign(scenario, read_hazards("conflict"), seed=1, causes=False)
    samples = pd.DataFrame(_country_samples(read_case("casa1000"), question, [0]))
    assert len(samples) == 1
    assert samples.notna().all(axis=None)
    assert {"with energy AF", "without energy PK", "with hours all"} <= set(samples.columns)
    assert samples.at[0, "without energy all"] >= samples.at[0, "with energy all"] - 1e-3


def test_no_draw_with_an_optimum_is_said() -> None:
    with pytest.raises(SolverError, match="no draw has an optimum"):
        _country_table(pd.DataFrame([]))


def test_loss_of_load_on_typical_days_is_that_of_the_year_they_stand_for() -> None:
    """Typical days that recur are laid out in order, and counted hour by hour."""
    rng = np.random.default_rng(1)
    snapshots = pd.DatetimeIndex(
        [t for d in ("2027-01-01", "2027-02-01") for t in pd.date_range(d, periods=6, freq="4h")]
    )
    for _ in range(50):
        lacking = pd.Series(rng.random(12) < 0.4, snapshots)
        recurs = rng.integers(1, 5, 2)
        laid_out = np.concatenate([np.tile(lacking.to_numpy()[6 * i : 6 * i + 6], n) for i, n in enumerate(recurs)])
        found = _loss_of_load(lacking, pd.Series(np.repeat(4.0 * recurs, 6), snapshots))
        assert found["hours"] == pytest.approx(4 * laid_out.sum())
        assert found["days"] == pytest.approx(laid_out.reshape(-1, 6).any(axis=1).sum())
        assert found["events"] == pytest.approx((np.diff(laid_out.astype(int), prepend=0) == 1).sum())
