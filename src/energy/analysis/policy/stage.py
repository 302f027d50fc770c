"""The linear program of one stage, and the noise that is seen before its decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from energy.errors import Fault, InputError


def entry_places(
    matrix: sparse.csc_matrix,
    rows: np.ndarray,
    columns: np.ndarray,
) -> np.ndarray:
    """Return where in the data of a matrix some of its entries stand; −1 where it has none.

    Parameters
    ----------
    matrix
        Column-wise, its indices sorted.
    rows, columns
        Of the entries; shape (entries,).

    Examples
    --------
    >>> entry_places(sparse.csc_matrix([[1.0, 0.0], [2.0, 3.0]]), np.array([1, 0]), np.array([1, 1])).tolist()
    [2, -1]
    """
    height, width = matrix.shape
    column_of_entry = np.repeat(np.arange(width, dtype=np.int64), np.diff(matrix.indptr))
    number_of_entry = column_of_entry * height + matrix.indices
    wanted = columns.astype(np.int64) * height + rows
    places = np.searchsorted(number_of_entry, wanted)
    within = places.clip(max=max(len(number_of_entry) - 1, 0))
    has_entry = number_of_entry[within] == wanted
    return np.where(has_entry, within, -1)


def _indices() -> np.ndarray:
    return np.zeros(0, dtype=np.int32)


def _numbers() -> np.ndarray:
    return np.zeros(0)


@dataclass(frozen=True, eq=False)
class StageProblem:
    """A linear program that turns an incoming state into an outgoing one.

    Minimise cost·x with row_lower ≤ A·x ≤ row_upper and lower ≤ x ≤ upper. The columns of the incoming state are fixed
    at what the stage before left; the value function of what follows is a function of the outgoing ones.

    Attributes
    ----------
    name
        For messages, such as ``July``.
    matrix
        A, column-wise; shape (rows, columns).
    cost, lower, upper
        Objective and bounds of the columns; shape (columns,).
    row_lower, row_upper
        Bounds of the rows; shape (rows,).
    state_in, state_out
        Columns of the incoming and of the outgoing state, each in the order of the stage at the other side; shape
        (states,). The two may differ in number. The bounds of incoming columns play no part.
    accounts
        Name → coefficient of every column: what a simulation reports of a stage beside its cost, such as the energy of
        a service [MWh] or unmet irrigation [hm³]; each of shape (columns,).
    """

    name: str
    matrix: sparse.csc_matrix
    cost: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    row_lower: np.ndarray
    row_upper: np.ndarray
    state_in: np.ndarray
    state_out: np.ndarray
    accounts: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        faults = list(self._faults())
        if faults:
            raise InputError(faults)

    def _faults(self) -> Iterator[Fault]:
        rows, columns = self.matrix.shape
        lengths = {"cost": columns, "lower": columns, "upper": columns, "row_lower": rows, "row_upper": rows}
        for attribute, length in lengths.items():
            shape = getattr(self, attribute).shape
            if shape != (length,):
                yield Fault(
                    f"{attribute} has shape {shape}",
                    f"stage {self.name}",
                    None,
                    f"({length},)",
                )
        for attribute in ("state_in", "state_out"):
            positions = getattr(self, attribute)
            if len(positions) and not 0 <= positions.min() <= positions.max() < columns:
                what = f"{attribute} names column {positions.max()}"
                yield Fault(
                    what,
                    f"stage {self.name}",
                    None,
                    f"0 to {columns - 1}",
                )
        for account, coefficients in self.accounts.items():
            if coefficients.shape != (columns,):
                what = f"account {account!r} has shape {coefficients.shape}"
                yield Fault(
                    what,
                    f"stage {self.name}",
                    None,
                    f"({columns},)",
                )


@dataclass(frozen=True, eq=False)
class Noise:
    """One outcome of what a stage cannot know beforehand, as numbers that replace those of its program.

    Attributes
    ----------
    probability
        Of this outcome in its node.
    rows, row_lower, row_upper
        Rows and their bounds, for inflow and demand.
    columns, lower, upper
        Columns and their bounds, for outages. Columns of the incoming state are never among them.
    priced, cost
        Columns and their costs, for prices.
    entry_rows, entry_columns, coefficients
        Coefficients of the matrix, where the program has one already, for losses of a pole that runs alone. None of
        them is in a row that makes a state, nor in a column of one.
    """

    probability: float = 1.0
    rows: np.ndarray = field(default_factory=_indices)
    row_lower: np.ndarray = field(default_factory=_numbers)
    row_upper: np.ndarray = field(default_factory=_numbers)
    columns: np.ndarray = field(default_factory=_indices)
    lower: np.ndarray = field(default_factory=_numbers)
    upper: np.ndarray = field(default_factory=_numbers)
    priced: np.ndarray = field(default_factory=_indices)
    cost: np.ndarray = field(default_factory=_numbers)
    entry_rows: np.ndarray = field(default_factory=_indices)
    entry_columns: np.ndarray = field(default_factory=_indices)
    coefficients: np.ndarray = field(default_factory=_numbers)

    @classmethod
    def of_rows(
        cls,
        probability: float,
        rows: list[int],
        right_hand_side: list[float],
    ) -> Noise:
        """Return the outcome that sets the right-hand side of some equality rows.

        Examples
        --------
        >>> Noise.of_rows(0.5, [0], [30.0]).row_upper.tolist()
        [30.0]
        """
        level = np.array(right_hand_side, dtype=float)
        return cls(
            probability,
            np.array(rows, dtype=np.int32),
            level,
            level,
        )
