"""Transfer capability (TTC, NTC) of network and plants in every snapshot, N-0 and N-1, water not limiting.

TTC is the largest exchange, NTC = TTC − TRM, ATC = NTC − what is already allocated (docs/capability.md has the
definitions with a worked example; ETSO, *Definitions of Transfer Capacities*, 2001).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from energy.analysis.unsupported_inputs import refuse_unhonoured
from energy.errors import Fault, InputError, nearest
from energy.model import Inputs
from energy.solve.ttc.dc_network import Column, DCNetwork
from energy.solve.ttc.exchange import (
    ExchangeOptimum,
    GridState,
    base,
    bridges,
    largest_exchange,
    withstands_line_losses,
)
from energy.solve.ttc.rows import TransferPath

FORWARD, REVERSE = "forward", "reverse"
SERVICES = {FORWARD: "casa", REVERSE: "reverse"}
EQUAL = 1e-5  # MW
COLUMNS = ["intact", "TTC", "delivered", "TRM", "NTC", "allocated", "ATC", "limit intact", "limit"]
RANK = ("studied", "line", "lines", "rule", "links", "plants")  # of equal reliefs the first names the limit
Area = Sequence[str] | Mapping[str, float]


@dataclass(frozen=True)
class Loss:
    """One event that must be stood, beside the loss of any line.

    Attributes
    ----------
    name
        What is lost.
    parts
        (component list, name, MW lost) of each part; infinite for all of it.
    exchange
        Whether the exchange may fall by what both ends can stand; else it must go on undiminished.
    """

    name: str
    parts: tuple[tuple[str, str, float], ...]
    exchange: bool = True


class LossTolerance(NamedTuple):
    """Largest loss of exchange that each end can stand [MW], one number or one a snapshot.

    As it is by default, the whole of what is sent must go on after any loss, with what it then loses on its way.
    """

    sending: float | np.ndarray = 0.0
    receiving: float | np.ndarray = np.inf


def capability(
    found: Inputs,
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
    found
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
    >>> found = inputs(read_case("networks/two_bus"), read_scenario("two_bus"))
    >>> table = capability(found, stood={"forward": LossTolerance(60, 60)}, margin=5)
    >>> table.loc["forward"].iloc[20][["intact", "TTC", "delivered", "NTC", "limit"]].to_dict()
    {'intact': 100.0, 'TTC': 60.0, 'delivered': 57.0, 'NTC': 55.0, 'limit': 'loss of line'}
    """
    refuse_unhonoured(found, Path(found.name), "capability")
    shared = isinstance(source, Mapping) or isinstance(sink, Mapping)
    grid = DCNetwork(found, network_only=shared)
    paths = _paths(grid, links, back, source, sink)
    events = _lost(grid, every_link(grid) if losses is None else losses)
    steps = len(found.axis.snapshots)
    ends = {
        p.label: np.column_stack(np.broadcast_arrays(np.zeros(steps), *(stood or {}).get(p.label, LossTolerance())))[
            :, 1:
        ]
        for p in paths
    }
    first, inverse = _alike(grid, np.column_stack(list(ends.values())))
    rows = {path.label: [] for path in paths}  # type: dict[str, list[list[object]]]
    for step in first:
        for direction, row in _snapshot(grid, paths, int(step), events, ends):
            rows[direction].append(row)
    names = ["intact", "TTC", "delivered", "limit intact", "limit"]
    tables = {d: pd.DataFrame(r, columns=names).iloc[inverse].set_axis(found.axis.snapshots) for d, r in rows.items()}
    table = pd.concat(tables, names=["direction"])
    table["TRM"] = np.minimum(margin, table["TTC"])
    table["NTC"] = table["TTC"] - table["TRM"]
    table["allocated"] = 0.0
    for direction, power in (allocated or {}).items():
        table.loc[direction, "allocated"] = power.to_numpy(float)
    table["ATC"] = (table["NTC"] - table["allocated"]).clip(lower=0.0)
    return table[COLUMNS]


