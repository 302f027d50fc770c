"""What is made to be expensive, run under limits of the system: 1 GB and 2 s beyond the libraries."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
SOURCE = HERE.parents[1] / "src"
HEAD = "case: two_bus\nyear: 2028\n"
BOMB = "tags: [&a0 [x]" + "".join(f", &a{i + 1} [{', '.join([f'*a{i}'] * 10)}]" for i in range(12)) + "]\n"

SCENARIOS = {
    "bomb": HEAD + BOMB,
    "deep": HEAD + "".join(f"{' ' * i}k{i}:\n" for i in range(60)),
    "brackets": HEAD + "tags: " + "[" * 50_000,
    "long": HEAD + f"description: {'x' * 5_000_000}\n",
    "years": HEAD + "time: {years: 1000000000}\n",
    "digits": HEAD.replace("2028", "9" * 100_000),
    "keys": HEAD + "".join(f"k{i}: {i}\n" for i in range(10_000)),
    "events": HEAD + "events:\n" + "  - {name: a}\n" * 4_000,
}


def too_many_rows(case: Path) -> None:
    with (case / "links.csv").open("a") as table:
        table.writelines(f"link{i},AA,BB\n" for i in range(150_000))


def a_huge_cell(case: Path) -> None:
    with (case / "links.csv").open("a") as table:
        table.write("x" * 9_000_000 + ",AA,BB\n")


def digits_in_rules(case: Path) -> None:
    with (case / "rules.yaml").open("a") as rules:
        rules.write(f"more: {'9' * 150_000}\n")


CASES: dict[str, Callable[[Path], None]] = {"rows": too_many_rows, "cell": a_huge_cell, "rules": digits_in_rules}


def test_costly_inputs_end_within_the_limits(project: Path) -> None:
    for name, text in SCENARIOS.items():
        (project / "scenarios" / f"{name}.yaml").write_text(text)
    for name, change in CASES.items():
        shutil.copytree(project / "networks" / "two_bus", project / "networks" / name)
        change(project / "networks" / name)
        (project / "scenarios" / f"{name}.yaml").write_text(HEAD.replace("two_bus", name))
    (project / "cut.nc").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(200))
    (project / "endless").mkdir()
    (project / "endless" / "manifest.json").write_text("[" * 1_000_000)
    commands = [["run", name] for name in (*SCENARIOS, *CASES)]
    commands += [["compare", "endless", "endless"], ["rerun", "endless/manifest.json"], ["run", "cut.nc"]]

    done = subprocess.run(
        [sys.executable, HERE / "limited.py"],
        input=json.dumps(commands),
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    ends = dict(zip(map(" ".join, commands), json.loads(done.stdout), strict=True))
    assert {command: code for command, (code, _) in ends.items() if code != 2} == {}, ends
    assert all(message.startswith("error: ") and "Traceback" not in message for _, message in ends.values())
    assert not (project / "results").exists()


def test_the_limits_are_held() -> None:
    """A limit that nothing can exceed would show nothing."""
    code = """
import limited
ends = []
for work in (lambda: bytearray(2 * limited.BYTES), lambda: sum(iter(int, 1))):
    limited.main = work
    ends.append(limited.limited([]))
print(ends[0][0], "MemoryError" in ends[0][1], ends[1][0] < 0)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": f"{SOURCE}:{HERE}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.split() == ["99", "True", "True"]
