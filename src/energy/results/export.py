"""Export of finished runs: long tables (CSV, Parquet), IAMC, plain PyPSA networks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.errors import Fault, InputError
from energy.model.pypsa_logging import quiet_pypsa
from energy.results.atomic_write import atomic_file, writable_folder
from energy.results.country_balance import LINE, TRADE, countries_of, country_balance
from energy.results.dataset import read_network, read_record
from energy.results.labels import country_name
from energy.results.ownership import MARK
from energy.results.table_writer import plain_cells

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
WHOLE = ("weight", "season", "transferable", "ceiling")
"""Values of a run as a whole, which have the component ``run`` in the long table."""

WATER_UNITS = {"MW (electric), hm3/h (water)": ("MW", "hm3/h"), "MWh or hm3": ("MWh", "hm3")}
WATER_UNITS |= {"USD/MWh (electric), USD/hm3 (water)": ("USD/MWh", "USD/hm3")}

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


def long_table(found: xr.Dataset) -> pd.DataFrame:
    """Return the solved values of a run as one long table.

    Parameters
    ----------
    found
        From ``energy.results.record.record``.

    Returns
    -------
    pandas.DataFrame
        Columns ``LONG``; ``component`` is PyPSA's list name, ``attribute`` PyPSA's attribute, ``unit`` that of the
        bus that the component hangs on. A snapshot stands for ``weight`` hours.
    """
    parts = [_series(found, variable, attribute) for variable, attribute in SERIES.items() if variable in found]
    parts += [_of_run(found, variable) for variable in WHOLE if variable in found]
    table = pd.concat(parts, ignore_index=True)
    table.insert(0, "scenario", str(found.attrs["scenario"]))
    return table[list(LONG)]


def _of_run(found: xr.Dataset, variable: str) -> pd.DataFrame:
    columns = {
        "snapshot": found["snapshot"].to_numpy(),
        "component": "run",
        "name": str(found.attrs["scenario"]),
        "attribute": variable,
        "value": found[variable].to_numpy(),
        "unit": str(found[variable].attrs["units"]),
    }
    return pd.DataFrame(columns)


def _series(found: xr.Dataset, variable: str, attribute: str) -> pd.DataFrame:
    component = variable.split("_", maxsplit=1)[0]
    names, times = found[component].to_numpy(), found["snapshot"].to_numpy()
    electric, water = WATER_UNITS.get(found[variable].attrs["units"], (found[variable].attrs["units"],) * 2)
    wet = _wet(found, component, attribute)
    return pd.DataFrame(
        {
            "snapshot": np.repeat(times, len(names)),
            "component": component,
            "name": np.tile(names.astype(str), len(times)),
            "attribute": attribute,
            "value": found[variable].transpose("snapshot", component).to_numpy().ravel(),
            "unit": np.tile(np.where(wet, water, electric), len(times)),
        }
    )


def _wet(found: xr.Dataset, component: str, attribute: str) -> np.ndarray:
    """Return which components count in water at the end that an attribute is of."""
    if component == "buses":
        return np.asarray(found["buses_carrier"].to_numpy() == "water")
    carriers = dict(zip(found["buses"].to_numpy(), found["buses_carrier"].to_numpy(), strict=True))
    end = {"p0": "bus0", "p1": "bus1"}.get(attribute, "bus")
    return np.array([carriers[bus] == "water" for bus in found[f"{component}_{end}"].to_numpy()])


def iamc_table(found: xr.Dataset) -> pd.DataFrame:
    """Return a run as a table in the data format of the Integrated Assessment Modeling Consortium.

    Returns
    -------
    pandas.DataFrame
        Columns ``IAMC``; energy of the horizon [GWh] by country: demand, generation by fuel, trade, unserved demand;
        and what CASA-1000 delivers and could. The year is the scenario's; a horizon runs from April to March.
    """
    hours, year = found["weight"].to_numpy() / 1000, int(found.attrs["year"])
    rows: list[tuple[str, str, float]] = []
    for country in countries_of(found):
        balance = country_balance(found, country)
        energy = {str(name): balance.sel(carrier=name).to_numpy() for name in balance["carrier"].to_numpy()}
        rows += [(country_name(country), variable, value) for variable, value in _variables(energy, hours)]
    rows.append(("World", "Transmission|Electricity|CASA-1000|Delivered", float(found["month_delivered"].sum())))
    rows.append(("World", "Transmission|Electricity|CASA-1000|Ceiling", float(found["month_ceiling"].sum())))
    table = pd.DataFrame(rows, columns=["region", "variable", "value"])
    table["model"] = f"casa1000-energy {version('casa1000-energy')}"
    table["scenario"], table["unit"], table["year"] = str(found.attrs["scenario"]), "GWh/yr", year
    return table[list(IAMC)]


def _variables(energy: dict[str, np.ndarray], hours: np.ndarray) -> Iterator[tuple[str, float]]:
    """Yield IAMC variables of one country from the power of its carriers [MW] and thousand hours."""
    fuels: dict[str, float] = {}
    for carrier, power in energy.items():
        total = float((power * hours).sum())
        if carrier == "demand":
            yield "Final Energy|Electricity", -total
        elif carrier == "unserved":
            yield "Unserved Energy|Electricity", total
        elif carrier == "losses":
            yield "Losses|Electricity", -total
        elif carrier in (LINE, TRADE):
            suffix = "|CASA-1000" if carrier == LINE else "|Other"
            yield f"Trade|Electricity|Exports{suffix}", float((-power.clip(max=0) * hours).sum())
            yield f"Trade|Electricity|Imports{suffix}", float((power.clip(min=0) * hours).sum())
        else:
            fuel = FUELS.get(carrier, "Other")
            fuels[fuel] = fuels.get(fuel, 0.0) + total
    yield "Secondary Energy|Electricity", sum(fuels.values())
    for fuel, value in fuels.items():
        yield f"Secondary Energy|Electricity|{fuel}", value


def write_network(network: pypsa.Network, file: Path) -> None:
    """Write a PyPSA network that says by what it was made."""
    network.meta = {**network.meta, "made_by": MARK}
    with quiet_pypsa():
        network.export_to_netcdf(str(file))


def export(folders: Sequence[Path], kind: str, path: Path, force: bool = False) -> list[Path]:
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
    found = [read_record(folder) for folder in folders]
    names = [str(one.attrs["scenario"]) for one in found]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise InputError([Fault(f"two runs are of scenario {name!r}", repair="export one of them") for name in twice])
    if kind == "network":
        place = writable_folder(path)
        for name, folder in zip(names, folders, strict=True):
            with atomic_file(place / f"{name}.nc", force) as draft:
                write_network(read_network(folder), draft)
        return [place / f"{name}.nc" for name in names]
    table = pd.concat([iamc_table(one) if kind == "iamc" else long_table(one) for one in found], ignore_index=True)
    with atomic_file(path, force, table=kind != "parquet") as draft:
        if kind == "parquet":
            table.attrs = {"made_by": MARK}  # pandas keeps it with the file
            for column in ("scenario", "component", "name", "attribute", "unit"):
                table[column] = table[column].astype("category")
            table.to_parquet(draft, index=False)
        else:
            plain_cells(table).to_csv(draft, index=False, float_format="%.7g", lineterminator="\n")
    return [path]
