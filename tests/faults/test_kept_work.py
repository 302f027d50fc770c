"""Work that is kept between runs: what is broken in it is seen and made again, what is whole is not lost."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from energy.analysis.sweep.store import DATASET, JOURNAL, Journal
from energy.analysis.sweep.sweep import Progress, sweep
from energy.case import Case
from energy.errors import InputError, SolverError
from energy.results.samples import append_samples, open_samples, read_samples, samples_held
from energy.scenario import read_scenario

AXES = {"hydrology": ["median", "dry"], "values.links.line.p_nom": [50.0, 100.0]}
COARSE = {"time.resolution": "typical-days-24h"}  # two_bus is the same in every hour of a day


@pytest.fixture(scope="module")
def whole(two_bus: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a finished sweep of four points."""
    folder = tmp_path_factory.mktemp("whole") / "s"
    sweep(two_bus, read_scenario("two_bus", overrides=COARSE), AXES, folder=folder, workers=1)
    return folder


def again(case: Case, folder: Path) -> tuple[xr.Dataset, Progress]:
    seen: list[Progress] = []
    base = read_scenario("two_bus", overrides=COARSE)
    return sweep(case, base, AXES, folder=folder, workers=1, progress=seen.append), seen[-1]


def assert_same(one: Path, other: Path, found: xr.Dataset) -> None:
    first, second = (xr.open_zarr(folder / DATASET).load() for folder in (one, other))
    for name in found.data_vars:
        assert first[name].values.tobytes() == second[name].values.tobytes() == found[name].values.tobytes(), name


# ------------------------------------------------------------------------------------------- a sweep's journal


@pytest.mark.parametrize("line", range(4))
def test_a_corrupt_line_costs_its_own_point_alone(two_bus: Case, whole: Path, tmp_path: Path, line: int) -> None:
    folder = shutil.copytree(whole, tmp_path / "s")
    lines = (folder / JOURNAL).read_bytes().splitlines(keepends=True)
    at = lines[line].index(b'"delivered":') + 12
    lines[line] = lines[line][:at] + b"9" + lines[line][at + 1 :]  # a number that reads well, and is wrong
    (folder / JOURNAL).write_bytes(b"".join(lines))
    found, last = again(two_bus, folder)
    assert (last.resumed, last.done, last.failed) == (3, 4, 0)
    assert_same(whole, folder, found)


