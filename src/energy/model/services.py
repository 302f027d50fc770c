"""The question put to the optimiser: what each MWh of a service is worth in the objective."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

LOWEST_WEIGHT = 500.0  # $/MWh; above every price, so that no cost decides what a priority should decide
RATIO = 3.0  # a service outweighs the next even where its MWh costs almost three of the other's


STUDIED = "casa"
RETURNED = "reverse"
UNSERVED = "unserved"  # carrier of the generators that stand for unserved demand


def weights(order: Sequence[str]) -> dict[str, float]:
    """Return the weight [$/MWh] of the studied service and of every service that a protection order puts before it.

    The studied service weighs more than any price; each service before it weighs ``RATIO`` times the next one, so that
    giving up 1 MWh of a service never pays unless it frees ``RATIO`` MWh of the one behind it. What stands behind the
    studied service counts with its own price or value of lost load. A link or a sink that delivers a service earns its
    weight for every MWh delivered (at bus1); a generator that stands for a shortfall or a purchase costs its weight.

    Examples
    --------
    >>> weights(["own_demand", "casa", "uzbek_spot"])
    {'own_demand': 1500.0, 'casa': 500.0}
    """
    ahead = order[: order.index(STUDIED) + 1] if STUDIED in order else order
    return {name: LOWEST_WEIGHT * RATIO ** (len(ahead) - 1 - rank) for rank, name in enumerate(ahead)}


def returned(service: pd.Series, weight: Mapping[str, float]) -> np.ndarray:
    """Return what links that carry power back from the buyer cost [$/MWh taken]; shape (links,).

    What the buyer sends back counts against what it was delivered, at the same weight: power that runs in a circle, or
    that is borrowed in winter and given back in summer, is no delivery. Services before the studied one may still ask
    for it, for they weigh more.

    Examples
    --------
    >>> returned(pd.Series(["casa", "reverse"]), {"own_demand": 1500.0, "casa": 500.0}).tolist()
    [0.0, 500.0]
    """
    return np.where(service == RETURNED, weight.get(STUDIED, 0.0), 0.0)
