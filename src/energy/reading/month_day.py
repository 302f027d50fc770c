"""Day and month of every year, as files write them: ``05-01`` and ``5``; and a calendar year: ``2028``."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from energy.reading.frozen import refuse

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_ALLOWED = "MM-DD, as 05-01"
_LEAP_YEAR = 2000


def _checked_day(text: str) -> str:
    match = re.fullmatch(r"([0-9]{2})-([0-9]{2})", text.strip())
    if match is None:
        raise refuse(f"{text!r} is not a day of the year", _ALLOWED)
    try:
        date(_LEAP_YEAR, int(match[1]), int(match[2]))
    except ValueError:
        raise refuse(f"{text!r} is a day that does not exist", _ALLOWED) from None
    return text.strip()


def _checked_month(value: Any) -> Any:
    number = value
    if isinstance(value, str) and re.fullmatch("[1-9][0-9]?", value):
        # a file's keys are words
        number = int(value)
    if number not in range(1, 13) or isinstance(number, bool):
        raise refuse(f"{value!r} is no month", "1 to 12")
    return number


MonthDay = Annotated[str, AfterValidator(_checked_day)]
"""A day of every year, MM-DD."""

Month = Annotated[int, BeforeValidator(_checked_month)]
"""A month, 1 to 12, also as the key of a file's mapping."""


def _checked_year(value: Any) -> Any:
    number = value
    if isinstance(value, str) and re.fullmatch("[12][0-9]{3}", value):
        number = int(value)
    if number not in range(1900, 2101) or isinstance(number, bool):
        raise refuse(f"{value!r} is no year", "1900 to 2100")
    return number


Year = Annotated[int, BeforeValidator(_checked_year)]
"""A calendar year, also as the key of a file's mapping."""
