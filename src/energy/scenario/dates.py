"""Dates and durations as a scenario writes them: ``05-01``, ``07-01T06:00``, ``2028-07-01``, ``31d``.

Everything is UTC. A date or time without an offset is UTC already; an offset is converted. 29 February is 1 March in a
year without one.
"""

from __future__ import annotations

import re
from calendar import isleap
from collections.abc import Iterator
from datetime import timedelta
from heapq import merge
from typing import Annotated, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from energy.reading.frozen import Frozen, refuse, refuse_all
from energy.reading.month_day import MonthDay

NEVER = pd.Timestamp("2200-01-01")
"""The end of what never ends."""

MOMENT = "MM-DD, MM-DDTHH:MM, YYYY-MM-DD or YYYY-MM-DDTHH:MM with an optional offset (Z, +05:00); UTC without one"
DURATION = "a number of hours, days or weeks that makes whole hours from 1h to 5200w, as 36h, 31d, 6w"
_LEAP_YEAR = 2000
_LONGEST = 5200 * 168  # hours: a hundred years
_UNIT = {"h": 1, "d": 24, "w": 168}
_MOMENT = re.compile(
    r"(?:(?P<year>[0-9]{4})-)?(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
    r"(?:[T ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?(?P<offset>Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([hdw])")


class Moment(NamedTuple):
    """A point in time, UTC; without a year it comes back every year."""

    year: int | None
    month: int
    day: int
    hour: int = 0
    minute: int = 0
    second: int = 0
    whole_day: bool = True

    def begin_in(self, year: int) -> pd.Timestamp:
        """Return the moment in a year; 29 February is 1 March, 00:00, in a year without one."""
        if (self.month, self.day) == (2, 29) and not isleap(year):
            return pd.Timestamp(year, 3, 1)
        return pd.Timestamp(year, self.month, self.day, self.hour, self.minute, self.second)

    def end_in(self, year: int) -> pd.Timestamp:
        """Return what ends with the moment, in a year: a whole day ends at its 24:00."""
        missing = (self.month, self.day) == (2, 29) and not isleap(year)
        return self.begin_in(year) + timedelta(days=1 if self.whole_day and not missing else 0)


def parse_moment(text: str) -> Moment:
    """Read a point in time.

    Raises
    ------
    pydantic_core.PydanticCustomError
        When the text is no date, has an offset without a year, or lies outside 1900–2199.

    Examples
    --------
    >>> parse_moment("2028-07-01T05:00+05:00")
    Moment(year=2028, month=7, day=1, hour=0, minute=0, second=0, whole_day=False)
    """
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        raise refuse(f"{text!r} is not a date", MOMENT)
    year = match["year"]
    if match["offset"] and year is None:
        raise refuse(f"{text!r} has an offset but no year", MOMENT, "write the year, or the time in UTC")
    month, day, hour, minute, second = (int(match[part] or 0) for part in Moment._fields[1:6])
    try:
        moment = pd.Timestamp(int(year or _LEAP_YEAR), month, day, hour, minute, second) - _offset(match["offset"])
    except (ValueError, OverflowError):
        raise refuse(f"{text!r} is a day or time that does not exist", MOMENT) from None
    if not 1900 <= moment.year < NEVER.year:
        raise refuse(f"{text!r} lies outside 1900 to {NEVER.year - 1}", MOMENT)
    at = (moment.month, moment.day, moment.hour, moment.minute, moment.second)
    return Moment(moment.year if year else None, *at, whole_day=match["hour"] is None)


def _offset(text: str | None) -> timedelta:
    if text in (None, "Z"):
        return timedelta(0)
    hours, minutes = int(text[1:3]), int(text[4:])
    if hours > 14 or minutes > 59:
        raise ValueError("no clock on earth is that far from UTC")
    return timedelta(hours=hours, minutes=minutes) * (-1 if text[0] == "-" else 1)


def first_begin(text: str, not_before: pd.Timestamp) -> pd.Timestamp:
    """Return when something starts: a date at 00:00; without a year the first one at or after ``not_before``."""
    moment = parse_moment(text)
    if moment.year is not None:
        return moment.begin_in(moment.year)
    begin = moment.begin_in(not_before.year)
    return begin if begin >= not_before else moment.begin_in(not_before.year + 1)


def first_end(text: str, after: pd.Timestamp) -> pd.Timestamp:
    """Return when something ends: a date includes its whole day; without a year the first end after ``after``."""
    moment = parse_moment(text)
    if moment.year is not None:
        return moment.end_in(moment.year)
    # the 31 December of the year before ends with the year: one year back is looked at too
    return next(end for year in range(after.year - 1, after.year + 2) if (end := moment.end_in(year)) > after)


