"""What each file of a case may hold: PyPSA's own attribute lists, and the columns that we add."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa

from energy.case.physical_limits import LIMITS, SHARE, SIGN

COMPONENTS = ("carriers", "buses", "lines", "links", "generators", "loads", "stores")
OWN_COMPONENTS = (*COMPONENTS, "storage_units", "transformers")
"""What a user's own network may hold besides: PyPSA builds it, a scenario may change it."""
OWN_DEFINITIONS = (
    "global_constraints",
    "line_types",
    "transformer_types",
    "sub_networks",
    "shapes",
)
"""What PyPSA reads of a user's own network by itself; no scenario changes it."""
MONTHS = [str(month) for month in range(1, 13)]
SUMMER_MONTHS = [str(month) for month in range(4, 10)]
"""April to September."""
HOURS = [str(hour) for hour in range(24)]
EXTRA_COLUMNS: dict[str, dict[str, str]] = {
    "buses": {"country": "string"},
    "generators": {"service": "string", "account": "string", "share": "float"},
    "links": {
        "service": "string",
        "account": "string",
        "bus2": "string",
        "bus3": "string",
        "efficiency2": "float",
        "efficiency3": "float",
    },
    "loads": {"demand": "string", "share": "float"},
}
_NOT_NEGATIVE = (
    "p_nom",
    "s_nom",
    "e_nom",
    "e_initial",
    "x",
    "length",
    "share",
    "lifetime",
    "efficiency",
)

# PyPSA features that an LP of fixed capacities does not have, or that the measures do not follow; value that is allowed
NOT_MODELLED: dict[str, float | bool] = {
    "committable": False,
    "delay": 0.0,
    "e_cyclic_per_period": False,
    "e_initial_per_period": False,
    "e_nom_extendable": False,
    "maintainable": False,
    "p_nom_extendable": False,
    "s_nom_extendable": False,
    "state_of_charge_initial_per_period": False,
}

finite = pa.Check(np.isfinite, name="finite", error="finite")
not_negative = pa.Check.ge(0, error="0 or more")
positive = pa.Check.gt(0, error="more than 0")


@cache
def attributes(component: str) -> pd.DataFrame:
    """Return PyPSA's attribute table of a component list, without importing PyPSA.

    Returns
    -------
    pandas.DataFrame
        Index ``attribute``; columns ``type``, ``unit``, ``default``, ``description``, ``status``.

    Examples
    --------
    >>> attributes("links").loc["p_nom", "unit"]
    'MW'
    """
    spec = find_spec("pypsa")
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).parent / "data" / "component_attrs" / f"{component}.csv"
    return pd.read_csv(path, index_col="attribute", keep_default_na=False)


def must_not_be_negative(attribute: str) -> bool:
    """Tell whether a negative value of an attribute is always a mistake.

    Examples
    --------
    >>> must_not_be_negative("p_nom"), must_not_be_negative("marginal_cost")
    (True, False)
    """
    return attribute in _NOT_NEGATIVE


@cache
def defaults(component: str) -> Mapping[str, float | str | bool]:
    """Return PyPSA's default of every input attribute of a component list that has one.

    Examples
    --------
    >>> defaults("links")["efficiency"]
    1.0
    """
    table = attributes(component)
    is_input = table["status"].str.startswith("Input")
    inputs = table[is_input].drop("name", errors="ignore")
    defaults: dict[str, float | str | bool] = {}
    for attribute, kind, default in zip(inputs.index, inputs["type"], inputs["default"], strict=True):
        if kind == "boolean":
            defaults[str(attribute)] = default == "True"
        elif kind == "string":
            defaults[str(attribute)] = "" if default == "n/a" else default
        elif default not in ("n/a", ""):
            defaults[str(attribute)] = float(default)
    return defaults


@cache
def series_attributes(component: str) -> tuple[str, ...]:
    """Return the input attributes of a component list that may vary over time."""
    table = attributes(component)
    is_input = table["status"].str.startswith("Input")
    is_series = table["type"].str.contains("series")
    names = tuple(table.index[is_series & is_input])
    if component == "links":  # PyPSA names the first port only
        names += ("efficiency2", "efficiency3")
    return names


def bus_columns(columns: Iterable[Any]) -> list[str]:
    """Return the columns that name a bus.

    Examples
    --------
    >>> bus_columns(["bus0", "bus1", "p_nom"]), bus_columns(["bus", "carrier"])
    (['bus0', 'bus1'], ['bus'])
    """
    return [column for column in map(str, columns) if re.fullmatch(r"bus\d*", column)]


def port_efficiencies(columns: Iterable[str]) -> dict[str, str]:
    """Return the ports at which links of these columns deliver: column of the bus → attribute of the efficiency.

    Examples
    --------
    >>> port_efficiencies(["bus0", "bus1", "bus2", "p_nom"])
    {'bus1': 'efficiency', 'bus2': 'efficiency2'}
    """
    ports = sorted(int(column.removeprefix("bus")) for column in bus_columns(columns) if column != "bus")
    efficiencies = {}
    for port in ports:
        if port == 1:
            efficiencies["bus1"] = "efficiency"
        elif port > 1:
            efficiencies[f"bus{port}"] = f"efficiency{port}"
    return efficiencies


