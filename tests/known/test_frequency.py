"""Frequency after a loss: closed forms, an integration of the two equations, and published estimates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from energy.metrics.frequency import SynchronousArea, _rate_of_change


def area(stored: float, relief: float, gain: float, time: float = 8.0) -> SynchronousArea:
    return SynchronousArea(np.array(stored), np.array(relief), np.array(gain), time)


def test_rate_of_change_of_the_bipole() -> None:
    """1,300 MW · 50 Hz / (2 · 4 s · 20,000 MVA) = 0.40625 Hz/s."""
    assert _rate_of_change(1300, 4, 20_000) == pytest.approx(0.40625)
    assert float(area(4 * 20_000, 0, 1).slope_per_mw * 1300) == pytest.approx(0.40625)


def test_the_tajik_island() -> None:
    """The island by the estimates of 4,000 MW of hydro, 60 % of it on governors at 5 % droop, and a load of 2.3 GW.

    Governors 0.6 · 4,000 / (0.05 · 50) = 960 MW/Hz, load relief 1.5 · 2,300 / 50 = 69, together 1,029 MW/Hz. A loss of
    1,300 MW: 1.26 Hz that stay, and at first 1,300 · 50 / (2 · 15,800) = 2.06 Hz/s.
    """
    island = area(15_800, 69, 960)
    assert float(1 / island.steady_per_mw) == pytest.approx(1029)
    assert float(1300 * island.steady_per_mw) == pytest.approx(1.263, abs=1e-3)
    assert float(1300 * island.slope_per_mw) == pytest.approx(2.057, abs=1e-3)


def test_without_governors_the_nadir_is_the_steady_value() -> None:
    """Only load relief: f(t) = P/D · (1 - exp(-t/T)) falls for ever and never swings."""
    lone = area(50_000, 400, 0)
    assert float(lone.nadir_per_mw) == pytest.approx(1 / 400)


def test_governors_of_no_delay_do_not_swing() -> None:
    assert float(area(50_000, 400, 600, time=1e-9).nadir_per_mw) == pytest.approx(1 / 1000, rel=1e-5)


positive = st.floats(1e4, 1e5)


@given(positive, st.floats(10, 800), st.floats(0, 4000), st.floats(0.3, 15))
@settings(max_examples=25)
def test_nadir_is_that_of_the_two_equations(stored: float, relief: float, gain: float, time: float) -> None:
    """Steps by the matrix exponential are exact; short ones meet the first swing, long ones what falls to the end."""
    mass = 2 * stored / 50
    slopes = np.array(
        [
            [-relief / mass, -1 / mass, -1 / mass],
            [gain / time, -1 / time, 0.0],
            [0.0, 0.0, 0.0],  # the loss of 1 MW stays
        ]
    )
    fastest = max(abs(np.linalg.eigvals(slopes)))
    shortest = 0.01 / fastest
    longest = 40 * max(time, mass / relief) / 4000
    lowest = 0.0
    for length in np.geomspace(shortest, longest, 4):
        step = expm(slopes * length)
        state = np.array([0.0, 0.0, 1.0])
        for _ in range(4000):
            state = step @ state
            lowest = max(lowest, -state[0])
    assert float(area(stored, relief, gain, time).nadir_per_mw) == pytest.approx(lowest, rel=2e-3)


@given(positive, st.floats(10, 800), st.floats(0, 4000), st.floats(0.1, 3))
def test_the_largest_loss_reaches_the_threshold(stored: float, relief: float, gain: float, deviation: float) -> None:
    system = area(stored, relief, gain)
    loss = float(system.largest_loss(deviation))
    assert loss * float(system.nadir_per_mw) == pytest.approx(deviation)
    limited = float(system.largest_loss(deviation, slope=0.5))
    assert limited <= loss + 1e-9
    assert limited * float(system.slope_per_mw) <= 0.5 + 1e-9


@given(positive, st.floats(10, 800), st.floats(0, 4000), st.floats(1.01, 3))
def test_more_inertia_never_deepens_the_nadir(stored: float, relief: float, gain: float, factor: float) -> None:
    heavier = area(stored * factor, relief, gain)
    assert float(heavier.nadir_per_mw) <= float(area(stored, relief, gain).nadir_per_mw) * (1 + 1e-9)
