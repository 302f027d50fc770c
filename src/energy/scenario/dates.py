"""Dates and durations as a scenario writes them: ``05-01``, ``07-01T06:00``, ``2028-07-01``, ``31d``.

Everything is UTC. A date or time without an offset is UTC already; an offset is converted. 29 February is 1 March in a
year without one.
"""

from __future__ import annotations

import re
from calendar import isleap
from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
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
_HOURS_OF_UNIT = {
    "h": 1,
    "d": 24,
    "w": 168,
}
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
        if self._is_missing_in(year):
            return pd.Timestamp(year, 3, 1)
        return pd.Timestamp(
            year=year,
            month=self.month,
            day=self.day,
            hour=self.hour,
            minute=self.minute,
            second=self.second,
        )

    def end_in(self, year: int) -> pd.Timestamp:
        """Return what ends with the moment, in a year: a whole day ends at its 24:00."""
        begin = self.begin_in(year)
        if not self.whole_day or self._is_missing_in(year):
            return begin
        return begin + timedelta(days=1)

    def _is_missing_in(self, year: int) -> bool:
        """Return whether the day is 29 February and the year has none."""
        is_leap_day = (self.month, self.day) == (2, 29)
        return is_leap_day and not isleap(year)


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
    offset = match["offset"]
    if offset and year is None:
        raise refuse(f"{text!r} has an offset but no year", MOMENT, "write the year, or the time in UTC")
    try:
        local_time = pd.Timestamp(
            year=int(year or _LEAP_YEAR),
            month=int(match["month"]),
            day=int(match["day"]),
            hour=int(match["hour"] or 0),
            minute=int(match["minute"] or 0),
            second=int(match["second"] or 0),
        )
        time = local_time - _offset(offset)
    except (ValueError, OverflowError):
        raise refuse(f"{text!r} is a day or time that does not exist", MOMENT) from None
    if not 1900 <= time.year < NEVER.year:
        raise refuse(f"{text!r} lies outside 1900 to {NEVER.year - 1}", MOMENT)
    return Moment(
        year=time.year if year else None,
        month=time.month,
        day=time.day,
        hour=time.hour,
        minute=time.minute,
        second=time.second,
        whole_day=match["hour"] is None,
    )


def _offset(text: str | None) -> timedelta:
    """Return how far a clock is ahead of UTC, from text such as ``+05:00``."""
    if text in (None, "Z"):
        return timedelta(0)
    hours = int(text[1:3])
    minutes = int(text[4:])
    if hours > 14 or minutes > 59:
        raise ValueError("no clock on earth is that far from UTC")
    distance = timedelta(hours=hours, minutes=minutes)
    return -distance if text[0] == "-" else distance


def first_begin(text: str, not_before: pd.Timestamp) -> pd.Timestamp:
    """Return when something starts: a date at 00:00; without a year the first one at or after ``not_before``."""
    moment = parse_moment(text)
    if moment.year is not None:
        return moment.begin_in(moment.year)
    begin = moment.begin_in(not_before.year)
    if begin >= not_before:
        return begin
    return moment.begin_in(not_before.year + 1)


def first_end(text: str, after: pd.Timestamp) -> pd.Timestamp:
    """Return when something ends: a date includes its whole day; without a year the first end after ``after``."""
    moment = parse_moment(text)
    if moment.year is not None:
        return moment.end_in(moment.year)
    # the 31 December of the year before ends with the year: one year back is looked at too
    years = range(after.year - 1, after.year + 2)
    ends = map(moment.end_in, years)
    return next(end for end in ends if end > after)


@lru_cache(maxsize=256)
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
    hours = 0.0
    if match is not None:
        number, unit = match.groups()
        hours = float(number) * _HOURS_OF_UNIT[unit]
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
    word = text.strip()
    if word == "never":
        return word
    return _checked_moment(word)


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
    if moment.tzinfo is None:
        return moment
    in_utc = moment.tz_convert("UTC")
    return in_utc.tz_localize(None)


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
        months: npt.NDArray[np.int32] = np.asarray(in_utc.month)
        days: npt.NDArray[np.int32] = np.asarray(in_utc.day)
        month_days = 100 * months + days
        first = _month_day_number(self.first)
        last = _month_day_number(self.last)
        is_after_first = month_days >= first
        is_before_last = month_days <= last
        if first <= last:
            return is_after_first & is_before_last
        return is_after_first | is_before_last


def _month_day_number(text: str) -> int:
    """Return 501 for ``05-01``, so that days of the year can be compared."""
    return int(text.replace("-", ""))


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
        first = parse_moment(self.first)
        last = parse_moment(self.last)
        if (first.year is None) != (last.year is None):
            what = f"{self.last!r} and {self.first!r}: one has a year, one not"
            refuse_all([(("to",), what, "both or none", None)])
        if first.year is None or last.year is None:
            return self
        begin = first.begin_in(first.year)
        end = last.end_in(last.year)
        if end <= begin:
            what = f"{self.last!r} comes before {self.first!r}"
            refuse_all([(("to",), what, None, "swap `from` and `to`")])
        return self

    def spans(self, first_year: int) -> Iterator[tuple[pd.Timestamp, pd.Timestamp]]:
        """Yield (start, end) of the closure, in order, from a year on."""
        moment = parse_moment(self.first)
        years = range(first_year, NEVER.year)
        if moment.year is not None:
            years = range(moment.year, moment.year + 1)
        for year in years:
            begin = moment.begin_in(year)
            end = first_end(self.last, begin)
            yield begin, end


def end_of_work(
    start: pd.Timestamp,
    work: timedelta,
    closures: tuple[Closure, ...],
    pace: float,
) -> pd.Timestamp:
    """Return when work that takes ``work`` undisturbed is done, if it goes on at ``pace`` (0–1) during closures.

    Returns
    -------
    pandas.Timestamp
        Naive UTC; `NEVER` if the work is not done before 2200.
    """
    time = start
    remaining = work
    spans = [closure.spans(start.year - 1) for closure in closures]
    for begin, end in merge(*spans):
        if time + remaining <= begin:
            break
        remaining -= max(begin - time, timedelta(0))
        time = max(time, begin)
        if end <= time:
            continue  # over before the work began, or inside another closure
        done_in_closure = (end - time) * pace
        if done_in_closure >= remaining:
            finish = time + remaining / pace
            return min(finish, NEVER)
        remaining -= done_in_closure
        time = end
    return min(time + remaining, NEVER)
