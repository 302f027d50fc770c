"""Calendar of events for the terminal: each event in words, and remaining availability by date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd

from energy.case import Case
from energy.model.disruption import targets
from energy.model.event_calendar import Spell, spells
from energy.model.horizon import on_calendar
from energy.scenario import NEVER, Event, Scenario

WIDTH = 84  # signs that the months may take
PARTS = (6, 3, 2, 1)  # signs a month, the most that fit
WRAPPED = 120
SHOWN = 2  # names of a spell that are written out; an event writes all of its own


def calendar_text(case: Case, scenario: Scenario) -> Iterator[str]:
    r"""Yield the lines that explain the events of a scenario.

    Parameters
    ----------
    case, scenario
        What exists and what happens.

    Raises
    ------
    InputError
        When an event names a component or corridor that the case does not have.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> mast = {"name": "mast", "kind": "bipole_out", "cause": "storm", "where": ["crossing"], "start": "07-01"}
    >>> asked = read_scenario("two_bus", overrides={"events": [mast | {"duration": "12d", "depth": 0.4}]})
    >>> print("\n".join(line.rstrip() for line in list(calendar_text(read_case("two_bus"), asked))[:4]))
    events, UTC; a digit: tenths lost, #: all, ^: raised; a sign is 5 days, a month has 6
          2028                                                           2029
          Apr    May    Jun    Jul    Aug    Sep    Oct    Nov    Dec    Jan    Feb    Mar
    mast  ...... ...... ...... 444... ...... ...... ...... ...... ...... ...... ...... ......
    """
    if not scenario.events:
        yield "no events"
        return
    scenario = on_calendar(case, scenario)
    yield from _calendar(scenario)
    yield ""
    hit = targets(case, scenario)
    for event in _in_order(scenario):
        yield from _event(event, scenario, hit)
    yield ""
    yield "what is left, by date (of the component's own value; components in service)"
    found = spells(case, scenario)
    if not found:
        yield "  nothing that the events name is in service"
    for spell in found:
        yield f"  {_span(spell.start, spell.end)}  {_left(spell):>11}  {_what(spell)}  <- {', '.join(spell.events)}"


def calendar_json(case: Case, scenario: Scenario) -> list[dict[str, Any]]:
    """Return what is left of what by date, as plain values."""
    return [spell._asdict() | {"start": str(spell.start), "end": str(spell.end)} for spell in spells(case, scenario)]


def _calendar(scenario: Scenario) -> Iterator[str]:
    first, last = scenario.horizon()
    months = pd.period_range(first, last - timedelta(hours=1), freq="M")
    parts = next((count for count in PARTS if len(months) * (count + 1) <= WIDTH), 1)
    hours = pd.date_range(first, last, freq="h", inclusive="left")
    sign = np.minimum((hours.day.to_numpy() - 1) * parts // 30, parts - 1)
    slot = (hours.year.to_numpy() * 12 + hours.month.to_numpy() - months[0].year * 12 - months[0].month) * parts + sign
    days = {6: "5 days", 3: "10 days", 2: "half a month", 1: "a month"}[parts]
    many = f", a month has {parts}" if parts > 1 else ""
    yield f"events, UTC; a digit: tenths lost, #: all, ^: raised; a sign is {days}{many}"
    width = max(len(event.name) for event in scenario.events) + 2
    years = [f"{m.year}" if at == 0 or m.month == 1 else "" for at, m in enumerate(months)]
    names = [m.strftime("%b")[:parts] for m in months]
    for heads in (years, names):
        yield " " * width + _cells(heads, parts)
    for event in _in_order(scenario):
        signs = _signs(event.factor(hours, first), slot, len(months) * parts)
        yield event.name.ljust(width) + " ".join(signs[at : at + parts] for at in range(0, len(signs), parts))


def _cells(heads: Sequence[str], parts: int) -> str:
    """Return the heads of months, each above the first sign of its month; a year may be wider than its month."""
    line = [" "] * ((parts + 1) * len(heads) + 4)
    for at, head in enumerate(heads):
        line[at * (parts + 1) : at * (parts + 1) + len(head)] = head
    return "".join(line)


def _signs(factor: np.ndarray, slot: np.ndarray, count: int) -> str:
    low, high = np.ones(count), np.ones(count)
    np.minimum.at(low, slot, factor)
    np.maximum.at(high, slot, factor)
    return "".join(map(_sign, low, high))


def _sign(low: float, high: float) -> str:
    if high > 1:
        return "^"
    if low <= 0:
        return "#"
    return "." if low >= 1 else str(min(max(round(10 * (1 - low)), 1), 9))


def _in_order(scenario: Scenario) -> list[Event]:
    first, _ = scenario.horizon()
    return sorted(scenario.events, key=lambda event: (*event.window(first), event.name))


def _event(event: Event, scenario: Scenario, hit: Mapping[tuple[str, str, str], list[Event]]) -> Iterator[str]:
    first, _ = scenario.horizon()
    start, end = event.window(first)
    size = f"factor {event.level:g}" if event.kind.is_shock else f"depth {1 - event.level:.0%}".replace("%", " %")
    cause = event.cause + (f", shared: {event.shared_cause}" if event.shared_cause else "")
    yield f"{event.name}: {event.kind}, cause {cause}, {size}"
    yield f"  when    {_span(start, end)}  {_length(start, end)}{_recovery(event)}"
    yield f"  where   {', '.join(event.where)}"
    for table in dict.fromkeys(component for component, _, _ in hit):
        names = [name for (component, name, _), events in hit.items() if component == table and event in events]
        if names:
            text = f"  hits    {table}: {', '.join(names)}"
            yield from wrap(text, WRAPPED, subsequent_indent=" " * 10, break_long_words=False)
    yield f"  known   {_known(event, scenario)}"
    if event.repair_access is not None:
        closed = ", ".join(f"{closure.first} to {closure.last}" for closure in event.repair_access.closed)
        pace = f"{event.repair_access.factor:g} of its pace" if event.repair_access.factor else "a stand"
        yield f"  repair  {event.duration} of work, which is at {pace} while closed: {closed}"


def _span(start: pd.Timestamp, end: pd.Timestamp) -> str:
    shown = "never ends" if end >= NEVER else f"{end:%Y-%m-%d %H:%M}"
    return f"{start:%Y-%m-%d %H:%M} to {shown:<16}"


def _length(start: pd.Timestamp, end: pd.Timestamp) -> str:
    if end >= NEVER:
        return "for good"
    hours = (end - start) / pd.Timedelta(hours=1)
    return f"{hours / 24:g} d" if hours >= 48 else f"{hours:g} h"


def _recovery(event: Event) -> str:
    return f", then back in a straight line within {event.ramp}" if event.ramp else ""


def _known(event: Event, scenario: Scenario) -> str:
    if scenario.foresight == "perfect":
        return "from the start (foresight: perfect)"
    if event.known == "from_start":
        return "from the start"
    expected = f", expected to last {event.expected_duration}" if event.expected_duration else ""
    return f"when it begins{expected}"


def _left(spell: Spell) -> str:
    begins, ends = (f"{100 * value:.0f} %" for value in (spell.begins, spell.ends))
    return begins if begins == ends else f"{begins[:-2]} to {ends}"


def _what(spell: Spell) -> str:
    names = ", ".join(spell.names[:SHOWN])
    more = f" + {len(spell.names) - SHOWN} more" if len(spell.names) > SHOWN else ""
    return f"{spell.component} {spell.attribute}: {names}{more}"
