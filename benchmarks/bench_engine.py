"""Seconds a scenario against a plain PyPSA loop; ``make bench`` writes them to docs/performance.md.

``BENCH=typical-days-3h,3h,1h`` chooses the resolutions; the hourly year takes hours, most of them in the plain loop.
``BENCH_POINTS`` is the length of the long sweep.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from measured import (
    engine_throughput,
    growth_of_memory,
    in_fresh_process,
    largest_difference,
    mixed_points,
    plain_loop,
)

from energy.case import read_case
from energy.report.pages import write_block

SIZES = {"typical-days-3h": (560, 160, 8), "3h": (10, 4, 1), "1h": (6, 4, 1)}  # points, warm-up, of them in plain PyPSA
CHOSEN = os.environ.get("BENCH", "typical-days-3h").split(",")
MANY = int(os.environ.get("BENCH_POINTS", "10000"))
PAGE, KEPT = Path("docs/performance.md"), Path("benchmarks/measured.json")


def remembered(key: str, row: dict[str, Any]) -> None:
    """Keep a row of results beside those of earlier runs, and write the page's tables from all of them."""
    rows = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    rows[key] = row
    KEPT.write_text(json.dumps(rows, indent=1, sort_keys=True) + "\n")
    if PAGE.exists():
        write_block(PAGE, "throughput", throughput_text(rows))
        write_block(PAGE, "growth", growth_text(rows))


def throughput_text(rows: dict[str, Any]) -> str:
    lines = [
        "| resolution | plain loop | 1 worker | 2 workers | inside HiGHS | memory a worker | largest difference |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for key, row in rows.items():
        if key != "growth":
            one, two = row["plain"] / row["one"], row["plain"] / row["two"]
            cells = (
                key,
                f"{row['plain']:.2f} s",
                f"{one:.0f}× ({row['one'] * 1000:.0f} ms)",
                f"{two:.0f}× ({row['two'] * 1000:.0f} ms)",
                f"{row['inside']:.0%}",
                f"{row['memory']:.0f} MB",
                f"{row['difference']:.0e}",
            )
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def growth_text(rows: dict[str, Any]) -> str:
    lines = ["| points | minutes | memory of the largest worker |", "|--:|--:|--:|"]
    for done, memory, seconds in rows.get("growth", []):
        lines.append(f"| {done:,} | {seconds / 60:.1f} | {memory:.0f} MB |")
    return "\n".join(lines)


@pytest.mark.parametrize("resolution", CHOSEN)
def test_throughput(benchmark: Any, resolution: str) -> None:
    count, warmup, compared = SIZES[resolution]
    case, points = read_case("casa1000"), mixed_points(resolution, count)
    plain = in_fresh_process(plain_loop, points[: compared + 1])
    one = engine_throughput(case, points[: warmup + (count - warmup) // 2], 1, warmup)
    two = benchmark.pedantic(engine_throughput, (case, points, 2, warmup), rounds=1)
    loop = [p.optimize for p in plain[1:]]  # the first one bears the imports
    row = {
        "plain": sum(loop) / len(loop),
        "one": one.warm,
        "two": two.warm,
        "start": two.start,
        "inside": two.inside,
        "memory": max(one.memory, two.memory),
        "difference": largest_difference(plain, two.objectives),
        "failed": two.failed,
    }
    remembered(resolution, row)
    assert row["difference"] < 1e-6
    assert all(one.objectives[at] == two.objectives[at] for at in one.objectives), "workers change the answer"


def test_growth(benchmark: Any) -> None:
    case, points = read_case("casa1000"), mixed_points("typical-days-3h", MANY)
    rows = benchmark.pedantic(lambda: list(growth_of_memory(case, points, 2)), rounds=1)
    remembered("growth", rows)
    memory = {done: found for done, found, _ in rows}
    assert memory[max(memory)] < 1.1 * memory[min(100, max(memory))]
