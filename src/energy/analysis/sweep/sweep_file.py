"""Sweep files: the base scenario, the axes, and the metrics that are kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from energy.errors import Fault, InputError, nearest
from energy.reading.document import read_document
from energy.reading.frozen import Frozen, FrozenMap, Frozenness, Row, Word
from energy.reading.library_folders import library_files
from energy.reading.schema_errors import validated
from energy.reading.tree import Node


def _as_it_is(value: Any) -> Any:
    """Return what the file has, frozen."""
    if isinstance(value, Mapping):
        return FrozenMap(value)
    if isinstance(value, list):
        return tuple(value)
    return value


class SweepFile(Frozen):
    """What a file in ``scenarios/sweeps/`` says."""

    description: str = Field(default="", description="What it asks, in a sentence.")
    base: Word = Field(description="Scenario that the axes change, by name or path.")
    set: Annotated[Mapping[Word, Any], Frozenness] = Field(
        default_factory=FrozenMap,
        description="Dotted key → value, changed in the base before the axes.",
    )
    combine: Literal["product", "zip", "sample"] = Field(
        default="product",
        description="Every value with every other; in step; or a Latin hypercube.",
    )
    count: int | None = Field(default=None, ge=1, description="Points of a sample.")
    seed: int = Field(default=0, ge=0, description="Of the sample.")
    axes: Annotated[Mapping[Word, Annotated[Any, BeforeValidator(_as_it_is)]], Frozenness] = Field(
        description="Dotted key of a scenario → list of values, or {low, high, count, whole}."
    )
    series: Row[Word] = Field(default=(), description="Daily series to keep of each point.")


def read_sweep(path_or_name: str | Path) -> tuple[str, SweepFile, Node]:
    """Read a sweep by the name of its file in ``scenarios/sweeps/``, or by path.

    Returns
    -------
    tuple
        Name, what the file says, and its axes with their lines.

    Raises
    ------
    InputError
        Every fault of the file.
    """
    path = _path(path_or_name)
    tree = read_document(path)
    sweep = validated(SweepFile, tree)
    axes = tree.child("axes")
    assert axes is not None
    return path.stem, sweep, axes


def _path(path_or_name: str | Path) -> Path:
    """Return the path of a sweep's file.

    Raises
    ------
    InputError
        When there is no such file or name.
    """
    path = Path(path_or_name)
    if path.suffix in (".yaml", ".yml"):
        if not path.is_file():
            raise InputError(Fault("file not found", path))
        return path
    files = library_files("scenarios", "sweeps")
    if path.name not in files:
        what = f"no sweep {str(path_or_name)!r}"
        repair = nearest(path.name, files)
        fault = Fault(what, "scenarios/sweeps", allowed=", ".join(files), repair=repair)
        raise InputError(fault)
    return files[path.name]
