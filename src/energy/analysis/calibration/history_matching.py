"""History matching: from the ranges of the evidence to what the record leaves possible.

1. Sets of all numbers are drawn from their ranges (Latin hypercube) and run through every year.
2. Emulators of the recorded quantities find the numbers that the record can teach anything of.
3. A sequential sampler weighs these numbers by the misfit of the emulators; all others keep their ranges.
4. Sets of that sample are run through the years in turn and weighed by likelihood of the model over that of the
   emulators, so that the posterior is the model's and not the emulators' (importance sampling).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from energy.analysis.calibration.backcast_runs import BackcastYears
from energy.analysis.calibration.emulator import Emulator, fit_emulator
from energy.analysis.calibration.misfit import CUT, EmulatedLikelihood, Misfit, implausibility
from energy.analysis.calibration.observations import Observations
from energy.analysis.calibration.posterior_sampler import (
    PosteriorSample,
    effective_sample_size,
    normalised,
    resampled,
    sample_posterior,
)
from energy.analysis.sensitivity.sensitivity_indices import latin_hypercube
from energy.errors import SolverError

Runner = Callable[[BackcastYears, np.ndarray], np.ndarray]
"""Years, and shares of the ranges of all numbers, shape (sets, numbers) → quantities, shape (sets, observations)."""
SECOND_WAVE = 0.2  # of the sets, run to correct the emulators
LEAST_SETS = 20
RELIABLE_SIZE = 30.0  # effective sets from which on the model's own weights are taken instead of the emulators'
RELIABLE_SHARE = 0.1


@dataclass(frozen=True)
class CalibrationBudget:
    """How much is run.

    Attributes
    ----------
    sets
        Sets of numbers, each through all years; a fifth of them in the second wave.
    members
        Size of the sample of the emulators' posterior.
    posterior
        Sets that the posterior is handed on with.

    Examples
    --------
    >>> CalibrationBudget(sets=3000).first_wave, CalibrationBudget(sets=3000).second_wave
    (2400, 600)
    """

    sets: int = 3000
    members: int = 4000
    posterior: int = 400

    @property
    def second_wave(self) -> int:
        """Sets that are drawn from the emulators' posterior."""
        return max(LEAST_SETS, round(SECOND_WAVE * self.sets))

    @property
    def first_wave(self) -> int:
        """Sets that are drawn from the ranges of the evidence."""
        return max(LEAST_SETS, self.sets - self.second_wave)


@dataclass(frozen=True, eq=False)
class _Wave:
    """Sets that were run: shares of the ranges of all numbers, and the quantities; one row a set."""

    shares: np.ndarray
    quantities: np.ndarray

    @cached_property
    def has_optimum(self) -> np.ndarray:
        """Whether a set has an optimum in every year."""
        return np.asarray(np.isfinite(self.quantities).all(axis=1))


@dataclass(frozen=True, eq=False)
class Calibration:
    """What the record leaves possible.

    Attributes
    ----------
    years
        What was run, with all numbers; its observations are those that the model has a value for.
    observations
        What the sets were weighed by.
    first, second
        Sets drawn from the ranges, and sets drawn from the emulators' posterior.
    emulator
        Of the quantities, in all numbers.
    sample
        Of the emulators' posterior, in the numbers that the emulators have.
    log_weights
        Of the second wave: likelihood of the model over that of the emulators, −inf where a set is ruled out.
    chosen
        Positions in the second wave of the posterior's sets, which have equal weight; a set may come several times.
    seed
        Of all draws.
    """

    years: BackcastYears
    observations: Observations
    first: _Wave
    second: _Wave
    emulator: Emulator
    sample: PosteriorSample
    log_weights: np.ndarray
    chosen: np.ndarray
    seed: int

    @property
    def posterior(self) -> np.ndarray:
        """Shares of the ranges of all numbers, sets of equal weight; shape (sets, numbers)."""
        return np.asarray(self.second.shares[self.chosen])

    @property
    def posterior_quantities(self) -> np.ndarray:
        """What the model has for the observations with the posterior's sets; shape (sets, observations)."""
        return np.asarray(self.second.quantities[self.chosen])

    @property
    def ruled_out(self) -> np.ndarray:
        """Which sets of the first wave cannot have produced the record."""
        return _ruled_out(implausibility(self.first.quantities, self.observations))

    @property
    def effective_size(self) -> float:
        """Effective sample size of the second wave, in sets."""
        if np.isneginf(self.log_weights).all():
            return 0.0
        return float(effective_sample_size(self.log_weights))

    @property
    def is_reweighed(self) -> bool:
        """Whether the posterior has the model's own weights; else it is the emulators'."""
        return _is_reliable(self.log_weights)


