"""Misfit of sets of numbers to the record: likelihood, implausibility, and the prediction of what is left out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from energy.analysis.calibration.emulator import Emulator
from energy.analysis.calibration.observations import Observations

CUT = 3.0
"""Implausibility above which a set is ruled out: three standard deviations (Pukelsheim 1994)."""


@dataclass(frozen=True, eq=False)
class Misfit:
    """Logarithm of the likelihood of modelled quantities, −½ (y − f)ᵀ Σ⁻¹ (y − f).

    Attributes
    ----------
    values
        y, what the record says; shape (observations,).
    covariance
        Σ, of record errors and discrepancies, and of an emulator's residuals where f is emulated.
    """

    values: np.ndarray
    covariance: np.ndarray

    @cached_property
    def _factor(self) -> tuple[np.ndarray, bool]:
        factor, is_lower = cho_factor(self.covariance, lower=True)
        return np.asarray(factor), bool(is_lower)

    def log_likelihood(self, modelled: np.ndarray) -> np.ndarray:
        """Return the logarithm of the likelihood, without its constant; −inf where a value is missing.

        Parameters
        ----------
        modelled
            Shape (sets, observations).
        """
        residual = self.values - modelled
        has_all = np.isfinite(residual).all(axis=1)
        levels = np.full(len(residual), -np.inf)
        complete = residual[has_all].T
        solved = cho_solve(self._factor, complete)
        square = (complete * solved).sum(axis=0)
        levels[has_all] = -0.5 * square
        return levels

    def predicted(
        self,
        modelled: np.ndarray,
        known: np.ndarray,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Return draws of the observations that are not known, given those that are.

        Discrepancies and residuals that known and unknown observations share are learnt from the known ones: the
        conditional normal distribution with mean f₂ + Σ₂₁ Σ₁₁⁻¹ (y₁ − f₁) and covariance Σ₂₂ − Σ₂₁ Σ₁₁⁻¹ Σ₁₂.

        Parameters
        ----------
        modelled
            Of sets that were weighed by the known observations; shape (sets, observations).
        known
            Mask of the observations.
        rng
            Of the draws.

        Returns
        -------
        numpy.ndarray
            Shape (sets, observations that are not known).
        """
        unknown = ~known
        of_known = self.covariance[np.ix_(known, known)]
        of_unknown = self.covariance[np.ix_(unknown, unknown)]
        between = self.covariance[np.ix_(unknown, known)]
        factor = cho_factor(of_known, lower=True)
        gain = cho_solve(factor, between.T).T
        residual = self.values[known] - modelled[:, known]
        mean = modelled[:, unknown] + residual @ gain.T
        covariance = of_unknown - gain @ between.T
        variance = np.diag(np.diag(covariance))
        root = np.linalg.cholesky(covariance + 1e-12 * variance)
        draws = rng.standard_normal(mean.shape)
        return np.asarray(mean + draws @ root.T)


@dataclass(frozen=True, eq=False)
class EmulatedLikelihood:
    """Logarithm of the likelihood of shares of the ranges of an emulator's numbers, with some of the observations."""

    emulator: Emulator
    observations: Observations
    used: np.ndarray

    @cached_property
    def _misfit(self) -> Misfit:
        covariance = self.observations.covariance() + self.emulator.covariance
        observed = self.observations.values[self.used]
        of_used = np.ix_(self.used, self.used)
        return Misfit(observed, covariance[of_used])

    def __call__(self, shares: np.ndarray) -> np.ndarray:
        """Return the logarithms; ``shares`` of the ranges of the emulator's numbers, shape (points, numbers)."""
        modelled = self.emulator.restricted.predict(shares)
        return self._misfit.log_likelihood(modelled[:, self.used])


def implausibility(modelled: np.ndarray, observations: Observations) -> np.ndarray:
    """Return |y − f| over the standard deviation of record and discrepancy; shape (sets, observations)."""
    distance = np.abs(observations.values - modelled)
    return np.asarray(distance / observations.deviation)
