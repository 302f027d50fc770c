"""Dataset of a sweep before anything is solved: its axes, its metrics, and no values yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from energy.analysis.scenario_metrics import MONTHS, Metrics
from energy.analysis.sweep.axes import Grid
from energy.analysis.sweep.axis_words import axis_words
from energy.analysis.sweep.store import REASON
from energy.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


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
            words = axis_words(key, base)
        coords[key] = (dim, labels, {**attributes, "long_name": words})
    coords["month"] = ("month", list(MONTHS), {"long_name": "calendar month", "units": "1"})
    if measure.series:
        coords["day"] = ("day", days, {"long_name": "day of the horizon, UTC"})
    return xr.Dataset(data, coords, {"title": f"sweep of {base.name}", "Conventions": "CF-1.11"})
