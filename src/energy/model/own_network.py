"""A user's own network with what a scenario changes in it, and nothing else: the rest is as the user wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.model.custom_constraints import runs_of
from energy.model.pypsa_logging import quiet_pypsa

if TYPE_CHECKING:
    import pypsa

    from energy.model.inputs import Inputs

EQUAL = 1e-12  # relative; a mean over a snapshot may differ from its own value by the rounding of a sum


def own_network(inputs: Inputs, own: pypsa.Network) -> pypsa.Network:
    """Return a copy of a user's own network with the numbers of the inputs written where they differ.

    Parameters
    ----------
    inputs
        Inputs that were made from the network.
    own
        The network as PyPSA read it; left as it is.

    Returns
    -------
    pypsa.Network
        Unsolved. Attributes that the inputs do not hold (types, set values, ramps, losses, global constraints) are
        those of the user.
    """
    with quiet_pypsa():
        n = own.copy()
    if not n.snapshots.equals(inputs.axis.snapshots):
        _name_snapshots(n, inputs.axis.snapshots)
    for component, table in inputs.components.items():
        for attribute in table.columns.intersection(n.components[component].static.columns):
            _write_static(n, component, attribute, table[attribute])
    for component, attribute in inputs.dense:
        if len(inputs.components[component]):
            _write_series(n, component, attribute, inputs.values(component, attribute))
    closed = {c: zeros for c in ("Line", "Transformer") if (zeros := rated_at_zero(own, c))}
    n.meta = {**n.meta, "energy": {"closed": closed}}
    return n


def rated_at_zero(own: pypsa.Network, component: str) -> dict[str, list[list[int]]]:
    """Return where the user rated branches at zero: PyPSA then holds their ends at one angle, an outage would not."""
    if own.components[component].static.empty:
        return {}
    with quiet_pypsa():
        zero = own.get_switchable_as_dense(component, "s_max_pu") == 0
    return {str(name): runs_of(zero[name].to_numpy()) for name in zero.columns[zero.any()]}


def _name_snapshots(n: pypsa.Network, snapshots: pd.DatetimeIndex) -> None:
    """Call snapshots that are no times by the instants that the calendar gives them."""
    n._snapshots_data.index = snapshots  # noqa: SLF001  (``set_snapshots`` would drop the values of every other name)
    for component in n.components:
        for table in component.dynamic.values():
            table.index = snapshots


def _write_static(n: pypsa.Network, component: str, attribute: str, after: pd.Series) -> None:
    static = n.components[component].static
    before = static.loc[after.index, attribute]
    differs = (before != after) & ~(before.isna() & after.isna())
    if differs.any():
        static.loc[after.index[differs], attribute] = after[differs].to_numpy()


def _write_series(n: pypsa.Network, component: str, attribute: str, after: pd.DataFrame) -> None:
    c = n.components[component]
    if attribute not in c.static and attribute not in c.dynamic:
        return
    with quiet_pypsa():
        before = n.get_switchable_as_dense(c.name, attribute)[after.columns]
    same = np.isclose(before.to_numpy(float), after.to_numpy(float), rtol=EQUAL, atol=0.0, equal_nan=True)
    changed = after.columns[~same.all(axis=0)]
    if len(changed):
        table = c.dynamic.get(attribute, pd.DataFrame(index=n.snapshots))
        kept = table.loc[:, ~table.columns.isin(changed)]
        c.dynamic[attribute] = pd.concat([kept, after[changed]], axis=1).rename_axis(index="snapshot", columns="name")
