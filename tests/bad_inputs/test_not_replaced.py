"""What no writer replaces: files and folders of another origin, links, devices; and what `--force` does."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from energy.errors import InputError
from energy.results.files import MANIFEST, MARK, atomic_file, atomic_folder, refuse_strange_file, refuse_unwritable

Refusal = Callable[..., str]


def written(path: Path, text: str, force: bool = False, table: bool = False) -> None:
    with atomic_file(path, force, table) as draft:
        draft.write_text(text, encoding="utf-8")


def test_a_file_of_another_origin_stays_unless_forced(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"of another origin, and is not replaced; do: .*--force"):
        written(file, f"{MARK} 1")
    assert file.read_text(encoding="utf-8") == "mine"
    written(file, f"{MARK} 1", force=True)
    written(file, f"{MARK} 2")  # now it is ours
    assert file.read_text(encoding="utf-8") == f"{MARK} 2"


def test_a_mark_is_seen_wherever_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "large.nc"
    file.write_bytes(b"x" * ((1 << 20) - 5) + MARK.encode() + b"x")
    refuse_strange_file(file)
    file.write_bytes(b"x" * ((1 << 20) + len(MARK)))
    with pytest.raises(InputError):
        refuse_strange_file(file)


def test_a_table_of_other_columns_stays_unless_forced(tmp_path: Path) -> None:
    file = tmp_path / "values.csv"
    file.write_text("name,bus0,bus1,p_nom\nline,a,b,1\n", encoding="utf-8")
    ours = "scenario,snapshot,component,value\nx,y,z,1\n"
    with pytest.raises(InputError, match="another table"):
        written(file, ours, table=True)
    written(file, ours, force=True, table=True)
    written(file, "scenario,snapshot,component,value,unit\n", table=True)
    assert file.read_text(encoding="utf-8").endswith("unit\n")


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("kind", ["device", "link", "folder"])
def test_what_is_no_file_is_no_output(tmp_path: Path, kind: str, force: bool) -> None:
    place = tmp_path / "out.nc"
    if kind == "device":
        os.mkfifo(place)
    elif kind == "link":
        place.symlink_to(tmp_path / "elsewhere")
    else:
        place.mkdir()
    before = place.lstat()
    with pytest.raises(InputError, match=f"this is a {kind}"):
        written(place, "x", force)
    assert (place.lstat().st_mode, place.lstat().st_ino) == (before.st_mode, before.st_ino)


def run_folder(path: Path, mark: str, force: bool = False) -> None:
    with atomic_folder(path, force) as draft:
        (draft / "result.nc").write_text(mark, encoding="utf-8")
        manifest = {"scenario": {"name": "a"}, "files": ["result.nc"]}
        (draft / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


@pytest.mark.parametrize("stranger", ["notes.txt", "thesis/chapter.tex", "figures/photo.png"])
def test_a_run_takes_nobodys_notes_with_it(tmp_path: Path, stranger: str) -> None:
    folder = tmp_path / "run"
    run_folder(folder, "1")
    run_folder(folder, "2")
    (folder / stranger).parent.mkdir(exist_ok=True)
    (folder / stranger).write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=f"{Path(stranger).parts[0]} is here, which no run wrote"):
        run_folder(folder, "3")
    assert (folder / stranger).read_text(encoding="utf-8") == "mine"
    assert (folder / "result.nc").read_text(encoding="utf-8") == "2"
    run_folder(folder, "3", force=True)
    assert not (folder / stranger).exists()


def test_figures_of_a_run_go_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    run_folder(folder, "1")
    (folder / "figures").mkdir()
    (folder / "figures" / "map.svg").write_text(f"<svg>{MARK}</svg>", encoding="utf-8")
    run_folder(folder, "2")
    assert sorted(path.name for path in folder.iterdir()) == [MANIFEST, "result.nc"]


def test_the_working_folder_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run" / "inside").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "run" / "inside")
    with pytest.raises(InputError, match="the working folder lies in it"):
        run_folder(tmp_path / "run", "1", force=True)


def test_a_path_that_is_too_long_is_refused_before(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a path of .* bytes; allowed"):
        refuse_unwritable(tmp_path / "/".join(["x" * 100] * 40))


def test_a_scenario_is_not_replaced_by_a_network(refused_here: Refusal, tmp_path: Path) -> None:
    file = tmp_path / "two_bus.yaml"
    file.write_text("case: two_bus\nyear: 2028\n", encoding="utf-8")
    assert refused_here("build", "two_bus", "-o", str(file), says=("another origin", "--force"))
    assert file.read_text(encoding="utf-8").startswith("case")
