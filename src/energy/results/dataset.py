"""Dataset of a run: all that figures, pages and exports read, so that none of them solves again."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from energy.analysis import Run
from energy.errors import Fault, InputError
from energy.metrics import ceiling, transferable
from energy.metrics.settlement import energy_terms, payments
from energy.model.disruption import targets
from energy.model.profiles import HM3_AN_HOUR
from energy.model.pypsa_logging import quiet_pypsa
from energy.reading.file_name import ALLOWED, name_fault
from energy.results.compare import trade_of
from energy.results.exchange_dataset import exchange_dataset

if TYPE_CHECKING:
    import pypsa
    import xarray as xr

COMPONENTS = {
    "buses": ("country", "carrier", "x", "y"),
    "generators": ("bus", "carrier", "sign", "p_nom", "service"),
    "links": ("bus0", "bus1", "bus2", "carrier", "p_nom", "service"),
    "lines": ("bus0", "bus1", "carrier", "s_nom"),
    "stores": ("bus", "carrier", "e_nom"),
    "loads": ("bus", "carrier"),
    "carriers": ("color", "nice_name"),
}
"""Attributes of components that a figure or page reads; each becomes ``<list>_<attribute>`` along the list."""

BOUNDED = {"links": ("p_min_pu", "p_max_pu"), "lines": ("s_max_pu",), "stores": ("e_min_pu", "e_max_pu")}
UNITS = {"p_nom": "MW or hm3/h", "s_nom": "MVA", "e_nom": "MWh or hm3", "x": "degrees_east", "y": "degrees_north"}
LOST = "lost to "
_ATTRIBUTES = ("scenario", "case", "year", "water", "weakest_confidence", "version")
EVERYWHERE = "all"
"""Country of the buses of a network that names none."""


def record(run: Run) -> xr.Dataset:
    """Return a run as a Dataset: the solved values of ``Result.dataset`` and what describes them.

    Parameters
    ----------
    run
        From ``energy.run``.

    Returns
    -------
    xarray.Dataset
        Dimensions ``snapshot``, one per component list, ``month``, ``cause``, ``country``, ``event``, ``volume_rule``,
        where the contract names a quantity ``party`` and ``item``, and those of ``exchange_dataset``. Every number has
        ``units``; the attributes hold scenario, case, weakest confidence and version.

    Examples
    --------
    >>> import energy
    >>> run = energy.run(energy.read_case("two_bus"), energy.read_scenario("two_bus"))
    >>> found = record(run)
    >>> round(float(found["month_delivered"].sum()), 2), found["month_delivered"].attrs["units"]
    (348.84, 'GWh')
    """
    found = run.result.dataset()
    found = found.assign(_snapshots(run)).assign(_months(run))
    for described in (_components, _bounds, _events, _volume_rules, _settlement, exchange_dataset):
        part = described(run)
        found = found.merge(part, join="outer", compat="no_conflicts") if part else found
    found.attrs |= _attributes(run)
    return found.assign_attrs(contents=json.dumps(_contents(found)))


def _contents(found: xr.Dataset) -> dict[str, list[Any]]:
    """Return variable → its dimensions and whether it holds numbers, by which a reader sees that nothing is missing."""
    return {
        str(name): [variable.dtype.kind in "fiu", *map(str, variable.dims)]
        for name, variable in found.variables.items()
    }


def read_record(folder: Path) -> xr.Dataset:
    """Read the Dataset of a finished run.

    Raises
    ------
    InputError
        When the folder holds none, or one without what figures need.
    """
    import xarray as xr

    path = folder / "result.nc"
    repair = "make it with: energy run SCENARIO --out DIR"
    if not path.is_file():
        raise InputError(Fault("no finished run here", path, repair=repair))
    try:
        with xr.open_dataset(path) as opened:
            found = opened.load()
    except (OSError, ValueError) as err:
        raise InputError(Fault(f"this is no result of a run: {err}", path, repair=repair)) from None
    lacking = _lacking(found)
    if lacking is not None:
        again = "make it again with energy run"
        raise InputError(Fault(f"this result lacks what figures need: {lacking}", path, repair=again))
    what = name_fault(str(found.attrs["scenario"]))
    if what is not None:
        raise InputError(Fault(f"attribute scenario: {what}", path, allowed=ALLOWED, repair=repair))
    return found


def _lacking(found: xr.Dataset) -> str | None:
    """Return the first thing that a run writes and a Dataset has not, or has in another form."""
    for name in _ATTRIBUTES:
        if name not in found.attrs:
            return f"attribute {name}"
    if not isinstance(found.attrs["year"], int | np.integer):
        return "a year as a number"
    if "month_delivered" not in found:
        return "month_delivered"
    try:
        written = dict(json.loads(str(found.attrs.get("contents", "{}"))))
    except (ValueError, TypeError, RecursionError):
        return "attribute contents"
    now = _contents(found)
    return next((name for name, form in written.items() if now.get(name) != form), None)


def read_network(folder: Path) -> pypsa.Network:
    """Read the solved PyPSA network of a finished run.

    Raises
    ------
    InputError
        When the folder holds none.
    """
    import pypsa

    path = folder / "network.nc"
    if not path.is_file():
        raise InputError(Fault("no solved network here", path, repair="make it with: energy run SCENARIO --out DIR"))
    try:
        with quiet_pypsa():
            return pypsa.Network(str(path))
    except Exception as err:  # noqa: BLE001   # PyPSA and netCDF raise many kinds for a broken file
        what = " ".join(f"PyPSA cannot read this network: {err}".split())[:300]
        raise InputError(Fault(what, path, repair="make it again with energy run")) from None


def _attributes(run: Run) -> dict[str, Any]:
    scenario = run.scenario
    contract = run.result.inputs.book.contract
    return {
        "scenario": scenario.name,
        "description": scenario.description,
        "question": scenario.question or "",
        "case": run.case.name,
        "year": scenario.year,
        "water": scenario.hydrology if isinstance(scenario.hydrology, str) else "mixed",
        "scenario_objective": scenario.objective,
        "foresight": scenario.foresight,
        "trade": trade_of(scenario.plain()),
        "protection_order": " > ".join(scenario.protection_order or run.case.rules.protection_order),
        "weakest_confidence": run.case.weakest_confidence,
        "version": version("casa1000-energy"),
        "buyer": (contract.buyer or "") if contract else "",
        "transit": (contract.transit or "") if contract else "",
    }


def _snapshots(run: Run) -> dict[str, Any]:
    axis, result = run.result.inputs.axis, run.result
    length = np.full(len(axis.snapshots), 24 / axis.day_length) if axis.day_length else axis.weights
    return {
        "length": ("snapshot", length, {"units": "h", "long_name": "hours of the day that a snapshot covers"}),
        "season": ("snapshot", run.season, {"units": "1", "long_name": "share inside the contract season"}),
        "transferable": (
            "snapshot",
            transferable(result).to_numpy(),
            {"units": "MW", "long_name": "transferable power at the receiving end"},
        ),
        "ceiling": (
            "snapshot",
            ceiling(result, run.season, run.limit).to_numpy(),
            {"units": "MW", "long_name": "contract ceiling at the receiving end"},
        ),
    }


def _months(run: Run) -> dict[str, Any]:
    import xarray as xr

    table = run.table
    months = [str(month) for month in table.index]
    found: dict[str, Any] = {}
    for column in ("ceiling", "delivered"):
        attrs = {"units": "GWh", "long_name": f"{column} energy at the receiving end"}
        found[f"month_{column}"] = xr.DataArray(table[column].to_numpy(), {"month": months}, "month", attrs=attrs)
    for prefix, dim, text in ((LOST, "cause", "energy lost to a cause"), ("surplus ", "country", "surplus of sellers")):
        columns = [column for column in table.columns if column.startswith(prefix)]
        if columns:
            names = [column.removeprefix(prefix) for column in columns]
            found[f"month_{'lost' if dim == 'cause' else 'surplus'}"] = xr.DataArray(
                table[columns].to_numpy(float),
                {"month": months, dim: names},
                ("month", dim),
                attrs={"units": "GWh", "long_name": text},
            )
    return found


def _components(run: Run) -> xr.Dataset:
    import xarray as xr

    tables = dict(run.result.inputs.components)
    tables.setdefault("carriers", run.case.components.get("carriers", pd.DataFrame()))
    found: dict[str, Any] = {}
    for component, attributes in COMPONENTS.items():
        table = tables.get(component, pd.DataFrame())
        names = [str(name) for name in table.index]
        for attribute in attributes if names else ():
            number = attribute in UNITS or attribute == "sign"
            if number and attribute not in table:
                continue
            values = table[attribute] if attribute in table else pd.Series("", index=table.index)
            if attribute == "country":
                values = values.fillna("").replace("", EVERYWHERE)
            array = values.to_numpy(float) if number else values.fillna("").astype(str).to_numpy(object)
            attrs = {"units": UNITS.get(attribute, "1")} if number else {}
            found[f"{component}_{attribute}"] = xr.DataArray(array, {component: names}, component, attrs=attrs)
    return xr.Dataset(found)


def _bounds(run: Run) -> xr.Dataset:
    import xarray as xr

    inputs = run.result.inputs
    found: dict[str, Any] = {}
    for component, attributes in BOUNDED.items():
        if component not in inputs.components:
            continue
        names = [str(name) for name in inputs.components[component].index]
        for attribute in attributes:
            found[f"{component}_{attribute}"] = xr.DataArray(
                inputs.array(component, attribute),
                {"snapshot": inputs.axis.snapshots, component: names},
                ("snapshot", component),
                attrs={"units": "1", "long_name": f"bound {attribute} of {component}"},
            )
    return xr.Dataset(found)


def _events(run: Run) -> xr.Dataset | None:
    """Return the scenario's events, and which component each of them hits."""
    import xarray as xr

    axis, events = run.result.inputs.axis, run.scenario.events
    if not events:
        return None
    start, end = axis.hours[0], axis.end
    names = [event.name for event in events]
    spans = [(event.window(start)[0], event.recovered(start)) for event in events]
    clipped = [(min(max(begin, start), end), min(max(over, start), end)) for begin, over in spans]
    found: dict[str, Any] = {
        "event_kind": ("event", np.array([str(event.kind) for event in events], dtype=object)),
        "event_cause": ("event", np.array([event.cause for event in events], dtype=object)),
        "event_where": ("event", np.array([", ".join(event.where) for event in events], dtype=object)),
        "event_start": ("event", np.array([np.datetime64(a, "ns") for a, _ in clipped])),
        "event_end": ("event", np.array([np.datetime64(b, "ns") for _, b in clipped])),
        "event_factor": ("event", [event.level for event in events], {"units": "1", "long_name": "what is left"}),
    }
    hits = targets(run.case, run.scenario)
    for component, table in run.result.inputs.components.items():
        struck = np.zeros((len(events), len(table)), dtype=np.int8)
        for (hit, name, _), causes in hits.items():
            if hit == component and name in table.index:
                struck[[names.index(event.name) for event in causes], table.index.get_loc(name)] = 1
        if struck.any():
            found[f"{component}_hit"] = (("event", component), struck)
    names_of = {name: [str(n) for n in table.index] for name, table in run.result.inputs.components.items()}
    used = {dim for value in found.values() for dim in np.atleast_1d(value[0]) if dim in names_of}
    return xr.Dataset(found, {"event": names} | {dim: names_of[dim] for dim in used})


