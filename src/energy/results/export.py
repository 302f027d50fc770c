"""Exports for other programs: finished runs as long tables, IAMC and plain PyPSA networks, cases as data packages."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from energy.case import Case, read_case
from energy.errors import Fault, InputError
from energy.model.pypsa_logging import quiet_pypsa
from energy.results.countries import LINE, TRADE, countries_of, country_balance, country_name
from energy.results.files import MARK, atomic_file, atomic_folder, plain_cells, writable_folder
from energy.results.run_folder import read_network, read_record

if TYPE_CHECKING:
    import pypsa
    import xarray as xr

LONG = ("scenario", "snapshot", "component", "name", "attribute", "value", "unit")
"""Columns of the long table: one row a number."""

SERIES = {
    "generators_p": "p",
    "links_p0": "p0",
    "links_p1": "p1",
    "lines_p0": "p0",
    "lines_p1": "p1",
    "stores_e": "e",
    "stores_p": "p",
    "loads_p": "p",
    "buses_marginal_price": "marginal_price",
}
PORTS = {"p0": "bus0", "p1": "bus1"}
"""Flow of a branch → the bus at that end."""
WHOLE = ("weight", "season", "transferable", "ceiling")
"""Values of a run as a whole, which have the component ``run`` in the long table."""

WATER_UNITS = {
    "MW (electric), hm3/h (water)": ("MW", "hm3/h"),
    "MWh or hm3": ("MWh", "hm3"),
    "USD/MWh (electric), USD/hm3 (water)": ("USD/MWh", "USD/hm3"),
}
"""Unit of a variable → that of its electric components, and that of its water components."""

IAMC = ("model", "scenario", "region", "variable", "unit", "year", "value")
FUELS = {
    "hydro": "Hydro",
    "run of river": "Hydro",
    "coal": "Coal",
    "coal local": "Coal",
    "coal imported": "Coal",
    "gas": "Gas",
    "gas local": "Gas",
    "RLNG": "Gas",
    "oil": "Oil",
    "RFO": "Oil",
    "diesel": "Oil",
    "nuclear": "Nuclear",
    "solar": "Solar",
    "wind": "Wind",
    "bagasse": "Biomass",
}
"""Carrier of the case → last part of the IAMC variable ``Secondary Energy|Electricity|…``."""

PACKAGE = "datapackage.json"
NETWORK = "network.csv"
"""PyPSA's file of one row about the network itself, which has no heads as a table has them; copied, not described."""
TYPES = {"b": "boolean", "i": "integer", "u": "integer", "f": "number"}
"""Kind of a column in pandas → type of a field; all else is a string."""


def _long_table(dataset: xr.Dataset) -> pd.DataFrame:
    """Return the solved values of a run as one long table.

    Parameters
    ----------
    dataset
        From ``energy.results.dataset.record``.

    Returns
    -------
    pandas.DataFrame
        Columns ``LONG``; ``component`` is PyPSA's list name, ``attribute`` PyPSA's attribute, ``unit`` that of the
        bus that the component hangs on. A snapshot stands for ``weight`` hours.
    """
    parts = []
    for variable, attribute in SERIES.items():
        if variable in dataset:
            parts.append(_series(dataset, variable, attribute))
    parts += [_of_run(dataset, variable) for variable in WHOLE if variable in dataset]
    table = pd.concat(parts, ignore_index=True)
    table.insert(0, "scenario", str(dataset.attrs["scenario"]))
    return table[list(LONG)]


def _of_run(dataset: xr.Dataset, variable: str) -> pd.DataFrame:
    columns = {
        "snapshot": dataset["snapshot"].to_numpy(),
        "component": "run",
        "name": str(dataset.attrs["scenario"]),
        "attribute": variable,
        "value": dataset[variable].to_numpy(),
        "unit": str(dataset[variable].attrs["units"]),
    }
    return pd.DataFrame(columns)


def _series(
    dataset: xr.Dataset,
    variable: str,
    attribute: str,
) -> pd.DataFrame:
    component, _, _ = variable.partition("_")
    snapshots = dataset["snapshot"].to_numpy()
    names = dataset[component].to_numpy()
    values = dataset[variable].transpose("snapshot", component)
    unit = values.attrs["units"]
    electric_unit, water_unit = WATER_UNITS.get(unit, (unit, unit))
    is_water = _is_water(dataset, component, attribute)
    unit_of_name = np.where(is_water, water_unit, electric_unit)
    return pd.DataFrame(
        {
            "snapshot": np.repeat(snapshots, len(names)),
            "component": component,
            "name": np.tile(names.astype(str), len(snapshots)),
            "attribute": attribute,
            "value": values.to_numpy().ravel(),
            "unit": np.tile(unit_of_name, len(snapshots)),
        }
    )


