"""What events take: each point of a sweep beside the same scenario without its events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from energy.analysis.scenario_metrics import DAYS, energy_by_day
from energy.case import Case
from energy.model.disruption import targets
from energy.model.horizon import on_calendar
from energy.scenario import Event, Scenario
from energy.scenario.event_kind import EventKind
from energy.solve import Result

DAY = pd.Timedelta(days=1)


def undisturbed(point: Scenario) -> Scenario:
    """Return a scenario without its events, on the same time axis.

    Typical days begin anew where an event begins or ends. There the events stay with no effect, so that the two
    scenarios differ by nothing but what the events take.

    Examples
    --------
    >>> from energy.scenario import read_scenario
    >>> undisturbed(read_scenario("two_bus", overrides={"time.resolution": "6h"})).events
    ()
    """
    events: tuple[Event, ...] = ()
    if point.time.resolution.startswith("typical"):
        events = tuple(map(_without_effect, point.events))
    foresight = "policy" if point.foresight == "policy" else "perfect"
    return point.model_copy(update={"events": events, "foresight": foresight})


def _without_effect(event: Event) -> Event:
    if event.kind.is_shock:
        return event.model_copy(update={"shock_factor": 1.0})
    changes: dict[str, Any] = {"depth": 0.0}
    if event.kind.return_mode is not None:  # says how the pole that stays runs, whatever the depth
        changes["kind"] = EventKind.DERATING
    return event.model_copy(update=changes)


def measure_days(result: Result) -> dict[str, np.ndarray]:
    """Measure the energy delivered in each day of the horizon [GWh]; shape (days,)."""
    return {DAYS: energy_by_day(result)}


def losses_of(
    case: Case,
    point: Scenario,
    days: np.ndarray,
    days_without: np.ndarray,
) -> dict[str, float]:
    """Return what the events of a point take, by the names of ``scenario_metrics.LOSSES`` [GWh].

    Parameters
    ----------
    case, point
        What exists, and the scenario with its events.
    days, days_without
        Energy delivered in each day of the horizon with and without the events [GWh]; shape (days,).
    """
    lost = days_without - days
    has_event = _days_of_events(case, point, len(days))
    return {
        "lost_to_events": float(lost.sum()),
        "lost_during_events": float(lost[has_event].sum()),
    }


def _days_of_events(case: Case, point: Scenario, n_days: int) -> np.ndarray:
    """Return the days of the horizon that an event touches, its recovery included; shape (days,)."""
    scenario = on_calendar(case, point)
    first_instant, _ = scenario.horizon()
    midnight = first_instant.floor("D")
    is_touched = np.zeros(n_days, dtype=bool)
    for event in _acting(targets(case, scenario).values()):
        begin, _ = event.window(first_instant)
        first = max(0, (begin - midnight) // DAY)
        end = -((midnight - event.recovered(first_instant)) // DAY)  # rounded up
        is_touched[first:end] = True
    return is_touched


def _acting(events_of_targets: Iterable[list[Event]]) -> list[Event]:
    """Return the events that act on some component, once each."""
    by_name = {event.name: event for events in events_of_targets for event in events}
    return list(by_name.values())