def _is_reliable(log_weights: np.ndarray) -> bool:
    """Whether weights leave enough of a wave to stand for a distribution."""
    if np.isneginf(log_weights).all():
        return False
    size = effective_sample_size(log_weights)
    return bool(size >= max(RELIABLE_SIZE, RELIABLE_SHARE * len(log_weights)))


def calibrate(
    years: BackcastYears,
    run: Runner,
    budget: CalibrationBudget | None = None,
    seed: int = 1,
) -> Calibration:
    """Find what the record leaves possible of the numbers of a case.

    Parameters
    ----------
    years
        The years of the record, and the numbers that are unknown.
    run
        Runs sets through the years: ``SetRunner.quantities_of``.
    budget
        How much is run.
    seed
        Of all draws; the same seed gives the same bits, whatever runs the sets.

    Raises
    ------
    SolverError
        When no set of the first wave has an optimum in every year, or none of the model's quantities varies.
    """
    budget = budget or CalibrationBudget()
    numbers = len(years.parameters)
    first_shares = latin_hypercube(numbers, budget.first_wave, seed)
    quantities = run(years, first_shares)
    has_value = np.asarray(np.isfinite(quantities).any(axis=0))
    first = _Wave(first_shares, quantities[:, has_value])
    _refuse_too_few(first)
    observations = years.observations.of(has_value)

    emulator = fit_emulator(first.shares[first.has_optimum], first.quantities[first.has_optimum])
    if not len(emulator.numbers):
        raise SolverError("no recorded quantity depends on any of the numbers: the record can teach nothing")
    used = np.ones(len(observations), dtype=bool)
    likelihood = EmulatedLikelihood(emulator, observations, used)
    sample = sample_posterior(likelihood, len(emulator.numbers), budget.members, seed)

    rng = np.random.default_rng([seed, 2])
    even = np.full(budget.members, 1 / budget.members)
    drawn = resampled(even, budget.second_wave, rng)
    second_shares = latin_hypercube(numbers, budget.second_wave, seed + 1)
    second_shares[:, emulator.numbers] = sample.shares[rng.permutation(drawn)]
    second = _Wave(second_shares, run(years, second_shares)[:, has_value])
    log_weights = _second_wave_weights(second, likelihood)

    weights = normalised(log_weights)
    if not _is_reliable(log_weights):
        weights = _even_weights(second, log_weights)
    chosen = resampled(weights, budget.posterior, rng)
    return Calibration(
        years=years,
        observations=observations,
        first=first,
        second=second,
        emulator=emulator,
        sample=sample,
        log_weights=log_weights,
        chosen=chosen,
        seed=seed,
    )


def _even_weights(wave: _Wave, log_weights: np.ndarray) -> np.ndarray:
    """Return the same weight for each set that is not ruled out; where all are, for each that has an optimum.

    Raises
    ------
    SolverError
        When no set has an optimum in every year.
    """
    possible = ~np.isneginf(log_weights)
    if not possible.any():
        possible = wave.has_optimum
    if not possible.any():
        raise SolverError("no set of the second wave has an optimum in every year")
    return np.asarray(possible / possible.sum())


def _second_wave_weights(second: _Wave, likelihood: EmulatedLikelihood) -> np.ndarray:
    """Return the logarithm of the model's likelihood over the emulators'; −inf where a set is ruled out."""
    observations = likelihood.observations
    of_model = Misfit(observations.values, observations.covariance()).log_likelihood(second.quantities)
    of_emulator = likelihood(second.shares[:, likelihood.emulator.numbers])
    impossible = _ruled_out(implausibility(second.quantities, observations))
    return np.where(impossible, -np.inf, of_model - of_emulator)


def _refuse_too_few(wave: _Wave) -> None:
    solved = int(wave.has_optimum.sum())
    if solved < LEAST_SETS:
        what = f"{solved} of {len(wave.shares)} sets have an optimum in every year; {LEAST_SETS} are needed"
        raise SolverError(f"{what}: draw more sets, or look at the years with energy backcast")


def _ruled_out(implausible: np.ndarray) -> np.ndarray:
    """Return which sets cannot have produced the record: those whose second largest implausibility is above the cut.

    The second largest, so that one wrong row of a record does not rule out all (Vernon, Goldstein and Bower 2010). A
    set for which a year has no optimum is ruled out too.

    Examples
    --------
    >>> _ruled_out(np.array([[1.0, 9.0, 2.0], [4.0, 5.0, 0.0], [np.nan, 0.0, 0.0]])).tolist()
    [False, True, True]
    """
    has_all = np.isfinite(implausible).all(axis=1)
    place = min(2, implausible.shape[1])
    ranked = np.sort(implausible, axis=1)
    decisive = ranked[:, -place]
    decisive = np.nan_to_num(decisive, nan=np.inf)
    is_above = decisive > CUT
    return np.asarray(~has_all | is_above)
