"""Standard normal numbers that are the same bits on every machine: counter-based bits, then only exact-rounded steps.

Addition, multiplication, division and the square root are rounded the same everywhere (IEEE 754). Logarithm and
exponential of the system's libraries are not, so this module writes those two out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256

import numpy as np

# ln 2 in two parts: its first 33 bits, and the rest
_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10

# Wichura (1988), algorithm AS 241, PPND16; coefficients of the rational functions, highest power first
_CENTRE = 0.425  # |u - 1/2| up to which the central form holds
_CENTRE_NUMERATOR = (
    2509.0809287301226727,
    33430.575583588128105,
    67265.770927008700853,
    45921.953931549871457,
    13731.693765509461125,
    1971.5909503065514427,
    133.14166789178437745,
    3.387132872796366608,
)
_CENTRE_DENOMINATOR = (
    5226.495278852854561,
    28729.085735721942674,
    39307.89580009271061,
    21213.794301586595867,
    5394.1960214247511077,
    687.1870074920579083,
    42.313330701600911252,
    1.0,
)
_TAIL_NUMERATOR = (
    7.7454501427834140764e-4,
    0.0227238449892691845833,
    0.24178072517745061177,
    1.27045825245236838258,
    3.64784832476320460504,
    5.7694972214606914055,
    4.6303378461565452959,
    1.42343711074968357734,
)
_TAIL_DENOMINATOR = (
    1.05075007164441684324e-9,
    5.475938084995344946e-4,
    0.0151986665636164571966,
    0.14810397642748007459,
    0.68976733498510000455,
    1.6763848301838038494,
    2.05319162663775882187,
    1.0,
)


def normal_stream(
    key: Sequence[str | int],
    count: int,
) -> np.ndarray:
    """Return the first numbers of a stream of independent standard normal numbers.

    The stream is that of the Philox 4×64 generator (Salmon et al. 2011, doi 10.1145/2063384.2063405) whose 128-bit key
    is the head of the SHA-256 hash of `key`; the upper 32 bits of each word, u = (n + ½)/2³², become Φ⁻¹(u).

    Parameters
    ----------
    key
        Words and whole numbers that name the stream.
    count
        How many numbers; a longer stream begins with the shorter one.

    Returns
    -------
    numpy.ndarray
        Shape (count,).

    Examples
    --------
    >>> bool((normal_stream(["a", 1], 5)[:3] == normal_stream(["a", 1], 3)).all())
    True
    """
    return normal_quantile(uniform_stream(key, count))


def uniform_stream(
    key: Sequence[str | int],
    count: int,
) -> np.ndarray:
    """Return the first numbers of a stream of independent numbers, evenly spread over (0, 1); see `normal_stream`.

    Examples
    --------
    >>> bool(0.49 < uniform_stream(["a", 1], 100_000).mean() < 0.51)
    True
    """
    name = json.dumps(
        list(key),
        ensure_ascii=True,
        separators=(",", ":"),
    )
    digest = sha256(name.encode()).digest()
    philox_key = int.from_bytes(digest[:16], "little")
    generator = np.random.Philox(key=philox_key)
    words = generator.random_raw(count)
    upper_bits = words >> np.uint64(32)
    return np.asarray((upper_bits.astype(float) + 0.5) / 2.0**32)


def normal_quantile(probability: np.ndarray) -> np.ndarray:
    """Return Φ⁻¹ of probabilities between 1.4e-11 and 1 − 1.4e-11 (Wichura 1988, AS 241, relative error 1e-16).

    Examples
    --------
    >>> normal_quantile(np.array([0.5, 0.975])).round(6).tolist()
    [0.0, 1.959964]
    """
    offset = probability - 0.5
    is_central = np.abs(offset) <= _CENTRE
    central = _central_quantile(np.where(is_central, offset, 0.0))
    smaller_tail = np.minimum(probability, 1.0 - probability)
    tail = _tail_quantile(np.where(is_central, 0.05, smaller_tail))
    signed_tail = np.where(offset < 0.0, -tail, tail)
    return np.where(is_central, central, signed_tail)


def _central_quantile(offset: np.ndarray) -> np.ndarray:
    """Return Φ⁻¹(½ + offset) for offsets up to 0.425."""
    argument = _CENTRE**2 - offset * offset
    numerator = _polynomial(_CENTRE_NUMERATOR, argument)
    denominator = _polynomial(_CENTRE_DENOMINATOR, argument)
    return np.asarray(offset * (numerator / denominator))


def _tail_quantile(probability: np.ndarray) -> np.ndarray:
    """Return −Φ⁻¹ of small probabilities."""
    argument = np.sqrt(-logarithm(probability)) - 1.6
    numerator = _polynomial(_TAIL_NUMERATOR, argument)
    denominator = _polynomial(_TAIL_DENOMINATOR, argument)
    return np.asarray(numerator / denominator)


def logarithm(value: np.ndarray) -> np.ndarray:
    """Return the natural logarithm of positive numbers, by ln(2ᵏm) = k·ln 2 + 2·artanh((m − 1)/(m + 1)).

    Examples
    --------
    >>> logarithm(np.array([1.0, 10.0])).round(12).tolist()
    [0.0, 2.302585092994]
    """
    fraction, exponent = np.frexp(value)  # exact
    is_low = fraction < np.sqrt(0.5)
    mantissa = np.where(is_low, 2.0 * fraction, fraction)
    power = exponent - is_low
    ratio = (mantissa - 1.0) / (mantissa + 1.0)
    square = ratio * ratio
    odd_numbers = range(23, 0, -2)
    coefficients = [1.0 / odd for odd in odd_numbers]
    series = _polynomial(coefficients, square)  # |ratio| ≤ 0.172: next term below 1e-19
    return np.asarray(power * _LN2_HIGH + (power * _LN2_LOW + 2.0 * ratio * series))


def exponential(value: np.ndarray) -> np.ndarray:
    """Return the exponential of numbers of moderate size, by eˣ = 2ᵏ·eʳ with |r| ≤ ln 2 / 2 and Taylor's series.

    Examples
    --------
    >>> exponential(np.array([0.0, 1.0])).round(12).tolist()
    [1.0, 2.718281828459]
    """
    power = np.rint(value / (_LN2_HIGH + _LN2_LOW))
    remainder = (value - power * _LN2_HIGH) - power * _LN2_LOW
    coefficients = [1.0]
    for n in range(1, 15):
        coefficients.append(coefficients[-1] / n)
    highest_first = coefficients[::-1]
    series = _polynomial(highest_first, remainder)
    return np.asarray(np.ldexp(series, power.astype(int)))


def _polynomial(
    highest_first: Sequence[float],
    value: np.ndarray,
) -> np.ndarray:
    total = np.full_like(value, highest_first[0])
    for coefficient in highest_first[1:]:
        total = total * value + coefficient
    return total
