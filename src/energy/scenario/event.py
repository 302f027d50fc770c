"""An event: one thing that happens to components for a while, as a multiplier over time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import AfterValidator, Field, model_validator

from energy.errors import nearest
from energy.reading.frozen import Complaint, Frozen, Row, Word, refuse, refuse_all
from energy.scenario.dates import (
    MOMENT,
    NEVER,
    Closure,
    Duration,
    EndText,
    MomentText,
    as_utc,
    end_of_work,
    first_begin,
    first_end,
    parse_duration,
    parse_moment,
)
from energy.scenario.event_kind import EventKind

TABLES = (
    "buses",
    "generators",
    "lines",
    "links",
    "loads",
    "storage_units",
    "stores",
    "transformers",
)
"""Component tables of a case that an event or a value can name."""


class Place(NamedTuple):
    """What an event hits: components of a table by name or shell pattern, or (no table) a corridor of the case.

    Examples
    --------
    >>> Place("links", "HVDC*")
    Place(table='links', name='HVDC*')
    """

    table: str | None
    name: str


def _checked_place(text: str) -> str:
    table, dot, name = text.partition(".")
    if dot and (table not in TABLES or not name.strip()):
        allowed = f"a corridor's name, or table.name with table one of {', '.join(TABLES)}"
        raise refuse(f"{text!r} names no component", allowed, nearest(table, TABLES))
    return text


def _not_empty(places: tuple[str, ...]) -> tuple[str, ...]:
    if not places:
        raise refuse("nothing is named", "at least one corridor or table.name")
    return places


PlaceText = Annotated[Word, AfterValidator(_checked_place)]


class RepairAccess(Frozen):
    """When repair crews get through: during a closure, repair goes on only at ``factor`` of its normal pace.

    Examples
    --------
    >>> winter = RepairAccess(closed=({"from": "11-15", "to": "03-15"},), factor=0.1)
    >>> winter.closed[0].first, winter.factor
    ('11-15', 0.1)
    """

    closed: Row[Closure] = Field(
        description="Closures, each {from, to}, both days included: MM-DD for every year, or full dates for once."
    )
    factor: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Pace of repair during a closure, 0 (stands still) to 1.",
    )


class Event(Frozen):
    """One thing that happens to components for a while: a multiplier over time on one of their attributes.

    The multiplier is 1 before ``start``, the level (``1 − depth``, or ``factor``) from ``start`` up to ``end``, and 1
    after it; with ``recovery: ramp`` it climbs in a straight line from the level to 1 within ``ramp`` after the end.
    Everything is UTC. A ``start`` without a year is the first such moment at or after the start of the horizon.

    Examples
    --------
    >>> event = Event(
    ...     name="pole 1 out",
    ...     kind="hvdc_pole_out",
    ...     cause="transformer",
    ...     where=("links.HVDC pole 1*",),
    ...     start="07-01",
    ...     duration="31d",
    ... )
    >>> event.window(pd.Timestamp("2028-04-01"))
    (Timestamp('2028-07-01 00:00:00'), Timestamp('2028-08-01 00:00:00'))
    >>> event.factor(pd.DatetimeIndex(["2028-06-30 23:00", "2028-07-01"]), pd.Timestamp("2028-04-01")).tolist()
    [1.0, 0.0]
    """

    name: Word = Field(description="Name of the event, once in a scenario.")
    kind: EventKind = Field(strict=False, description="What happens; decides which attribute is multiplied.")
    cause: Word = Field(
        description="Why it happens (avalanche, attack, arrears). Of overlapping events of one cause the strongest "
        "counts; those of different causes multiply."
    )
    where: Annotated[Row[PlaceText], AfterValidator(_not_empty)] = Field(
        description="What is hit: corridors of the case, or `table.name`; names may be shell patterns."
    )
    start: MomentText = Field(description=f"Start: {MOMENT}. Without a year: the first one in the horizon.")
    duration: Duration | None = Field(
        default=None,
        description="Length at full depth, as 36h, 31d, 6w (whole hours): the repair time with free access.",
    )
    end: EndText | None = Field(
        default=None,
        description="End instead of a duration: written as `start`, a date includes its day; or `never`.",
    )
    depth: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Share that is lost, 1 = nothing left. Outages: 1 unless said.",
    )
    shock_factor: float | None = Field(
        default=None,
        alias="factor",
        gt=0,
        le=1000,
        description="Demand and price shocks: the multiplier, above 0.",
    )
    recovery: Literal["step", "ramp"] = Field(
        default="step", description="How it comes back: at once, or in a straight line."
    )
    ramp: Duration | None = Field(default=None, description="Length of the ramp back, after the end, as 5d.")
    known: Literal["from_start", "at_start"] = Field(
        default="at_start",
        description="Under foresight `surprise`: the plan knows of it from the horizon's start (a planned outage) or "
        "when it begins. Under `perfect` all is known from the start.",
    )
    expected_duration: Duration | None = Field(
        default=None,
        description="Under foresight `surprise`: the length believed at the start; the truth shows when it ends "
        "earlier or has outlasted the belief. Without it the true length is known at the start.",
    )
    repair_access: RepairAccess | None = Field(default=None, description="When repair crews do not get through.")
    shared_cause: Word | None = Field(
        default=None,
        description="Name of the one occurrence that several events come from (one storm, one raid); where given, "
        "it stands in for `cause` when events overlap.",
    )

    @model_validator(mode="after")
    def _fits(self) -> Event:
        refuse_all([*self._depth_complaints(), *self._time_complaints(), *self._place_complaints()])
        return self

    def _depth_complaints(self) -> Iterator[Complaint]:
        """Yield what is wrong with ``factor`` and ``depth``."""
        kind = self.kind
        if kind.is_shock:
            if self.shock_factor is None:
                yield (
                    ("factor",),
                    f"a {kind} needs a factor",
                    "a number above 0",
                    "write factor: 1.2",
                )
            if self.depth is not None:
                yield ("depth",), f"a {kind} has no depth", None, "write factor instead"
            return
        needs_depth = kind in (EventKind.DERATING, EventKind.DROUGHT)
        if self.shock_factor is not None:
            yield ("factor",), f"a {kind} has no factor", None, "write depth (1 - factor) instead"
        if self.depth is None and needs_depth:
            yield ("depth",), f"a {kind} needs a depth", "0 to 1", "write depth: 0.3 for 30 % lost"

    def _time_complaints(self) -> Iterator[Complaint]:
        """Yield what is wrong with the end, the recovery, the expectation and the access of repair crews."""
        if (self.duration is None) == (self.end is None):
            word = "neither" if self.end is None else "both"
            yield ("duration",), f"{word} of duration and end given", "one of them", None
        if (self.recovery == "ramp") != (self.ramp is not None):
            what = f"recovery {self.recovery} and ramp {self.ramp}"
            repair = "write ramp: 5d" if self.ramp is None else "write recovery: ramp, or take ramp out"
            yield ("ramp",), what, "both or none", repair
        if self.end == "never" and self.ramp is not None:
            yield ("ramp",), "what never ends has no ramp back", None, "take recovery and ramp out"
        if self.known == "from_start" and self.expected_duration is not None:
            what = "what is known from the start is not expected"
            repair = "take expected_duration out, or write known: at_start"
            yield ("expected_duration",), what, None, repair
        if self.repair_access is not None and self.duration is None:
            what = "repair_access needs a duration"
            yield ("repair_access",), what, None, "write the repair time as duration"
        if self._ends_before_start():
            what = f"end {self.end} is not after start {self.start}"
            yield ("end",), what, None, "swap start and end"

    def _ends_before_start(self) -> bool:
        """Return whether start and end are written with their years in the wrong order."""
        if self.end in (None, "never"):
            return False
        start = parse_moment(self.start)
        end = parse_moment(self.end)
        if start.year is None or end.year is None:
            return False
        return end.end_in(end.year) <= start.begin_in(start.year)

    def _place_complaints(self) -> Iterator[Complaint]:
        """Yield the components that an event of this kind has no attribute for."""
        attributes = self.kind.attributes
        tables = ", ".join(attributes)
        for position, place in enumerate(self.places):
            if place.table and place.table not in attributes:
                what = f"a {self.kind} cannot hit {place.table}"
                yield ("where", position), what, f"a corridor, or one of {tables}", None

    @property
    def places(self) -> tuple[Place, ...]:
        """What the event hits, taken apart."""
        return tuple(map(_as_place, self.where))

    @property
    def level(self) -> float:
        """Multiplier at full effect, dimensionless: ``1 − depth``, or ``factor`` for shocks."""
        if self.shock_factor is not None:
            return self.shock_factor
        depth = 1.0 if self.depth is None else self.depth
        return 1.0 - depth

    @property
    def cause_key(self) -> tuple[str, str]:
        """What makes two events one cause: ``shared_cause`` if there is one, else ``cause``."""
        if self.shared_cause is None:
            return "cause", self.cause
        return "shared_cause", self.shared_cause

    def window(self, horizon_start: pd.Timestamp) -> tuple[pd.Timestamp, pd.Timestamp]:
        """Return start and end of the full effect, naive UTC; the end is not part of it and no ramp is in it.

        Parameters
        ----------
        horizon_start
            First instant of the horizon; UTC unless it has a time zone. A ``start`` without a year is searched from it.
        """
        begin = first_begin(self.start, as_utc(horizon_start))
        end = self._end(begin)
        return begin, end

    def _end(self, begin: pd.Timestamp) -> pd.Timestamp:
        """Return the end of the full effect (naive UTC) of an event that begins at an instant."""
        if self.duration is not None:
            repair_time = parse_duration(self.duration)
            if self.repair_access is None:
                return end_of_work(begin, repair_time, closures=(), pace=0.0)
            access = self.repair_access
            return end_of_work(begin, repair_time, access.closed, access.factor)
        if self.end in (None, "never"):
            return NEVER
        return first_end(self.end, begin)

    def expected_end(self, horizon_start: pd.Timestamp) -> pd.Timestamp:
        """Return the end (naive UTC) that is believed when the event begins, for foresight ``surprise``."""
        begin, end = self.window(horizon_start)
        if self.expected_duration is None:
            return end
        return begin + parse_duration(self.expected_duration)

    def recovered(self, horizon_start: pd.Timestamp) -> pd.Timestamp:
        """Return the first instant (naive UTC) at which nothing of the event is left, its ramp included."""
        _, end = self.window(horizon_start)
        if self.ramp is None:
            return end
        return end + parse_duration(self.ramp)

    def factor(
        self,
        times: pd.DatetimeIndex,
        horizon_start: pd.Timestamp,
    ) -> npt.NDArray[np.float64]:
        """Return the multiplier at each time, dimensionless, shape ``(len(times),)``.

        The value holds at the instant itself. Durations are whole hours, so that hourly times see exactly
        ``duration`` hours whatever minute the event begins at; for longer steps average hourly values.

        Parameters
        ----------
        times
            Instants; UTC unless they have a time zone.
        horizon_start
            First instant of the horizon, see `window`.
        """
        in_utc = times if times.tz is None else times.tz_convert("UTC").tz_localize(None)
        instants = in_utc.to_numpy().astype("datetime64[us]")
        window = self.window(horizon_start)
        start, end = map(_as_microseconds, window)
        level = self.level

        values = np.ones(len(instants))
        has_full_effect = (instants >= start) & (instants < end)
        values[has_full_effect] = level
        if self.ramp is not None:
            ramp_length = np.timedelta64(parse_duration(self.ramp), "us")
            is_on_ramp = (instants >= end) & (instants < end + ramp_length)
            time_on_ramp = instants[is_on_ramp] - end
            values[is_on_ramp] = level + (1.0 - level) * (time_on_ramp / ramp_length)
        lowest = min(level, 1.0)
        highest = max(level, 1.0)
        return np.clip(values, lowest, highest)  # rounding must not lift a ramp above 1


def _as_place(text: str) -> Place:
    """Return ``table.name`` as a component, any other text as a corridor."""
    table, dot, name = text.partition(".")
    if not dot:
        return Place(None, text)
    return Place(table, name)


def _as_microseconds(moment: pd.Timestamp) -> np.datetime64:
    return np.datetime64(moment.to_pydatetime(), "us")
