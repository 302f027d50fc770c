"""Parts of a run's Dataset: events, rules on volumes, exchanges, structure, certificate and options."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from energy.analysis import Run
from energy.metrics.country_exchanges import country_exchanges, delivered_by_sender, purchases_by_month
from energy.metrics.options import options
from energy.model.axis import Axis
from energy.model.disruption import targets
from energy.model.profiles import HM3_AN_HOUR

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


def event_dataset(run: Run) -> xr.Dataset | None:
    """Return the scenario's events, and which component each of them hits."""
    import xarray as xr

    events = run.scenario.events
    if not events:
        return None
    axis = run.result.inputs.axis
    start = axis.hours[0]
    begins = [event.window(start)[0] for event in events]
    recoveries = [event.recovered(start) for event in events]
    levels = [event.level for event in events]
    names = [event.name for event in events]
    dataset = xr.Dataset(
        {
            "event_kind": _texts_of_events([str(event.kind) for event in events]),
            "event_cause": _texts_of_events([event.cause for event in events]),
            "event_where": _texts_of_events([", ".join(event.where) for event in events]),
            "event_start": ("event", _within(begins, axis)),
            "event_end": ("event", _within(recoveries, axis)),
            "event_factor": ("event", levels, {"units": "1", "long_name": "what is left"}),
        },
        coords={"event": names},
    )
    return dataset.assign(_hits(run, names))


def _texts_of_events(texts: list[str]) -> tuple[str, np.ndarray]:
    return "event", np.array(texts, dtype=object)


def _within(moments: list[pd.Timestamp], axis: Axis) -> np.ndarray:
    """Return moments, clipped to the horizon."""
    start = np.datetime64(axis.hours[0], "ns")
    end = np.datetime64(axis.end, "ns")
    instants = np.array(moments, dtype="datetime64[ns]")
    return np.asarray(np.clip(instants, start, end))


def _hits(run: Run, events: list[str]) -> dict[str, xr.DataArray]:
    """Return which components each event hits: 1 where it does; dimensions event and component list."""
    import xarray as xr

    rows = {event: row for row, event in enumerate(events)}
    tables = run.result.inputs.components
    hits = {}
    for component, table in tables.items():
        shape = (len(events), len(table))
        hits[component] = np.zeros(shape, dtype=np.int8)
    for (component, name, _), causes in targets(run.case, run.scenario).items():
        if component not in tables or name not in tables[component].index:
            continue
        column = tables[component].index.get_loc(name)
        for event in causes:
            hits[component][rows[event.name], column] = 1
    variables = {}
    for component, is_hit in hits.items():
        if is_hit.any():
            names = [str(name) for name in tables[component].index]
            variables[f"{component}_hit"] = xr.DataArray(
                is_hit,
                coords={"event": events, component: names},
                dims=("event", component),
            )
    return variables


def volume_rule_dataset(run: Run) -> xr.Dataset | None:
    """Return the bounds on volumes over a window as the mean flows that they ask for [m³/s]."""
    import xarray as xr

    inputs = run.result.inputs
    axis = inputs.axis
    links = inputs.components.get("links", pd.DataFrame())
    rows = []
    for rule in inputs.rules:
        if rule["kind"] != "volume" or len(rule["links"]) != 1:
            continue
        link = rule["links"][0]
        if link not in links.index:
            continue
        for first, last in rule["runs"]:
            hours = float(axis.weights[first:last].sum())
            row = {
                "name": rule["name"],
                "link": link,
                "start": axis.snapshots[first],
                "end": axis.snapshots[last] if last < len(axis.snapshots) else axis.end,
                "at_least": rule.get("at_least", np.nan) / hours / HM3_AN_HOUR,
                "at_most": rule.get("at_most", np.nan) / hours / HM3_AN_HOUR,
            }
            rows.append(row)
    if not rows:
        return None
    table = pd.DataFrame(rows)
    start = table["start"].to_numpy("datetime64[ns]")
    end = table["end"].to_numpy("datetime64[ns]")
    least = {"units": "m3/s", "long_name": "least mean flow"}
    most = {"units": "m3/s", "long_name": "most mean flow"}
    return xr.Dataset(
        {
            "volume_link": ("volume_rule", table["link"].to_numpy(object)),
            "volume_start": ("volume_rule", start),
            "volume_end": ("volume_rule", end),
            "volume_at_least": ("volume_rule", table["at_least"].to_numpy(float), least),
            "volume_at_most": ("volume_rule", table["at_most"].to_numpy(float), most),
        },
        coords={"volume_rule": list(table["name"])},
    )


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
    gains = run.certificate
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
