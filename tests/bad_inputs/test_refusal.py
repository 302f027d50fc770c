"""What every test here leans on: ``refused`` itself fails where a refusal is not what a user's mistake deserves."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from energy.reading import library_folders

Refusal = Callable[..., str]


def test_what_is_accepted_is_not_refused(refused: Refusal) -> None:
    with pytest.raises(AssertionError, match="exit code 0"):
        refused("check", "two_bus")


def test_what_is_not_said_is_missed(refused: Refusal) -> None:
    with pytest.raises(AssertionError, match="'four_bus' is not in"):
        refused("run", "tow_bus", says=("'two_bus'", "four_bus"))


def test_what_is_written_is_seen(refused: Refusal, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = library_folders.library_folders

    def leaving(name: str) -> tuple[Path, ...]:
        (project / "left behind").touch()
        return real(name)

    monkeypatch.setattr("energy.scenario.read.library_folders", leaving)
    with pytest.raises(AssertionError, match="something was written"):
        refused("run", "tow_bus")


def test_whatever_a_test_does_to_the_project_is_mended(
    sound_project: Path, tmp_path: Path, mend: Callable[[Path, Path], None]
) -> None:
    folder = Path(shutil.copytree(sound_project, tmp_path / "project"))
    case = folder / "networks" / "two_bus"
    (case / "links.csv").write_text("broken")
    (case / "buses.csv").unlink()
    (case / "loads.csv").unlink()
    (case / "loads.csv").mkdir()
    (case / "more" / "deep").mkdir(parents=True)
    (case / "more" / "deep" / "file").touch()
    (case / "link").symlink_to(tmp_path / "nowhere")
    (case / "stores.csv").unlink()
    (case / "stores.csv").symlink_to(sound_project / "networks" / "two_bus" / "stores.csv")
    (folder / "scenarios").rename(folder / "renamed")
    mend(folder, sound_project)
    assert tree(folder) == tree(sound_project)


def tree(folder: Path) -> dict[str, bytes | None]:
    """Return the files of a folder with their content, and the folders in it."""
    assert not [path for path in folder.rglob("*") if path.is_symlink()]
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in folder.rglob("*")}
