"""A small policy graph as one linear program over its whole scenario tree: what training is held against."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from energy.analysis.policy.graph import PolicyGraph
from energy.analysis.policy.stage import Noise, entry_places
from energy.errors import Fault, InputError, SolverError

MOST_COLUMNS = 1_000_000
"""Of a tree; it grows by a factor with every stage."""


@dataclass(frozen=True, eq=False)
class _Vertex:
    """One stage under one history of what was seen.

    Attributes
    ----------
    node, noise
        Node of the policy graph and what is seen there.
    probability
        Of the whole history.
    parent
        Number of the vertex before; −1: the initial state enters here.
    """

    node: int
    noise: Noise
    probability: float
    parent: int


def _tree_optimum(
    graph: PolicyGraph,
    state: np.ndarray | None = None,
    after: int | None = None,
) -> float:
    """Return the least expected cost over the whole scenario tree of a graph that ends.

    Parameters
    ----------
    graph
        Without cycles.
    state
        State that enters; the graph's own unless given.
    after
        Number of a node: the expected cost of what follows it, when it leaves ``state``. None: from the start on.

    Raises
    ------
    InputError
        When the tree has more than a million columns, or no end.
    SolverError
        When it has no optimum.
    """
    arcs = graph.start if after is None else graph.nodes[after].transitions
    entering = graph.initial_state if state is None else state
    tree = list(_grown(graph, dict(arcs)))
    if not tree:
        return 0.0
    cost, lower, upper, matrices, row_lower, row_upper = [], [], [], [], [], []
    first_column = np.cumsum([0, *(len(graph.nodes[vertex.node].stage.cost) for vertex in tree)])
    ties, entering_ties = [], []
    for number, vertex in enumerate(tree):
        stage = graph.nodes[vertex.node].stage
        numbers = _with_noise(graph, vertex)
        cost.append(vertex.probability * numbers["cost"])
        lower.append(numbers["lower"])
        upper.append(numbers["upper"])
        row_lower.append(numbers["row_lower"])
        row_upper.append(numbers["row_upper"])
        matrices.append(_matrix_with_noise(stage.matrix, vertex.noise))
        columns = first_column[number] + stage.state_in
        if vertex.parent < 0:
            entering_ties.append(columns)
        else:
            parent = graph.nodes[tree[vertex.parent].node].stage
            ties.append((columns, first_column[vertex.parent] + parent.state_out))
    width = int(first_column[-1])
    tie_matrix, tie_level = _tied(
        ties,
        entering_ties,
        entering,
        width,
    )
    matrix = sparse.vstack([sparse.block_diag(matrices), tie_matrix], format="csr")
    low = np.concatenate([*row_lower, tie_level])
    high = np.concatenate([*row_upper, tie_level])
    bounds = np.column_stack([np.concatenate(lower), np.concatenate(upper)])
    return _program_optimum(
        cost=np.concatenate(cost),
        bounds=bounds,
        matrix=matrix,
        low=low,
        high=high,
    )


def _grown(graph: PolicyGraph, arcs: dict[int, float]) -> Iterator[_Vertex]:
    """Yield the vertices of the tree, parents before their children."""
    waiting = [(-1, node, probability) for node, probability in arcs.items()]
    number, columns = 0, 0
    while waiting:
        parent, node, probability = waiting.pop(0)
        for noise in graph.nodes[node].noises:
            odds = probability * noise.probability
            if odds == 0:
                continue
            columns += len(graph.nodes[node].stage.cost)
            if columns > MOST_COLUMNS:
                what = f"its scenario tree has more than {MOST_COLUMNS} columns"
                raise InputError(
                    Fault(
                        what,
                        "policy graph",
                        None,
                        allowed="a small graph that ends",
                        repair="train a policy",
                    )
                )
            yield _Vertex(
                node,
                noise,
                odds,
                parent,
            )
            waiting += [(number, target, odds * p) for target, p in graph.nodes[node].transitions.items()]
            number += 1


def _with_noise(graph: PolicyGraph, vertex: _Vertex) -> dict[str, np.ndarray]:
    """Return costs and bounds of a vertex; the incoming state is bound by its tie alone."""
    stage, noise = graph.nodes[vertex.node].stage, vertex.noise
    names = ("cost", "lower", "upper", "row_lower", "row_upper")
    numbers = {name: getattr(stage, name).astype(float) for name in names}
    numbers["lower"][stage.state_in] = -np.inf
    numbers["upper"][stage.state_in] = np.inf
    numbers["row_lower"][noise.rows] = noise.row_lower
    numbers["row_upper"][noise.rows] = noise.row_upper
    numbers["lower"][noise.columns] = noise.lower
    numbers["upper"][noise.columns] = noise.upper
    numbers["cost"][noise.priced] = noise.cost
    return numbers


def _matrix_with_noise(matrix: sparse.csc_matrix, noise: Noise) -> sparse.csc_matrix:
    """Return the matrix of a stage with the coefficients of a noise."""
    if not len(noise.coefficients):
        return matrix
    changed = matrix.copy()
    changed.sort_indices()
    changed.data[entry_places(changed, noise.entry_rows, noise.entry_columns)] = noise.coefficients
    return changed


def _tied(
    ties: list[tuple[np.ndarray, np.ndarray]],
    entering_ties: list[np.ndarray],
    entering: np.ndarray,
    width: int,
) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Return the rows that make an incoming state what was left before it, and their right-hand side."""
    columns_in = np.concatenate([*(incoming for incoming, _ in ties), *entering_ties]).astype(int)
    columns_out = np.concatenate([np.zeros(0, dtype=int), *(outgoing for _, outgoing in ties)]).astype(int)
    rows = np.arange(len(columns_in))
    height = len(rows)
    incoming = sparse.csr_matrix((np.ones(height), (rows, columns_in)), shape=(height, width))
    outgoing_entries = (np.ones(len(columns_out)), (rows[: len(columns_out)], columns_out))
    outgoing = sparse.csr_matrix(outgoing_entries, shape=(height, width))
    level = np.concatenate([np.zeros(len(columns_out)), np.tile(entering, len(entering_ties))])
    return incoming - outgoing, level


def _program_optimum(
    cost: np.ndarray,
    bounds: np.ndarray,
    matrix: sparse.csr_matrix,
    low: np.ndarray,
    high: np.ndarray,
) -> float:
    """Return the least cost·x with low ≤ A·x ≤ high and x within bounds, shape (columns, 2).

    Raises
    ------
    SolverError
        When there is none.
    """
    equal = low == high
    below, above = ~equal & np.isfinite(high), ~equal & np.isfinite(low)
    optimum = linprog(
        cost,
        A_ub=sparse.vstack([matrix[below], -matrix[above]]),
        b_ub=np.concatenate([high[below], -low[above]]),
        A_eq=matrix[equal],
        b_eq=low[equal],
        bounds=bounds,
        method="highs",
    )
    if optimum.status != 0:
        raise SolverError(f"scenario tree: {optimum.message}")
    return float(optimum.fun)
