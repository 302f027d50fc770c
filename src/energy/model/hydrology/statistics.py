"""River statistics of a case → the law of synthetic water years; docs/water_years.md derives it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from energy.errors import Fault, InputError, nearest

DAYS = np.array([31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
"""Mean length of the months from January [d]."""
WINTER = (9, 10, 11, 0, 1, 2)
"""October to March, the first half of the hydrological year, counted from January = 0."""
SUMMER = (3, 4, 5, 6, 7, 8)
"""April to September."""

ALL_RIVERS = "all rivers"
_MONTHS = tuple(str(month) for month in range(1, 13))
_PLACES: dict[str, tuple[str, ...]] = {
    "mean": _MONTHS,
    "cv": _MONTHS,
    "winter_cv": ("Oct-Mar",),
    "year_cv": ("Oct-Sep",),
    "lag1": ("Oct-Sep",),
    "carry": ("Oct-Mar",),
    "weight": ("Oct-Sep",),
    "melt": ("days",),
}


@dataclass(frozen=True)
class River:
    """What is known of the flow of one river.

    Attributes
    ----------
    name
        Its name, which also names its random stream.
    mean, cv
        Mean [m³/s] and coefficient of variation of each month from January.
    winter_cv, year_cv
        Coefficients of variation of the volumes of October–March and of the hydrological year, October–September.
    lag1
        Correlation of one hydrological year's volume with the next one's.
    carry
        Correlation of the volume of April–September with that of the October–March that follows.
    weight
        Part of the common dependence that the river takes: two rivers' years correlate by dependence · weight · weight.
    melt
        Days by which the river comes earlier for each day by which the melt comes earlier; 0 for a regulated one.
    sites
        Inflow sites of the case and the share of the river's flow that each takes.
    """

    name: str
    mean: tuple[float, ...]
    cv: tuple[float, ...]
    winter_cv: float
    year_cv: float
    lag1: float
    carry: float
    weight: float
    melt: float
    sites: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class WaterStatistics:
    """What is known of all rivers of a case.

    Attributes
    ----------
    rivers
        One entry a river, in the order of the table.
    dependence
        Correlation of the yearly volumes of two rivers of weight 1.
    path
        File they come from.
    """

    rivers: tuple[River, ...]
    dependence: float
    path: Path | None = None

    @property
    def sites(self) -> tuple[str, ...]:
        """Names of the inflow sites, in the order in which flows are drawn for them."""
        return tuple(site for river in self.rivers for site, _ in river.sites)


@dataclass(frozen=True)
class Law:
    """The numbers of the model of one river, solved from its statistics.

    Attributes
    ----------
    spread
        Standard deviation of the logarithm of each month's flow.
    summer, winter
        Correlation of a month's normal variable with that of its half-year.
    carry, back
        Coefficients from a summer to the winter that follows, and from a winter to the summer that follows.
    fresh
        Share of the year's variance that is of the year's own summer and months, so that other rivers can have it too.
    """

    spread: tuple[float, ...]
    summer: float
    winter: float
    carry: float
    back: float
    fresh: float


def water_statistics(table: pd.DataFrame) -> WaterStatistics:
    """Return the statistics in ``profiles/water_statistics.csv``.

    Parameters
    ----------
    table
        Index ``river``, ``statistic``, ``of``; column ``value``; see docs/case-format.md.

    Raises
    ------
    InputError
        When a statistic is unknown, missing or out of range, with file and line.
    """
    path = table.attrs.get("path")
    lines = table.attrs.get("lines", [None] * len(table))
    faults, values = [], {}
    for key, value, line in zip(table.index, table["value"], lines, strict=True):
        values[key] = float(value)
        what = _complaint(str(key[0]), str(key[1]), str(key[2]), float(value))
        if what:
            faults.append(Fault(what[0], path, line, what[1], nearest(key[1], [*_PLACES, "share", "dependence"])))
    names = [str(name) for name in table.index.unique("river") if name != ALL_RIVERS]
    wanted = [(name, statistic, place) for name in names for statistic in _PLACES for place in _PLACES[statistic]]
    missing = [key for key in [(ALL_RIVERS, "dependence", "Oct-Sep"), *wanted] if key not in values]
    faults += [Fault(f"no {key[1]} of {key[2]} for {key[0]!r}", path, repair="add a row") for key in missing]
    taken = [place for _, statistic, place in table.index if statistic == "share"]
    faults += [Fault(f"site {site!r} takes from two rivers", path) for site in {s for s in taken if taken.count(s) > 1}]
    if faults:
        raise InputError(faults)
    rivers = []
    for name in names:
        months = {of: tuple(values[name, of, month] for month in _MONTHS) for of in ("mean", "cv")}
        scalars = {of: values[name, of, places[0]] for of, places in _PLACES.items() if places != _MONTHS}
        sites = tuple((key[2], share) for key, share in values.items() if key[:2] == (name, "share"))
        rivers.append(River(name, months["mean"], months["cv"], **scalars, sites=sites))
    return WaterStatistics(tuple(rivers), values[ALL_RIVERS, "dependence", "Oct-Sep"], path)


def _complaint(river: str, statistic: str, of: str, value: float) -> tuple[str, str] | None:
    known = {ALL_RIVERS: ["dependence"]}.get(river, [*_PLACES, "share"])
    if statistic not in known:
        return f"{statistic!r} is no statistic of {river!r}", ", ".join(known)
    places = ("Oct-Sep",) if statistic == "dependence" else _PLACES.get(statistic, (of,))
    if of not in places:
        return f"{statistic} of {river!r} is given for {of!r}", ", ".join(places)
    low, high = {"mean": (1e-6, 1e6), "lag1": (-0.95, 0.95), "carry": (-1.0, 1.0), "weight": (-1.0, 1.0)}.get(
        statistic, (0.0, 2.0 if statistic.endswith("cv") or statistic == "share" else 1.0)
    )
    if not low <= value <= high:
        return f"{statistic} of {of} for {river!r} is {value:g}", f"{low:g} to {high:g}"
    return None


@cache
def law(river: River, path: Path | None = None) -> Law:
    """Return the law whose volumes have a river's statistics.

    Monthly flows are lognormal, Q = mean · exp(σX − σ²/2) with σ² = ln(1 + cv²), so that volumes have the covariances
    cov(V, V') = Σ Σ v v' (exp(σσ'ρ) − 1). Each coefficient is the root of one such equation; they are met in turn until
    none moves.

    Raises
    ------
    InputError
        When no such law exists, with what the months allow.
    """
    months = _Months(river, path)
    target = (river.winter_cv * months.volume[list(WINTER)].sum()) ** 2
    winter = months.solve("winter_cv", lambda a: months.cov(WINTER, WINTER, a * a, True), target, 0.0)
    found = (0.0, 0.0, 0.0)
    for _ in range(200):
        before, found = found, months.meet(winter, found[2])
        if max(abs(old - new) for old, new in zip(before, found, strict=True)) < 1e-12:
            break
    # rounded, so that the last bits of the root search and of the system's logarithm do not reach the flows
    summer, carry, back = (round(x, 10) for x in found)
    winter, fresh = round(winter, 10), round(months.fresh(summer, winter, back), 10)
    return Law(tuple(round(float(s), 10) for s in months.spread), summer, winter, carry, back, fresh)


class _Months:
    """Covariances of volumes [m³/s · d] that follow from the months of a river."""

    def __init__(self, river: River, path: Path | None) -> None:
        self.river, self.path = river, path
        self.volume = np.array(river.mean) * DAYS
        self.spread = np.sqrt(np.log1p(np.array(river.cv) ** 2))

    def meet(self, winter: float, back: float) -> tuple[float, float, float]:
        """Return summer, carry and back, each from the statistic that it serves, with `back` as it was before."""
        river = self.river
        of_winter = (river.winter_cv * self.volume[list(WINTER)].sum()) ** 2
        of_year = (river.year_cv * self.volume.sum()) ** 2
        summer = self.solve("year_cv", lambda a: self.year(a, winter, back), of_year, 0.0)
        both = summer * winter
        target = river.carry * math.sqrt(self.cov(SUMMER, SUMMER, summer**2, True) * of_winter)
        carry = self.solve("carry", lambda r: self.cov(SUMMER, WINTER, both * r), target, -1.0)
        later = self.solve("lag1", lambda b: self.next_year(summer, winter, carry, b), river.lag1 * of_year, -1.0)
        return summer, carry, later

    def cov(self, first: tuple[int, ...], second: tuple[int, ...], correlation: float, same: bool = False) -> float:
        """Return the covariance of two half-years' volumes whose months correlate alike; `same`: of the variance."""
        rho = np.full((6, 6), correlation)
        if same:
            np.fill_diagonal(rho, 1.0)
        i, j = list(first), list(second)
        terms = np.expm1(np.outer(self.spread[i], self.spread[j]) * rho)
        return float(np.sum(np.outer(self.volume[i], self.volume[j]) * terms))

    def year(self, summer: float, winter: float, back: float) -> float:
        """Return the variance of the hydrological year's volume."""
        halves = self.cov(WINTER, WINTER, winter**2, True) + self.cov(SUMMER, SUMMER, summer**2, True)
        return halves + 2 * self.cov(WINTER, SUMMER, winter * summer * back)

    def next_year(self, summer: float, winter: float, carry: float, back: float) -> float:
        """Return the covariance of one hydrological year's volume with the next one's."""
        return (
            self.cov(SUMMER, WINTER, summer * winter * carry)
            + self.cov(SUMMER, SUMMER, summer**2 * carry * back)
            + self.cov(WINTER, WINTER, winter**2 * back * carry)
            + self.cov(WINTER, SUMMER, winter * summer * back * carry * back)
        )

    def fresh(self, summer: float, winter: float, back: float) -> float:
        """Return one less the part of the year's variance that comes with its winter, to first order in the spreads."""
        reach = self.volume * self.spread
        of_winter = reach[list(WINTER)].sum() * winter + reach[list(SUMMER)].sum() * summer * back
        of_year = (self.river.year_cv * self.volume.sum()) ** 2
        return float(1 - of_winter**2 / of_year) if of_year else 1.0

    def solve(self, statistic: str, found: Callable[[float], float], target: float, low: float) -> float:
        """Return the number from `low` to 1 at which a growing function meets what a statistic asks for."""
        least, most = found(low), found(1.0)
        margin = 1e-9 * max(abs(least), abs(most))
        if not least - margin <= target <= most + margin:
            value = getattr(self.river, statistic)
            # a variance grows with the square of its coefficient of variation, a covariance with the correlation
            power = 0.5 if statistic.endswith("cv") else 1.0
            reach = [f"{value * max(end / target, 0.0) ** power:.3f}" for end in (least, most)] if target > 0 else []
            what = f"{statistic} {value:g} of {self.river.name!r} does not go with its other statistics"
            raise InputError(Fault(what, self.path, None, " to ".join(reach) or None))
        if most - least <= margin:
            return 0.0
        return float(brentq(lambda x: found(x) - min(max(target, least), most), low, 1.0, xtol=1e-14))
