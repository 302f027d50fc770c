"""Surprise: an optimum that learns of each event when it begins, against one that knew all along."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from energy.case import Case
from energy.model import Inputs
from energy.model.axis import Axis
from energy.model.inputs import assemble, axis_of, with_objective
from energy.scenario import Event, Scenario
from energy.solve import Engine, Result


def learning_times(scenario: Scenario) -> list[pd.Timestamp]:
    """Return the instants, in order, at which a scenario's plan learns something.

    An event that is not known from the start is learned of when it begins; one with an expected duration again when
    it ends before that, or when it has outlasted it.
    """
    start, end = scenario.horizon()
    times = set()
    for event in scenario.events:
        if event.known == "from_start":
            continue
        begin, over = event.window(start)
        times.add(begin)
        if event.expected_duration is not None:
            times.add(min(over, event.expected_end(start)))
    return sorted(time for time in times if start < time < end)


def believed(scenario: Scenario, now: pd.Timestamp) -> tuple[Event, ...]:
    """Return the events as a plan made at an instant believes them to be.

    Unknown events are absent; an event that lasts is believed to end after its expected duration until it has ended, or
    outlasted it, and then as it really does.
    """
    start, _ = scenario.horizon()
    return tuple(_belief(event, start, now) for event in scenario.events if _known(event, start, now))


def _known(event: Event, start: pd.Timestamp, now: pd.Timestamp) -> bool:
    return event.known == "from_start" or event.window(start)[0] <= now


def _belief(event: Event, start: pd.Timestamp, now: pd.Timestamp) -> Event:
    if event.expected_duration is None or event.known == "from_start":
        return event
    _, over = event.window(start)
    if now >= min(over, event.expected_end(start)):
        return event
    # access and ramp belong to the truth that is not known yet
    changes = {"duration": event.expected_duration, "end": None, "repair_access": None}
    return event.model_copy(update=changes)


def plan_axis(case: Case, scenario: Scenario) -> Axis:
    """Return the snapshots that every plan shares: cut where the events, and where what is believed of them, change."""
    everything = scenario.model_copy(update={"events": scenario.events + tuple(_expectations(scenario))})
    return axis_of(case, everything)


def plans(case: Case, scenario: Scenario) -> Iterator[tuple[pd.Timestamp, Inputs]]:
    """Yield the inputs of each plan with the instant at which it is made, all on the axis of the true events."""
    start, _ = scenario.horizon()
    axis = plan_axis(case, scenario)
    for now in [start, *learning_times(scenario)]:
        plan = scenario.model_copy(update={"events": believed(scenario, now)})
        yield now, with_objective(assemble(case, plan, axis), plan)


def _expectations(scenario: Scenario) -> Iterator[Event]:
    """Yield each event as first expected, so that the axis has a cut where a belief ends."""
    start, _ = scenario.horizon()
    for event in scenario.events:
        expected = _belief(event, start, start)
        if expected is not event:
            yield expected.model_copy(update={"name": f"{event.name} as expected"})


def solve_surprised(case: Case, scenario: Scenario, engine: Engine | None = None) -> Result:
    """Solve a scenario whose events come as a surprise.

    At each instant at which something is learned the past is kept, and the rest is planned anew with what is known
    then. The result obeys the true events: until it is learned of, an event has not begun.

    Parameters
    ----------
    case, scenario
        What exists and what happens.
    engine
        Engine of the scenario's structure on the axis of `plan_axis`; built from the first plan unless given.

    Raises
    ------
    InputError, SolverError
        When the scenario does not fit the case, or a plan has no optimum.
    """
    result: Result | None = None
    for now, plan in plans(case, scenario):
        engine = engine or Engine(plan)
        position = int(plan.axis.snapshots.searchsorted(now))
        result = engine.solve(plan, past=result, now=position) if result is not None else engine.solve(plan)
    assert result is not None  # the first plan is made at the start
    return result
