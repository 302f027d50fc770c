"""Structure hash: which inputs share one linear program, with other numbers in the same non-zeros."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd

from energy.case.network_file import own_digest
from energy.model import Inputs
from energy.model.line_losses import loss_segments

RENEWED = {
    "loads": ("p_set",),
    "generators": ("p_nom", "p_min_pu", "p_max_pu", "marginal_cost"),
    "links": ("p_nom", "p_min_pu", "p_max_pu", "efficiency", "efficiency2", "efficiency3", "marginal_cost"),
    "lines": ("s_nom", "s_max_pu", "x", "r"),
    "stores": ("e_nom", "e_min_pu", "e_max_pu", "e_initial", "marginal_cost", "marginal_cost_storage"),
}
"""Attributes that the engine computes anew for every scenario; all others are part of the structure."""

WITHOUT_EFFECT = {
    "loads": ("share",),
    "generators": ("efficiency",),
    "lines": ("length", "b"),
}
"""Attributes that no number of the program depends on: demand has its share in p_set."""

_known: dict[int, tuple[Any, str]] = {}
_KEPT = 256


def structure_key(inputs: Inputs) -> str:
    """Return a hash (SHA-256, hex) of what the linear program of inputs is made of, its renewable numbers aside.

    Inputs of equal keys can be solved by one ``Engine``; the key is the same in every process.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from energy.case import read_case
    >>> from energy.model import inputs
    >>> from energy.scenario import read_scenario
    >>> case, scenario = read_case("two_bus"), read_scenario("two_bus")
    >>> base, dry = inputs(case, scenario), inputs(case, scenario.replace(hydrology="dry"))
    >>> finer = inputs(case, scenario.replace(**{"time.resolution": "1h"}))
    >>> structure_key(base) == structure_key(dry), structure_key(base) == structure_key(finer)
    (True, False)
    """
    whole = sha256()
    whole.update(_remembered(inputs.axis, lambda: _axis_key(inputs)).encode())
    whole.update(family_key(inputs).encode())
    whole.update(_remembered(inputs.rules, lambda: _rules_key(inputs)).encode())
    whole.update(b"kirchhoff" if inputs.kirchhoff else b"transport")
    if inputs.line_losses != "none":
        whole.update(f"{inputs.line_losses} {loss_segments(inputs).slope.shape[2]}".encode())
    for component, attribute in (("lines", "s_max_pu"), ("links", "efficiency")):
        found = inputs.dense.get((component, attribute))
        if found is not None:  # where a line opens its angle is free; where an efficiency is zero there is no non-zero
            whole.update(np.packbits((found == 0).any(axis=0)).tobytes())
    return whole.hexdigest()


def family_key(inputs: Inputs) -> str:
    """Return a hash of the components that inputs have in service: what PyPSA builds once for all snapshots."""
    # what is asked at a bus is a number of its row
    names = sorted(component for component in inputs.components if component != "loads")
    components = _remembered(inputs.components, lambda: components_key(inputs, names))
    if inputs.own is None:
        return components
    own = inputs.own
    return components + _remembered(own, lambda: own_digest(own))


def _remembered(of: Any, compute: Callable[[], str]) -> str:
    """Return a key of an object that many scenarios share; the object is held, so that its identity stays its own."""
    found = _known.get(id(of))
    if found is None or found[0] is not of:
        if len(_known) >= _KEPT:
            _known.clear()
        found = _known[id(of)] = (of, compute())
    return found[1]


def _axis_key(inputs: Inputs) -> str:
    axis = inputs.axis
    parts = (axis.snapshots.asi8, axis.block, axis.weightings.to_numpy(float), np.array([axis.day_length]))
    return sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in parts)).hexdigest()


def components_key(inputs: Inputs, components: Iterable[str]) -> str:
    """Return a hash of tables of components, without the attributes that are renewed."""
    whole = sha256()
    for component in components:
        table = inputs.components.get(component)
        if table is not None:
            numbers = (*RENEWED.get(component, ()), *WITHOUT_EFFECT.get(component, ()))
            kept = table.drop(columns=[name for name in numbers if name in table])
            whole.update(component.encode())
            whole.update(_table_text(kept).encode())
    return whole.hexdigest()


def _table_text(table: pd.DataFrame) -> str:
    return json.dumps([list(map(str, table.index)), {str(c): list(map(str, table[c])) for c in table}], sort_keys=True)


def _rules_key(inputs: Inputs) -> str:
    shapes = [
        {field: value if field not in ("at_least", "at_most", "equals") else "a bound" for field, value in rule.items()}
        for rule in inputs.rules
    ]
    return sha256(json.dumps(shapes, sort_keys=True, default=str).encode()).hexdigest()
