"""Exchanges, structure, certificate and options of a run as variables of its Dataset."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from energy.analysis import Run
from energy.metrics.country_exchanges import (
    country_exchanges,
    delivered_by_sender,
    purchases_by_month,
)
from energy.metrics.options import options
from energy.results.manifest import certificate

if TYPE_CHECKING:
    import xarray as xr


OPTION_QUANTITIES = {
    "received": ("GWh", "energy that an option delivers"),
    "rating": ("MW", "capacity of an option"),
    "hours_open": ("h", "hours in which an option may carry something"),
    "hours_at_rating": ("h", "hours in which an option carries all it may"),
    "hours_bound": ("h", "hours in which what binds an option most often does"),
    "binds": ("1", "what binds an option most often"),
}
"""Field of an option → its unit and long name in the Dataset."""


def exchange_dataset(run: Run) -> xr.Dataset:
    """Return what a run says beside its months; variables are absent where there is nothing to say.

    Returns
    -------
    xarray.Dataset
        ``exchanges`` [GWh] (exchange, area) and ``month_purchases`` [GWh] (month, account); ``delivered_by_sender``
        [GWh] (sender); ``structure`` [GWh] (variant); ``certificate`` [MWh] (service); ``option_received`` [GWh],
        ``option_rating`` [MW], ``option_hours_open``, ``option_hours_at_rating``, ``option_hours_bound`` [h] and
        ``option_binds`` (option).

    Examples
    --------
    >>> import energy
    >>> run = energy.run(energy.read_case("two_bus"), energy.read_scenario("two_bus"))
    >>> exchange_dataset(run)["certificate"].attrs["units"]
    'MWh'
    """
    import xarray as xr

    variables = _exchanges(run) | _structure(run) | _certificate(run) | _options(run)
    return xr.Dataset(variables)


def _exchanges(run: Run) -> dict[str, xr.DataArray]:
    table = country_exchanges(run.result)
    if table.empty:
        return {}
    purchases = purchases_by_month(run.result)
    months = [str(month) for month in purchases.index]
    sent = delivered_by_sender(run.result)
    return {
        "exchanges": _array(
            table.to_numpy(float),
            {"exchange": list(table.index), "area": list(table.columns)},
            "GWh",
            "exchange of a control area over the horizon, at its own side",
        ),
        "month_purchases": _array(
            purchases.to_numpy(float),
            {"month": months, "account": list(purchases.columns)},
            "GWh",
            "what a control area buys",
        ),
        "delivered_by_sender": _array(
            sent.to_numpy(float),
            {"sender": list(sent.index)},
            "GWh",
            "energy delivered under study, by who sent it",
        ),
    }


def _structure(run: Run) -> dict[str, xr.DataArray]:
    if run.structure is None:
        return {}
    variants = ["kirchhoff", "transport", "least_help", "most_help"]
    energies = pd.Series(run.structure._asdict()).reindex(variants).to_numpy(float)
    structure = _array(
        energies,
        {"variant": variants},
        "GWh",
        "energy delivered with Kirchhoff's law, without it, with least and most help between the sellers",
    )
    structure.attrs["surprised"] = int(run.foreseen is not None)
    help_range = run.structure.help_range
    if help_range is not None:
        least, most = help_range
        structure.attrs["least_help"] = least  # GWh
        structure.attrs["most_help"] = most  # GWh
    return {"structure": structure}


def _certificate(run: Run) -> dict[str, xr.DataArray]:
    gains = certificate(run)
    if not gains:  # the order is held by the weights alone: nothing is proved of its services
        gains = dict.fromkeys(run.result.inputs.priority, nan)
    if not gains:
        return {}
    variable = _array(
        np.array(list(gains.values())),
        {"service": list(gains)},
        "MWh",
        "what a service could still gain without loss to one before it",
    )
    return {"certificate": variable}


def _options(run: Run) -> dict[str, xr.DataArray]:
    built = options(run.case, run.scenario, run.result)
    if not built:
        return {}
    table = pd.DataFrame(built)
    names = {"option": list(table["name"])}
    variables = {}
    for quantity, (unit, long_name) in OPTION_QUANTITIES.items():
        variables[f"option_{quantity}"] = _array(table[quantity].to_numpy(), names, unit, long_name)
    return variables


def _array(
    values: np.ndarray,
    coordinates: dict[str, Any],
    unit: str,
    text: str,
) -> xr.DataArray:
    import xarray as xr

    return xr.DataArray(values, coordinates, tuple(coordinates), attrs={"units": unit, "long_name": text})
