"""AC power flow of chosen hours: voltages, losses and loading behind a dispatch, by PyPSA's Newton-Raphson ``n.pf``.

The dispatch fixes active power at every bus. Reactive power follows from the case's assumptions (``reactive_power`` in
``rules.yaml``): power factor of demand, converters' demand less filters, line charging less shunt reactors, and a
voltage that plants hold as far as their rating lets them. A bus of a larger system takes the losses, or the bus with
the most plant output where there is none.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse.linalg import MatrixRankWarning

from energy.analysis.unsupported_inputs import refuse_without_impedances
from energy.case.stability import ReactivePower
from energy.errors import Fault, InputError, SolverError
from energy.metrics.balance import injections
from energy.metrics.monthly import transferable
from energy.model.objective import UNSERVED
from energy.model.pypsa_logging import quiet_pypsa
from energy.solve import Result

if TYPE_CHECKING:
    import pypsa

LIKELY_VOLTAGE = (0.9, 1.1)
"""Voltages [p.u.] outside this band are named in the verdict."""
REACTIVE_TOLERANCE = 1e-3  # Mvar
BRANCHES = ("lines", "transformers")


@dataclass(frozen=True)
class PowerFlow:
    """The AC power flow of some hours.

    Attributes
    ----------
    buses
        Index (snapshot, bus): ``voltage`` [p.u.], ``angle`` [degrees], ``p`` [MW] and ``q`` [Mvar] into the network.
    branches
        Index (snapshot, branch): ``p0``, ``p1`` [MW], ``q0``, ``q1`` [Mvar], ``losses`` [MW], ``loading`` [share of
        s_nom].
    losses
        Losses of each snapshot [MW].
    iterations
        Newton-Raphson steps of each snapshot.
    """

    buses: pd.DataFrame
    branches: pd.DataFrame
    losses: pd.Series
    iterations: pd.Series


def _power_flow(n: pypsa.Network, limits: pd.Series | None = None) -> PowerFlow:
    """Solve the AC power flow of a network's own set points.

    Parameters
    ----------
    n
        A network with ``p_set``, ``q_set``, ``v_mag_pu_set`` and ``control`` of generators. With limits it has one
        snapshot, and plants that reach their limit give it and no longer hold their voltage (PV to PQ).
    limits
        Generator → most reactive power that it gives or takes [Mvar]; without it there is no limit.

    Raises
    ------
    SolverError
        When a snapshot does not converge: the set points may lie beyond what the lines can carry.
    """
    status = _newton_raphson(n)
    while limits is not None and _at_their_limits(n, limits):
        status = _newton_raphson(n)
    tables = []
    for component in BRANCHES:
        is_present = len(n.components[component].static) > 0
        if is_present:
            tables.append(_branches(n, component))
    branches = pd.concat(tables)
    branches = branches.sort_index(level=0, sort_remaining=False)
    losses = branches["losses"].groupby(level=0).sum()
    iterations = status["n_iter"].max(axis=1)
    return PowerFlow(_buses(n), branches, losses, iterations)


def _buses(n: pypsa.Network) -> pd.DataFrame:
    dynamic = n.c.buses.dynamic
    columns = {
        "voltage": dynamic["v_mag_pu"],
        "angle": np.degrees(dynamic["v_ang"]),
        "p": dynamic["p"],
        "q": dynamic["q"],
    }
    return _stacked(columns, "bus")


def _newton_raphson(n: pypsa.Network) -> dict[str, pd.DataFrame]:
    with quiet_pypsa(), warnings.catch_warnings():
        warnings.simplefilter("ignore", MatrixRankWarning)  # then no voltages are found, which is said below
        status = n.pf()
    converged = status["converged"].all(axis=1)
    if not converged.all():
        failed = converged.index[~converged]
        first_failed = ", ".join(map(str, failed[:5]))
        raise SolverError(f"AC power flow does not converge at {first_failed}: no voltages carry this dispatch")
    return dict(status)


def _at_their_limits(n: pypsa.Network, limits: pd.Series) -> bool:
    """Set the plants that exceed their limit to it; tell whether there were any."""
    plants = n.c.generators.static
    holds_voltage = plants["control"] == "PV"
    holding = plants.index[holds_voltage].intersection(limits.index)
    reactive = n.c.generators.dynamic["q"].iloc[0]
    given = reactive.reindex(holding)
    most = limits[holding] + REACTIVE_TOLERANCE
    over = holding[given.abs() > most]
    for name in over:
        limit = np.sign(given[name]) * limits[name]
        plants.loc[name, "control"] = "PQ"
        plants.loc[name, "q_set"] = limit
    return len(over) > 0


def _branches(n: pypsa.Network, component: str) -> pd.DataFrame:
    dynamic = n.components[component].dynamic
    columns = {name: dynamic[name] for name in ("p0", "p1", "q0", "q1")}
    table = _stacked(columns, "branch")
    table["losses"] = table["p0"] + table["p1"]
    apparent0 = np.hypot(table["p0"], table["q0"])
    apparent1 = np.hypot(table["p1"], table["q1"])
    apparent = np.maximum(apparent0, apparent1)
    names = table.index.get_level_values("branch")
    s_nom = n.components[component].static["s_nom"]
    rating = s_nom.reindex(names).to_numpy()
    known_rating = np.where(rating > 0, rating, np.nan)
    table["loading"] = apparent / known_rating
    return table


def _stacked(tables: dict[str, pd.DataFrame], name: str) -> pd.DataFrame:
    """Return tables (snapshots × components) as the columns of one table, a row a snapshot and component."""
    columns = {}
    for key, table in tables.items():
        named = table.rename_axis(index="snapshot", columns=name)
        columns[key] = named.stack()
    return pd.DataFrame(columns)


def busiest_snapshots(result: Result, count: int) -> list[pd.Timestamp]:
    """Return the snapshots with the most power over the line under study, in time order; else with the most demand."""
    power = transferable(result).to_numpy(float)
    if not power.max() > 0:
        demand = result.inputs.array("loads", "p_set")
        power = demand.sum(axis=1)
    by_power = np.argsort(-power, kind="stable")
    chosen = np.sort(by_power[:count])
    return list(result.inputs.axis.snapshots[chosen])


def ac_power_flow(
    result: Result,
    snapshots: Sequence[pd.Timestamp],
    reactive: ReactivePower,
) -> PowerFlow:
    """Return the AC power flow of some snapshots of a solved scenario.

    Parameters
    ----------
    result, snapshots, reactive
        The dispatch, the hours, and what is assumed of reactive power.

    Raises
    ------
    InputError, SolverError
        When the scenario has no AC lines, or a snapshot does not converge.
    """
    flows = []
    for snapshot in snapshots:
        n = _ac_network(result, snapshot, reactive)
        limits = _reactive_limits(n, reactive)
        flows.append(_power_flow(n, limits))
    return PowerFlow(
        buses=pd.concat([flow.buses for flow in flows]),
        branches=pd.concat([flow.branches for flow in flows]),
        losses=pd.concat([flow.losses for flow in flows]),
        iterations=pd.concat([flow.iterations for flow in flows]),
    )


def verdict(flow: PowerFlow) -> str:
    """Return in a sentence what the power flow says: lowest and highest voltage, losses, heaviest loading."""
    voltage = flow.buses["voltage"]
    loading = flow.branches["loading"]
    low = _name_of(int(voltage.argmin()), flow.buses)
    high = _name_of(int(voltage.argmax()), flow.buses)
    heaviest = _name_of(int(loading.argmax()), flow.branches)
    text = (
        f"Voltages {voltage.min():.3f} ({low}) to {voltage.max():.3f} p.u. ({high}), "
        f"losses {flow.losses.min():,.0f} to {flow.losses.max():,.0f} MW, "
        f"heaviest loading {100 * loading.max():.0f} % ({heaviest})."
    )
    lowest, highest = LIKELY_VOLTAGE
    is_unlikely = (voltage < lowest) | (voltage > highest)
    if is_unlikely.any():
        count = len(flow.buses.index[is_unlikely].unique("snapshot"))
        text += f" In {count} of {len(flow.losses)} hours a voltage leaves {lowest}–{highest} p.u."
    return text


def _name_of(position: int, table: pd.DataFrame) -> str:
    return str(table.index.get_level_values(1)[position])


def _ac_network(result: Result, snapshot: pd.Timestamp, reactive: ReactivePower) -> pypsa.Network:
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
    power = _bus_power(result, snapshot).reindex(names).fillna(0.0)
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


def _reactive_limits(n: pypsa.Network, reactive: ReactivePower) -> pd.Series:
    """Return what each plant can give or take [Mvar]; strong buses have no limit."""
    plants = n.c.generators.static
    tangent = float(np.tan(np.arccos(reactive.plant_power_factor)))
    limited = ~plants["bus"].isin(list(reactive.strong_buses))
    limits: pd.Series[float] = plants.loc[limited, "p_set"] * tangent
    return limits


def _bus_power(result: Result, snapshot: pd.Timestamp) -> pd.DataFrame:
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
