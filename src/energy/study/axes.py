"""The axes of a sweep: which scenarios they name, and where each stands in the answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import numpy as np
from pydantic import Field
from scipy.stats import qmc

from energy.case.schema import attributes
from energy.errors import Fault, InputError
from energy.reading.frozen import Frozen
from energy.scenario import Scenario, split_value_key
from energy.scenario.moment import parse_duration

Combine = Literal["product", "zip", "sample"]
POINT = "point"  # the dimension of zipped and of sampled axes


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
        return [round(value) for value in values] if self.whole else values

    def at(self, share: float) -> float | int:
        """Return the value at a share (0 to 1) of the range."""
        if self.whole:
            return int(self.low + np.floor(share * (self.high - self.low + 1)))
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


def grid(axes: Mapping[str, Any], combine: Combine = "product", count: int | None = None, seed: int = 0) -> Grid:
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
    found = {key: _axis(key, values) for key, values in axes.items()}
    if not found:
        raise InputError(Fault("a sweep without axes", None, None, "at least one key with its values"))
    if combine == "sample":
        if not count or count < 1:
            raise InputError(Fault(f"a sample of {count} points", None, None, "count of 1 or more"))
        return _in_a_row(_sampled(found, count, seed))
    values = {key: axis.steps() if isinstance(axis, Range) else axis for key, axis in found.items()}
    for key, axis in found.items():
        if isinstance(axis, Range) and axis.count is None:
            raise InputError(Fault(f"axis {key!r} is a range without count", None, None, "count, or combine: sample"))
    if combine == "zip":
        lengths = {key: len(axis) for key, axis in values.items()}
        if len(set(lengths.values())) > 1:
            shown = ", ".join(f"{key} {length}" for key, length in lengths.items())
            raise InputError(Fault(f"axes of unequal length cannot be zipped: {shown}", None, None, "equal lengths"))
        return _in_a_row(values)
    changes = [dict(zip(values, point, strict=True)) for point in product(*values.values())]
    coords = {key: (key, *_coordinate(key, axis)) for key, axis in values.items()}
    return Grid({key: len(axis) for key, axis in values.items()}, coords, changes)


def _axis(key: str, values: Any) -> Range | list[Any]:
    if isinstance(values, Mapping) and {"low", "high"} <= set(values):
        numbers = {k: float(v) if isinstance(v, int) and k in ("low", "high") else v for k, v in values.items()}
        try:
            return Range.model_validate(numbers)
        except ValueError:
            what = f"axis {key!r}: {dict(values)!r} is no range"
            raise InputError(Fault(what, None, None, "numbers low and high; count (2 or more), whole")) from None
    if isinstance(values, str | Mapping) or not isinstance(values, Sequence | np.ndarray) or not len(values):
        raise InputError(Fault(f"axis {key!r} has no values: {values!r}", None, None, "a list, or a range {low, high}"))
    return [value.item() if isinstance(value, np.generic) else value for value in values]


def _sampled(axes: Mapping[str, Range | list[Any]], count: int, seed: int) -> dict[str, list[Any]]:
    shares = qmc.LatinHypercube(len(axes), rng=np.random.default_rng(seed)).random(count)
    return {
        key: [
            axis.at(share) if isinstance(axis, Range) else axis[min(int(share * len(axis)), len(axis) - 1)]
            for share in shares[:, at]
        ]
        for at, (key, axis) in enumerate(axes.items())
    }


def _in_a_row(values: Mapping[str, list[Any]]) -> Grid:
    count = len(next(iter(values.values())))
    changes = [{key: axis[at] for key, axis in values.items()} for at in range(count)]
    return Grid({POINT: count}, {key: (POINT, *_coordinate(key, axis)) for key, axis in values.items()}, changes)


def _coordinate(key: str, values: list[Any]) -> tuple[list[Any], dict[str, str]]:
    """Return the values of an axis as a coordinate: numbers with their unit, durations in days, all else as text."""
    attrs = {"long_name": key, "units": _unit(key)}
    if key.rpartition(".")[2] in ("duration", "expected_duration", "ramp"):
        return [parse_duration(str(value)).total_seconds() / 86400 for value in values], attrs | {"units": "d"}
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return values, attrs
    return [value if isinstance(value, str) else json.dumps(value, sort_keys=True) for value in values], attrs


def _unit(key: str) -> str:
    field, _, rest = key.partition(".")
    if field != "values":
        return "1"
    address = split_value_key(rest)
    if address.table.startswith("profiles/"):
        return "1"  # a factor on the row
    known = attributes(address.table)
    unit = str(known["unit"].get(address.attribute, "1")) if "unit" in known else "1"
    return unit if unit not in ("n/a", "nan", "per unit") else "1"


def scenarios_of(base: Scenario, changes: Sequence[Mapping[str, Any]]) -> Iterator[Scenario | InputError]:
    """Yield the scenario of each point, or why there is none.

    Raises
    ------
    InputError
        When no point makes a scenario.
    """
    found = [_changed(base, change) for change in changes]
    errors = [each for each in found if isinstance(each, InputError)]
    if errors and len(errors) == len(found):
        raise InputError(dict.fromkeys(fault for error in errors[:20] for fault in error.faults))
    yield from found


def _changed(base: Scenario, change: Mapping[str, Any]) -> Scenario | InputError:
    try:
        return base.replace(**change)
    except InputError as error:
        return error
