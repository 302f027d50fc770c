"""History matching: from the ranges of the evidence to what the record leaves possible.

1. Sets of all numbers are drawn from their ranges (Latin hypercube) and run through every year.
2. Emulators of the recorded quantities find the numbers that the record can teach anything of.
3. A sequential sampler weighs these numbers by the misfit of the emulators; all others keep their ranges.
4. Sets of that sample are run through the years in turn and weighed by likelihood of the model over that of the
   emulators, so that the posterior is the model's and not the emulators' (importance sampling).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from energy.analysis.calibration.backcast_runs import BackcastYears
from energy.analysis.calibration.emulator import Emulator, fit_emulator
from energy.analysis.calibration.misfit import EmulatedLikelihood, Misfit, implausibility, ruled_out
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
NINE_IN_TEN = (0.05, 0.5, 0.95)
TAUGHT = 0.9  # of the prior's range; what keeps more of it was not taught


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
class Wave:
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
    first: Wave
    second: Wave
    emulator: Emulator
    sample: PosteriorSample
    log_weights: np.ndarray
    chosen: np.ndarray
    seed: int

    @property
    def posterior(self) -> np.ndarray:
        """Shares of the ranges of all numbers, sets of equal weight; shape (sets, numbers)."""
        return self.second.shares[self.chosen]

    @property
    def posterior_quantities(self) -> np.ndarray:
        """What the model has for the observations with the posterior's sets; shape (sets, observations)."""
        return self.second.quantities[self.chosen]

    @property
    def ruled_out(self) -> np.ndarray:
        """Which sets of the first wave cannot have produced the record."""
        return ruled_out(implausibility(self.first.quantities, self.observations))

    @property
    def effective_size(self) -> float:
        """Effective sample size of the second wave, in sets."""
        if np.isneginf(self.log_weights).all():
            return 0.0
        return float(effective_sample_size(self.log_weights))

    @property
    def is_reweighed(self) -> bool:
        """Whether the posterior has the model's own weights; else it is the emulators'."""
        return is_reliable(self.log_weights)


def is_reliable(log_weights: np.ndarray) -> bool:
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
    first = Wave(first_shares, quantities[:, has_value])
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
    second = Wave(second_shares, run(years, second_shares)[:, has_value])
    log_weights = second_wave_weights(second, likelihood)

    weights = even_weights(second)
    if is_reliable(log_weights):
        weights = normalised(log_weights)
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


def even_weights(wave: Wave) -> np.ndarray:
    """Return the same weight for each set that has an optimum in every year."""
    weights = wave.has_optimum.astype(float)
    if not weights.any():
        raise SolverError("no set of the second wave has an optimum in every year")
    return np.asarray(weights / weights.sum())


def second_wave_weights(second: Wave, likelihood: EmulatedLikelihood) -> np.ndarray:
    """Return the logarithm of the model's likelihood over the emulators'; −inf where a set is ruled out."""
    observations = likelihood.observations
    of_model = Misfit(observations.values, observations.covariance()).log_likelihood(second.quantities)
    of_emulator = likelihood(second.shares[:, likelihood.emulator.numbers])
    impossible = ruled_out(implausibility(second.quantities, observations))
    return np.where(impossible, -np.inf, of_model - of_emulator)


def _refuse_too_few(wave: Wave) -> None:
    solved = int(wave.has_optimum.sum())
    if solved < LEAST_SETS:
        what = f"{solved} of {len(wave.shares)} sets have an optimum in every year; {LEAST_SETS} are needed"
        raise SolverError(f"{what}: draw more sets, or look at the years with energy backcast")


