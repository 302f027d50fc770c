"""What each file of a case may hold: PyPSA's own attribute lists, and the columns that we add."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa

from energy.case.physical_limits import LIMITS, SHARE, SIGN

COMPONENTS = ("carriers", "buses", "lines", "links", "generators", "loads", "stores")
OWN_COMPONENTS = (*COMPONENTS, "storage_units", "transformers")
"""What a user's own network may hold besides: PyPSA builds it, a scenario may change it."""
OWN_DEFINITIONS = ("global_constraints", "line_types", "transformer_types", "sub_networks", "shapes")
"""What PyPSA reads of a user's own network by itself; no scenario changes it."""
MONTHS = [str(month) for month in range(1, 13)]
HOURS = [str(hour) for hour in range(24)]
EXTRA_COLUMNS: dict[str, dict[str, str]] = {
    "buses": {"country": "string"},
    "generators": {"service": "string", "account": "string", "share": "float"},
    "links": {"service": "string", "account": "string"},
    "loads": {"demand": "string", "share": "float"},
}
_NOT_NEGATIVE = ("p_nom", "s_nom", "e_nom", "e_initial", "x", "length", "share", "lifetime", "efficiency")

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
    inputs = table[table["status"].str.startswith("Input")]
    values: dict[str, float | str | bool] = {}
    for name, row in inputs.iterrows():
        if name == "name":
            continue
        if row["type"] == "boolean":
            values[str(name)] = row["default"] == "True"
        elif row["type"] == "string":
            values[str(name)] = row["default"] if row["default"] != "n/a" else ""
        elif row["default"] not in ("n/a", ""):
            values[str(name)] = float(row["default"])
    return values


@cache
def series_attributes(component: str) -> tuple[str, ...]:
    """Return the input attributes of a component list that may vary over time."""
    table = attributes(component)
    found = tuple(table.index[table["type"].str.contains("series") & table["status"].str.startswith("Input")])
    return (*found, "efficiency2", "efficiency3") if component == "links" else found  # PyPSA names the first port only


def port_efficiencies(columns: Iterable[str]) -> dict[str, str]:
    """Return the ports at which links of these columns deliver: column of the bus → attribute of the efficiency.

    Examples
    --------
    >>> port_efficiencies(["bus0", "bus1", "bus2", "p_nom"])
    {'bus1': 'efficiency', 'bus2': 'efficiency2'}
    """
    numbers = sorted(int(c[3:]) for c in map(str, columns) if c.startswith("bus") and c[3:].isdigit())
    return {f"bus{port}": "efficiency" if port == 1 else f"efficiency{port}" for port in numbers if port}


@cache
def component_schema(component: str) -> pa.DataFrameSchema:
    """Return the schema of one of PyPSA's own tables, with our extra columns."""
    table = attributes(component)
    inputs = table[table["status"].str.startswith("Input")]
    types = {str(name): str(row["type"]) for name, row in inputs.iterrows()} | EXTRA_COLUMNS.get(component, {})
    if component == "links":
        types |= {f"bus{i}": "string" for i in (2, 3)} | {f"efficiency{i}": "float" for i in (2, 3)}
    required = set(inputs.index[inputs["status"] == "Input (required)"])
    return pa.DataFrameSchema(
        {name: _column(name, kind, name in required) for name, kind in types.items()}, coerce=True, strict=True
    )


def _column(name: str, kind: str, required: bool) -> pa.Column:
    if kind == "string":
        return pa.Column(object, nullable=not required, required=required)
    if kind == "boolean":
        modelled = ["False"] if NOT_MODELLED.get(name) is False else ["True", "False"]
        told = "False, since it is not modelled here" if len(modelled) == 1 else "True or False"
        return pa.Column(object, pa.Check.isin(modelled, error=told), nullable=True, required=False)
    if name == "lifetime":
        return pa.Column(float, not_negative, nullable=True, required=False)
    checks = [finite, not_negative] if name in _NOT_NEGATIVE else [finite]
    return pa.Column(float, [*checks, *_limits(name)], nullable=True, required=required)


def _limits(name: str) -> list[pa.Check]:
    """Return the checks that hold a number to what physics and this package allow."""
    if name in NOT_MODELLED:
        allowed = float(NOT_MODELLED[name])
        return [pa.Check.isin([allowed], error=f"{allowed:g}, since {name} is not modelled here")]
    if name == "sign":
        return [pa.Check.isin([1.0, -1.0], error=SIGN)]
    limit = SHARE if name.endswith("_pu") else LIMITS.get(name)
    return [] if limit is None else [pa.Check.in_range(limit.low, limit.high, error=limit.allowed)]


def _texts(*names: str, optional: tuple[str, ...] = ()) -> dict[str, pa.Column]:
    return {n: pa.Column(object, nullable=n in optional, required=n not in optional) for n in (*names, *optional)}


def _numbers(names: list[str], *checks: pa.Check) -> dict[str, pa.Column]:
    return {name: pa.Column(float, [finite, *checks]) for name in names}


def _schema(columns: dict[str, pa.Column]) -> pa.DataFrameSchema:
    return pa.DataFrameSchema(columns, coerce=True, strict=True)


utc_offset = {"utc_offset": pa.Column(float, pa.Check.in_range(-12, 14, error="hours from -12 to 14"))}
year = {"year": pa.Column(int, pa.Check.in_range(1900, 2100, error="a year from 1900 to 2100"))}
confidence = {"confidence": pa.Column(object, pa.Check.isin(["A", "B", "C"], error="A, B or C"))}

PROFILES: dict[str, tuple[pa.DataFrameSchema, list[str]]] = {
    "demand_year": (
        _schema(_texts("demand") | year | _numbers(["low", "central", "high"], not_negative)),
        ["demand", "year"],
    ),
    "demand_month": (_schema(_texts("demand") | _numbers(MONTHS, not_negative)), ["demand"]),
    "demand_hour": (
        _schema(_texts("demand", "months") | utc_offset | _numbers(HOURS, not_negative)),
        ["demand", "months"],
    ),
    "inflow": (_schema(_texts("site", "hydrology") | _numbers(MONTHS, not_negative)), ["site", "hydrology"]),
    "water_statistics": (
        _schema(_texts("river", "statistic", "of") | _numbers(["value"])),
        ["river", "statistic", "of"],
    ),
    "monthly": (
        _schema(_texts("component", "name", "attribute") | _numbers(MONTHS)),
        ["component", "name", "attribute"],
    ),
    "hourly": (
        _schema(_texts("component", "name", "attribute", "months") | utc_offset | _numbers(HOURS, not_negative)),
        ["component", "name", "attribute", "months"],
    ),
    "loss_curve": (
        _schema(_texts("link", "mode") | _numbers(["constant", "linear", "quadratic"], not_negative)),
        ["link", "mode"],
    ),
    "head": (
        _schema(_texts("link", "store") | _numbers(["level"], not_negative) | _numbers(["efficiency"], positive)),
        ["link", "store", "level"],
    ),
}
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
    | {"role": pa.Column(object, pa.Check.isin(["outcome", "follows", "input"], error="outcome, follows or input"))}
)
SOURCES = _schema(_texts("key", "title", optional=("publisher", "date", "licence", "note")))
CORRIDORS = _schema(_texts("corridor", "component", "name"))
