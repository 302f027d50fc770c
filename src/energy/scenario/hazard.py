"""Hazards: laws from which events are drawn: how often, by month and state, how long, what is hit together."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from energy.errors import nearest
from energy.reading.file_name import FileName
from energy.reading.frozen import Complaint, Frozen, FrozenMap, Frozenness, Row, Word, refuse_all
from energy.scenario.dates import Closure
from energy.scenario.duration_law import Empirical, Exponential, Law, Lognormal
from energy.scenario.event import Event, PlaceText
from energy.scenario.event_kind import EventKind

YEAR = 8760.0  # hours
_AGREES = 0.01  # relative difference up to which two statements of one number agree


class Rate(Frozen):
    """How often: any statement that fixes mean time to failure and to repair; more of them must agree.

    With MTTF and MTTR in hours, the forced outage rate is MTTR/(MTTF + MTTR) and a year has 8760/(MTTF + MTTR)
    failures (two-state renewal process; Billinton and Allan 1992, ch. 2).

    Examples
    --------
    >>> Rate.model_validate({"for": 0.05, "mttr": 50}).times(None)
    (950.0, 50.0)
    """

    per_year: float | None = Field(default=None, ge=0, description="Occurrences a year.")
    mttf: float | None = Field(default=None, gt=0, description="Mean time to failure [h].")
    mttr: float | None = Field(default=None, gt=0, description="Mean time to repair [h].")
    forced: float | None = Field(
        default=None, alias="for", ge=0, lt=1, description="Forced outage rate, share of time."
    )
    low: float | None = Field(default=None, ge=0, description="Low end of the occurrences a year, by the evidence.")
    high: float | None = Field(default=None, ge=0, description="High end of the occurrences a year, by the evidence.")

    @model_validator(mode="after")
    def _fits(self) -> Rate:
        refuse_all(self._complaints())
        return self

    def _complaints(self) -> list[Complaint]:
        if self.per_year is None and self.mttf is None and self.forced is None:
            return [((), "no rate is given", "per_year, mttf or for", "add per_year: …")]
        complaints: list[Complaint] = []
        if self.low is not None and self.high is not None and self.low > self.high:
            what = f"low {self.low:g} is above high {self.high:g}"
            complaints.append((("low",), what, None, "swap low and high"))
        given = self._given()
        is_overdetermined = len(given) >= 3 or (self.mttr is not None and len(given) == 2)
        if is_overdetermined:
            complaints += self._contradictions(given)
        return complaints

    def _given(self) -> dict[str, float]:
        """Return the numbers that are given, by their keys."""
        numbers = {
            "mttf": self.mttf,
            "mttr": self.mttr,
            "for": self.forced,
            "per_year": self.per_year,
        }
        return {key: value for key, value in numbers.items() if value is not None}

    def _contradictions(self, given: Mapping[str, float]) -> list[Complaint]:
        """Return the numbers that do not agree with the first two."""
        first, second, *others = given
        try:
            mttf, mttr = _times({first: given[first], second: given[second]})
        except ValueError as err:
            return [((second,), str(err), None, "correct one of the numbers")]
        implied = _implied(mttf, mttr)
        complaints: list[Complaint] = []
        for key in others:
            if math.isclose(given[key], implied[key], rel_tol=_AGREES):
                continue
            stated = f"{first} {given[first]:g} and {second} {given[second]:g}"
            what = f"{stated} imply {key} {implied[key]:.4g}, not {given[key]:g}"
            allowed = f"two of {', '.join(given)}, or numbers that agree"
            repair = f"write {key}: {implied[key]:.4g}, or take it out"
            complaints.append(((key,), what, allowed, repair))
        return complaints

    def times(self, mean: float | None) -> tuple[float, float]:
        """Return mean time to failure and to repair [h].

        Parameters
        ----------
        mean
            Mean of the duration law [h]; None where there is none.

        Raises
        ------
        ValueError
            When the numbers do not fix both, contradict the duration law, or leave no time in service.
        """
        given = self._given()
        if mean is not None:
            if self.mttr is not None and not math.isclose(self.mttr, mean, rel_tol=_AGREES):
                raise ValueError(f"mttr is {self.mttr:g} h, the mean of the duration law {mean:.4g} h")
            given["mttr"] = mean
        if self.per_year == 0 or self.forced == 0:
            return math.inf, given.get("mttr", 1.0)
        if len(given) < 2:
            raise ValueError("nothing says how long it lasts")
        mttf, mttr = _times(given)
        implied = _implied(mttf, mttr)
        for key, value in given.items():
            if not math.isclose(value, implied[key], rel_tol=_AGREES):
                raise ValueError(f"{key} is {value:g}, but the other numbers imply {implied[key]:.4g}")
        return mttf, mttr


def _implied(mttf: float, mttr: float) -> dict[str, float]:
    """Return the four statements of a rate by the mean times to failure and to repair [h]."""
    cycle = mttf + mttr
    return {
        "mttf": mttf,
        "mttr": mttr,
        "for": mttr / cycle,
        "per_year": YEAR / cycle,
    }


def _times(given: Mapping[str, float]) -> tuple[float, float]:
    """Return MTTF and MTTR [h] from two numbers; ValueError where no such process exists."""
    forced = given.get("for")
    if forced is not None:
        mttf, mttr = _times_by_forced_outage_rate(given, forced)
    elif "per_year" in given:
        mttf, mttr = _times_by_cycle(given, _cycle(given["per_year"]))
    else:
        mttf = given.get("mttf", 0.0)
        mttr = given.get("mttr", 0.0)
    shown = ", ".join(f"{key} {value:g}" for key, value in given.items())
    if mttf <= 0:
        raise ValueError(f"{shown}: no time is left in service")
    if mttr <= 0:
        raise ValueError(f"{shown}: no time for repair")
    return mttf, mttr


def _cycle(per_year: float) -> float:
    """Return the mean time from one failure to the next [h]."""
    return YEAR / per_year if per_year else math.inf


def _times_by_cycle(given: Mapping[str, float], cycle: float) -> tuple[float, float]:
    """Return MTTF and MTTR [h] by their sum and one of them."""
    if "mttr" in given:
        mttr = given["mttr"]
        return cycle - mttr, mttr
    mttf = given.get("mttf", 0.0)
    return mttf, cycle - mttf


def _times_by_forced_outage_rate(given: Mapping[str, float], forced: float) -> tuple[float, float]:
    """Return MTTF and MTTR [h] by their proportion, and one of them or their sum."""
    if "mttr" in given:
        mttr = given["mttr"]
        mttf = mttr * (1 - forced) / forced if forced else math.inf
        return mttf, mttr
    if "mttf" in given:
        mttf = given["mttf"]
        return mttf, mttf * forced / (1 - forced)
    cycle = _cycle(given.get("per_year", 0.0))
    return cycle * (1 - forced), cycle * forced


class Campaign(Frozen):
    """Occurrences that come in clusters: a geometric number of them, spread evenly over a while."""

    size: float = Field(ge=1, description="Mean number of occurrences in a campaign.")
    span: float = Field(gt=0, description="Length of a campaign [h].")


class Spread(Frozen):
    """What an occurrence hits too, with some probability."""

    where: Annotated[Row[PlaceText], Field(min_length=1)] = Field(description="Corridors or table.name, as in events.")
    probability: float = Field(ge=0, le=1, description="Probability that it is hit as well.")


def _months(factors: tuple[float, ...]) -> tuple[float, ...]:
    if factors and (len(factors) != 12 or not any(factors)):
        refuse_all(
            [
                (
                    (),
                    f"{len(factors)} factors, the largest {max(factors):g}",
                    "12 factors, one above 0",
                    None,
                )
            ]
        )
    return factors


Factors = Annotated[Row[Annotated[float, Field(ge=0)]], AfterValidator(_months)]


class Process(Frozen):
    """When something begins and how long it lasts."""

    rate: Rate = Field(description="How often it happens: per_year, or two of mttf, mttr and for.")
    duration: Law | None = Field(default=None, description="How long; without it exponential with the rate's mttr.")
    by_month: Factors = Field(
        default=(),
        description="Relative rate of the months January to December; only their ratios count.",
    )
    when: Word | None = Field(
        default=None, description="State in which it happens; the rate is a year of that state's."
    )
    source: str = Field(default="", description="Where the numbers come from.")
    confidence: Literal["A", "B", "C"] = Field(default="C", description="Weakest of the evidence: A, B or C.")

    @model_validator(mode="after")
    def _timed(self) -> Process:
        try:
            self.rate.times(None if self.duration is None else self.duration.average)
        except ValueError as err:
            refuse_all([(("rate",), str(err), "a rate and a duration that fit", None)])
        return self

    @property
    def times(self) -> tuple[float, float]:
        """Mean time to failure and to repair [h]."""
        return self.rate.times(None if self.duration is None else self.duration.average)

    @property
    def per_year(self) -> float:
        """Occurrences a year, of the state's time where it has one."""
        return YEAR / sum(self.times)

    @property
    def law(self) -> Exponential | Lognormal | Empirical:
        """Law of the duration."""
        return self.duration or Exponential(law="exponential", mean=self.times[1])


