"""River routing by a lag: when water that leaves one plant arrives at the next, in snapshots of any length."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from energy.model.snapshot_runs import runs_of


class _TravelShares(NamedTuple):
    """What arrives in each snapshot, as shares of three quantities; shape (snapshots,) each.

    Attributes
    ----------
    at_end, at_beginning
        Of the water on the way at the end, and at the beginning, of the snapshot [1/h].
    as_before
        Of what arrived in the snapshot before [1].
    """

    at_end: np.ndarray
    at_beginning: np.ndarray
    as_before: np.ndarray


def travel_shares(hours: np.ndarray, travel_time: float) -> _TravelShares:
    """Return of what the water that arrives in each snapshot is a share, so that it travels for its time in the mean.

    What leaves at a steady rate in a snapshot longer than the travel time is on the way for that time: at the end of
    the snapshot there is that much, and all that was on the way at its beginning has arrived. A snapshot of between
    half and the whole travel time counts as that time: its water arrives in the next one.

    Shorter snapshots are taken together to spells of about the travel time. What leaves in a spell arrives in the
    next one at a steady rate (lag and translation): its water travels for the time of a spell in the mean, and for
    twice that at most. In a spell of less than half of the travel time, as beside an event, as much arrives as would
    empty the way in that time. In the first snapshot, before which nothing is known, the content at its end counts.

    So no water is on the way for longer than two spells, which are two thirds to one and a half of the travel time. A
    reservoir that kept even a twentieth of it would let a later snapshot hang on all earlier ones, and the order of
    services would find worth in those traces.

    Parameters
    ----------
    hours
        Length of the snapshots [h]; shape (snapshots,).
    travel_time
        Mean travel time [h].

    Examples
    --------
    >>> long = travel_shares(np.array([240.0, 240.0, 80.0]), travel_time=96.0)
    >>> 1 / long.at_beginning[1:], long.at_end * 96, long.as_before
    (array([240.,  80.]), array([1. , 0.6, 0. ]), array([0., 0., 0.]))
    >>> short = travel_shares(np.full(8, 24.0), travel_time=96.0)
    >>> short.at_beginning * 96, short.as_before
    (array([0., 0., 0., 0., 1., 0., 0., 0.]), array([0., 1., 1., 1., 0., 1., 1., 1.]))
    """
    half = travel_time / 2
    is_short = hours < half
    begins = _begins_spell(hours, travel_time)
    spell = np.cumsum(begins) - 1
    hours_of_spell = np.bincount(spell, weights=hours)
    length = hours_of_spell[spell]
    empties_in = np.where(length < half, travel_time, length)
    at_beginning = np.where(begins, 1 / empties_in, 0.0)
    of_long = np.clip(1 / travel_time - 1 / hours, 0, None)
    at_end = np.where(is_short, 0.0, of_long)
    as_before = np.where(begins, 0.0, 1.0)
    # nothing is known of what was on the way before the first snapshot
    at_beginning[0] = 0.0
    at_end[0] = 1 / travel_time
    if is_short[0]:
        at_end[0] = 1 / max(travel_time, length[0])
    return _TravelShares(at_end, at_beginning, as_before)


def _begins_spell(hours: np.ndarray, travel_time: float) -> np.ndarray:
    """Return whether each snapshot begins a spell: a long one does, and short ones are shared out evenly."""
    is_short = hours < travel_time / 2
    begins = np.ones(len(hours), dtype=bool)
    for first, after in runs_of(is_short):
        lengths = hours[first:after]
        ends = np.cumsum(lengths)
        whole = ends[-1]
        spells = max(1, round(whole / travel_time))
        middles = ends - lengths / 2
        spell = np.floor(middles / whole * spells)
        begins[first:after] = np.diff(spell, prepend=-1.0) > 0
    return begins
