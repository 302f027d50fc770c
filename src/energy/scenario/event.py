"""An event: one thing that happens to components for a while, as a multiplier over time."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
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

TABLES = ("buses", "generators", "lines", "links", "loads", "storage_units", "stores", "transformers")
"""Component tables of a case that an event or a value can name."""

_CAPACITY = {
    "generators": "p_max_pu",
    "lines": "s_max_pu",
    "links": "p_max_pu",
    "storage_units": "p_max_pu",
    "transformers": "s_max_pu",
}
_PRICE = {"generators": "marginal_cost", "links": "marginal_cost", "storage_units": "marginal_cost"}
_WATER = {"loads": "p_set", "generators": "p_max_pu", "storage_units": "inflow"}


class EventKind(StrEnum):
    """What happens; decides which attribute of a component the event multiplies.

    Examples
    --------
    >>> EventKind("border_stop").value
    'border_stop'
    """

    HVDC_POLE_OUT = "hvdc_pole_out"
    BIPOLE_OUT = "bipole_out"
    MONOPOLE_EARTH = "monopole_earth"
    MONOPOLE_METALLIC = "monopole_metallic"
    CONVERTER_OUT = "converter_out"
    DERATING = "derating"
    LINE_OUT = "line_out"
    PLANT_OUT = "plant_out"
    BORDER_STOP = "border_stop"
    PAYMENT_STOP = "payment_stop"
    DROUGHT = "drought"
    DEMAND_SHOCK = "demand_shock"
    PRICE_SHOCK = "price_shock"
    BUYER_STOP = "buyer_stop"
    COMMISSIONING_DELAY = "commissioning_delay"

    @property
    def attributes(self) -> dict[str, str]:
        """Attribute that the event multiplies, by component table."""
        if self is EventKind.DEMAND_SHOCK:
            return {"loads": "p_set"}
        if self is EventKind.PRICE_SHOCK:
            return dict(_PRICE)
        if self is EventKind.DROUGHT:
            return dict(_WATER)
        return _CAPACITY | {"loads": "p_set"} if self is EventKind.BUYER_STOP else dict(_CAPACITY)

    @property
    def attribute(self) -> str:
        """Attribute of the components that this kind usually hits.

        Examples
        --------
        >>> EventKind.LINE_OUT.attribute, EventKind.BORDER_STOP.attribute, EventKind.DROUGHT.attribute
        ('s_max_pu', 'p_max_pu', 'p_set')
        """
        usual = {
            EventKind.LINE_OUT: "lines",
            EventKind.DROUGHT: "loads",
            EventKind.DEMAND_SHOCK: "loads",
            EventKind.PRICE_SHOCK: "generators",
        }
        return self.attributes[usual.get(self, "links")]

    @property
    def return_mode(self) -> Literal["earth", "metallic"] | None:
        """Return path of the pole that stays, where the kind says it; else the scenario's ``return_mode`` holds."""
        if self is EventKind.MONOPOLE_EARTH:
            return "earth"
        return "metallic" if self is EventKind.MONOPOLE_METALLIC else None

    @property
    def is_shock(self) -> bool:
        """Whether the event states a ``factor`` (demand, price) and not a ``depth``."""
        return self in (EventKind.DEMAND_SHOCK, EventKind.PRICE_SHOCK)


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
        default=0.0, ge=0, le=1, description="Pace of repair during a closure, 0 (stands still) to 1."
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
        default=None, description="End instead of a duration: written as `start`, a date includes its day; or `never`."
    )
    depth: float | None = Field(
        default=None, ge=0, le=1, description="Share that is lost, 1 = nothing left. Outages: 1 unless said."
    )
    shock_factor: float | None = Field(
        default=None, alias="factor", gt=0, le=1000, description="Demand and price shocks: the multiplier, above 0."
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

    def _depth_complaints(self) -> list[Complaint]:
        kind, found = self.kind, list[Complaint]()
        if kind.is_shock:
            if self.shock_factor is None:
                found.append((("factor",), f"a {kind} needs a factor", "a number above 0", "write factor: 1.2"))
            if self.depth is not None:
                found.append((("depth",), f"a {kind} has no depth", None, "write factor instead"))
            return found
        if self.shock_factor is not None:
            found.append((("factor",), f"a {kind} has no factor", None, "write depth (1 - factor) instead"))
        if self.depth is None and kind in (EventKind.DERATING, EventKind.DROUGHT):
            found.append((("depth",), f"a {kind} needs a depth", "0 to 1", "write depth: 0.3 for 30 % lost"))
        return found

    def _time_complaints(self) -> list[Complaint]:
        found = list[Complaint]()
        if (self.duration is None) == (self.end is None):
            word = "neither" if self.end is None else "both"
            found.append((("duration",), f"{word} of duration and end given", "one of them", None))
        if (self.recovery == "ramp") != (self.ramp is not None):
            repair = "write ramp: 5d" if self.ramp is None else "write recovery: ramp, or take ramp out"
            found.append((("ramp",), f"recovery {self.recovery} and ramp {self.ramp}", "both or none", repair))
        if self.end == "never" and self.ramp is not None:
            found.append((("ramp",), "what never ends has no ramp back", None, "take recovery and ramp out"))
        if self.known == "from_start" and self.expected_duration is not None:
            repair = "take expected_duration out, or write known: at_start"
            found.append((("expected_duration",), "what is known from the start is not expected", None, repair))
        if self.repair_access is not None and self.duration is None:
            repair = "write the repair time as duration"
            found.append((("repair_access",), "repair_access needs a duration", None, repair))
        start, end = parse_moment(self.start), parse_moment(self.end) if self.end not in (None, "never") else None
        if end and end.year and start.year and end.end_in(end.year) <= start.begin_in(start.year):
            found.append((("end",), f"end {self.end} is not after start {self.start}", None, "swap start and end"))
        return found

    def _place_complaints(self) -> list[Complaint]:
        allowed = ", ".join(self.kind.attributes)
        return [
            (("where", at), f"a {self.kind} cannot hit {place.table}", f"a corridor, or one of {allowed}", None)
            for at, place in enumerate(self.places)
            if place.table and place.table not in self.kind.attributes
        ]

    @property
    def places(self) -> tuple[Place, ...]:
        """What the event hits, taken apart."""
        parts = (text.partition(".") for text in self.where)
        return tuple(Place(table, name) if dot else Place(None, table) for table, dot, name in parts)

    @property
    def level(self) -> float:
        """Multiplier at full effect, dimensionless: ``1 − depth``, or ``factor`` for shocks."""
        if self.shock_factor is not None:
            return self.shock_factor
        return 1.0 - (1.0 if self.depth is None else self.depth)

    @property
    def cause_key(self) -> tuple[str, str]:
        """What makes two events one cause: ``shared_cause`` if there is one, else ``cause``."""
        return ("cause", self.cause) if self.shared_cause is None else ("shared_cause", self.shared_cause)

    def window(self, horizon_start: pd.Timestamp) -> tuple[pd.Timestamp, pd.Timestamp]:
        """Return start and end of the full effect, naive UTC; the end is not part of it and no ramp is in it.

        Parameters
        ----------
        horizon_start
            First instant of the horizon; UTC unless it has a time zone. A ``start`` without a year is searched from it.
        """
        begin = first_begin(self.start, as_utc(horizon_start))
        return begin, self._end(begin)

    def _end(self, begin: pd.Timestamp) -> pd.Timestamp:
        if self.duration is not None:
            access = self.repair_access
            closures, pace = ((), 0.0) if access is None else (access.closed, access.factor)
            return end_of_work(begin, parse_duration(self.duration), closures, pace)
        return NEVER if self.end in (None, "never") else first_end(self.end, begin)

    def expected_end(self, horizon_start: pd.Timestamp) -> pd.Timestamp:
        """Return the end (naive UTC) that is believed when the event begins, for foresight ``surprise``."""
        begin, end = self.window(horizon_start)
        return end if self.expected_duration is None else begin + parse_duration(self.expected_duration)

    def recovered(self, horizon_start: pd.Timestamp) -> pd.Timestamp:
        """Return the first instant (naive UTC) at which nothing of the event is left, its ramp included."""
        return self.window(horizon_start)[1] + (timedelta(0) if self.ramp is None else parse_duration(self.ramp))

    def factor(self, times: pd.DatetimeIndex, horizon_start: pd.Timestamp) -> npt.NDArray[np.float64]:
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
        at = in_utc.to_numpy().astype("datetime64[us]")
        start, end = (np.datetime64(moment.to_pydatetime(), "us") for moment in self.window(horizon_start))
        level, values = self.level, np.ones(len(at))
        values[(at >= start) & (at < end)] = level
        if self.ramp is not None:
            length = np.timedelta64(parse_duration(self.ramp), "us")
            climbs = (at >= end) & (at < end + length)
            values[climbs] = level + (1.0 - level) * ((at[climbs] - end) / length)
        return np.clip(values, min(level, 1.0), max(level, 1.0))  # rounding must not lift a ramp above 1
