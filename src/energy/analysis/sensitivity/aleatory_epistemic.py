"""Aleatory and epistemic uncertainty: the variance of a season by random draws and by unknown numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace

import numpy as np
import pandas as pd

from energy.analysis.case_digest import case_digest
from energy.analysis.risk.season_sample import SamplingDesign, solve_samples
from energy.analysis.sensitivity.number_sets import NumberSets, drawn_shares
from energy.analysis.sensitivity.sensitivity_indices import variance_split
from energy.analysis.sensitivity.uncertain_parameters import (
    UncertainParameter,
    with_uncertain_parameters,
)
from energy.analysis.tasks import results_in_order
from energy.case import Case
from energy.errors import SolverError

NINE_IN_TEN = (0.05, 0.5, 0.95)
HALF = 0.5


def random_and_unknown(
    case: Case,
    question: SamplingDesign,
    parameters: Sequence[UncertainParameter],
    sets: int,
    draws: int,
    seed: int = 1,
    executor: Executor | None = None,
    numbers: NumberSets | None = None,
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
    numbers
        Joint values of some of the numbers, as a calibration left them; None: the ranges of all.
    """
    designs = []
    for shares in drawn_shares(parameters, sets, seed, numbers).tolist():
        scenario = with_uncertain_parameters(case, question.scenario, parameters, shares)
        designs.append(replace(question, scenario=scenario, causes=False))
    rows = []
    for samples in _sampled(case, designs, list(range(draws)), executor):
        energies = [_season(sample) for sample in samples]
        rows.append(energies)
    seasons = _with_optimum(np.array(rows))
    return variance_split(seasons), seasons


def _with_optimum(seasons: np.ndarray) -> np.ndarray:
    """Return the seasons of the sets and draws that have an optimum together.

    A set that has none under half of the draws is no possible one and is left out; a draw counts where it has an
    optimum under every set that is left.

    Raises
    ------
    SolverError
        When fewer than two sets or draws are left.

    Examples
    --------
    >>> nan = float("nan")
    >>> _with_optimum(np.array([[1.0, 2.0, 3.0], [nan, nan, nan], [4.0, nan, 6.0]])).tolist()
    [[1.0, 3.0], [4.0, 6.0]]
    """
    failed = np.isnan(seasons)
    possible = failed.mean(axis=1) < HALF
    kept = seasons[possible]
    solved = ~np.isnan(kept).any(axis=0)
    kept = kept[:, solved]
    if min(kept.shape) < 2:
        sets, draws = seasons.shape
        what = (
            f"of {sets} sets of numbers and {draws} draws, {kept.shape[0]} and {kept.shape[1]} have an optimum together"
        )
        raise SolverError(f"{what}; two of each are needed")
    return np.asarray(kept)


def bands(seasons: np.ndarray) -> pd.DataFrame:
    """Return the 90 % bands of a season [GWh] by what makes them.

    Parameters
    ----------
    seasons
        Every set of numbers (rows) with every draw of water and outages (columns) [GWh].

    Returns
    -------
    pandas.DataFrame
        Index: ``water and outages``, the band over draws, averaged over the sets; ``unknown numbers``, the band over
        sets, averaged over the draws; ``both``, the band over all. Columns ``low``, ``middle``, ``high`` (5 %, 50 %,
        95 %) and ``width``.

    Examples
    --------
    >>> bands(np.array([[0.0, 10.0], [1.0, 11.0]])).round(2)
                        low  middle   high  width
    water and outages  1.00     5.5  10.00    9.0
    unknown numbers    5.05     5.5   5.95    0.9
    both               0.15     5.5  10.85   10.7
    """
    over_draws = np.quantile(seasons, NINE_IN_TEN, axis=1).mean(axis=1)
    over_sets = np.quantile(seasons, NINE_IN_TEN, axis=0).mean(axis=1)
    over_all = np.quantile(seasons, NINE_IN_TEN)
    rows = {"water and outages": over_draws, "unknown numbers": over_sets, "both": over_all}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["low", "middle", "high"])
    return table.assign(width=table["high"] - table["low"])


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
