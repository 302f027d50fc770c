"""N-1 secure exchange of one snapshot: losses studied one by one, the loss of any line, and what limits it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

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

EQUAL = 1e-5  # MW
RANK = (
    "studied",
    "line",
    "lines",
    "rule",
    "links",
    "plants",
)  # of equal reliefs the first names the limit


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


class _LossOnGrid(NamedTuple):
    """A loss in positions of the grid: flow → size in its own unit, and lines."""

    name: str
    sizes: dict[int, float]
    lines: tuple[int, ...]
    exchange: bool


class _Cap(NamedTuple):
    """Most that a loss leaves of the exchange at one end [MW], and the name of the loss."""

    power: float
    loss: str


class SecureLimit(NamedTuple):
    """What limits the exchange of a snapshot.

    Attributes
    ----------
    intact, sent, delivered
        TTC with everything in service, N-1 secure TTC, and what is delivered of it [MW].
    limit_intact, limit
        Element that binds with everything in service, and N-1 secure.
    """

    intact: float
    sent: float
    delivered: float
    limit_intact: str
    limit: str


def losses_on_grid(grid: DCNetwork, losses: Sequence[Loss]) -> list[_LossOnGrid]:
    """Return losses in positions of the grid; a loss of what is not there is left out."""
    number_of_line = {int(column): number for number, column in enumerate(grid.lines)}
    on_grid = []
    for loss in losses:
        sizes: dict[int, float] = {}
        for component, name, size in loss.parts:
            for direction in (1, -1):
                flow = Column(component, name, direction)
                column = grid.at.get(flow)
                if column is not None:
                    sizes[column] = size / grid.yields[column]  # a turbine's flow is water
        if not sizes:
            continue
        lines = [number_of_line[column] for column in sizes if column in number_of_line]
        on_grid.append(_LossOnGrid(loss.name, sizes, tuple(lines), loss.exchange))
    return on_grid


class SecureExchange:
    """The largest exchanges of one snapshot over several paths, intact and N-1 secure.

    Parameters
    ----------
    grid, step
        Network and position of the snapshot.
    path
        Any of the paths under study; without exchange all give the same state.
    losses
        What is lost, beside any line.
    """

    def __init__(
        self,
        grid: DCNetwork,
        step: int,
        path: TransferPath,
        losses: Sequence[_LossOnGrid],
    ) -> None:
        self.grid = grid
        self.path = path
        nothing = np.zeros(0)
        upper = grid.upper[step]
        in_service = grid.in_service(step)
        bare = GridState(step, upper, in_service, short=nothing, spill=nothing)
        self.idle = base(grid, path, bare)
        self.state = replace(bare, short=self.idle.short, spill=self.idle.spill)
        self.losses = [*losses, *self._bridge_losses()]

    def _bridge_losses(self) -> list[_LossOnGrid]:
        """Return the loss of each line whose loss splits the grid."""
        losses = []
        for line in bridges(self.grid, self.state.up):
            column = int(self.grid.lines[line])
            name = f"loss of {self.grid.columns[column].name}"
            losses.append(_LossOnGrid(name, {column: np.inf}, (line,), exchange=True))
        return losses

    @cached_property
    def _overload(self) -> np.ndarray:
        """Overload after the loss of some line without exchange [MW], to which the exchange must not add."""
        secure = replace(self.state, secure=True)
        return base(self.grid, self.path, secure).over

    def limit(self, path: TransferPath, tolerance: np.ndarray) -> SecureLimit:
        """Return the largest exchange over a path, and what binds it.

        Parameters
        ----------
        path
            The path under study.
        tolerance
            Loss of exchange that the sending and the receiving end can stand [MW].
        """
        intact = largest_exchange(self.grid, path, self.state)
        limit_intact = _binding_element(intact, self.state, path, self.grid)
        secure = intact
        limit = limit_intact
        caps = self._caps(path, intact, tolerance)
        if caps or not withstands_line_losses(self.grid, self.state, intact.flows):
            capped = self._capped(caps)
            largest = largest_exchange(self.grid, path, capped)
            if intact.sent - largest.sent > EQUAL:
                secure = largest
                limit = self._limit_of(largest, capped, caps, path)
        return SecureLimit(
            intact=intact.sent,
            sent=secure.sent,
            delivered=secure.delivered,
            limit_intact=limit_intact,
            limit=limit,
        )

    def _capped(self, caps: dict[str, _Cap]) -> GridState:
        """Return the state that must be secure, with caps on the exchange."""
        secure = replace(self.state, secure=True, over=self._overload)
        if "sent" in caps:
            secure = replace(secure, most_sent=caps["sent"].power)
        if "delivered" in caps:
            secure = replace(secure, most_delivered=caps["delivered"].power)
        return secure

    def _limit_of(
        self,
        largest: ExchangeOptimum,
        state: GridState,
        caps: dict[str, _Cap],
        path: TransferPath,
    ) -> str:
        """Return the loss whose cap binds, else the element that binds."""
        for end, cap in caps.items():
            if getattr(largest, end) >= cap.power - EQUAL:
                return cap.loss
        return _binding_element(largest, state, path, self.grid)

    def _caps(
        self,
        path: TransferPath,
        intact: ExchangeOptimum,
        tolerance: np.ndarray,
    ) -> dict[str, _Cap]:
        """Return the caps on ``sent`` and ``delivered`` that losses set."""
        power = {"sent": intact.sent, "delivered": intact.delivered}
        caps: dict[str, _Cap] = {}
        for loss in self.losses:
            stood = tolerance if loss.exchange else LossTolerance()
            tolerated = dict(zip(power, stood, strict=True))
            stands_all = all(tolerated[end] >= power[end] for end in power)
            if stands_all:
                continue  # even if nothing stayed
            after = self._after(path, intact, loss)
            if after is None:
                continue
            for end, room in tolerated.items():
                most = getattr(after, end) + room
                if most < power[end] - EQUAL:
                    power[end] = most
                    caps[end] = _Cap(most, loss.name)
        return {end: caps[end] for end in power if end in caps}

    def _after(
        self,
        path: TransferPath,
        intact: ExchangeOptimum,
        loss: _LossOnGrid,
    ) -> ExchangeOptimum | None:
        """Return the largest exchange after a loss; None where the exchange goes on as before."""
        upper = self.state.upper.copy()
        for column, size in loss.sizes.items():
            upper[column] = max(upper[column] - size, 0.0)
        lost = list(loss.sizes)
        if _stays_within(intact.flows, upper, lost):
            return None
        up = list(self.state.up)
        for line in loss.lines:
            up[line] = False
        remaining = replace(self.state, upper=upper, up=tuple(up))
        if not _stays_within(self.idle.flows, upper, lost):
            idle = base(self.grid, path, remaining)
            short = np.maximum(remaining.short, idle.short)
            spill = np.maximum(remaining.spill, idle.spill)
            remaining = replace(remaining, short=short, spill=spill)
        return largest_exchange(self.grid, path, remaining)


def _stays_within(flows: np.ndarray, upper: np.ndarray, columns: list[int]) -> bool:
    within = np.abs(flows) <= upper + EQUAL
    return bool(within[columns].all())


def _binding_element(
    optimum: ExchangeOptimum,
    state: GridState,
    path: TransferPath,
    grid: DCNetwork,
) -> str:
    """Return the words for what binds: the first kind, in rank, whose relief is worth half of the best or more."""
    reliefs = pd.DataFrame(optimum.relief, columns=["kind", "name", "value"])
    is_ranked = reliefs["kind"].isin(RANK)
    reliefs = reliefs[is_ranked]
    if reliefs.empty:
        return "demand"
    enough = reliefs["value"].max() / 2
    strong = reliefs[reliefs["value"] >= enough]
    # no relief reaches half of a best that is below 0: it is then the first kind
    kind = min(strong["kind"], key=RANK.index, default=RANK[0])
    if kind == "studied":
        is_out = all(state.upper[column] <= 0 for column in path.sent)
        return "line under study out of service" if is_out else "rating of the line under study"
    of_kind = strong[strong["kind"] == kind]
    if kind == "plants":
        return "plants in " + ", ".join(_countries_of(grid, of_kind["name"]))
    most = of_kind["value"].argmax()
    strongest = str(of_kind["name"].iloc[most])
    if kind == "line":
        return strongest
    if kind == "rule":
        return f"rule {strongest}"
    return f"{strongest} rating"


def _countries_of(grid: DCNetwork, plants: Iterable[str]) -> list[str]:
    """Return the countries of plants, or their buses where there is no country, in order."""
    bus_of = {grid.columns[entry.column].name: entry.bus for entry in grid.entries}
    country_of = grid.inputs.components["buses"].get("country", pd.Series(dtype=object))
    places = set()
    for plant in plants:
        bus = bus_of[plant]
        places.add(str(country_of.get(bus) or bus))
    return sorted(places)
