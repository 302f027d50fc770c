"""A user's own network with what a scenario changes in it, and nothing else: the rest is as the user wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.model.pypsa_logging import quiet_pypsa
from energy.model.snapshot_runs import runs_of

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
        static = n.components[component].static
        for attribute in table.columns.intersection(static.columns):
            _write_static(static, attribute, table[attribute])
    for component, attribute in inputs.dense:
        if len(inputs.components[component]):
            _write_series(n, component, attribute, inputs.values(component, attribute))
    _drop_energy_limits_of_inactive(n)
    closed = {}
    for component in ("Line", "Transformer"):
        rated_zero = rated_at_zero(own, component)
        if rated_zero:
            closed[component] = rated_zero
    n.meta = {**n.meta, "energy": {"closed": closed}}
    return n


def _drop_energy_limits_of_inactive(n: pypsa.Network) -> None:
    """Take the energy limits off generators that are out of service: they bind nothing, and PyPSA 1.4 fails on them."""
    generators = n.components["generators"].static
    is_inactive = ~generators["active"].astype(bool)
    generators.loc[is_inactive, "e_sum_min"] = -np.inf
    generators.loc[is_inactive, "e_sum_max"] = np.inf


def rated_at_zero(own: pypsa.Network, component: str) -> dict[str, list[list[int]]]:
    """Return where the user rated branches at zero: PyPSA then holds their ends at one angle, an outage would not."""
    if own.components[component].static.empty:
        return {}
    with quiet_pypsa():
        is_zero = own.get_switchable_as_dense(component, "s_max_pu") == 0
    names = is_zero.columns[is_zero.any()]
    return {str(name): runs_of(is_zero[name].to_numpy()) for name in names}


def _name_snapshots(n: pypsa.Network, snapshots: pd.DatetimeIndex) -> None:
    """Call snapshots that are no times by the instants that the calendar gives them."""
    n._snapshots_data.index = snapshots  # noqa: SLF001  (``set_snapshots`` would drop the values of every other name)
    for component in n.components:
        for table in component.dynamic.values():
            table.index = snapshots


def _write_static(
    static: pd.DataFrame,
    attribute: str,
    after: pd.Series,
) -> None:
    """Write the values of an attribute that differ."""
    before = static.loc[after.index, attribute]
    both_missing = before.isna() & after.isna()
    differs = (before != after) & ~both_missing
    if differs.any():
        names = after.index[differs]
        static.loc[names, attribute] = after[differs].to_numpy()


def _write_series(
    n: pypsa.Network,
    component: str,
    attribute: str,
    after: pd.DataFrame,
) -> None:
    """Write the series of an attribute that differ."""
    tables = n.components[component]
    if attribute not in tables.static and attribute not in tables.dynamic:
        return
    with quiet_pypsa():
        dense = n.get_switchable_as_dense(tables.name, attribute)
    before = dense[after.columns]
    is_same = np.isclose(
        before.to_numpy(float),
        after.to_numpy(float),
        rtol=EQUAL,
        atol=0.0,
        equal_nan=True,
    )
    changed = after.columns[~is_same.all(axis=0)]
    if changed.empty:
        return
    series = tables.dynamic.get(attribute, pd.DataFrame(index=n.snapshots))
    kept = series.loc[:, ~series.columns.isin(changed)]
    written = pd.concat([kept, after[changed]], axis=1)
    tables.dynamic[attribute] = written.rename_axis(index="snapshot", columns="name")
