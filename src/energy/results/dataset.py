"""Dataset of a run: all that figures, pages and exports read; and a run that carries it, for notebooks."""

from __future__ import annotations

import json
from functools import cached_property
from html import escape
from importlib.metadata import version
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from energy.analysis import Run
from energy.analysis import run as solved
from energy.analysis.scenario_metrics import energy_by_day
from energy.metrics import ceiling, transferable
from energy.metrics.month_columns import lost_by_cause, surplus_by_country
from energy.metrics.settlement import energy_terms, measured_shares, payments
from energy.model.additions import with_additions
from energy.model.axis import HOURS_A_DAY
from energy.model.changed_inputs import change_texts, titled
from energy.results.dataset_parts import event_dataset, exchange_dataset, volume_rule_dataset
from energy.results.predicted_ranges import season_attributes
from energy.results.run_folder import form_of, trade_of
from energy.scenario.named import CaseOrName, ScenarioOrName, case_and_scenario

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
BOUNDED = {
    "links": ("p_min_pu", "p_max_pu"),
    "lines": ("s_max_pu",),
    "stores": ("e_min_pu", "e_max_pu"),
}
UNITS = {
    "p_nom": "MW or hm3/h",
    "s_nom": "MVA",
    "e_nom": "MWh or hm3",
    "x": "degrees_east",
    "y": "degrees_north",
}
MONTHLY_BY = {
    "month_lost": (lost_by_cause, "cause", "energy lost to a cause"),
    "month_surplus": (surplus_by_country, "country", "surplus of sellers"),
}
"""Variable → what gives its table, its dimension beside the months, and its long name."""
EVERYWHERE = "all"
"""Country of the buses of a network that names none."""
MONTH_COLUMNS = {
    "ceiling": "ceiling [GWh]",
    "delivered": "delivered [GWh]",
    "transferable mean": "mean [MW]",
    "transferable max": "most [MW]",
}


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
    >>> delivered = record(run)["month_delivered"]
    >>> round(float(delivered.sum()), 2), delivered.attrs["units"]
    (348.84, 'GWh')
    """
    dataset = run.result.dataset()
    dataset = dataset.assign(_snapshots(run))
    dataset = dataset.assign(_months(run))
    dataset = dataset.assign(_days(run))
    for describe in (
        _components,
        _bounds,
        event_dataset,
        volume_rule_dataset,
        _settlement,
        exchange_dataset,
    ):
        part = describe(run)
        if part:
            dataset = dataset.merge(part, join="outer", compat="no_conflicts")
    dataset.attrs |= _attributes(run)
    contents = json.dumps(form_of(dataset), sort_keys=True)  # the order of variables differs from run to run
    return dataset.assign_attrs(contents=contents)


def _attributes(run: Run) -> dict[str, Any]:
    scenario = run.scenario
    contract = run.result.inputs.book.contract
    return {
        "scenario": scenario.name,
        "scenario_title": titled(run.case, scenario),
        "changes": "; ".join(change_texts(run.case, scenario)),
        "description": scenario.description,
        "question": scenario.question or "",
        "case": run.case.name,
        "year": scenario.year,
        "water": _water(run),
        "line": "CASA-1000" if run.case.own is None else "the line under study",
        "scenario_objective": scenario.objective,
        "foresight": scenario.foresight,
        "trade": trade_of(scenario.plain()),
        "protection_order": " > ".join(scenario.protection_order or run.case.rules.protection_order),
        "weakest_confidence": run.case.weakest_confidence,
        "version": version("casa1000-energy"),
        **season_attributes(scenario),
        "buyer": (contract.buyer or "") if contract else "",
        "transit": (contract.transit or "") if contract else "",
    }


def _water(run: Run) -> str:
    """Return the label of the water year; empty for a network of the user's own, which brings its inflow itself."""
    if run.case.own is not None:
        return ""
    hydrology = run.scenario.hydrology
    return hydrology if isinstance(hydrology, str) else "mixed"


