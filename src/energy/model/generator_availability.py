"""Availability of generators that stand for something else: unserved demand, losses of transit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from energy.model import objective
from energy.model.base_inputs import Dense


def without_transit_losses(generators: pd.DataFrame, dense: Dense) -> np.ndarray:
    """Return the availability of generators, those out of service that stand for losses which lines do not have.

    A country that only carries others' power makes good what its lines lose; where lines lose nothing, such a
    generator would be a source of free power.
    """
    available = dense["generators", "p_max_pu"].copy()
    available[:, (generators["carrier"] == objective.TRANSIT_LOSSES).to_numpy()] = 0.0
    return available


def at_most_the_demand(components: Mapping[str, pd.DataFrame], dense: Dense) -> np.ndarray:
    """Return the availability of generators, where no bus leaves more unserved than is asked there.

    Without this bound a shortfall could be exported: power from nowhere, sold over the line under study as soon as a
    delivered MWh is worth more than an unserved one.
    """
    table, loads = components["generators"], components["loads"]
    available = dense["generators", "p_max_pu"].copy()
    asked = (dense["loads", "p_set"] * -loads["sign"].to_numpy(float)).clip(min=0)
    p_nom, buses, places = table["p_nom"].to_numpy(float), table["bus"].tolist(), loads["bus"].to_numpy(object)
    for at in np.flatnonzero((table["carrier"] == objective.UNSERVED).to_numpy() & (p_nom > 0)):
        here = asked[:, places == buses[at]].sum(axis=1)
        available[:, at] = np.minimum(available[:, at], here / p_nom[at])
    return available
