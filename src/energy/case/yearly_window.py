"""A part of every year, as rules name it."""

from __future__ import annotations

from pydantic import Field

from energy.reading.frozen import Frozen
from energy.reading.month_day import MonthDay


class Window(Frozen):
    """A part of every year, both days included."""

    start: MonthDay = Field(alias="from", description="First day, MM-DD.")
    end: MonthDay = Field(alias="to", description="Last day, MM-DD.")
