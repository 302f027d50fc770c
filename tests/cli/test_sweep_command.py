"""The command ``energy sweep`` from outside."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

Command = Callable[..., subprocess.CompletedProcess[str]]
SWEEP = """
base: two_bus
axes:
  hydrology: [median, dry]
  values.links.line.p_nom: {low: 50, high: 100, count: 2}
"""


def energy(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "energy"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_sweep_is_solved_and_kept(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(SWEEP)
    done = command("sweep", file, "--out", tmp_path / "out", "--workers", 1, "--json")
    assert done.returncode == 0, done.stderr
    dims = {"hydrology": 2, "values.links.line.p_nom": 2}
    assert json.loads(done.stdout) == {"sweep": "small", "points": 4, "failed": 0, "dims": dims}
    assert len((tmp_path / "out" / "small" / "points.jsonl").read_text().splitlines()) == 4


def test_a_sweep_is_handed_over(command: Command, tmp_path: Path) -> None:
    """Grid on the terminal, table and figure in the folder, all with names and units in words."""
    file = tmp_path / "outage.yaml"
    file.write_text(
        "base: two_bus\nset:\n  time.resolution: typical-days-24h\n"
        "  events: [{name: line out, kind: line_out, cause: test, where: [links.line], start: 05-01, duration: 7d}]\n"
        "axes:\n  events.0.duration: [7d, 30d]\n  events.0.start: [05-01, 07-01]\n  hydrology: [dry, median]\n"
    )
    done = command("sweep", file, "--out", tmp_path / "out", "--workers", 1)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["30", "Jul", "0.0", "68.4"] in lines  # 30 days x 24 h x 95 MW
    assert "line out: length [days]" in done.stdout
    folder = tmp_path / "out" / "outage"
    table = pd.read_csv(folder / "values.csv")
    assert list(table.columns[:3]) == ["line out: length [days]", "line out: start", "water year"]
    assert len(table) == 8
    longest = table[(table["line out: length [days]"] == 30) & (table["water year"] == "median")]
    assert longest["lost_during_events [GWh]"].tolist() == pytest.approx([68.4, 68.4])
    assert (folder / "sweep.png").stat().st_size > 10_000
    drawn = (folder / "sweep.svg").read_text(encoding="utf-8")
    for text in ("line out: length [days]", "line out: start", "water year dry", "Jul", "[GWh]"):
        assert text in drawn
    refused = command("sweep", file, "--out", tmp_path / "out", "--workers", 1, "--quantity", "lost")
    assert refused.returncode == 2
    assert "allowed: delivered, sent" in refused.stderr


def test_a_misspelt_axis_is_shown_and_nothing_written(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(SWEEP.replace("hydrology", "hydrlogy"))
    done = command("sweep", file, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "hydrology" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("spill", "failed", "code"), [("[0, 0.01]", 2, 3), ("[0, 10]", 1, 0)])
def test_a_sweep_without_any_answer_is_a_failure(
    command: Command, tmp_path: Path, spill: str, failed: int, code: int
) -> None:
    # without the turbine, 0.36 hm3/h of the river have to pass the spillway
    file = tmp_path / "dammed.yaml"
    file.write_text(
        "base: two_bus\nset: {values.links.turbine.p_nom: 0, time.resolution: typical-days-24h}\n"
        f"axes:\n  values.links.spill.p_nom: {spill}\n"
    )
    done = command("sweep", file, "--out", tmp_path / "out", "--workers", 1)
    assert done.returncode == code, done.stderr
    assert f"2 points, {failed} failed" in done.stdout
    assert "infeasible" in done.stdout
    assert len((tmp_path / "out" / "dammed" / "points.jsonl").read_text().splitlines()) == 2


@pytest.mark.slow
def test_another_solver_gives_the_same_answers_at_its_own_pace(tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(SWEEP)
    for name, more in (("engine", []), ("plain", ["--solver", "highs"])):
        done = energy("sweep", file, "--out", tmp_path / name, "--workers", "1", *more)
        assert done.returncode == 0, done.stderr
    one, other = (xr.open_zarr(tmp_path / name / "small" / "dataset.zarr").load() for name in ("engine", "plain"))
    for quantity in ("objective", "delivered", "unserved"):
        np.testing.assert_allclose(one[quantity], other[quantity], rtol=1e-6, atol=1e-6)


def test_a_solver_that_is_not_installed_is_refused(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(SWEEP)
    done = command("sweep", file, "--out", tmp_path / "out", "--solver", "hihgs")
    assert done.returncode == 2
    assert "no solver 'hihgs' is installed" in done.stderr
    assert "did you mean 'highs'?" in done.stderr
    assert not (tmp_path / "out").exists()


EVENT = """
base: two_bus
set:
  events: [{name: out, kind: plant_out, cause: test, where: [links.turbine], start: "07-01", duration: 10d}]
axes:
"""


@pytest.mark.parametrize(
    ("axes", "line", "said"),
    [
        ("  growth: [low, hihg]", 5, ["growth is 'hihg'", "allowed: low, central, high", "did you mean 'high'?"]),
        ("  hydrology:\n    - dry\n    - mediann", 7, ["no hydrology 'mediann'", "median, dry", "'median'?"]),
        ("  year: [2028]\n  time.years: [1, 99]", 6, ["time.years is 99", "from 1 to 50"]),
        ("  events.0.depht: [0.5, 1]", 5, ["unknown key 'events.0.depht'", "depth, duration", "did you mean 'depth'?"]),
        ("  events.0.depth: [0.5, 1.5]", 5, ["events.0.depth is 1.5", "from 0 to 1"]),
        ("  events.0.where:\n    - [links.turbine]\n    - [links.turbin]", 7, ["'turbin'", "did you mean 'turbine'?"]),
        ("  values.links.line.p_nom: {low: 50, high: 100}", 5, ["without count", "combine: sample"]),
        ("  values.links.lien.p_nom: [50, 100]", 5, ["no links match 'lien'", "did you mean 'line'?"]),
    ],
)
def test_a_value_that_means_nothing_is_refused_with_its_line(
    command: Command, tmp_path: Path, axes: str, line: int, said: list[str]
) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(EVENT.lstrip("\n") + axes + "\n")
    done = command("sweep", file, "--out", tmp_path / "out")
    assert done.returncode == 2, done.stdout + done.stderr
    assert f"{file}:{line}: " in done.stderr
    for part in said:
        assert part in done.stderr
    assert not (tmp_path / "out").exists()
