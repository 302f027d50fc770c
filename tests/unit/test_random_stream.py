"""Normal numbers against scipy's, and their streams against chance."""

import numpy as np
import pytest
from scipy.special import ndtri

from energy.model.random_stream import exponential, logarithm, normal_quantile, normal_stream


def test_quantile_logarithm_and_exponential_agree_with_the_libraries() -> None:
    chance = np.concatenate([np.geomspace(1.2e-10, 0.5, 5000), 1 - np.geomspace(1e-9, 0.5, 5000)])
    np.testing.assert_allclose(normal_quantile(chance), ndtri(chance), rtol=1e-13, atol=1e-14)
    value = np.geomspace(1e-12, 1e6, 5000)
    np.testing.assert_allclose(logarithm(value), np.log(value), rtol=1e-14, atol=1e-15)
    power = np.linspace(-20, 20, 5000)
    np.testing.assert_allclose(exponential(power), np.exp(power), rtol=1e-14)


def test_stream_is_standard_normal() -> None:
    numbers = normal_stream(["river", "a", 1, 2], 100_000)
    # four standard errors of mean, spread, skewness and kurtosis of 100,000 numbers
    assert abs(numbers.mean()) < 4 / np.sqrt(1e5)
    assert abs(numbers.std() - 1) < 4 / np.sqrt(2e5)
    assert abs((numbers**3).mean()) < 4 * np.sqrt(15 / 1e5)
    assert abs((numbers**4).mean() - 3) < 4 * np.sqrt(96 / 1e5)
    assert abs(np.corrcoef(numbers[:-1], numbers[1:])[0, 1]) < 4 / np.sqrt(1e5)


@pytest.mark.parametrize(
    "other", [["river", "b", 1, 2], ["river", "a", 2, 2], ["river", "a", 1, 3], ["river", "a", 12]]
)
def test_streams_of_other_keys_are_independent(other: list[str | int]) -> None:
    first, second = normal_stream(["river", "a", 1, 2], 20_000), normal_stream(other, 20_000)
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(2e4)


def test_bits_are_these_on_every_machine() -> None:
    assert [number.hex() for number in normal_stream(["river", "Naryn", 1, 7], 3).tolist()] == [
        "0x1.869d19d5582a0p-1",
        "0x1.a80325db8cd0ap+0",
        "0x1.c0801a09901f2p-3",
    ]
