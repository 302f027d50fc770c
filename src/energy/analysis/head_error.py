"""Error of a constant head: a scenario solved with it and with a head that follows the level."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from energy.case import Case
from energy.metrics import transferable
from energy.model import inputs
from energy.model.head_curves import head_curves
from energy.scenario import Scenario
from energy.solve import Result, solve

ENERGY, MADE, SPECIFIC = "transferable", "made", "specific energy"


def head_table(case: Case, scenarios: Iterable[Scenario]) -> pd.DataFrame:
    """Return what scenarios find with a fixed and with a varying head.

    Returns
    -------
    pandas.DataFrame
        Index (scenario, head); columns ``transferable``, energy in the horizon [GWh]; ``made``, output of the turbines
        that have a curve [GWh]; and (one a store) ``specific energy, <store>``, the mean over the water that these
        turbines pass [kWh/m³].

    Raises
    ------
    InputError, SolverError
        When the case has no curves, or a scenario has no optimum.
    """
    rows = {
        (scenario.name, head): _row(case, scenario.replace(head=head))
        for scenario in scenarios
        for head in ("fixed", "varying")
    }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index = pd.MultiIndex.from_tuples(rows, names=["scenario", "head"])
    return table


def _row(case: Case, scenario: Scenario) -> dict[str, float]:
    result = solve(inputs(case, scenario))
    row = {ENERGY: float(result.hours @ transferable(result).to_numpy()) / 1000, MADE: 0.0}
    for curve in head_curves(case, result.inputs.components):
        energy, water = (float((result.hours @ table).sum()) for table in _passed(result, curve.links))
        row[MADE] += energy / 1000
        row[f"{SPECIFIC}, {curve.store}"] = energy / water / 1000 if water else float("nan")
    return row


def _passed(result: Result, links: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return what turbines make [MW] and pass [hm³/h]; shape (snapshots, turbines)."""
    names = list(links)
    return result.received[names].to_numpy(), result.flow("links")[names].to_numpy()
