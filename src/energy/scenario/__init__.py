"""What is asked and what happens: scenario files, scenarios, events.

>>> from energy.scenario import Event, Scenario
>>> stop = Event(
...     name="closed",
...     kind="border_stop",
...     cause="politics",
...     where=("crossing",),
...     start="07-01",
...     end="07-31",
... )
>>> Scenario(name="july", year=2028, events=(stop,)).events[0].level
0.0
"""

from energy.scenario.dates import NEVER, Closure, Season
from energy.scenario.effect import combine
from energy.scenario.event import TABLES, Event, Place, RepairAccess
from energy.scenario.event_kind import EventKind
from energy.scenario.hazard import Hazard, HazardSet
from energy.scenario.hazard_file import list_hazards, read_hazards
from energy.scenario.model import QUESTIONS, Contract, Scenario, Time
from energy.scenario.read import Resolved, list_scenarios, read_scenario, resolve
from energy.scenario.value_key import ValueKey, split_value_key

__all__ = [
    "NEVER",
    "QUESTIONS",
    "TABLES",
    "Closure",
    "Contract",
    "Event",
    "EventKind",
    "Hazard",
    "HazardSet",
    "Place",
    "RepairAccess",
    "Resolved",
    "Scenario",
    "Season",
    "Time",
    "ValueKey",
    "combine",
    "list_hazards",
    "list_scenarios",
    "read_hazards",
    "read_scenario",
    "resolve",
    "split_value_key",
]
