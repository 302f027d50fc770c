"""Rows of the TTC program: nodal balance, Kirchhoff's voltage law, exchange, limits, N-1 contingencies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import sparse

from energy.solve.ttc.dc_network import DCNetwork, outage_factors
from energy.solve.ttc.exchange_program import OPEN, ExchangeProgram, RowBuilder

TOLERANCE = 1e-6
BLOCKS = ("flows", "angle", "short", "spill", "over", "sent", "delivered")


@dataclass(frozen=True)
class TransferPath:
    """Path of the exchange: over links, or between areas.

    Attributes
    ----------
    label
        ``forward`` or ``reverse``.
    sent
        Positions of the studied flows; empty for an exchange between areas.
    blocked
        Positions of flows that are zero: the studied links in the other direction.
    source, sink
        Areas as (bus, share): without shares the plants at these buses move freely within their limits; with shares
        the exchange enters and leaves in these shares and no plant takes part.
    """

    label: str
    sent: tuple[int, ...] = ()
    blocked: tuple[int, ...] = ()
    source: tuple[tuple[str, float | None], ...] = ()
    sink: tuple[tuple[str, float | None], ...] = ()

    @property
    def shared(self) -> bool:
        """Whether the exchange enters and leaves in fixed shares."""
        ends = (*self.source, *self.sink)
        return any(share is not None for _, share in ends)


@lru_cache(maxsize=256)
def program(
    grid: DCNetwork,
    path: TransferPath,
    step: int,
    up: tuple[bool, ...],
    secure: bool,
) -> ExchangeProgram:
    """Return the rows for a snapshot, the lines in service and, where ``secure``, security against lost lines.

    Parameters
    ----------
    step
        Position of a snapshot; snapshots that are ``alike`` share their rows.
    up
        Lines in service.
    secure
        Whether flows after the loss of any line must stay within the ratings.
    """
    blocks = _column_blocks(grid)
    width = max(block.stop for block in blocks.values())
    matrix = grid.balance(step)
    rows = RowBuilder()
    _add_balance(rows, grid, path, matrix=matrix.tocsr(), blocks=blocks)
    if grid.inputs.kirchhoff:
        _add_voltage_law(rows, grid, up, blocks)
    if path.shared:
        _add_shared_exchange(rows, blocks)
    elif path.source:
        _add_net_positions(rows, grid, path, matrix=matrix, blocks=blocks)
    else:
        _add_link_exchange(rows, path, matrix, blocks)
    for limit in grid.limits(step):
        flows = list(limit.coefficients)
        coefficients = list(limit.coefficients.values())
        rows.add(
            "rule",
            limit.name,
            index=flows,
            value=coefficients,
            low=limit.low,
            high=limit.high,
        )
    if secure:
        _add_security(rows, grid, up, blocks)
    return rows.program(blocks, width, buses=len(grid.buses))


def _column_blocks(grid: DCNetwork) -> dict[str, slice]:
    """Return the columns of each block, one block after the other."""
    sizes = {
        "flows": len(grid.columns),
        "angle": len(grid.buses),
        "short": len(grid.buses),
        "spill": len(grid.buses),
        "over": len(grid.lines),
        "sent": 1,
        "delivered": 1,
    }
    blocks = {}
    start = 0
    for name in BLOCKS:
        stop = start + sizes[name]
        blocks[name] = slice(start, stop)
        start = stop
    return blocks


def _add_balance(
    rows: RowBuilder,
    grid: DCNetwork,
    path: TransferPath,
    *,
    matrix: sparse.csr_matrix,
    blocks: Mapping[str, slice],
) -> None:
    """Add the nodal balances: flows, shed and spilled power, and the shares of the exchange equal the demand."""
    source: dict[str, float | None] = {}
    sink: dict[str, float | None] = {}
    if path.shared:
        source = dict(path.source)
        sink = dict(path.sink)
    short = blocks["short"].start
    spill = blocks["spill"].start
    for bus, name in enumerate(grid.buses):
        first = matrix.indptr[bus]
        stop = matrix.indptr[bus + 1]
        flows = matrix.indices[first:stop]
        yields = matrix.data[first:stop]
        index = [*flows, short + bus, spill + bus]
        value = [*yields, 1.0, -1.0]
        if name in source:
            share = float(source[name] or 0.0)
            index.append(blocks["sent"].start)
            value.append(share)
        if name in sink:
            share = float(sink[name] or 0.0)
            index.append(blocks["delivered"].start)
            value.append(-share)
        row = rows.add("demand", name, index, value)
        rows.demand.append((row, bus))


def _add_voltage_law(
    rows: RowBuilder,
    grid: DCNetwork,
    up: tuple[bool, ...],
    blocks: Mapping[str, slice],
) -> None:
    """Add x·f = θ(bus0) − θ(bus1) for the lines in service."""
    angle = blocks["angle"].start
    for line in np.flatnonzero(up):
        ends = grid.incidence[:, line]
        bus0 = _first(ends == 1)
        bus1 = _first(ends == -1)
        index = [grid.lines[line], angle + bus0, angle + bus1]
        value = [grid.reactance[line], -1.0, 1.0]
        rows.add("law", "", index, value)


def _first(mask: np.ndarray) -> int:
    """Return the first position at which a mask is true."""
    return int(np.flatnonzero(mask)[0])


def _add_shared_exchange(rows: RowBuilder, blocks: Mapping[str, slice]) -> None:
    """Add that all that is sent is delivered."""
    sent = blocks["sent"].start
    delivered = blocks["delivered"].start
    index = [sent, delivered]
    value = [1.0, -1.0]
    rows.add("law", "", index, value)


def _add_link_exchange(
    rows: RowBuilder,
    path: TransferPath,
    matrix: sparse.coo_matrix,
    blocks: Mapping[str, slice],
) -> None:
    """Add that the studied links take what is sent and give what is delivered."""
    studied = np.isin(matrix.col, path.sent)
    takes = studied & (matrix.data < 0)
    gives = studied & (matrix.data > 0)
    sent = blocks["sent"].start
    delivered = blocks["delivered"].start
    index = [*matrix.col[takes], sent]
    value = [*-matrix.data[takes], -1.0]
    rows.add("law", "", index, value)
    index = [*matrix.col[gives], delivered]
    value = [*matrix.data[gives], -1.0]
    rows.add("law", "", index, value)


def _add_net_positions(
    rows: RowBuilder,
    grid: DCNetwork,
    path: TransferPath,
    *,
    matrix: sparse.coo_matrix,
    blocks: Mapping[str, slice],
) -> None:
    """Add net positions: what the plants of an area give beyond its demand is its exchange; the rest of the grid: 0."""
    source = _area_mask(grid, path.source)
    sink = _area_mask(grid, path.sink)
    rest = ~source & ~sink
    areas: list[tuple[np.ndarray, dict[int, float]]] = [
        (source, {blocks["sent"].start: -1.0}),
        (sink, {blocks["delivered"].start: 1.0}),
        (rest, {}),
    ]
    plants = _plant_mask(grid, matrix)
    is_plant = plants[matrix.col]
    for area, exchange in areas:
        if not area.any():
            continue
        buses = np.flatnonzero(area)
        ones = np.ones(len(buses))
        output = is_plant & area[matrix.row]
        flows = matrix.col[output]
        yields = matrix.data[output]
        short = blocks["short"].start + buses
        spill = blocks["spill"].start + buses
        index = [*flows, *short, *spill, *exchange]
        value = [*yields, *ones, *-ones, *exchange.values()]
        row = rows.add("demand", "area", index, value)
        for bus in buses:
            rows.demand.append((row, int(bus)))


def _area_mask(
    grid: DCNetwork,
    area: Sequence[tuple[str, float | None]],
) -> np.ndarray:
    """Return which buses belong to an area; shape (buses,)."""
    names = dict(area)
    return np.array([bus in names for bus in grid.buses])


def _plant_mask(
    grid: DCNetwork,
    matrix: sparse.coo_matrix,
) -> np.ndarray:
    """Return which flows are those of plants: generators, stores, and turbines, links with one electric end."""
    components = [column.component for column in grid.columns]
    component = np.array(components, dtype=object)
    electric_ends = np.bincount(matrix.col, minlength=len(components))
    turbine = (component == "links") & (electric_ends == 1)
    own = (component == "generators") | (component == "stores")
    return np.asarray(own | turbine, dtype=bool)


def _add_security(
    rows: RowBuilder,
    grid: DCNetwork,
    up: tuple[bool, ...],
    blocks: Mapping[str, slice],
) -> None:
    """Add |f_l + LODF_lk·f_k| ≤ rating_l + overload_l for every line k whose loss leaves the grid whole."""
    factors = outage_factors(grid.incidence, grid.reactance, up)
    names = [grid.columns[column].name for column in grid.lines]
    splits = np.isnan(factors).all(axis=0)
    for lost in np.flatnonzero(~splits):
        for line in np.flatnonzero(up).tolist():
            factor = factors[line, lost]
            if line == lost or not abs(factor) > TOLERANCE:
                continue
            label = f"{names[line]} after loss of {names[lost]}"
            flow = grid.lines[line]
            lost_flow = grid.lines[lost]
            overload = blocks["over"].start + line
            index = [flow, lost_flow, overload]
            above = rows.add(
                "line",
                label,
                index=index,
                value=[1.0, factor, -1.0],
                low=-OPEN,
            )
            below = rows.add(
                "line",
                label,
                index=index,
                value=[1.0, factor, 1.0],
                high=OPEN,
            )
            rows.rated.append((above, line, 1))
            rows.rated.append((below, line, -1))
