"""What divides flows among parallel lines: series reactances in per unit, of DC lines resistances."""

from __future__ import annotations

import numpy as np
import pandas as pd

from energy.model.inputs import Inputs
from energy.model.network import network
from energy.model.pypsa_logging import quiet_pypsa

LEAST = 1e-3  # of the largest: what has hardly any impedance still has some


def effective_impedance(found: Inputs) -> np.ndarray:
    """Return the impedance by which Kirchhoff's voltage law holds for lines and transformers [per unit].

    That of PyPSA: ``x_pu_eff``, with line types, lengths, parallel circuits and tap ratios, or ``r_pu_eff`` where the
    carrier of the buses is DC. Only ratios within a carrier mean something.

    Parameters
    ----------
    found
        Inputs of the model.

    Returns
    -------
    numpy.ndarray
        Shape (lines and then transformers,).
    """
    parts = [_of_lines(found), _of_own(found, "transformers")]
    carriers = np.concatenate([_carriers(found, name) for name in ("lines", "transformers")])
    value = np.concatenate(parts)
    for carrier in np.unique(carriers):
        here = carriers == carrier
        value[here] = np.maximum(value[here], LEAST * max(value[here].max(), 1e-12))
    return value


def _of_lines(found: Inputs) -> np.ndarray:
    if found.own is not None:
        return _of_own(found, "lines")
    table = found.components.get("lines", pd.DataFrame())
    if table.empty:
        return np.zeros(0)
    volts = table["bus0"].map(found.components["buses"]["v_nom"]).to_numpy(float)
    return np.asarray(table["x"].to_numpy(float) / volts**2)


def _of_own(found: Inputs, component: str) -> np.ndarray:
    table = found.components.get(component, pd.DataFrame())
    if table.empty:
        return np.zeros(0)
    with quiet_pypsa():
        n = network(found)
        n.calculate_dependent_values()
    static = n.components[component].static.loc[table.index]
    direct = _carriers(found, component) == "DC"
    return np.asarray(np.where(direct, static["r_pu_eff"].to_numpy(float), static["x_pu_eff"].to_numpy(float)))


def _carriers(found: Inputs, component: str) -> np.ndarray:
    table = found.components.get(component, pd.DataFrame())
    if table.empty:
        return np.zeros(0, dtype=object)
    return table["bus0"].map(found.components["buses"]["carrier"]).to_numpy(object)
