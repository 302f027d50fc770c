"""What divides flows among parallel lines: series reactances in per unit, of DC lines resistances."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from energy.model.cache import NO_COMPONENTS, IdentityKey
from energy.model.inputs import Inputs
from energy.model.network import network
from energy.model.pypsa_logging import quiet_pypsa

LEAST = 1e-3  # of the largest: what has hardly any impedance still has some


def effective_impedance(inputs: Inputs) -> np.ndarray:
    """Return the impedance by which Kirchhoff's voltage law holds for lines and transformers [per unit].

    That of PyPSA: ``x_pu_eff``, with line types, lengths, parallel circuits and tap ratios, or ``r_pu_eff`` where the
    carrier of the buses is DC. Only ratios within a carrier mean something.

    Parameters
    ----------
    inputs
        Inputs of the model.

    Returns
    -------
    numpy.ndarray
        Shape (lines and then transformers,).
    """
    of_lines = _of_lines(inputs)
    of_transformers = _of_own(inputs, "transformers")
    impedance = np.concatenate([of_lines, of_transformers])
    carriers_of_lines = _carriers(inputs, "lines")
    carriers_of_transformers = _carriers(inputs, "transformers")
    carriers = np.concatenate([carriers_of_lines, carriers_of_transformers])
    for carrier in np.unique(carriers):
        of_carrier = carriers == carrier
        largest = max(impedance[of_carrier].max(), 1e-12)
        least = LEAST * largest
        impedance[of_carrier] = np.maximum(impedance[of_carrier], least)
    return impedance


def _of_lines(inputs: Inputs) -> np.ndarray:
    """Return the reactance of the lines of a case [per unit of an arbitrary base]."""
    if inputs.own is not None:
        return _of_own(inputs, "lines")
    lines = inputs.components.get("lines", NO_COMPONENTS)
    if lines.empty:
        return np.zeros(0)
    buses = inputs.components["buses"]
    return _relative_reactance(IdentityKey(lines), IdentityKey(buses))


@lru_cache(maxsize=16)
def _relative_reactance(
    lines: IdentityKey[pd.DataFrame],
    buses: IdentityKey[pd.DataFrame],
) -> np.ndarray:
    """Return the reactance of lines by the square of their voltage; shape (lines,)."""
    voltage_of_bus = buses.it["v_nom"]
    voltage = lines.it["bus0"].map(voltage_of_bus).to_numpy(float)
    reactance = lines.it["x"].to_numpy(float)
    return np.asarray(reactance / voltage**2)


def _of_own(inputs: Inputs, component: str) -> np.ndarray:
    """Return the impedance that PyPSA gives the branches of a user's own network [per unit]."""
    table = inputs.components.get(component, NO_COMPONENTS)
    if table.empty:
        return np.zeros(0)
    with quiet_pypsa():
        n = network(inputs)
        n.calculate_dependent_values()
    static = n.components[component].static.loc[table.index]
    resistance = static["r_pu_eff"].to_numpy(float)
    reactance = static["x_pu_eff"].to_numpy(float)
    is_dc = _carriers(inputs, component) == "DC"
    return np.asarray(np.where(is_dc, resistance, reactance))


def _carriers(inputs: Inputs, component: str) -> np.ndarray:
    """Return the carrier of the buses that branches join."""
    branches = inputs.components.get(component, NO_COMPONENTS)
    if branches.empty:
        return np.zeros(0, dtype=object)
    buses = inputs.components["buses"]
    return _carriers_of(IdentityKey(branches), IdentityKey(buses))


@lru_cache(maxsize=16)
def _carriers_of(
    branches: IdentityKey[pd.DataFrame],
    buses: IdentityKey[pd.DataFrame],
) -> np.ndarray:
    """Return the carrier of the buses that branches join; shape (branches,)."""
    carrier_of_bus = buses.it["carrier"]
    carrier = branches.it["bus0"].map(carrier_of_bus)
    return np.asarray(carrier.to_numpy(object))
