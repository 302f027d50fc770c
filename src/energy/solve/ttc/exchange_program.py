"""TTC program by rows: matrix, bounds, and where demand and ratings enter; built row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import highspy
import numpy as np
from scipy import sparse

OPEN = highspy.kHighsInf


@dataclass(frozen=True)
class ExchangeProgram:
    """Rows of the linear program, for all snapshots that differ in bounds and demand only.

    Attributes
    ----------
    blocks
        Block of columns → its columns.
    width
        Number of columns.
    names
        (kind, label) of each row.
    start, index, value
        The matrix by rows.
    low, high
        Bounds of the rows [MW], without demand and ratings; shape (rows,).
    demand
        1 where a row contains the demand of a bus; shape (rows, buses).
    rated
        (row, line, +1 or −1) of the rows that a line's rating bounds from above or from below.
    """

    blocks: Mapping[str, slice]
    width: int
    names: list[tuple[str, str]]
    start: np.ndarray
    index: np.ndarray
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    demand: sparse.csr_matrix
    rated: np.ndarray

    def bounds(
        self,
        demand: np.ndarray,
        rating: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows' bounds [MW] for a demand at the buses and ratings of the lines [MW]."""
        row_demand = self.demand @ demand
        low = self.low + row_demand
        high = self.high + row_demand
        row, line, side = self.rated.T
        from_above = side > 0
        from_below = side < 0
        row_rating = rating[line]
        high[row[from_above]] = row_rating[from_above]
        low[row[from_below]] = -row_rating[from_below]
        return low, high


class RowBuilder:
    """Rows of the program while they are added one by one."""

    def __init__(self) -> None:
        self.names: list[tuple[str, str]] = []
        self.index: list[np.ndarray] = []
        self.value: list[np.ndarray] = []
        self.low: list[float] = []
        self.high: list[float] = []
        self.demand: list[tuple[int, int]] = []
        self.rated: list[tuple[int, int, int]] = []

    def add(
        self,
        kind: str,
        label: str,
        index: Sequence[int],
        value: Sequence[float],
        *,
        low: float = 0.0,
        high: float = 0.0,
    ) -> int:
        """Add a row of coefficients at column positions; return its number."""
        self.names.append((kind, label))
        self.index.append(np.asarray(index, dtype=np.int32))
        self.value.append(np.asarray(value, dtype=float))
        self.low.append(low)
        self.high.append(high)
        return len(self.names) - 1

    def program(
        self,
        blocks: Mapping[str, slice],
        width: int,
        buses: int,
    ) -> ExchangeProgram:
        """Return the rows as arrays; ``buses`` is the number of buses."""
        lengths = [len(index) for index in self.index]
        ends = np.cumsum(lengths)
        start = np.concatenate([[0], ends])
        rated = np.array(self.rated, dtype=int)
        return ExchangeProgram(
            blocks=blocks,
            width=width,
            names=self.names,
            start=start.astype(np.int32),
            index=np.concatenate(self.index),
            value=np.concatenate(self.value),
            low=np.array(self.low),
            high=np.array(self.high),
            demand=self._demand_matrix(buses),
            rated=rated.reshape(-1, 3),
        )

    def _demand_matrix(self, buses: int) -> sparse.csr_matrix:
        entries = np.array(self.demand, dtype=int)
        row, bus = entries.reshape(-1, 2).T
        ones = np.ones(len(row))
        shape = (len(self.names), buses)
        return sparse.csr_matrix((ones, (row, bus)), shape=shape)
