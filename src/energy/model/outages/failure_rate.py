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

HISTORY = 20 * YEAR
"""Hours before the horizon from which states are drawn."""


def second_state(hazards: HazardSet, hours: float, seed: int, draw: int) -> tuple[Span, ...]:
    """Return when the second state of the chain holds [h from the start of the horizon]."""
    chain = hazards.chain
    if chain is None:
        return ()
    if hazards.state is not None:
        return ((-HISTORY, hours),) if hazards.state == chain.states[1] else ()
    stays = [years * YEAR for years in chain.stays]
    numbers = uniform_stream(["state", *chain.states, seed, draw], 256)
    second, at, spans = bool(numbers[0] < chain.share), -HISTORY, list[Span]()
    for uniform in numbers[1:]:  # stationary from the first on; stays have no memory
        until = at - stays[second] * float(logarithm(uniform))
        if second:
            spans.append((at, min(until, hours)))
        at, second = until, not second
        if at >= hours:
            break
    return tuple(spans)


def failure_rate(
    process: Process, start: pd.Timestamp, hours: float, second: str | None, seconds: Sequence[Span], tilt: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return edges [h] and the rate between them [1/h]: 1/MTTF times the month's factor where the state holds.

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
        cuts = [x for span in seconds for x in span if edges[0] < x < edges[-1]]
        finer = np.unique(np.concatenate([edges, cuts]))
        middle = (finer[1:] + finer[:-1]) / 2
        inside = np.zeros(len(middle), dtype=bool)
        for first, last in seconds:
            inside |= (middle > first) & (middle < last)
        holds = inside if process.when == second else ~inside
        factors = factors[np.searchsorted(edges, middle) - 1] * holds
        edges = finer
    middle = (edges[1:] + edges[:-1]) / 2
    return edges, factors / process.times[0] * np.where(middle > 0, tilt, 1.0)


def _history(process: Process) -> float:
    """Hours before the horizon after which it no longer matters that all was in service at first."""
    law, campaign = process.law, getattr(process, "campaign", None)
    long = law.average * (10 if law.law == "exponential" else 5) + (campaign.span if campaign else 0.0)
    return min(max(long, 720.0), HISTORY)


@lru_cache(maxsize=256)
def _monthly(
    by_month: tuple[float, ...], start: pd.Timestamp, hours: float, history: float
) -> tuple[np.ndarray, np.ndarray]:
    begin = start - timedelta(hours=history)
    end = start + timedelta(hours=hours)
    months = pd.date_range(begin, end, freq="MS")
    inner = np.asarray((months - start) / pd.Timedelta(hours=1), dtype=float)
    edges = np.unique(np.concatenate([[-history, 0.0, hours], inner[(inner > -history) & (inner < hours)]]))
    if not by_month:
        return edges, np.ones(len(edges) - 1)
    days = np.array([31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    factors = np.array(by_month) / (np.array(by_month) @ days / days.sum())
    middle = start + pd.to_timedelta((edges[1:] + edges[:-1]) / 2, unit="h")
    return edges, factors[pd.DatetimeIndex(middle).month.to_numpy() - 1]
