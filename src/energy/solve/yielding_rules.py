"""Rules of the water that yield, in an order, where the rivers cannot keep them all.

A case states in its ``yield_order`` which rule gives way first. What each must yield is decided on the rivers alone,
before power, by sequential optimisation: the rule that stands last yields as little as any operation allows, then the
one before it, and so on; water that irrigation lacks comes before all of them. A flow yields by the same rate all
through a month, and no later than it must. Case and scenario then stand as they are, but for these bounds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import highspy
import numpy as np
from scipy import sparse

from energy.model import Inputs
from energy.solve.elastic_bound import ElasticBound
from energy.solve.elastic_bounds import elastic_bounds
from energy.solve.lp import Problem, Structure, matrix_of
from energy.solve.rivers import NEGLIGIBLE, OPTIONS, computed_once_for_rivers, lacking_columns, river_part

ROOM = 1e-6  # share by which a bound moves beyond what it must
ZERO = 1e-9  # reduced cost, as a share of the largest, below which a column or row does not matter to a sum
OF_WATER = ("hm3", "hm3/h", "m3/s", "of e_nom")
FLOW, CONTENT = ("links", "p"), ("stores", "e")
LIMITS = {
    (FLOW, 1): ("p_min_pu", "p_nom"),
    (FLOW, -1): ("p_max_pu", "p_nom"),
    (CONTENT, 1): ("e_min_pu", "e_nom"),
    (CONTENT, -1): ("e_max_pu", "e_nom"),
}
"""(Columns, 1 for a lower bound) → attribute that sets the bound, and the size that it is a share of."""


@dataclass(frozen=True, eq=False)
class _YieldingBound:
    """Bounds of one rule that yield together, by the same number: a volume, a content, or a month's flow.

    Attributes
    ----------
    rule
        Its name in the case.
    bound
        Which of its bounds.
    at
        Rows or columns of the program; shape (bounds,).
    hours
        What one unit of the number is in hm³: 1 of a volume or content, the hours of a flow.
    most
        Most that it yields, in the program's unit.
    first_snapshot
        Position of the snapshot from which on it yields.
    """

    rule: str
    bound: ElasticBound
    at: np.ndarray
    hours: float
    most: float
    first_snapshot: int


@dataclass(frozen=True, eq=False)
class YieldedRules:
    """What rules yield.

    Attributes
    ----------
    volumes
        Rule → what it yields [hm³].
    inputs
        The inputs with the bounds moved by as much.
    """

    volumes: Mapping[str, float]
    inputs: Inputs


def least_yields(
    structure: Structure,
    problem: Problem,
    inputs: Inputs,
) -> YieldedRules | None:
    """Return what rules of the water must yield for the rivers to keep all others.

    Parameters
    ----------
    structure, problem, inputs
        The whole program.

    Returns
    -------
    YieldedRules, or None where no rule has to yield, or where it would not help
    """
    yielding = list(_yielding_bounds(structure, problem, inputs))
    if not yielding:
        return None
    amounts = computed_once_for_rivers(_least_amounts, structure, problem, inputs)
    if amounts is None:
        return None
    volumes: dict[str, float] = {}
    relaxed = inputs
    for part, amount in zip(yielding, amounts, strict=True):
        volume = amount * part.hours
        if volume > NEGLIGIBLE:
            volumes[part.rule] = volumes.get(part.rule, 0.0) + float(volume)
        if amount <= 0.0:
            continue
        # what is too little to be reported is still what makes the rivers feasible
        relaxed = _relaxed(
            relaxed,
            structure,
            part,
            amount * (1 + ROOM),
        )
    return YieldedRules(volumes, relaxed) if volumes else None


def _yielding_bounds(
    structure: Structure,
    problem: Problem,
    inputs: Inputs,
) -> Iterator[_YieldingBound]:
    """Yield the bounds of the rules in the case's yield order; what a shortfall's generator gives is none."""
    rule_of = {rule["name"]: rule for rule in inputs.rules}
    months = inputs.axis.snapshots.month.to_numpy()
    for bound in elastic_bounds(structure, inputs, problem):
        rule = _rule_in_order(bound, inputs.book.yield_order)
        if rule is None or not len(bound.at):
            continue
        constraint = rule_of.get(bound.name.removeprefix("rule "), {})
        if bound.sign > 0 and "shortfall" in constraint:
            continue
        is_flow = bound.unit in ("m3/s", "hm3/h")
        if is_flow:
            parts = [np.flatnonzero(months[bound.snapshots] == month) for month in range(1, 13)]
        else:
            parts = [np.arange(len(bound.at))]
        for part in parts:
            if len(part):
                yield _YieldingBound(
                    rule=rule,
                    bound=bound,
                    at=bound.at[part],
                    hours=float(bound.hours[part].sum()) if is_flow else 1.0,
                    most=float(bound.most[part].max()),
                    first_snapshot=int(bound.snapshots[part].min()),
                )


def _rule_in_order(bound: ElasticBound, order: Sequence[str]) -> str | None:
    """Return the rule of an order that a bound belongs to; a volume's name ends with the year of its window."""
    if not bound.name.startswith("rule ") or bound.unit not in OF_WATER or bound.said == "starts with":
        return None
    name = bound.name.removeprefix("rule ")
    for rule in order:
        if name == rule or name.startswith(f"{rule} "):
            return rule
    return None


