"""Combined effect of several events on one component: the availability that is left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from energy.scenario.event import Event

Multiplier = npt.NDArray[np.float64]
"""Dimensionless, one value a snapshot."""


def combine(
    events: Iterable[Event],
    times: pd.DatetimeIndex,
    horizon_start: pd.Timestamp,
) -> Multiplier:
    """Return the multiplier of several events on one attribute of one component.

    Events of one cause overlap: the strongest counts (the lowest factor; for shocks above 1 the highest). Events of
    different causes multiply. The order of the events never matters, to the last bit, and no events leave ones.

    Parameters
    ----------
    events
        Events that all act on the same attribute of the same component.
    times
        Instants; UTC unless they have a time zone.
    horizon_start
        First instant of the horizon, from which a start without a year is searched.

    Returns
    -------
    numpy.ndarray
        Dimensionless, shape ``(len(times),)``.

    Examples
    --------
    >>> storm = Event(
    ...     name="tower",
    ...     kind="derating",
    ...     cause="storm",
    ...     where=("crossing",),
    ...     start="07-01",
    ...     duration="2d",
    ...     depth=0.5,
    ... )
    >>> raid = storm.model_copy(update={"name": "mast", "cause": "attack"})
    >>> july = pd.DatetimeIndex(["2028-07-01"])
    >>> (
    ...     combine([storm, storm], july, july[0]).tolist(),
    ...     combine([storm, raid], july, july[0]).tolist(),
    ... )
    ([0.5], [0.25])
    """
    factors_by_cause: defaultdict[tuple[str, str], list[Multiplier]]
    factors_by_cause = defaultdict(list)
    for event in events:
        factor = event.factor(times, horizon_start)
        factors_by_cause[event.cause_key].append(factor)

    multiplier = np.ones(len(times))
    # sorted: a product of floats depends on the order of its factors
    for _, factors in sorted(factors_by_cause.items()):
        lowest = np.minimum.reduce(factors)
        highest = np.maximum.reduce(factors)
        # an event has the factor 1 outside its window: it must win against neither a loss nor a rise
        loss = lowest.clip(max=1.0)
        rise = highest.clip(min=1.0)
        multiplier *= loss * rise
    return multiplier
