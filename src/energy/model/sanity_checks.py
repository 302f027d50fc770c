"""Sanity warnings about a model before it is solved, each with its component; nothing here changes a number."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from energy.case.schema import bus_columns
from energy.errors import Fault
from energy.model.inputs import Inputs
from energy.model.objective import UNSERVED
from energy.model.proportions import proportion_warnings

HUGE = 1e7
TINY = 1e-5
"""Capacities [MW, hm³/h] beyond which HiGHS's tolerances stop meaning anything."""
SIZES = {
    "generators": "p_nom",
    "links": "p_nom",
    "lines": "s_nom",
    "stores": "e_nom",
}
"""Component list → the attribute that is its size."""
BOUNDS = {
    "generators": ("p_min_pu", "p_max_pu"),
    "links": ("p_min_pu", "p_max_pu"),
    "stores": ("e_min_pu", "e_max_pu"),
}
"""Component list → its least and greatest output, flow or content, as shares of its size."""


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
    faults: list[Fault] = []
    for check in CHECKS:
        faults += check(inputs)
    return faults


def _warning(
    inputs: Inputs,
    what: str,
    *,
    allowed: str | None = None,
    repair: str,
) -> Fault:
    return Fault(what, inputs.name, allowed=allowed, repair=repair)


def _table(inputs: Inputs, component: str) -> pd.DataFrame:
    return inputs.components.get(component, pd.DataFrame())


def _trapped_inflow(inputs: Inputs) -> Iterator[Fault]:
    """Yield water buses where more flows in, over some stretch of time, than can flow on and be stored."""
    loads = _table(inputs, "loads")
    if loads.empty:
        return
    hours = inputs.axis.weightings["stores"].to_numpy()
    flow = inputs.array("loads", "p_set") * loads["sign"].to_numpy(float)
    buses = inputs.components["buses"]
    for bus in buses.index[buses["carrier"] == "water"]:
        is_here = (loads["bus"] == bus).to_numpy()
        inflow = flow[:, is_here].sum(axis=1)
        excess = (inflow - _outlets(inputs, str(bus))) * hours
        surplus = _largest_sum(excess)
        volume = _storage(inputs, str(bus))
        if surplus > volume * (1 + 1e-9) + 1e-6:
            what = f"bus {bus!r}: {surplus - volume:,.0f} hm3 of inflow can neither flow on nor be stored"
            repair = "add a spillway or a river mouth, or correct the inflow"
            yield _warning(inputs, what, repair=repair)


def _storage(inputs: Inputs, bus: str) -> float:
    """Return what the stores at a bus hold [hm³]."""
    stores = _table(inputs, "stores")
    if stores.empty:
        return 0.0
    return float(stores.loc[stores["bus"] == bus, "e_nom"].sum())


def _outlets(inputs: Inputs, bus: str) -> np.ndarray:
    """Return what can leave a bus [hm³/h]; shape (snapshots,)."""
    outlets = np.zeros(len(inputs.axis.snapshots))
    links = _table(inputs, "links")
    if len(links):
        most = inputs.array("links", "p_max_pu") * links["p_nom"].to_numpy(float)
        begins_here = (links["bus0"] == bus).to_numpy()
        outlets += most[:, begins_here].sum(axis=1)
    generators = _table(inputs, "generators")
    if len(generators):
        most = inputs.array("generators", "p_max_pu") * generators["p_nom"].to_numpy(float)
        takes_from_here = ((generators["bus"] == bus) & (generators["sign"] < 0)).to_numpy()
        outlets += most[:, takes_from_here].sum(axis=1)
    return outlets


def _largest_sum(values: np.ndarray) -> float:
    """Return the largest sum over consecutive values, at least zero.

    Examples
    --------
    >>> _largest_sum(np.array([1.0, -2.0, 3.0, 4.0, -1.0]))
    7.0
    """
    total = np.concatenate([[0.0], np.cumsum(values)])
    least_before = np.minimum.accumulate(total)
    return float((total - least_before).max())


