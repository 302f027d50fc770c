"""Progress in a log: some lines, none where it is unwanted."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from energy.cli import progress

Command = Callable[..., subprocess.CompletedProcess[str]]


def test_risk_says_how_far_it_is_where_there_is_no_terminal(command: Command, tmp_path: Path) -> None:
    law = "duration: {law: exponential, mean: 100}"
    hazard = f"{{kind: line_out, cause: line, where: [links.line], rate: {{per_year: 6}}, {law}}}"
    (tmp_path / "faults.yaml").write_text(f"hazards: {{fault: {hazard}}}\n", encoding="utf-8")
    words = ["risk", "two_bus", "--hazards", tmp_path / "faults.yaml", "--samples", 16, "--workers", 1]
    words += ["--set", "time.resolution=typical-days-24h", "--plain", "--out", tmp_path / "out"]
    done = command(*words)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stderr.splitlines() if "of 16" in line]
    assert len(lines) >= 3
    assert lines[0].endswith("0 of 16")
    assert "16 of 16" in lines[-1]


def test_a_log_hears_that_something_is_still_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "FIRST_WORD", 0.05)
    with progress.heartbeat("solving …"):
        time.sleep(0.4)
    heard = capsys.readouterr().err.splitlines()
    assert 2 <= len(heard) <= 4, "at 0.05, 0.15 and 0.35 s"
    assert all(line.startswith("solving …") for line in heard)


def test_quiet_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.counted("samples", 4, quiet=True) as advance:
        advance(4)
    assert capsys.readouterr().err == ""