def _volume_rules(run: Run) -> xr.Dataset | None:
    """Return the bounds on volumes over a window as the mean flows that they ask for [m³/s]."""
    import xarray as xr

    axis, rows = run.result.inputs.axis, []
    links = run.result.inputs.components.get("links", pd.DataFrame())
    for rule in run.result.inputs.rules:
        if rule["kind"] != "volume" or len(rule["links"]) != 1 or rule["links"][0] not in links.index:
            continue
        for first, last in rule["runs"]:
            hours = float(axis.weights[first:last].sum())
            begin = axis.snapshots[first]
            over = axis.snapshots[last] if last < len(axis.snapshots) else axis.end
            low, high = (rule.get(name, np.nan) / hours / HM3_AN_HOUR for name in ("at_least", "at_most"))
            rows.append((rule["name"], rule["links"][0], begin, over, low, high))
    if not rows:
        return None
    names, link, begins, ends, lows, highs = (list(column) for column in zip(*rows, strict=True))
    return xr.Dataset(
        {
            "volume_link": ("volume_rule", np.array(link, dtype=object)),
            "volume_start": ("volume_rule", np.array([np.datetime64(at, "ns") for at in begins])),
            "volume_end": ("volume_rule", np.array([np.datetime64(at, "ns") for at in ends])),
            "volume_at_least": ("volume_rule", lows, {"units": "m3/s", "long_name": "least mean flow"}),
            "volume_at_most": ("volume_rule", highs, {"units": "m3/s", "long_name": "most mean flow"}),
        },
        {"volume_rule": names},
    )


