"""What can go wrong while a run is written: the process is killed, the disk is full, two runs share a folder."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from energy.results.files import atomic_folder

PROJECT = Path(__file__).parents[2]
SCENES = Path(__file__).with_name("scenes.py")
COMMAND = [sys.executable, "-c", "from energy.cli import main; main()"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(PROJECT / "src")}


SCENES_PLAYED = (
    "killed_at_any_moment",
    "killed_between_two_steps",
    "killed_between_two_steps_without_exchange",
    "two_runs_into_one_folder",
    "full_disk_folder",
    "full_disk_file",
)


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what each scene said; one process imports what all of them need."""
    command = [sys.executable, str(SCENES), str(tmp_path_factory.mktemp("scenes")), *SCENES_PLAYED]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=120, check=True)
    played: dict[str, str] = json.loads(done.stdout)
    return played


@pytest.mark.parametrize("scene", SCENES_PLAYED)
def test_a_writer_leaves_the_old_result_or_the_new(scene: str, scenes: dict[str, str]) -> None:
    assert scenes[scene] == ""


def test_a_living_draft_is_left_alone(tmp_path: Path) -> None:
    place = tmp_path / "run"
    with atomic_folder(place) as draft:
        (draft / "manifest.json").write_text("first")
        with atomic_folder(place) as other:
            (other / "manifest.json").write_text("second")
        assert draft.is_dir()
    assert (place / "manifest.json").read_text() == "first"


def test_what_a_run_raises_leaves_nothing(tmp_path: Path) -> None:
    place = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt), atomic_folder(place) as draft:  # noqa: PT012
        (draft / "a.bin").write_text("a")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def energy(*arguments: str, limit: int | None = None) -> subprocess.CompletedProcess[str]:
    def limited() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    # a measuring of coverage writes files of its own, which a full disk would meet too
    environment = {name: value for name, value in ENVIRONMENT.items() if limit is None or "COVERAGE" not in name}
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=limited,
        check=False,
    )


def test_a_disk_that_fills_during_a_run(tmp_path: Path) -> None:
    # netCDF's library meets the full disk in C, and says it in its own words
    done = energy("run", "two_bus", "--resolution", "typical-days-4h", "--out", str(tmp_path), limit=20_000)
    assert done.returncode == 2, done.stderr
    assert "writing broke off" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_run_killed_at_any_moment(tmp_path: Path) -> None:
    assert energy("run", "two_bus", "--out", str(tmp_path)).returncode == 0
    first = json.loads((tmp_path / "two_bus" / "manifest.json").read_text())
    random = np.random.default_rng(2)
    for _ in range(12):
        command = [*COMMAND, "run", "two_bus", "--out", str(tmp_path)]
        process = subprocess.Popen(
            command, cwd=PROJECT, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(float(random.uniform(0.5, 8)))
        process.kill()
        process.wait()
        found = json.loads((tmp_path / "two_bus" / "manifest.json").read_text())
        assert found["objective"] == pytest.approx(first["objective"])
        assert {p.name for p in (tmp_path / "two_bus").iterdir()} >= {"network.nc", "result.nc", "summary.csv"}
    assert energy("run", "two_bus", "--out", str(tmp_path)).returncode == 0
    assert [p.name for p in tmp_path.iterdir()] == ["two_bus"]
