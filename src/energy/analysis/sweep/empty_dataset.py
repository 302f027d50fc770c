"""Dataset of a sweep before anything is solved: its axes and their words, its metrics, and no values yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from energy.analysis.scenario_metrics import MONTHS, Metrics
from energy.analysis.sweep.axes import Grid
from energy.analysis.sweep.store import REASON
from energy.scenario import Scenario, split_value_key

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

FIELDS = {
    "hydrology": "water year",
    "hydrology.draw": "drawn water year",
    "growth": "demand growth",
    "time.resolution": "time resolution",
    "return_mode": "return path",
}
"""Key of a scenario → what it is called; keys that are words themselves are not here."""
EVENT_FIELDS = {
    "duration": "length",
    "expected_duration": "expected length",
    "where": "place",
    "ramp": "length of the ramp back",
}


def empty_dataset(laid: Grid, measure: Metrics, base: Scenario, days: pd.DatetimeIndex) -> xr.Dataset:
    """Return the Dataset before anything is solved."""
    import xarray as xr

    sizes = {"month": len(MONTHS), "day": len(days)}
    dims = tuple(laid.dims)
    shape = tuple(laid.dims.values())
    data: dict[str, Any] = {}
    for name, (more, unit, text) in measure.shapes(len(days)).items():
        lengths = tuple(map(sizes.__getitem__, more))
        values = np.full(shape + lengths, np.nan)
        data[name] = ((*dims, *more), values, {"units": unit, "long_name": text})
    data["reason"] = (
        dims,
        np.full(shape, "", dtype=f"U{REASON}"),
        {"long_name": "why a point failed"},
    )
    data["done"] = (
        dims,
        np.zeros(shape, dtype=bool),
        {"long_name": "whether a point is solved, or failed"},
    )
    coords: dict[str, Any] = {}
    for key, (dim, labels, attributes) in laid.coords.items():
        words = attributes["long_name"]
        if words == key:
            words = _axis_words(key, base)
        coords[key] = (dim, labels, {**attributes, "long_name": words})
    coords["month"] = ("month", list(MONTHS), {"long_name": "calendar month", "units": "1"})
    if measure.series:
        coords["day"] = ("day", days, {"long_name": "day of the horizon, UTC"})
    return xr.Dataset(data, coords, {"title": f"sweep of {base.name}", "Conventions": "CF-1.11"})


def _axis_words(key: str, base: Scenario) -> str:
    """Return the key of an axis in words.

    Parameters
    ----------
    key
        Dotted key of a scenario.
    base
        The scenario that the axis changes; its events have names.

    Examples
    --------
    >>> from energy.scenario import read_scenario
    >>> base = read_scenario("hvdc_pole_out_july")
    >>> _axis_words("events.0.duration", base), _axis_words("values.links.HVDC pole 2*.p_nom", base)
    ('pole 1 out: length', 'HVDC pole 2*: p_nom')
    >>> _axis_words("values.profiles/inflow.Nurek.all", base), _axis_words("hydrology", base)
    ('Nurek: inflow, factor', 'water year')
    """
    if key in FIELDS:
        return FIELDS[key]
    first, _, rest = key.partition(".")
    if first == "events":
        return _event_words(rest, base)
    if first == "values":
        return _value_words(rest)
    return key.replace(".", ": ").replace("_", " ")


def _event_words(rest: str, base: Scenario) -> str:
    number, _, field = rest.partition(".")
    event = f"event {number}"
    if number.isdigit() and int(number) < len(base.events):
        event = base.events[int(number)].name
    words = EVENT_FIELDS.get(field, field.replace("_", " "))
    return f"{event}: {words}"


def _value_words(rest: str) -> str:
    address = split_value_key(rest)
    if address.table.startswith("profiles/"):
        profile = address.table.removeprefix("profiles/").replace("_", " ")
        return f"{address.name}: {profile}, factor"
    return f"{address.name}: {address.attribute}"
