"""Stratification of water years: pools, control variates, and samples with likelihood ratios.

Water years are a *pool* of cheap draws, sorted by a number that is known without solving; strata are equal parts of the
pool, and samples are taken from each in turn (double sampling for stratification; Cochran 1977, ch. 12). A regression
of the sampled energy on what is known of every pool member corrects the mean (control variate); each sample is
predicted by a regression on the others, so that the correction has mean zero (cross-fitting). Nothing here assumes that
the regression is right: a poor one only gains little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from energy.analysis.risk.estimate import Estimate, mean

FOLDS = 5


@dataclass(frozen=True, eq=False)
class Pool:
    """Cheap draws of water, in strata.

    Attributes
    ----------
    features
        What is known of each draw without solving; shape (draws, features).
    order
        Draws in the order in which they are sampled: one from each stratum in turn, within a stratum by number.
    stratum
        Stratum of each draw; shape (draws,).
    strata
        How many strata there are.
    """

    features: np.ndarray
    order: np.ndarray
    stratum: np.ndarray
    strata: int


def make_pool(
    features: np.ndarray,
    index: np.ndarray,
    strata: int,
) -> Pool:
    """Return the pool of draws, cut into strata of equal size by an index.

    Parameters
    ----------
    features
        Shape (draws, features).
    index
        What the draws are sorted by; shape (draws,).
    strata
        Number of strata; it divides the number of draws.

    Examples
    --------
    >>> make_pool(np.zeros((4, 0)), np.array([3.0, 1.0, 2.0, 0.0]), 2).order.tolist()
    [1, 0, 3, 2]
    """
    draws = len(index)
    size = draws // strata
    assert size * strata == draws, "strata of equal size"
    ranked = np.argsort(index, kind="stable")
    by_stratum = ranked.reshape(strata, size)
    members = np.sort(by_stratum, axis=1)
    number_of_stratum = np.arange(strata)
    stratum = np.empty(draws, dtype=int)
    stratum[members] = number_of_stratum[:, None]
    return Pool(
        features=features,
        order=members.T.ravel(),
        stratum=stratum,
        strata=strata,
    )


def _stratified_mean(
    values: np.ndarray,
    pool: Pool,
    draws: np.ndarray,
    control: bool = True,
) -> Estimate:
    """Return the mean over all water years from samples of a pool's strata.

    Parameters
    ----------
    values
        Of each sample; likelihood ratios, if any, are in them.
    pool
        The draws they were taken from.
    draws
        Number of each sample's draw.
    control
        Whether to correct with a regression on the pool's features.

    Returns
    -------
    Estimate
        The variance is that within strata, and that of the pool itself: Var = Σ s²ₕ/(S²·nₕ) + s²/M, with S strata
        and M draws in the pool.
    """
    stratum = pool.stratum[draws]
    samples = np.bincount(stratum, minlength=pool.strata)
    is_empty = samples == 0
    if is_empty.any():
        return mean(values)
    residual = values
    fewest_for_control = 2 * FOLDS * pool.strata
    if control and len(values) >= fewest_for_control:
        residual = values - _cross_fitted(values, pool, draws)
    stratum_mean = np.bincount(stratum, residual, pool.strata) / samples
    deviation = residual - stratum_mean[stratum]
    squares = np.bincount(stratum, deviation**2, pool.strata)

    # a stratum with one sample takes the variance of all others
    degrees = np.maximum(samples - 1, 0)
    common_variance = squares.sum() / max(degrees.sum(), 1)
    own_variance = squares / np.maximum(degrees, 1)
    variance = np.where(degrees > 0, own_variance, common_variance)

    of_strata = float((variance / samples).sum()) / pool.strata**2
    of_pool = float(np.var(values, ddof=1)) / len(pool.stratum)
    return Estimate(
        value=float(stratum_mean.mean()),
        error=(of_strata + of_pool) ** 0.5,
        count=int(degrees.sum()) + 1,
    )


def _cross_fitted(
    values: np.ndarray,
    pool: Pool,
    draws: np.ndarray,
) -> np.ndarray:
    """Return for each sample what a regression on the other folds says of it, less what it says of the whole pool.

    Folds are made of whole rounds over the strata, so that each of them stands for all water years.
    """
    center = pool.features.mean(axis=0)
    spread = pool.features.std(axis=0)
    scaled = (pool.features - center) / np.maximum(spread, 1e-12)
    constant = np.ones(len(scaled))
    linear = np.column_stack([constant, scaled])
    round_of_sample = np.arange(len(values)) // pool.strata
    fold_of_sample = round_of_sample % FOLDS
    predicted = np.empty(len(values))
    for fold in range(FOLDS):
        inside = fold_of_sample == fold
        others = draws[~inside]
        values_of_others = values[~inside]
        first_guess = linear @ _coefficients(linear[others], values_of_others)
        # the answer bends: nothing below some water, the line's rating above some; a linear spline of the first guess
        deciles = np.quantile(first_guess, np.arange(0.1, 0.95, 0.1))
        knots = np.unique(deciles)
        above_knot = np.clip(first_guess[:, None] - knots, 0.0, None)
        bends = above_knot / (first_guess.std() or 1.0)
        design = np.column_stack([linear, bends])
        of_pool = design @ _coefficients(design[others], values_of_others)
        of_samples = of_pool[draws[inside]]
        predicted[inside] = of_samples - of_pool.mean()
    return predicted


def _coefficients(design: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the coefficients of a ridge regression; shape (regressors,)."""
    # a little of a ridge: regressors may be alike, and the mean stays right whatever the coefficients
    samples, regressors = design.shape
    ridge = 1e-3 * samples * np.eye(regressors)
    normal = design.T @ design + ridge
    right = design.T @ values
    return np.asarray(np.linalg.solve(normal, right))


