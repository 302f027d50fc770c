"""Streams that are closed or full, folders that are gone, pipes in the place of files: one message, no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from energy.analysis.sweep.store import Journal
from energy.errors import InputError

PROJECT = Path(__file__).parents[2]
ENERGY = f"'{sys.executable}' -c 'from energy.cli import main; main()'"


def shell(command: str, folder: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "src")}
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def one_message(done: subprocess.CompletedProcess[str]) -> str:
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("error: ")
    assert "; do: " in done.stderr
    return done.stderr


def test_a_closed_output_is_refused_before_anything_is_done() -> None:
    done = shell(f"{ENERGY} list >&-")
    assert done.returncode == 2
    assert "standard output is closed" in one_message(done)


def test_a_full_output_is_told() -> None:
    done = shell(f"{ENERGY} list > /dev/full")
    assert done.returncode == 2
    assert "No space left on device" in one_message(done)


def test_a_reader_that_leaves_is_no_fault() -> None:
    done = shell(f"{ENERGY} show two_bus | head -1; echo ${{PIPESTATUS[0]}}")
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "0"


def test_a_working_folder_that_is_gone(tmp_path: Path) -> None:
    done = shell(f"mkdir gone; cd gone; rmdir ../gone; {ENERGY} list", tmp_path)
    assert done.returncode == 2
    assert "working folder is gone" in one_message(done)


def test_a_name_longer_than_the_system_takes(command: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = command("run", "two_bus", "--set", f"case={'a' * 1000}")
    assert done.returncode == 2
    assert "File name too long" in one_message(done)


@pytest.mark.parametrize("kind", ["pipe", "link", "somebody's file"])
def test_a_journal_is_a_file_of_points(tmp_path: Path, kind: str) -> None:
    journal = tmp_path / "points.jsonl"
    if kind == "pipe":
        os.mkfifo(journal)
    elif kind == "link":
        journal.symlink_to("elsewhere.jsonl")
    else:
        journal.write_text('{"mine": 1}\nhalf a line', encoding="utf-8")
    with pytest.raises(InputError, match="choose another --out"):
        Journal(tmp_path)
    if kind == "somebody's file":
        assert journal.read_text(encoding="utf-8") == '{"mine": 1}\nhalf a line'