def by_month(table: pd.DataFrame, found: Inputs) -> pd.DataFrame:
    """Return the months of a capability table.

    Returns
    -------
    pandas.DataFrame
        Index (direction, month); means over the hours [MW], ``lowest TTC`` [MW], and for ``limit intact`` and
        ``limit`` the element that binds in most hours.
    """
    hours = pd.Series(found.axis.weights, index=found.axis.snapshots)
    months = pd.DatetimeIndex(table.index.get_level_values("snapshot")).to_period("M").rename("month")
    keys = [table.index.get_level_values("direction"), months]
    weight = pd.Series(hours.reindex(table.index.get_level_values("snapshot")).to_numpy(), index=table.index)
    numbers = table.drop(columns=["limit intact", "limit"]).astype(float)
    result = numbers.mul(weight, axis=0).groupby(keys).sum().div(weight.groupby(keys).sum(), axis=0)
    result.insert(2, "lowest TTC", numbers["TTC"].groupby(keys).min())
    for column in ("limit intact", "limit"):
        share = weight.groupby([*keys, table[column]]).sum().unstack().fillna(0.0)
        result[column] = share.idxmax(axis=1)
    return result.sort_index(
        key=lambda level: level.map({FORWARD: 0, REVERSE: 1}) if level.name == "direction" else level
    )


def every_link(grid: DCNetwork) -> list[Loss]:
    """Return the loss of each link between electric buses."""
    ends = np.bincount([entry.column for entry in grid.entries], minlength=len(grid.columns))
    names = dict.fromkeys(c.name for at, c in enumerate(grid.columns) if c.component == "links" and ends[at] > 1)
    return [Loss(f"loss of {name}", (("links", name, np.inf),)) for name in names]


def _paths(
    grid: DCNetwork, links: Sequence[str] | None, back: Sequence[str], source: Area | None, sink: Area | None
) -> list[TransferPath]:
    if source is not None and sink is not None:
        unknown = [bus for bus in [*source, *sink] if bus not in grid.buses]
        if unknown:
            raise InputError(Fault(f"no electric bus {b!r}", None, None, None, nearest(b, grid.buses)) for b in unknown)
        areas = [
            tuple(a.items()) if isinstance(a, Mapping) else tuple((bus, None) for bus in a) for a in (source, sink)
        ]
        return [
            TransferPath(FORWARD, source=areas[0], sink=areas[1]),
            TransferPath(REVERSE, source=areas[1], sink=areas[0]),
        ]
    table = grid.inputs.components.get("links", pd.DataFrame())
    if links is None:
        service = table["service"] if "service" in table else pd.Series(dtype=object)
        links, back = (list(service.index[service == SERVICES[d]]) for d in (FORWARD, REVERSE))
    flows = {+1: [*links], -1: [*back]}
    for name in [n for n in [*links, *back] if n not in table.index]:
        raise InputError(Fault(f"no link {name!r}", grid.inputs.name, None, None, nearest(name, table.index)))
    ahead = [Column("links", n) for n in flows[1]] + [Column("links", n, -1) for n in flows[-1]]
    behind = [Column("links", n) for n in flows[-1]] + [Column("links", n, -1) for n in flows[1]]
    one, other = (tuple(grid.at[c] for c in side if c in grid.at) for side in (ahead, behind))
    if not one and not other:
        repair = f"give links the service {SERVICES[FORWARD]!r}, or name two areas"
        raise InputError(Fault("no link is under study", grid.inputs.name, repair=repair))
    return [TransferPath(FORWARD, one, other), TransferPath(REVERSE, other, one)]


class _Event(NamedTuple):
    """A loss in positions of the grid: flow → size in its own unit, and lines."""

    name: str
    sizes: dict[int, float]
    lines: tuple[int, ...]
    exchange: bool


def _lost(grid: DCNetwork, losses: Sequence[Loss]) -> list[_Event]:
    found = []
    for loss in losses:
        sizes: dict[int, float] = {}
        for component, name, size in loss.parts:
            positions = [grid.at[c] for c in (Column(component, name), Column(component, name, -1)) if c in grid.at]
            sizes |= {at: size / grid.yields[at] for at in positions}  # a turbine's flow is water
        if sizes:
            numbers = {int(column): k for k, column in enumerate(grid.lines)}
            found.append(_Event(loss.name, sizes, tuple(numbers[at] for at in sizes if at in numbers), loss.exchange))
    return found


