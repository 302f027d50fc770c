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
    >>> mast = {
    ...     "name": "mast",
    ...     "kind": "bipole_out",
    ...     "cause": "storm",
    ...     "where": ["crossing"],
    ...     "start": "07-01",
    ... }
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
    remaining = spells(case, scenario)
    if not remaining:
        yield "  nothing that the events name is in service"
    for spell in remaining:
        yield f"  {_span(spell.start, spell.end)}  {_left(spell):>11}  {_what(spell)}  <- {', '.join(spell.events)}"


def calendar_json(case: Case, scenario: Scenario) -> list[dict[str, Any]]:
    """Return what is left of what by date, as plain values."""
    records = []
    for spell in spells(case, scenario):
        record = spell._asdict()
        record["start"] = str(spell.start)
        record["end"] = str(spell.end)
        records.append(record)
    return records


def _calendar(scenario: Scenario) -> Iterator[str]:
    """Yield the heads of the months, and a line of signs an event."""
    first, last = scenario.horizon()
    months = pd.period_range(first, last - timedelta(hours=1), freq="M")
    parts = _signs_a_month(len(months))
    days = {6: "5 days", 3: "10 days", 2: "half a month", 1: "a month"}[parts]
    many = f", a month has {parts}" if parts > 1 else ""
    yield f"events, UTC; a digit: tenths lost, #: all, ^: raised; a sign is {days}{many}"
    width = max(len(event.name) for event in scenario.events) + 2
    margin = " " * width
    years = ["" if month.month > 1 else str(month.year) for month in months]
    years[0] = str(months[0].year)
    names = [month.strftime("%b")[:parts] for month in months]
    yield margin + _cells(years, parts)
    yield margin + _cells(names, parts)
    hours = pd.date_range(first, last, freq="h", inclusive="left")
    slot = _slot_of_hour(hours, months[0], parts)
    for event in _in_order(scenario):
        signs = _signs(event.factor(hours, first), slot, len(months) * parts)
        by_month = [signs[begin : begin + parts] for begin in range(0, len(signs), parts)]
        yield event.name.ljust(width) + " ".join(by_month)


def _signs_a_month(months: int) -> int:
    """Return the most signs a month that fit into a line."""
    for parts in PARTS:
        if months * (parts + 1) <= WIDTH:
            return parts
    return 1


def _slot_of_hour(hours: pd.DatetimeIndex, first: pd.Period, parts: int) -> np.ndarray:
    """Return the sign that each hour counts for, from the first sign of the first month."""
    sign = np.minimum((hours.day.to_numpy() - 1) * parts // 30, parts - 1)
    month = hours.year.to_numpy() * 12 + hours.month.to_numpy()
    months_passed = month - first.year * 12 - first.month
    return np.asarray(months_passed * parts + sign)


def _cells(heads: Sequence[str], parts: int) -> str:
    """Return the heads of months, each above the first sign of its month; a year may be wider than its month."""
    line = [" "] * ((parts + 1) * len(heads) + 4)
    for number, head in enumerate(heads):
        begin = number * (parts + 1)
        line[begin : begin + len(head)] = head
    return "".join(line)


def _signs(factor: np.ndarray, slot: np.ndarray, count: int) -> str:
    """Return a sign a slot, from the lowest and the highest factor in it."""
    low = np.ones(count)
    high = np.ones(count)
    np.minimum.at(low, slot, factor)
    np.maximum.at(high, slot, factor)
    return "".join(map(_sign, low, high))


def _sign(low: float, high: float) -> str:
    if high > 1:
        return "^"
    if low <= 0:
        return "#"
    if low >= 1:
        return "."
    tenths_lost = round(10 * (1 - low))
    return str(min(max(tenths_lost, 1), 9))


def _in_order(scenario: Scenario) -> list[Event]:
    first, _ = scenario.horizon()
    return sorted(scenario.events, key=lambda event: (*event.window(first), event.name))


def _event(
    event: Event,
    scenario: Scenario,
    hit: Mapping[tuple[str, str, str], list[Event]],
) -> Iterator[str]:
    """Yield an event in words: kind, cause, when, where, what it hits, since when it is known, repair."""
    first, _ = scenario.horizon()
    start, end = event.window(first)
    cause = event.cause
    if event.shared_cause:
        cause += f", shared: {event.shared_cause}"
    yield f"{event.name}: {event.kind}, cause {cause}, {_size(event)}"
    yield f"  when    {_span(start, end)}  {_length(start, end)}{_recovery(event)}"
    yield f"  where   {', '.join(event.where)}"
    for component, names in _names_hit(event, hit).items():
        text = f"  hits    {component}: {', '.join(names)}"
        yield from wrap(text, WRAPPED, subsequent_indent=" " * 10, break_long_words=False)
    yield f"  known   {_known(event, scenario)}"
    if event.repair_access is not None:
        closed = ", ".join(f"{closure.first} to {closure.last}" for closure in event.repair_access.closed)
        factor = event.repair_access.factor
        pace = f"{factor:g} of its pace" if factor else "a stand"
        yield f"  repair  {event.duration} of work, which is at {pace} while closed: {closed}"


def _size(event: Event) -> str:
    """Return how deep an event is."""
    if event.kind.is_shock:
        return f"factor {event.level:g}"
    depth = f"{1 - event.level:.0%}"
    return f"depth {depth.replace('%', ' %')}"


def _names_hit(event: Event, hit: Mapping[tuple[str, str, str], list[Event]]) -> dict[str, list[str]]:
    """Return the components that an event hits, by their table."""
    names: dict[str, list[str]] = {}
    for (component, name, _), events in hit.items():
        if event in events:
            names.setdefault(component, []).append(name)
    in_order_of_tables = dict.fromkeys(component for component, _, _ in hit)
    return {component: names[component] for component in in_order_of_tables if component in names}


def _span(start: pd.Timestamp, end: pd.Timestamp) -> str:
    shown = "never ends" if end >= NEVER else f"{end:%Y-%m-%d %H:%M}"
    return f"{start:%Y-%m-%d %H:%M} to {shown:<16}"


def _length(start: pd.Timestamp, end: pd.Timestamp) -> str:
    if end >= NEVER:
        return "for good"
    hours = (end - start) / pd.Timedelta(hours=1)
    return f"{hours / 24:g} d" if hours >= 48 else f"{hours:g} h"


def _recovery(event: Event) -> str:
    if not event.ramp:
        return ""
    return f", then back in a straight line within {event.ramp}"


def _known(event: Event, scenario: Scenario) -> str:
    if scenario.foresight == "perfect":
        return "from the start (foresight: perfect)"
    if event.known == "from_start":
        return "from the start"
    if event.expected_duration:
        return f"when it begins, expected to last {event.expected_duration}"
    return "when it begins"


def _left(spell: Spell) -> str:
    """Return the share that is left at the beginning and at the end of a spell."""
    begins = f"{100 * spell.begins:.0f} %"
    ends = f"{100 * spell.ends:.0f} %"
    if begins == ends:
        return begins
    return f"{begins[:-2]} to {ends}"


def _what(spell: Spell) -> str:
    names = ", ".join(spell.names[:SHOWN])
    if len(spell.names) > SHOWN:
        names += f" + {len(spell.names) - SHOWN} more"
    return f"{spell.component} {spell.attribute}: {names}"
