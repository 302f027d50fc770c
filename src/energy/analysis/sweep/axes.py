"""Axes of a sweep: the scenarios that they name, and their coordinates."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any, Literal

import numpy as np
from pydantic import Field
from pydantic_core import PydanticCustomError
from scipy.stats import qmc

from energy.case.schema import attributes
from energy.errors import Fault, InputError
from energy.reading.frozen import Frozen
from energy.reading.tree import Node, Origin
from energy.scenario import split_value_key
from energy.scenario.dates import parse_duration

Combine = Literal["product", "zip", "sample"]
AXES = "axes"  # where a value was written that is in no file
POINT = "point"  # the dimension of zipped and of sampled axes
MOST_POINTS = 100_000
"""Points of a sweep: each is a scenario in memory and a solve of some hundredths of a second at the least."""


class Range(Frozen):
    """Numbers between two ends.

    Examples
    --------
    >>> Range(low=0.0, high=1.0, count=3).steps()
    [0.0, 0.5, 1.0]
    >>> Range(low=1.0, high=4.0, whole=True).at(0.99)
    4
    """

    low: float = Field(description="Lowest value.")
    high: float = Field(description="Highest value.")
    count: int | None = Field(default=None, ge=2, description="Evenly spaced values; needed unless sampled.")
    whole: bool = Field(default=False, description="Whole numbers only, both ends included.")

    def steps(self) -> list[float] | list[int]:
        """Return the evenly spaced values."""
        values = np.linspace(self.low, self.high, self.count or 2).tolist()
        return list(map(round, values)) if self.whole else values

    def at(self, share: float) -> float | int:
        """Return the value at a share (0 to 1) of the range."""
        if self.whole:
            whole_numbers = self.high - self.low + 1
            return int(self.low + np.floor(share * whole_numbers))
        return self.low + share * (self.high - self.low)


@dataclass(frozen=True)
class Grid:
    """Points of a sweep and their places.

    Attributes
    ----------
    dims
        Dimension → length.
    coords
        Axis → (dimension, values, attributes with ``units`` and ``long_name``).
    changes
        What each point changes in the base, in the order of the flattened dimensions.
    """

    dims: Mapping[str, int]
    coords: Mapping[str, tuple[str, list[Any], dict[str, str]]]
    changes: Sequence[Mapping[str, Any]]


def grid(
    axes: Mapping[str, Any],
    combine: Combine = "product",
    count: int | None = None,
    seed: int = 0,
    written: Node | None = None,
) -> Grid:
    """Lay the points of a sweep.

    Parameters
    ----------
    axes
        Dotted key of a scenario → list of values, or a range ``{"low": …, "high": …}`` with ``count`` or sampled.
    combine
        ``product``: every value with every other; ``zip``: first with first, second with second; ``sample``: a Latin
        hypercube of ``count`` points.
    count, seed
        Of the sample.
    written
        The axes as a file has them, for the file and line of a fault.

    Raises
    ------
    InputError
        When an axis is empty, or the axes do not go together.

    Examples
    --------
    >>> grid({"growth": ["low", "high"], "year": [2028, 2030, 2032]}).dims
    {'growth': 2, 'year': 3}
    >>> grid({"values.links.line.p_nom": {"low": 50, "high": 150}}, "sample", count=4).dims
    {'point': 4}
    """
    ranges_and_lists = {}
    for key, given in axes.items():
        origin = origin_of(written, key)
        ranges_and_lists[key] = _axis(key, given, origin)
    if not ranges_and_lists:
        raise InputError(Fault("a sweep without axes", allowed="at least one key with its values"))
    first_axis = origin_of(written, next(iter(ranges_and_lists)))
    if combine == "sample":
        if not count or count < 1:
            raise InputError(Fault(f"a sample of {count} points", allowed="count of 1 or more"))
        _refuse_too_many(count, "a sample", first_axis)
        sampled = _sampled(ranges_and_lists, count, seed)
        return _in_a_row(sampled, written)
    lengths = {key: _length(axis) for key, axis in ranges_and_lists.items()}
    for key, length in lengths.items():
        _refuse_too_many(length, f"axis {key!r}", origin_of(written, key))
    if combine == "product":
        _refuse_too_many(prod(lengths.values()), "the product of all axes", first_axis)
    values: dict[str, list[Any]] = {}
    for key, axis in ranges_and_lists.items():
        values[key] = _steps(key, axis, origin_of(written, key))
    if combine == "zip":
        _refuse_unequal(lengths)
        return _in_a_row(values, written)
    return _product(values, lengths, written)


def _length(axis: Range | list[Any]) -> int:
    """Return the number of values of an axis; two of a range without count."""
    if isinstance(axis, Range):
        return axis.count or 2
    return len(axis)


def _steps(key: str, axis: Range | list[Any], origin: Origin) -> list[Any]:
    """Return the values of an axis that is not sampled."""
    if not isinstance(axis, Range):
        return axis
    if axis.count is None:
        what = f"axis {key!r} is a range without count"
        raise InputError(Fault(what, origin.where, origin.line, "count, or combine: sample"))
    return axis.steps()


def _refuse_unequal(lengths: Mapping[str, int]) -> None:
    if len(set(lengths.values())) > 1:
        texts = [f"{key} {length}" for key, length in lengths.items()]
        what = f"axes of unequal length cannot be zipped: {', '.join(texts)}"
        raise InputError(Fault(what, allowed="equal lengths"))


def _product(
    values: Mapping[str, list[Any]],
    lengths: Mapping[str, int],
    written: Node | None,
) -> Grid:
    """Lay every value with every other."""
    coords = {}
    for key, axis in values.items():
        labels, attributes_of_axis = _coordinate(key, axis, origin_of(written, key))
        coords[key] = (key, labels, attributes_of_axis)
    points = product(*values.values())
    changes = [dict(zip(values, point, strict=True)) for point in points]
    return Grid(dict(lengths), coords, changes)


def origin_of(written: Node | None, key: str) -> Origin:
    """Return where an axis was written."""
    node = None if written is None else written.child(key)
    return Origin(AXES) if node is None else node.origin


def _axis(key: str, values: Any, origin: Origin) -> Range | list[Any]:
    """Return an axis as it was given: a range, or a list of values."""
    if isinstance(values, Mapping) and {"low", "high"} <= set(values):
        return _range(key, values, origin)
    is_text = isinstance(values, str)
    is_list = isinstance(values, Sequence | np.ndarray) and not is_text
    if not is_list or len(values) == 0:
        what = f"axis {key!r} has no values: {values!r}"
        raise InputError(Fault(what, origin.where, origin.line, "a list, or a range {low, high}"))
    return [_without_numpy(value) for value in values]


def _without_numpy(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    return value


def _range(key: str, values: Mapping[Any, Any], origin: Origin) -> Range:
    numbers = dict(values)
    for end in ("low", "high"):
        if isinstance(numbers[end], int):
            numbers[end] = float(numbers[end])
    try:
        return Range.model_validate(numbers)
    except ValueError:
        what = f"axis {key!r}: {dict(values)!r} is no range"
        allowed = "numbers low and high; count (2 or more), whole"
        raise InputError(Fault(what, origin.where, origin.line, allowed)) from None


def _sampled(axes: Mapping[str, Range | list[Any]], count: int, seed: int) -> dict[str, list[Any]]:
    """Return a Latin hypercube: for each axis the values of the points."""
    generator = np.random.default_rng(seed)
    hypercube = qmc.LatinHypercube(len(axes), rng=generator)
    shares = hypercube.random(count).T
    sampled = {}
    for (key, axis), shares_of_axis in zip(axes.items(), shares, strict=True):
        sampled[key] = [_value_at(axis, share) for share in shares_of_axis]
    return sampled


def _value_at(axis: Range | list[Any], share: float) -> Any:
    """Return the value at a share (0 to 1) of an axis."""
    if isinstance(axis, Range):
        return axis.at(share)
    position = int(share * len(axis))
    return axis[min(position, len(axis) - 1)]


def _refuse_too_many(points: int, what: str, origin: Origin) -> None:
    """Refuse more points than can be held and solved, before memory is taken for them."""
    if points <= MOST_POINTS:
        return
    fault = Fault(
        f"{what} has {points:,} points",
        origin.where,
        line=origin.line,
        allowed=f"up to {MOST_POINTS:,}, since each is a scenario in memory and a solve",
        repair="take fewer values, or combine: sample with a count",
    )
    raise InputError(fault)


def _in_a_row(values: Mapping[str, list[Any]], written: Node | None) -> Grid:
    """Lay the first values of all axes together, then the second ones, and so on."""
    coords = {}
    for key, axis in values.items():
        labels, attributes_of_axis = _coordinate(key, axis, origin_of(written, key))
        coords[key] = (POINT, labels, attributes_of_axis)
    points = zip(*values.values(), strict=True)
    changes = [dict(zip(values, point, strict=True)) for point in points]
    return Grid({POINT: len(changes)}, coords, changes)


def _coordinate(key: str, values: list[Any], origin: Origin) -> tuple[list[Any], dict[str, str]]:
    """Return the values of an axis as a coordinate.

    Raises
    ------
    InputError
        When the key names no number of a case, or a value is no duration where one belongs.
    """
    try:
        return _labelled(key, values)
    except PydanticCustomError as error:
        context = error.context or {}
        what = f"axis {key!r}: {context.get('what', error)}"
        fault = Fault(
            what,
            origin.where,
            line=origin.line,
            allowed=context.get("allowed"),
            repair=context.get("repair"),
        )
        raise InputError(fault) from None


def _labelled(key: str, values: list[Any]) -> tuple[list[Any], dict[str, str]]:
    """Return numbers with their unit, durations in days, all else as text."""
    field = key.rpartition(".")[2]
    if field in ("duration", "expected_duration", "ramp"):
        durations = [parse_duration(str(value)) for value in values]
        days = [duration.total_seconds() / 86400 for duration in durations]
        return days, {"long_name": key, "units": "d"}
    attributes_of_axis = {"long_name": key, "units": _unit(key)}
    if are_numbers(values):
        return values, attributes_of_axis
    return list(map(_as_text, values)), attributes_of_axis


def are_numbers(values: Collection[Any]) -> bool:
    """Return whether all values of an axis are numbers."""
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True)


def _unit(key: str) -> str:
    """Return the unit of a scenario's field; ``1`` where it has none."""
    field, _, rest = key.partition(".")
    if field != "values":
        return "1"
    address = split_value_key(rest)
    if address.table.startswith("profiles/"):
        return "1"  # a factor on the row
    known = attributes(address.table)
    if "unit" not in known:
        return "1"
    unit = str(known["unit"].get(address.attribute, "1"))
    if unit in ("n/a", "nan", "per unit"):
        return "1"
    return unit
