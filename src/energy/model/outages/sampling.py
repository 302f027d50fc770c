"""Outage sampling: sequences of outages from hazards, one random stream an asset, the same on every machine.

Each hazard is a renewal process: up for a time whose hazard rate is 1/MTTF times the month's factor while its state
holds, then down for a duration of its law. Its numbers come from a stream keyed by seed, draw, hazard and place, so
that another hazard in the set, another draw or another order changes none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from energy.model.outages.failure_rate import HOUR, FailureRate, Span, failure_rate, second_state
from energy.model.outages.occurrences import LONGEST, Key, Occurrence, RepairPause, occurrences
from energy.scenario import Event, Hazard, HazardSet
from energy.scenario.dates import Closure
from energy.scenario.hazard import Process

Tilts = Mapping[str, float]
"""Hazard → factor on its rate within the horizon."""

_YEARS_BEFORE = 21  # from which yearly closures count, as those before the horizon can delay repairs in it


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
    hazards: HazardSet,
    start: pd.Timestamp,
    hours: float,
    seed: int,
    draw: int,
    tilts: Tilts | None = None,
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
    SampledOutages

    Examples
    --------
    >>> from energy.scenario import read_hazards
    >>> sampled = draw_outages(read_hazards("conflict"), pd.Timestamp("2028-04-01"), 8760, seed=1, draw=3)
    >>> "attack in conflict" in {outage.hazard for outage in sampled.outages}
    True
    """
    seconds = second_state(hazards, hours, seed, draw)
    second = hazards.chain.states[1] if hazards.chain else None

    def rate_of(
        process: Process,
        tilt: float = 1.0,
    ) -> FailureRate:
        return failure_rate(
            process,
            start=start,
            hours=hours,
            second=second,
            seconds=seconds,
            tilt=tilt,
        )

    closures: dict[str, list[Span]] = {}
    for name, process in hazards.closures.items():
        key: Key = ["outage", name, "closure", seed, draw]
        closed = occurrences(process, key, rate_of(process))
        closures[name] = [(closure.start, closure.end) for closure in closed]

    outages: list[Outage] = []
    weight = 1.0
    for name, hazard in hazards.hazards.items():
        tilt = tilts.get(name, 1.0) if tilts else 1.0
        rate = rate_of(hazard, tilt)
        pauses = _repair_pauses(hazard, closures, start, hours)
        for place in _places(hazard):
            key = ["outage", name, " + ".join(place), seed, draw]
            drawn = list(occurrences(hazard, key, rate, pauses))
            if tilt != 1.0:
                weight *= _likelihood_ratio(drawn, rate_of(hazard), hours, tilt)
            for occurrence in drawn:
                if occurrence.end <= 0 or occurrence.start >= hours:
                    continue
                outage = _outage(hazard, name, place, occurrence)
                outages.append(outage)
    return SampledOutages(tuple(outages), _share_within(seconds, hours), weight)


def _places(hazard: Hazard) -> list[tuple[str, ...]]:
    """Return the places that a hazard hits: each by itself, or all by one occurrence."""
    if hazard.each:
        return [(place,) for place in hazard.where]
    return [hazard.where]


def _share_within(
    spans: Iterable[Span],
    hours: float,
) -> float:
    """Return the share of the horizon that spans cover."""
    lengths = []
    for begin, end in spans:
        if end > 0 and begin < hours:
            lengths.append(min(end, hours) - max(begin, 0.0))
    return sum(lengths) / hours


def _repair_pauses(
    hazard: Hazard,
    closures: Mapping[str, Sequence[Span]],
    start: pd.Timestamp,
    hours: float,
) -> list[RepairPause]:
    """Return when crews do not get through to repair, without overlaps, in order."""
    spans = list(_yearly_spans(hazard.closed, start, hours))
    for name in hazard.closed_by:
        spans.extend(closures[name])
    pauses = []
    for begin, end in _joined(spans):
        pause = RepairPause(begin, end, hazard.pace)
        pauses.append(pause)
    return pauses


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Return spans in order, those that overlap or touch as one."""
    joined: list[Span] = []
    for begin, end in sorted(spans):
        if joined and begin <= joined[-1][1]:
            first, last = joined.pop()
            joined.append((first, max(last, end)))
        else:
            joined.append((begin, end))
    return joined


@lru_cache(maxsize=64)
def _yearly_spans(
    closed: tuple[Closure, ...],
    start: pd.Timestamp,
    hours: float,
) -> tuple[Span, ...]:
    """Return the spans of yearly closures [h from the start], until the longest outage of the horizon ends."""
    spans: list[Span] = []
    latest = start + pd.Timedelta(hours=hours) + pd.Timedelta(hours=LONGEST)
    for closure in closed:
        for begin, end in closure.spans(start.year - _YEARS_BEFORE):
            if begin > latest:
                break
            span = ((begin - start) / HOUR, (end - start) / HOUR)
            spans.append(span)
    return tuple(spans)


def _likelihood_ratio(
    drawn: Sequence[Occurrence],
    rate: FailureRate,
    hours: float,
    tilt: float,
) -> float:
    """Return the density of occurrences under a rate over that under ``tilt`` times the rate, as of `draw_outages`."""

    def expected(
        begin: float,
        end: float,
    ) -> float:
        until_begin = rate.expected_until(max(begin, 0.0))
        until_end = rate.expected_until(min(max(end, 0.0), hours))
        return max(until_end - until_begin, 0.0)

    in_repair = []
    failures = 0
    for occurrence in drawn:
        in_repair.append(expected(occurrence.start, occurrence.end))
        if occurrence.start > 0:
            failures += 1
    exposure = expected(0.0, hours) - sum(in_repair)
    return float(np.exp((tilt - 1) * exposure) * tilt**-failures)


def _outage(
    hazard: Hazard,
    name: str,
    place: tuple[str, ...],
    occurrence: Occurrence,
) -> Outage:
    """Return the outage of an occurrence at its place and at those that share its cause."""
    where = place
    uniform = occurrence.uniform
    for spread in hazard.spreads:
        # given which side of the probability it lies on, the number is evenly spread over that side
        if uniform < spread.probability:
            uniform = uniform / spread.probability
            further = [other for other in spread.where if other not in where]
            where = (*where, *further)
        else:
            uniform = (uniform - spread.probability) / (1 - spread.probability)
    return Outage(name, where, occurrence.start, occurrence.end)


def as_events(
    drawn: SampledOutages,
    hazards: HazardSet,
    start: pd.Timestamp,
    hours: float,
) -> tuple[Event, ...]:
    """Return the outages of a draw as events of whole hours; what rounds to nothing is left out.

    Both ends are rounded to the nearest hour, so that lengths are right in the mean.
    """
    events = []
    for number, outage in enumerate(drawn.outages, start=1):
        begin = max(round(outage.start), 0)
        end = min(round(outage.end), round(hours))
        if end <= begin:
            continue
        instant = start + timedelta(hours=begin)
        hazard = hazards.hazards[outage.hazard]
        event = hazard.event(
            f"{outage.hazard} {number}",
            outage.where,
            instant.strftime("%Y-%m-%dT%H:%M"),
            end - begin,
        )
        events.append(event)
    return tuple(events)
