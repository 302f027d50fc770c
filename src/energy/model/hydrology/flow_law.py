"""Law of a river's monthly flows in synthetic water years, from its statistics; docs/water_years.md derives it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from energy.errors import Fault, InputError
from energy.model.hydrology.statistics import DAYS, SUMMER, WINTER, River

_ROUNDS = 200
_TOLERANCE = 1e-12  # of the coefficients between two rounds
_DIGITS = 10  # of the coefficients, so that the last bits of the root search and of logarithms do not reach the flows


@dataclass(frozen=True)
class FlowLaw:
    """Coefficients of the model of one river, solved from its statistics.

    Attributes
    ----------
    spread
        Standard deviation of the logarithm of each month's flow.
    summer, winter
        Correlation of a month's normal variable with that of its half-year.
    summer_to_winter, winter_to_summer
        Coefficients from a summer to the winter that follows, and from a winter to the summer that follows.
    own_share
        Share of the year's variance that is of the year's own summer and months, so that other rivers can have it too.
    """

    spread: tuple[float, ...]
    summer: float
    winter: float
    summer_to_winter: float
    winter_to_summer: float
    own_share: float


class _HalfYears(NamedTuple):
    """Coefficients that depend on each other and are solved in turn; as in `FlowLaw`."""

    summer: float
    summer_to_winter: float
    winter_to_summer: float


@cache
def flow_law(
    river: River,
    path: Path | None = None,
) -> FlowLaw:
    """Return the law whose volumes have a river's statistics.

    Monthly flows are lognormal, Q = mean · exp(σX − σ²/2) with σ² = ln(1 + cv²), so that volumes have the covariances
    cov(V, V') = Σ Σ v v' (exp(σσ'ρ) − 1). Each coefficient is the root of one such equation; they are solved in turn
    until none moves.

    Parameters
    ----------
    river
        Its statistics.
    path
        File they come from, for the message of an error.

    Raises
    ------
    InputError
        When no such law exists, with what the months allow.
    """
    volumes = _Volumes(river, path)
    winter = volumes.winter_correlation()
    half_years = _HalfYears(0.0, 0.0, 0.0)
    for _ in range(_ROUNDS):
        before = half_years
        half_years = volumes.next_round(winter, before.winter_to_summer)
        change = np.abs(np.subtract(half_years, before)).max()
        if change < _TOLERANCE:
            break
    summer = round(half_years.summer, _DIGITS)
    winter_to_summer = round(half_years.winter_to_summer, _DIGITS)
    own_share = volumes.own_share(summer, winter, winter_to_summer)
    return FlowLaw(
        spread=tuple(round(spread, _DIGITS) for spread in volumes.spread.tolist()),
        summer=summer,
        winter=round(winter, _DIGITS),
        summer_to_winter=round(half_years.summer_to_winter, _DIGITS),
        winter_to_summer=winter_to_summer,
        own_share=round(own_share, _DIGITS),
    )


class _Volumes:
    """Covariances of a river's volumes [m³/s · d] that follow from its months."""

    def __init__(
        self,
        river: River,
        path: Path | None,
    ) -> None:
        self.river = river
        self.path = path
        self.volume = np.array(river.mean) * DAYS
        self.spread = np.sqrt(np.log1p(np.array(river.cv) ** 2))

    def winter_correlation(self) -> float:
        """Return the correlation of a winter month with its half-year, from ``winter_cv``."""

        def variance(correlation: float) -> float:
            return self.variance(WINTER, correlation * correlation)

        return self._root("winter_cv", variance, self._winter_variance(), lowest=0.0)

    def next_round(
        self,
        winter: float,
        winter_to_summer: float,
    ) -> _HalfYears:
        """Return the other coefficients, each from the statistic that it serves.

        Parameters
        ----------
        winter
            Correlation of a winter month with its half-year.
        winter_to_summer
            As of the round before.
        """
        year_variance = (self.river.year_cv * self.volume.sum()) ** 2

        def variance_of_year(summer: float) -> float:
            return self.year_variance(summer, winter, winter_to_summer)

        summer = self._root("year_cv", variance_of_year, year_variance, lowest=0.0)
        of_months = summer * winter
        summer_variance = self.variance(SUMMER, summer**2)
        next_half_year = self.river.carry * math.sqrt(summer_variance * self._winter_variance())

        def covariance_of_half_years(coefficient: float) -> float:
            return self.covariance(SUMMER, WINTER, of_months * coefficient)

        summer_to_winter = self._root("carry", covariance_of_half_years, next_half_year, lowest=-1.0)

        def covariance_of_years(coefficient: float) -> float:
            return self.next_year_covariance(summer, winter, summer_to_winter, coefficient)

        next_year = self.river.lag1 * year_variance
        return _HalfYears(
            summer,
            summer_to_winter,
            winter_to_summer=self._root("lag1", covariance_of_years, next_year, lowest=-1.0),
        )

    def _winter_variance(self) -> float:
        """Return the variance of the volume of October–March that ``winter_cv`` asks for."""
        mean = self.volume[list(WINTER)].sum()
        return float((self.river.winter_cv * mean) ** 2)

    def variance(
        self,
        half_year: tuple[int, ...],
        correlation: float,
    ) -> float:
        """Return the variance of a half-year's volume whose months correlate alike."""
        correlations = np.full((6, 6), correlation)
        np.fill_diagonal(correlations, 1.0)
        return self._covariance(half_year, half_year, correlations)

    def covariance(
        self,
        first: tuple[int, ...],
        second: tuple[int, ...],
        correlation: float,
    ) -> float:
        """Return the covariance of two half-years' volumes whose months correlate alike."""
        correlations = np.full((6, 6), correlation)
        return self._covariance(first, second, correlations)

    def _covariance(
        self,
        first: tuple[int, ...],
        second: tuple[int, ...],
        correlations: np.ndarray,
    ) -> float:
        rows = list(first)
        columns = list(second)
        spreads = np.outer(self.spread[rows], self.spread[columns])
        volumes = np.outer(self.volume[rows], self.volume[columns])
        terms = np.expm1(spreads * correlations)
        return float(np.sum(volumes * terms))

    def year_variance(
        self,
        summer: float,
        winter: float,
        winter_to_summer: float,
    ) -> float:
        """Return the variance of the hydrological year's volume."""
        of_winter = self.variance(WINTER, winter**2)
        of_summer = self.variance(SUMMER, summer**2)
        of_both = self.covariance(WINTER, SUMMER, winter * summer * winter_to_summer)
        return of_winter + of_summer + 2 * of_both

    def next_year_covariance(
        self,
        summer: float,
        winter: float,
        summer_to_winter: float,
        winter_to_summer: float,
    ) -> float:
        """Return the covariance of one hydrological year's volume with the next one's."""
        summer_winter = summer * winter * summer_to_winter
        summer_summer = summer**2 * summer_to_winter * winter_to_summer
        winter_winter = winter**2 * winter_to_summer * summer_to_winter
        winter_summer = winter * summer * winter_to_summer * summer_to_winter * winter_to_summer
        return (
            self.covariance(SUMMER, WINTER, summer_winter)
            + self.covariance(SUMMER, SUMMER, summer_summer)
            + self.covariance(WINTER, WINTER, winter_winter)
            + self.covariance(WINTER, SUMMER, winter_summer)
        )

    def own_share(
        self,
        summer: float,
        winter: float,
        winter_to_summer: float,
    ) -> float:
        """Return one less the part of the year's variance that comes with its winter, to first order in the spreads."""
        deviation = self.volume * self.spread
        deviation_of_winter = deviation[list(WINTER)].sum() * winter
        deviation_of_summer = deviation[list(SUMMER)].sum() * summer * winter_to_summer
        with_winter = deviation_of_winter + deviation_of_summer
        year_variance = (self.river.year_cv * self.volume.sum()) ** 2
        if not year_variance:
            return 1.0
        return float(1 - with_winter**2 / year_variance)

    def _root(
        self,
        statistic: str,
        function: Callable[[float], float],
        target: float,
        lowest: float,
    ) -> float:
        """Return the number from `lowest` to 1 at which a growing function meets the target of a statistic."""
        least = function(lowest)
        most = function(1.0)
        margin = 1e-9 * max(abs(least), abs(most))
        if not least - margin <= target <= most + margin:
            raise InputError(self._out_of_reach(statistic, target, least, most))
        if most - least <= margin:
            return 0.0
        within_reach = min(max(target, least), most)

        def difference(coefficient: float) -> float:
            return function(coefficient) - within_reach

        from scipy.optimize import brentq  # an eighth of a second, and most scenarios draw no water

        return float(brentq(difference, lowest, 1.0, xtol=1e-14))

    def _out_of_reach(
        self,
        statistic: str,
        target: float,
        least: float,
        most: float,
    ) -> Fault:
        value = getattr(self.river, statistic)
        # a variance grows with the square of its coefficient of variation, a covariance with the correlation
        power = 0.5 if statistic.endswith("cv") else 1.0
        allowed = None
        if target > 0:
            lowest = value * max(least / target, 0.0) ** power
            highest = value * max(most / target, 0.0) ** power
            allowed = f"{lowest:.3f} to {highest:.3f}"
        return Fault(
            f"{statistic} {value:g} of {self.river.name!r} does not go with its other statistics",
            self.path,
            allowed=allowed,
        )
