"""Runs of snapshots: [first, after last] positions, as rules and open branches name the hours that they are for."""

from __future__ import annotations

import numpy as np


def runs_of(inside: np.ndarray) -> list[list[int]]:
    """Return the [first, after last] positions of the runs of True.

    Examples
    --------
    >>> runs_of(np.array([True, True, False, True]))
    [[0, 2], [3, 4]]
    """
    outside = [0]  # before the first snapshot and after the last one
    padded = np.concatenate([outside, inside.astype(int), outside])
    changes = np.diff(padded)
    edges = np.flatnonzero(changes)
    runs: list[list[int]] = edges.reshape(-1, 2).tolist()
    return runs


def positions(runs: list[list[int]]) -> np.ndarray:
    """Return the positions that runs of [first, after last] cover."""
    if not runs:
        return np.array([], dtype=int)
    parts = [np.arange(first, after) for first, after in runs]
    return np.concatenate(parts)
