"""Sequential Monte Carlo: a sample of the prior is led to the posterior through likelihoods that grow step by step.

Each step raises the power of the likelihood as far as the effective sample size stays at half of the sample, resamples,
and moves every member by Metropolis steps (Del Moral, Doucet and Jasra 2006; Chopin and Papaspiliopoulos 2020, ch. 17).
Shares of ranges are moved as normal variables, z = Φ⁻¹(share), for which even ranges are a standard normal prior. A
proposal keeps the normal distribution that the sample has at that step (a Crank-Nicolson step around its mean and
covariance), so that it is taken nearly always where the posterior is normal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

LogLikelihood = Callable[[np.ndarray], np.ndarray]
"""Shares of the ranges, shape (points, numbers) → logarithm of the likelihood, shape (points,)."""
HALF = 0.5
STEPS_KEPT = 0.7  # of a member's place in the Crank-Nicolson step: 1 would stay, 0 would draw anew
LEAST_MOVED = 3.0  # accepted moves of a member, in the mean, before the power is raised again
MOST_MOVES = 40
WIDENED = 1.15  # standard deviation of the proposal over that of the sample, so that its tails are reached
RIDGE = 1e-6


@dataclass(frozen=True, eq=False)
class PosteriorSample:
    """Members of equal weight.

    Attributes
    ----------
    shares
        Shares of the ranges; shape (members, numbers).
    log_likelihood
        Shape (members,).
    steps
        How often the power was raised; 1: the prior's own sample was wide enough.
    acceptance
        Share of moves that were accepted in the last step.
    first_size
        Effective sample size if the prior's sample had been weighed at once, as a share of the members.
    """

    shares: np.ndarray
    log_likelihood: np.ndarray
    steps: int
    acceptance: float
    first_size: float


def effective_sample_size(log_weights: np.ndarray) -> float:
    """Return the number of members of equal weight that are worth as much (Kish 1965): (Σw)² / Σw².

    Examples
    --------
    >>> effective_sample_size(np.log([1.0, 1.0, 1.0, 1e-30])).round(6).item()
    3.0
    """
    weights = normalised(log_weights)
    return np.float64(1 / (weights**2).sum())


def normalised(log_weights: np.ndarray) -> np.ndarray:
    """Return weights that sum to 1; all zero where none is above zero."""
    largest = log_weights.max()
    if largest == -np.inf:
        return np.zeros(len(log_weights))
    weights = np.exp(log_weights - largest)
    return np.asarray(weights / weights.sum())


def resampled(weights: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return positions of members drawn by their weights, systematically; shape (count,), in order."""
    places = (np.arange(count) + rng.random()) / count
    steps = np.cumsum(weights)
    drawn = np.searchsorted(steps / steps[-1], places, side="right")
    return np.asarray(drawn.clip(max=len(weights) - 1))


def sample_posterior(
    log_likelihood: LogLikelihood,
    numbers: int,
    members: int,
    seed: int,
) -> PosteriorSample:
    """Sample numbers that are spread evenly over their ranges, and weighed by a likelihood.

    Parameters
    ----------
    log_likelihood
        What the numbers are weighed by.
    numbers, members
        How many numbers, and how large a sample.
    seed
        The same seed gives the same sample.

    Examples
    --------
    >>> sample = sample_posterior(lambda shares: -0.5 * ((shares[:, 0] - 0.4) / 0.01) ** 2, 1, 2000, seed=1)
    >>> sample.shares.mean().round(2).item(), sample.shares.std().round(3).item()
    (0.4, 0.01)
    """
    rng = np.random.default_rng(seed)
    z = _spread(rng, numbers, members)
    level = log_likelihood(ndtr(z))
    first_size = float(effective_sample_size(level)) / members
    power = 0.0
    steps = 0
    acceptance = 1.0
    while power < 1.0:
        next_power = _next_power(level, power)
        weights = normalised((next_power - power) * level)
        chosen = resampled(weights, members, rng)
        z = z[chosen]
        level = level[chosen]
        power = next_power
        steps += 1
        z, level, acceptance = _moved(log_likelihood, z, level, power, rng)
    return PosteriorSample(ndtr(z), level, steps, acceptance, first_size)


def _spread(rng: np.random.Generator, numbers: int, members: int) -> np.ndarray:
    """Return a Latin hypercube of standard normal variables; shape (members, numbers)."""
    places = np.empty((members, numbers))
    for column in range(numbers):
        places[:, column] = (rng.permutation(members) + rng.random(members)) / members
    return np.asarray(ndtri(places.clip(1e-12, 1 - 1e-12)))


def _next_power(level: np.ndarray, power: float) -> float:
    """Return the largest power up to 1 at which half of the sample is left, by bisection."""
    wanted = HALF * len(level)
    if effective_sample_size((1.0 - power) * level) >= wanted:
        return 1.0
    low, high = power, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if effective_sample_size((middle - power) * level) >= wanted:
            low = middle
        else:
            high = middle
    return max(low, power + 1e-12)


def _moved(
    log_likelihood: LogLikelihood,
    z: np.ndarray,
    level: np.ndarray,
    power: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the sample after Metropolis moves that keep prior · likelihood^power, and how many were accepted."""
    members, numbers = z.shape
    mean = z.mean(axis=0)
    covariance = np.atleast_2d(np.cov(z.T)) * WIDENED**2 + RIDGE * np.eye(numbers)
    root = np.linalg.cholesky(covariance)
    inverse = np.linalg.inv(root)

    def log_ratio_to_proposal(place: np.ndarray) -> np.ndarray:
        standard = (place - mean) @ inverse.T
        of_proposal = 0.5 * (standard**2).sum(axis=1)
        of_prior = 0.5 * (place**2).sum(axis=1)
        return np.asarray(of_proposal - of_prior)

    kept = STEPS_KEPT
    ratio = log_ratio_to_proposal(z)
    moves = np.zeros(members)
    acceptance = 0.0
    for _ in range(MOST_MOVES):
        noise = rng.standard_normal(z.shape) @ root.T
        proposed = mean + kept * (z - mean) + np.sqrt(1 - kept**2) * noise
        proposed_level = log_likelihood(ndtr(proposed))
        proposed_ratio = log_ratio_to_proposal(proposed)
        gain = power * (proposed_level - level) + proposed_ratio - ratio
        accepted = np.log(rng.random(members)) < gain
        z = np.where(accepted[:, None], proposed, z)
        level = np.where(accepted, proposed_level, level)
        ratio = np.where(accepted, proposed_ratio, ratio)
        moves += accepted
        acceptance = float(accepted.mean())
        if acceptance < 0.2:
            kept = min(0.99, (1 + kept) / 2)  # shorter steps are taken more often
        if moves.mean() >= LEAST_MOVED:
            break
    return z, level, acceptance
