"""Patterns of PyPSA's model on disk: a second process need not let PyPSA build what the first one has checked.

A file is named by the hash of all that decides the pattern: the components, the kinds of rules, this package's sources
and the versions of PyPSA and linopy. It holds arrays alone, no code, and their hash; what is stale, foreign or broken
is no pattern, and PyPSA builds it anew.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from energy.model import Inputs
from energy.solve.assembly import Entries, Pattern
from energy.solve.lp import Key, ports_of

FOLDER = "ENERGY_CACHE"
"""Environment variable: the folder that patterns are kept in; empty for none."""

PARTS = ("rows", "columns", "values")
VOLTAGE = "voltage"
DECIDING = ("pypsa", "linopy", "numpy")


def _folder() -> Path | None:
    """Return the folder that patterns are kept in; None where the environment says that there is none."""
    named = os.environ.get(FOLDER)
    if named is not None:
        return Path(named) if named else None
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(home) if home else Path.home() / ".cache") / "energy"


@cache
def _program_hash() -> str:
    """Return a hash (SHA-256, hex) of this package's sources and of the versions of what builds the model."""
    digest = sha256()
    source = Path(__file__).resolve().parents[1]
    for room in ("case", "model", "solve"):
        for path in sorted((source / room).rglob("*.py")):
            digest.update(path.relative_to(source).as_posix().encode())
            digest.update(path.read_bytes())
    for package in DECIDING:
        digest.update(f"{package} {version(package)}".encode())
    return digest.hexdigest()


def _path(key: str) -> Path | None:
    place = _folder()
    if place is None:
        return None
    name = sha256(f"{key} {_program_hash()}".encode()).hexdigest()
    return place / f"pattern-{name}.npz"


def kept_pattern(key: str, inputs: Inputs) -> Pattern | None:
    """Return the pattern that was kept under a key; None where there is none that fits the inputs.

    Parameters
    ----------
    key
        `energy.solve.pattern_cache.pattern_key` of the inputs.
    inputs
        Whose components the pattern has to fit.
    """
    path = _path(key)
    if path is None or not path.is_file():
        return None
    try:
        with path.open("rb") as handle, np.load(handle) as file:
            arrays = {name: file[name] for name in file.files}
        written = arrays.pop("hash").tobytes()
        if written != _hash_of(arrays, key):
            return None
        return _pattern(arrays, inputs)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None


def keep_pattern(key: str, pattern: Pattern) -> None:
    """Keep a pattern that was checked against PyPSA; where nothing can be written, nothing is kept."""
    path = _path(key)
    if path is None:
        return
    arrays = _arrays(pattern)
    arrays["hash"] = np.frombuffer(_hash_of(arrays, key), dtype=np.uint8)
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".npz")
        os.close(handle)
        try:
            np.savez(temporary, **arrays)  # type: ignore[arg-type]
            Path(temporary).replace(path)  # a file that is read is complete
        finally:
            Path(temporary).unlink(missing_ok=True)


def _hash_of(arrays: dict[str, np.ndarray], key: str) -> bytes:
    digest = sha256(key.encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.shape} {array.dtype}".encode())
        digest.update(array.tobytes())
    return digest.digest()


def _arrays(pattern: Pattern) -> dict[str, np.ndarray]:
    arrays = {
        "in_balance": pattern.in_balance,
        "energy": np.array(pattern.energy),
        "reactance": np.asarray(pattern.reactance, dtype=float),
    }
    for (component, quantity), size in pattern.sizes.items():
        arrays[f"size {component} {quantity}"] = np.array(size)
    for (component, quantity), entries in pattern.balance.items():
        arrays |= {f"balance {component} {quantity} {part}": getattr(entries, part) for part in PARTS}
    if pattern.voltage is not None:
        arrays |= {f"{VOLTAGE} {part}": getattr(pattern.voltage, part) for part in PARTS}
    return arrays


def _pattern(arrays: dict[str, np.ndarray], inputs: Inputs) -> Pattern | None:
    """Return the pattern of arrays; None where the inputs have other numbers of components or buses."""
    sizes: dict[Key, int] = {}
    balance: dict[Key, Entries] = {}
    for name, array in arrays.items():
        kind, *words = name.split(" ")
        if kind == "size":
            sizes[words[0], words[1]] = int(array)
    for component, quantity in sizes:
        balance[component, quantity] = _entries(arrays, f"balance {component} {quantity}")
    tables = inputs.components
    fits = all(len(tables[component]) == size for (component, _), size in sizes.items())
    if not fits or len(arrays["in_balance"]) != len(tables["buses"]):
        return None
    has_voltage = f"{VOLTAGE} rows" in arrays
    position = {
        component: {str(name): at for at, name in enumerate(table.index)}
        for component, table in inputs.components.items()
    }
    return Pattern(
        sizes=sizes,
        balance=balance,
        in_balance=arrays["in_balance"],
        voltage=_entries(arrays, VOLTAGE) if has_voltage else None,
        energy=float(arrays["energy"]),
        ports=ports_of(inputs),
        position=position,
        reactance=arrays["reactance"],
    )


def _entries(arrays: dict[str, np.ndarray], name: str) -> Entries:
    rows, columns, values = (arrays[f"{name} {part}"] for part in PARTS)
    return Entries(rows, columns, values)
