"""Store of a sweep: a journal that loses no finished point, and a Zarr Dataset readable while it grows.

The journal has one line a point, written whole and only appended to. A line that a sudden end cut short does not
count, nor does one whose checksum is not its own. The Zarr store is a copy for reading, made of the journal and the
axes, and written anew from them at each start.
"""

from __future__ import annotations

import fcntl
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from energy.errors import Fault, InputError, written_to

if TYPE_CHECKING:
    import xarray as xr

JOURNAL, DATASET = "points.jsonl", "dataset.zarr"
ELSEWHERE = "choose another --out"
REASON = 200  # characters of a reason that the Dataset keeps; the journal has it whole


class Journal:
    """Finished points by their hash; held by one process at a time.

    Raises
    ------
    InputError
        When another sweep is writing to the folder, or it holds something else.
    """

    def __init__(self, folder: Path) -> None:
        self._path = path = folder / JOURNAL
        if path.is_symlink() or (path.exists() and not path.is_file()):  # a pipe would be waited for, for ever
            raise InputError(Fault("this is no file, and so no journal of a sweep", path, repair=ELSEWHERE))
        has_no_journal = folder.exists() and not path.exists()
        if has_no_journal and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError(
                Fault(
                    "what is here is no sweep, and is not written to",
                    folder,
                    repair="choose another --out",
                )
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # without a buffer, so that what a full disk refused is not tried again when the file is closed
            self._file = path.open("a+b", buffering=0)
        except OSError as err:
            raise InputError(
                Fault(f"cannot write here: {err.strerror}", folder, repair="choose another --out")
            ) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise InputError(Fault("another sweep is writing here", folder, repair="wait for it, or stop it")) from None
        self.known = dict(self._read())

    def _read(self) -> Iterator[tuple[str, dict[str, Any]]]:
        content = self._path.read_bytes()
        lines = content.splitlines(keepends=True)
        whole = [line for line in lines if line.endswith(b"\n")]
        if whole and not any(_looks_written(line) for line in whole):
            self._file.close()
            raise InputError(Fault("no line of it is a point of a sweep", self._path, repair=ELSEWHERE))
        end = 0
        for line in BytesIO(content):
            if not line.endswith(b"\n"):
                break  # cut short by a sudden end
            end += len(line)
            entry = _entry(line)
            if entry is not None:
                yield entry["point"], entry
        self._file.truncate(end)
        self._file.seek(end)

    def add(self, point: str, values: Mapping[str, np.ndarray], reason: str) -> None:
        """Append a finished point; it is safe from the end of this process once this returns.

        Raises
        ------
        InputError
            When the disk is full.
        """
        content = {
            "point": point,
            "reason": reason,
            "values": {name: value.tolist() for name, value in values.items()},
        }
        text = json.dumps(content, separators=(",", ":"))
        line = f"{crc32(text.encode()):08x} {text}\n".encode()
        with written_to(self._path):
            while line:
                line = line[self._file.write(line) :]

    def close(self) -> None:
        """Let others write."""
        self._file.close()


def _looks_written(line: bytes) -> bool:
    """Tell whether a line is a point's, though a byte of it may have changed since."""
    return re.match(rb"[0-9a-f]{8} \{", line) is not None or b'"point":' in line


def _entry(line: bytes) -> dict[str, Any] | None:
    check, _, text = line.rstrip(b"\n").partition(b" ")
    if check != f"{crc32(text):08x}".encode():
        return None
    try:
        entry = json.loads(text)
    except (ValueError, RecursionError):
        return None
    is_point = isinstance(entry, dict) and {"point", "values", "reason"} <= entry.keys()
    return entry if is_point else None


class Store:
    """The Dataset of a sweep on disk, NaN where nothing is known yet; who fills it in says where with ``mark``."""

    def __init__(self, path: Path, empty: xr.Dataset, dims: tuple[str, ...]) -> None:
        self.path, self.dataset = path, empty
        self._changed: set[int] = set()
        draft = path.with_name(f".{path.name}.draft")
        _remove(draft)
        # one chunk a row of the first dimension, or a few hundred points in a row
        step = min(256, empty.sizes[dims[0]]) if len(dims) == 1 else 1
        encoding = {
            name: {"chunks": (step, *variable.shape[1:])}
            for name, variable in empty.data_vars.items()
            if variable.dims and variable.dims[0] == dims[0]
        }
        self._step = step
        with written_to(path):
            empty.to_zarr(draft, mode="w", zarr_format=2, consolidated=True, encoding=encoding)
            _remove(path)
            draft.rename(path)

    def mark(self, row: int) -> None:
        """Say that something has changed in a row of the first dimension; on disk with the next ``flush``."""
        self._changed.add(row // self._step)

    def flush(self) -> None:
        """Write what has changed.

        Raises
        ------
        InputError
            When the disk is full.
        """
        import zarr

        with written_to(self.path):
            group = zarr.open_group(self.path, mode="r+", zarr_format=2)
            for name, variable in self.dataset.data_vars.items():
                array: Any = group[str(name)]
                for chunk in sorted(self._changed):
                    rows = slice(chunk * self._step, (chunk + 1) * self._step)
                    array[rows] = variable.values[rows]
        self._changed.clear()


def _remove(path: Path) -> None:
    """Remove what a path names, a folder or what somebody put in its place."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