def test_any_byte_that_changes_is_seen(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.add("a", {"x": np.array([0.1])}, "")
    journal.add("b", {"x": np.array([0.2])}, "")
    journal.close()
    path = tmp_path / JOURNAL
    sound = path.read_bytes()
    for at in range(sound.index(b"\n")):
        path.write_bytes(sound[:at] + bytes([sound[at] ^ 1]) + sound[at + 1 :])
        broken = Journal(tmp_path)
        assert list(broken.known) == ["b"], at
        broken.close()


def cut_files(folder: Path) -> None:
    for path in (folder / DATASET).rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def no_metadata(folder: Path) -> None:
    for path in (folder / DATASET).rglob(".z*"):
        path.unlink()


def a_file_in_its_place(folder: Path) -> None:
    shutil.rmtree(folder / DATASET)
    (folder / DATASET).write_text("x")


def wrong_numbers(folder: Path) -> None:
    other = xr.open_zarr(folder / DATASET).load()
    wrong = other.assign(delivered=other["delivered"] * 2)
    wrong.to_zarr(folder / DATASET, mode="w", zarr_format=2, consolidated=True)


@pytest.mark.parametrize("damage", [cut_files, no_metadata, a_file_in_its_place, wrong_numbers])
def test_a_broken_zarr_is_written_anew_from_the_journal(
    two_bus: Case, whole: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    folder = shutil.copytree(whole, tmp_path / "s")
    damage(folder)
    found, last = again(two_bus, folder)
    assert (last.resumed, last.done) == (4, 4), "nothing is solved again"
    assert_same(whole, folder, found)


@pytest.mark.parametrize("when", [0, 2**33], ids=["1970", "2242"])
def test_the_clock_may_go_back_and_forth(two_bus: Case, whole: Path, tmp_path: Path, when: int) -> None:
    folder = shutil.copytree(whole, tmp_path / "s")
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (when, when))
    found, last = again(two_bus, folder)
    assert (last.resumed, last.done) == (4, 4)
    assert_same(whole, folder, found)


def test_a_full_disk_stops_a_sweep_and_what_is_done_is_kept(
    two_bus: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, count, files = Journal.add, iter(range(9)), []

    def add(self: Journal, point: str, values: dict[str, np.ndarray], reason: str) -> None:
        if next(count) == 2:
            files.append(self._file)
            monkeypatch.setattr(self, "_file", Path("/dev/full").open("ab", buffering=0))  # noqa: SIM115
        real(self, point, values, reason)

    monkeypatch.setattr(Journal, "add", add)
    with pytest.raises(InputError, match="writing broke off: No space left on device; do: make room"):
        again(two_bus, tmp_path / "s")
    monkeypatch.undo()
    files[0].close()
    _, last = again(two_bus, tmp_path / "s")
    assert (last.resumed, last.done, last.failed) == (2, 4, 0)


# --------------------------------------------------------------------------------------------- workers that die


@pytest.mark.slow
def test_a_worker_of_a_sweep_dies(two_bus: Case, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pool is made anew, the points in the dead worker's hands are solved again, and every bit is the same."""
    from energy.analysis.sweep import sweep as module

    pools = []
    real = module.processes

    def processes(workers: int) -> object:
        pools.append(real(workers))
        return pools[-1]

    def kill_one(now: Progress) -> None:
        if now.done == 1:
            os.kill(next(iter(pools[0]._processes)), signal.SIGKILL)

    monkeypatch.setattr(module, "processes", processes)
    base = read_scenario("two_bus", overrides=COARSE)
    found = sweep(two_bus, base, AXES, folder=tmp_path / "s", workers=2, progress=kill_one)
    assert len(pools) == 2
    assert not found["reason"].values.astype(bool).any()
    assert_same(whole, tmp_path / "s", found)


class Dying:
    """An executor whose workers die at once."""

    def submit(self, *_: object) -> object:
        from concurrent.futures.process import BrokenProcessPool

        raise BrokenProcessPool("gone")

    def shutdown(self, **_: object) -> None:
        """Nothing is held."""


def test_workers_that_die_again_and_again_end_the_sweep(
    two_bus: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("energy.analysis.sweep.sweep.processes", lambda _: Dying())
    with pytest.raises(SolverError, match="again and again; what is done is kept"):
        sweep(two_bus, read_scenario("two_bus"), AXES, folder=tmp_path / "s", workers=2)


# ------------------------------------------------------------------------------------------------ risk's samples

ASKED = {"case": "c", "seed": 1}
COLUMNS = ["draw", "failed", "season"]


def test_samples_go_on_wherever_a_run_was_killed(tmp_path: Path) -> None:
    open_samples(tmp_path, ASKED, COLUMNS)
    append_samples(tmp_path, [[0, 0, 0.1], [1, 0, 0.2]])
    table = tmp_path / "samples.csv"
    sound = table.read_bytes()
    for cut in range(len(sound.splitlines()[0]) + 1, len(sound) + 1):
        table.write_bytes(sound[:cut])
        assert len(open_samples(tmp_path, ASKED, COLUMNS)) == sound[:cut].count(b"\n") - 1
    table.unlink()  # killed between the question and the table
    assert open_samples(tmp_path, ASKED, COLUMNS).empty
    assert table.is_file()


@pytest.mark.parametrize(
    ("line", "says"),
    [("1,0,much", "samples.csv:3: is no sample"), ("1,0", "samples.csv:3: is no sample"), ("1,0,1,1", ":3: is no")],
)
def test_a_sample_that_is_none_is_named(tmp_path: Path, line: str, says: str) -> None:
    open_samples(tmp_path, ASKED, COLUMNS)
    append_samples(tmp_path, [[0, 0, 0.1]])
    with (tmp_path / "samples.csv").open("a") as table:
        table.write(f"{line}\n2,0,0.3\n")
    for reads in (read_samples, lambda folder: open_samples(folder, ASKED, COLUMNS)):
        with pytest.raises(InputError) as caught:
            reads(tmp_path)
        assert says in str(caught.value)
        assert "do: remove the line; it is drawn again" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"{", b"[" * 100])
def test_a_question_that_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    open_samples(tmp_path, ASKED, COLUMNS)
    (tmp_path / "question.json").write_bytes(content)
    with pytest.raises(InputError, match=r"question\.json: cannot be read"):
        open_samples(tmp_path, ASKED, COLUMNS)


@pytest.mark.parametrize("content", [b"", bytes(range(256))])
def test_a_table_that_is_none(tmp_path: Path, content: bytes) -> None:
    open_samples(tmp_path, ASKED, COLUMNS)
    (tmp_path / "samples.csv").write_bytes(content)
    with pytest.raises(InputError, match=r"samples\.csv: is no table of samples"):
        read_samples(tmp_path)


def test_two_risk_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    refused = pytest.raises(InputError, match="another run is writing samples here")
    with samples_held(tmp_path / "r"), refused, samples_held(tmp_path / "r"):
        raise AssertionError
    with samples_held(tmp_path / "r"):
        assert (tmp_path / "r").is_dir()
