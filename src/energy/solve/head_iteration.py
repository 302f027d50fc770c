"""Head iteration: specific energy that follows the level, by successive linear programs up to a tolerance.

A linear program knows only one efficiency of a turbine in a snapshot. So it is solved with some efficiencies, the
levels that it finds give new ones, and it is solved again. That alone may swing between two plans, each of which is
best for the levels of the other. From the third program on levels may therefore leave those found before by no more
than a width that is halved each time: the levels settle, and with them the efficiencies. What is found obeys the power
equation within the tolerance; that a lower level costs energy later is not a reason to save it (docs/head.md).
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
FREE = 2  # programs before levels are held
WIDTH = 0.25  # of a store's size, to which its level is held in the first program that holds it
STEPS = 24

Solve = Callable[[Inputs, Result | None, int], Result]
Key = tuple[str, str]


def follow_head(solve: Solve, inputs: Inputs, past: Result | None = None, now: int = 0) -> Result:
    """Solve inputs with head curves until the efficiencies are those of the levels.

    Parameters
    ----------
    solve
        Solves inputs as they are.
    inputs
        What to solve; its ``head`` says which turbines follow which store.
    past, now
        A result whose decisions, and efficiencies, before snapshot ``now`` are kept.

    Returns
    -------
    Result
        Its inputs hold the efficiencies that were found.

    Raises
    ------
    SolverError
        When a program has no optimum, or the efficiencies do not settle.
    """
    asked, width, gap = inputs, WIDTH, np.inf
    for step in range(STEPS):
        result = solve(asked, past, now)
        efficiency = _efficiencies(inputs, result, past, now)
        gap = float(np.abs(efficiency / asked.array("links", "efficiency") - 1).max(initial=0.0))
        if gap <= TOLERANCE:
            kept = {**asked.dense, **{key: inputs.dense[key] for key in _BOUNDS}}
            return replace(result, inputs=replace(asked, dense=kept))
        dense: dict[Key, np.ndarray] = {**inputs.dense, ("links", "efficiency"): efficiency}
        if step + 1 >= FREE:
            dense |= _held(inputs, result, width)
            width /= 2
        asked = replace(inputs, dense=dense)
    raise SolverError(f"{inputs.name}: efficiencies do not settle with the head, {gap:.2%} off after {STEPS} programs")


_BOUNDS: tuple[Key, Key] = (("stores", "e_min_pu"), ("stores", "e_max_pu"))


def _efficiencies(inputs: Inputs, result: Result, past: Result | None, now: int) -> np.ndarray:
    """Return the efficiencies [MWh/hm³] at the levels of a result; shape (snapshots, links)."""
    found = inputs.array("links", "efficiency").copy()
    links, stores = inputs.components["links"].index, inputs.components["stores"]
    for curve in inputs.head:
        content = result.values["stores", "e"][curve.store].to_numpy()
        cyclic = bool(stores["e_cyclic"].astype(bool)[curve.store])
        start = content[-1] if cyclic else number(stores, curve.store, "e_initial")
        values = curve.at(mean_content(inputs.axis, content, start))
        found[:, links.get_indexer(pd.Index(curve.links))] = values[:, None]
    if past is not None:
        found[:now] = past.inputs.array("links", "efficiency")[:now]
    return found


def _held(inputs: Inputs, result: Result, width: float) -> Mapping[Key, np.ndarray]:
    """Return bounds of the stores that hold those of the curves near the levels of a result."""
    lowest, highest = (inputs.array(*key).copy() for key in _BOUNDS)
    stores = inputs.components["stores"]
    for store in {curve.store for curve in inputs.head}:
        at = stores.index.get_loc(store)
        level = result.values["stores", "e"][store].to_numpy() / number(stores, store, "e_nom")
        lowest[:, at] = np.maximum(lowest[:, at], level - width)
        highest[:, at] = np.minimum(highest[:, at], level + width)
    return dict(zip(_BOUNDS, (np.minimum(lowest, highest), highest), strict=True))
