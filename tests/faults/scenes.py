"""What may happen to a writer: ``python scenes.py FOLDER NAME…``; prints what each scene said that does not hold.

A process of its own for each scene, with one thread and without pytest, so that it can fork as often as it likes. All
are forked of one that has imported what they need.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from energy.errors import InputError
from energy.results import files as result_files
from energy.results.files import MANIFEST, MARK, _clear_away, atomic_file, atomic_folder

PARTS = ("a.bin", "b/c.bin", "d.bin")


def child(work: Callable[[], object]) -> int:
    """Do some work in a child; its exit code is 0 only where the work came to its end."""
    number = os.fork()
    if number == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:  # noqa: BLE001  (said, and then the end)
            traceback.print_exc()
        finally:
            os._exit(code)  # whatever was raised: a child never goes on as a second parent
    return number


def code_of(number: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def killed(number: int) -> int:
    os.kill(number, signal.SIGKILL)
    return code_of(number)


def fill(folder: Path, mark: str) -> None:
    (folder / "b").mkdir()
    for name in PARTS:
        (folder / name).write_text(mark * 2000)
    # a run's manifest names its files, by which the next run knows that it may replace them
    files = [path.name for path in folder.iterdir()]
    (folder / MANIFEST).write_text(json.dumps({"scenario": {}, "files": files}))


def write(place: Path, mark: str) -> None:
    with atomic_folder(place) as draft:
        fill(draft, mark)


def write_for_ever(place: Path, mark: str) -> None:
    parent = os.getppid()
    while os.getppid() == parent:  # until the scene is over, however it ends
        write(place, mark)


def mark_of(place: Path) -> str:
    """Return the one mark of all files of a folder; fail where one is missing, half, or of another run."""
    texts = [(place / name).read_text() for name in PARTS]
    assert all(len(text) == 2000 for text in texts), "half a file"
    assert len(set("".join(texts))) == 1, "files of two runs"
    return texts[0][0]


def drafts(place: Path) -> list[Path]:
    return list(place.parent.glob(f".{place.name}-*"))


# ------------------------------------------------------------------------------------------------------- scenes


def killed_at_any_moment(folder: Path) -> None:
    place, random = folder / "run", np.random.default_rng(1)
    write(place, "o")
    seen, round_ = set(), 0
    while round_ < 25 or ("n" not in seen and round_ < 500):  # on a busy machine none of the first writers may end
        writer = child(lambda: write_for_ever(place, "n"))
        time.sleep(float(random.uniform(0, 0.03)))
        assert killed(writer) == -signal.SIGKILL, "the writer had ended by itself"
        seen.add(mark_of(place))
        round_ += 1
        if round_ % 5 == 0:
            write(place, "o")
            assert mark_of(place) == "o", "the next run goes on"
            assert drafts(place) == [], "and clears away what the killed ones left"
    assert "n" in seen, "no writer ever came to its end: the scene would show nothing"


def killed_between_two_steps(folder: Path) -> None:
    """Stop after each call that changes the disk, as a kill would; the next run must find the old folder or the new."""
    ends = set()
    for step in range(12):
        place = folder / f"{step}" / "run"
        write(place, "o")
        ends.add(code_of(child(lambda place=place, step=step: _write_until(place, step))))
        _clear_away(place)
        assert mark_of(place) in "on"
        assert drafts(place) == []
    assert ends == {0, -signal.SIGKILL}, "both: stopped at each step, and beyond the last one"


def _write_until(place: Path, step: int) -> None:
    count = 0
    for owner, name in ((Path, "rename"), (Path, "chmod"), (os, "fsync"), (result_files.shutil, "rmtree")):
        real = getattr(owner, name)

        def counted(*arguments: Any, real: Any = real, **options: Any) -> Any:
            nonlocal count
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)
            count += 1
            return real(*arguments, **options)

        setattr(owner, name, counted)
    write(place, "n")


def killed_between_two_steps_without_exchange(folder: Path) -> None:
    result_files._exchanged = lambda *_: False
    killed_between_two_steps(folder)


def two_runs_into_one_folder(folder: Path) -> None:
    place = folder / "run"
    writers = [child(lambda mark=mark: write_for_ever(place, mark)) for mark in "xy"]
    seen, end = set(), time.monotonic() + 1.5
    while time.monotonic() < end:
        if place.is_dir():
            handle = os.open(place, os.O_RDONLY)  # the folder that has the name now, even if it loses it
            try:
                seen.add(mark_of(Path(f"/proc/self/fd/{handle}")))
            except FileNotFoundError:
                pass  # replaced and removed while it was read: gone, not mixed
            finally:
                os.close(handle)
    ends = [killed(writer) for writer in writers]
    assert ends == [-signal.SIGKILL] * 2, "a writer had ended by itself"
    assert mark_of(place) in "xy"
    assert seen == {"x", "y"}, "both were seen, and nothing else"


def full_disk(folder: Path, writes: Any, fills: Callable[[Path, str], object]) -> None:
    """Let a write meet a full disk; the reason is said, the old result stays, no draft is left."""
    place = folder / "run"
    with writes(place) as old:
        fills(old, "o")
    before = _texts(folder)

    def broken() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        said = ""
        try:
            with writes(place) as new:
                fills(new, "n")
        except InputError as err:
            said = str(err)
        assert "writing broke off: File too large" in said
        assert "make room" in said

    assert code_of(child(broken)) == 0
    assert _texts(folder) == before
    assert drafts(place) == []


def _texts(folder: Path) -> dict[Path, str]:
    return {path: path.read_text() for path in folder.rglob("*") if path.is_file()}


def full_disk_folder(folder: Path) -> None:
    full_disk(folder, atomic_folder, fill)


def full_disk_file(folder: Path) -> None:
    full_disk(folder, atomic_file, lambda path, mark: path.write_text(MARK + mark * 2000))


def said(scene: Callable[[Path], None], folder: Path) -> str:
    """Play a scene in a process and a folder of its own, and return what it said where it does not hold."""
    folder.mkdir()
    words = folder.with_suffix(".txt")

    def play() -> None:
        with words.open("w") as stream:
            os.dup2(stream.fileno(), sys.stderr.fileno())
        scene(folder)

    code = code_of(child(play))
    if code == 0:
        return ""
    return f"exit code {code}: {words.read_text()}"


if __name__ == "__main__":
    place = Path(sys.argv[1])
    sys.stdout.write(json.dumps({name: said(globals()[name], place / name) for name in sys.argv[2:]}))