def _must_run(inputs: Inputs) -> Iterator[Fault]:
    """Yield components whose least output, flow or content lies above the greatest."""
    for component, (low, high) in BOUNDS.items():
        table = _table(inputs, component)
        if table.empty:
            continue
        least = inputs.array(component, low)
        most = inputs.array(component, high)
        is_above = least > most + 1e-9
        for column in np.flatnonzero(is_above.any(axis=0)).tolist():
            row = int(np.argmax(is_above[:, column]))
            name = table.index[column]
            when = f"{inputs.axis.snapshots[row]:%Y-%m-%d %H:%M}"
            what = f"{component} {name!r}: {low} is {least[row, column]:g} and {high} {most[row, column]:g} at {when}"
            repair = "correct the case, a rule or an event"
            yield _warning(inputs, what, allowed=f"{low} ≤ {high}", repair=repair)


def _ends(inputs: Inputs) -> Iterator[tuple[str, str]]:
    """Yield (component list, bus) for every end of every component."""
    for component, table in inputs.components.items():
        for column in bus_columns(table.columns):
            for bus in table[column]:
                if isinstance(bus, str) and bus:
                    yield component, bus


def _orphans(inputs: Inputs) -> Iterator[Fault]:
    """Yield buses that no component is attached to."""
    used = {bus for _, bus in _ends(inputs)}
    for bus in inputs.components["buses"].index:
        if bus not in used:
            what = f"bus {bus!r}: nothing hangs on it"
            yield _warning(inputs, what, repair="remove it, or correct what should")


def _unreached(inputs: Inputs) -> Iterator[Fault]:
    """Yield buses with a demand to which no plant, store or branch can bring anything."""
    loads = _table(inputs, "loads")
    if loads.empty:
        return
    reached = _reached_buses(inputs)
    demand = -inputs.array("loads", "p_set") * loads["sign"].to_numpy(float)
    largest_demand = demand.max(axis=0, initial=0.0)
    for name, bus, power in zip(loads.index, loads["bus"], largest_demand, strict=True):
        if power > 0 and bus not in reached:
            what = f"load {name!r}: nothing can bring its {power:,.0f} MW to bus {bus!r}"
            repair = "add a plant, a line, or a generator for unserved demand"
            yield _warning(inputs, what, repair=repair)


def _reached_buses(inputs: Inputs) -> set[str]:
    """Return the buses with a plant, a store or a line, and those at which a link delivers."""
    reached = {bus for component, bus in _ends(inputs) if component in ("generators", "stores", "lines")}
    links = _table(inputs, "links")
    for port in ("bus1", "bus2", "bus3"):
        if port in links:
            reached |= set(links[port].astype(str))
    return reached


def _prices(inputs: Inputs) -> Iterator[Fault]:
    """Yield plants that burn something, and shortfalls, that cost nothing."""
    generators = _table(inputs, "generators")
    carriers = _table(inputs, "carriers")
    if generators.empty or "co2_emissions" not in carriers:
        return
    emits = carriers["co2_emissions"].fillna(0) > 0
    priced = {*carriers.index[emits], UNSERVED}
    costs_nothing = np.asarray(~inputs.array("generators", "marginal_cost").any(axis=0))
    is_priced = generators["carrier"].isin(priced) & (generators["p_nom"] > 0)
    for name in generators.index[is_priced & costs_nothing]:
        what = f"generator {name!r} of carrier {generators.at[name, 'carrier']!r} costs nothing"
        yield _warning(inputs, what, allowed="a marginal_cost above 0", repair="give it its price")


def _scale(inputs: Inputs) -> Iterator[Fault]:
    """Yield sizes that no component has."""
    for component, attribute in SIZES.items():
        table = _table(inputs, component)
        if table.empty:
            continue
        size = table[attribute].to_numpy(float)
        is_out_of_scale = (size > HUGE) | ((size > 0) & (size < TINY))
        for name, size_of_name in table.loc[is_out_of_scale, attribute].items():
            what = f"{component} {name!r}: {attribute} is {size_of_name:g}"
            allowed = f"0, or from {TINY:g} to {HUGE:g}"
            repair = "write a size that could be meant; large ones blur all others"
            yield _warning(inputs, what, allowed=allowed, repair=repair)


CHECKS = (
    _trapped_inflow,
    _must_run,
    _orphans,
    _unreached,
    _prices,
    _scale,
    proportion_warnings,
)
"""Checks in the order of their warnings."""