@cache
def component_schema(component: str) -> pa.DataFrameSchema:
    """Return the schema of one of PyPSA's own tables, with our extra columns."""
    table = attributes(component)
    is_input = table["status"].str.startswith("Input")
    inputs = table[is_input]
    required = set(inputs.index[inputs["status"] == "Input (required)"])
    kinds = dict(zip(map(str, inputs.index), map(str, inputs["type"]), strict=True))
    kinds |= EXTRA_COLUMNS.get(component, {})
    columns = {}
    for attribute, kind in kinds.items():
        columns[attribute] = _column(attribute, kind, attribute in required)
    return pa.DataFrameSchema(columns, coerce=True, strict=True)


def _column(
    name: str,
    kind: str,
    required: bool,
) -> pa.Column:
    """Return the checks of one column by PyPSA's type of it."""
    if kind == "string":
        return pa.Column(object, nullable=not required, required=required)
    if kind == "boolean":
        return pa.Column(object, _switch(name), nullable=True, required=False)
    if name == "lifetime":
        return pa.Column(float, not_negative, nullable=True, required=False)
    checks = [finite]
    if name in _NOT_NEGATIVE:
        checks.append(not_negative)
    checks += _limits(name)
    return pa.Column(float, checks, nullable=True, required=required)


def _switch(name: str) -> pa.Check:
    """Return the check of a switch; one that is not modelled stays off."""
    if NOT_MODELLED.get(name) is False:
        return pa.Check.isin(["False"], error="False, since it is not modelled here")
    return pa.Check.isin(["True", "False"], error="True or False")


def _limits(name: str) -> list[pa.Check]:
    """Return the checks that hold a number to what physics and this package allow."""
    if name in NOT_MODELLED:
        allowed = float(NOT_MODELLED[name])
        return [pa.Check.isin([allowed], error=f"{allowed:g}, since {name} is not modelled here")]
    if name == "sign":
        return [pa.Check.isin([1.0, -1.0], error=SIGN)]
    limit = SHARE if name.endswith("_pu") else LIMITS.get(name)
    if limit is None:
        return []
    return [pa.Check.in_range(limit.low, limit.high, error=limit.allowed)]


def _texts(*names: str, optional: tuple[str, ...] = ()) -> dict[str, pa.Column]:
    """Return columns of texts; optional ones may be empty or missing."""
    columns = {name: pa.Column(object) for name in names}
    for name in optional:
        columns[name] = pa.Column(object, nullable=True, required=False)
    return columns


def _numbers(names: list[str], *checks: pa.Check) -> dict[str, pa.Column]:
    return {name: pa.Column(float, [finite, *checks]) for name in names}


def _schema(columns: dict[str, pa.Column]) -> pa.DataFrameSchema:
    return pa.DataFrameSchema(columns, coerce=True, strict=True)


utc_offset = {"utc_offset": pa.Column(float, pa.Check.in_range(-12, 14, error="hours from -12 to 14"))}
calendar_year = pa.Column(int, pa.Check.in_range(1900, 2100, error="a year from 1900 to 2100"))
year = {"year": calendar_year}
shape_year = {"shape_year": calendar_year}
confidence = {"confidence": pa.Column(object, pa.Check.isin(["A", "B", "C"], error="A, B or C"))}

months = _numbers(MONTHS)
months_not_negative = _numbers(MONTHS, not_negative)
hours_not_negative = _numbers(HOURS, not_negative)
growth = _numbers(["low", "central", "high"], not_negative)
losses = _numbers(["constant", "linear", "quadratic"], not_negative)
level = _numbers(["level"], not_negative)
summer_elasticity = _numbers(["summer_elasticity"], not_negative)
head_efficiency = _numbers(["efficiency"], positive)

PROFILES: dict[str, tuple[pa.DataFrameSchema, list[str]]] = {
    "demand_year": (
        _schema(_texts("demand") | year | growth),
        ["demand", "year"],
    ),
    "demand_season": (
        _schema(_texts("demand") | shape_year | summer_elasticity),
        ["demand"],
    ),
    "demand_month": (
        _schema(_texts("demand") | months_not_negative),
        ["demand"],
    ),
    "demand_hour": (
        _schema(_texts("demand", "months") | utc_offset | hours_not_negative),
        ["demand", "months"],
    ),
    "inflow": (
        _schema(_texts("site", "hydrology") | months_not_negative),
        ["site", "hydrology"],
    ),
    "water_statistics": (
        _schema(_texts("river", "statistic", "of") | _numbers(["value"])),
        ["river", "statistic", "of"],
    ),
    "monthly": (
        _schema(_texts("component", "name", "attribute") | months),
        ["component", "name", "attribute"],
    ),
    "hourly": (
        _schema(_texts("component", "name", "attribute", "months") | utc_offset | hours_not_negative),
        ["component", "name", "attribute", "months"],
    ),
    "loss_curve": (
        _schema(_texts("link", "mode") | losses),
        ["link", "mode"],
    ),
    "head": (
        _schema(_texts("link", "store") | level | head_efficiency),
        ["link", "store", "level"],
    ),
}
"""Profile → the checks of its file, and the columns that name its rows."""
EVIDENCE = _schema(
    _texts("component", "name", "attribute")
    | _numbers(["base", "low", "high"])
    | _texts("unit", "source", optional=("date", "note"))
    | confidence
)
RECORD = _schema(
    _texts("place", "quantity", "date")
    | _numbers(["value", "low", "high"])
    | _texts("unit", "source", optional=("note",))
    | confidence
    | {
        "role": pa.Column(
            object,
            pa.Check.isin(["outcome", "follows", "input"], error="outcome, follows or input"),
        )
    }
)
SOURCES = _schema(_texts("key", "title", optional=("publisher", "date", "licence", "note")))
CORRIDORS = _schema(_texts("corridor", "component", "name"))
