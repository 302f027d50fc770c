"""Least unserved power in a state of the components: a transport flow over plants, links, lines and transformers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import linprog

from energy.errors import SolverError
from energy.model import Inputs
from energy.solve.ttc.dc_network import Column, DCNetwork

NONE = 1e-6  # MW; less is nothing
AT_ONCE = 2000  # states in one linear program
TRIFLE = 1e-6  # cost of a flow, so that a shortfall stays at home where it can
PLANTS = ("generators", "stores", "storage_units")


class Unit(NamedTuple):
    """What fails as one: its components, its mean times up and down [h], and the share that a failure takes."""

    name: str
    members: tuple[tuple[str, str], ...]
    mttf: float
    mttr: float
    depth: float = 1.0


class Shortfall:
    """The electric part of inputs as a transport model: what goes unserved in any state of its components.

    Parameters
    ----------
    inputs
        Inputs; ratings, availability, efficiencies, signs, events and demand count as in every other study.
    closed
        Names of links and lines that carry nothing.
    firm
        Bus → firm capacity that is added there [MW].

    Attributes
    ----------
    regions
        Countries of the buses, or each bus.
    """

    def __init__(
        self,
        inputs: Inputs,
        closed: Sequence[str] = (),
        firm: dict[str, float] | None = None,
    ) -> None:
        self.grid = DCNetwork(inputs)
        buses = inputs.components["buses"]
        self.region = _region_of_bus(buses.loc[self.grid.buses])
        self.regions = list(dict.fromkeys(self.region.tolist()))
        columns = self.grid.columns
        is_plant = [column.component in PLANTS for column in columns]
        is_open = [column.name not in closed for column in columns]
        self._is_plant = np.array(is_plant, dtype=bool)
        self._is_open = np.array(is_open, dtype=float)
        firm_of_bus = firm or {}
        firm_capacity = [firm_of_bus.get(bus, 0.0) for bus in self.grid.buses]
        self._firm = np.array(firm_capacity)
        is_one_way_branch = ~self._is_plant & ~self._is_two_way
        least_flow = self.grid.lower[:, is_one_way_branch]
        is_forced = least_flow > 0
        self._forced = bool(is_forced.any())

    @property
    def _is_two_way(self) -> np.ndarray:
        """Whether a flow is that of a line, which goes both ways; shape (columns,)."""
        columns = len(self.grid.columns)
        is_line = np.zeros(columns, dtype=bool)
        is_line[self.grid.lines] = True
        return is_line

    def unserved(
        self,
        units: Sequence[Unit],
        up: np.ndarray,
        step: np.ndarray,
    ) -> np.ndarray:
        """Return unserved power [MW] by region; shape (states, regions).

        Parameters
        ----------
        units
            What fails.
        up
            Whether each unit is up; shape (states, units).
        step
            Snapshot of each state; shape (states,).
        """
        available = self._available(units, up)
        demand = self.grid.demand[step] - self._firm
        lower = self.grid.lower[step] * available
        upper = self.grid.upper[step] * available
        own_supply = self._own_supply(upper, step)
        short = np.clip(demand - own_supply, 0.0, None)
        if not self._is_plant.all():
            # in the other states each bus serves its demand at home
            is_short = short.sum(axis=1) > NONE
            needs_flow = np.flatnonzero(is_short | self._forced)
            for first in range(0, len(needs_flow), AT_ONCE):
                states = needs_flow[first : first + AT_ONCE]
                short[states] = self._solve_flow(
                    lower[states],
                    upper[states],
                    demand[states],
                    step[states],
                )
        return self._by_region(short)

    def _by_region(self, short: np.ndarray) -> np.ndarray:
        """Return shortfalls of buses summed by region [MW]; shape (states, regions)."""
        states = len(short)
        regions = len(self.regions)
        region_of_bus = [self.regions.index(region) for region in self.region]
        by_region = np.zeros((states, regions))
        np.add.at(by_region.T, region_of_bus, short.T)
        return by_region

    def _available(self, units: Sequence[Unit], up: np.ndarray) -> np.ndarray:
        """Return the share of each flow that is available in each state; shape (states, columns)."""
        states = len(up)
        available = np.tile(self._is_open, (states, 1))
        for number, unit in enumerate(units):
            is_up = up[:, number]
            share = np.where(is_up, 1.0, 1.0 - unit.depth)
            for column in self._columns_of(unit):
                available[:, column] *= share
        return available

    def _columns_of(self, unit: Unit) -> list[int]:
        """Return the columns of a unit's flows, in both directions."""
        columns = []
        for component, name in unit.members:
            for direction in (1, -1):
                flow = Column(component, name, direction)
                if flow in self.grid.at:
                    columns.append(self.grid.at[flow])
        return columns

    def _own_supply(self, upper: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Return what the plants of each bus can give [MW]; shape (states, buses)."""
        states = len(step)
        buses = self.grid.buses
        position = {bus: number for number, bus in enumerate(buses)}
        supply = np.zeros((states, len(buses)))
        for entry in self.grid.entries:
            if not self._is_plant[entry.column]:
                continue
            share = entry.value
            if not isinstance(share, float):
                share = share[step]
            bus = position[entry.bus]
            supply[:, bus] += upper[:, entry.column] * share
        return supply

    def _solve_flow(
        self,
        lower: np.ndarray,
        upper: np.ndarray,
        demand: np.ndarray,
        step: np.ndarray,
    ) -> np.ndarray:
        """Solve many states as one block-diagonal linear program; shape (states, buses) [MW].

        The columns of a state are the shortfalls of its buses, its flows, and the flows of its lines backwards.
        """
        lines = self.grid.lines
        buses = len(self.grid.buses)
        states = len(step)
        # what stores take from the grid counts as demand of any bus
        power_of_plants = upper[:, self._is_plant]
        charging = np.clip(-power_of_plants, 0.0, None)
        all_charging = charging.sum(axis=1, keepdims=True)
        own_demand = np.clip(demand, 0.0, None)
        most_short = own_demand + all_charging
        no_shortfall = np.zeros_like(demand)
        one_way = np.where(self._is_two_way, 0.0, lower)
        backwards = upper[:, lines]
        no_line_flow = np.zeros((states, len(lines)))
        least = np.hstack([no_shortfall, one_way, no_line_flow])
        highest = np.hstack([most_short, upper, backwards])
        least = np.minimum(least, highest)

        cost_of_shortfall = np.ones(buses)
        cost_of_flows = np.where(self._is_plant, 0.0, TRIFLE)
        cost_of_lines = np.full(len(lines), TRIFLE)
        cost = np.concatenate([cost_of_shortfall, cost_of_flows, cost_of_lines])
        solution = linprog(
            np.tile(cost, states),
            A_ub=-self._block_diagonal(step),
            b_ub=-demand.ravel(),
            bounds=np.column_stack([least.ravel(), highest.ravel()]),
            method="highs",
        )
        if solution.status != 0:
            raise SolverError(f"adequacy: {solution.message}")
        by_state = solution.x.reshape(states, -1)
        return np.asarray(by_state[:, :buses])

    def _block_diagonal(self, step: np.ndarray) -> sparse.csr_matrix:
        """Return the balance of all states, one block a state; snapshots that are alike share their block."""
        first_alike = self.grid.alike[step].tolist()
        blocks = {first: self._block(first) for first in set(first_alike)}
        in_order = [blocks[first] for first in first_alike]
        return sparse.block_diag(in_order, format="csr")

    def _block(self, step: int) -> sparse.csr_matrix:
        """Return what shortfalls, flows and the lines' flows back give to each bus in a snapshot."""
        flows = self.grid.balance(step).tocsc()
        shortfalls = sparse.identity(len(self.grid.buses))
        backwards = -flows[:, self.grid.lines]
        block = sparse.hstack([shortfalls, flows, backwards])
        return sparse.csr_matrix(block)


def _region_of_bus(buses: pd.DataFrame) -> np.ndarray:
    """Return the country of each bus, or the bus itself where it has none."""
    names = buses.index.to_series()
    if "country" not in buses:
        return names.to_numpy(object)
    country = buses["country"].fillna("")
    return country.where(country != "", names).to_numpy(object)
