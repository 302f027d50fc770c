"""Backcast: years as they were, solved and compared with the record of the case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from energy.case import Case
from energy.errors import Fault, InputError, SolverError
from energy.metrics import TOLERANCE, audit, injections
from energy.metrics.balance import country_of_bus
from energy.model import Inputs, inputs
from energy.model.axis import in_window
from energy.model.objective import UNSERVED
from energy.scenario import Scenario
from energy.solve import Result, solve

Row = dict[str, Any]
KM3 = 1e-3  # of an hm³
UNUSABLE = "unusable content"
PLANT = "output of the plant"
TARGETS: dict[tuple[str, str], tuple[float, bool]] = {
    ("KG", "generation"): (0.05, True),
    ("TJ", "generation"): (0.05, True),
    ("TJ", "exports"): (0.10, True),
    ("Nurek", "release Apr-Sep share"): (0.03, False),
    ("Toktogul", "content at year's end"): (1000.0, False),
}
"""(place, quantity) → largest deviation that is good enough, and whether it is relative."""


@dataclass(frozen=True)
class Backcast:
    """The years of a backcast against the record.

    Attributes
    ----------
    table
        One row a recorded quantity of a year: place, quantity, date, unit, model, record, low, high, confidence, role,
        deviation (relative where the target is, or where there is none), target, met.
    paths
        Store → content [hm³] that the model finds at the end of each day, by date.
    """

    table: pd.DataFrame
    paths: Mapping[str, pd.Series]

    @property
    def judged(self) -> pd.DataFrame:
        """The rows that have a target, by place, quantity and date."""
        return self.table[self.table["target"].notna()].sort_values(["place", "quantity", "date"], kind="stable")


def records(table: pd.DataFrame) -> list[Row]:
    """Return the rows of a table as dicts, in their order."""
    columns = [str(name) for name in table.columns]
    return [dict(zip(columns, cells, strict=True)) for cells in table.itertuples(index=False, name=None)]


def backcast(case: Case, scenarios: list[Scenario]) -> Backcast:
    """Solve years and compare them with the record of their case.

    Parameters
    ----------
    case
        What exists, with its record.
    scenarios
        One a calendar year, from 1 January, one year long.

    Raises
    ------
    InputError
        When the case has no record, or a scenario is no calendar year.
    SolverError
        When a year has no optimum, or its optimum fails the audit.
    """
    if case.record.empty:
        raise InputError(
            Fault("the case has no record to compare with", case.path / "record.csv", repair="add the file")
        )
    faults = [
        Fault("a backcast is of one calendar year", scenario.name, None, "time: {start: 01-01, years: 1}")
        for scenario in scenarios
        if (scenario.time.start, scenario.time.years) != ("01-01", 1)
    ]
    if faults:
        raise InputError(faults)
    rows: list[Row] = []
    paths: dict[str, pd.Series] = {}
    for scenario in scenarios:
        result = solved(inputs(case, scenario))
        found = quantities(result)
        contents = store_paths(result, case.record)
        rows += list(_compared(case.record, scenario.year, found, contents))
        for store, path in contents.items():
            paths[store] = pd.concat([paths[store], path]) if store in paths else path
    return Backcast(pd.DataFrame(rows), paths)


def solved(found: Inputs) -> Result:
    """Solve inputs, and give no result that breaks physics or its own limits.

    Raises
    ------
    SolverError
        When there is no optimum, or it fails the audit.
    """
    result = solve(found)
    failed = {name: value for name, value in audit(result).items() if not value <= TOLERANCE}
    if failed:
        shown = ", ".join(f"{name} {value:.2g}" for name, value in failed.items())
        raise SolverError(f"{found.name}: the result fails the audit, residuals above {TOLERANCE:g}: {shown}")
    return result


def quantities(result: Result) -> dict[tuple[str, str], float]:
    """Return what a result says of countries [GWh] and reservoirs [km³, shares].

    Returns
    -------
    dict
        (place, quantity) → value. Countries: ``generation``, ``generation: <carrier>``, ``exports``, ``imports``,
        ``net imports``, ``unserved``. Water buses: ``output of the plant`` that takes from them. Stores: ``inflow``,
        ``release`` and their ``… Apr-Sep share``. The AC lines of a country are one border, for a loop flow is no
        trade; each link is a border of its own.
    """
    return {**dict(_of_countries(result)), **dict(_of_reservoirs(result))}


def _of_countries(result: Result) -> Iterator[tuple[tuple[str, str], float]]:
    hours = result.hours
    country = country_of_bus(result)
    carrier = result.inputs.components["buses"]["carrier"]
    made: dict[tuple[str, str], float] = {}
    table = result.inputs.components["generators"]
    bought = table["service"].notna() if "service" in table else pd.Series(False, table.index)
    own = table[(table["sign"] > 0) & (carrier[table["bus"]] != "water").to_numpy() & ~table["carrier"].eq("market")]
    for name in map(str, own.index):
        energy, kind = float(hours @ result.flow("generators")[name]) / 1000, str(own["carrier"][name])
        where = str(country[own["bus"][name]])
        if kind == UNSERVED or not bought[name]:
            key = (where, UNSERVED if kind == UNSERVED else f"generation: {kind}")
            made[key] = made.get(key, 0.0) + energy
    links = result.inputs.components["links"]
    turbines = links[links["bus0"].map(carrier).eq("water") & links["bus1"].map(carrier).ne("water")]
    for turbine, bus in turbines["bus1"].items():
        for key in ((str(country[bus]), "generation: hydro"), (str(links["bus0"][str(turbine)]), PLANT)):
            made[key] = made.get(key, 0.0) + float(hours @ result.received[str(turbine)]) / 1000
    yield from made.items()
    for where in sorted(set(country[country != ""])):
        parts = [energy for (place, quantity), energy in made.items() if place == where and quantity != UNSERVED]
        yield (where, "generation"), sum(parts)
        exports, imports = _trade(result, where)
        yield (where, "exports"), exports
        yield (where, "imports"), imports
        yield (where, "net imports"), imports - exports


def _trade(result: Result, where: str) -> tuple[float, float]:
    """Return what leaves and what enters a country [GWh]."""
    country, hours = country_of_bus(result), result.hours
    exports = imports = 0.0
    lines = result.inputs.components.get("lines", pd.DataFrame())
    if len(lines):
        here = (lines["bus0"].map(country) == where).astype(int) - (lines["bus1"].map(country) == where).astype(int)
        net = result.flow("lines").to_numpy() @ here[result.flow("lines").columns].to_numpy()
        exports, imports = float(hours @ net.clip(min=0)), float(hours @ (-net).clip(min=0))
    links = result.inputs.components["links"]
    carrier = result.inputs.components["buses"]["carrier"]
    for name, row in links[links["bus0"].map(carrier) != "water"].iterrows():
        ends = country[row["bus0"]], country[row["bus1"]]
        if ends[0] != ends[1] and where in ends:
            exports += float(hours @ result.flow("links")[name]) if ends[0] == where else 0.0
            imports += float(hours @ result.received[name]) if ends[1] == where else 0.0
    return exports / 1000, imports / 1000


def _of_reservoirs(result: Result) -> Iterator[tuple[tuple[str, str], float]]:
    summer = result.inputs.axis.share(in_window(result.inputs.axis.hours, "04-01", "09-30"))
    parts = injections(result)
    stores = result.inputs.components["stores"]
    carrier = result.inputs.components["buses"]["carrier"]
    for store, bus in stores.loc[stores["bus"].map(carrier) == "water", "bus"].items():
        at = parts.loc[:, (parts.columns.get_level_values("bus") == bus)]
        flows = at.loc[:, at.columns.get_level_values("component") != "stores"].to_numpy()
        for quantity, flow in (("inflow", flows.clip(min=0)), ("release", (-flows).clip(min=0))):
            volume = result.hours * flow.sum(axis=1) * KM3
            if volume.sum() > 0:
                yield (str(store), quantity), float(volume.sum())
                yield (str(store), f"{quantity} Apr-Sep share"), float(summer @ volume / volume.sum())


def store_paths(result: Result, record: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the content [hm³] of the stores that the record follows, at the end of every day of the horizon.

    Typical days are laid out over the days that they stand for: the content moves evenly from one to the next. What
    the record calls unusable is added, so that contents are those of the reservoir and not of the model's store.
    """
    axis, content = result.inputs.axis, result.values["stores", "e"]
    ends = np.append(np.flatnonzero(np.diff(axis.block // max(axis.day_length, 1))), len(axis.hours) - 1)
    last = axis.block[ends]
    days = pd.date_range(axis.hours[0].normalize(), axis.end - pd.Timedelta(days=1), freq="D")
    found = {}
    for store in dict.fromkeys(record.loc[record["quantity"] == "content", "place"]):
        if store in content:
            unusable = record.loc[(record["place"] == store) & (record["quantity"] == UNUSABLE), "value"].sum()
            start = float(result.inputs.components["stores"]["e_initial"][store])
            at = np.concatenate([[0.0], (axis.hours[ends] - axis.hours[0]) / pd.Timedelta(days=1) + 1 / 24])
            levels = np.concatenate([[start], content[store].to_numpy()[last]]) + unusable
            found[str(store)] = pd.Series(np.interp(np.arange(1, len(days) + 1), at, levels), index=days)
    return found


def _compared(
    record: pd.DataFrame, year: int, found: Mapping[tuple[str, str], float], paths: Mapping[str, pd.Series]
) -> Iterator[Row]:
    rows = record[record["date"].astype(str).str.startswith(str(year))]
    for row in records(rows):
        key = (str(row["place"]), str(row["quantity"]))
        value = found.get(key)
        if key[1] in ("content", "content at year's end") and key[0] in paths:
            day = pd.Timestamp(row["date"] if "-" in str(row["date"]) else f"{year}-12-31")
            value = float(paths[key[0]][day])
        if value is None:
            continue
        target, relative = TARGETS.get(key, (None, not key[1].endswith("share") and not key[1].startswith("content")))
        deviation = value / row["value"] - 1 if relative else value - row["value"]
        met = None if target is None else abs(deviation) <= target
        yield row | {"model": value, "record": row["value"], "deviation": deviation, "target": target, "met": met}
