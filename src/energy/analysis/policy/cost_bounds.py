"""What a policy is trained from: numbers that no cost to come is below."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from energy.analysis.policy.stage import Noise, StageProblem
from energy.errors import Fault, InputError


def future_bounds(problems: Sequence[StageProblem], noises: Sequence[Iterable[Noise]]) -> list[float]:
    """Return for each stage a number that the cost of all later ones is never below.

    The sum of the least costs of single columns between their bounds: loose, and enough for a training to begin with.

    Parameters
    ----------
    problems
        Stages in the order of time.
    noises
        What may be seen in each of them.

    Raises
    ------
    InputError
        When a column without a bound earns money.
    """
    least = []
    for problem, outcomes in zip(problems, noises, strict=True):
        costs = [_least_cost(problem, noise) for noise in outcomes]
        least.append(min(costs))
    after = np.cumsum(least[::-1])[::-1]
    return [*after[1:].tolist(), 0.0]


def _least_cost(problem: StageProblem, noise: Noise) -> float:
    cost = problem.cost.copy()
    lower = problem.lower.copy()
    upper = problem.upper.copy()
    cost[noise.priced] = noise.cost
    lower[noise.columns] = noise.lower
    upper[noise.columns] = noise.upper
    counted = cost != 0
    at_lower = cost[counted] * lower[counted]
    at_upper = cost[counted] * upper[counted]
    at_bounds = np.minimum(at_lower, at_upper)
    if not np.isfinite(at_bounds).all():
        what = f"stage {problem.name}: a column without a bound earns money"
        raise InputError(
            Fault(
                what,
                "policy",
                None,
                "a bound on whatever has a negative cost",
            )
        )
    return float(at_bounds.sum())
