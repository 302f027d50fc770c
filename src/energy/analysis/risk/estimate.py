"""Estimators: means of plain, of skewed and of the worst samples, with standard error and interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A number with its standard error.

    Attributes
    ----------
    value, error
        The estimate and its standard error, both in the number's unit.
    count
        Samples behind it.
    """

    value: float
    error: float
    count: int

    @property
    def half_width(self) -> float:
        """Half of the 95 % interval, by Student's t."""
        return float(stats.t.ppf((1 + CONFIDENCE) / 2, max(self.count - 1, 1))) * self.error

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval."""
        return self.value - self.half_width, self.value + self.half_width


def mean(values: np.ndarray, weights: np.ndarray | None = None) -> Estimate:
    """Return the mean of independent samples, with likelihood ratios if they were drawn under another law.

    Examples
    --------
    >>> mean(np.array([1.0, 2.0, 3.0])).interval[0] < 0 < mean(np.array([1.0, 2.0, 3.0])).value
    True
    """
    weighted = values
    if weights is not None:
        weighted = values * weights
    count = len(weighted)
    error = np.inf
    if count > 1:
        spread = float(weighted.std(ddof=1))
        error = spread / count**0.5
    return Estimate(float(weighted.mean()), error, count)


def skewed_mean(values: np.ndarray) -> Estimate:
    """Return the mean of independent samples of a rare and large figure, with an error that still covers it.

    Few samples of a skewed figure mostly miss its large values, and with them most of its spread: their own standard
    error is then several times too small. The error here is the distance to the upper end of the gamma interval of Fay
    and Feuer (*Statistics in Medicine* 16, 1997, 791-801), in which one more loss as large as the largest is always
    still to come, in units of the normal distribution. For many samples of an even figure it is the standard error.

    Parameters
    ----------
    values
        Samples, 0 or more.

    Returns
    -------
    Estimate
        Its error is NaN where all samples are 0: nothing then says how large a loss is.

    Examples
    --------
    >>> rare = np.array([0.0] * 18 + [1.0, 9.0])
    >>> round(mean(rare).error, 2), round(skewed_mean(rare).error, 2)
    (0.45, 1.01)
    >>> even = np.linspace(90, 110, 200)
    >>> round(mean(even).error, 2), round(skewed_mean(even).error, 2)
    (0.41, 0.44)
    """
    count = len(values)
    total = float(values.sum())
    if not values.any():
        return Estimate(0.0, float("nan"), count)
    average = total / count
    unseen = float(values.max()) - average
    variance = total**2
    if count > 1:
        variance = count * float(values.var(ddof=1))
    center = total + unseen
    spread = variance + unseen**2
    if spread == 0.0:
        return Estimate(average, 0.0, count)
    upper_tail = (1 + CONFIDENCE) / 2
    degrees = 2 * center**2 / spread
    scale = spread / (2 * center)
    upper = scale * float(stats.chi2.ppf(upper_tail, degrees))
    deviations = float(stats.norm.ppf(upper_tail))
    error = (upper - total) / count / deviations
    return Estimate(average, error, count)


def tail_mean(values: np.ndarray, tail: float = 0.05) -> Estimate:
    """Return the mean of the worst samples (CVaR, expected shortfall), with its standard error.

    The end of the tail is an estimate as well, which widens the error (Manistre and Hancock, *North American Actuarial
    Journal* 9, 2005, 129-156).

    Parameters
    ----------
    values
        Samples; the highest are the worst.
    tail
        Share of the samples that is the tail, 0 to 1.

    Returns
    -------
    Estimate
        Its error is NaN where the tail is one sample, or nothing is lost in it: nothing then says how large a loss is.

    Examples
    --------
    >>> tail_mean(np.arange(100.0)).value
    97.0
    """
    count = int(np.ceil(tail * len(values) - 1e-9))
    count = max(1, count)
    worst = np.sort(values)[-count:]
    if count == 1 or not worst.any():
        return Estimate(float(worst[0]), float("nan"), count)
    average = worst.mean()
    depth = float(average - worst[0])
    spread = float(worst.var(ddof=1)) + (1 - tail) * depth**2
    error = (spread / count) ** 0.5
    return Estimate(float(average), error, count)
