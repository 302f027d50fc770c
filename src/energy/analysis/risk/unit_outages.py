"""Outages of units: what a set of hazards hits, and two-state chains by the hour (MTTF, MTTR)."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pandas as pd

from energy.analysis.risk.shortfall import Unit
from energy.case import Case
from energy.errors import Fault, InputError, nearest
from energy.model.random_stream import logarithm, uniform_stream
from energy.scenario import HazardSet

PLACES = ("generators", "links", "lines", "transformers")
CHRONOLOGICAL = ("by_month", "when", "campaign", "spreads", "closed", "closed_by")
"""Fields of a hazard that need hours in their order."""
Group = tuple[tuple[str, str], ...]
"""Components (component, name) that fail as one."""


def hourly_chain(
    name: str,
    mttf: float,
    mttr: float,
    hours: int,
    seed: int,
    draw: int,
) -> np.ndarray:
    """Return whether a unit is up in each hour, in a stationary chain; shape (hours,).

    From hour to hour it fails with probability 1/MTTF and is repaired with 1/MTTR; stays are geometric.

    Parameters
    ----------
    name
        Names the random stream.
    mttf, mttr
        Mean times [h], at least 1.
    hours
        Length.
    seed, draw
        Family of draws and number in it.

    Examples
    --------
    >>> bool(0.89 < hourly_chain("unit", 10, 10 / 9, 100_000, 1, 0).mean() < 0.91)
    True
    """
    if np.isinf(mttf):
        return np.ones(hours, dtype=bool)
    stream: list[str | int] = ["adequacy", name, seed, draw]
    cycles = hours / (mttf + mttr)
    numbers = uniform_stream(stream, int(cycles * 3) + 16)
    up = bool(numbers[0] < mttf / (mttf + mttr))
    chain = np.empty(hours, dtype=bool)
    log_of_up = _log_of_staying(1 / mttf)
    log_of_down = _log_of_staying(1 / mttr)
    hour = 0
    position = 1
    while hour < hours:
        if position == len(numbers):
            numbers = uniform_stream(stream, 2 * len(numbers))
        log_of_number = -float(np.log(numbers[position]))
        stay = 1 + int(log_of_number / (log_of_up if up else log_of_down))
        chain[hour : hour + stay] = up
        hour += stay
        up = not up
        position += 1
    return chain


def _log_of_staying(rate: float) -> float:
    """Return −ln(1 − p) of a geometric stay 1 + floor(ln u / ln(1 − p)); a stay is exactly one hour where p is 1."""
    if rate < 1:
        return -float(logarithm(np.array(1 - rate)))
    return np.inf


def units_of(case: Case, hazards: HazardSet) -> list[Unit]:
    """Return what fails, from hazards that have a rate and a repair time only.

    Raises
    ------
    InputError
        When a hazard names what the case does not have, or has months, states, campaigns or spreads, which hours that
        do not hang together cannot follow.
    """
    units: list[Unit] = []
    faults: list[Fault] = []
    for name, hazard in hazards.hazards.items():
        unhonoured = [field for field in CHRONOLOGICAL if getattr(hazard, field)]
        if unhonoured:
            what = f"hazard {name!r} has {', '.join(unhonoured)}"
            allowed = "a rate with mttf and mttr, or for and mttr"
            faults.append(Fault(what, hazards.name, allowed=allowed))
        groups: list[Group] = []
        for place in hazard.where:
            try:
                members = _members_at(case, place, f"hazard {name!r}", hazards.name)
            except InputError as err:
                faults += err.faults
                continue
            fails_one_by_one = hazard.each and "." in place
            groups += [(member,) for member in members] if fails_one_by_one else [members]
        if not hazard.each:
            groups = [tuple(chain.from_iterable(groups))]
        depth = 1.0 if hazard.depth is None else hazard.depth
        mttf, mttr = hazard.times
        for group in groups:
            names = " + ".join(member for _, member in group)
            units.append(Unit(f"{name}: {names}", group, mttf, mttr, depth=depth))
    if faults:
        raise InputError(faults)
    return units


def _members_at(case: Case, place: str, hazard: str, hazards: str) -> Group:
    """Return the components at a place of a hazard: a pattern as ``links.tie*``, or a corridor.

    Raises
    ------
    InputError
        When the case has nothing there, or no unit can fail there.
    """
    component, dot, pattern = place.partition(".")
    if dot and component not in PLACES:
        what = f"{hazard} hits {place!r}"
        raise InputError(Fault(what, hazards, allowed=", ".join(PLACES), repair="leave it out"))
    if dot:
        members = tuple((component, name) for name in case.names(component, pattern))
    else:
        members = tuple(case.corridor(place))
    if not members:
        what = f"{hazard}: nothing is named {place!r}"
        table = case.components.get(component, pd.DataFrame())
        raise InputError(Fault(what, hazards, repair=nearest(pattern, list(table.index))))
    return members