def parse_duration(text: str) -> timedelta:
    """Read a length of time.

    Raises
    ------
    pydantic_core.PydanticCustomError
        When the text is no number with unit, not whole hours, or outside 1 hour to 100 years.

    Examples
    --------
    >>> parse_duration("1.5d")
    datetime.timedelta(days=1, seconds=43200)
    """
    match = _DURATION.fullmatch(text.strip())
    hours = float(match[1]) * _UNIT[match[2]] if match else 0.0
    # whole hours: an hourly model then sees exactly this many hours, whatever minute the event begins at
    if not 1 <= hours <= _LONGEST or hours != int(hours):
        raise refuse(f"{text!r} is not a duration", DURATION)
    return timedelta(hours=int(hours))


def is_yearly(text: str | None) -> bool:
    """Return whether a checked text is a point in time without a year, which comes back every year."""
    return text not in (None, "never") and parse_moment(text).year is None


def _checked_moment(text: str) -> str:
    parse_moment(text)
    return text.strip()


def _checked_end(text: str) -> str:
    return text.strip() if text.strip() == "never" else _checked_moment(text)


def _checked_duration(text: str) -> str:
    parse_duration(text)
    return text.strip()


def _duration_with_unit(value: object) -> object:
    if not isinstance(value, str):
        raise refuse(f"{value!r} is not a duration", DURATION, "write the unit, as 31d")
    return value


MomentText = Annotated[str, AfterValidator(_checked_moment)]
EndText = Annotated[str, AfterValidator(_checked_end)]
Duration = Annotated[str, BeforeValidator(_duration_with_unit), AfterValidator(_checked_duration)]


def as_utc(moment: pd.Timestamp) -> pd.Timestamp:
    """Return an instant as naive UTC, as PyPSA's snapshots are."""
    return moment if moment.tzinfo is None else moment.tz_convert("UTC").tz_localize(None)


class Season(Frozen):
    """Days from ``from`` to ``to`` of every year, both included; it may run over the turn of the year.

    Examples
    --------
    >>> season = Season.model_validate({"from": "11-01", "to": "03-31"})
    >>> season.covers(pd.DatetimeIndex(["2028-10-31 23:00", "2029-03-31 23:00"])).tolist()
    [False, True]
    """

    first: MonthDay = Field(alias="from", description="First day, MM-DD (UTC), from 00:00.")
    last: MonthDay = Field(alias="to", description="Last day, MM-DD (UTC), up to 24:00; before `from`: next year.")

    def covers(self, times: pd.DatetimeIndex) -> npt.NDArray[np.bool_]:
        """Return for each time (UTC) whether it lies in the season, shape ``(len(times),)``."""
        in_utc = times if times.tz is None else times.tz_convert("UTC")
        day = np.asarray(in_utc.month) * 100 + np.asarray(in_utc.day)
        first, last = (int(text.replace("-", "")) for text in (self.first, self.last))
        after, before = day >= first, day <= last
        return np.asarray(after & before if first <= last else after | before, dtype=np.bool_)


class Closure(Frozen):
    """A time in which repair crews do not get through: every year (``MM-DD``) or once (``YYYY-MM-DD``).

    Examples
    --------
    >>> Closure.model_validate({"from": "11-15", "to": "03-15"})
    Closure(first='11-15', last='03-15')
    """

    first: MomentText = Field(alias="from", description="First day (00:00 UTC): MM-DD for every year, or a full date.")
    last: MomentText = Field(alias="to", description="Last day, whole day included; written as `from` is.")

    @model_validator(mode="after")
    def _fits(self) -> Closure:
        first, last = parse_moment(self.first), parse_moment(self.last)
        if (first.year is None) != (last.year is None):
            refuse_all([(("to",), f"{self.last!r} and {self.first!r}: one has a year, one not", "both or none", None)])
        elif first.year and last.year and last.end_in(last.year) <= first.begin_in(first.year):
            refuse_all([(("to",), f"{self.last!r} comes before {self.first!r}", None, "swap `from` and `to`")])
        return self

    def spans(self, first_year: int) -> Iterator[tuple[pd.Timestamp, pd.Timestamp]]:
        """Yield (start, end) of the closure, in order, from a year on."""
        moment = parse_moment(self.first)
        for year in range(first_year, NEVER.year) if moment.year is None else (moment.year,):
            begin = moment.begin_in(year)
            yield begin, first_end(self.last, begin)


def end_of_work(start: pd.Timestamp, work: timedelta, closures: tuple[Closure, ...], pace: float) -> pd.Timestamp:
    """Return when work that takes ``work`` undisturbed is done, if it goes on at ``pace`` (0–1) during closures.

    Returns
    -------
    pandas.Timestamp
        Naive UTC; `NEVER` if the work is not done before 2200.
    """
    at, left = start, work
    for begin, end in merge(*(closure.spans(start.year - 1) for closure in closures)):
        if at + left <= begin:
            break
        left -= max(begin - at, timedelta(0))
        at = max(at, begin)
        if end <= at:
            continue  # over before the work began, or inside another closure
        if (end - at) * pace >= left:
            return min(at + left / pace, NEVER)
        left -= (end - at) * pace
        at = end
    return min(at + left, NEVER)
