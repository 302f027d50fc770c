"""A program whose water rules yield at a price: no belief about the river that turns out wrong leaves it without a way.

A rule that yields is counted [hm³], under its own name. Its price says when: a rule of a lower price yields first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from energy.solve.elastic_bounds import ElasticBound
from energy.solve.lp import Problem, Structure


@dataclass(frozen=True, eq=False)
class Slack:
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
    of_rows: Slack
    of_columns: Slack

    def matrix(self, problem: Problem) -> sparse.csc_matrix:
        """Return the matrix of a program with its slack."""
        pattern = self.structure.pattern
        height, width = pattern.shape
        own = sparse.csc_matrix((problem.matrix, pattern.indices, pattern.indptr), pattern.shape)
        count_rows, count_columns = len(self.of_rows), len(self.of_columns)
        widened = (self.of_rows.sign.astype(float), (self.of_rows.at, np.arange(count_rows)))
        on_rows = sparse.csc_matrix(widened, shape=(height, count_rows))
        numbers = np.arange(count_columns)
        held = (np.ones(count_columns), (numbers, self.of_columns.at))
        held_columns = sparse.csc_matrix(held, shape=(count_columns, width))
        yielding = sparse.diags_array(self.of_columns.sign.astype(float))
        return sparse.block_array([[own, on_rows, None], [held_columns, None, yielding]], format="csc")

    def problem(self, problem: Problem) -> Problem:
        """Return the numbers of a program with its slack.

        Bounds of columns that yield become bounds of their own rows. So outages and prices of any program of the
        structure carry over.
        """
        slack = self.of_columns
        lower, upper = problem.lower.copy(), problem.upper.copy()
        low, high = slack.sign > 0, slack.sign < 0
        row_lower = np.where(low, lower[slack.at], -np.inf)
        row_upper = np.where(high, upper[slack.at], np.inf)
        lower[slack.at[low]] -= slack.most[low]
        upper[slack.at[high]] += slack.most[high]
        cost = [each.price * each.volume for each in (self.of_rows, self.of_columns)]
        most = np.concatenate([self.of_rows.most, slack.most])
        return replace(
            problem,
            cost=np.concatenate([problem.cost, *cost]),
            lower=np.concatenate([lower, np.zeros(len(most))]),
            upper=np.concatenate([upper, most]),
            matrix=self.matrix(problem).data,
            row_lower=np.concatenate([problem.row_lower, row_lower]),
            row_upper=np.concatenate([problem.row_upper, row_upper]),
        )

    def stage_of_column(self, own: np.ndarray) -> np.ndarray:
        """Return the stage of every column from those of the program's own: a row yields in its last stage."""
        by_row = self.structure.pattern.tocsr()
        of_rows = [own[by_row.indices[by_row.indptr[row] : by_row.indptr[row + 1]]].max() for row in self.of_rows.at]
        return np.concatenate([own, np.array(of_rows, dtype=int), own[self.of_columns.at]])

    def accounts(self) -> dict[str, np.ndarray]:
        """Return for each rule that yields the coefficients of what it yields [hm³] in every column."""
        own_width = self.structure.pattern.shape[1]
        names = [*self.of_rows.names, *self.of_columns.names]
        volumes = np.concatenate([self.of_rows.volume, self.of_columns.volume])
        accounts = {}
        for name in dict.fromkeys(names):
            of_name = np.array([other == name for other in names])
            accounts[name] = np.concatenate([np.zeros(own_width), np.where(of_name, volumes, 0.0)])
        return accounts


def elastic_program(
    structure: Structure, bounds: Sequence[ElasticBound], prices: Mapping[str, float]
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
    of_rows: list[Slack] = []
    of_columns: list[Slack] = []
    for bound in bounds:
        if bound.name not in prices or not len(bound.at):
            continue
        count = len(bound.at)
        is_content = bool(bound.of_columns and np.isin(bound.at, contents).all())
        slack = Slack(
            at=np.asarray(bound.at, dtype=int),
            sign=np.full(count, bound.sign),
            most=np.asarray(bound.most, dtype=float),
            volume=np.ones(count) if is_content else np.asarray(bound.hours, dtype=float),
            price=np.full(count, prices[bound.name]),
            names=(f"{bound.name}: {bound.said}",) * count,
        )
        (of_columns if bound.of_columns else of_rows).append(slack)
    return ElasticProgram(structure, _joined(of_rows), _joined(of_columns))


def _joined(parts: Sequence[Slack]) -> Slack:
    def gathered(attribute: str) -> np.ndarray:
        arrays = [getattr(part, attribute) for part in parts]
        return np.concatenate([*arrays, np.zeros(0)])

    names = tuple(name for part in parts for name in part.names)
    at, sign = gathered("at").astype(int), gathered("sign").astype(int)
    return Slack(at, sign, gathered("most"), gathered("volume"), gathered("price"), names)
