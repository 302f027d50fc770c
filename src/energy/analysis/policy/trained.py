"""A policy: the value functions of all nodes, how they were trained, and what they prove."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from energy.analysis.policy.graph import PolicyGraph
from energy.analysis.policy.risk_measure import EXPECTATION, MeanCVaR
from energy.analysis.policy.value_function import STATES_KEPT, Cuts, ValueFunction


class Outcome(Enum):
    """Why a training ended."""

    CONVERGED = "the upper end of the simulated mean's interval is within the tolerance of the lower bound"
    STALLED = "the lower bound moved by less than the tolerance over the last iterations"
    ITERATIONS = "the iterations asked for are done"


@dataclass(frozen=True)
class Settings:
    """How a policy is trained.

    Attributes
    ----------
    seed
        Names all random streams of the training.
    paths
        Forward passes of one iteration; each leaves one cut at each of its stages.
    iterations
        Most iterations, counted from the very first one, whatever was resumed.
    tolerance
        In the unit of the objective; see `Outcome`.
    patience
        Iterations over which the lower bound must have moved by less than the tolerance to count as stalled.
    test_every, test_paths
        Every so many iterations so many fresh paths are simulated for the interval of the mean; the number of paths 0:
        never.
    confidence
        Of that interval.
    risk
        Risk measure, nested from stage to stage. With any other than the mean no simulated mean bounds the value, and
        training ends when the bound stalls.
    longest
        Steps after which a path that comes back for ever is broken off.
    states_kept
        Trial states a node by which cuts are judged.
    """

    seed: int = 1
    paths: int = 4
    iterations: int = 100
    tolerance: float = 1e-6
    patience: int = 20
    test_every: int = 20
    test_paths: int = 0
    confidence: float = 0.95
    risk: MeanCVaR = EXPECTATION
    longest: int = 200
    states_kept: int = STATES_KEPT


@dataclass(frozen=True, eq=False)
class Policy:
    """What an operator needs to decide: for each node the value of the state that it leaves.

    Attributes
    ----------
    graph
        Stage problems and odds.
    values
        Value function of each node.
    settings
        How it was trained.
    bounds
        Lower bound of the risk-adjusted cost after each iteration; never falls.
    outcome
        Why the training ended.
    """

    graph: PolicyGraph
    values: tuple[ValueFunction, ...]
    settings: Settings = field(default_factory=Settings)
    bounds: tuple[float, ...] = ()
    outcome: Outcome = Outcome.ITERATIONS

    @property
    def lower_bound(self) -> float:
        """Lower bound of the risk-adjusted cost."""
        return self.bounds[-1] if self.bounds else -np.inf

    @property
    def cuts(self) -> dict[int, Cuts]:
        """Node → its cuts."""
        return {number: value.cuts for number, value in enumerate(self.values)}

    @classmethod
    def untrained(
        cls,
        graph: PolicyGraph,
        settings: Settings,
    ) -> Policy:
        """Return the policy that knows nothing of what follows but a bound."""
        values = tuple(ValueFunction.flat(node.future_bound, len(node.stage.state_out)) for node in graph.nodes)
        return cls(graph, values, settings)
