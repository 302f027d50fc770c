"""A project in a temporary folder, and the command run in it as a user would: one message, nothing written, quick."""

from __future__ import annotations

import os
import resource
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SECONDS = 2.0  # of processor time, what it takes to import the libraries aside
MEGABYTES = 1000  # by which the largest size of this process may grow

Refusal = Callable[..., str]


@pytest.fixture(scope="session", autouse=True)
def _imported() -> None:
    """Import what the commands import, so that no test is the one that pays for it."""
    import pypsa  # noqa: F401


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project folder of its own, with the case and the scenario `two_bus`."""
    folder = tmp_path / "project"
    (folder / "scenarios").mkdir(parents=True)
    shutil.copytree(PROJECT / "networks" / "two_bus", folder / "networks" / "two_bus")
    shutil.copy(PROJECT / "scenarios" / "two_bus.yaml", folder / "scenarios")
    monkeypatch.chdir(folder)
    return folder


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
            state = (Path(root) / name).lstat()
            found[f"{root}/{name}"] = (state.st_size, state.st_mtime_ns)
    return found
