"""Outage sampling: sequences of outages from hazards, one random stream an asset, the same on every machine.

Each hazard is a renewal process: up for a time whose hazard rate is 1/MTTF times the month's factor while its state
holds, then down for a duration of its law. Its numbers come from a stream keyed by seed, draw, hazard and place, so
that another hazard in the set, another draw or another order changes none of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from energy.model.outages.failure_rate import Span, failure_rate, second_state
from energy.model.random_stream import exponential, logarithm, normal_quantile, uniform_stream
from energy.scenario import Event, Hazard, HazardSet
from energy.scenario.dates import Closure
from energy.scenario.hazard import YEAR, Campaign, Process

Tilts = Mapping[str, float]

LONGEST = 10 * YEAR  # hours; no outage lasts longer
_A_CYCLE = 4  # numbers of a stream for one occurrence: time up, duration, spread, one spare


class Outage(NamedTuple):
    """One occurrence of a hazard; times in hours from the start of the horizon."""

    hazard: str
    where: tuple[str, ...]
    start: float
    end: float


class SampledOutages(NamedTuple):
    """One draw of a set of hazards.

    Attributes
    ----------
    outages
        In the order of hazards, then of time.
    states
        Share of the horizon in the second state of the chain; 0 without a chain.
    weight
        Density of the draw under the hazards' own rates over that under the tilted ones; 1 without a tilt.
    """

    outages: tuple[Outage, ...]
    states: float
    weight: float


def draw_outages(
    hazards: HazardSet, start: pd.Timestamp, hours: float, seed: int, draw: int, tilts: Tilts | None = None
) -> SampledOutages:
    """Draw the outages of one horizon.

    Parameters
    ----------
    hazards
        The laws.
    start, hours
        First instant (naive UTC) and length [h] of the horizon.
    seed, draw
        Family of draws and number in it.
    tilts
        Hazard → factor on its rate within the horizon, for importance sampling. The likelihood ratio of a Poisson
        process of intensity λ drawn at bλ is b⁻ⁿ·exp((b − 1)∫λ dt) with n occurrences (Asmussen and Glynn 2007,
        ch. V.1); λ counts while the asset is up.

    Returns
    -------
    Drawn

    Examples
    --------
    >>> from energy.scenario import read_hazards
    >>> found = draw_outages(read_hazards("conflict"), pd.Timestamp("2028-04-01"), 8760, seed=1, draw=3)
    >>> "attack in conflict" in {outage.hazard for outage in found.outages}
    True
    """
    seconds = second_state(hazards, hours, seed, draw)
    second = hazards.chain.states[1] if hazards.chain else None

    def rates(process: Process, tilt: float = 1.0) -> Rates:
        return Rates(*failure_rate(process, start, hours, second, seconds, tilt))

    closures: dict[str, list[Span]] = {}
    for name, process in hazards.closures.items():
        shut_spans = _occurrences(process, ["outage", name, "closure", seed, draw], rates(process))
        closures[name] = [(o.start, o.end) for o in shut_spans]
    found: list[Outage] = []
    weight = 1.0
    for name, hazard in hazards.hazards.items():
        tilt = (tilts or {}).get(name, 1.0)
        shut = _shut(hazard, closures, start, hours)
        for place in [(p,) for p in hazard.where] if hazard.each else [hazard.where]:
            key: list[str | int] = ["outage", name, " + ".join(place), seed, draw]
            drawn = list(_occurrences(hazard, key, rates(hazard, tilt), shut))
            if tilt != 1.0:
                weight *= _ratio(drawn, rates(hazard), hours, tilt)
            found += [_spread(hazard, name, place, o) for o in drawn if o.end > 0 and o.start < hours]
    inside = sum(min(b, hours) - max(a, 0.0) for a, b in seconds if b > 0 and a < hours)
    return SampledOutages(tuple(found), inside / hours, weight)


class _Occurrence(NamedTuple):
    start: float
    end: float
    spread: float  # evenly spread number that decides what is hit as well


class Rates:
    """A rate over time, and what it expects up to each instant."""

    def __init__(self, edges: np.ndarray, rates: np.ndarray) -> None:
        self.edges = edges
        self.whole = np.concatenate([[0.0], np.cumsum(np.diff(edges) * rates)])

    def up_to(self, at: float) -> float:
        """Return the expected occurrences up to an instant, in unbroken service."""
        return float(np.interp(at, self.edges, self.whole))

    def reach(self, wanted: float) -> float:
        """Return the instant up to which so many occurrences are expected."""
        at = int(np.searchsorted(self.whole, wanted, side="right")) - 1
        share = (wanted - self.whole[at]) / (self.whole[at + 1] - self.whole[at])
        return float(self.edges[at] + share * (self.edges[at + 1] - self.edges[at]))


def _occurrences(
    process: Process, key: list[str | int], rates: Rates, shut: Sequence[tuple[float, float, float]] = ()
) -> Iterator[_Occurrence]:
    if np.isinf(process.times[0]):
        return
    campaign: Campaign | None = getattr(process, "campaign", None)
    if campaign is not None:
        yield from _campaigns(process, campaign, key, rates, shut)
        return
    at, number, cycles = float(rates.edges[0]), 0, _cycles(process, key, 8)
    while True:
        if number == len(cycles):
            cycles = _cycles(process, key, 2 * number)
        up, length, spread = cycles[number]
        number += 1
        wanted = rates.up_to(at) + up
        if wanted >= rates.whole[-1]:
            return
        begin = rates.reach(wanted)
        at = _worked(begin, length, shut)
        yield _Occurrence(begin, at, spread)


def _cycles(process: Process, key: list[str | int], count: int) -> list[tuple[float, float, float]]:
    """Return expected occurrences until the next one, its length [h] and a number for what else it hits."""
    numbers = uniform_stream(key, count * _A_CYCLE).reshape(count, _A_CYCLE)
    up, length = -logarithm(numbers[:, 0]), _lengths(process, numbers[:, 1])
    return list(zip(up.tolist(), length.tolist(), numbers[:, 2].tolist(), strict=True))


def _campaigns(
    process: Process,
    campaign: Campaign,
    key: list[str | int],
    rates: Rates,
    shut: Sequence[tuple[float, float, float]],
) -> Iterator[_Occurrence]:
    """Yield the occurrences of campaigns: a Poisson process of clusters (Neyman and Scott 1958)."""
    # strikes are counted by calendar time here: a campaign does not wait for repair
    share = process.times[0] / sum(process.times) / campaign.size
    found, reached, number = list[_Occurrence](), 0.0, 0
    while True:
        own = [*key, "campaign", number]
        first, count = uniform_stream(own, 2)
        number += 1
        reached -= float(logarithm(np.array(first))) / share
        if reached >= rates.whole[-1]:
            break
        begin = rates.reach(reached)
        # geometric from 1 on: P(N > n) = (1 − 1/size)ⁿ
        stop = np.inf if campaign.size == 1 else float(-logarithm(np.array(1 - 1 / campaign.size)))
        strikes = 1 + int(float(-logarithm(np.array(count))) / stop)
        numbers = uniform_stream([*own, "strikes"], 3 * strikes).reshape(-1, 3)
        for (offset, _, spread), length in zip(numbers.tolist(), _lengths(process, numbers[:, 1]), strict=True):
            hit = begin + offset * campaign.span
            found.append(_Occurrence(hit, _worked(hit, float(length), shut), spread))
    yield from sorted(found)


def _lengths(process: Process, uniform: np.ndarray) -> np.ndarray:
    law = process.law
    if law.law == "exponential":
        hours = -law.mean * logarithm(uniform)
    elif law.law == "empirical":
        hours = np.array(law.hours)[np.minimum((uniform * len(law.hours)).astype(int), len(law.hours) - 1)]
    else:
        hours = law.median * exponential(law.sigma * normal_quantile(uniform))
    return np.minimum(hours, LONGEST)


def _worked(begin: float, work: float, shut: Sequence[tuple[float, float, float]]) -> float:
    """Return when work that takes ``work`` hours undisturbed is done; ``shut`` holds (start, end, pace), in order."""
    at, left = begin, work
    for first, last, pace in shut:
        if last <= at:
            continue
        if at + left <= first:
            break
        left -= max(first - at, 0.0)
        at = max(at, first)
        if (last - at) * pace >= left:
            return min(at + left / pace, begin + LONGEST)
        left -= (last - at) * pace
        at = last
    return min(at + left, begin + LONGEST)


def _shut(
    hazard: Hazard, closures: Mapping[str, Sequence[Span]], start: pd.Timestamp, hours: float
) -> list[tuple[float, float, float]]:
    """Return when crews do not get through, without overlaps, in order."""
    spans = [span for name in hazard.closed_by for span in closures[name]]
    spans += _yearly(hazard.closed, start, hours)
    joined: list[list[float]] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], last)
        else:
            joined.append([first, last])
    return [(first, last, hazard.pace) for first, last in joined]


@lru_cache(maxsize=64)
def _yearly(closed: tuple[Closure, ...], start: pd.Timestamp, hours: float) -> list[Span]:
    found: list[Span] = []
    end = start + pd.Timedelta(hours=hours) + pd.Timedelta(hours=LONGEST)
    for closure in closed:
        for first, last in closure.spans(start.year - 21):
            if first > end:
                break
            found.append(((first - start) / pd.Timedelta(hours=1), (last - start) / pd.Timedelta(hours=1)))
    return found


def _ratio(drawn: Sequence[_Occurrence], rates: Rates, hours: float, tilt: float) -> float:
    def expected(first: float, last: float) -> float:
        return max(rates.up_to(min(max(last, 0.0), hours)) - rates.up_to(max(first, 0.0)), 0.0)

    exposure = expected(0.0, hours) - sum(expected(o.start, o.end) for o in drawn)
    count = sum(o.start > 0 for o in drawn)
    return float(np.exp((tilt - 1) * exposure) * tilt**-count)


def _spread(hazard: Hazard, name: str, place: tuple[str, ...], occurrence: _Occurrence) -> Outage:
    where, left = place, occurrence.spread
    for spread in hazard.spreads:
        if left < spread.probability:
            where = (*where, *(p for p in spread.where if p not in where))
        # the rest of the number is evenly spread again
        left = (
            left / spread.probability
            if left < spread.probability
            else (left - spread.probability) / (1 - spread.probability)
        )
    return Outage(name, where, occurrence.start, occurrence.end)


def as_events(drawn: SampledOutages, hazards: HazardSet, start: pd.Timestamp, hours: float) -> tuple[Event, ...]:
    """Return the outages of a draw as events of whole hours; what rounds to nothing is left out.

    Both ends are rounded to the nearest hour, so that lengths are right in the mean.
    """
    events = []
    for number, outage in enumerate(drawn.outages):
        first, last = max(round(outage.start), 0), min(round(outage.end), round(hours))
        if last > first:
            moment = start + timedelta(hours=first)
            hazard = hazards.hazards[outage.hazard]
            name = f"{outage.hazard} {number + 1}"
            events.append(hazard.event(name, outage.where, moment.strftime("%Y-%m-%dT%H:%M"), last - first))
    return tuple(events)
