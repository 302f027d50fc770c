"""Fits to event logs: what the shipped log says, intervals that cover, faults of the log."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from energy.analysis.risk.fit_hazard import _poisson_rate, fit_log
from energy.case.event_log import read_event_log
from energy.errors import InputError

LOG = Path("networks/casa1000/events.csv")


def test_attacks_in_conflict_and_in_calm() -> None:
    log = read_event_log(LOG)
    conflict = fit_log(log, ["salang_220kv"], ["attack"], pd.Timestamp("2018-03-01"), pd.Timestamp("2021-08-15"))
    # 21 in 3.46 years: 6.07, and χ²(5 %; 42)/2T to χ²(95 %; 44)/2T
    assert conflict.events == 21
    assert (conflict.per_year, conflict.low, conflict.high) == pytest.approx((6.07, 4.08, 8.74), abs=0.02)
    assert 36 < conflict.law["median"] < 80
    calm = log[(log["corridor"] == "salang_220kv") & (log["cause"] == "attack") & (log["start"] >= "2022-06-01")]
    assert calm.empty
    rate, low, high = _poisson_rate(0, 4.08)
    assert (rate, low) == (0, 0)
    assert high == pytest.approx(-np.log(0.05) / 4.08)  # P(none) = exp(−λT) = 5 %


def synthetic(random: np.random.Generator, rate: float, years: int) -> pd.DataFrame:
    count = random.poisson(rate * years)
    start = pd.Timestamp("2000-01-01") + pd.to_timedelta(np.sort(random.random(count)) * years * 365.25, unit="D")
    columns = {"start": start, "hours": 66 * np.exp(0.67 * random.normal(size=count))}
    return pd.DataFrame(columns).assign(corridor="line", cause="attack", counts="yes", incidents=1.0)


def test_intervals_cover_the_law_that_the_log_came_from() -> None:
    rate_in = median_in = sigma_in = 0
    for repeat in range(300):
        log = synthetic(np.random.default_rng(repeat), 3.0, 8)
        end = pd.Timestamp("2000-01-01") + pd.Timedelta(days=8 * 365.25)
        found = fit_log(log, ["line"], [], pd.Timestamp("2000-01-01"), end)
        rate_in += found.low <= 3.0 <= found.high
        median_in += found.intervals["median"][0] <= 66 <= found.intervals["median"][1]
        sigma_in += found.intervals["sigma"][0] <= 0.67 <= found.intervals["sigma"][1]
    # 90 % of 300 is 270 ± 5; the exact interval of a count covers somewhat more
    assert 255 <= rate_in <= 293
    assert 255 <= median_in <= 285
    assert 255 <= sigma_in <= 285


def test_months_count_with_their_own_exposure() -> None:
    log = synthetic(np.random.default_rng(1), 20.0, 40)
    span = pd.Timestamp("2000-01-01"), pd.Timestamp("2040-01-01")
    summer = fit_log(log, ["line"], [], *span, months=(5, 6, 7, 8, 9))
    assert summer.years == pytest.approx(40 * 153 / 365.25)
    assert summer.per_year == pytest.approx(20, rel=0.1)


def test_faults() -> None:
    log = read_event_log(LOG)
    span = pd.Timestamp("2018-01-01"), pd.Timestamp("2021-01-01")
    with pytest.raises(InputError, match="did you mean 'salang_220kv'"):
        fit_log(log, ["salang_220kW"], [], *span)
    with pytest.raises(InputError, match="0 durations are too few"):
        fit_log(log, ["tj_af_border"], [], *span)


def test_a_broken_log_says_where(tmp_path: Path) -> None:
    lines = LOG.read_text(encoding="utf-8").splitlines()
    broken = tmp_path / "events.csv"
    broken.write_text("\n".join([lines[0], lines[1].replace("2012-02-06", "6 Feb 2012"), lines[2]]), encoding="utf-8")
    with pytest.raises(InputError, match=r"events\.csv:2: start of 'UA01' is '6 Feb 2012'"):
        read_event_log(broken)
