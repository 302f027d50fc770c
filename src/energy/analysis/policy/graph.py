"""The policy graph: which stage problem follows which, with what probability, under which noise.

Dowson (2020, doi 10.1002/net.21932) has the idea: a chain of stages, a Markov chain of river states in each stage and a
year that comes back are all graphs whose arcs carry probabilities.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

import numpy as np

from energy.analysis.policy.stage import Noise, StageProblem
from energy.errors import Fault, InputError

ROUNDING = 1e-9
"""By how much a sum of probabilities may differ from one."""


@dataclass(frozen=True, eq=False)
class PolicyNode:
    """A stage in one state of the Markov chain.

    Attributes
    ----------
    stage
        Its linear program.
    noises
        What may be seen there before the decision; independent of all that was seen before.
    transitions
        Node number → probability of going there. What lacks to one is the probability that the path ends here.
    future_bound
        A number that no expected cost of what follows is below, in the unit of the objective.
    """

    stage: StageProblem
    noises: tuple[Noise, ...]
    transitions: Mapping[int, float]
    future_bound: float


@dataclass(frozen=True, eq=False)
class PolicyGraph:
    """All nodes, and where a path begins.

    Attributes
    ----------
    nodes
        By number.
    start
        Node number → probability that a path begins there.
    initial_state
        State that enters the first node; shape (states,).

    Raises
    ------
    InputError
        When probabilities do not sum to one, or an arc leads to a node with another number of states.
    """

    nodes: tuple[PolicyNode, ...]
    start: Mapping[int, float]
    initial_state: np.ndarray

    def __post_init__(self) -> None:
        faults = list(self._faults())
        if faults:
            raise InputError(faults)

    @cached_property
    def key(self) -> str:
        """Hash (SHA-256, hex) of every number of the graph: equal graphs have equal policies."""
        digest = sha256()
        for part in self._parts():
            digest.update(np.ascontiguousarray(part).tobytes())
        return digest.hexdigest()

    @cached_property
    def siblings(self) -> tuple[tuple[int, ...], ...]:
        """For each node those that go to the same nodes, itself among them: one backward pass serves them all."""
        groups: dict[tuple[int, ...], list[int]] = {}
        for number, node in enumerate(self.nodes):
            groups.setdefault(tuple(node.transitions), []).append(number)
        return tuple(tuple(groups[tuple(node.transitions)]) for node in self.nodes)

    def _parts(self) -> Iterator[np.ndarray]:
        yield self.initial_state
        yield np.array(list(self.start.items()), dtype=float)
        for node in self.nodes:
            stage = node.stage
            yield from (stage.matrix.indptr, stage.matrix.indices, stage.matrix.data)
            yield from (stage.cost, stage.lower, stage.upper, stage.row_lower, stage.row_upper)
            yield from (stage.state_in, stage.state_out)
            yield np.array([*node.transitions.items(), (-1, node.future_bound)], dtype=float)
            for noise in node.noises:
                yield np.array([noise.probability])
                yield from (noise.rows, noise.row_lower, noise.row_upper)
                yield from (noise.columns, noise.lower, noise.upper, noise.priced, noise.cost)
                yield from (noise.entry_rows, noise.entry_columns, noise.coefficients)

    def _faults(self) -> Iterator[Fault]:
        if not _is_one(sum(self.start.values())):
            yield Fault(
                f"probabilities of the start sum to {sum(self.start.values()):g}",
                "policy graph",
                None,
                "1",
            )
        for number, node in enumerate(self.nodes):
            where = f"node {number}, stage {node.stage.name}"
            odds = sum(noise.probability for noise in node.noises)
            if not _is_one(odds):
                yield Fault(
                    f"probabilities of its noise sum to {odds:g}",
                    where,
                    None,
                    "1",
                )
            onward = sum(node.transitions.values())
            if onward > 1 + ROUNDING:
                yield Fault(
                    f"probabilities of its transitions sum to {onward:g}",
                    where,
                    None,
                    "at most 1",
                )
            if not math.isfinite(node.future_bound):
                yield Fault(
                    f"future_bound is {node.future_bound}",
                    where,
                    None,
                    "a number",
                )
        yield from self._mismatches()

    def _mismatches(self) -> Iterator[Fault]:
        for target in self.start:
            yield from self._mismatch("the start", target, len(self.initial_state))
        for number, node in enumerate(self.nodes):
            for target in node.transitions:
                yield from self._mismatch(f"node {number}", target, len(node.stage.state_out))

    def _mismatch(
        self,
        origin: str,
        target: int,
        states: int,
    ) -> Iterator[Fault]:
        if not 0 <= target < len(self.nodes):
            yield Fault(
                f"{origin} leads to node {target}",
                "policy graph",
                None,
                f"0 to {len(self.nodes) - 1}",
            )
            return
        expected = len(self.nodes[target].stage.state_in)
        if states != expected:
            what = f"{origin} leaves {states} states to node {target}, which takes {expected}"
            yield Fault(
                what,
                "policy graph",
                None,
                "the same number",
            )


def _is_one(total: float) -> bool:
    return abs(total - 1) <= ROUNDING


def linear_graph(
    stages: Sequence[StageProblem],
    noises: Sequence[Sequence[Noise]],
    initial_state: Sequence[float],
    future_bound: float | Sequence[float] = 0.0,
    continuation: float = 0.0,
) -> PolicyGraph:
    """Return stages in a row whose noise is independent from stage to stage.

    Parameters
    ----------
    stages
        Programs in the order of time.
    noises
        For each stage what may be seen there.
    initial_state
        State before the first stage; shape (states,).
    future_bound
        Lower bound of the cost after each stage; one number, or one a stage.
    continuation
        Probability that the last stage is followed by the first one again: an endless horizon whose expected length
        is ``len(stages) / (1 - continuation)``. Zero: the horizon ends.
    """
    one_state = [np.ones((1, 1))] * len(stages)
    return markov_graph(
        stages=stages,
        noises=[[outcomes] for outcomes in noises],
        transitions=one_state,
        initial_state=initial_state,
        future_bound=future_bound,
        continuation=continuation,
    )


def markov_graph(
    stages: Sequence[StageProblem],
    noises: Sequence[Sequence[Sequence[Noise]]],
    transitions: Sequence[np.ndarray],
    initial_state: Sequence[float],
    future_bound: float | Sequence[float] = 0.0,
    continuation: float = 0.0,
) -> PolicyGraph:
    """Return stages in a row with a Markov chain beside them.

    Parameters
    ----------
    stages
        Programs in the order of time.
    noises
        ``noises[t][m]``: what may be seen in stage t when the chain is in state m.
    transitions
        ``transitions[t]``: probabilities from the chain's states of stage t − 1 (rows) to those of stage t (columns).
        The first one has a single row, the chances at the start. With a continuation of more than zero that row also
        leads from the last stage back to the first, so that the chain starts afresh.
    initial_state, future_bound, continuation
        As in `linear_graph`.

    Raises
    ------
    InputError
        When the shapes of noises and transitions differ, or the graph is no policy graph.
    """
    bounds = np.broadcast_to(np.asarray(future_bound, dtype=float), (len(stages),))
    first_node = np.cumsum([0, *(len(outcomes) for outcomes in noises)])
    faults = list(_chain_faults(noises, transitions))
    if faults:
        raise InputError(faults)
    start = _arcs(transitions[0][0], 0, 1.0)
    nodes = []
    for number, stage in enumerate(stages):
        is_last = number == len(stages) - 1
        for state, outcomes in enumerate(noises[number]):
            if is_last:
                onward = _arcs(transitions[0][0], 0, continuation)
                bound = float(bounds[number]) if continuation else 0.0
            else:
                onward = _arcs(transitions[number + 1][state], int(first_node[number + 1]), 1.0)
                bound = float(bounds[number])
            nodes.append(
                PolicyNode(
                    stage,
                    tuple(outcomes),
                    onward,
                    bound,
                )
            )
    return PolicyGraph(tuple(nodes), start, np.asarray(initial_state, dtype=float))


def _arcs(
    probabilities: np.ndarray,
    first: int,
    share: float,
) -> dict[int, float]:
    """Return node → probability; arcs of no probability stay, so that all states of a stage lead to the same nodes."""
    if share == 0:
        return {}
    return {first + offset: share * float(probability) for offset, probability in enumerate(probabilities)}


def _chain_faults(noises: Sequence[Sequence[Sequence[Noise]]], transitions: Sequence[np.ndarray]) -> Iterator[Fault]:
    before = 1
    for number, (outcomes, matrix) in enumerate(zip(noises, transitions, strict=True)):
        expected = (before, len(outcomes))
        if matrix.shape != expected:
            what = f"transitions to stage {number} have shape {matrix.shape}"
            yield Fault(
                what,
                "policy graph",
                None,
                str(expected),
            )
        elif not np.allclose(
            matrix.sum(axis=1),
            1.0,
            rtol=0,
            atol=ROUNDING,
        ):
            yield Fault(
                f"rows of the transitions to stage {number} do not sum to 1",
                "policy graph",
                None,
                "1",
            )
        before = len(outcomes)
