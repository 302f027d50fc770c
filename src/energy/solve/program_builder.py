"""A linear program while it is assembled: its columns, its rows with their bounds, its non-zeros."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from energy.model import Inputs
from energy.solve.lp import Key


class ProgramBuilder:
    """Columns and rows of a program as they are laid down.

    Parameters
    ----------
    inputs
        What the program is of.

    Attributes
    ----------
    columns
        (component list, quantity) → numbers of its columns; shape (snapshots, components).
    rows
        Name of a block of rows → their numbers, a snapshot first.
    lower, upper
        Bounds of the rows, block by block.
    """

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self.columns: dict[Key, np.ndarray] = {}
        self.rows: dict[str, np.ndarray] = {}
        self.lower: list[np.ndarray] = []
        self.upper: list[np.ndarray] = []
        self._height = 0
        self._width = 0
        self._entry_rows: list[np.ndarray] = []
        self._entry_columns: list[np.ndarray] = []
        self._entry_values: list[np.ndarray] = []

    @property
    def length(self) -> int:
        """Number of snapshots."""
        return len(self.inputs.axis.snapshots)

    def add_columns(self, *shape: int) -> np.ndarray:
        """Add columns, and return their numbers in a shape."""
        first = self._width
        self._width += int(np.prod(shape))
        numbers = np.arange(first, self._width)
        return numbers.reshape(shape)

    def add_rows(
        self,
        shape: tuple[int, ...],
        lower: float = 0.0,
        upper: float = 0.0,
    ) -> np.ndarray:
        """Add rows with bounds, and return their numbers in a shape."""
        first = self._height
        count = int(np.prod(shape))
        self._height += count
        self.lower.append(np.full(count, lower))
        self.upper.append(np.full(count, upper))
        numbers = np.arange(first, self._height)
        return numbers.reshape(shape)

    def put(
        self,
        rows: np.ndarray,
        columns: np.ndarray,
        values: np.ndarray | float,
    ) -> None:
        """Add non-zeros; rows, columns and values are broadcast against each other."""
        shape = np.broadcast(rows, columns, values).shape
        self._entry_rows.append(_spread(rows, shape))
        self._entry_columns.append(_spread(columns, shape))
        self._entry_values.append(_spread(values, shape))

    def matrix(self) -> sparse.csc_matrix:
        """Return the matrix, column-wise; shape (rows, columns)."""
        rows = np.concatenate(self._entry_rows)
        columns = np.concatenate(self._entry_columns)
        values = np.concatenate(self._entry_values)
        matrix = sparse.csc_matrix(
            (values, (rows, columns)),
            shape=(self._height, self._width),
        )
        matrix.sort_indices()
        return matrix


def _spread(values: np.ndarray | float, shape: tuple[int, ...]) -> np.ndarray:
    """Return values broadcast to a shape, one after the other."""
    spread = np.empty(shape, dtype=np.asarray(values).dtype)
    spread[...] = values
    return spread.ravel()
