"""Sanity warnings about a model before it is solved, each with its component; nothing here changes a number."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from energy.errors import Fault
from energy.model.inputs import Inputs
from energy.model.proportions import proportion_warnings

HUGE, TINY = 1e7, 1e-5
"""Capacities [MW, hm³/h] beyond which HiGHS's tolerances stop meaning anything."""
_BRANCHES = {"links": ("bus0", "bus1", "bus2", "bus3"), "lines": ("bus0", "bus1")}


def sanity_warnings(inputs: Inputs) -> list[Fault]:
    """Return what is probably a mistake in a model, or surely has no solution.

    Parameters
    ----------
    inputs
        What would be solved.

    Returns
    -------
    list of Fault
        Inflow that can neither pass nor be stored [hm³], must-run output above capacity [MW], buses that nothing hangs
        on, demand that nothing can reach, fuels without a price, numbers out of scale or out of
        proportion.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.model import inputs
    >>> from energy.scenario import read_scenario
    >>> sanity_warnings(inputs(read_case("two_bus"), read_scenario("two_bus")))
    []
    """
    checks = (_trapped_inflow, _must_run, _orphans, _unreached, _prices, _scale, proportion_warnings)
    return [fault for check in checks for fault in check(inputs)]


def _warning(inputs: Inputs, what: str, allowed: str | None, repair: str | None) -> Fault:
    return Fault(what, inputs.name, allowed=allowed, repair=repair)


def _trapped_inflow(inputs: Inputs) -> Iterator[Fault]:
    """Yield water buses where more flows in, over some stretch of time, than can flow on and be stored."""
    loads = inputs.components.get("loads", pd.DataFrame())
    if loads.empty:
        return
    hours, stores = inputs.axis.weightings["stores"].to_numpy(), inputs.components.get("stores", pd.DataFrame())
    flow = inputs.array("loads", "p_set") * loads["sign"].to_numpy(float)
    buses = inputs.components["buses"]
    for bus in buses.index[buses["carrier"] == "water"]:
        inflow = flow[:, (loads["bus"] == bus).to_numpy()].sum(axis=1)
        room = float(stores.loc[stores["bus"] == bus, "e_nom"].sum()) if len(stores) else 0.0
        surplus = _largest_sum((inflow - _outlets(inputs, str(bus))) * hours)
        if surplus > room * (1 + 1e-9) + 1e-6:
            what = f"bus {bus!r}: {surplus - room:,.0f} hm3 of inflow can neither flow on nor be stored"
            yield _warning(inputs, what, None, "add a spillway or a river mouth, or correct the inflow")


def _outlets(inputs: Inputs, bus: str) -> np.ndarray:
    """Return what can leave a bus [hm³/h]; shape (snapshots,)."""
    total = np.zeros(len(inputs.axis.snapshots))
    links, generators = (inputs.components.get(name, pd.DataFrame()) for name in ("links", "generators"))
    if len(links):
        here = (links["bus0"] == bus).to_numpy()
        total += (inputs.array("links", "p_max_pu") * links["p_nom"].to_numpy(float))[:, here].sum(axis=1)
    if len(generators):
        here = ((generators["bus"] == bus) & (generators["sign"] < 0)).to_numpy()
        total += (inputs.array("generators", "p_max_pu") * generators["p_nom"].to_numpy(float))[:, here].sum(axis=1)
    return total


def _largest_sum(values: np.ndarray) -> float:
    """Return the largest sum over consecutive values, at least zero.

    Examples
    --------
    >>> _largest_sum(np.array([1.0, -2.0, 3.0, 4.0, -1.0]))
    7.0
    """
    total = np.concatenate([[0.0], np.cumsum(values)])
    return float((total - np.minimum.accumulate(total)).max())


