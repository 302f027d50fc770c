"""Error of a constant head: a scenario solved with it and with a head that follows the level."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from energy.case import Case
from energy.metrics import transferable
from energy.model import inputs
from energy.model.head_curves import head_curves
from energy.scenario import Scenario
from energy.solve import solve

ENERGY = "transferable"
MADE = "made"
SPECIFIC = "specific energy"


def head_table(case: Case, scenarios: Iterable[Scenario]) -> pd.DataFrame:
    """Return the table of scenarios, each solved with a fixed and with a varying head.

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
    rows = {}
    for scenario in scenarios:
        for head in ("fixed", "varying"):
            rows[scenario.name, head] = _row(case, scenario.replace(head=head))
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index = pd.MultiIndex.from_tuples(rows, names=["scenario", "head"])
    return table


def _row(case: Case, scenario: Scenario) -> dict[str, float]:
    """Return transferable energy, output of the turbines with a curve [GWh], and specific energies [kWh/m³]."""
    result = solve(inputs(case, scenario))
    power = transferable(result).to_numpy()
    row = {
        ENERGY: float(result.hours @ power) / 1000,
        MADE: 0.0,
    }
    for curve in head_curves(case, result.inputs.components):
        turbines = list(curve.links)
        output = result.received[turbines].to_numpy()  # MW
        discharge = result.flow("links")[turbines].to_numpy()  # hm³/h
        energy = float((result.hours @ output).sum())
        water = float((result.hours @ discharge).sum())
        row[MADE] += energy / 1000
        specific = float("nan")
        if water:
            specific = energy / water / 1000
        row[f"{SPECIFIC}, {curve.store}"] = specific
    return row
