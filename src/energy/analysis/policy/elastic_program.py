"""A program whose water rules yield at a price: no belief about the river that turns out wrong leaves it without a way.

A rule that yields is counted [hm³], under its own name. Its price says when: a rule of a lower price yields first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from energy.solve.elastic_bound import ElasticBound
from energy.solve.lp import Problem, Structure


@dataclass(frozen=True, eq=False)
class _Slack:
    """By how much single bounds may yield.

    Attributes
    ----------
    at
        Rows or columns of the program; shape (bounds,).
    sign
        1 where a lower bound yields, −1 where an upper one does; shape (bounds,).
    most
        Most that each yields, in the program's unit; shape (bounds,).
    volume
        What one unit is in hm³; shape (bounds,).
    price
        Of one hm³, in the unit of the objective; shape (bounds,).
    names
        Whose bounds they are.
    """

    at: np.ndarray
    sign: np.ndarray
    most: np.ndarray
    volume: np.ndarray
    price: np.ndarray
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True, eq=False)
class ElasticProgram:
    """The shape of a program with slack: first its own columns and rows, then those of the slack.

    Attributes
    ----------
    structure
        The program's own.
    of_rows, of_columns
        Slack on bounds of rows, which widens the row, and on bounds of columns, each with a row of its own.
    """

    structure: Structure
    of_rows: _Slack
    of_columns: _Slack

    def matrix(self, problem: Problem) -> sparse.csc_matrix:
        """Return the matrix of a program with its slack."""
        pattern = self.structure.pattern
        height, width = pattern.shape
        rows, columns = self.of_rows, self.of_columns
        own = sparse.csc_matrix((problem.matrix, pattern.indices, pattern.indptr), pattern.shape)
        row_slack = sparse.csc_matrix(
            (rows.sign.astype(float), (rows.at, np.arange(len(rows)))),
            shape=(height, len(rows)),
        )
        held_columns = sparse.csc_matrix(
            (np.ones(len(columns)), (np.arange(len(columns)), columns.at)),
            shape=(len(columns), width),
        )
        column_slack = sparse.diags_array(columns.sign.astype(float))
        blocks = [
            [own, row_slack, None],
            [held_columns, None, column_slack],
        ]
        return sparse.block_array(blocks, format="csc")

    def problem(self, problem: Problem) -> Problem:
        """Return the numbers of a program with its slack.

        Bounds of columns that yield become bounds of their own rows. So outages and prices of any program of the
        structure carry over.
        """
        slack = self.of_columns
        lower = problem.lower.copy()
        upper = problem.upper.copy()
        is_lower = slack.sign > 0
        row_lower = np.where(is_lower, lower[slack.at], -np.inf)
        row_upper = np.where(is_lower, np.inf, upper[slack.at])
        lower[slack.at[is_lower]] -= slack.most[is_lower]
        upper[slack.at[~is_lower]] += slack.most[~is_lower]
        cost_of_rows = self.of_rows.price * self.of_rows.volume
        cost_of_columns = slack.price * slack.volume
        most = np.append(self.of_rows.most, slack.most)
        return replace(
            problem,
            cost=np.concatenate([problem.cost, cost_of_rows, cost_of_columns]),
            lower=np.append(lower, np.zeros(len(most))),
            upper=np.append(upper, most),
            matrix=self.matrix(problem).data,
            row_lower=np.append(problem.row_lower, row_lower),
            row_upper=np.append(problem.row_upper, row_upper),
        )

    def stage_of_column(self, own: np.ndarray) -> np.ndarray:
        """Return the stage of every column from those of the program's own: a row yields in its last stage."""
        by_row = self.structure.pattern.tocsr()
        last_stages = []
        for row in self.of_rows.at:
            start = by_row.indptr[row]
            end = by_row.indptr[row + 1]
            stages = own[by_row.indices[start:end]]
            last_stages.append(int(stages.max()))
        of_rows = np.array(last_stages, dtype=int)
        return np.concatenate([own, of_rows, own[self.of_columns.at]])

    def accounts(self) -> dict[str, np.ndarray]:
        """Return for each rule that yields the coefficients of what it yields [hm³] in every column."""
        own_width = self.structure.pattern.shape[1]
        names = [*self.of_rows.names, *self.of_columns.names]
        volumes = np.append(self.of_rows.volume, self.of_columns.volume)
        accounts: dict[str, np.ndarray] = {}
        for position, name in enumerate(names):
            account = accounts.setdefault(name, np.zeros(own_width + len(names)))
            account[own_width + position] = volumes[position]
        return accounts


def elastic_program(
    structure: Structure,
    bounds: Sequence[ElasticBound],
    prices: Mapping[str, float],
) -> ElasticProgram:
    """Let bounds yield.

    Parameters
    ----------
    structure
        The program.
    bounds
        All that could yield, as ``energy.solve.elastic_bounds`` has them.
    prices
        Name of a bound's origin, such as ``rule nurek_end`` → price of a hm³ by which it yields, in the unit of the
        objective. What is not named does not yield.
    """
    contents = structure.columns.get(("stores", "e"), np.zeros(0, dtype=int))
    of_rows: list[_Slack] = []
    of_columns: list[_Slack] = []
    for bound in bounds:
        if bound.name not in prices or not len(bound.at):
            continue
        is_content = bool(bound.of_columns and np.isin(bound.at, contents).all())
        slack = _slack(bound, prices[bound.name], is_content)
        if bound.of_columns:
            of_columns.append(slack)
        else:
            of_rows.append(slack)
    return ElasticProgram(structure, _joined(of_rows), _joined(of_columns))


def _slack(bound: ElasticBound, price: float, is_content: bool) -> _Slack:
    """Return the slack of the bounds of one origin; what a store holds is a volume, all else flows for some hours."""
    count = len(bound.at)
    hours = np.asarray(bound.hours, dtype=float)
    return _Slack(
        at=np.asarray(bound.at, dtype=int),
        sign=np.full(count, bound.sign),
        most=np.asarray(bound.most, dtype=float),
        volume=np.ones(count) if is_content else hours,
        price=np.full(count, price),
        names=(f"{bound.name}: {bound.said}",) * count,
    )


def _joined(parts: Sequence[_Slack]) -> _Slack:
    """Return several as one."""

    def joined(attribute: str) -> np.ndarray:
        arrays = [getattr(part, attribute) for part in parts]
        return np.concatenate([*arrays, np.zeros(0)])

    return _Slack(
        at=joined("at").astype(int),
        sign=joined("sign").astype(int),
        most=joined("most"),
        volume=joined("volume"),
        price=joined("price"),
        names=tuple(name for part in parts for name in part.names),
    )
