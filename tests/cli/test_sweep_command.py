"""The command ``energy sweep`` from outside."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SWEEP = """
base: two_bus
axes:
  hydrology: [median, dry]
  values.links.line.p_nom: {low: 50, high: 100, count: 2}
"""


def energy(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "energy"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_sweep_is_solved_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(SWEEP)
    done = energy("sweep", file, "--out", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    dims = {"hydrology": 2, "values.links.line.p_nom": 2}
    assert json.loads(done.stdout) == {"sweep": "small", "points": 4, "failed": 0, "dims": dims}
    assert len((tmp_path / "out" / "small" / "points.jsonl").read_text().splitlines()) == 4


def test_a_misspelt_axis_is_shown_and_nothing_written(tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(SWEEP.replace("hydrology", "hydrlogy"))
    done = energy("sweep", file, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "hydrology" in done.stderr
    assert not (tmp_path / "out").exists()
