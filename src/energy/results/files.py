"""Files of results: atomic writes, complete or absent, and never over what this package did not write.

What is written goes to a hidden *draft* beside its place, held by a lock that the system takes away from a process that
dies. When all is written and on the disk, draft and place change names in one step of the file system. Drafts that
nobody holds are what is left of killed runs: the next run clears them away. What stood in the place before is replaced
only where this package wrote it, which a mark, a manifest or the columns of a table say. No cell of a table that is
written is taken for a formula by a spreadsheet (CSV injection).
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from typing import Any
from zipfile import ZipFile, is_zipfile

import pandas as pd

from energy.errors import Fault, InputError, written_to

_EXCHANGE = 2  # RENAME_EXCHANGE of Linux's renameat2
_HERE = -100  # AT_FDCWD
_ASIDE = "-old-"
MARK = "casa1000-energy"
"""Stands in every file that this package writes and that has room for it; a table has its columns instead."""
MANIFEST = "manifest.json"
UNLISTED = (".nc", ".csv", ".png", ".svg")
"""Endings of what earlier versions wrote, whose manifests do not list their files."""
FORCE = "choose another --out, or replace it with --force"
WORKBOOK_PROPERTIES = "docProps/core.xml"
ROOM = 300
"""Bytes of a path that names of files inside a folder may take."""
_PART = 1 << 20  # bytes read at a time
_LONGEST_HEADER = 1 << 16  # bytes
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that a spreadsheet runs as a formula (OWASP, CSV injection)."""


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
            _refuse_other_table(path, folder / path.name, force)
        _flush(folder)
        (folder / path.name).replace(path)


