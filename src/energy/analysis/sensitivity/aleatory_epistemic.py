"""Aleatory and epistemic uncertainty: the variance of a season by random draws and by unknown numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace

import numpy as np

from energy.analysis.case_digest import case_digest
from energy.analysis.risk.season_sample import SamplingDesign, solve_samples
from energy.analysis.sensitivity.sensitivity_indices import (
    latin_hypercube,
    variance_split,
)
from energy.analysis.sensitivity.uncertain_parameters import (
    UncertainParameter,
    with_uncertain_parameters,
)
from energy.analysis.tasks import results_in_order
from energy.case import Case


def random_and_unknown(
    case: Case,
    question: SamplingDesign,
    parameters: Sequence[UncertainParameter],
    sets: int,
    draws: int,
    seed: int = 1,
    executor: Executor | None = None,
) -> tuple[dict[str, float], np.ndarray]:
    """Return the split of the season's variance, and the seasons [GWh] behind it; shape (sets, draws).

    Parameters
    ----------
    case, question
        What exists, and what is sampled.
    parameters
        The numbers that are unknown, spread evenly over their ranges (Latin hypercube).
    sets, draws
        How many sets of numbers meet how many draws of water and outages.
    seed
        Of the sets.
    executor
        Where samples are solved.
    """
    designs = []
    for shares in latin_hypercube(len(parameters), sets, seed).tolist():
        scenario = with_uncertain_parameters(case, question.scenario, parameters, shares)
        designs.append(replace(question, scenario=scenario, causes=False))
    rows = []
    for samples in _sampled(case, designs, list(range(draws)), executor):
        energies = [_season(sample) for sample in samples]
        rows.append(energies)
    seasons = np.array(rows)
    # a draw counts where it has an optimum under every set
    without_optimum = np.isnan(seasons).any(axis=0)
    seasons = seasons[:, ~without_optimum]
    return variance_split(seasons), seasons


def _sampled(
    case: Case,
    designs: Sequence[SamplingDesign],
    draws: list[int],
    executor: Executor | None,
) -> list[list[dict[str, float]]]:
    """Return the samples of the same draws under each design, in the order of the designs."""
    key = "" if executor is None else case_digest(case)
    tasks = [(case, design, draws, key) for design in designs]
    return list(results_in_order(solve_samples, tasks, executor))


def _season(sample: Mapping[str, float]) -> float:
    """Return the energy of a sample's season [GWh]; NaN without an optimum."""
    if sample["failed"]:
        return float("nan")
    return float(sample["season"])
