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
YEAR_DAYS = 365.25
LawName = Literal["exponential", "lognormal", "empirical"]


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
    intervals: dict[str, tuple[float, float]]

    def hazard(self, source: str) -> dict[str, Any]:
        """Return the part of a hazard that the log says: rate, duration, source."""
        rate = {"per_year": round(self.per_year, 4), "low": round(self.low, 4), "high": round(self.high, 4)}
        return {"rate": rate, "duration": self.law, "source": source}


def poisson_rate(events: int, years: float) -> tuple[float, float, float]:
    """Return a rate [1/year] and its exact 90 % interval, χ²(5 %; 2n)/2T to χ²(95 %; 2n + 2)/2T (Garwood 1936).

    Examples
    --------
    >>> [round(rate, 2) for rate in poisson_rate(21, 3.46)]
    [6.07, 4.07, 8.74]
    """
    tail = (1 - CONFIDENCE) / 2
    low = float(stats.chi2.ppf(tail, 2 * events)) / (2 * years) if events else 0.0
    return events / years, low, float(stats.chi2.ppf(1 - tail, 2 * events + 2)) / (2 * years)


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
    faults = []
    for column, asked in (("corridor", corridors), ("cause", causes)):
        known = sorted(log[column].unique())
        faults += [
            Fault(f"no event of {column} {name!r}", column, None, ", ".join(known), nearest(name, known))
            for name in asked
            if name not in known
        ]
    if not start < end:
        faults.append(Fault(f"the window is {start:%Y-%m-%d} to {end:%Y-%m-%d}", "window", None, "start before end"))
    if faults:
        raise InputError(faults)
    chosen = log[log["corridor"].isin(list(corridors)) & (log["counts"] == "yes")]
    chosen = chosen[(chosen["start"] >= start) & (chosen["start"] < end)]
    chosen = chosen[chosen["cause"].isin(list(causes))] if causes else chosen
    chosen = chosen[chosen["start"].dt.month.isin(list(months))] if months else chosen
    days = pd.date_range(start, end, freq="D", inclusive="left")
    watched = int(days.month.isin(list(months)).sum()) if months else len(days)
    events, years = int(chosen["incidents"].sum()), watched / YEAR_DAYS
    hours = chosen["hours"].dropna().to_numpy(float)
    found, intervals = _law(hours[hours > 0], law)
    return Fit(events, years, *poisson_rate(events, years), found, intervals)


def _law(hours: np.ndarray, law: LawName) -> tuple[dict[str, Any], dict[str, tuple[float, float]]]:
    least = 2 if law == "lognormal" else 1
    if len(hours) < least:
        what = f"{len(hours)} durations are too few for a {law} law"
        raise InputError(Fault(what, "log", None, f"{least} or more", "widen the window or name more causes"))
    tail, count = (1 - CONFIDENCE) / 2, len(hours)
    if law == "empirical":
        return {"law": law, "hours": sorted(hours.tolist())}, {}
    if law == "exponential":
        total = float(hours.sum())
        ends = (2 * total / float(stats.chi2.ppf(q, 2 * count)) for q in (1 - tail, tail))
        return {"law": law, "mean": round(total / count, 2)}, {"mean": (next(ends), next(ends))}
    logs = np.log(hours)
    centre, sigma = float(logs.mean()), float(logs.std(ddof=1))
    half = float(stats.t.ppf(1 - tail, count - 1)) * sigma / count**0.5
    spread = [sigma * ((count - 1) / float(stats.chi2.ppf(q, count - 1))) ** 0.5 for q in (1 - tail, tail)]
    found = {"law": law, "median": round(float(np.exp(centre)), 2), "sigma": round(sigma, 3)}
    return found, {
        "median": (float(np.exp(centre - half)), float(np.exp(centre + half))),
        "sigma": (spread[0], spread[1]),
    }
