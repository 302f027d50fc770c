"""Structure hash: which inputs share one linear program, with other numbers in the same non-zeros."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import lru_cache
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd

from energy.case.network_file import own_digest
from energy.model import Inputs
from energy.model.cache import IdentityKey
from energy.model.line_losses import loss_segments

RENEWED = {
    "loads": ("p_set",),
    "generators": ("p_nom", "p_min_pu", "p_max_pu", "marginal_cost"),
    "links": (
        "p_nom",
        "p_min_pu",
        "p_max_pu",
        "efficiency",
        "efficiency2",
        "efficiency3",
        "marginal_cost",
    ),
    "lines": ("s_nom", "s_max_pu", "x", "r"),
    "stores": (
        "e_nom",
        "e_min_pu",
        "e_max_pu",
        "e_initial",
        "marginal_cost",
        "marginal_cost_storage",
    ),
}
"""Attributes that the engine computes anew for every scenario; all others are part of the structure."""

_DATES = ("build_year", "lifetime")
"""Attributes that no program reads: they have decided which components are in service."""
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
    digest = sha256()
    digest.update(_remembered(inputs.axis, lambda: _axis_key(inputs)).encode())
    digest.update(family_key(inputs).encode())
    digest.update(_remembered(inputs.rules, lambda: _rules_key(inputs)).encode())
    digest.update(b"kirchhoff" if inputs.kirchhoff else b"transport")
    if inputs.line_losses != "none":
        segments = loss_segments(inputs).slope.shape[2]
        digest.update(f"{inputs.line_losses} {segments}".encode())
    for component, attribute in (("lines", "s_max_pu"), ("links", "efficiency")):
        values = inputs.dense.get((component, attribute))
        if values is not None:  # where a line opens its angle is free; where an efficiency is zero there is no non-zero
            has_zero = (values == 0).any(axis=0)
            digest.update(np.packbits(has_zero).tobytes())
    return digest.hexdigest()


def family_key(inputs: Inputs) -> str:
    """Return a hash of the components that inputs have in service: what PyPSA builds once for all snapshots."""
    # what is asked at a bus is a number of its row
    names = sorted(component for component in inputs.components if component != "loads")
    components = _remembered(inputs.components, lambda: components_key(inputs, names))
    if inputs.own is None:
        return components
    own = inputs.own
    return components + _remembered(own, lambda: own_digest(own))


def _remembered(shared: Any, compute: Callable[[], str]) -> str:
    """Return a key of an object that many scenarios share; the object is held, so that its identity stays its own."""
    remembered = _known.get(id(shared))
    if remembered is not None and remembered[0] is shared:
        return remembered[1]
    if len(_known) >= _KEPT:
        _known.clear()
    key = compute()
    _known[id(shared)] = (shared, key)
    return key


def _axis_key(inputs: Inputs) -> str:
    axis = inputs.axis
    parts = (
        axis.snapshots.asi8,
        axis.block,
        axis.weightings.to_numpy(float),
        np.array([axis.day_length]),
    )
    digest = sha256()
    for part in parts:
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()


def components_key(inputs: Inputs, components: Iterable[str]) -> str:
    """Return a hash of tables of components, without the attributes that are renewed."""
    digest = sha256()
    for component in components:
        table = inputs.components.get(component)
        if table is None:
            continue
        left_out = _left_out(inputs, component)
        digest.update(component.encode())
        digest.update(_table_key(IdentityKey(table), left_out).encode())
    return digest.hexdigest()


def _left_out(inputs: Inputs, component: str) -> tuple[str, ...]:
    """Return the attributes of a component that make no other structure.

    The lines of a user's own network get their impedance from PyPSA, by type, length, parallel circuits and resistance:
    nothing of it is renewed there, and nothing is without effect.
    """
    renewed = RENEWED.get(component, ())
    if inputs.own is None:
        return (*renewed, *WITHOUT_EFFECT.get(component, ()), *_DATES)
    return tuple(name for name in renewed if name not in ("x", "r"))


@lru_cache(maxsize=256)
def _table_key(shared: IdentityKey[pd.DataFrame], left_out: tuple[str, ...]) -> str:
    """Return a hash of a table of components that many scenarios share, without some attributes."""
    table = shared.it
    kept = table.drop(columns=[name for name in left_out if name in table])
    numbers = kept.select_dtypes(["number", "bool"]).astype(float)
    texts = kept.drop(columns=numbers.columns)
    names = [list(map(str, axis)) for axis in (kept.index, numbers.columns, texts.columns)]
    columns = [list(map(str, texts[column])) for column in texts]
    digest = sha256(json.dumps([names, columns]).encode())
    digest.update(numbers.to_numpy(float).tobytes())
    return digest.hexdigest()


def _rules_key(inputs: Inputs) -> str:
    """Return a hash of the rules without the numbers of their bounds."""
    shapes = []
    for rule in inputs.rules:
        shape = dict(rule)
        for field in ("at_least", "at_most", "equals"):
            if field in shape:
                shape[field] = "a bound"
        shapes.append(shape)
    text = json.dumps(shapes, sort_keys=True, default=str)
    return sha256(text.encode()).hexdigest()
