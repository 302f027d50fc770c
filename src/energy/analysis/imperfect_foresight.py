"""Imperfect foresight: rolling re-optimisation that learns of each event when it begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from energy.case import Case
from energy.errors import SolverError
from energy.model import Inputs
from energy.model.axis import Axis
from energy.model.horizon import on_calendar, refuse_missed
from energy.model.inputs import assemble
from energy.model.marginal_costs import with_objective
from energy.model.objective import STUDIED, is_of_service
from energy.model.snapshots import axis_of
from energy.scenario import Event, Scenario
from energy.solve import Engine, Result


def _learning_times(scenario: Scenario) -> list[pd.Timestamp]:
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


def _believed(scenario: Scenario, now: pd.Timestamp) -> tuple[Event, ...]:
    """Return the events as a plan made at an instant believes them to be.

    Unknown events are absent; an event that lasts is believed to end after its expected duration until it has ended, or
    outlasted it, and then as it really does.
    """
    start, _ = scenario.horizon()
    known_events = [event for event in scenario.events if _known(event, start, now)]
    return tuple(_belief(event, start, now) for event in known_events)


def _known(event: Event, start: pd.Timestamp, now: pd.Timestamp) -> bool:
    if event.known == "from_start":
        return True
    begin, _ = event.window(start)
    return begin <= now


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
    scenario = on_calendar(case, scenario)
    expectations = tuple(_expectations(scenario))
    everything = scenario.model_copy(update={"events": scenario.events + expectations})
    return axis_of(case, everything)


def _plans(case: Case, scenario: Scenario) -> Iterator[tuple[pd.Timestamp, Inputs]]:
    """Yield the inputs of each plan with the instant at which it is made, all on the axis of the true events."""
    scenario = on_calendar(case, scenario)
    start, _ = scenario.horizon()
    axis = plan_axis(case, scenario)
    for now in [start, *_learning_times(scenario)]:
        believed = _believed(scenario, now)
        plan = scenario.model_copy(update={"events": believed})
        physics = assemble(case, plan, axis)
        yield now, with_objective(physics, plan)


def _expectations(scenario: Scenario) -> Iterator[Event]:
    """Yield each event as first expected, so that the axis has a cut where a belief ends."""
    start, _ = scenario.horizon()
    for event in scenario.events:
        expected = _belief(event, start, start)
        if expected is not event:
            name = f"{event.name} as expected"
            yield expected.model_copy(update={"name": name})


def _leaning(inputs: Inputs, lean: float) -> Inputs:
    """Return inputs in which what the studied line delivers is worth less by the time of the year.

    Where a reservoir can hold water for another month, a plan does not care when it sends, but what a surprise costs
    depends on it. A lean decides: to send as soon (above zero) or as late (below zero) as the rest allows.

    Parameters
    ----------
    inputs
        Inputs with the scenario's objective.
    lean
        What a MWh is worth less at the end of the horizon than at its start [weight]; below zero: at the start than at
        the end.
    """
    weights = inputs.axis.weights
    past = np.cumsum(weights) / weights.sum()
    less = lean * past if lean > 0 else -lean * (1 - past)
    links = inputs.components["links"]
    is_studied = is_of_service(links, [STUDIED])
    efficiency = inputs.array("links", "efficiency")
    cost = inputs.array("links", "marginal_cost")
    leaning = cost + less[:, None] * efficiency * is_studied
    dense = {**inputs.dense, ("links", "marginal_cost"): leaning}
    return replace(inputs, dense=dense)


def solve_imperfect_foresight(
    case: Case,
    scenario: Scenario,
    engine: Engine | None = None,
    lean: float = 0.0,
) -> Result:
    """Solve a scenario whose events come as a surprise.

    At each instant at which something is learned the past is kept, and the rest is planned anew with what is known
    then. The result obeys the true events: until it is learned of, an event has not begun. A snapshot in which
    something is learned is planned anew as a whole, since its values are means over all of it.

    Parameters
    ----------
    case, scenario
        What exists and what happens.
    engine
        Engine of the scenario's structure on the axis of `plan_axis`; built from the first plan unless given.
    lean
        Whether plans send soon or late where they are free to, see `_leaning` [weight].

    Raises
    ------
    InputError, SolverError
        When the scenario does not fit the case, or a plan has no optimum: what was decided before an event was known
        can leave too little water for the rules of the rivers.
    """
    refuse_missed(case, scenario)
    result: Result | None = None
    for now, made in _plans(case, scenario):
        plan = _leaning(made, lean) if lean else made
        engine = engine or Engine(plan)
        if result is None:
            result = engine.solve(plan)
            continue
        begun = plan.axis.snapshots.searchsorted(now, side="right")
        position = int(begun) - 1
        try:
            result = engine.solve(plan, past=result, now=position)
        except SolverError as err:
            what = f"{err}; nothing fits what was decided before the news of {now:%Y-%m-%d %H:%M} UTC"
            raise SolverError(what) from None
    assert result is not None  # the first plan is made at the start
    return result
