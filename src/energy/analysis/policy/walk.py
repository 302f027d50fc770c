"""What a worker does: walk a path forward, or look from a trial state at all that may follow.

A worker keeps the programs of a graph in HiGHS from task to task. What a task gives follows from the task alone, so
that answers are the same bits on any executor with any number of workers.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from energy.analysis.policy.graph import PolicyGraph
from energy.analysis.policy.stage import Noise
from energy.analysis.policy.stage_solver import StageSolver
from energy.analysis.policy.value_function import Cuts

Answer = TypeVar("Answer")

GRAPHS_KEPT = 2
"""Policy graphs whose programs a worker keeps."""


@dataclass(frozen=True, eq=False)
class Step:
    """A node on a path, and what is seen there."""

    node: int
    noise: Noise


@dataclass(frozen=True, eq=False)
class Walk:
    """What a path met with.

    Attributes
    ----------
    nodes
        Node of each step.
    states
        Outgoing state of each step.
    costs
        Cost of each step's stage; shape (steps,).
    objectives
        Cost of each step's stage and, as the policy estimates it, of what follows; shape (steps,).
    slopes
        Derivative of the objective in the incoming state, step by step: with a negative sign the worth of water.
    accounts
        Name → amount in each step's stage; shape (steps,).
    """

    nodes: tuple[int, ...]
    states: tuple[np.ndarray, ...]
    costs: np.ndarray
    objectives: np.ndarray
    slopes: tuple[np.ndarray, ...]
    accounts: Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Outlook:
    """What follows a trial state, over all nodes and all noise that may come next.

    Attributes
    ----------
    nodes
        Node of each outcome; shape (outcomes,).
    probabilities
        Probability of each outcome's noise in its node; shape (outcomes,).
    bounds
        Proved lower bound of the optimal cost of each outcome; shape (outcomes,).
    slopes
        Its derivatives in the trial state; shape (outcomes, states).
    """

    nodes: np.ndarray
    probabilities: np.ndarray
    bounds: np.ndarray
    slopes: np.ndarray


def walk(
    graph: PolicyGraph,
    cuts: Mapping[int, Cuts],
    steps: Sequence[Step],
    state: np.ndarray,
) -> Walk:
    """Decide step by step along a path, knowing of each stage its noise and of what follows the cuts alone.

    Parameters
    ----------
    graph
        Stage problems.
    cuts
        Node → cuts of what follows it, for the nodes of the path.
    steps
        The path.
    state
        State that enters its first step; shape (states,).

    Raises
    ------
    SolverError
        When a stage has no optimum.
    """
    states, solutions = [], []
    for step in steps:
        solver = _solver(graph, step.node, cuts[step.node])
        solution = solver.solve(state, step.noise)
        solutions.append(solution)
        state = solution.state
        states.append(state)
    return Walk(
        nodes=tuple(step.node for step in steps),
        states=tuple(states),
        costs=np.array([solution.cost for solution in solutions]),
        objectives=np.array([solution.objective for solution in solutions]),
        slopes=tuple(solution.slope for solution in solutions),
        accounts=_accounts(graph, steps, [solution.values for solution in solutions]),
    )


def _accounts(
    graph: PolicyGraph,
    steps: Sequence[Step],
    values: Sequence[np.ndarray],
) -> dict[str, np.ndarray]:
    """Return what each account of the stages has at each step; zero where a stage does not have it."""
    amounts: dict[str, np.ndarray] = {}
    for number, (step, of_stage) in enumerate(zip(steps, values, strict=True)):
        accounts = graph.nodes[step.node].stage.accounts
        for name, coefficients in accounts.items():
            account = amounts.setdefault(name, np.zeros(len(steps)))
            account[number] = np.sum(coefficients * of_stage)
    return amounts


def look_ahead(
    graph: PolicyGraph,
    cuts: Mapping[int, Cuts],
    targets: Sequence[int],
    state: np.ndarray,
) -> Outlook:
    """Solve every node of ``targets`` under every noise from one incoming state.

    Raises
    ------
    SolverError
        When a stage has no optimum.
    """
    nodes, probabilities, bounds, slopes = [], [], [], []
    for target in targets:
        solver = _solver(graph, target, cuts[target])
        for noise in graph.nodes[target].noises:
            solution = solver.solve(state, noise)
            nodes.append(target)
            probabilities.append(noise.probability)
            bounds.append(solution.bound)
            slopes.append(solution.slope)
    return Outlook(
        np.array(nodes),
        np.array(probabilities),
        np.array(bounds),
        np.array(slopes),
    )


def run_all(tasks: Sequence[Callable[[], Answer]], executor: Executor | None) -> list[Answer]:
    """Return what tasks give, in their order; executor None: done here, one after another."""
    if executor is None:
        return [task() for task in tasks]
    return list(executor.map(_run, tasks))


def _run(task: Callable[[], Answer]) -> Answer:
    return task()


_kept = threading.local()


def _solver(
    graph: PolicyGraph,
    node: int,
    cuts: Cuts,
) -> StageSolver:
    """Return this thread's program of a node with some cuts, ready for a sequence of solves."""
    graphs: dict[str, dict[int, StageSolver]] = _kept.__dict__.setdefault("graphs", {})
    solvers = graphs.setdefault(graph.key, {})
    if len(graphs) > GRAPHS_KEPT:
        graphs.pop(next(iter(graphs)))
    if node not in solvers:
        solvers[node] = StageSolver(graph.nodes[node])
    solver = solvers[node]
    solver.install(cuts)
    solver.restart()
    return solver
