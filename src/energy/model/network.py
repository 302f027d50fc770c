"""Inputs → pypsa.Network, ready to be solved by plain PyPSA."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from energy.case.schema import attributes
from energy.model.inputs import Inputs, inputs
from energy.model.line_losses import TRANSMISSION_LOSSES
from energy.model.own_network import own_network
from energy.model.pypsa_logging import quiet_pypsa
from energy.scenario.named import CaseOrName, ScenarioOrName, case_and_scenario

if TYPE_CHECKING:
    import pypsa

CLASSES = {
    "carriers": "Carrier",
    "buses": "Bus",
    "lines": "Line",
    "links": "Link",
    "generators": "Generator",
    "loads": "Load",
    "stores": "Store",
}


def build(case: CaseOrName, scenario: ScenarioOrName) -> pypsa.Network:
    """Build the PyPSA network of a scenario on a case.

    Parameters
    ----------
    case
        What exists, or its name.
    scenario
        What is asked and what happens, or its name.

    Returns
    -------
    pypsa.Network
        Unsolved; ``n.optimize(extra_functionality=energy.extra_functionality)`` solves it. Where the scenario has
        losses of lines, it needs ``transmission_losses=n.meta["energy"]["transmission_losses"]`` too.

    Raises
    ------
    InputError
        When the scenario names what the case does not have.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> n = build(read_case("two_bus"), read_scenario("two_bus"))
    >>> float(n.links.at["line", "p_nom"])  # MW
    100.0
    """
    case, scenario = case_and_scenario(case, scenario)
    return network(inputs(case, scenario))


def network(inputs: Inputs) -> pypsa.Network:
    """Write inputs into a PyPSA network.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.model.inputs import inputs
    >>> n = network(inputs(read_case("two_bus"), read_scenario("two_bus")))
    >>> sorted(n.buses.index)
    ['river', 'river below', 'sink', 'source']
    """
    import pypsa

    if inputs.own is not None:
        n = own_network(inputs, inputs.own)
        n.meta["energy"] |= _meta(inputs)
        return n
    with quiet_pypsa():
        n = pypsa.Network(name=inputs.name)
        n.set_snapshots(inputs.axis.snapshots)  # type: ignore[arg-type]  # PyPSA takes any index
        columns = n.snapshot_weightings.columns
        n.snapshot_weightings.loc[:, :] = inputs.axis.weightings[columns].to_numpy()
        for component, name in CLASSES.items():
            table = inputs.components.get(component)
            if table is not None and len(table):
                _add(n, name, component, table)
        for component, attribute in inputs.dense:
            if len(inputs.components[component]):
                _vary(n, component, attribute, inputs.values(component, attribute))
    n.meta = {"energy": _meta(inputs)}
    return n


def _meta(base: Inputs) -> dict[str, Any]:
    """Return what of the inputs PyPSA's components cannot hold, as ``energy.extra_functionality`` reads it."""
    return {
        "rules": list(base.rules),
        "kirchhoff": base.kirchhoff,
        "weights": dict(base.weights),
        "transmission_losses": TRANSMISSION_LOSSES[base.line_losses],
    }


def _add(
    n: pypsa.Network,
    name: str,
    component: str,
    table: pd.DataFrame,
) -> None:
    """Add components with PyPSA's attributes, and write our own columns beside them."""
    pypsa_attributes = attributes(component)
    is_input = pypsa_attributes["status"].str.startswith("Input")
    known = {*pypsa_attributes.index[is_input], "bus2", "bus3", "efficiency2", "efficiency3"}
    known.discard("name")
    of_pypsa = [column for column in table.columns if column in known]
    defaults = n.components[component].defaults["default"]
    columns: dict[str, Any] = {}
    for column in of_pypsa:
        # PyPSA writes its defaults itself, and takes a tenth of a second to be told them
        is_default = column in defaults.index and (table[column] == defaults[column]).all()
        if not is_default:
            columns[column] = table[column]
    n.add(name, list(table.index), **columns)
    static = n.components[component].static
    for column in table.columns.difference(of_pypsa):
        values = table[column]
        if values.dtype == object:
            values = values.where(values.notna(), "")
        static[column] = values


def _vary(
    n: pypsa.Network,
    component: str,
    attribute: str,
    values: pd.DataFrame,
) -> None:
    """Write an attribute: what changes over time as a series, what stands still as the component's own value."""
    array = values.to_numpy()
    changes = (array != array[0]).any(axis=0)
    is_complete = ~np.isnan(array).any(axis=0)
    varies = changes & is_complete
    still = values.columns[~varies]
    table = n.components[component]
    if len(still):
        table.static.loc[still, attribute] = array[0, ~varies]
    if varies.any():
        series = values.loc[:, varies]
        table.dynamic[attribute] = series.rename_axis(index="snapshot", columns="name")