def ranges(calibration: Calibration) -> pd.DataFrame:
    """Return prior and posterior range of every number.

    Returns
    -------
    pandas.DataFrame
        Index key; ``base``, ``low``, ``high``, ``unit``, ``confidence`` of the evidence; ``prior low``, ``prior high``,
        ``posterior low``, ``posterior median``, ``posterior high``: 5 %, 50 % and 95 % quantiles; ``width``: posterior
        over prior range of 90 %, 1 for a number that the record says nothing of; ``taught``: whether it does.
    """
    position = {int(number): column for column, number in enumerate(calibration.emulator.numbers)}
    rows = {}
    for number, parameter in enumerate(calibration.years.parameters):
        prior = np.array(NINE_IN_TEN)
        posterior = prior
        width = 1.0
        if number in position:
            posterior = np.quantile(calibration.posterior[:, number], NINE_IN_TEN)
            width = range_of(calibration.sample.shares[:, position[number]])
        is_taught = width < TAUGHT
        if not is_taught:
            posterior = prior
        span = parameter.high - parameter.low
        rows[parameter.key] = {
            "base": parameter.base,
            "low": parameter.low,
            "high": parameter.high,
            "unit": parameter.unit,
            "confidence": parameter.confidence,
            "prior low": parameter.low + span * prior[0],
            "prior high": parameter.low + span * prior[2],
            "posterior low": parameter.low + span * posterior[0],
            "posterior median": parameter.low + span * posterior[1],
            "posterior high": parameter.low + span * posterior[2],
            "width": width,
            "taught": is_taught,
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.sort_values("width", kind="stable")


def range_of(shares: np.ndarray) -> float:
    """Return the 90 % range of shares over that of the prior, which is even over the range."""
    low, high = np.quantile(shares, (0.05, 0.95))
    return float((high - low) / 0.9)


def lessons(calibration: Calibration, members: int = 2000) -> pd.DataFrame:
    """Return what each kind of record teaches by itself.

    Returns
    -------
    pandas.DataFrame
        Index: kind of quantity; columns: keys of the numbers that the record teaches; values: 90 % range with the
        record of this kind alone over the prior's.
    """
    table = ranges(calibration)
    taught = list(table.index[table["taught"]])
    keys = [calibration.years.parameters[number].key for number in calibration.emulator.numbers]
    columns = [keys.index(key) for key in taught]
    kinds = calibration.observations.table["kind"].to_numpy(str)
    rows = {}
    for kind in dict.fromkeys(kinds):
        shares = _sample_with(calibration, kinds == kind, members)
        rows[kind] = [range_of(shares[:, column]) for column in columns]
    return pd.DataFrame.from_dict(rows, orient="index", columns=taught)


def _sample_with(calibration: Calibration, used: np.ndarray, members: int) -> np.ndarray:
    """Return shares of the emulators' numbers that are weighed by some of the observations."""
    likelihood = EmulatedLikelihood(calibration.emulator, calibration.observations, used)
    sample = sample_posterior(likelihood, len(calibration.emulator.numbers), members, calibration.seed)
    return sample.shares


def leave_one_year_out(calibration: Calibration, members: int = 4000) -> pd.DataFrame:
    """Return each year as the others predict it: numbers weighed by their record, discrepancies as they shared them.

    Returns
    -------
    pandas.DataFrame
        The table of the observations with ``predicted low``, ``predicted`` and ``predicted high`` (5 %, 50 %, 95 %) and
        ``covered``: whether the record lies within.
    """
    observations = calibration.observations
    years = observations.table["year"].to_numpy(int)
    covariance = observations.covariance() + calibration.emulator.covariance
    misfit = Misfit(observations.values, covariance)
    table = observations.table.copy()
    table[["predicted low", "predicted", "predicted high"]] = np.nan
    for year in sorted(set(years)):
        known = years != year
        if not known.any():
            continue
        shares = _sample_with(calibration, known, members)
        modelled = calibration.emulator.restricted.predict(shares)
        rng = np.random.default_rng([calibration.seed, int(year)])
        predicted = misfit.predicted(modelled, known, rng)
        low, middle, high = np.quantile(predicted, NINE_IN_TEN, axis=0)
        of_year = ~known
        table.loc[of_year, "predicted low"] = low
        table.loc[of_year, "predicted"] = middle
        table.loc[of_year, "predicted high"] = high
    value = table["value"]
    table["covered"] = (value >= table["predicted low"]) & (value <= table["predicted high"])
    return table


def posterior_values(calibration: Calibration, keys: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the posterior's sets in the units of the numbers; one row a set.

    Parameters
    ----------
    calibration
        From `calibrate`.
    keys
        Numbers that are wanted; those that the record taught and that belong to no single year, unless given.
    """
    if keys is None:
        table = ranges(calibration)
        taught = set(table.index[table["taught"]])
        keys = [key for key in calibration.years.common if key in taught]
    column_of = {parameter.key: column for column, parameter in enumerate(calibration.years.parameters)}
    values = {}
    for key in keys:
        parameter = calibration.years.parameters[column_of[key]]
        shares = calibration.posterior[:, column_of[key]]
        values[key] = parameter.low + (parameter.high - parameter.low) * shares
    return pd.DataFrame(values)
