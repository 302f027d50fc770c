"""Fuel burnt and carbon dioxide emitted, by country and carrier."""

from __future__ import annotations

import numpy as np
import pandas as pd

from energy.metrics.balance import country_of_bus
from energy.model.objective import UNSERVED
from energy.solve import Result

ITEMS = ("electricity", "fuel", "CO2")


def fuel_use(result: Result) -> pd.DataFrame:
    """Return what plants generate, burn and emit over the horizon, by country and carrier.

    fuel = electricity / efficiency; CO2 = fuel · the carrier's ``co2_emissions`` [t/MWh of fuel]. Imports count where
    they are generated if the case has the plant, and nowhere if it is a market: a market's emissions are not known.

    Parameters
    ----------
    result
        The solved scenario.

    Returns
    -------
    pandas.DataFrame
        Index (country, carrier) of the carriers that emit; ``electricity``, ``fuel`` [GWh] and ``CO2`` [t].

    Examples
    --------
    >>> import energy
    >>> run = energy.run(energy.read_case("two_bus"), energy.read_scenario("two_bus"))
    >>> table = fuel_use(run.result)  # gas: efficiency 1, 0.2 t/MWh
    >>> bool(np.isclose(table.loc[("BB", "gas"), "CO2"], 0.2 * 1000 * table.loc[("BB", "gas"), "electricity"]))
    True
    """
    plants = result.inputs.components.get("generators", pd.DataFrame())
    carriers = result.inputs.components.get("carriers", pd.DataFrame())
    factor = carriers["co2_emissions"] if "co2_emissions" in carriers else pd.Series(dtype=float)
    factor = factor[factor > 0]
    if plants.empty or factor.empty:
        return _empty()
    emitting = plants[plants["carrier"].isin(factor.index) & (plants["carrier"] != UNSERVED) & (plants["sign"] > 0)]
    if emitting.empty:
        return _empty()
    output = result.flow("generators")[emitting.index]
    efficiency = result.inputs.values("generators", "efficiency")[emitting.index]
    electricity = output.mul(result.hours, axis=0).sum() / 1000
    fuel = (output / efficiency).mul(result.hours, axis=0).sum() / 1000
    table = pd.DataFrame({"electricity": electricity, "fuel": fuel})
    table["CO2"] = 1000 * table["fuel"] * emitting["carrier"].map(factor)
    country = emitting["bus"].map(country_of_bus(result))
    table = table.groupby([country.to_numpy(), emitting["carrier"].to_numpy()]).sum()
    table.index = table.index.set_names(["country", "carrier"])
    table.attrs["units"] = {"electricity": "GWh", "fuel": "GWh", "CO2": "t"}
    return table


def _empty() -> pd.DataFrame:
    index = pd.MultiIndex.from_arrays([[], []], names=["country", "carrier"])
    return pd.DataFrame(index=index, columns=list(ITEMS), dtype=float)


def avoided(without: pd.DataFrame, built: pd.DataFrame) -> pd.DataFrame:
    """Return what is not generated, burnt and emitted because of the line; negative where it is more.

    Parameters
    ----------
    without, built
        As of ``fuel_use``, without and with the line.

    Returns
    -------
    pandas.DataFrame
        Index (country, carrier); ``electricity``, ``fuel`` [GWh] and ``CO2`` [t].
    """
    rows = without.index.union(built.index)
    first = without.reindex(rows).fillna(0.0)
    second = built.reindex(rows).fillna(0.0)
    table = first - second
    table = table.where(np.abs(table) > 1e-6, 0.0)
    table.attrs["units"] = {"electricity": "GWh", "fuel": "GWh", "CO2": "t"}
    return table


def unserved_by_country(result: Result) -> pd.Series:
    """Return the demand that is not served over the horizon, by country [GWh].

    Examples
    --------
    >>> import energy
    >>> run = energy.run(energy.read_case("two_bus"), energy.read_scenario("two_bus"))
    >>> unserved_by_country(run.result).round(3).to_dict()
    {'AA': 0.0, 'BB': 0.0}
    """
    plants = result.inputs.components.get("generators", pd.DataFrame())
    country = country_of_bus(result)
    if plants.empty:
        return pd.Series(dtype=float, name="unserved")
    lacking = plants[plants["carrier"] == UNSERVED]
    energy = result.flow("generators")[lacking.index].mul(result.hours, axis=0).sum() / 1000
    home = lacking["bus"].map(country)
    return energy.groupby(home.to_numpy()).sum().rename("unserved").rename_axis("country")
