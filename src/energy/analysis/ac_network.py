"""The AC part of a dispatch as a network for AC power flow: lines, demand, plants, converters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.analysis.unsupported_inputs import refuse_without_impedances
from energy.case.stability import ReactivePower
from energy.errors import Fault, InputError
from energy.metrics.balance import injections
from energy.model.objective import UNSERVED
from energy.model.pypsa_logging import quiet_pypsa
from energy.solve import Result

if TYPE_CHECKING:
    import pypsa


def ac_network(result: Result, snapshot: pd.Timestamp, reactive: ReactivePower) -> pypsa.Network:
    """Return the AC part of a solved scenario at one snapshot, ready for ``n.pf``.

    Parameters
    ----------
    result
        The solved scenario.
    snapshot
        One of its snapshots.
    reactive
        What is assumed of reactive power.

    Returns
    -------
    pypsa.Network
        Buses that lines in service touch, the lines, one load, one plant and one converter a bus.

    Raises
    ------
    InputError
        When no AC line is in service, or the impedance of a branch is not known.
    """
    import pypsa

    refuse_without_impedances(result.inputs)
    lines = _lines_in_service(result, snapshot)
    if lines.empty:
        what = f"{result.inputs.name}: no AC line is in service at {snapshot}"
        raise InputError(Fault(what, repair="AC power flow needs a case with lines"))
    table = result.inputs.components["buses"]
    names = [name for name in table.index if name in set(lines["bus0"]) | set(lines["bus1"])]
    power = bus_power(result, snapshot).reindex(names).fillna(0.0)
    with quiet_pypsa():
        n = pypsa.Network(snapshots=[snapshot])
        n.add(
            "Bus",
            names,
            v_nom=table.loc[names, "v_nom"].astype(float),
            carrier="AC",
        )
        n.add("Carrier", "AC")
        _add_lines(n, lines, reactive)
        _add_power(n, power, reactive)
    return n


def _lines_in_service(result: Result, snapshot: pd.Timestamp) -> pd.DataFrame:
    lines = result.inputs.components.get("lines", pd.DataFrame())
    if lines.empty:
        return lines
    available = result.inputs.values("lines", "s_max_pu").loc[snapshot]
    return lines[(available > 0) & (lines["s_nom"] > 0)]


def _add_lines(n: pypsa.Network, lines: pd.DataFrame, reactive: ReactivePower) -> None:
    kept = 1 - reactive.line_compensation
    n.add(
        "Line",
        list(map(str, lines.index)),
        bus0=lines["bus0"],
        bus1=lines["bus1"],
        r=lines["r"].astype(float),
        x=lines["x"].astype(float),
        b=lines["b"].astype(float) * kept,
        s_nom=lines["s_nom"].astype(float),
    )


def _add_power(n: pypsa.Network, power: pd.DataFrame, reactive: ReactivePower) -> None:
    """Add what each bus takes and gives; the largest plant of each synchronous part takes the losses."""
    buses = list(map(str, power.index))
    loads, plants, converters = (
        power["demand"],
        power["plants"],
        power["converters"],
    )
    tangent = np.tan(np.arccos(reactive.load_power_factor))
    n.add(
        "Load",
        buses,
        suffix=" demand",
        bus=power.index,
        p_set=loads,
        q_set=loads * tangent,
    )
    drawn = converters.abs() * reactive.converter_net
    n.add(
        "Load",
        buses,
        suffix=" converter",
        bus=power.index,
        p_set=-converters,
        q_set=drawn,
    )
    n.add(
        "Load",
        buses,
        suffix=" trade",
        bus=power.index,
        p_set=-power["trade"],
        q_set=0.0,
    )
    running = power.index[plants > 0]
    slack = _slack_buses(n, plants, reactive)
    strong = power.index.intersection(list(reactive.strong_buses), sort=False)
    with_voltage = running.union(strong, sort=False)
    held = [str(bus) for bus in with_voltage.union(pd.Index(slack), sort=False)]
    control = ["Slack" if bus in slack else "PV" for bus in held]
    n.add(
        "Generator",
        held,
        suffix=" plants",
        bus=held,
        p_set=plants[held],
        control=control,
    )
    n.c.buses.static.loc[held, "v_mag_pu_set"] = reactive.voltage


def _slack_buses(n: pypsa.Network, plants: pd.Series, reactive: ReactivePower) -> list[str]:
    """Return the bus that takes the losses in each synchronous part: a strong one, or that with the most output."""
    n.determine_network_topology()
    part = n.c.buses.static["sub_network"]
    chosen = []
    for name in part.unique():
        members = part.index[part == name]
        strong = members.intersection(list(reactive.strong_buses), sort=False)
        chosen.append(str(strong[0] if len(strong) else plants[members].idxmax()))
    return chosen


def reactive_limits(n: pypsa.Network, reactive: ReactivePower) -> pd.Series:
    """Return what each plant can give or take [Mvar]; strong buses have no limit."""
    plants = n.c.generators.static
    tangent = float(np.tan(np.arccos(reactive.plant_power_factor)))
    limited = ~plants["bus"].isin(list(reactive.strong_buses))
    limits: pd.Series[float] = plants.loc[limited, "p_set"] * tangent
    return limits


def bus_power(result: Result, snapshot: pd.Timestamp) -> pd.DataFrame:
    """Return what stands at each bus at a snapshot.

    Returns
    -------
    pandas.DataFrame
        Index bus; ``demand`` (served, positive), ``plants``, ``converters`` (links under study) and ``trade`` (other
        links and sales), positive into the bus [MW].
    """
    parts = injections(result).loc[snapshot]
    buses = result.inputs.components["buses"].index
    table = pd.DataFrame(0.0, index=buses, columns=["demand", "plants", "converters", "trade"])
    powers = parts.to_numpy(float)
    for (component, name, bus), power in zip(parts.index.tolist(), powers, strict=True):
        if component != "lines":
            table.loc[bus, _kind(result, component, name)] += power
    table["demand"] = -table["demand"]
    return table


def _kind(result: Result, component: str, name: str) -> str:
    table = result.inputs.components[component]
    if component == "loads":
        return "demand"
    if component == "generators":
        if table.at[name, "carrier"] == UNSERVED:
            return "demand"
        return "plants" if float(table["sign"][name]) > 0 else "trade"
    if component != "links":
        return "trade"
    buses = result.inputs.components["buses"]
    from_water = buses.at[table.at[name, "bus0"], "carrier"] == "water"
    if from_water:
        return "plants"
    service = table.at[name, "service"] if "service" in table else ""
    return "converters" if service in ("casa", "reverse") else "trade"