def _snapshots(run: Run) -> dict[str, Any]:
    """Return what a snapshot covers, and the line's transferable power and ceiling in it."""
    result = run.result
    axis = result.inputs.axis
    length = axis.weights
    if axis.day_length:
        length = np.full(len(axis.snapshots), 24 / axis.day_length)
    power = transferable(result).to_numpy()
    most = ceiling(result, run.season, run.limit).to_numpy()
    return {
        "length": _of_snapshots(length, "h", "hours of the day that a snapshot covers"),
        "season": _of_snapshots(run.season, "1", "share inside the contract season"),
        "transferable": _of_snapshots(power, "MW", "transferable power at the receiving end"),
        "ceiling": _of_snapshots(most, "MW", "contract ceiling at the receiving end"),
    }


def _of_snapshots(
    values: np.ndarray,
    units: str,
    long_name: str,
) -> tuple[str, np.ndarray, dict[str, str]]:
    """Return a variable along the snapshots."""
    return "snapshot", values, {"units": units, "long_name": long_name}


def _months(run: Run) -> dict[str, xr.DataArray]:
    """Return the monthly energies: the ceiling, what is delivered, what causes take, and the sellers' surplus."""
    import xarray as xr

    months = [str(month) for month in run.table.index]
    variables = {}
    for column in ("ceiling", "delivered"):
        variables[f"month_{column}"] = xr.DataArray(
            run.table[column].to_numpy(),
            coords={"month": months},
            dims="month",
            attrs={"units": "GWh", "long_name": f"{column} energy at the receiving end"},
        )
    for variable, (columns_of, dim, long_name) in MONTHLY_BY.items():
        table = columns_of(run.table)
        if table.columns.empty:
            continue
        variables[variable] = xr.DataArray(
            table.to_numpy(float),
            coords={"month": months, dim: list(table)},
            dims=("month", dim),
            attrs={"units": "GWh", "long_name": long_name},
        )
    return variables


def _days(run: Run) -> dict[str, xr.DataArray]:
    """Return the mean power delivered in each day of the horizon, and the same without the scenario's events."""
    import xarray as xr

    first_day = run.result.inputs.axis.calendar[0][0].floor("D")
    results = {"day_delivered": (run.result, "mean power delivered in the day")}
    if run.undisturbed is not None:
        results["day_undisturbed"] = (run.undisturbed, "mean power delivered in the day without the events")
    variables = {}
    for name, (result, meaning) in results.items():
        energy = energy_by_day(result)
        variables[name] = xr.DataArray(
            1000 / HOURS_A_DAY * energy,
            coords={"day": pd.date_range(first_day, periods=len(energy), freq="D")},
            dims="day",
            attrs={"units": "MW", "long_name": meaning},
        )
    return variables


def _components(run: Run) -> xr.Dataset:
    """Return the attributes of components that a figure or page reads."""
    import xarray as xr

    tables = dict(run.result.inputs.components)
    tables.setdefault("carriers", run.case.components.get("carriers", pd.DataFrame()))
    variables = {}
    for component, attributes in COMPONENTS.items():
        table = tables.get(component, pd.DataFrame())
        if table.empty:
            continue
        for attribute in attributes:
            is_number = attribute in UNITS or attribute == "sign"
            if is_number and attribute not in table:
                continue
            if is_number:
                values = table[attribute].to_numpy(float)
                attrs = {"units": UNITS.get(attribute, "1")}
            else:
                values = _texts(table, attribute)
                attrs = {}
            variables[f"{component}_{attribute}"] = xr.DataArray(
                values,
                coords={component: [str(name) for name in table.index]},
                dims=component,
                attrs=attrs,
            )
    return xr.Dataset(variables)


def _texts(table: pd.DataFrame, attribute: str) -> np.ndarray:
    """Return an attribute as texts, empty where there is none; buses without a country share one."""
    without = pd.Series("", index=table.index)
    texts = table.get(attribute, default=without).fillna("").astype(str)
    if attribute == "country":
        texts = texts.replace("", EVERYWHERE)
    return texts.to_numpy(object)


def _bounds(run: Run) -> xr.Dataset:
    """Return the bounds of links, lines and stores in every snapshot, as shares of their ratings."""
    import xarray as xr

    inputs = run.result.inputs
    variables = {}
    for component, attributes in BOUNDED.items():
        if component not in inputs.components:
            continue
        names = [str(name) for name in inputs.components[component].index]
        for attribute in attributes:
            variables[f"{component}_{attribute}"] = xr.DataArray(
                inputs.array(component, attribute),
                coords={"snapshot": inputs.axis.snapshots, component: names},
                dims=("snapshot", component),
                attrs={"units": "1", "long_name": f"bound {attribute} of {component}"},
            )
    return xr.Dataset(variables)


