"""Fuel burnt and carbon dioxide emitted, by country and carrier."""

from __future__ import annotations

import numpy as np
import pandas as pd

from energy.metrics.balance import country_of_bus
from energy.model.objective import UNSERVED
from energy.solve import Result

UNITS = {"electricity": "GWh", "fuel": "GWh", "CO2": "t"}


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
    >>> bool(
    ...     np.isclose(
    ...         table.loc[("BB", "gas"), "CO2"],
    ...         0.2 * 1000 * table.loc[("BB", "gas"), "electricity"],
    ...     )
    ... )
    True
    """
    factor = _emission_factors(result)
    plants = _thermal_plants(result, factor)
    if plants.empty:
        return _empty()
    hours = pd.Series(result.hours, result.inputs.axis.snapshots)
    output = result.flow("generators")[plants.index]
    efficiency = result.inputs.values("generators", "efficiency")
    burnt = output / efficiency[plants.index]
    electricity = output.mul(hours, axis=0).sum()
    fuel = burnt.mul(hours, axis=0).sum()
    tonnes_per_gwh = 1000 * plants["carrier"].map(factor)
    fuel_gwh = fuel / 1000
    columns = {
        "electricity": electricity / 1000,
        "fuel": fuel_gwh,
        "CO2": fuel_gwh * tonnes_per_gwh,
        "country": plants["bus"].map(country_of_bus(result)),
        "carrier": plants["carrier"],
    }
    table = pd.DataFrame(columns, index=plants.index)
    by_fuel = table.groupby(["country", "carrier"]).sum()
    by_fuel.attrs["units"] = dict(UNITS)
    return by_fuel


def _emission_factors(result: Result) -> pd.Series:
    """Return the carriers that emit, with their tonnes of CO2 a MWh of fuel."""
    carriers = result.inputs.components.get("carriers", pd.DataFrame())
    if "co2_emissions" not in carriers:
        return pd.Series(dtype=float)
    factor = carriers["co2_emissions"]
    return factor[factor > 0]


def _thermal_plants(result: Result, factor: pd.Series) -> pd.DataFrame:
    """Return the generators whose carrier emits."""
    plants = result.inputs.components.get("generators", pd.DataFrame())
    if plants.empty or factor.empty:
        return pd.DataFrame()
    emits = plants["carrier"].isin(factor.index)
    supplies = plants["sign"] > 0
    return plants[emits & supplies]


def _empty() -> pd.DataFrame:
    index = pd.MultiIndex.from_arrays(
        [[], []],
        names=["country", "carrier"],
    )
    columns = list(UNITS)
    return pd.DataFrame(index=index, columns=columns, dtype=float)


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
    table.attrs["units"] = dict(UNITS)
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
    if plants.empty:
        return pd.Series(dtype=float, name="unserved")
    shedding = plants[plants["carrier"] == UNSERVED]
    power = result.flow("generators")[shedding.index]
    energy = power.mul(result.hours, axis=0).sum() / 1000
    country = shedding["bus"].map(country_of_bus(result))
    by_country = energy.groupby(country.to_numpy()).sum()
    return by_country.rename("unserved").rename_axis("country")