def _least_amounts(
    structure: Structure,
    problem: Problem,
    inputs: Inputs,
) -> np.ndarray | None:
    """Return by how much each yielding bound yields, in the program's unit; None where no amount helps."""
    yielding = list(_yielding_bounds(structure, problem, inputs))
    rivers: _Rivers | None = _rivers_with_slack(
        structure,
        problem,
        inputs,
        yielding,
    )
    volume = np.array([part.hours for part in yielding])
    width = structure.pattern.shape[1]
    slack = np.arange(width, width + len(yielding))
    levels = []
    for rule in reversed(inputs.book.yield_order):
        is_of_rule = np.array([part.rule == rule for part in yielding])
        if is_of_rule.any():
            cost = np.zeros(width + len(yielding))
            cost[slack] = volume * is_of_rule
            levels.append(cost)
    lacking = np.zeros(width + len(yielding))
    hours = inputs.axis.weightings["stores"].to_numpy(float)[:, None]
    lacking[lacking_columns(structure, inputs)] = hours
    earliest = np.zeros(width + len(yielding))
    lateness = np.array([part.first_snapshot for part in yielding]) / len(inputs.axis.snapshots)
    earliest[slack] = volume * (1.0 + lateness)
    for cost in [*levels, lacking, earliest]:
        rivers = rivers.at_least_of(cost) if rivers else None
    return rivers.values[slack].clip(min=0.0) if rivers else None


@dataclass(frozen=True, eq=False)
class _Rivers:
    """The program of the rivers, kept in HiGHS, optimised for one cost after another.

    Attributes
    ----------
    highs
        Holds it.
    columns
        Columns of the program, slack behind them, that it has.
    width
        How many there are in all.
    values
        Of all columns at the last optimum, those that it does not have at zero; shape (width,).
    """

    highs: highspy.Highs
    columns: np.ndarray
    width: int
    values: np.ndarray

    def at_least_of(self, cost: np.ndarray) -> _Rivers | None:
        """Return the optimum of a cost, whose optimal face no later one leaves; None where there is none."""
        of_columns = cost[self.columns]
        count = len(self.columns)
        self.highs.changeColsCost(count, np.arange(count, dtype=np.int32), of_columns)
        self.highs.run()
        if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solution = self.highs.getSolution()
        self._keep_optimal_face(solution)
        values = np.zeros(self.width)
        values[self.columns] = solution.col_value
        return replace(self, values=values)

    def _keep_optimal_face(self, solution: highspy.HighsSolution) -> None:
        """Fix the columns and rows that have a reduced cost at their bounds (complementary slackness)."""
        program = self.highs.getLp()
        columns, bounds = _fixed(solution.col_value, solution.col_dual, program.col_lower_, program.col_upper_)
        self.highs.changeColsBounds(len(columns), columns, bounds, bounds)
        rows, bounds = _fixed(solution.row_value, solution.row_dual, program.row_lower_, program.row_upper_)
        self.highs.changeRowsBounds(len(rows), rows, bounds, bounds)  # type: ignore[attr-defined]