def _is_water(
    dataset: xr.Dataset,
    component: str,
    attribute: str,
) -> np.ndarray:
    """Return which components count in water at the end that an attribute is of; shape (components,)."""
    carriers = dataset["buses_carrier"].to_series()
    if component == "buses":
        return np.asarray(carriers.to_numpy() == "water")
    port = PORTS.get(attribute, "bus")
    buses = dataset[f"{component}_{port}"].to_numpy()
    return np.asarray(carriers.loc[buses].to_numpy() == "water")


def _iamc_table(dataset: xr.Dataset) -> pd.DataFrame:
    """Return a run as a table in the data format of the Integrated Assessment Modeling Consortium.

    Returns
    -------
    pandas.DataFrame
        Columns ``IAMC``; energy of the horizon [GWh] by country: demand, generation by fuel, trade, unserved demand;
        and what CASA-1000 delivers and could. The year is the scenario's; a horizon runs from April to March.
    """
    thousand_hours = dataset["weight"].to_numpy() / 1000
    rows: list[tuple[str, str, float]] = []
    for country in countries_of(dataset):
        region = country_name(country)
        balance = country_balance(dataset, country)
        variables = _variables(balance, thousand_hours)
        rows += [(region, variable, energy) for variable, energy in variables]
    for name, column in (("Delivered", "month_delivered"), ("Ceiling", "month_ceiling")):
        energy = float(dataset[column].sum())
        rows.append(("World", f"Transmission|Electricity|CASA-1000|{name}", energy))
    table = pd.DataFrame(rows, columns=["region", "variable", "value"])
    table["model"] = f"casa1000-energy {version('casa1000-energy')}"
    table["scenario"] = str(dataset.attrs["scenario"])
    table["unit"] = "GWh/yr"
    table["year"] = int(dataset.attrs["year"])
    return table[list(IAMC)]


def _variables(balance: xr.DataArray, thousand_hours: np.ndarray) -> Iterator[tuple[str, float]]:
    """Yield IAMC variables of one country [GWh] from the power of its carriers [MW]."""
    generation: dict[str, float] = {}
    carriers = balance["carrier"].to_numpy()
    for carrier, power in zip(carriers, balance.to_numpy().T, strict=True):
        energy = float((power * thousand_hours).sum())
        if carrier == "demand":
            yield "Final Energy|Electricity", -energy
        elif carrier == "unserved":
            yield "Unserved Energy|Electricity", energy
        elif carrier == "losses":
            yield "Losses|Electricity", -energy
        elif carrier in (LINE, TRADE):
            partner = "CASA-1000" if carrier == LINE else "Other"
            exports = -power.clip(max=0) * thousand_hours
            imports = power.clip(min=0) * thousand_hours
            yield f"Trade|Electricity|Exports|{partner}", float(exports.sum())
            yield f"Trade|Electricity|Imports|{partner}", float(imports.sum())
        else:
            fuel = FUELS.get(str(carrier), "Other")
            generation[fuel] = generation.get(fuel, 0.0) + energy
    yield "Secondary Energy|Electricity", sum(generation.values())
    for fuel, energy in generation.items():
        yield f"Secondary Energy|Electricity|{fuel}", energy


def write_network(network: pypsa.Network, file: Path) -> None:
    """Write a PyPSA network that says by what it was made."""
    network.meta = {**network.meta, "made_by": MARK}
    with quiet_pypsa():
        network.export_to_netcdf(str(file))


def export(
    folders: Sequence[Path],
    kind: str,
    path: Path,
    force: bool = False,
) -> list[Path]:
    """Write finished runs for other programs, and return what was written.

    Parameters
    ----------
    folders
        Finished runs.
    kind
        ``csv`` or ``parquet`` (long table of all runs), ``iamc`` (CSV), ``network`` (a folder of PyPSA netCDF files).
    path
        File to write; for ``network`` a folder.
    force
        Whether files of another origin may be replaced.

    Raises
    ------
    InputError
        When a folder holds no finished run, two of them the same scenario, or a file of another origin is in the way.
    """
    datasets = [read_record(folder) for folder in folders]
    names = [str(dataset.attrs["scenario"]) for dataset in datasets]
    _refuse_twins(names)
    if kind == "network":
        return _export_networks(folders, names, path, force)
    to_table = _iamc_table if kind == "iamc" else _long_table
    tables = [to_table(dataset) for dataset in datasets]
    table = pd.concat(tables, ignore_index=True)
    with atomic_file(path, force, table=kind != "parquet") as draft:
        if kind == "parquet":
            _write_parquet(table, draft)
        else:
            plain_cells(table).to_csv(draft, index=False, float_format="%.7g", lineterminator="\n")
    return [path]


