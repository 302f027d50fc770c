"""Force majeure: the events that relieve both sides of a contract, and the capacity that events take from the line."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from energy.case.case import Case
from energy.model.disruption import targets
from energy.model.objective import STUDIED
from energy.scenario import Event, Scenario, combine
from energy.scenario.event_kind import EventKind
from energy.solve import Result

HUMAN = ("war", "attack", "conflict", "border", "collapse")
NATURAL = (
    "disaster",
    "avalanche",
    "slide",
    "landslide",
    "mudflow",
    "flood",
    "storm",
    "earthquake",
)
FORCE_MAJEURE = frozenset((*HUMAN, *NATURAL))
"""Words in an event's cause that relieve both sides of their obligations."""


def relieves(event: Event) -> bool:
    """Return whether an event is force majeure: a closed border, or a cause that is named in ``FORCE_MAJEURE``."""
    if event.kind is EventKind.BORDER_STOP:
        return True
    words = event.cause.lower().split()
    return not FORCE_MAJEURE.isdisjoint(words)


def share_out_of_service(
    case: Case,
    scenario: Scenario,
    result: Result,
    counts: Callable[[Event], bool],
) -> np.ndarray:
    """Return the share of the line under study that some events take out of service; shape (snapshots,).

    Parameters
    ----------
    case, scenario, result
        What exists, what was asked and the optimum.
    counts
        Whether an event counts.
    """
    axis = result.inputs.axis
    p_nom = _p_nom_under_study(result)
    total = float(p_nom.sum())
    if not total or not scenario.events:
        return np.zeros(len(axis.snapshots))
    events_of_component = targets(case, scenario)
    in_service = np.zeros(len(axis.hours))
    for name in p_nom.index:
        events = events_of_component.get(("links", name, "p_max_pu"), [])
        counted = [event for event in events if counts(event)]
        available = combine(counted, axis.hours, axis.hours[0])
        share = float(p_nom[name]) / total
        in_service += share * available
    out_of_service = np.asarray(1 - axis.mean(in_service))
    return out_of_service.clip(0, 1)


def _p_nom_under_study(result: Result) -> pd.Series:
    """Return the p_nom of the links under study [MW]."""
    links = result.inputs.components.get("links", pd.DataFrame())
    if "service" not in links:
        return pd.Series(dtype=float)
    is_under_study = links["service"] == STUDIED
    return links.loc[is_under_study, "p_nom"]
