"""Training: forward passes find the states that matter, backward passes cut the value functions there.

Stochastic dual dynamic programming (Pereira and Pinto 1991, doi 10.1007/BF01582895); convergence with probability one:
Philpott and Guan (2008, doi 10.1016/j.orl.2008.01.013).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial

import numpy as np

from energy.analysis.policy.graph import PolicyGraph
from energy.analysis.policy.risk_measure import MeanCVaR
from energy.analysis.policy.sampling import draw_path
from energy.analysis.policy.simulate import follow
from energy.analysis.policy.trained import Outcome, Policy, Settings
from energy.analysis.policy.value_function import Cuts, ValueFunction
from energy.analysis.policy.walk import Outlook, Step, Walk, look_ahead, run_all, walk


def train(
    graph: PolicyGraph,
    settings: Settings,
    executor: Executor | None = None,
    resumed: Policy | None = None,
    on_iteration: Callable[[Policy], None] | None = None,
) -> Policy:
    """Train a policy.

    Parameters
    ----------
    graph
        Stage problems and odds.
    settings
        How.
    executor
        Where paths are walked; None: here. The answer is the same to the last bit with any executor.
    resumed
        Policy of the same graph to go on from; the answer is that of a training that was never broken off.
    on_iteration
        Called with the policy after each iteration, to keep it or to show progress.

    Returns
    -------
    Policy

    Raises
    ------
    SolverError
        When a stage has no optimum at a state that was reached: its rules need a price at which they yield.

    Examples
    --------
    A reservoir of two weeks: 10 of thermal energy cost 1 in the first week and 3 in the second one.

    >>> from scipy import sparse
    >>> from energy.analysis.policy import Noise, StageProblem, linear_graph
    >>> def week(price):  # columns: water before, water after, turbine, thermal
    ...     return StageProblem(
    ...         "week",
    ...         sparse.csc_matrix([[-1.0, 1, 1, 0], [0, 0, 1, 1]]),
    ...         np.array([0, 0, 0, price]),
    ...         np.zeros(4),
    ...         np.full(4, 20.0),
    ...         np.array([0.0, 10]),
    ...         np.array([0.0, 10]),
    ...         np.array([0]),
    ...         np.array([1]),
    ...     )
    >>> rain = [Noise.of_rows(0.5, [0], [0.0]), Noise.of_rows(0.5, [0], [10.0])]
    >>> graph = linear_graph([week(1.0), week(3.0)], [[Noise()], rain], initial_state=[10.0])
    >>> train(graph, Settings(iterations=5)).lower_bound  # all water is kept: thermal energy in the first week alone
    10.0
    """
    policy = resumed or Policy.untrained(graph, settings)
    policy = replace(policy, settings=settings)
    if resumed is not None and _outcome(policy, executor) is not Outcome.ITERATIONS:
        return policy
    for iteration in range(len(policy.bounds), settings.iterations):
        policy = _iteration(
            policy,
            settings,
            iteration,
            executor,
        )
        policy = replace(policy, outcome=_outcome(policy, executor))
        if on_iteration is not None:
            on_iteration(policy)
        if policy.outcome is not Outcome.ITERATIONS:
            break
    return policy


def _iteration(
    policy: Policy,
    settings: Settings,
    iteration: int,
    executor: Executor | None,
) -> Policy:
    """Return the policy after one forward and one backward pass."""
    graph = policy.graph
    paths = [
        draw_path(graph, ["policy", "train", settings.seed, iteration, number], settings.longest)
        for number in range(settings.paths)
    ]
    tasks = [
        partial(
            walk,
            graph,
            cuts=_cuts_of_path(policy, path),
            steps=path,
            state=graph.initial_state,
        )
        for path in paths
    ]
    walks = run_all(tasks, executor)
    values = list(policy.values)
    for step in reversed(range(max(len(path) for path in paths))):
        _cut_at_step(
            graph=graph,
            values=values,
            walks=[passed for passed in walks if len(passed.nodes) > step],
            step=step,
            settings=settings,
            executor=executor,
        )
    bound = _lower_bound(
        graph,
        values,
        settings,
        executor,
    )
    highest = max(bound, policy.lower_bound)
    return Policy(
        graph,
        tuple(values),
        settings,
        (*policy.bounds, highest),
    )


def _cuts_of_path(policy: Policy, path: Sequence[Step]) -> dict[int, Cuts]:
    return {step.node: policy.values[step.node].cuts for step in path}


def _cut_at_step(
    graph: PolicyGraph,
    values: list[ValueFunction],
    walks: Sequence[Walk],
    step: int,
    settings: Settings,
    executor: Executor | None,
) -> None:
    """Renew the value functions of the nodes in which the walks were at one step, and of their siblings."""
    leaving = [passed for passed in walks if graph.nodes[passed.nodes[step]].transitions]
    tasks = []
    for passed in leaving:
        targets = tuple(graph.nodes[passed.nodes[step]].transitions)
        cuts = {target: values[target].cuts for target in targets}
        tasks.append(
            partial(
                look_ahead,
                graph,
                cuts=cuts,
                targets=targets,
                state=passed.states[step],
            )
        )
    outlooks = run_all(tasks, executor)
    points: dict[int, list[tuple[Outlook, np.ndarray]]] = {}
    for passed, outlook in zip(leaving, outlooks, strict=True):
        for sibling in graph.siblings[passed.nodes[step]]:
            points.setdefault(sibling, []).append((outlook, passed.states[step]))
    for node, seen in points.items():
        lines = [
            _cut(
                outlook,
                graph.nodes[node].transitions,
                state,
                settings.risk,
            )
            for outlook, state in seen
        ]
        intercepts = np.array([intercept for intercept, _ in lines])
        slopes = np.array([slope for _, slope in lines])
        trial_states = np.array([state for _, state in seen])
        values[node] = values[node].extended(Cuts(intercepts, slopes), trial_states, settings.states_kept)


def _cut(
    outlook: Outlook,
    transitions: Mapping[int, float],
    state: np.ndarray,
    risk: MeanCVaR,
) -> tuple[float, np.ndarray]:
    """Return intercept and slope of the cut that an outlook gives a node.

    The risk-adjusted mean of the outcomes' tangents; that the path ends is an outcome of cost zero.

    Parameters
    ----------
    outlook
        Optima of all that may follow the state.
    transitions
        Node → probability.
    state
        The trial state; shape (states,).
    risk
        Risk measure of the outcomes.
    """
    arrival = np.array([transitions[int(node)] for node in outlook.nodes])
    ending = max(1.0 - sum(transitions.values()), 0.0)
    probabilities = np.append(arrival * outlook.probabilities, ending)
    costs = np.append(outlook.bounds, 0.0)
    adjusted = risk.probabilities(costs, probabilities)
    height = float(np.sum(adjusted * costs))
    slope = np.sum(adjusted[:-1, None] * outlook.slopes, axis=0)
    return height - float(np.sum(slope * state)), slope


def _lower_bound(
    graph: PolicyGraph,
    values: Sequence[ValueFunction],
    settings: Settings,
    executor: Executor | None,
) -> float:
    """Return the risk-adjusted cost from the start on, as far as the cuts know it."""
    cuts = {node: values[node].cuts for node in graph.start}
    task = partial(
        look_ahead,
        graph,
        cuts=cuts,
        targets=tuple(graph.start),
        state=graph.initial_state,
    )
    (outlook,) = run_all([task], executor)
    intercept, slope = _cut(
        outlook,
        graph.start,
        graph.initial_state,
        settings.risk,
    )
    return intercept + float(np.sum(slope * graph.initial_state))


def _outcome(policy: Policy, executor: Executor | None) -> Outcome:
    settings, done = policy.settings, len(policy.bounds)
    if done > settings.patience:
        moved = policy.bounds[-1] - policy.bounds[-1 - settings.patience]
        if moved <= settings.tolerance:
            return Outcome.STALLED
    is_neutral = settings.risk.weight == 0
    if is_neutral and settings.test_paths and done % settings.test_every == 0:
        paths = [
            draw_path(policy.graph, ["policy", "test", settings.seed, number], settings.longest)
            for number in range(settings.test_paths)
        ]
        upper = follow(policy, paths, executor).interval(settings.confidence)[1]
        if upper - policy.lower_bound <= settings.tolerance:
            return Outcome.CONVERGED
    return Outcome.ITERATIONS
