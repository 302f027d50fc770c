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
    shown = f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC".replace(" 00:00", "")
    for at, event in enumerate(scenario.events):
        begin, end = event.window(first)
        if end <= begin:
            what = f"the end, {end}, is not after the start, {begin}"
            yield _fault(scenario, at, "end", what, None, "swap start and end")
        elif begin >= last or event.recovered(first) <= first:
            what = f"{begin} to {end} lies outside the horizon"
            yield _fault(scenario, at, "start", what, shown, "change start, or the scenario's year or time")
        elif is_yearly(event.end) and end > last:
            # the end was taken in the next year: far more often a mistake than meant
            what = f"the first {event.end} after {begin} is past the horizon"
            yield _fault(scenario, at, "end", what, shown, "write a later end, a full date, or `never`")


def _fault(scenario: Scenario, at: int, field: str, what: str, allowed: str | None, repair: str) -> Fault:
    origin = scenario.written_at("events", at, field)
    return Fault(f"events.{at}.{field}: {what}", origin.where, line=origin.line, allowed=allowed, repair=repair)


def refuse_missed(case: Case, scenario: Scenario) -> None:
    """Refuse events that hit no snapshot of a user's own network, as between the days that stand for a year.

    Raises
    ------
    InputError
        With every such event, or with those outside the horizon.
    """
    if case.weightings is None:
        return
    bound, steps = on_calendar(case, scenario), steps_of(case, scenario)
    outside = list(event_faults(bound))
    if outside:
        raise InputError(outside)
    missed = [at for at, event in enumerate(bound.events) if _misses(event, steps)]
    if missed:
        allowed = "an event that falls on a snapshot"
        repair = "change start or duration, or give the network snapshots there"
        whats = {at: f"{bound.events[at].name!r} falls between the snapshots of the network" for at in missed}
        raise InputError(_fault(scenario, at, "start", what, allowed, repair) for at, what in whats.items())


def _misses(event: Event, steps: Steps) -> bool:
    first = steps.instants[0]
    begin, recovered = (
        np.datetime64(at.to_pydatetime(), "us") for at in (event.window(first)[0], event.recovered(first))
    )
    instants = pd.DatetimeIndex(steps.instants).to_numpy().astype("datetime64[us]")
    return not bool(((instants >= begin) & (instants < recovered)).any())
