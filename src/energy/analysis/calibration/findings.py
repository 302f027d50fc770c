"""Findings of a calibration: prior and posterior ranges, what each kind of record teaches, each year by the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from energy.analysis.calibration.history_matching import Calibration
from energy.analysis.calibration.misfit import EmulatedLikelihood, Misfit
from energy.analysis.calibration.posterior_sampler import sample_posterior

NINE_IN_TEN = (0.05, 0.5, 0.95)
TAUGHT = 0.9  # of the prior's range; what keeps more of it was not taught


def ranges(calibration: Calibration) -> pd.DataFrame:
    """Return prior and posterior range of every number.

    Returns
    -------
    pandas.DataFrame
        Index key; ``base``, ``low``, ``high``, ``unit``, ``confidence`` of the evidence; ``prior low``, ``prior high``,
        ``posterior low``, ``posterior median``, ``posterior high``: 5 %, 50 % and 95 % quantiles; ``width``: posterior
        over prior range of 90 %, 1 for a number that the record says nothing of; ``taught``: whether it does.
    """
    numbers = calibration.emulator.numbers.tolist()
    rows = {}
    for number, parameter in enumerate(calibration.years.parameters):
        prior = np.array(NINE_IN_TEN)
        posterior = prior
        width = 1.0
        if number in numbers:
            column = numbers.index(number)
            posterior = np.quantile(calibration.posterior[:, number], NINE_IN_TEN)
            width = _range_of(calibration.sample.shares[:, column])
        is_taught = width < TAUGHT
        if not is_taught:
            posterior = prior
        span = parameter.high - parameter.low
        prior_values = parameter.low + span * prior
        posterior_quantiles = parameter.low + span * posterior
        rows[parameter.key] = {
            "base": parameter.base,
            "low": parameter.low,
            "high": parameter.high,
            "unit": parameter.unit,
            "confidence": parameter.confidence,
            "prior low": prior_values[0],
            "prior high": prior_values[2],
            "posterior low": posterior_quantiles[0],
            "posterior median": posterior_quantiles[1],
            "posterior high": posterior_quantiles[2],
            "width": width,
            "taught": is_taught,
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.sort_values("width", kind="stable")


def _range_of(shares: np.ndarray) -> float:
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
    parameters = calibration.years.parameters
    numbers = calibration.emulator.numbers
    keys = [parameters[number].key for number in numbers]
    columns = [keys.index(key) for key in taught]
    kinds = calibration.observations.table["kind"].to_numpy(str)
    rows = {}
    for kind in dict.fromkeys(kinds):
        is_used = kinds == kind
        shares = _sample_with(calibration, is_used, members)
        rows[kind] = [_range_of(shares[:, column]) for column in columns]
    return pd.DataFrame.from_dict(rows, orient="index", columns=taught)


def _sample_with(
    calibration: Calibration,
    used: np.ndarray,
    members: int,
) -> np.ndarray:
    """Return shares of the emulators' numbers that are weighed by some of the observations."""
    emulator = calibration.emulator
    likelihood = EmulatedLikelihood(emulator, calibration.observations, used)
    dimension = len(emulator.numbers)
    sample = sample_posterior(likelihood, dimension, members, calibration.seed)
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
    is_above_low = table["value"] >= table["predicted low"]
    is_below_high = table["value"] <= table["predicted high"]
    table["covered"] = is_above_low & is_below_high
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
    parameters = calibration.years.parameters
    known_keys = [parameter.key for parameter in parameters]
    values = {}
    for key in keys:
        column = known_keys.index(key)
        parameter = parameters[column]
        shares = calibration.posterior[:, column].tolist()
        values[key] = [parameter.at(share) for share in shares]
    return pd.DataFrame(values)
