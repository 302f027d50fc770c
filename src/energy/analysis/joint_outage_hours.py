"""Hours a year that two ways are out, together by one cause or by chance, from the laws of a hazard set.

Each state of the chain (calm, conflict) has its own hours out, U = Σ rate · mean length; in a state two ways that fail
apart are out together for U₁ · U₂ / 8,760 hours. Small shares of a year: what overlaps within one way is not taken off.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from energy.metrics.labelled_table import labelled_table
from energy.scenario import HazardSet
from energy.scenario.hazard import YEAR, Hazard

ENDS = ("low", "base", "high")


def joint_outage_hours(
    hazards: HazardSet,
    first: Iterable[str],
    second: Iterable[str],
) -> pd.DataFrame:
    """Return the hours a year that two ways are out, at the low, base and high rates.

    Parameters
    ----------
    hazards
        Laws; what takes only a part (a depth below 1) or only a pole does not count.
    first, second
        Corridors each of which takes the whole way.

    Returns
    -------
    pandas.DataFrame
        Index ``rates``: low, base, high; ``first``, ``second``: hours out [h a year]; ``one cause``: both out by one
        occurrence; ``by chance``: both out by two; ``both``: their sum.
    """
    ways = (set(first), set(second))
    rows = {}
    for end in ENDS:
        alone = [0.0, 0.0]
        by_chance = 0.0
        one_cause = 0.0
        for state, share in _shares(hazards).items():
            hours = [0.0, 0.0]
            for hazard in hazards.hazards.values():
                hit = [bool(set(hazard.where) & way) for way in ways]
                out = _hours_out(hazard, state, end)
                if all(hit):
                    one_cause += share * out
                for way in (0, 1):
                    hours[way] += out * hit[way]
            apart = [total - _shared_hours(hazards, ways, state, end) for total in hours]
            by_chance += share * apart[0] * apart[1] / YEAR
            alone = [before + share * total for before, total in zip(alone, hours, strict=True)]
        rows[end] = {
            "first": alone[0],
            "second": alone[1],
            "one cause": one_cause,
            "by chance": by_chance,
            "both": one_cause + by_chance,
        }
    return labelled_table(rows, "rates", "h a year")


def _shared_hours(hazards: HazardSet, ways: tuple[set[str], set[str]], state: str, end: str) -> float:
    first, second = ways
    shared_hours = 0.0
    for hazard in hazards.hazards.values():
        places = set(hazard.where)
        if places & first and places & second:
            shared_hours += _hours_out(hazard, state, end)
    return shared_hours


def _shares(hazards: HazardSet) -> dict[str, float]:
    """Return state → share of the time; one nameless state where there is no chain."""
    if hazards.state is not None:
        return {hazards.state: 1.0}
    if hazards.chain is None:
        return {"": 1.0}
    calm, conflict = hazards.chain.states
    return {calm: 1.0 - hazards.chain.share, conflict: hazards.chain.share}


def _hours_out(hazard: Hazard, state: str, end: str) -> float:
    """Return the hours a year of a state that a hazard takes all of its places at once [h]."""
    is_partial = hazard.each or (hazard.depth is not None and hazard.depth < 1)
    if is_partial or hazard.when not in (None, state):
        return 0.0
    rates = {"low": hazard.rate.low, "base": None, "high": hazard.rate.high}
    rate = rates[end]
    if rate is None:
        rate = hazard.per_year
    return rate * hazard.law.average
