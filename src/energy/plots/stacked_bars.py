"""Stacked bars up to the contract's ceiling: delivered, then each cause of the waterfall."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike


def stacked(
    delivered: ArrayLike,
    ladder: Mapping[str, ArrayLike],
    ceiling: ArrayLike,
) -> dict[str, np.ndarray]:
    """Return the parts of bars from the bottom up, none of them negative.

    A rung may give energy back: reservoirs move water between months, and a way round may be rated above the contract.
    The bar then charges the difference to neither: each level is raised to the highest below it, and ends at the
    ceiling. The season's totals, which the ladder shows, are not touched.

    Parameters
    ----------
    delivered, ceiling
        A value a bar, of any unit, the same in all.
    ladder
        Cause → what it takes, from the ceiling down.

    Returns
    -------
    dict
        ``delivered``, then the causes from last to first; they sum to the ceiling, or to what is delivered where that
        is more.

    Examples
    --------
    >>> {cause: part.tolist() for cause, part in stacked([4], {"line": [-1], "own_demand": [7]}, [10]).items()}
    {'delivered': [4.0], 'own_demand': [6.0], 'line': [0.0]}
    """
    top = np.asarray(ceiling, float)
    level = np.asarray(delivered, float)
    reached = level
    parts = {"delivered": level}
    for cause, energy in reversed(list(ladder.items())):
        level = level + np.asarray(energy, float)
        highest = np.maximum(np.minimum(level, top), reached)
        parts[cause] = highest - reached
        reached = highest
    return parts