@contextmanager
def _draft(path: Path) -> Iterator[Path]:
    """Give a locked folder beside a path, and remove what is left of it at the end."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _clear_away(path)
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


def _clear_away(path: Path) -> None:
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
        # two steps, between which the older folder is put aside: `_clear_away` gives it back
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


def refuse_unwritable(path: Path) -> None:
    """Refuse a folder to write to before anything is solved for it.

    Raises
    ------
    InputError
        When the path is a file, lies in a file, is too long, or cannot be written to.
    """
    longest = os.pathconf("/", "PC_PATH_MAX") - ROOM
    length = len(os.fsencode(path.absolute()))
    if length > longest:
        raise InputError(
            Fault(
                f"a path of {length:,} bytes",
                allowed=f"up to {longest:,} bytes",
                repair="shorten --out",
            )
        )
    around = next(place for place in (path, *path.absolute().parents) if place.exists())
    if not around.is_dir():
        raise InputError(Fault("this is a file, no folder", around, repair="choose another --out"))
    if not os.access(around, os.W_OK | os.X_OK):
        raise InputError(Fault("this folder cannot be written to", around, repair="choose another --out"))


def refuse_strange_folder(path: Path, force: bool = False) -> None:
    """Refuse to replace a folder that holds what this package did not write.

    Raises
    ------
    InputError
        When the path is a file or a link, lies in a file, cannot be written to, holds the working folder, or, unless
        forced, is a folder with something in it that no run wrote.
    """
    refuse_unwritable(path)
    if path.is_symlink() or path.is_file():
        raise InputError(Fault("what is here is no run, and is not replaced", path, repair="choose another --out"))
    if not path.is_dir():
        return
    if Path.cwd().is_relative_to(path.resolve()):
        raise InputError(Fault("the working folder lies in it", path, repair="choose another --out"))
    strange = None
    with suppress(FileNotFoundError):  # another run is just replacing it
        strange = next(_strangers(path), None)
    if strange is not None and not force:
        raise InputError(Fault(f"{strange} is here, which no run wrote: it is not replaced", path, repair=FORCE))


def refuse_other_question(path: Path, digest: str, changes: Mapping[str, str], force: bool = False) -> None:
    """Refuse to replace a finished run by one that overrides made another, where both have one name.

    A scenario whose file was edited replaces its former result; one whose values ``--set`` or ``--resolution`` changed
    does not take the place of a result without these changes, nor the other way round.

    Parameters
    ----------
    path
        Folder of the run.
    digest, changes
        Of the scenario to be solved, as of ``Scenario``.
    force
        Whether it may be replaced all the same.

    Raises
    ------
    InputError
        When the folder holds a run with other overrides.
    """
    former = _manifest_of(path)
    if force or former is None or former.get("scenario_digest") == digest:
        return
    former_changes = former["scenario"].get("changes", {})
    if set(former_changes) != set(changes) or changes:
        what = "another result is here, made with other overrides: it is not replaced"
        raise InputError(Fault(what, path, repair=FORCE))


def refuse_strange_file(
    path: Path,
    force: bool = False,
    table: bool = False,
) -> None:
    """Refuse, before anything is solved, to write a file in the place of another that this package did not write.

    Parameters
    ----------
    path
        The file.
    force
        Whether a file of any origin may be replaced.
    table
        Whether a CSV table is to be written, which has no room for a mark; `_refuse_other_table` looks at its columns.

    Raises
    ------
    InputError
        When the path is a folder, a link, a device or a pipe, or, unless forced, a file of another origin.
    """
    refuse_unwritable(path.parent)
    kind = _kind(path)
    if kind == "folder":
        raise InputError(Fault("this is a folder", path, repair="name a file"))
    if kind in ("link", "device"):
        raise InputError(Fault(f"this is a {kind}, and is not replaced", path, repair="name a file"))
    if kind == "file" and not force and not table and not _is_marked(path):
        raise InputError(Fault("this file is of another origin, and is not replaced", path, repair=FORCE))


def _refuse_other_table(
    path: Path,
    draft: Path,
    force: bool = False,
) -> None:
    """Refuse to replace a table by one of other columns.

    Raises
    ------
    InputError
        Unless forced, when most columns of the two differ.
    """
    if force or not path.is_file():
        return
    old, new = _columns(path), _columns(draft)
    if 2 * len(old & new) < min(len(old), len(new)):
        raise InputError(Fault("this is another table, and is not replaced", path, repair=FORCE))


def _is_marked(path: Path) -> bool:
    """Tell whether a file says that this package wrote it."""
    if is_zipfile(path):
        return _is_marked_workbook(path)
    mark = MARK.encode()
    end_of_part = b""
    with path.open("rb") as file:
        while part := file.read(_PART):
            if mark in end_of_part + part:
                return True
            end_of_part = part[-len(mark) :]
    return path.stat().st_size == 0


def _is_marked_workbook(path: Path) -> bool:
    """Tell whether a workbook, whose parts are compressed, names this package as its creator."""
    with ZipFile(path) as archive:
        if WORKBOOK_PROPERTIES not in archive.namelist():
            return False
        return MARK.encode() in archive.read(WORKBOOK_PROPERTIES)


def _kind(path: Path) -> str:
    """Return what stands at a path: nothing, a file, a folder, a link, or a device."""
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return "nothing"
    kinds = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link"}
    return kinds.get(stat.S_IFMT(mode), "device")


def _strangers(folder: Path) -> Iterator[str]:
    """Yield the names in a folder that no run wrote."""
    written = _written_files(folder)
    for path in sorted(folder.iterdir()):
        is_own_manifest = path.name == MANIFEST and bool(written)
        if is_own_manifest or path.name in written or _is_all_marked(path):
            continue
        yield path.name


def _is_all_marked(path: Path) -> bool:
    """Return whether a file, or every file of a folder that is not empty, says that this package wrote it."""
    inside = path.rglob("*") if _kind(path) == "folder" else [path]
    files = [file for file in inside if _kind(file) != "folder"]
    if not files:
        return False
    return all(_kind(file) == "file" and _is_marked(file) for file in files)


def _manifest_of(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a folder; None where there is none of this package."""
    manifest = folder / MANIFEST
    if _kind(manifest) != "file":
        return None
    try:
        content = json.loads(manifest.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or not isinstance(content.get("scenario"), dict):
        return None
    return content


def _written_files(folder: Path) -> frozenset[str]:
    """Return the files of a folder that its manifest names; none where there is no manifest of this package."""
    content = _manifest_of(folder)
    if content is None:
        return frozenset()
    files = content.get("files")
    if isinstance(files, list) and files:
        return frozenset(map(str, files))
    return frozenset(path.name for path in folder.iterdir() if path.suffix in UNLISTED)


def _columns(path: Path) -> set[str]:
    """Return the columns of a table, by its first line."""
    with path.open("rb") as file:
        line = file.readline(_LONGEST_HEADER)
    header = line.decode("utf-8", "replace").strip("\ufeff\r\n")
    return {cell.strip().strip('"') for cell in header.split(",")}


def plain_cells(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts, names of rows and columns included, are texts to a spreadsheet too.

    An apostrophe stands before a text that would be a formula; numbers are as they were.

    Examples
    --------
    >>> table = pd.DataFrame({"name": ["=1+1", "-x", "Nurek"], "value": [-1.0, 2.0, 3.0]}, index=["@a", "b", "c"])
    >>> print(plain_cells(table).to_csv(lineterminator=" ").strip())
    ,name,value '@a,'=1+1,-1.0 b,'-x,2.0 c,Nurek,3.0
    """
    plain = table.rename(index=_plain, columns=_plain)
    for position, dtype in enumerate(plain.dtypes):
        if pd.api.types.is_numeric_dtype(dtype):
            continue
        column = plain.iloc[:, position]
        plain.isetitem(position, column.map(_plain).array)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value
