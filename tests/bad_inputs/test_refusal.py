"""What every test here leans on: ``refused`` itself fails where a refusal is not what a user's mistake deserves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from energy.reading import project_folder

Refusal = Callable[..., str]


def test_what_is_accepted_is_not_refused(refused: Refusal) -> None:
    with pytest.raises(AssertionError, match="exit code 0"):
        refused("check", "two_bus")


def test_what_is_not_said_is_missed(refused: Refusal) -> None:
    with pytest.raises(AssertionError, match="'four_bus' is not in"):
        refused("run", "tow_bus", says=("'two_bus'", "four_bus"))


def test_what_is_written_is_seen(refused: Refusal, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = project_folder.project_folder

    def leaving(name: str) -> Path:
        (project / "left behind").touch()
        return real(name)

    monkeypatch.setattr("energy.scenario.read.project_folder", leaving)
    with pytest.raises(AssertionError, match="something was written"):
        refused("run", "tow_bus")
