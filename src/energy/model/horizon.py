"""One calendar: the horizon of a scenario on a case, and the events that lie outside it or between its snapshots."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from energy.case.case import Case
from energy.errors import Fault, InputError
from energy.model.axis import Steps, own_steps
from energy.scenario import Event, Scenario
from energy.scenario.dates import is_yearly


def on_calendar(case: Case, scenario: Scenario) -> Scenario:
    """Return the scenario with the horizon that it has on a case: a user's own network brings its dates itself.

    Parameters
    ----------
    case
        What exists.
    scenario
        What is asked; its year and ``time`` say the horizon of every other case, and where snapshots begin that are no
        dates.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> scenario = read_scenario("two_bus")
    >>> on_calendar(read_case("two_bus"), scenario) is scenario
    True
    """
    if case.weightings is None:
        return scenario
    steps = steps_of(case, scenario)
    return scenario.spanning(steps.instants[0], steps.end)


def steps_of(case: Case, scenario: Scenario) -> Steps:
    """Return the steps of an hour or less that the snapshots of a user's own network are made of."""
    assert case.weightings is not None
    return own_steps(case.weightings, scenario.asked_horizon()[0])


def event_faults(scenario: Scenario) -> Iterator[Fault]:
    """Yield the events of a scenario that lie outside its horizon, or end before they begin.

    Parameters
    ----------
    scenario
        With the horizon that `on_calendar` gave it.
    """
    first, last = scenario.horizon()
    horizon = f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC".replace(" 00:00", "")
    for position, event in enumerate(scenario.events):
        begin, end = event.window(first)
        if end <= begin:
            yield _fault(
                scenario,
                position,
                "end",
                what=f"the end, {end}, is not after the start, {begin}",
                repair="swap start and end",
            )
        elif begin >= last or event.recovered(first) <= first:
            yield _fault(
                scenario,
                position,
                "start",
                what=f"{begin} to {end} lies outside the horizon",
                allowed=horizon,
                repair="change start, or the scenario's year or time",
            )
        elif is_yearly(event.end) and end > last:
            # the end was taken in the next year: far more often a mistake than meant
            yield _fault(
                scenario,
                position,
                "end",
                what=f"the first {event.end} after {begin} is past the horizon",
                allowed=horizon,
                repair="write a later end, a full date, or `never`",
            )


def _fault(
    scenario: Scenario,
    position: int,
    field: str,
    *,
    what: str,
    allowed: str | None = None,
    repair: str,
) -> Fault:
    """Return the fault of a field of an event."""
    origin = scenario.written_at("events", position, field)
    return Fault(
        f"events.{position}.{field}: {what}",
        origin.where,
        line=origin.line,
        allowed=allowed,
        repair=repair,
    )


def refuse_missed(case: Case, scenario: Scenario) -> None:
    """Refuse events that hit no snapshot of a user's own network, as between the days that stand for a year.

    Raises
    ------
    InputError
        With every such event, or with those outside the horizon.
    """
    if case.weightings is None:
        return
    bound = on_calendar(case, scenario)
    steps = steps_of(case, scenario)
    outside = list(event_faults(bound))
    if outside:
        own_horizon = Fault(
            f"the snapshots of the network, {steps.instants[0]} to {steps.instants[-1]} UTC, are the horizon",
            case.path,
            repair="date events by them; year and time of a scenario do not move a network of one's own",
        )
        raise InputError([own_horizon, *outside])
    missed = []
    for position, event in enumerate(bound.events):
        if not _misses(event, steps):
            continue
        fault = _fault(
            scenario,
            position,
            "start",
            what=f"{event.name!r} falls between the snapshots of the network",
            allowed="an event that falls on a snapshot",
            repair="change start or duration, or give the network snapshots there",
        )
        missed.append(fault)
    if missed:
        raise InputError(missed)


def _misses(event: Event, steps: Steps) -> bool:
    """Return whether no step lies between the start of an event and its recovery."""
    first = steps.instants[0]
    start, _ = event.window(first)
    begin = np.datetime64(start.to_pydatetime(), "us")
    recovered = np.datetime64(event.recovered(first).to_pydatetime(), "us")
    instants = pd.DatetimeIndex(steps.instants).to_numpy().astype("datetime64[us]")
    is_during = (instants >= begin) & (instants < recovered)
    return not bool(is_during.any())
