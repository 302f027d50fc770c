"""Rows of the TTC program: nodal balance, Kirchhoff's voltage law, exchange, limits, N-1 contingencies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import highspy
import numpy as np
from scipy import sparse

from energy.solve.ttc.dc_network import DCNetwork, outage_factors

TOLERANCE = 1e-6
OPEN = highspy.kHighsInf
BLOCKS = ("flows", "angle", "short", "spill", "over", "sent", "delivered")


@dataclass(frozen=True)
class TransferPath:
    """What is exchanged: over links, or between areas.

    Attributes
    ----------
    label
        ``forward`` or ``reverse``.
    sent
        Positions of the studied flows; empty for an exchange between areas.
    blocked
        Positions of flows that stand still: the studied links in the other direction.
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
        return any(share is not None for _, share in (*self.source, *self.sink))


@dataclass(frozen=True)
class ExchangeProgram:
    """Rows of the linear program, for all snapshots that differ in bounds and demand only.

    Attributes
    ----------
    at
        Block of columns → its place.
    width
        Number of columns.
    names
        (kind, label) of each row.
    start, index, value
        The matrix by rows.
    low, high
        Bounds of the rows [MW], without demand and ratings.
    demand
        Which buses' demand each row holds; shape (rows, buses).
    rated
        (row, line, +1 or −1) of the rows that a line's rating bounds from above or from below.
    """

    at: Mapping[str, slice]
    width: int
    names: list[tuple[str, str]]
    start: np.ndarray
    index: np.ndarray
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    demand: sparse.csr_matrix
    rated: np.ndarray

    def bounds(self, demand: np.ndarray, rating: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows' bounds [MW] for a demand at the buses and ratings of the lines [MW]."""
        held = self.demand @ demand
        low, high = self.low + held, self.high + held
        row, line, side = self.rated.T
        high[row[side > 0]] = rating[line[side > 0]]
        low[row[side < 0]] = -rating[line[side < 0]]
        return low, high


class _Rows:
    """Rows as they are gathered."""

    def __init__(self) -> None:
        self.names: list[tuple[str, str]] = []
        self.index: list[np.ndarray] = []
        self.value: list[np.ndarray] = []
        self.low: list[float] = []
        self.high: list[float] = []
        self.demand: list[tuple[int, int]] = []
        self.rated: list[tuple[int, int, int]] = []

    def add(
        self, kind: str, label: str, index: Sequence[int], value: Sequence[float], low: float = 0.0, high: float = 0.0
    ) -> int:
        self.names.append((kind, label))
        self.index.append(np.asarray(index, dtype=np.int32))
        self.value.append(np.asarray(value, dtype=float))
        self.low.append(low)
        self.high.append(high)
        return len(self.names) - 1


@lru_cache(maxsize=256)
def program(grid: DCNetwork, path: TransferPath, step: int, up: tuple[bool, ...], secure: bool) -> ExchangeProgram:
    """Return the rows for a snapshot, the lines in service and, where asked, security against lost lines.

    Parameters
    ----------
    step
        Position of a snapshot; snapshots that are ``alike`` share their rows.
    up
        Lines in service.
    secure
        Whether flows after the loss of any line must stay within the ratings.
    """
    sizes = dict.fromkeys(("angle", "short", "spill"), len(grid.buses)) | {
        "flows": len(grid.columns),
        "over": len(grid.lines),
    }
    at, width = {}, 0
    for name in BLOCKS:
        at[name] = slice(width, width + sizes.get(name, 1))
        width = at[name].stop
    rows, matrix = _Rows(), grid.balance(step)
    _balance(rows, grid, path, matrix.tocsr(), at)
    _voltage(rows, grid, up, at)
    _exchange(rows, grid, path, matrix, at)
    for name, terms, low, high in grid.limits(step):
        rows.add("rule", name, list(terms), list(terms.values()), low, high)
    if secure:
        _security(rows, grid, up, at)
    row, bus = np.array(rows.demand, dtype=int).reshape(-1, 2).T
    demand = sparse.csr_matrix((np.ones(len(row)), (row, bus)), shape=(len(rows.names), len(grid.buses)))
    start = np.concatenate([[0], np.cumsum([len(index) for index in rows.index])]).astype(np.int32)
    rated = np.array(rows.rated, dtype=int).reshape(-1, 3)
    index, value = np.concatenate(rows.index), np.concatenate(rows.value)
    return ExchangeProgram(
        at, width, rows.names, start, index, value, np.array(rows.low), np.array(rows.high), demand, rated
    )


def _balance(
    rows: _Rows, grid: DCNetwork, path: TransferPath, matrix: sparse.csr_matrix, at: Mapping[str, slice]
) -> None:
    source, sink = (dict(path.source), dict(path.sink)) if path.shared else ({}, {})
    for bus, name in enumerate(grid.buses):
        part = slice(matrix.indptr[bus], matrix.indptr[bus + 1])
        index = [*matrix.indices[part], at["short"].start + bus, at["spill"].start + bus]
        value = [*matrix.data[part], 1.0, -1.0]
        for shares, block, sign in ((source, "sent", 1.0), (sink, "delivered", -1.0)):
            if name in shares:
                index, value = [*index, at[block].start], [*value, sign * float(shares[name] or 0.0)]
        rows.demand.append((rows.add("demand", name, index, value), bus))


def _voltage(rows: _Rows, grid: DCNetwork, up: tuple[bool, ...], at: Mapping[str, slice]) -> None:
    """Add x·f = θ(bus0) − θ(bus1) for the lines in service."""
    if grid.found.kirchhoff:
        for line in np.flatnonzero(up):
            begin, end = (int(np.flatnonzero(grid.incidence[:, line] == side)[0]) for side in (1, -1))
            index = [grid.lines[line], at["angle"].start + begin, at["angle"].start + end]
            rows.add("law", "", index, [grid.reactance[line], -1.0, 1.0])


def _exchange(
    rows: _Rows, grid: DCNetwork, path: TransferPath, matrix: sparse.coo_matrix, at: Mapping[str, slice]
) -> None:
    sent, delivered = at["sent"].start, at["delivered"].start
    if path.shared:
        rows.add("law", "", [sent, delivered], [1.0, -1.0])
    elif path.source:
        _areas(rows, grid, path, matrix, at)
    else:
        studied = np.isin(matrix.col, path.sent)
        taken, given = studied & (matrix.data < 0), studied & (matrix.data > 0)
        rows.add("law", "", [*matrix.col[taken], sent], [*-matrix.data[taken], -1.0])
        rows.add("law", "", [*matrix.col[given], delivered], [*matrix.data[given], -1.0])


def _areas(
    rows: _Rows, grid: DCNetwork, path: TransferPath, matrix: sparse.coo_matrix, at: Mapping[str, slice]
) -> None:
    """Add net positions: what an area's plants give beyond its demand is what it exchanges; the rest of the grid: 0."""
    ends = np.bincount(matrix.col, minlength=len(grid.columns))
    own = np.array([c.component in ("generators", "stores") for c in grid.columns], dtype=bool)
    own |= np.array([c.component == "links" for c in grid.columns], dtype=bool) & (ends == 1)  # turbines
    source, sink = (np.array([bus in dict(side) for bus in grid.buses]) for side in (path.source, path.sink))
    for area, block, sign in ((source, "sent", -1.0), (sink, "delivered", 1.0), (~source & ~sink, None, 0.0)):
        if area.any():
            here, number = own[matrix.col] & area[matrix.row], np.flatnonzero(area)
            index = [*matrix.col[here], *(at["short"].start + number), *(at["spill"].start + number)]
            value = [*matrix.data[here], *np.ones(len(number)), *-np.ones(len(number))]
            if block is not None:
                index, value = [*index, at[block].start], [*value, sign]
            row = rows.add("demand", "area", index, value)
            rows.demand += [(row, int(bus)) for bus in number]


def _security(rows: _Rows, grid: DCNetwork, up: tuple[bool, ...], at: Mapping[str, slice]) -> None:
    """Add |f_l + LODF_lk·f_k| ≤ rating_l + overload_l for every line k whose loss leaves the grid whole."""
    factors = outage_factors(grid.incidence, grid.reactance, up)
    name = [grid.columns[c].name for c in grid.lines]
    for lost in np.flatnonzero(~np.isnan(factors).all(axis=0)):
        for line in np.flatnonzero(up).tolist():
            share = factors[line, lost]
            if line != lost and abs(share) > TOLERANCE:
                label = f"{name[line]} after loss of {name[lost]}"
                index = [grid.lines[line], grid.lines[lost], at["over"].start + line]
                rows.rated.append((rows.add("line", label, index, [1.0, share, -1.0], -OPEN), line, 1))
                rows.rated.append((rows.add("line", label, index, [1.0, share, 1.0], 0.0, OPEN), line, -1))
