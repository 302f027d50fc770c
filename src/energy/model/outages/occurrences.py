"""Occurrences of a hazard: a renewal process of failure and repair, or clusters of failures in campaigns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import NamedTuple

import numpy as np

from energy.model.outages.failure_rate import FailureRate
from energy.model.random_stream import exponential, logarithm, normal_quantile, uniform_stream
from energy.scenario.hazard import YEAR, Campaign, Process

Key = list[str | int]
"""Words and whole numbers that name a random stream."""

LONGEST = 10 * YEAR  # hours; no outage lasts longer
_NUMBERS_A_CYCLE = 4  # of a stream for one occurrence: time up, duration, common cause, one spare
_NUMBERS_A_STRIKE = 3  # offset in the campaign, duration, common cause
_FIRST_CYCLES = 8


class Occurrence(NamedTuple):
    """One occurrence of a hazard.

    Attributes
    ----------
    start, end
        Hours from the start of the horizon.
    uniform
        Number, evenly spread over (0, 1), that decides what the occurrence hits as well.
    """

    start: float
    end: float
    uniform: float


class RepairPause(NamedTuple):
    """A span in which repair crews work at a lower pace, or not at all.

    Attributes
    ----------
    start, end
        Hours from the start of the horizon.
    pace
        Work done in an hour, as a share of undisturbed work.
    """

    start: float
    end: float
    pace: float


def occurrences(
    process: Process,
    key: Key,
    rate: FailureRate,
    pauses: Sequence[RepairPause] = (),
) -> Iterator[Occurrence]:
    """Yield the occurrences of a process in order of time.

    Parameters
    ----------
    process
        What happens.
    key
        Name of its random stream.
    rate
        Failure rate over time.
    pauses
        When repair crews do not get through, without overlaps, in order.
    """
    mttf = process.times[0]
    if np.isinf(mttf):
        return
    campaign: Campaign | None = getattr(process, "campaign", None)
    if campaign is None:
        yield from _renewals(process, key, rate, pauses)
    else:
        yield from _campaigns(process, campaign, key=key, rate=rate, pauses=pauses)


def _renewals(
    process: Process,
    key: Key,
    rate: FailureRate,
    pauses: Sequence[RepairPause],
) -> Iterator[Occurrence]:
    in_service_from = float(rate.edges[0])
    for until_failure, work, uniform in _cycles(process, key):
        expected = rate.expected_until(in_service_from) + until_failure
        if expected >= rate.total:
            return
        failure = rate.instant_of(expected)
        repaired = _end_of_repair(failure, work, pauses)
        yield Occurrence(failure, repaired, uniform)
        in_service_from = repaired


def _cycles(
    process: Process,
    key: Key,
) -> Iterator[tuple[float, float, float]]:
    """Yield the numbers of one occurrence after another, without end; a longer stream begins with the shorter one.

    They are the occurrences to expect until the next one, the hours of work to repair it, and the evenly spread number
    that decides what it hits as well.
    """
    first = 0
    size = _FIRST_CYCLES
    while True:
        numbers = uniform_stream(key, size * _NUMBERS_A_CYCLE)
        table = numbers.reshape(size, _NUMBERS_A_CYCLE)
        until_failure = -logarithm(table[:, 0])
        work = _durations(process, table[:, 1])
        for row in range(first, size):
            uniform = table[row, 2]
            yield float(until_failure[row]), float(work[row]), float(uniform)
        first = size
        size *= 2


def _campaigns(
    process: Process,
    campaign: Campaign,
    key: Key,
    rate: FailureRate,
    pauses: Sequence[RepairPause],
) -> Iterator[Occurrence]:
    """Yield the occurrences of campaigns: a Poisson process of clusters (Neyman and Scott 1958).

    Strikes are counted by calendar time: a campaign does not wait for repair.
    """
    share_in_service = process.times[0] / sum(process.times)
    campaigns_per_failure = share_in_service / campaign.size
    strikes: list[Occurrence] = []
    expected = 0.0
    for number in count():
        key_of_campaign: Key = [*key, "campaign", number]
        first, second = uniform_stream(key_of_campaign, 2)
        expected -= float(logarithm(np.array(first))) / campaigns_per_failure
        if expected >= rate.total:
            break
        size = _campaign_size(campaign, float(second))
        stream = uniform_stream([*key_of_campaign, "strikes"], _NUMBERS_A_STRIKE * size)
        numbers = stream.reshape(size, _NUMBERS_A_STRIKE)
        offsets = numbers[:, 0].tolist()
        work = _durations(process, numbers[:, 1]).tolist()
        uniforms = numbers[:, 2].tolist()
        begin = rate.instant_of(expected)
        for strike in range(size):
            failure = begin + offsets[strike] * campaign.span
            repaired = _end_of_repair(failure, work[strike], pauses)
            strikes.append(Occurrence(failure, repaired, uniforms[strike]))
    yield from sorted(strikes)


def _campaign_size(
    campaign: Campaign,
    uniform: float,
) -> int:
    """Return the number of strikes of a campaign, geometric from 1 on: P(N > n) = (1 − 1/size)ⁿ."""
    if campaign.size == 1:
        return 1
    rate = float(-logarithm(np.array(1 - 1 / campaign.size)))
    exponential_number = float(-logarithm(np.array(uniform)))
    return 1 + int(exponential_number / rate)


def _durations(
    process: Process,
    uniform: np.ndarray,
) -> np.ndarray:
    """Return durations of the law of a process [h], at most ``LONGEST``."""
    law = process.law
    if law.law == "exponential":
        hours = -law.mean * logarithm(uniform)
    elif law.law == "empirical":
        records = len(law.hours)
        record = np.minimum((uniform * records).astype(int), records - 1)
        hours = np.array(law.hours)[record]
    else:
        normal = normal_quantile(uniform)
        hours = law.median * exponential(law.sigma * normal)
    return np.minimum(hours, LONGEST)


def _end_of_repair(
    begin: float,
    work: float,
    pauses: Sequence[RepairPause],
) -> float:
    """Return the instant [h] at which a repair ends that takes ``work`` hours undisturbed."""
    latest = begin + LONGEST
    instant = begin
    remaining = work
    for pause in pauses:
        if pause.end <= instant:
            continue
        if instant + remaining <= pause.start:
            break
        remaining -= max(pause.start - instant, 0.0)
        instant = max(instant, pause.start)
        work_in_pause = (pause.end - instant) * pause.pace
        if work_in_pause >= remaining:
            return min(instant + remaining / pause.pace, latest)
        remaining -= work_in_pause
        instant = pause.end
    return min(instant + remaining, latest)
