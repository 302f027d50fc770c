"""Head iteration: specific energy that follows the level, by successive linear programs up to a tolerance.

A linear program has a single efficiency of a turbine in a snapshot. So it is solved with trial efficiencies, the levels
of its optimum give new ones, and it is solved again. That alone may alternate between two plans, each of which is best
for the levels of the other. From the third program on, a trust region holds the levels near those of the program
before; its width is halved each time, so that the levels converge, and with them the efficiencies. The result obeys the
power equation within the tolerance, but no program keeps water back because a lower level costs energy later
(docs/head.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from energy.errors import SolverError
from energy.model import Inputs
from energy.model.head_curves import mean_content
from energy.model.hourly import number
from energy.solve.result import Result

TOLERANCE = 1e-3  # largest relative gap between a turbine's efficiency and that of its level, in any snapshot
FREE = 2  # programs without a trust region
WIDTH = 0.25  # half-width of the first trust region, as a share of a store's size
STEPS = 24  # programs solved at most

Solve = Callable[[Inputs, Result | None, int], Result]
Key = tuple[str, str]
_EFFICIENCY: Key = ("links", "efficiency")
_LOWEST: Key = ("stores", "e_min_pu")
_HIGHEST: Key = ("stores", "e_max_pu")


def follow_head(
    solve: Solve,
    inputs: Inputs,
    past: Result | None = None,
    now: int = 0,
) -> Result:
    """Solve inputs with head curves until the efficiencies are those of the levels.

    Parameters
    ----------
    solve
        Solves inputs as they are.
    inputs
        Inputs to solve; their ``head`` names the turbines that follow each store.
    past, now
        A result whose decisions, and efficiencies, before snapshot ``now`` are kept.

    Returns
    -------
    Result
        Its inputs contain the efficiencies at its levels.

    Raises
    ------
    SolverError
        When a program has no optimum, or the efficiencies do not converge.
    """
    trial = inputs
    width = WIDTH
    gap = np.inf
    for step in range(STEPS):
        result = solve(trial, past, now)
        efficiency = _efficiencies(inputs, result, past, now)
        gap = _largest_gap(efficiency, trial.array(*_EFFICIENCY))
        if gap <= TOLERANCE:
            return _with_own_bounds(result, trial, inputs)
        dense = {**inputs.dense, _EFFICIENCY: efficiency}
        if step + 1 >= FREE:
            dense |= _trust_region(inputs, result, width)
            width /= 2
        trial = replace(inputs, dense=dense)
    raise SolverError(f"{inputs.name}: efficiencies do not settle with the head, {gap:.2%} off after {STEPS} programs")


def _largest_gap(efficiency: np.ndarray, trial: np.ndarray) -> float:
    """Return the largest relative difference between efficiencies and those that the program used."""
    gap = np.abs(efficiency / trial - 1)
    return float(gap.max(initial=0.0))


def _with_own_bounds(
    result: Result,
    trial: Inputs,
    inputs: Inputs,
) -> Result:
    """Return the result with the efficiencies of the trial inputs but the stores' own bounds."""
    dense = dict(trial.dense)
    dense[_LOWEST] = inputs.dense[_LOWEST]
    dense[_HIGHEST] = inputs.dense[_HIGHEST]
    return replace(result, inputs=replace(trial, dense=dense))


def _efficiencies(
    inputs: Inputs,
    result: Result,
    past: Result | None,
    now: int,
) -> np.ndarray:
    """Return the efficiencies [MWh/hm³] at the levels of a result; shape (snapshots, links)."""
    efficiency = inputs.array(*_EFFICIENCY).copy()
    links = inputs.components["links"].index
    stores = inputs.components["stores"]
    for curve in inputs.head:
        content = result.values["stores", "e"][curve.store].to_numpy()
        start = _content_at_start(stores, curve.store, content)
        mean = mean_content(inputs.axis, content, start)
        values = curve.at(mean)
        turbines = links.get_indexer(pd.Index(curve.links))
        efficiency[:, turbines] = values[:, None]
    if past is not None:
        earlier = past.inputs.array(*_EFFICIENCY)
        efficiency[:now] = earlier[:now]
    return efficiency


def _content_at_start(
    stores: pd.DataFrame,
    store: str,
    content: np.ndarray,
) -> float:
    """Return the content [hm³] before the first snapshot: that of the last one where the store is cyclic."""
    is_cyclic = stores["e_cyclic"].astype(bool)
    if is_cyclic[store]:
        return float(content[-1])
    return number(stores, store, "e_initial")


def _trust_region(
    inputs: Inputs,
    result: Result,
    width: float,
) -> Mapping[Key, np.ndarray]:
    """Return bounds of the stores that hold those with a head curve near the levels of a result."""
    lowest = inputs.array(*_LOWEST).copy()
    highest = inputs.array(*_HIGHEST).copy()
    stores = inputs.components["stores"]
    for store in {curve.store for curve in inputs.head}:
        column = stores.index.get_loc(store)
        content = result.values["stores", "e"][store].to_numpy()
        level = content / number(stores, store, "e_nom")
        lowest[:, column] = np.maximum(lowest[:, column], level - width)
        highest[:, column] = np.minimum(highest[:, column], level + width)
    return {_LOWEST: np.minimum(lowest, highest), _HIGHEST: highest}