class Hazard(Process):
    """A law from which events are drawn.

    Examples
    --------
    >>> raid = Hazard.model_validate(
    ...     {
    ...         "kind": "bipole_out",
    ...         "cause": "attack",
    ...         "where": ["afghan_hvdc_line"],
    ...         "rate": {"per_year": 6.1},
    ...         "duration": {"law": "lognormal", "median": 66, "sigma": 0.67},
    ...     }
    ... )
    >>> [round(hours) for hours in raid.times]
    [1353, 83]
    """

    kind: EventKind = Field(strict=False, description="Kind of the events, as in scenarios.")
    cause: Word = Field(description="Cause of the events; of overlapping events of one cause the deepest counts.")
    where: Annotated[Row[PlaceText], Field(min_length=1)] = Field(
        description="Corridors or table.name that one occurrence hits together; with `each` they fail apart."
    )
    each: bool = Field(default=False, description="Each of `where` fails by itself, at this rate.")
    depth: float | None = Field(default=None, ge=0, le=1, description="Share that is lost; outages: 1 unless said.")
    spreads: Row[Spread] = Field(default=(), description="What an occurrence hits too, with some probability.")
    campaign: Campaign | None = Field(default=None, description="Occurrences come in campaigns; the rate counts each.")
    closed: Row[Closure] = Field(default=(), description="When repair crews do not get through, as in events.")
    closed_by: Row[Word] = Field(default=(), description="Closures of the set that keep repair crews out.")
    pace: float = Field(default=0.0, ge=0, le=1, description="Pace of repair while closed, 0 (stands still) to 1.")

    @model_validator(mode="after")
    def _drawable(self) -> Hazard:
        if self.kind.is_shock:
            refuse_all([(("kind",), f"a {self.kind} is no outage", "kinds with a depth", None)])
        try:
            self.event("trial", self.where, "2028-01-01T00:00", 1)
        except ValueError as err:  # what an event refuses, its hazard refuses
            refuse_all([(("kind",), f"no event can be made of it: {_said(err)}", None, None)])
        return self

    def event(
        self,
        name: str,
        where: tuple[str, ...],
        start: str,
        hours: int,
    ) -> Event:
        """Return one occurrence as an event."""
        return Event(
            name=name,
            kind=self.kind,
            cause=self.cause,
            where=where,
            start=start,
            duration=f"{hours}h",
            depth=self.depth,
        )


