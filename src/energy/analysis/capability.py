"""Transfer capability (TTC, NTC) of network and plants in every snapshot, N-0 and N-1, water not limiting.

TTC is the largest exchange, NTC = TTC − TRM, ATC = NTC − what is already allocated (docs/capability.md has the
definitions with a worked example; ETSO, *Definitions of Transfer Capacities*, 2001).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from energy.analysis.secure_exchange import (
    Loss,
    LossTolerance,
    SecureExchange,
    SecureLimit,
    losses_on_grid,
)
from energy.analysis.unsupported_inputs import refuse_unhonoured
from energy.errors import Fault, InputError, nearest
from energy.metrics.monthly import of_service
from energy.model import Inputs
from energy.solve.ttc.dc_network import Column, DCNetwork
from energy.solve.ttc.rows import TransferPath

FORWARD, REVERSE = "forward", "reverse"
SERVICES = {FORWARD: "casa", REVERSE: "reverse"}
LIMIT_NAMES = ["limit intact", "limit"]
"""Columns that name the element that binds."""

LIMIT_COLUMNS = ["intact", "TTC", "delivered", *LIMIT_NAMES]
COLUMNS = [
    "intact",
    "TTC",
    "delivered",
    "TRM",
    "NTC",
    "allocated",
    "ATC",
    *LIMIT_NAMES,
]
Area = Sequence[str] | Mapping[str, float]


def capability(
    inputs: Inputs,
    *,
    links: Sequence[str] | None = None,
    back: Sequence[str] = (),
    source: Area | None = None,
    sink: Area | None = None,
    losses: Sequence[Loss] | None = None,
    stood: Mapping[str, LossTolerance] | None = None,
    margin: float = 0.0,
    allocated: Mapping[str, pd.Series] | None = None,
) -> pd.DataFrame:
    """Return the transfer capability of links, or between two areas, in both directions.

    Parameters
    ----------
    inputs
        Inputs of the model: what is in service, with availability, events and demand; water and stores do not limit.
    links, back
        Links under study and those for the way back; by default those of the services ``casa`` and ``reverse``.
    source, sink
        Buses of two areas instead. A list: their plants move freely within their limits and their demand stands; a
        mapping bus → share: the exchange enters and leaves in these shares, and the network alone is looked at.
    losses
        Events beside the loss of any line; by default the loss of any link between electric buses.
    stood
        Direction → loss of exchange that both ends can stand [MW]; by default none, so that after any loss the whole
        exchange must go on.
    margin
        TRM [MW].
    allocated
        Direction → power already allocated on the same path [MW], by snapshot.

    Returns
    -------
    pandas.DataFrame
        Index (direction, snapshot); columns ``intact`` (TTC with everything in service), ``TTC`` (N-1 secure),
        ``TRM``, ``NTC``, ``allocated``, ``ATC`` [MW at the sending end], ``delivered`` [MW of TTC at the receiving
        end], ``limit intact`` and ``limit`` (the element that binds).

    Raises
    ------
    InputError
        When a link, bus or lost component is unknown, or nothing is under study.
    SolverError
        When no state of the grid obeys the linear limits of the case.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.model import inputs
    >>> from energy.scenario import read_scenario
    >>> network = inputs(read_case("networks/two_bus"), read_scenario("two_bus"))
    >>> table = capability(network, stood={"forward": LossTolerance(60, 60)}, margin=5)
    >>> table.loc["forward"].iloc[20][["intact", "TTC", "delivered", "NTC", "limit"]].to_dict()
    {'intact': 100.0, 'TTC': 60.0, 'delivered': 57.0, 'NTC': 55.0, 'limit': 'loss of line'}
    """
    refuse_unhonoured(inputs, Path(inputs.name), "capability")
    in_shares = isinstance(source, Mapping) or isinstance(sink, Mapping)
    grid = DCNetwork(inputs, network_only=in_shares)
    if source is not None and sink is not None:
        paths = _paths_between(grid, source, sink)
    else:
        paths = _paths_of_links(grid, links, back)
    if losses is None:
        losses = _every_link(grid)
    snapshots = inputs.axis.snapshots
    tolerances = _tolerances(paths, stood or {}, len(snapshots))
    first_of_kind, kind = _kinds_of_snapshot(grid, tolerances)
    limits = _limits(
        grid,
        paths,
        losses=losses,
        tolerances=tolerances,
        steps=first_of_kind,
    )
    tables = {}
    for direction, limits_of_kinds in limits.items():
        of_kinds = pd.DataFrame(limits_of_kinds, columns=LIMIT_COLUMNS)
        of_snapshots = of_kinds.iloc[kind]
        tables[direction] = of_snapshots.set_axis(snapshots)
    both_directions = pd.concat(tables, names=["direction"])
    return _with_margins(both_directions, margin, allocated or {})


def _limits(
    grid: DCNetwork,
    paths: Sequence[TransferPath],
    *,
    losses: Sequence[Loss],
    tolerances: Mapping[str, np.ndarray],
    steps: np.ndarray,
) -> dict[str, list[SecureLimit]]:
    """Return the secure exchange of each direction in some snapshots."""
    losses_of_grid = losses_on_grid(grid, losses)
    limits: dict[str, list[SecureLimit]] = {path.label: [] for path in paths}
    for step in steps.tolist():
        # without exchange all paths give the same state of the grid: any one of them is enough
        exchange = SecureExchange(
            grid,
            step,
            paths[0],
            losses_of_grid,
        )
        for path in paths:
            tolerance = tolerances[path.label][step]
            limit = exchange.limit(path, tolerance)
            limits[path.label].append(limit)
    return limits


def _with_margins(
    table: pd.DataFrame,
    margin: float,
    allocated: Mapping[str, pd.Series],
) -> pd.DataFrame:
    """Return the table with TRM, NTC, what is allocated and ATC."""
    table["TRM"] = np.minimum(margin, table["TTC"])
    table["NTC"] = table["TTC"] - table["TRM"]
    table["allocated"] = 0.0
    for direction, power in allocated.items():
        table.loc[direction, "allocated"] = power.to_numpy(float)
    available = table["NTC"] - table["allocated"]
    table["ATC"] = available.clip(lower=0.0)
    return table[COLUMNS]


def _every_link(grid: DCNetwork) -> list[Loss]:
    """Return the loss of each link between electric buses."""
    column_of_entry = [entry.column for entry in grid.entries]
    ends = np.bincount(column_of_entry, minlength=len(grid.columns))
    losses = {}
    for number, column in enumerate(grid.columns):
        joins_buses = ends[number] > 1
        if column.component != "links" or not joins_buses:
            continue
        whole_link = ("links", column.name, np.inf)
        losses[column.name] = Loss(f"loss of {column.name}", (whole_link,))
    return list(losses.values())


def _paths_between(
    grid: DCNetwork,
    source: Area,
    sink: Area,
) -> list[TransferPath]:
    """Return the paths from one area to the other and back."""
    faults = []
    for bus in [*source, *sink]:
        if bus not in grid.buses:
            repair = nearest(bus, grid.buses)
            faults.append(Fault(f"no electric bus {bus!r}", repair=repair))
    if faults:
        raise InputError(faults)
    sending = _shares_of(source)
    receiving = _shares_of(sink)
    return [
        TransferPath(FORWARD, source=sending, sink=receiving),
        TransferPath(REVERSE, source=receiving, sink=sending),
    ]


def _shares_of(area: Area) -> tuple[tuple[str, float | None], ...]:
    """Return the buses of an area with their shares of the exchange; None where its plants move freely."""
    if isinstance(area, Mapping):
        return tuple(area.items())
    return tuple((bus, None) for bus in area)


def _paths_of_links(
    grid: DCNetwork,
    links: Sequence[str] | None,
    back: Sequence[str],
) -> list[TransferPath]:
    """Return the path over links and the one over those for the way back."""
    table = grid.inputs.components.get("links", pd.DataFrame())
    if links is None:
        links = of_service(table, SERVICES[FORWARD])
        back = of_service(table, SERVICES[REVERSE])
    for name in (*links, *back):
        if name not in table.index:
            repair = nearest(name, table.index)
            raise InputError(Fault(f"no link {name!r}", grid.inputs.name, repair=repair))
    ahead = _columns_along(grid, links, back)
    behind = _columns_along(grid, back, links)
    if not ahead and not behind:
        repair = f"give links the service {SERVICES[FORWARD]!r}, or name two areas"
        raise InputError(Fault("no link is under study", grid.inputs.name, repair=repair))
    return [
        TransferPath(FORWARD, ahead, behind),
        TransferPath(REVERSE, behind, ahead),
    ]


def _columns_along(
    grid: DCNetwork,
    links: Sequence[str],
    back: Sequence[str],
) -> tuple[int, ...]:
    """Return the flows over links from bus0 to bus1, and over those for the way back from bus1 to bus0."""
    flows = [Column("links", name) for name in links]
    flows += [Column("links", name, -1) for name in back]
    return tuple(grid.at[flow] for flow in flows if flow in grid.at)


def _tolerances(
    paths: Sequence[TransferPath],
    stood: Mapping[str, LossTolerance],
    snapshots: int,
) -> dict[str, np.ndarray]:
    """Return the loss of exchange that the two ends of each path can stand [MW]; shape (snapshots, 2)."""
    tolerances = {}
    for path in paths:
        tolerance = stood.get(path.label, LossTolerance())
        sending = np.broadcast_to(tolerance.sending, snapshots)
        receiving = np.broadcast_to(tolerance.receiving, snapshots)
        tolerances[path.label] = np.column_stack([sending, receiving])
    return tolerances


def _kinds_of_snapshot(
    grid: DCNetwork,
    tolerances: Mapping[str, np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """Return the first of each kind of snapshot, and for each snapshot the number of its kind.

    Snapshots of one kind have the same limits, demand, tolerances and grid: one of them is solved for all.
    """
    properties = np.column_stack(
        [
            grid.lower,
            grid.upper,
            grid.demand,
            *tolerances.values(),
            grid.alike[:, None],
        ]
    )
    _, first, kind = np.unique(
        properties,
        axis=0,
        return_index=True,
        return_inverse=True,
    )
    return first, kind.ravel()
