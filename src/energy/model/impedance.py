"""What divides flows among parallel lines: series reactances in per unit, of DC lines resistances."""

from __future__ import annotations

import numpy as np
import pandas as pd

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
    parts = [_of_lines(inputs), _of_own(inputs, "transformers")]
    carriers = np.concatenate([_carriers(inputs, name) for name in ("lines", "transformers")])
    value = np.concatenate(parts)
    for carrier in np.unique(carriers):
        here = carriers == carrier
        value[here] = np.maximum(value[here], LEAST * max(value[here].max(), 1e-12))
    return value


def _of_lines(inputs: Inputs) -> np.ndarray:
    if inputs.own is not None:
        return _of_own(inputs, "lines")
    table = inputs.components.get("lines", pd.DataFrame())
    if table.empty:
        return np.zeros(0)
    volts = table["bus0"].map(inputs.components["buses"]["v_nom"]).to_numpy(float)
    return np.asarray(table["x"].to_numpy(float) / volts**2)


def _of_own(inputs: Inputs, component: str) -> np.ndarray:
    table = inputs.components.get(component, pd.DataFrame())
    if table.empty:
        return np.zeros(0)
    with quiet_pypsa():
        n = network(inputs)
        n.calculate_dependent_values()
    static = n.components[component].static.loc[table.index]
    direct = _carriers(inputs, component) == "DC"
    return np.asarray(np.where(direct, static["r_pu_eff"].to_numpy(float), static["x_pu_eff"].to_numpy(float)))


def _carriers(inputs: Inputs, component: str) -> np.ndarray:
    table = inputs.components.get(component, pd.DataFrame())
    if table.empty:
        return np.zeros(0, dtype=object)
    return table["bus0"].map(inputs.components["buses"]["carrier"]).to_numpy(object)
