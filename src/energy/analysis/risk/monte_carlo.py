"""Monte Carlo of transferable power, with importance sampling and a stopping rule on the interval."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from energy.analysis.case_digest import case_digest
from energy.analysis.energy_of_water import energy_of_water
from energy.analysis.risk.estimate import Estimate
from energy.analysis.risk.season_sample import (
    SamplingDesign,
    sample_columns,
    solve_samples,
)
from energy.analysis.risk.stratification import Pool, Samples, make_pool
from energy.analysis.tasks import run_tasks
from energy.case import Case
from energy.model.hydrology.statistics import water_statistics
from energy.model.hydrology.volumes import draw_volumes

POOL = 32_768
"""Cheap water years that strata are made of."""
STRATA = 16
CHECKED_EVERY = 64  # samples between two looks at the interval
CHUNK = 4  # samples a task
FIGURES = ("season", "P50", "P90", "P95")
Sample = dict[str, float]
"""Column → value of one sample, as `solve_samples` returns it."""


@dataclass(frozen=True)
class StoppingRule:
    """How much is sampled, and how.

    Attributes
    ----------
    samples
        How many samples; with ``until`` the most.
    until
        Stop when half of the 95 % interval of ``figure`` is no more than this share of it; None: all samples.
    figure
        What the interval is looked at for: ``season`` (mean energy), or a level of the season exceeded with
        probability, P50, P90, P95.
    plain
        Independent samples, without strata and control.
    pool
        Cheap water years that strata are made of, a multiple of ``STRATA``.
    """

    samples: int
    until: float | None = None
    figure: str = "season"
    plain: bool = False
    pool: int = POOL


def water_pool(
    case: Case,
    question: SamplingDesign,
    plan: StoppingRule,
) -> Pool | None:
    """Return the water years that samples are taken from; None where water is not drawn, or plainly."""
    table = case.profiles.get("water_statistics")
    if plan.plain or not question.water or table is None:
        return None
    statistics = water_statistics(table)
    rivers = []
    energies = []
    for river in statistics.rivers:
        energy = energy_of_water(case, river)
        if energy > 0:
            rivers.append(river)
            energies.append(energy)
    if not rivers:
        return None
    of_turbines = replace(statistics, rivers=tuple(rivers))
    draws = np.arange(plan.pool)
    volumes = draw_volumes(of_turbines, question.seed, draws)
    weighted = volumes * np.array(energies)[None, :, None]
    index = weighted.sum(axis=(1, 2))
    by_draw = volumes.reshape(len(index), -1)
    features = np.column_stack([index, by_draw])
    return make_pool(features, index, STRATA)


def planned_draws(plan: StoppingRule, pool: Pool | None) -> np.ndarray:
    """Return the draws of a plan, in order; the same for the same plan, whatever was done before.

    With strata the number is rounded up to whole rounds over them.
    """
    if pool is None:
        return np.arange(plan.samples)
    rounds = math.ceil(plan.samples / pool.strata)
    return pool.order[: rounds * pool.strata]


def risk_samples(
    case: Case,
    question: SamplingDesign,
    plan: StoppingRule,
    pool: Pool | None = None,
    done: pd.DataFrame | None = None,
    executor: Executor | None = None,
) -> Iterator[list[Sample]]:
    """Yield samples as they are solved, until the plan is fulfilled; those of ``done`` are not solved again.

    What is sampled does not depend on the executor, nor on an interruption: whether to go on is decided every 64
    samples, on all samples up to there.

    Parameters
    ----------
    case, question, plan
        What exists, what is asked, how much.
    pool
        From `water_pool`.
    done
        Samples of an earlier run of the same question.
    executor
        Any ``concurrent.futures`` executor; None: here.
    """
    draws = planned_draws(plan, pool).tolist()
    samples = _samples_by_draw(done)
    batch_size = CHECKED_EVERY if plan.until is not None else len(draws)
    for first in range(0, len(draws), batch_size):
        end = first + batch_size
        remaining = [draw for draw in draws[first:end] if draw not in samples]
        for solved in _solved(case, question, remaining, executor):
            for sample in solved:
                samples[int(sample["draw"])] = sample
            yield solved
        if plan.until is None:
            continue
        so_far = [samples[draw] for draw in draws[:end]]
        if _reached(pd.DataFrame(so_far), pool, plan):
            return


def _samples_by_draw(table: pd.DataFrame | None) -> dict[int, Sample]:
    if table is None:
        return {}
    samples: dict[int, Sample] = {}
    for row in table.to_dict("records"):
        sample = {str(column): value for column, value in row.items()}
        samples[int(sample["draw"])] = sample
    return samples


def _solved(
    case: Case,
    question: SamplingDesign,
    draws: list[int],
    executor: Executor | None,
) -> Iterator[list[Sample]]:
    """Yield the samples of draws, a few at a time, as they are solved."""
    key = "" if executor is None else case_digest(case)
    chunks = [draws[first : first + CHUNK] for first in range(0, len(draws), CHUNK)]
    tasks = [(case, question, chunk, key) for chunk in chunks]
    for _, samples in run_tasks(solve_samples, tasks, executor):
        yield samples


def in_order(table: pd.DataFrame, pool: Pool | None) -> pd.DataFrame:
    """Return sound samples in the order of the pool; failed ones are left out."""
    rank = table["draw"].astype(int).to_numpy()
    if pool is not None:
        draws = len(pool.order)
        rank_of_draw = np.empty(draws, dtype=int)
        rank_of_draw[pool.order] = np.arange(draws)
        rank = rank_of_draw[rank]
    order = np.argsort(rank, kind="stable")
    ordered = table.iloc[order]
    solved = ordered["failed"] == 0
    return ordered[solved].reset_index(drop=True)


def samples_of(table: pd.DataFrame, pool: Pool | None) -> Samples:
    """Return weights and draws of ordered samples."""
    weights = table["weight"].to_numpy(float)
    draws = table["draw"].to_numpy(int)
    return Samples(weights, draws, pool)


def _reached(
    table: pd.DataFrame,
    pool: Pool | None,
    plan: StoppingRule,
) -> bool:
    """Tell whether the interval on the plan's figure is narrow enough."""
    assert plan.until is not None
    ordered = in_order(table, pool)
    if len(ordered) < 2 * STRATA:
        return False
    value, half_width = figure(ordered, pool, plan.figure)
    return half_width <= plan.until * abs(value)


def figure(
    ordered: pd.DataFrame,
    pool: Pool | None,
    name: str,
) -> tuple[float, float]:
    """Return a figure of the season [GWh] and half of its 95 % interval."""
    if name == "season":
        estimate = season_mean(ordered, pool)
        return estimate.value, estimate.half_width
    exceedance = float(name.removeprefix("P")) / 100
    samples = samples_of(ordered, pool)
    season = ordered["season"].to_numpy(float)
    level, low, high = samples.exceeded(season, exceedance)
    return level, (high - low) / 2


def season_mean(
    ordered: pd.DataFrame,
    pool: Pool | None,
    column: str = "season",
) -> Estimate:
    """Return the mean energy of the season [GWh], with all water years of the pool as control variate."""
    samples = samples_of(ordered, pool)
    energy = ordered[column].to_numpy(float)
    return samples.mean(energy, control=True)


def columns_of(case: Case, question: SamplingDesign) -> list[str]:
    """Return the columns of a table of samples."""
    return sample_columns(case, question)


def row_of(values: Mapping[str, float], columns: Sequence[str]) -> list[float]:
    """Return a sample as a row."""
    return [float(values[column]) for column in columns]