def _refuse_twins(names: Sequence[str]) -> None:
    """Raise a fault for each scenario of which two runs would be written."""
    faults = []
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            fault = Fault(f"two runs are of scenario {name!r}", repair="export one of them")
            faults.append(fault)
    if faults:
        raise InputError(faults)


def _export_networks(
    folders: Sequence[Path],
    names: Sequence[str],
    path: Path,
    force: bool,
) -> list[Path]:
    """Write the solved network of each run into a folder."""
    place = writable_folder(path)
    files = [place / f"{name}.nc" for name in names]
    for folder, file in zip(folders, files, strict=True):
        with atomic_file(file, force) as draft:
            write_network(read_network(folder), draft)
    return files


def _write_parquet(table: pd.DataFrame, file: Path) -> None:
    table.attrs = {"made_by": MARK}  # pandas keeps it with the file
    for column in ("scenario", "component", "name", "attribute", "unit"):
        table[column] = table[column].astype("category")
    table.to_parquet(file, index=False)


def _data_package(case: Case) -> dict[str, Any]:
    """Return the descriptor of a case folder as a Frictionless data package (Data Package 2, tabular).

    Parameters
    ----------
    case
        Read from a folder of CSV files.

    Raises
    ------
    InputError
        When the case is no folder.

    Examples
    --------
    >>> from energy.case import read_case
    >>> package = _data_package(read_case("two_bus"))
    >>> [resource["path"] for resource in package["resources"]][:2]
    ['buses.csv', 'carriers.csv']
    """
    folder = case.path
    if not folder.is_dir():
        raise InputError(Fault("a data package is made of a folder of CSV files", folder))
    resources = list(_resources(folder))
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": case.name.lower().replace(" ", "-"),
        "title": f"Case {case.name} of casa1000-energy",
        "made_by": MARK,
        "resources": resources,
    }


def _resources(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the description of every CSV file of a folder."""
    for path in sorted(folder.rglob("*.csv")):
        if path.name == NETWORK:
            continue
        relative = path.relative_to(folder).as_posix()
        table = pd.read_csv(path)
        yield {
            "name": relative.removesuffix(".csv").replace("/", "-").lower().replace("_", "-"),
            "type": "table",
            "path": relative,
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "schema": {"fields": [_field(table, str(column)) for column in table.columns]},
        }


def _field(table: pd.DataFrame, name: str) -> dict[str, str]:
    values = table[name]
    kind = TYPES.get(values.dtype.kind, "string")
    if values.isna().all():
        kind = "string"
    elif kind == "number":
        is_infinite = values.abs().eq(float("inf")).any()
        kind = "string" if is_infinite else "number"
    return {"name": name, "type": kind}


def write_data_package(cases: Sequence[Path], folder: Path, force: bool = False) -> list[Path]:
    """Copy the tables of a case into a folder, with their descriptor ``datapackage.json``.

    Parameters
    ----------
    cases
        The case, by name or folder; one.
    folder
        Folder that gets the package.
    force
        Whether a folder of another origin may be replaced.

    Raises
    ------
    InputError
        When not one case is named, it is no folder, or another thing is in the place of the package.
    """
    if len(cases) != 1:
        raise InputError(Fault(f"{len(cases)} cases for one data package", "export", allowed="one case"))
    case = read_case(str(cases[0]))
    package = _data_package(case)
    with atomic_folder(folder, force) as draft:
        for resource in package["resources"]:
            copy = draft / resource["path"]
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(case.path / resource["path"], copy)
        if (case.path / NETWORK).is_file():
            shutil.copyfile(case.path / NETWORK, draft / NETWORK)
        text = json.dumps(package, indent=1, ensure_ascii=False)
        (draft / PACKAGE).write_text(text + "\n", encoding="utf-8")
    return [folder / PACKAGE]
