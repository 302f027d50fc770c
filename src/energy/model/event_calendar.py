"""Calendar of events: spells of constant or steadily changing availability."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import pandas as pd

from energy.case.case import Case
from energy.model.base_inputs import base_inputs_of
from energy.model.disruption import event_cuts, targets
from energy.model.horizon import on_calendar
from energy.scenario import Event, Scenario, combine

HOUR = pd.Timedelta(hours=1)


class Spell(NamedTuple):
    """A time in which the same events act on the same components.

    ``begins`` and ``ends`` are the factors [1] on the attribute in its first and its last hour; they differ on a ramp.
    """

    start: pd.Timestamp
    end: pd.Timestamp
    component: str
    attribute: str
    names: tuple[str, ...]
    begins: float
    ends: float
    events: tuple[str, ...]


def spells(case: Case, scenario: Scenario) -> list[Spell]:
    """Return what the events of a scenario leave of the components in service, by date.

    Overlapping events are combined as the model combines them: of one cause the strongest, causes multiply.

    Parameters
    ----------
    case, scenario
        What exists and what happens.

    Returns
    -------
    list of Spell
        In the order of time; UTC, within the horizon; components with the same history share a spell.

    Raises
    ------
    InputError
        When an event names a component or corridor that the case does not have.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> out = {
    ...     "name": "mast",
    ...     "kind": "line_out",
    ...     "cause": "storm",
    ...     "where": ["crossing"],
    ...     "start": "07-01",
    ... }
    >>> asked = read_scenario("two_bus", overrides={"events": [out | {"kind": "bipole_out", "duration": "2d"}]})
    >>> [(f"{s.start:%m-%d}", f"{s.end:%m-%d}", s.names, s.begins) for s in spells(read_case("two_bus"), asked)]
    [('07-01', '07-03', ('line',), 0.0)]
    """
    scenario = on_calendar(case, scenario)
    in_service = base_inputs_of(case, scenario).components
    alike: defaultdict[tuple[str, str, tuple[_Part, ...]], list[str]] = defaultdict(list)
    for (component, name, attribute), events in targets(case, scenario).items():
        if component in in_service and name in in_service[component].index:
            parts = tuple(_parts(scenario, events))
            alike[component, attribute, parts].append(name)
    spells_of_all = []
    for (component, attribute, parts), names in alike.items():
        for part in parts:
            spell = Spell(
                start=part.start,
                end=part.end,
                component=component,
                attribute=attribute,
                names=tuple(names),
                begins=part.begins,
                ends=part.ends,
                events=part.events,
            )
            spells_of_all.append(spell)
    return sorted(spells_of_all, key=lambda spell: (spell.start, spell.end, spell.component, spell.names))


class _Part(NamedTuple):
    """A spell of events without the components that they act on."""

    start: pd.Timestamp
    end: pd.Timestamp
    begins: float
    ends: float
    events: tuple[str, ...]


def _parts(scenario: Scenario, events: list[Event]) -> Iterator[_Part]:
    """Yield the times in which the same of some events act."""
    first, last = scenario.horizon()
    of_events = scenario.model_copy(update={"events": tuple(events)})
    cuts = {min(max(cut, first), last) for cut in event_cuts(of_events, first)}
    for start, end in pairwise(sorted(cuts)):
        acting = tuple(event.name for event in events if _acts(event, start, first))
        if not acting:
            continue
        last_hour = max(end - HOUR, start)
        begins, ends = combine(events, pd.DatetimeIndex([start, last_hour]), first).tolist()
        yield _Part(
            start,
            end,
            begins=begins,
            ends=ends,
            events=acting,
        )


def _acts(
    event: Event,
    instant: pd.Timestamp,
    horizon_start: pd.Timestamp,
) -> bool:
    start, _ = event.window(horizon_start)
    return start <= instant < event.recovered(horizon_start)
