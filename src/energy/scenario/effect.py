"""Combined effect of several events on one component: the availability that is left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from energy.scenario.event import Event


def combine(events: Iterable[Event], times: pd.DatetimeIndex, horizon_start: pd.Timestamp) -> npt.NDArray[np.float64]:
    """Return the multiplier that several events leave of one attribute of one thing.

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
    ...     name="tower", kind="derating", cause="storm", where=("crossing",), start="07-01", duration="2d", depth=0.5
    ... )
    >>> raid = storm.model_copy(update={"name": "mast", "cause": "attack"})
    >>> july = pd.DatetimeIndex(["2028-07-01"])
    >>> combine([storm, storm], july, july[0]).tolist(), combine([storm, raid], july, july[0]).tolist()
    ([0.5], [0.25])
    """
    by_cause: defaultdict[tuple[str, str], list[npt.NDArray[np.float64]]] = defaultdict(list)
    for event in events:
        by_cause[event.cause_key].append(event.factor(times, horizon_start))
    left = np.ones(len(times))
    # sorted: a product of floats depends on the order of its factors
    for _, factors in sorted(by_cause.items()):
        # 1 is what an event leaves outside its window: it must win against neither a loss nor a rise
        left *= np.minimum.reduce(factors).clip(max=1.0) * np.maximum.reduce(factors).clip(min=1.0)
    return left