def _fixed(
    values: Sequence[float],
    reduced: Sequence[float],
    lower: Sequence[float],
    upper: Sequence[float],
) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of what has a reduced cost, and the bound that each is at."""
    size = np.abs(reduced)
    smallest = ZERO * max(1.0, float(size.max(initial=0.0)))
    fixed = np.flatnonzero(size > smallest).astype(np.int32)
    value = np.asarray(values)[fixed]
    least = np.asarray(lower)[fixed]
    most = np.asarray(upper)[fixed]
    bound = np.where(np.abs(value - least) <= np.abs(most - value), least, most)
    return fixed, bound


def _rivers_with_slack(
    structure: Structure,
    problem: Problem,
    inputs: Inputs,
    yielding: Sequence[_YieldingBound],
) -> _Rivers:
    """Return rows and columns of the water with a slack for each part of a rule; bounds of columns become rows."""
    rows, columns = river_part(structure, inputs)
    matrix = matrix_of(structure, problem).tocsr()
    height, width = matrix.shape
    count = len(yielding)
    lower, upper = problem.lower.copy(), problem.upper.copy()
    slack_in_rows = sparse.lil_array((height, count))
    held_columns, held_slack, signs, held_at = [], [], [], []
    for number, part in enumerate(yielding):
        sign = part.bound.sign
        if not part.bound.of_columns:
            slack_in_rows[part.at, number] = sign
            continue
        held_columns.append(part.at)
        held_slack.append(np.full(len(part.at), number))
        signs.append(np.full(len(part.at), sign))
        bounds = lower if sign > 0 else upper
        held_at.append(bounds[part.at])
    held = np.concatenate([np.zeros(0, dtype=int), *held_columns])
    slack_of_held = np.concatenate([np.zeros(0, dtype=int), *held_slack])
    sign_of_held = np.concatenate([np.zeros(0), *signs])
    bound_of_held = np.concatenate([np.zeros(0), *held_at])
    for part in yielding:
        if part.bound.of_columns and part.bound.sign > 0:
            lower[part.at] -= part.most
        elif part.bound.of_columns:
            upper[part.at] += part.most
    places = np.arange(len(held))
    column_rows = sparse.csr_array((np.ones(len(held)), (places, held)), shape=(len(held), width))
    column_slack = sparse.csr_array((sign_of_held, (places, slack_of_held)), shape=(len(held), count))
    own_rows = sparse.hstack([matrix[rows], slack_in_rows.tocsr()[rows]])
    new_rows = sparse.hstack([column_rows, column_slack])
    chosen = np.append(columns, np.arange(width, width + count))
    program = sparse.csc_matrix(sparse.vstack([own_rows, new_rows]).tocsc()[:, chosen])
    is_lower = sign_of_held > 0
    most = np.array([part.most for part in yielding])
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in OPTIONS.items():
        highs.setOptionValue(option, value)
    highs.passModel(
        program.shape[1],
        program.shape[0],
        program.nnz,
        int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        np.zeros(program.shape[1]),
        np.append(lower[columns], np.zeros(count)),
        np.append(upper[columns], most),
        np.append(problem.row_lower[rows], np.where(is_lower, bound_of_held, -np.inf)),
        np.append(problem.row_upper[rows], np.where(is_lower, np.inf, bound_of_held)),
        program.indptr,
        program.indices,
        program.data,
        np.zeros(program.shape[1], dtype=np.int32),
    )
    return _Rivers(
        highs=highs,
        columns=chosen,
        width=width + count,
        values=np.zeros(width + count),
    )


def _relaxed(
    inputs: Inputs,
    structure: Structure,
    part: _YieldingBound,
    amount: float,
) -> Inputs:
    """Return inputs in which a part of a rule yields by an amount, in the program's unit."""
    sign = part.bound.sign
    if not part.bound.of_columns:
        constraint = part.bound.name.removeprefix("rule ")
        field = part.bound.said.replace(" ", "_")
        rules = tuple(
            {**rule, field: rule[field] - sign * amount} if rule["name"] == constraint else rule
            for rule in inputs.rules
        )
        return replace(inputs, rules=rules)
    dense = dict(inputs.dense)
    for block in (FLOW, CONTENT):
        if block not in structure.columns:
            continue
        is_part = np.isin(structure.columns[block], part.at)
        if not is_part.any():
            continue
        attribute, nominal = LIMITS[block, sign]
        size = inputs.components[block[0]][nominal].to_numpy(float)
        limit = inputs.array(block[0], attribute).copy()
        share = np.broadcast_to(amount / np.maximum(size, ROOM), limit.shape)
        limit[is_part] -= sign * share[is_part]
        dense[block[0], attribute] = limit
    return replace(inputs, dense=dense)