def _settlement(run: Run) -> xr.Dataset | None:
    """Return what each party receives (pays, negative) by item [USD], and why energy was not delivered."""
    import xarray as xr

    contract = run.result.inputs.book.contract
    if contract is None or contract.quantity is None or not contract.prices:
        return None
    terms = energy_terms(run.case, run.scenario, run.result, contract)
    paid = payments(terms, contract, run.scenario.contract.payment)
    received = paid.groupby(["payee", "item"])["amount"].sum().unstack(fill_value=0)
    given = paid.groupby(["payer", "item"])["amount"].sum().unstack(fill_value=0)
    table = received.sub(given, fill_value=0).fillna(0)
    parties = [*contract.shares, contract.transit or "transit", contract.buyer or "buyer"]
    items = [item for item in ("energy", "transmission", "transit") if item in contract.prices]
    table = table.reindex(index=parties, columns=items, fill_value=0)
    months = [str(month) for month in terms.index]
    return xr.Dataset(
        {
            "settled": (
                ("party", "item"),
                table.to_numpy(float),
                {"units": "USD", "long_name": "received in the year"},
            ),
            "terms": (("month", "term"), terms.to_numpy(float), {"units": "GWh", "long_name": "contract energy"}),
        },
        {"party": parties, "item": items, "month": months, "term": list(terms.columns)},
    )
