"""Simulation: years that a policy meets one after another, without knowing more than it has seen."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from scipy.stats import t as student_t

from energy.analysis.policy.sampling import draw_path
from energy.analysis.policy.trained import Policy
from energy.analysis.policy.walk import Step, Walk, run_all, walk
from energy.errors import Fault, InputError


@dataclass(frozen=True, eq=False)
class Simulation:
    """Paths that a policy walked.

    Attributes
    ----------
    walks
        One a path.
    """

    walks: tuple[Walk, ...]

    @cached_property
    def costs(self) -> np.ndarray:
        """Cost of each whole path; shape (paths,)."""
        return np.array([passed.costs.sum() for passed in self.walks])

    @property
    def mean(self) -> float:
        """Mean cost of a path."""
        return float(self.costs.mean())

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Return the confidence interval of the mean by Student's t; of one path it is that path's cost.

        Raises
        ------
        InputError
            When the confidence is not between 0 and 1.
        """
        if not 0 < confidence < 1:
            raise InputError(
                Fault(
                    f"confidence is {confidence:g}",
                    "simulation",
                    None,
                    "between 0 and 1",
                )
            )
        paths = len(self.costs)
        if paths == 1:
            return self.mean, self.mean
        standard_error = float(self.costs.std(ddof=1)) / np.sqrt(paths)
        quantile = float(student_t.ppf((1 + confidence) / 2, paths - 1))
        return self.mean - quantile * standard_error, self.mean + quantile * standard_error

    def account(self, name: str) -> np.ndarray:
        """Return an account summed over each path; shape (paths,)."""
        return np.array([passed.accounts[name].sum() for passed in self.walks])

    def states(self, step: int) -> np.ndarray:
        """Return the state that each path leaves at a step; shape (paths that are as long, states)."""
        return np.array([passed.states[step] for passed in self.walks if len(passed.states) > step])


def simulate(
    policy: Policy,
    paths: int,
    seed: int,
    executor: Executor | None = None,
) -> Simulation:
    """Walk random paths.

    Two policies of one graph meet the same water under the same seed, path by path (common random numbers), and none
    of it is that of a training.

    Parameters
    ----------
    policy
        Trained or not.
    paths
        How many.
    seed
        Family of paths; more paths begin with the same ones.
    executor
        Where; None: here. The answer is the same to the last bit.

    Raises
    ------
    SolverError
        When a stage has no optimum.
    """
    longest = policy.settings.longest
    drawn = [draw_path(policy.graph, ["policy", "simulate", seed, number], longest) for number in range(paths)]
    return follow(policy, drawn, executor)


def follow(
    policy: Policy,
    paths: Sequence[Sequence[Step]],
    executor: Executor | None = None,
) -> Simulation:
    """Walk given paths, such as years on record; their noise need not be one that the policy was trained on."""
    graph = policy.graph
    all_cuts = policy.cuts
    tasks = []
    for path in paths:
        cuts = {step.node: all_cuts[step.node] for step in path}
        tasks.append(
            partial(
                walk,
                graph,
                cuts=cuts,
                steps=path,
                state=graph.initial_state,
            )
        )
    return Simulation(tuple(run_all(tasks, executor)))
