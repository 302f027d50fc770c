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
    found
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

    def __init__(self, found: Inputs, closed: Sequence[str] = (), firm: dict[str, float] | None = None) -> None:
        self.grid = DCNetwork(found)
        buses = found.components["buses"].loc[self.grid.buses]
        own = buses["country"].fillna("") if "country" in buses else pd.Series("", index=buses.index)
        self.region = own.where(own != "", buses.index.to_series()).to_numpy(object)
        self.regions = list(dict.fromkeys(self.region.tolist()))
        self._is_plant = np.array([c.component in PLANTS for c in self.grid.columns], dtype=bool)
        self._is_open = np.array([c.name not in closed for c in self.grid.columns], dtype=float)
        self._firm = np.array([(firm or {}).get(bus, 0.0) for bus in self.grid.buses])
        self._forced = bool((self.grid.lower[:, ~self._is_plant & ~self._is_two_way] > 0).any())

    @property
    def _is_two_way(self) -> np.ndarray:
        lines = np.zeros(len(self.grid.columns), dtype=bool)
        lines[self.grid.lines] = True
        return lines

    def unserved(self, units: Sequence[Unit], up: np.ndarray, step: np.ndarray) -> np.ndarray:
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
        left = self._left(units, up)
        demand = self.grid.demand[step] - self._firm
        lower, upper = self.grid.lower[step] * left, self.grid.upper[step] * left
        short = np.clip(demand - self._at_home(upper, step), 0.0, None)
        if not self._is_plant.all():
            needs = np.flatnonzero((short.sum(axis=1) > NONE) | self._forced)  # the others serve all at home
            for first in range(0, len(needs), AT_ONCE):
                at = needs[first : first + AT_ONCE]
                short[at] = self._flow(lower[at], upper[at], demand[at], step[at])
        found = np.zeros((len(up), len(self.regions)))
        np.add.at(found.T, [self.regions.index(region) for region in self.region], short.T)
        return found

    def _left(self, units: Sequence[Unit], up: np.ndarray) -> np.ndarray:
        """Return what share of each flow is left in each state; shape (states, columns)."""
        left = np.tile(self._is_open, (len(up), 1))
        for number, unit in enumerate(units):
            share = np.where(up[:, number], 1.0, 1.0 - unit.depth)
            for component, name in unit.members:
                for direction in (1, -1):
                    at = self.grid.at.get(Column(component, name, direction))
                    if at is not None:
                        left[:, at] *= share
        return left

    def _at_home(self, upper: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Return what the plants of each bus can give [MW]; shape (states, buses)."""
        number = {bus: at for at, bus in enumerate(self.grid.buses)}
        supply = np.zeros((len(step), len(number)))
        for entry in self.grid.entries:
            if self._is_plant[entry.column]:
                value = entry.value if isinstance(entry.value, float) else entry.value[step]
                supply[:, number[entry.bus]] += upper[:, entry.column] * value
        return supply

    def _flow(self, lower: np.ndarray, upper: np.ndarray, demand: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Solve many states as one block-diagonal linear program; shape (states, buses) [MW]."""
        lines, buses = self.grid.lines, len(self.grid.buses)
        first_of = self.grid.alike[step]
        blocks = {int(first): self._block(int(first)) for first in np.unique(first_of)}
        whole = sparse.block_diag([blocks[int(first)] for first in first_of], format="csr")
        one_way = np.where(self._is_two_way, 0.0, lower)
        most = np.clip(demand, 0.0, None) + np.clip(-upper[:, self._is_plant], 0.0, None).sum(axis=1, keepdims=True)
        least = np.concatenate([np.zeros_like(demand), one_way, np.zeros((len(step), len(lines)))], axis=1)
        highest = np.concatenate([most, upper, upper[:, lines]], axis=1)
        flows = np.where(self._is_plant, 0.0, TRIFLE)
        cost = np.concatenate([np.ones(buses), flows, np.full(len(lines), TRIFLE)])
        solution = linprog(
            np.tile(cost, len(step)),
            A_ub=-whole,
            b_ub=-demand.ravel(),
            bounds=np.column_stack([np.minimum(least, highest).ravel(), highest.ravel()]),
            method="highs",
        )
        if solution.status != 0:
            raise SolverError(f"adequacy: {solution.message}")
        return np.asarray(solution.x.reshape(len(step), -1)[:, :buses])

    def _block(self, step: int) -> sparse.csr_matrix:
        """Return what shortfalls, flows and the lines' flows back give to each bus in a snapshot."""
        flows = self.grid.balance(step).tocsc()
        return sparse.csr_matrix(
            sparse.hstack([sparse.identity(len(self.grid.buses)), flows, -flows[:, self.grid.lines]])
        )
