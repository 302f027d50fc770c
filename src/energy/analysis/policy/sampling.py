"""Paths through a policy graph, drawn by seed: the same path on every machine, whatever else is drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from energy.analysis.policy.graph import PolicyGraph
from energy.analysis.policy.walk import Step
from energy.model.random_stream import uniform_stream

_A_STEP = 2
"""Numbers of a path's stream for one step: its node and its noise."""


def draw_path(
    graph: PolicyGraph,
    key: Sequence[str | int],
    longest: int,
) -> tuple[Step, ...]:
    """Return the path that a stream of random numbers takes.

    Parameters
    ----------
    graph
        Where to walk.
    key
        Name of the stream; policies that are compared walk the same paths under the same key.
    longest
        Steps after which a path that comes back for ever is broken off.
    """
    numbers = uniform_stream(key, longest * _A_STEP).reshape(longest, _A_STEP)
    steps: list[Step] = []
    arcs = graph.start
    for of_node, of_noise in numbers:
        node = _drawn(list(arcs), list(arcs.values()), float(of_node))
        if node is None:
            break
        noises = graph.nodes[node].noises
        outcome = _drawn(range(len(noises)), [noise.probability for noise in noises], float(of_noise))
        # rounding may leave the sum of probabilities just below a number close to one
        noise = noises[-1] if outcome is None else noises[outcome]
        steps.append(Step(node, noise))
        arcs = graph.nodes[node].transitions
    return tuple(steps)


def _drawn(
    outcomes: Sequence[int],
    probabilities: Sequence[float],
    number: float,
) -> int | None:
    """Return the outcome at a number between 0 and 1; None beyond the sum of the probabilities."""
    position = int(np.searchsorted(np.cumsum(probabilities), number, side="right"))
    return outcomes[position] if position < len(outcomes) else None
