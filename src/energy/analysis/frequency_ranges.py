"""Frequency limits by what is known of machines, and what they cost in dry, median and wet water."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from energy.analysis.frequency_limit import RECEIVING, SENDING, frequency_limit
from energy.case import Case
from energy.case.stability import Frequency
from energy.metrics import sent, transferable
from energy.metrics.labelled_table import labelled_table
from energy.model import Inputs
from energy.model.objective import STUDIED
from energy.solve import Result, solve

ENDS = ("low", "base", "high")
"""Ends of the range of what governors, loads and rotating masses give."""
_MOVED = ("inertia.hydro", "governed", "load_relief")


def frequency_at_end(case: Case, frequency: Frequency, end: str) -> Frequency:
    """Return the constants with governors, load relief and inertia at an end of what is known of them.

    Inertia of all kinds of plants moves with that of hydro plants.

    Parameters
    ----------
    case
        Its evidence has the ranges; a constant of which it says nothing stays.
    frequency
        Constants of the case.
    end
        ``low``, ``base`` or ``high``.
    """
    rows = case.evidence
    of_frequency = (rows["component"] == "rules") & (rows["name"] == "frequency")
    numbers = rows[of_frequency].set_index("attribute")
    if end == "base" or not set(_MOVED) <= set(numbers.index):
        return frequency
    values = numbers[end].astype(float).to_dict()
    usual = numbers["base"].astype(float).to_dict()
    scale = values["inertia.hydro"] / usual["inertia.hydro"]
    inertia = {carrier: scale * constant for carrier, constant in frequency.inertia.items()}
    return frequency.model_copy(
        update={"governed": values["governed"], "load_relief": values["load_relief"], "inertia": inertia}
    )


def limits_by_constants(
    case: Case,
    result: Result,
    frequency: Frequency,
    loss: float | None = None,
    areas: dict[str, str] | None = None,
) -> pd.DataFrame:
    """Return deviation, slope and largest loss at both ends of the line, by the range of the constants.

    Parameters
    ----------
    case, result, frequency
        The case with its evidence, the solved scenario, and the constants.
    loss, areas
        As of ``energy.analysis.frequency_limit.frequency_limit``.

    Returns
    -------
    pandas.DataFrame
        Index constants; ``deviation``, ``slope`` of either end in its weakest snapshot [Hz, Hz/s], ``largest loss`` of
        the weakest and of the strongest snapshot, both ends together [MW].
    """
    rows = {}
    for end in ENDS:
        constants = frequency_at_end(case, frequency, end)
        limit = frequency_limit(result, constants, loss, areas)
        worst = limit.table.groupby(level="end")[["deviation", "slope"]].max()
        rows[end] = {
            "deviation receiving": worst.loc[RECEIVING, "deviation"],
            "deviation sending": worst.loc[SENDING, "deviation"],
            "slope receiving": worst.loc[RECEIVING, "slope"],
            "slope sending": worst.loc[SENDING, "slope"],
            "largest loss, weakest": float(limit.limit.min()),
            "largest loss, strongest": float(limit.limit.max()),
        }
    return labelled_table(rows, "constants", "deviation Hz, slope Hz/s, largest loss MW")


def exchange_within_limit(
    results: Mapping[str, Result],
    frequency: Frequency,
    areas: dict[str, str] | None = None,
) -> pd.DataFrame:
    """Return how often the line carries more than frequency stands to lose, and what holding it below costs.

    Parameters
    ----------
    results
        Name → solved scenario.
    frequency, areas
        As of ``energy.analysis.frequency_limit.frequency_limit``.

    Returns
    -------
    pandas.DataFrame
        Index name; ``most sent``, ``least limit`` [MW], ``hours above`` [h a year], ``delivered``, ``delivered within
        the limit`` [GWh a year].
    """
    rows = {}
    for name, result in results.items():
        limit = frequency_limit(result, frequency, areas=areas).limit
        power = sent(result)
        is_above = power > limit + 1e-3
        held = solve(_with_exchange_limit(result.inputs, limit.to_numpy()))
        rows[name] = {
            "most sent": float(power.max()),
            "least limit": float(limit.min()),
            "hours above": float(result.hours[is_above.to_numpy()].sum()),
            "delivered": _delivered(result),
            "delivered within the limit": _delivered(held),
        }
    return labelled_table(rows, "water", "MW; hours a year; GWh a year")


def _delivered(result: Result) -> float:
    return float(transferable(result) @ result.hours) / 1000


def _with_exchange_limit(inputs: Inputs, limit: np.ndarray) -> Inputs:
    """Return inputs in which the line under study sends at most a power, hour by hour.

    Segments are closed from the least efficient on, so that what stays open carries the limit with the least loss.

    Parameters
    ----------
    inputs
        What is to be solved.
    limit
        Most power at the sending end [MW]; shape (snapshots,).
    """
    links = inputs.components["links"]
    names = links.index[links["service"] == STUDIED]
    order = links.loc[names, "efficiency"].sort_values(ascending=False, kind="stable").index
    rating = links.loc[order, "p_nom"].to_numpy(float)
    before = np.cumsum(rating) - rating
    room = np.clip(np.asarray(limit, float)[:, None] - before, 0.0, rating)
    share = np.divide(room, rating, out=np.zeros_like(room), where=rating > 0)
    at = links.index.get_indexer(order)
    available = inputs.array("links", "p_max_pu").copy()
    available[:, at] = np.minimum(available[:, at], share)
    return replace(inputs, dense={**inputs.dense, ("links", "p_max_pu"): available})
