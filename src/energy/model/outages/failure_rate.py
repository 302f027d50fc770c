"""Failure rate of a hazard over time: by month, and only while its state holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache

import numpy as np
import pandas as pd

from energy.model.random_stream import logarithm, uniform_stream
from energy.scenario import HazardSet
from energy.scenario.hazard import YEAR, Process

Span = tuple[float, float]
"""Start and end [h from the start of the horizon]."""

HISTORY = 20 * YEAR
"""Hours before the horizon from which states are drawn."""

SHORTEST_HISTORY = 720.0  # hours before the horizon from which outages are drawn at least
DAYS_OF_MONTH = np.array([31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
HOUR = pd.Timedelta(hours=1)


class FailureRate:
    """Failure rate over time, constant between edges, and the number of failures that it expects.

    Parameters
    ----------
    edges
        Instants [h from the start of the horizon], rising; shape (n + 1,).
    rates
        Failures an hour of service between the edges [1/h]; shape (n,).
    """

    def __init__(
        self,
        edges: np.ndarray,
        rates: np.ndarray,
    ) -> None:
        expected = np.cumsum(np.diff(edges) * rates)
        self.edges = edges
        self.expected = np.concatenate([[0.0], expected])

    @property
    def total(self) -> float:
        """Failures expected up to the last edge, in unbroken service."""
        return float(self.expected[-1])

    def expected_until(self, instant: float) -> float:
        """Return the failures expected up to an instant [h], in unbroken service."""
        return float(np.interp(instant, self.edges, self.expected))

    def instant_of(self, expected: float) -> float:
        """Return the instant [h] up to which so many failures are expected."""
        segment = int(np.searchsorted(self.expected, expected, side="right")) - 1
        before = self.expected[segment]
        after = self.expected[segment + 1]
        share = (expected - before) / (after - before)
        begin = self.edges[segment]
        end = self.edges[segment + 1]
        return float(begin + share * (end - begin))


def second_state(
    hazards: HazardSet,
    hours: float,
    seed: int,
    draw: int,
) -> tuple[Span, ...]:
    """Return when the second state of the chain holds [h from the start of the horizon].

    Parameters
    ----------
    hazards
        The chain of states, or the state that is given for the whole horizon.
    hours
        Length of the horizon [h].
    seed, draw
        Family of draws and number in it.
    """
    chain = hazards.chain
    if chain is None:
        return ()
    if hazards.state is not None:
        if hazards.state == chain.states[1]:
            return ((-HISTORY, hours),)
        return ()
    numbers = uniform_stream(["state", *chain.states, seed, draw], 256)
    is_second = bool(numbers[0] < chain.share)
    begin = -HISTORY
    spans = []
    for uniform in numbers[1:]:  # stationary from the first on; stays have no memory
        mean_stay = chain.stays[is_second] * YEAR
        end = begin - mean_stay * float(logarithm(uniform))
        if is_second:
            spans.append((begin, min(end, hours)))
        is_second = not is_second
        begin = end
        if begin >= hours:
            break
    return tuple(spans)


def failure_rate(
    process: Process,
    start: pd.Timestamp,
    hours: float,
    second: str | None,
    seconds: Sequence[Span],
    tilt: float = 1.0,
) -> FailureRate:
    """Return the failure rate of a process: 1/MTTF times the month's factor where its state holds.

    Parameters
    ----------
    process
        What happens.
    start, hours
        First instant (naive UTC) and length [h] of the horizon.
    second, seconds
        Name of the chain's second state, None without a chain, and when it holds [h].
    tilt
        Factor on the rate within the horizon.
    """
    edges, factors = _monthly(process.by_month, start, hours, _history(process))
    if process.when is not None and second is not None:
        is_in_second = process.when == second
        edges, factors = _within_state(edges, factors, seconds, is_in_second)
    is_in_horizon = _middles(edges) > 0
    tilts = np.where(is_in_horizon, tilt, 1.0)
    mttf = process.times[0]
    rates = factors / mttf * tilts
    return FailureRate(edges, rates)


def _within_state(
    edges: np.ndarray,
    factors: np.ndarray,
    seconds: Sequence[Span],
    is_in_second: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Return finer edges and their factors, 0 where the state of the process does not hold.

    Parameters
    ----------
    edges, factors
        As of ``_monthly``.
    seconds
        When the second state holds [h].
    is_in_second
        Whether the process happens in the second state, or in the first.
    """
    ends = np.ravel(seconds)
    is_within = (ends > edges[0]) & (ends < edges[-1])
    inner_ends = ends[is_within]
    finer_edges = np.unique(np.concatenate([edges, inner_ends]))
    middles = _middles(finer_edges)
    is_second = np.zeros(len(middles), dtype=bool)
    for begin, end in seconds:
        is_in_span = (middles > begin) & (middles < end)
        is_second |= is_in_span
    holds = is_second if is_in_second else ~is_second
    segments = np.searchsorted(edges, middles) - 1
    return finer_edges, factors[segments] * holds


def _middles(edges: np.ndarray) -> np.ndarray:
    return np.asarray((edges[1:] + edges[:-1]) / 2)


def _history(process: Process) -> float:
    """Return the hours before the horizon after which it no longer matters that all was in service at first."""
    law = process.law
    durations = 10 if law.law == "exponential" else 5
    campaign = getattr(process, "campaign", None)
    span = campaign.span if campaign else 0.0
    history = law.average * durations + span
    return min(max(history, SHORTEST_HISTORY), HISTORY)


@lru_cache(maxsize=256)
def _monthly(
    by_month: tuple[float, ...],
    start: pd.Timestamp,
    hours: float,
    history: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the edges of the months [h from the start] and the factor of the month between them, 1 in the mean."""
    begin = start - timedelta(hours=history)
    end = start + timedelta(hours=hours)
    months = pd.date_range(begin, end, freq="MS")
    turns = np.asarray((months - start) / HOUR, dtype=float)
    is_within = (turns > -history) & (turns < hours)
    inner_turns = turns[is_within]
    ends = [-history, 0.0, hours]
    edges = np.unique(np.concatenate([ends, inner_turns]))
    if not by_month:
        return edges, np.ones(len(edges) - 1)
    relative = np.array(by_month)
    mean = relative @ DAYS_OF_MONTH / DAYS_OF_MONTH.sum()
    factors = relative / mean
    since_start = pd.to_timedelta(_middles(edges), unit="h")
    middles = pd.DatetimeIndex(start + since_start)
    month = middles.month.to_numpy()
    return edges, factors[month - 1]