def _must_run(inputs: Inputs) -> Iterator[Fault]:
    """Yield components whose least output, flow or content lies above the greatest."""
    for component, low, high in (
        ("generators", "p_min_pu", "p_max_pu"),
        ("links", "p_min_pu", "p_max_pu"),
        ("stores", "e_min_pu", "e_max_pu"),
    ):
        if component not in inputs.components or inputs.components[component].empty:
            continue
        least, most = inputs.array(component, low), inputs.array(component, high)
        above = least > most + 1e-9
        for at in np.flatnonzero(above.any(axis=0)):
            row, name = int(np.argmax(above[:, at])), inputs.components[component].index[int(at)]
            when = f"{inputs.axis.snapshots[row]:%Y-%m-%d %H:%M}"
            what = f"{component} {name!r}: {low} is {least[row, at]:g} and {high} {most[row, at]:g} at {when}"
            yield _warning(inputs, what, f"{low} ≤ {high}", "correct the case, a rule or an event")


def _ends(inputs: Inputs) -> Iterator[tuple[str, str]]:
    """Yield (component list, bus) for every end of every component."""
    for component, table in inputs.components.items():
        for column in [c for c in table.columns if c == "bus" or (c.startswith("bus") and c[3:].isdigit())]:
            yield from ((component, str(bus)) for bus in table[column] if isinstance(bus, str) and bus)


def _orphans(inputs: Inputs) -> Iterator[Fault]:
    used = {bus for _, bus in _ends(inputs)}
    for bus in inputs.components["buses"].index:
        if bus not in used:
            yield _warning(inputs, f"bus {bus!r}: nothing hangs on it", None, "remove it, or correct what should")


def _unreached(inputs: Inputs) -> Iterator[Fault]:
    """Yield buses with a demand to which no plant, store or branch can bring anything."""
    loads = inputs.components.get("loads", pd.DataFrame())
    if loads.empty:
        return
    sources = {bus for component, bus in _ends(inputs) if component in ("generators", "stores", "lines")}
    links = inputs.components.get("links", pd.DataFrame())
    if len(links):
        sources |= {str(bus) for column in ("bus1", "bus2", "bus3") if column in links for bus in links[column]}
    demand = -inputs.array("loads", "p_set") * loads["sign"].to_numpy(float)
    for at, (name, bus) in enumerate(loads["bus"].items()):
        if demand[:, at].max(initial=0.0) > 0 and bus not in sources:
            what = f"load {name!r}: nothing can bring its {demand[:, at].max():,.0f} MW to bus {bus!r}"
            yield _warning(inputs, what, None, "add a plant, a line, or a generator for unserved demand")


def _prices(inputs: Inputs) -> Iterator[Fault]:
    """Yield plants that burn something, and shortfalls, that cost nothing."""
    table, carriers = (inputs.components.get(name, pd.DataFrame()) for name in ("generators", "carriers"))
    if table.empty or carriers.empty or "co2_emissions" not in carriers:
        return
    burning = set(carriers.index[carriers["co2_emissions"].fillna(0) > 0]) | {"unserved"}
    cost = inputs.array("generators", "marginal_cost")
    free = table["carrier"].isin(burning) & (table["p_nom"] > 0) & pd.Series(~cost.any(axis=0), table.index)
    for name in table.index[free]:
        what = f"generator {name!r} of carrier {table.at[name, 'carrier']!r} costs nothing"
        yield _warning(inputs, what, "a marginal_cost above 0", "give it its price")


def _scale(inputs: Inputs) -> Iterator[Fault]:
    for component, column in (("generators", "p_nom"), ("links", "p_nom"), ("lines", "s_nom"), ("stores", "e_nom")):
        table = inputs.components.get(component, pd.DataFrame())
        if table.empty:
            continue
        size = table[column].to_numpy(float)
        for at in np.flatnonzero((size > HUGE) | ((size > 0) & (size < TINY))):
            what = f"{component} {table.index[int(at)]!r}: {column} is {size[at]:g}"
            allowed = f"0, or from {TINY:g} to {HUGE:g}"
            yield _warning(inputs, what, allowed, "write a size that could be meant; large ones blur all others")