@dataclass(frozen=True, eq=False)
class Samples:
    """Sampled values with their place in the pool.

    Attributes
    ----------
    weights
        Likelihood ratios; ones without importance sampling.
    draws
        Number of each sample's draw, in the order of the pool.
    pool
        Where the draws come from; None: independent draws.
    """

    weights: np.ndarray
    draws: np.ndarray
    pool: Pool | None = None

    def mean(self, values: np.ndarray, control: bool = False) -> Estimate:
        """Return the mean of a sampled value."""
        weighted = values * self.weights
        if self.pool is None:
            return mean(weighted)
        return _stratified_mean(
            weighted,
            pool=self.pool,
            draws=self.draws,
            control=control,
        )

    def probability(self, happens: np.ndarray) -> Estimate:
        """Return the probability of something that was seen to happen or not.

        Where all samples agree the standard error is that of half an event: 3/n, the rule of three, is then the end of
        the 95 % interval.
        """
        samples = len(happens)
        always = bool(happens.all())
        never = not happens.any()
        if always or never:
            half_an_event = 3 / (1.96 * samples)
            return Estimate(float(always), half_an_event, samples)
        return self.mean(happens.astype(float))

    def exceeded(self, values: np.ndarray, share: float) -> tuple[float, float, float]:
        """Return the level that is exceeded with probability ``share``, and its 95 % interval.

        The interval turns that of the distribution function at the level into levels (Woodruff 1952).

        Examples
        --------
        >>> samples = Samples(np.ones(1000), np.arange(1000))
        >>> [round(level) for level in samples.exceeded(np.arange(1000.0), 0.9)]
        [99, 81, 118]
        """
        level = self._level(values, 1 - share)
        not_above = (values <= level).astype(float)
        error = self.mean(not_above).error
        low_share = _clipped(1 - share - 1.96 * error)
        high_share = _clipped(1 - share + 1.96 * error)
        low = self._level(values, low_share)
        high = self._level(values, high_share)
        return level, low, high

    def _level(self, values: np.ndarray, below: float) -> float:
        """Return the level below which a share of the weighted samples lies."""
        order = np.argsort(values, kind="stable")
        ranked = values[order]
        weight_reached = np.cumsum(self.weights[order])
        weight_wanted = below * weight_reached[-1] * (1 - 1e-12)
        position = int(np.searchsorted(weight_reached, weight_wanted))
        last = len(values) - 1
        return float(ranked[min(position, last)])

    def tail_mean(self, values: np.ndarray, share: float) -> Estimate:
        """Return the mean of the worst ``share`` of outcomes (conditional value at risk; Rockafellar and Uryasev 2000).

        With q the quantile, CVaR = q − E[(q − Y)⁺]/share.
        """
        quantile = self._level(values, share)
        shortfall = np.clip(quantile - values, 0.0, None)
        mean_shortfall = self.mean(shortfall)
        return Estimate(
            value=quantile - mean_shortfall.value / share,
            error=mean_shortfall.error / share,
            count=mean_shortfall.count,
        )


def _clipped(probability: float) -> float:
    """Return a probability between 0 and 1."""
    return min(max(probability, 0.0), 1.0)
