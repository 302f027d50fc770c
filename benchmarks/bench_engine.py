"""Seconds a scenario against a plain PyPSA loop; ``make bench`` writes them to docs/performance.md.

``BENCH=typical-days-3h,3h,1h`` chooses the resolutions; the hourly year takes hours, most of them in the plain loop.
``BENCH_POINTS=10000`` solves a long sweep besides (``make bench-sweep`` that alone).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from math import isnan
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
from measured import (
    Plain,
    Throughput,
    engine_throughput,
    few_points,
    growth_of_memory,
    in_fresh_process,
    largest_difference,
    mixed_points,
    peers_on_shared_snapshots,
    plain_points,
    proved_bounds,
)

from energy.case import read_case
from energy.report.docs_pages import write_block
from energy.scenario import read_scenario

ORDER = ("typical-days-3h", "3h", "1h")  # of the page's rows
MIXED, WARM = 300, 200  # points of the mixed sweep, and of another one before it
COMPARED = {"typical-days-3h": 12, "3h": 2, "1h": 1}  # of the points, those that plain PyPSA solves as well
# What a user may try on a long horizon, where HiGHS chooses the simplex
BY_HAND = {"solver": "hipo", "run_crossover": "off", "ipm_optimality_tolerance": 1e-9}
BY_HAND_AT = ("3h",)  # the hourly year's true program does not end in half an hour with it
PATIENCE = float(os.environ.get("BENCH_PATIENCE", "1800"))  # s, for one plain solve of a long horizon
CHOSEN = os.environ.get("BENCH", "typical-days-3h,3h").split(",")
MANY = int(os.environ.get("BENCH_POINTS", "0"))
PAGE, KEPT = Path("docs/performance.md"), Path("benchmarks/measured.json")


def remembered(key: str, row: dict[str, Any]) -> None:
    """Keep a row of results beside those of earlier runs, and write the page's tables from all of them."""
    rows = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    rows[key] = row
    KEPT.write_text(json.dumps(rows, indent=1, sort_keys=True) + "\n")
    if PAGE.exists():
        write_block(PAGE, "throughput", throughput_text(rows))
        write_block(PAGE, "peers", peers_text(rows))
        write_block(PAGE, "growth", growth_text(rows))


