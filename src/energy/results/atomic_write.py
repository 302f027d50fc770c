"""Atomic writes of folders and files: complete or absent, whatever ends the process.

What is written goes to a hidden *draft* beside its place, held by a lock that the system takes away from a process that
dies. When all is written and on the disk, draft and place change names in one step of the file system. Drafts that
nobody holds are what is left of killed runs: the next run clears them away.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from energy.errors import Fault, InputError, written_to
from energy.results.ownership import refuse_other_table, refuse_strange_file, refuse_strange_folder

_EXCHANGE = 2  # RENAME_EXCHANGE of Linux's renameat2
_HERE = -100  # AT_FDCWD
_ASIDE = "-old-"


@contextmanager
def atomic_folder(path: Path, force: bool = False) -> Iterator[Path]:
    """Give a folder to write to that takes its name only when all is written; an older one of that name is replaced.

    Parameters
    ----------
    path
        The folder.
    force
        Whether it may replace what this package did not write.

    Raises
    ------
    InputError
        When the place cannot be written to, is full, or holds something else than a run.
    """
    refuse_strange_folder(path, force)
    with _draft(path) as draft:
        yield draft
        _flush(draft)
        draft.chmod(0o755)
        _replace(draft, path)


@contextmanager
def atomic_file(
    path: Path,
    force: bool = False,
    table: bool = False,
) -> Iterator[Path]:
    """Give a file to write to that takes its name only when all is written.

    Parameters
    ----------
    path
        The file.
    force
        Whether it may replace what this package did not write.
    table
        Whether it is a CSV table, which is known by its columns and not by a mark.

    Raises
    ------
    InputError
        When the place cannot be written to, is full, or holds a file of another origin.
    """
    refuse_strange_file(path, force, table)
    with _draft(path) as folder:
        yield folder / path.name
        if table:
            refuse_other_table(path, folder / path.name, force)
        _flush(folder)
        (folder / path.name).replace(path)


@contextmanager
def _draft(path: Path) -> Iterator[Path]:
    """Give a locked folder beside a path, and remove what is left of it at the end."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        clear_away(path)
        draft, lock = _held(path, "-")
    except OSError as err:
        what = f"cannot write here: {err.strerror}"
        raise InputError(Fault(what, path.parent, repair="choose another place")) from None
    try:
        with written_to(path):
            yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        os.close(lock)


def _held(path: Path, mark: str) -> tuple[Path, int]:
    """Make a hidden folder beside a path and lock it; another one if a run cleared it away before it was locked."""
    while True:
        made = Path(tempfile.mkdtemp(prefix=f".{path.name}{mark}", dir=path.parent))
        with suppress(FileNotFoundError):
            lock = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(lock, fcntl.LOCK_EX)  # waits for nobody but who is clearing it away
            if made.is_dir():
                return made, lock
            os.close(lock)


def clear_away(path: Path) -> None:
    """Remove the drafts of a path that killed processes left, and give back what one of them had put aside."""
    for left in path.parent.glob(f".{escape(path.name)}-*"):
        if left.is_symlink() or not left.is_dir():
            continue
        with suppress(OSError):  # another process cleared it away, or is writing it
            lock = os.open(left, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if (left / path.name).is_dir() and _ASIDE in left.name and not path.exists():
                    (left / path.name).rename(path)
                shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(lock)


def _flush(folder: Path) -> None:
    """Have all files of a folder on the disk before they get their name."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    for place in (*files, folder):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _replace(draft: Path, path: Path) -> None:
    with suppress(OSError):  # there is something of that name, perhaps since a moment ago
        draft.rename(path)
        return
    if not _exchanged(draft, path):
        # two steps, between which the older folder is put aside: `clear_away` gives it back
        aside, lock = _held(path, _ASIDE)
        try:
            path.rename(aside / path.name)
            draft.rename(path)
            shutil.rmtree(aside)
        finally:
            os.close(lock)


def _exchanged(draft: Path, path: Path) -> bool:
    """Let two folders change names in one step; False where the system or the disk cannot."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    arguments = (_HERE, os.fsencode(draft), _HERE, os.fsencode(path), _EXCHANGE)
    return bool(rename(*arguments) == 0)


def writable_folder(path: Path) -> Path:
    """Make a folder unless it is there, and return it.

    Raises
    ------
    InputError
        When it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise InputError(Fault(f"cannot write here: {err.strerror}", path, repair="choose another folder")) from None
    return path