def _settlement(run: Run) -> xr.Dataset | None:
    """Return what each party receives (pays, negative) by item [USD], and why energy was not delivered."""
    import xarray as xr

    contract = run.result.inputs.book.contract
    if contract is None or contract.quantity is None or not contract.prices:
        return None
    terms = energy_terms(run.case, run.scenario, run.result, contract)
    shares = measured_shares(run.result, contract)
    paid = payments(terms, contract, run.scenario.contract.payment, shares)
    received = paid.groupby(["payee", "item"])["amount"].sum().unstack(fill_value=0)
    given = paid.groupby(["payer", "item"])["amount"].sum().unstack(fill_value=0)
    balance = received.sub(given, fill_value=0).fillna(0)
    parties = [*contract.shares, contract.transit or "transit", contract.buyer or "buyer"]
    items = [item for item in ("energy", "transmission", "transit") if item in contract.prices]
    settled = balance.reindex(index=parties, columns=items, fill_value=0)
    usd = {"units": "USD", "long_name": "received in the year"}
    gwh = {"units": "GWh", "long_name": "contract energy"}
    return xr.Dataset(
        {
            "settled": (("party", "item"), settled.to_numpy(float), usd),
            "terms": (("month", "term"), terms.to_numpy(float), gwh),
        },
        coords={
            "party": parties,
            "item": items,
            "month": [str(month) for month in terms.index],
            "term": list(terms.columns),
        },
    )


class SolvedRun(Run):
    """A solved scenario, see ``energy.analysis.Run``; in a notebook it shows its months.

    Examples
    --------
    >>> import energy
    >>> run = energy.run("two_bus", "two_bus")
    >>> run
    two_bus: 348.8 GWh delivered in the season
    >>> run.dataset["month_delivered"].attrs["units"]
    'GWh'
    >>> len(run.network.buses)
    4
    """

    @cached_property
    def dataset(self) -> xr.Dataset:
        """The run as a Dataset, see ``energy.record``."""
        return record(self)

    @cached_property
    def network(self) -> pypsa.Network:
        """The solved PyPSA network."""
        return self.result.network()

    @property
    def title(self) -> str:
        """Name of the scenario, and what overrides changed in it."""
        return titled(self.case, self.scenario)

    @property
    def delivered(self) -> float:
        """Energy delivered in the season [GWh]."""
        return float(self.table["delivered"].sum())

    def __repr__(self) -> str:
        """Return one line: title and season."""
        return f"{self.title}: {self.delivered:,.1f} GWh delivered in the season"

    def _repr_html_(self) -> str:
        months = self.table[self.table["ceiling"] > 0]
        shown = months[list(MONTH_COLUMNS)].rename(columns=MONTH_COLUMNS)
        table = shown.to_html(float_format="{:,.0f}".format, border=0)
        return f"<p><b>{escape(repr(self))}</b><br>{escape(self.scenario.description)}</p>{table}"


def run(
    case: CaseOrName,
    scenario: ScenarioOrName,
    time_limit: float = inf,
    structure: bool = True,
) -> SolvedRun:
    """Solve a scenario, and the same with CASA-1000 ever earlier in the protection order.

    Parameters
    ----------
    case, scenario
        What exists, and what is asked: read before, or by name or path.
    time_limit
        Wall time that the solver may take [s].
    structure
        Whether to solve what the structure of the network does to the answer too.

    Returns
    -------
    SolvedRun
        With ``table`` (months), ``dataset`` (all numbers with units), ``network`` (PyPSA's) and ``rungs``.

    Raises
    ------
    InputError, SolverError
        When a name is not known, the scenario does not fit the case, or has no optimum.

    Examples
    --------
    >>> float(round(run("two_bus", "two_bus").delivered, 2))
    348.84
    """
    case, scenario = case_and_scenario(case, scenario)
    case = with_additions(case, scenario)
    made = solved(case, scenario, time_limit, structure)
    return SolvedRun(**vars(made))
