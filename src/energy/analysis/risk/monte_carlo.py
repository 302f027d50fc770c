"""Monte Carlo of transferable power, with importance sampling and a stopping rule on the interval."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from energy.analysis.case_digest import case_digest
from energy.analysis.risk.estimate import Estimate, Pool, Samples, make_pool
from energy.analysis.risk.season_sample import SamplingDesign, sample_columns, solve_samples
from energy.case import Case
from energy.model.hydrology.statistics import River, water_statistics
from energy.model.hydrology.volumes import draw_volumes

POOL = 32_768
"""Cheap water years that strata are made of."""
STRATA = 16
CHECKED_EVERY = 64  # samples between two looks at the interval
CHUNK = 4  # samples a task
IN_FLIGHT = 16  # tasks handed to an executor ahead of their answers
FIGURES = ("season", "P50", "P90", "P95")


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


def water_pool(case: Case, question: SamplingDesign, plan: StoppingRule) -> Pool | None:
    """Return the water years that samples are taken from; None where water is not drawn, or plainly."""
    table = case.profiles.get("water_statistics")
    if plan.plain or not question.water or table is None:
        return None
    rivers = water_statistics(table)
    worth = [_worth(case, river) for river in rivers.rivers]
    used = [at for at, energy in enumerate(worth) if energy > 0]
    if not used:
        return None
    known = replace(rivers, rivers=tuple(rivers.rivers[at] for at in used))
    volumes = draw_volumes(known, question.seed, np.arange(plan.pool))
    index = (volumes * np.array(worth)[used][None, :, None]).sum(axis=(1, 2))
    features = np.column_stack([index, volumes.reshape(len(index), -1)])
    return make_pool(features, index, STRATA)


def _worth(case: Case, river: River) -> float:
    """Return what a river's water gives in the sellers' turbines on its way, averaged over its sites.

    MWh/hm³, each seller's times its share of the contract: only what the water years are sorted by.
    """
    links, buses, loads = (case.components.get(name, pd.DataFrame()) for name in ("links", "buses", "loads"))
    sellers = case.rules.contract.shares if case.rules.contract else {}
    total = 0.0
    for site, share in river.sites:
        if site in loads.index:
            total += share * _downstream(links, buses, str(loads.at[site, "bus"]), sellers, 0)
    return total


def _downstream(links: pd.DataFrame, buses: pd.DataFrame, bus: str, sellers: Mapping[str, float], depth: int) -> float:
    """Return the most that a hm³ at a water bus can give on its way [MWh/hm³]."""
    if links.empty or "bus2" not in links or depth > len(buses):
        return 0.0
    best = 0.0
    for _, link in links[links["bus0"] == bus].iterrows():
        onward, energy = str(link["bus1"]), 0.0
        if buses.at[onward, "carrier"] != "water":
            everyone = "country" not in buses or not sellers
            share = 1.0 if everyone else sellers.get(str(buses.at[onward, "country"]), 0.0)
            energy = float(link["efficiency"]) * share
            onward = str(link["bus2"]) if isinstance(link["bus2"], str) and link["bus2"] else ""
        further = _downstream(links, buses, onward, sellers, depth + 1) if onward in buses.index else 0.0
        best = max(best, energy + further)
    return best


def planned_draws(plan: StoppingRule, pool: Pool | None) -> np.ndarray:
    """Return the draws of a plan, in order; the same for the same plan, whatever was done before.

    With strata the number is rounded up to whole rounds over them.
    """
    if pool is None:
        return np.arange(plan.samples)
    rounds = -(-plan.samples // pool.strata)
    return pool.order[: min(rounds * pool.strata, len(pool.order))]


def risk_samples(
    case: Case,
    question: SamplingDesign,
    plan: StoppingRule,
    pool: Pool | None = None,
    done: pd.DataFrame | None = None,
    executor: Executor | None = None,
) -> Iterator[list[dict[str, float]]]:
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
    draws = planned_draws(plan, pool)
    known: dict[int, dict[str, float]] = {}
    if done is not None:
        known = {int(row["draw"]): row for row in done.to_dict("records")}  # type: ignore[misc]
    step = CHECKED_EVERY if plan.until is not None else len(draws)
    for first in range(0, len(draws), step):
        batch = [int(draw) for draw in draws[first : first + step] if int(draw) not in known]
        for found in _solved(case, question, batch, executor):
            known |= {int(row["draw"]): row for row in found}
            yield found
        if plan.until is not None:
            table = pd.DataFrame([known[int(draw)] for draw in draws[: first + step]])
            if reached(table, pool, plan):
                return


def _solved(
    case: Case, question: SamplingDesign, draws: list[int], executor: Executor | None
) -> Iterator[list[dict[str, float]]]:
    tasks = deque(draws[at : at + CHUNK] for at in range(0, len(draws), CHUNK))
    if executor is None:
        while tasks:
            yield solve_samples(case, question, tasks.popleft())
        return
    key = case_digest(case)
    waiting: set[Future[list[dict[str, float]]]] = set()
    try:
        while tasks or waiting:
            while tasks and len(waiting) < IN_FLIGHT:
                waiting.add(executor.submit(solve_samples, case, question, tasks.popleft(), key))
            finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in finished:
                yield future.result()
    finally:
        for future in waiting:
            future.cancel()


def in_order(table: pd.DataFrame, pool: Pool | None) -> pd.DataFrame:
    """Return sound samples in the order of the pool; failed ones are left out."""
    rank = table["draw"].astype(int).to_numpy()
    if pool is not None:
        place = np.empty(len(pool.order), dtype=int)
        place[pool.order] = np.arange(len(pool.order))
        rank = place[rank]
    ordered = table.iloc[np.argsort(rank, kind="stable")]
    return ordered[ordered["failed"] == 0].reset_index(drop=True)


def samples_of(table: pd.DataFrame, pool: Pool | None) -> Samples:
    """Return the places of ordered samples."""
    return Samples(table["weight"].to_numpy(float), table["draw"].to_numpy(int), pool)


def reached(table: pd.DataFrame, pool: Pool | None, plan: StoppingRule) -> bool:
    """Tell whether the interval on the plan's figure is narrow enough."""
    ordered = in_order(table, pool)
    assert plan.until is not None
    if len(ordered) < 2 * STRATA:
        return False
    value, half = figure(ordered, pool, plan.figure)
    return half <= plan.until * abs(value)


def figure(ordered: pd.DataFrame, pool: Pool | None, name: str) -> tuple[float, float]:
    """Return a figure of the season [GWh] and half of its 95 % interval."""
    samples, season = samples_of(ordered, pool), ordered["season"].to_numpy(float)
    if name == "season":
        found = season_mean(ordered, pool)
        return found.value, found.half_width
    level, low, high = samples.exceeded(season, float(name.removeprefix("P")) / 100)
    return level, (high - low) / 2


def season_mean(ordered: pd.DataFrame, pool: Pool | None, column: str = "season") -> Estimate:
    """Return the mean energy of the season [GWh], corrected by what is known of all water years of the pool."""
    return samples_of(ordered, pool).mean(ordered[column].to_numpy(float), control=True)


def columns_of(case: Case, question: SamplingDesign) -> list[str]:
    """Return the columns of a table of samples."""
    return sample_columns(case, question)


def row_of(values: Mapping[str, float], columns: Sequence[str]) -> list[float]:
    """Return a sample as a row."""
    return [float(values[column]) for column in columns]
