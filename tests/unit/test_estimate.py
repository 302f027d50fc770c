"""Estimates: unbiased, with intervals that cover, and narrower where that is promised."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from energy.analysis.risk.estimate import mean
from energy.analysis.risk.stratification import Pool, Samples, _stratified_mean, make_pool

STRATA, POOL = 8, 4096


def season(water: np.ndarray, luck: np.ndarray) -> np.ndarray:
    """Like the real thing: nothing below some water, the line's rating above some, outages on top."""
    return np.clip(1000 * (water - 0.5), 0, 1500) * (1 - 0.3 * (luck < 0.2))


def repeated(estimate: Callable[[np.random.Generator, Pool, np.ndarray], float], repeats: int = 400) -> np.ndarray:
    """Estimates of the same mean from fresh pools, water and luck."""
    found = []
    for repeat in range(repeats):
        random = np.random.default_rng(repeat)
        water = random.normal(1.0, 0.7, POOL)
        pool = make_pool((water + random.normal(0, 0.2, POOL))[:, None], water + random.normal(0, 0.2, POOL), STRATA)
        found.append(estimate(random, pool, water))
    return np.array(found)


def truth() -> float:
    random = np.random.default_rng(99)
    return float(season(random.normal(1.0, 0.7, 4_000_000), random.random(4_000_000)).mean())


def taken(random: np.random.Generator, pool: Pool, water: np.ndarray, rounds: int) -> tuple[np.ndarray, np.ndarray]:
    draws = pool.order[: rounds * STRATA]
    return draws, season(water[draws], random.random(len(draws)))


@pytest.mark.parametrize("control", [False, True], ids=["strata", "strata and control"])
def test_stratified_means_are_unbiased_and_cover(control: bool) -> None:
    known = truth()

    def one(random: np.random.Generator, pool: Pool, water: np.ndarray) -> float:
        draws, values = taken(random, pool, water, 20)
        found = _stratified_mean(values, pool, draws, control)
        covered.append(found.interval[0] <= known <= found.interval[1])
        errors.append(found.error)
        return found.value

    covered: list[bool] = []
    errors: list[float] = []
    found = repeated(one)
    spread = float(found.std(ddof=1))
    assert abs(found.mean() - known) < 3 * spread / len(found) ** 0.5
    assert np.mean(errors) == pytest.approx(spread, rel=0.12)  # what it says of itself is so
    assert 0.92 <= np.mean(covered) <= 0.98


def test_strata_and_control_narrow_the_interval() -> None:
    def plain(random: np.random.Generator, pool: Pool, water: np.ndarray) -> float:
        return mean(season(water[:160], random.random(160))).value

    def strata(random: np.random.Generator, pool: Pool, water: np.ndarray) -> float:
        draws, values = taken(random, pool, water, 20)
        return _stratified_mean(values, pool, draws, control=False).value

    def both(random: np.random.Generator, pool: Pool, water: np.ndarray) -> float:
        draws, values = taken(random, pool, water, 20)
        return _stratified_mean(values, pool, draws).value

    spreads = [float(repeated(one, 200).std()) for one in (plain, strata, both)]
    assert spreads[1] < 0.7 * spreads[0]
    assert spreads[2] < spreads[1]


def test_a_useless_control_does_no_harm() -> None:
    random = np.random.default_rng(5)
    pool = make_pool(random.normal(size=(POOL, 3)), random.random(POOL), STRATA)
    draws = pool.order[: 40 * STRATA]
    values = random.normal(10, 2, len(draws))
    with_control = _stratified_mean(values, pool, draws)
    without = _stratified_mean(values, pool, draws, control=False)
    assert with_control.error < 1.1 * without.error
    assert abs(with_control.value - without.value) < without.error


def test_levels_that_are_exceeded_have_intervals_that_cover() -> None:
    covered = 0
    for repeat in range(400):
        values = np.random.default_rng(repeat).exponential(1.0, 300)
        _, low, high = Samples(np.ones(300), np.arange(300)).exceeded(values, 0.9)
        covered += low <= -np.log(0.9) <= high  # of an exponential: P(Y > y) = exp(−y)
    assert 368 <= covered <= 394  # 95 % of 400, give or take what 400 repeats may


def test_tail_mean_of_an_exponential() -> None:
    # worst 5 % of −Y: mean of Y beyond ln 20 is ln 20 + 1
    values = -np.random.default_rng(1).exponential(1.0, 40_000)
    found = Samples(np.ones(40_000), np.arange(40_000)).tail_mean(values, 0.05)
    assert abs(found.value + np.log(20) + 1) < 3 * found.error


def test_what_never_happened_is_not_impossible() -> None:
    found = Samples(np.ones(300), np.arange(300)).probability(np.zeros(300, dtype=bool))
    assert found.value == 0
    assert found.interval[1] == pytest.approx(0.01, rel=0.01)  # three in n
