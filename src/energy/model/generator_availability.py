"""Availability of generators that stand for something else: unserved demand, losses of transit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from energy.model import objective
from energy.model.base_inputs import Dense


def without_transit_losses(
    generators: pd.DataFrame,
    dense: Dense,
) -> np.ndarray:
    """Return ``p_max_pu`` of the generators, 0 for those that supply transit losses; shape (snapshots, generators).

    A country that only carries others' power makes good what its lines lose. Where the scenario models no line losses,
    such a generator would be a source of free power.
    """
    available = dense["generators", "p_max_pu"].copy()
    is_transit_loss = generators["carrier"] == objective.TRANSIT_LOSSES
    available[:, is_transit_loss.to_numpy()] = 0.0
    return available


def at_most_the_demand(
    components: Mapping[str, pd.DataFrame],
    dense: Dense,
) -> np.ndarray:
    """Return ``p_max_pu`` of the generators; unserved demand is at most the demand of its bus.

    Without this bound a country could export its unserved demand: power from nowhere, sold over the line under study as
    soon as a delivered MWh is worth more than an unserved one. A generator with a ``share`` is at most that part of the
    demand: steps of rationing, each dearer than the one before, which spread a shortage over the months that have it.
    Shape (snapshots, generators).
    """
    generators = components["generators"]
    loads = components["loads"]
    available = dense["generators", "p_max_pu"].copy()
    withdrawal = -loads["sign"].to_numpy(float)
    demand = (dense["loads", "p_set"] * withdrawal).clip(min=0)
    bus_of_load = loads["bus"].to_numpy(object)
    bus_of_generator = generators["bus"].tolist()
    p_nom = generators["p_nom"].to_numpy(float)
    is_unserved = (generators["carrier"] == objective.UNSERVED).to_numpy()
    share_of_demand = _share_of_demand(generators)
    for column in np.flatnonzero(is_unserved & (p_nom > 0)):
        is_at_bus = bus_of_load == bus_of_generator[column]
        demand_at_bus = demand[:, is_at_bus].sum(axis=1)
        demand_pu = share_of_demand[column] * demand_at_bus / p_nom[column]
        before = available[:, column]
        available[:, column] = np.minimum(before, demand_pu)
    return available


def _share_of_demand(generators: pd.DataFrame) -> np.ndarray:
    """Return the part of its bus' demand that each generator may leave unserved, 1 unless said; shape (generators,)."""
    if "share" not in generators:
        return np.ones(len(generators))
    return generators["share"].fillna(1.0).to_numpy(float)
