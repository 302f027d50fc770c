"""Fit of a hazard to a log of events, with the interval of its rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from energy.errors import Fault, InputError, nearest

CONFIDENCE = 0.9
TAIL = (1 - CONFIDENCE) / 2  # probability on each side of an interval
YEAR_DAYS = 365.25
LawName = Literal["exponential", "lognormal", "empirical"]
Intervals = dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Fit:
    """A rate and a duration law with their 90 % intervals.

    Attributes
    ----------
    events, years
        Count and exposure.
    per_year, low, high
        Rate and its interval.
    law
        The duration law as a hazard has it.
    intervals
        Field of the law → its interval.
    """

    events: int
    years: float
    per_year: float
    low: float
    high: float
    law: dict[str, Any]
    intervals: Intervals

    def hazard(self, source: str) -> dict[str, Any]:
        """Return the part of a hazard that the log says: rate, duration, source."""
        rate = {
            "per_year": round(self.per_year, 4),
            "low": round(self.low, 4),
            "high": round(self.high, 4),
        }
        return {"rate": rate, "duration": self.law, "source": source}


def _poisson_rate(events: int, years: float) -> tuple[float, float, float]:
    """Return a rate [1/year] and its exact 90 % interval, χ²(5 %; 2n)/2T to χ²(95 %; 2n + 2)/2T (Garwood 1936).

    Examples
    --------
    >>> [round(rate, 2) for rate in _poisson_rate(21, 3.46)]
    [6.07, 4.07, 8.74]
    """
    low = 0.0
    if events:
        low = _chi2(TAIL, 2 * events) / (2 * years)
    high = _chi2(1 - TAIL, 2 * events + 2) / (2 * years)
    return events / years, low, high


def _chi2(probability: float, freedom: int) -> float:
    """Return the quantile of χ² with some degrees of freedom."""
    return float(stats.chi2.ppf(probability, freedom))


def fit_log(
    log: pd.DataFrame,
    corridors: Sequence[str],
    causes: Sequence[str],
    start: pd.Timestamp,
    end: pd.Timestamp,
    law: LawName = "lognormal",
    months: Sequence[int] = (),
) -> Fit:
    """Fit a hazard to the events of a log that count in rates.

    Parameters
    ----------
    log
        From ``energy.case.event_log.read_event_log``.
    corridors, causes
        Which events; no cause means all.
    start, end
        The window that was watched, end not included.
    law
        Law of the durations: maximum likelihood; the interval of an exponential mean is χ²'s, of a lognormal's median
        Student's t on the logarithms, of its σ χ²'s.
    months
        Months that count, 1 to 12; the exposure is theirs. None: all.

    Raises
    ------
    InputError
        When the log does not know a corridor or cause, or there are too few events for the law.
    """
    _refuse_unknown(log=log, corridors=corridors, causes=causes, start=start, end=end)
    events = _events(log=log, corridors=corridors, causes=causes, start=start, end=end)
    days = pd.date_range(start, end, freq="D", inclusive="left")
    if months:
        events = events[events["start"].dt.month.isin(list(months))]
        days = days[days.month.isin(list(months))]
    count = int(events["incidents"].sum())
    years = len(days) / YEAR_DAYS
    hours = events["hours"].dropna().to_numpy(float)
    duration, intervals = _duration_law(hours[hours > 0], law)
    per_year, low, high = _poisson_rate(count, years)
    return Fit(
        events=count,
        years=years,
        per_year=per_year,
        low=low,
        high=high,
        law=duration,
        intervals=intervals,
    )


def _refuse_unknown(
    log: pd.DataFrame,
    corridors: Sequence[str],
    causes: Sequence[str],
    start: pd.Timestamp,
    end: pd.Timestamp,
) -> None:
    faults = []
    for column, names in (("corridor", corridors), ("cause", causes)):
        in_log = sorted(log[column].unique())
        for name in names:
            if name not in in_log:
                what = f"no event of {column} {name!r}"
                repair = nearest(name, in_log)
                faults.append(Fault(what, column, allowed=", ".join(in_log), repair=repair))
    if not start < end:
        what = f"the window is {start:%Y-%m-%d} to {end:%Y-%m-%d}"
        faults.append(Fault(what, "window", allowed="start before end"))
    if faults:
        raise InputError(faults)


def _events(
    log: pd.DataFrame,
    corridors: Sequence[str],
    causes: Sequence[str],
    start: pd.Timestamp,
    end: pd.Timestamp,
) -> pd.DataFrame:
    """Return the events of a log that count in rates, on some corridors, of some causes, in a window."""
    counts = log["counts"] == "yes"
    on_corridors = log["corridor"].isin(list(corridors))
    in_window = (log["start"] >= start) & (log["start"] < end)
    events = log[counts & on_corridors & in_window]
    if causes:
        events = events[events["cause"].isin(list(causes))]
    return events


def _duration_law(hours: np.ndarray, law: LawName) -> tuple[dict[str, Any], Intervals]:
    """Return a duration law as a hazard has it, fitted to durations [h], and the intervals of its fields."""
    _refuse_too_few(hours, law)
    if law == "empirical":
        return {"law": law, "hours": sorted(hours.tolist())}, {}
    if law == "exponential":
        return _exponential_law(hours)
    return _lognormal_law(hours)


def _refuse_too_few(hours: np.ndarray, law: LawName) -> None:
    least = 2 if law == "lognormal" else 1
    if len(hours) < least:
        what = f"{len(hours)} durations are too few for a {law} law"
        repair = "widen the window or name more causes"
        raise InputError(Fault(what, "log", allowed=f"{least} or more", repair=repair))


def _exponential_law(hours: np.ndarray) -> tuple[dict[str, Any], Intervals]:
    """Return the mean [h] and its interval, 2·Σ/χ²(95 %; 2n) to 2·Σ/χ²(5 %; 2n)."""
    count = len(hours)
    total = float(hours.sum())
    low = 2 * total / _chi2(1 - TAIL, 2 * count)
    high = 2 * total / _chi2(TAIL, 2 * count)
    mean = round(total / count, 2)
    return {"law": "exponential", "mean": mean}, {"mean": (low, high)}


def _lognormal_law(hours: np.ndarray) -> tuple[dict[str, Any], Intervals]:
    """Return median [h] and σ of the logarithms with their intervals, by Student's t and by χ²."""
    logarithms = np.log(hours)
    freedom = len(hours) - 1
    centre = float(logarithms.mean())
    sigma = float(logarithms.std(ddof=1))
    student = float(stats.t.ppf(1 - TAIL, freedom))
    half_width = student * sigma / len(hours) ** 0.5
    law = {
        "law": "lognormal",
        "median": round(_exp(centre), 2),
        "sigma": round(sigma, 3),
    }
    intervals = {
        "median": (_exp(centre - half_width), _exp(centre + half_width)),
        "sigma": (
            _sigma_bound(sigma, freedom, 1 - TAIL),
            _sigma_bound(sigma, freedom, TAIL),
        ),
    }
    return law, intervals


def _exp(exponent: float) -> float:
    return float(np.exp(exponent))


def _sigma_bound(
    sigma: float,
    freedom: int,
    probability: float,
) -> float:
    """Return σ·√(f/χ²(probability; f)) with f degrees of freedom."""
    ratio = freedom / _chi2(probability, freedom)
    return sigma * float(ratio**0.5)