def throughput_text(rows: dict[str, Any]) -> str:
    lines = [
        "| resolution | plain loop | 1 worker | 2 workers | plain, HiPO | 2 workers to it | inside HiGHS | memory "
        "| largest difference | load |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for key in ORDER:
        if key not in rows:
            continue
        row = rows[key]
        by_hand = row.get("by_hand")
        cells = (
            key,
            f"{at_least(row)}{row['plain']:,.2f} s ({1 if key in BY_HAND_AT else row['compared']})",
            f"{at_least(row)}{row['plain'] / row['one']:.1f}× ({row['one']:.3f} s)",
            f"{at_least(row)}{row['plain'] / row['two']:.1f}× ({row['two']:.3f} s)",
            f"{at_least(row, 'by_hand')}{by_hand:,.0f} s ({row['compared']})" if by_hand else "",
            f"{at_least(row, 'by_hand')}{by_hand / row['two']:.1f}×" if by_hand else "",
            f"{row['inside']:.0%}, {row['inside_two']:.0%}",
            f"{row['memory']:,.0f} MB",
            f"{row['difference']:.0e}" + (f" ({row['proved']} proved)" if row.get("proved") else ""),
            f"{row['load']:.1f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def at_least(row: dict[str, Any], what: str = "plain") -> str:
    return "> " if row.get(f"{what}_stopped") else ""


def peers_text(rows: dict[str, Any]) -> str:
    """Return the table of one worker beside others on shared snapshots; empty before it was measured."""
    if "peers" not in rows:
        return ""
    row = rows["peers"]
    lines = ["| way | a point | to the engine |", "|---|--:|--:|"]
    ways = {"`n.optimize()`": "optimize", "linopy's persistent update": "persistent", "the engine": "engine"}
    for way, name in ways.items():
        lines.append(f"| {way} | {row[name]:.2f} s | {row[name] / row['engine']:.0f}× |")
    lines.append("")
    lines.append(f"Mean of {row['points']} points. Making PyPSA's model takes {row['build']:.2f} s of linopy's time.")
    return "\n".join(lines)


def growth_text(rows: dict[str, Any]) -> str:
    lines = ["| points | minutes | memory of the largest worker |", "|--:|--:|--:|"]
    for done, memory, seconds in rows.get("growth", []):
        lines.append(f"| {done:,} | {seconds / 60:.1f} | {memory:.0f} MB |")
    return "\n".join(lines)


def side_by_side(*asked: Callable[[], Any]) -> list[Any]:
    """Return what is asked for of two processes at once, each beside a busy core, as two workers are."""
    with ThreadPoolExecutor(len(asked)) as threads:
        return [waiting.result() for waiting in [threads.submit(one) for one in asked]]


@pytest.mark.parametrize("resolution", CHOSEN)
def test_throughput(benchmark: Any, resolution: str) -> None:
    case, typical = read_case("casa1000"), resolution.startswith("typical")

    def measured(workers: int) -> Throughput:
        points, warmup = few_points(resolution, workers)
        if typical:
            points, warmup = mixed_points(resolution, MIXED), mixed_points(resolution, WARM, seed=2)
        return engine_throughput(case, points, warmup, workers)

    points = mixed_points(resolution, MIXED) if typical else few_points(resolution, 1)[0]
    compared = points[: COMPARED.get(resolution, 1)]
    by_hand: list[Plain] = []
    if typical:
        plain, one = plain_points(compared, {}), measured(1)
    elif resolution in BY_HAND_AT:
        asked = (partial(plain_points, *a, PATIENCE) for a in ((compared[:1], {}), (compared, BY_HAND)))
        plain, by_hand = side_by_side(*asked)
        one = measured(1)
    else:
        plain, one = side_by_side(partial(plain_points, compared, {}, PATIENCE), partial(measured, 1))
    two = benchmark.pedantic(measured, (2,), rounds=1)
    solved = {at: p.objective for found in (by_hand, plain) for at, p in enumerate(found) if not isnan(p.objective)}
    unsolved = [at for at in range(len(compared)) if at not in solved]
    bounds = dict(zip(unsolved, proved_bounds([compared[at] for at in unsolved]), strict=True))
    difference = largest_difference(solved | bounds, two.objectives)
    row = {
        "plain": mean(p.optimize for p in plain),
        "plain_stopped": any(isnan(p.objective) for p in plain),
        "by_hand": mean(p.optimize for p in by_hand) if by_hand else None,
        "by_hand_stopped": any(isnan(p.objective) for p in by_hand),
        "compared": len(compared),
        "points": two.points,
        "one": one.warm,
        "two": two.warm,
        "start": two.start,
        "inside": one.inside,
        "inside_two": two.inside,
        "memory": max(one.memory, two.memory),
        "difference": difference,
        "proved": len(unsolved),
        "failed": two.failed,
        "load": os.getloadavg()[0],
    }
    remembered(resolution, row)
    assert row["failed"] == 0
    assert difference < 1e-6
    assert one.objectives == two.objectives, "workers change the answer"


def test_peers(benchmark: Any) -> None:
    """linopy's persistent update on points of one structure, where it can be used at all."""
    base = read_scenario("baseline", overrides={"time.resolution": "typical-days-3h"})
    points = [base, *mixed_points("typical-days-3h", 13)]
    rows = benchmark.pedantic(in_fresh_process, (peers_on_shared_snapshots, points), rounds=1)
    warm = rows[1:]  # the first one builds the solver
    row = {name: mean(getattr(peers, name) for peers in warm) for name in ("optimize", "persistent", "build", "engine")}
    remembered("peers", row | {"points": len(warm)})
    for peers in rows:
        assert peers.objectives == pytest.approx([peers.objectives[0]] * 3, rel=1e-6)


@pytest.mark.skipif(not MANY, reason="BENCH_POINTS says how many; make bench-sweep takes 10,000")
def test_growth(benchmark: Any) -> None:
    case, points = read_case("casa1000"), mixed_points("typical-days-3h", MANY)
    rows = benchmark.pedantic(lambda: list(growth_of_memory(case, points, 2)), rounds=1)
    remembered("growth", rows)
    memory = {done: found for done, found, _ in rows}
    assert memory[max(memory)] < 1.1 * memory[min(100, max(memory))]