def _alike(grid: DCNetwork, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first of each kind of snapshot, and for each snapshot the number of its kind."""
    parts = [grid.lower, grid.upper, grid.demand, ends, grid.alike[:, None]]
    _, first, inverse = np.unique(np.column_stack(parts), axis=0, return_index=True, return_inverse=True)
    return first, inverse.ravel()


def _snapshot(
    grid: DCNetwork, paths: Sequence[TransferPath], step: int, events: list[_Event], ends: Mapping[str, np.ndarray]
) -> Iterator[tuple[str, list[object]]]:
    """Yield for each direction: TTC intact, TTC and what is delivered of it [MW], and what binds intact and secure."""
    bare = GridState(step, grid.upper[step], grid.in_service(step), np.zeros(0), np.zeros(0))
    rest = base(grid, paths[0], bare)
    whole = replace(bare, short=rest.short, spill=rest.spill)
    over: np.ndarray | None = None
    for path in paths:
        intact = largest_exchange(grid, path, whole)
        limit = _name(intact, whole, path, grid)
        caps = _caps(grid, path, whole, rest, intact, events, ends[path.label][step])
        best, why = intact, limit
        if caps or not withstands_line_losses(grid, whole, intact.flows):
            if over is None:  # what some lost line overloads with or without the exchange, which must not add to it
                over = base(grid, paths[0], replace(whole, secure=True)).over
            most = {f"most_{end}": cap for end, (cap, _) in caps.items()}
            secure = replace(whole, secure=True, over=over, **most)  # type: ignore[arg-type]
            best = largest_exchange(grid, path, secure)
            if intact.sent - best.sent <= EQUAL:
                best = intact
            else:
                held = [name for end, (cap, name) in caps.items() if getattr(best, end) >= cap - EQUAL]
                why = held[0] if held else _name(best, secure, path, grid)
        yield path.label, [intact.sent, best.sent, best.delivered, limit, why]


def _caps(
    grid: DCNetwork,
    path: TransferPath,
    whole: GridState,
    rest: ExchangeOptimum,
    intact: ExchangeOptimum,
    events: list[_Event],
    stood: np.ndarray,
) -> dict[str, tuple[float, str]]:
    """Return the caps on ``sent`` and ``delivered`` [MW] that losses set, each with the loss that sets it."""
    caps = {"sent": (intact.sent, ""), "delivered": (intact.delivered, "")}
    for event in _events_of(grid, whole, events):
        room = dict(zip(caps, stood if event.exchange else np.array(LossTolerance()), strict=True))
        if all(room[end] >= cap for end, (cap, _) in caps.items()):
            continue  # even if nothing stayed
        after = _after(grid, path, whole, rest, intact, event)
        for end in caps if after is not None else ():
            if getattr(after, end) + room[end] < caps[end][0] - EQUAL:
                caps[end] = (getattr(after, end) + room[end], event.name)
    return {end: (cap, name) for end, (cap, name) in caps.items() if name}


def _events_of(grid: DCNetwork, whole: GridState, events: list[_Event]) -> list[_Event]:
    split = bridges(grid, whole.up)
    ties = [
        _Event(f"loss of {grid.columns[grid.lines[k]].name}", {int(grid.lines[k]): np.inf}, (k,), True) for k in split
    ]
    return [*events, *ties]


def _after(
    grid: DCNetwork, path: TransferPath, whole: GridState, rest: ExchangeOptimum, intact: ExchangeOptimum, event: _Event
) -> ExchangeOptimum | None:
    """Return the largest exchange after a loss; None where the exchange goes on as before."""
    upper = whole.upper.copy()
    for at, size in event.sizes.items():
        upper[at] = max(upper[at] - size, 0.0)
    if (np.abs(intact.flows) <= upper + EQUAL)[list(event.sizes)].all():
        return None
    up = tuple(stands and k not in event.lines for k, stands in enumerate(whole.up))
    left = replace(whole, upper=upper, up=up)
    if not (np.abs(rest.flows) <= upper + EQUAL)[list(event.sizes)].all():
        changed = base(grid, path, left)
        left = replace(left, short=np.maximum(left.short, changed.short), spill=np.maximum(left.spill, changed.spill))
    return largest_exchange(grid, path, left)


def _name(found: ExchangeOptimum, state: GridState, path: TransferPath, grid: DCNetwork) -> str:
    """Return the words for what binds: the first kind, in rank, whose relief is worth half of the best or more."""
    reliefs = [entry for entry in found.relief if entry[0] in RANK]
    if not reliefs:
        return "demand"
    enough = max(value for _, _, value in reliefs) / 2
    kind = min((RANK.index(kind) for kind, _, value in reliefs if value >= enough), default=0)
    names = [(name, value) for k, name, value in reliefs if k == RANK[kind] and value >= enough]
    if RANK[kind] == "studied":
        out = all(state.upper[at] <= 0 for at in path.sent)
        return "line under study out of service" if out else "rating of the line under study"
    if RANK[kind] == "plants":
        buses = {grid.columns[e.column].name: e.bus for e in grid.entries}
        country = grid.inputs.components["buses"].get("country", pd.Series(dtype=object))
        return "plants in " + ", ".join(sorted({str(country.get(buses[n]) or buses[n]) for n, _ in names}))
    best = max(names, key=lambda entry: entry[1])[0]
    return best if RANK[kind] == "line" else f"{best} rating" if RANK[kind] in ("lines", "links") else f"rule {best}"
