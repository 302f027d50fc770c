"""A project in a temporary folder, and the command run in it as a user would: one message, nothing written, quick."""

from __future__ import annotations

import os
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SECONDS = 2.0  # of processor time, what it takes to import the libraries aside
MEGABYTES = 1000  # by which the largest size of this process may grow

Refusal = Callable[..., str]


@pytest.fixture(scope="session", autouse=True)
def _imported() -> Iterator[None]:
    """Import what the commands import, and let typer build the command once: no test is the one that pays for it."""
    import pypsa  # noqa: F401
    import typer.main

    import energy.analysis
    import energy.cli
    import energy.report  # noqa: F401

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_command", cache(typer.main.get_command))
        yield


@pytest.fixture(scope="session")
def sound_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project folder with the case and the scenario `two_bus`, which nothing changes."""
    folder = tmp_path_factory.mktemp("sound") / "project"
    (folder / "scenarios").mkdir(parents=True)
    shutil.copytree(PROJECT / "networks" / "two_bus", folder / "networks" / "two_bus")
    shutil.copy2(PROJECT / "scenarios" / "two_bus.yaml", folder / "scenarios")
    return folder


@pytest.fixture(scope="session")
def shared_project(sound_project: Path) -> Path:
    """Return a copy of the project, in which one test after another breaks something."""
    return Path(shutil.copytree(sound_project, sound_project.with_name("shared")))


@pytest.fixture
def project(sound_project: Path, shared_project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the shared project as it should be: what the test before it changed is mended."""
    make_equal(shared_project, sound_project)
    monkeypatch.chdir(shared_project)
    return shared_project


@pytest.fixture
def mend() -> Callable[[Path, Path], None]:
    """Return the function that makes a folder equal to a sound one."""
    return make_equal


def make_equal(folder: Path, sound: Path) -> None:
    """Make a folder equal to a sound one: remove what is not there, copy what is missing or differs."""
    for path in sorted(folder.rglob("*"), reverse=True):  # what is in a folder comes before the folder
        if kind(path) != kind(sound / path.relative_to(folder)):
            path.rmdir() if kind(path) == "folder" else path.unlink()
    for path in sorted(sound.rglob("*")):
        place = folder / path.relative_to(sound)
        if kind(path) == "folder":
            place.mkdir(exist_ok=True)
        elif kind(place) == "nothing" or state(place) != state(path):
            shutil.copy2(path, place)


def kind(path: Path) -> str:
    if path.is_symlink():
        return "link"
    if path.is_dir():
        return "folder"
    return "file" if path.exists() else "nothing"


def state(path: Path) -> tuple[int, int]:
    """Return size and time of change."""
    status = path.lstat()
    return status.st_size, status.st_mtime_ns


@pytest.fixture
def refused(project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Refusal:
    """Return a function that runs the command and holds it to what a user's mistake deserves."""

    def run(*arguments: str, says: tuple[str, ...] = ()) -> str:
        before, peak = snapshot(project), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        capsys.readouterr()
        start = time.process_time()
        code = outcome(monkeypatch, arguments)
        spent = time.process_time() - start
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) / 1024
        printed, message = capsys.readouterr()
        assert code == 2, f"exit code {code}: {printed[:300]}{message[:3000]}"
        well_said(message, says)
        assert snapshot(project) == before, "something was written"
        assert spent < SECONDS, f"{spent:.1f} s"
        assert grown < MEGABYTES, f"{grown:.0f} MB"
        return message

    return run


@pytest.fixture
def refused_here(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Refusal:
    """Return a function that runs the command in this project, for refusals that come before anything is written."""

    def run(*arguments: str, says: tuple[str, ...] = ()) -> str:
        capsys.readouterr()
        code = outcome(monkeypatch, arguments)
        printed, message = capsys.readouterr()
        assert code == 2, f"exit code {code}: {printed[:300]}{message[:3000]}"
        well_said(message, says)
        return message

    return run


def outcome(monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> object:
    from energy.cli import main

    monkeypatch.setattr(sys, "argv", ["energy", *arguments])
    try:
        main()
    except SystemExit as stopped:
        return stopped.code or 0
    return 0


def well_said(message: str, says: tuple[str, ...]) -> None:
    """Hold a message to: what is wrong, where, and what is allowed or what to do; no traceback; no novel."""
    assert "Traceback" not in message
    assert message.count("\n") <= 60, "more faults than anybody reads"
    assert len(message) < 20_000
    faults = [line for line in message.splitlines() if line.strip()]
    assert faults, "no message"
    assert faults[0].startswith("error: "), message
    for fault in faults:
        if fault.startswith("and ") and fault.endswith(" more of this input"):
            continue
        assert "; allowed: " in fault or "; do: " in fault, f"neither what is allowed nor what to do: {fault}"
    for part in says:
        assert part in message, f"{part!r} is not in:\n{message}"


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of change of everything in a folder."""
    found = {}
    for root, folders, files in os.walk(folder):
        for name in (*folders, *files):
            found[f"{root}/{name}"] = state(Path(root) / name)
    return found
