"""Frequency limits by what is known of machines, and what they cost in dry, median and wet water."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from energy.analysis.frequency_limit import RECEIVING, SENDING, frequency_limit
from energy.case import Case
from energy.case.stability import Frequency
from energy.metrics import sent
from energy.metrics.labelled_table import labelled_table
from energy.metrics.monthly import delivered_energy
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
    evidence = case.evidence
    is_rule = evidence["component"] == "rules"
    is_frequency = evidence["name"] == "frequency"
    numbers = evidence[is_rule & is_frequency].set_index("attribute")
    if end == "base" or not set(_MOVED) <= set(numbers.index):
        return frequency
    values = numbers[end].astype(float).to_dict()
    usual = numbers["base"].astype(float).to_dict()
    scale = values["inertia.hydro"] / usual["inertia.hydro"]
    inertia = {carrier: scale * constant for carrier, constant in frequency.inertia.items()}
    constants = {
        "governed": values["governed"],
        "load_relief": values["load_relief"],
        "inertia": inertia,
    }
    return frequency.model_copy(update=constants)


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
        is_above = power.to_numpy() > limit.to_numpy() + 1e-3
        hours_above = result.hours[is_above]
        held = solve(_with_exchange_limit(result.inputs, limit.to_numpy()))
        rows[name] = {
            "most sent": float(power.max()),
            "least limit": float(limit.min()),
            "hours above": float(hours_above.sum()),
            "delivered": delivered_energy(result),
            "delivered within the limit": delivered_energy(held),
        }
    return labelled_table(rows, "water", "MW; hours a year; GWh a year")


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
    is_studied = links["service"] == STUDIED
    efficiency = links.loc[is_studied, "efficiency"]
    most_efficient_first = efficiency.sort_values(ascending=False, kind="stable").index

    p_nom = links.loc[most_efficient_first, "p_nom"].to_numpy(float)
    carried_before = np.cumsum(p_nom) - p_nom
    left_for_segment = np.asarray(limit, float)[:, None] - carried_before
    open_power = np.clip(left_for_segment, 0.0, p_nom)
    open_share = np.divide(
        open_power,
        p_nom,
        out=np.zeros_like(open_power),
        where=p_nom > 0,
    )

    columns = links.index.get_indexer(most_efficient_first)
    p_max_pu = inputs.array("links", "p_max_pu").copy()
    p_max_pu[:, columns] = np.minimum(p_max_pu[:, columns], open_share)
    dense = {**inputs.dense, ("links", "p_max_pu"): p_max_pu}
    return replace(inputs, dense=dense)