def _said(err: ValueError) -> str:
    errors = getattr(err, "errors", None)
    return str(errors()[0]["msg"]) if callable(errors) else str(err)


class Chain(Frozen):
    """Two states that take turns, each for an exponential while (a two-state Markov chain in continuous time)."""

    states: tuple[Word, Word] = Field(strict=False, description="Names of the two states.")
    share: float = Field(gt=0, lt=1, description="Share of the time in the second state.")
    stay: float = Field(gt=0, description="Mean stay in the second state [years].")
    low: float | None = Field(default=None, description="Low end of the share, by the evidence.")
    high: float | None = Field(default=None, description="High end of the share, by the evidence.")
    source: str = Field(default="", description="Where the numbers come from.")
    confidence: Literal["A", "B", "C"] = Field(default="C", description="Weakest of the evidence.")

    @property
    def stays(self) -> tuple[float, float]:
        """Mean stay in each state [years]: share = stay₂/(stay₁ + stay₂)."""
        return self.stay * (1 - self.share) / self.share, self.stay


class HazardSet(Frozen):
    """Hazards that belong together.

    Examples
    --------
    >>> from energy.scenario import read_hazards
    >>> read_hazards("calm").state
    'calm'
    """

    name: FileName = Field(description="Name, from the name of the file.")
    description: str = Field(default="", description="What it stands for.")
    chain: Chain | None = Field(default=None, description="States that take turns, such as calm and conflict.")
    state: Word | None = Field(default=None, description="State that holds throughout; empty: the chain's turns.")
    hazards: Annotated[Mapping[Word, Hazard], Frozenness] = Field(
        default_factory=FrozenMap, description="Name → hazard."
    )
    closures: Annotated[Mapping[Word, Process], Frozenness] = Field(
        default_factory=FrozenMap, description="Name → when repair crews do not get through."
    )

    @model_validator(mode="after")
    def _fits(self) -> HazardSet:
        refuse_all([*self._state_complaints(), *self._closure_complaints()])
        return self

    def digest(self) -> str:
        """Return a hash (SHA-256, hex) of all its laws."""
        content = self.model_dump(mode="json", by_alias=True)
        text = json.dumps(content, sort_keys=True)
        return sha256(text.encode()).hexdigest()

    def _state_complaints(self) -> list[Complaint]:
        known = self.chain.states if self.chain else ()
        allowed = ", ".join(known) or "none: there is no chain"
        asked: list[tuple[tuple[str, ...], str | None]] = [(("state",), self.state)]
        asked += [(("hazards", name, "when"), hazard.when) for name, hazard in self.hazards.items()]
        asked += [(("closures", name, "when"), process.when) for name, process in self.closures.items()]
        return [
            (
                at,
                f"{state!r} is no state of the chain",
                allowed,
                nearest(state, known),
            )
            for at, state in asked
            if state is not None and state not in known
        ]

    def _closure_complaints(self) -> list[Complaint]:
        return [
            (
                ("hazards", name, "closed_by", at),
                f"{closure!r} is no closure of the set",
                ", ".join(self.closures) or "none: there are no closures",
                nearest(closure, self.closures),
            )
            for name, hazard in self.hazards.items()
            for at, closure in enumerate(hazard.closed_by)
            if closure not in self.closures
        ]
