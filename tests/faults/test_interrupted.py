"""What can go wrong while a run is written: the process is killed, the disk is full, two runs share a folder."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from energy.errors import InputError
from energy.report import whole
from energy.report.whole import clear_away, whole_file, whole_folder

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-c", "from energy.cli import main; main()"]
PARTS = ("a.bin", "b/c.bin", "manifest.json")


def start(mark: str, place: Path) -> int:
    """Let a process write the folder again and again until it is killed."""
    child = os.fork()
    if child == 0:
        while True:
            with whole_folder(place) as draft:
                fill(draft, mark)
    return child


def kill(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def fill(folder: Path, mark: str) -> None:
    (folder / "b").mkdir()
    for name in PARTS:
        (folder / name).write_text(mark * 2000)


def mark_of(place: Path) -> str:
    """Return the one mark of all files of a folder; fail where one is missing, half, or of another run."""
    texts = [(place / name).read_text() for name in PARTS]
    assert all(len(text) == 2000 for text in texts), "half a file"
    assert len(set("".join(texts))) == 1, "files of two runs"
    return texts[0][0]


def drafts(place: Path) -> list[Path]:
    return list(place.parent.glob(f".{place.name}-*"))


def test_killed_at_any_moment_there_is_one_whole_folder(tmp_path: Path) -> None:
    place, random = tmp_path / "run", np.random.default_rng(1)
    with whole_folder(place) as draft:
        fill(draft, "o")
    seen = set()
    for round_ in range(25):
        child = start("n", place)
        time.sleep(float(random.uniform(0, 0.03)))
        kill(child)
        seen.add(mark_of(place))
        if round_ % 5 == 4:
            with whole_folder(place) as draft:
                fill(draft, "o")
            assert mark_of(place) == "o", "the next run goes on"
            assert drafts(place) == [], "and clears away what the killed ones left"
    assert "n" in seen, "no writer ever came to its end: the test would show nothing"


@pytest.mark.parametrize("exchange", [True, False], ids=["one step", "two steps"])
def test_killed_between_any_two_steps_of_the_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchange: bool
) -> None:
    """Stop after each call that changes the disk, as a kill would; the next run must find the old folder or the new."""
    if not exchange:
        monkeypatch.setattr(whole, "_exchanged", lambda *_: False)
    for step in range(12):
        place = tmp_path / f"{step}" / "run"
        with whole_folder(place) as draft:
            fill(draft, "o")
        child = os.fork()
        if child == 0:
            count = 0
            for owner, name in ((Path, "rename"), (Path, "chmod"), (os, "fsync"), (whole.shutil, "rmtree")):
                real = getattr(owner, name)

                def counted(*arguments: Any, real: Any = real, step: int = step, **options: Any) -> Any:
                    nonlocal count
                    if count == step:
                        os.kill(os.getpid(), signal.SIGKILL)
                    count += 1
                    return real(*arguments, **options)

                setattr(owner, name, counted)
            with whole_folder(place) as draft:
                fill(draft, "n")
            os._exit(0)
        os.waitpid(child, 0)
        clear_away(place)
        assert mark_of(place) in "on"
        assert drafts(place) == []


def test_two_runs_into_one_folder_do_not_mix(tmp_path: Path) -> None:
    place = tmp_path / "run"
    writers = [start(mark, place) for mark in "xy"]
    seen, end = set(), time.monotonic() + 1.5
    while time.monotonic() < end:
        if place.is_dir():
            handle = os.open(place, os.O_RDONLY)  # the folder that has the name now, even if it loses it
            here = Path(f"/proc/self/fd/{handle}")
            try:
                seen.add(mark_of(here))
            except FileNotFoundError:
                pass  # replaced and removed while it was read: gone, not mixed
            finally:
                os.close(handle)
    for writer in writers:
        kill(writer)
    assert mark_of(place) in "xy"
    assert seen <= {"x", "y"}
    assert seen


def test_a_living_draft_is_left_alone(tmp_path: Path) -> None:
    place = tmp_path / "run"
    with whole_folder(place) as draft:
        fill(draft, "a")
        with whole_folder(place) as other:
            fill(other, "b")
        assert draft.is_dir()
    assert mark_of(place) == "a"


def test_what_a_run_raises_leaves_nothing(tmp_path: Path) -> None:
    place = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt), whole_folder(place) as draft:  # noqa: PT012
        fill(draft, "a")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("write", [whole_folder, whole_file])
def test_a_full_disk_is_said_and_leaves_what_was_there(tmp_path: Path, write: object) -> None:
    place = tmp_path / "run"
    with write(place) as old:  # type: ignore[operator]
        fill(old, "o") if write is whole_folder else old.write_text("o")
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            with write(place) as new:  # type: ignore[operator]
                fill(new, "n") if write is whole_folder else new.write_text("n" * 5000)
        except InputError as err:
            os._exit(7 if "writing broke off: File too large" in str(err) and "make room" in str(err) else 8)
        os._exit(9)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert (mark_of(place) if write is whole_folder else place.read_text()) == "o"
    assert drafts(place) == []


def energy(*arguments: str, folder: Path, limit: int | None = None) -> subprocess.CompletedProcess[str]:
    def limited() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    command = [*COMMAND, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "src")}
    return subprocess.run(
        command,
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
    done = energy("run", "two_bus", "--out", str(tmp_path), folder=tmp_path, limit=20_000)
    assert done.returncode == 2, done.stderr
    assert "writing broke off" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_run_killed_at_any_moment(tmp_path: Path) -> None:
    assert energy("run", "two_bus", "--out", str(tmp_path), folder=tmp_path).returncode == 0
    first = json.loads((tmp_path / "two_bus" / "manifest.json").read_text())
    environment, random = {**os.environ, "PYTHONPATH": str(PROJECT / "src")}, np.random.default_rng(2)
    for _ in range(12):
        command = [*COMMAND, "run", "two_bus", "--out", str(tmp_path)]
        process = subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(float(random.uniform(0.5, 8)))
        process.kill()
        process.wait()
        found = json.loads((tmp_path / "two_bus" / "manifest.json").read_text())
        assert found["objective"] == pytest.approx(first["objective"])
        assert {p.name for p in (tmp_path / "two_bus").iterdir()} >= {"network.nc", "result.nc", "summary.csv"}
    assert energy("run", "two_bus", "--out", str(tmp_path), folder=tmp_path).returncode == 0
    assert [p.name for p in tmp_path.iterdir()] == ["two_bus"]
