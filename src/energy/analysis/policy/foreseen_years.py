"""Simulated years of a policy once more, with perfect foresight of the same water: what not knowing it costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from energy.analysis.policy.outage_chain import disturbed_inputs
from energy.analysis.policy.stages import months_of
from energy.analysis.policy.water_policy import WaterPolicyModel, ordinary_scenario
from energy.model.inputs import Inputs
from energy.model.profiles import HM3_AN_HOUR

GWH = 1e-3
"""GWh of a MWh."""


def foreseen_years(
    model: WaterPolicyModel,
    years: xr.Dataset,
    count: int,
) -> xr.Dataset:
    """Return the first simulated years as they would be if all their water and outages were known on the first day.

    Cyclic stores begin and end as they do for the policy, so that the two differ by what is known alone.

    Parameters
    ----------
    model
        The months.
    years
        From ``energy.analysis.policy.simulated_years.simulated_years``.
    count
        How many of them.

    Returns
    -------
    xarray.Dataset
        Dimensions ``foreseen_year``, ``service``, ``store`` and ``month``: ``foreseen``, energy of each service [GWh],
        what is bought or unserved below zero; ``foreseen_content`` at the end of a month [hm³], NaN at the horizon's
        end; ``foreseen_cost`` of a year, in the unit of the objective.

    Raises
    ------
    SolverError
        When a year has no optimum.
    """
    services = years["service"].values.tolist()
    stores = years["store"].values.tolist()
    month_ends = _last_snapshots(model)
    energy = np.empty((len(services), count))
    content = np.full((len(stores), count, len(month_ends)), np.nan)
    cost = np.empty(count)
    for year in range(count):
        inflow = years["inflow"].isel(year=year).to_numpy()
        outages = years["outage_class"].isel(year=year).to_numpy()
        disturbed = outages_of_year(model, outages, years.attrs["seed"], year, bool(years.attrs["own_odds"]))
        inputs = _year_known(model, inflow, disturbed)
        result = model.engine.solve(inputs)
        energy[:, year] = [result.service_energy(service) * GWH for service in services]
        contents = result.values["stores", "e"][stores].to_numpy()
        content[:, year, :-1] = contents[month_ends[:-1]].T
        cost[year] = result.objective
    return xr.Dataset(
        {
            "foreseen": (("service", "foreseen_year"), energy, {"units": "GWh"}),
            "foreseen_content": (("store", "foreseen_year", "month"), content, {"units": "hm3"}),
            "foreseen_cost": (("foreseen_year",), cost, {"units": "MWh of the studied service"}),
        },
        coords={"service": services, "store": stores, "month": years["month"].values},
    )


def _last_snapshots(model: WaterPolicyModel) -> np.ndarray:
    """Return the position of the last snapshot of each month; shape (months,)."""
    month_of_snapshot, names = months_of(model.axis)
    return np.searchsorted(month_of_snapshot, np.arange(len(names)), side="right") - 1


def outages_of_year(
    model: WaterPolicyModel,
    classes: np.ndarray,
    seed: int,
    draw: int,
    own_odds: bool,
) -> Inputs:
    """Return the inputs of a simulated year with ordinary water and its outages.

    Parameters
    ----------
    model
        The months.
    classes
        Class of outages of each month; shape (months,).
    seed, draw
        Family and number of the year.
    own_odds
        Whether its outages are those that the policy's odds know of each class; else they are those of ``energy risk``.
    """
    reference = model.reference.inputs
    if model.outages is None:
        return reference
    if own_odds:
        return model.outages.mean_outages(reference, classes)
    scenario = ordinary_scenario(model.scenario)
    return disturbed_inputs(
        model.case,
        reference,
        scenario,
        model.outages.hazards,
        seed=seed,
        draw=draw,
    )


def _year_known(
    model: WaterPolicyModel,
    inflow: np.ndarray,
    disturbed: Inputs | None = None,
) -> Inputs:
    """Return a year's inputs with the inflow of each month [m³/s], its ends held; shape (months, sites)."""
    return model.months.known.with_ends(with_monthly_flows(model, inflow, disturbed))


def with_monthly_flows(
    model: WaterPolicyModel,
    inflow: np.ndarray,
    disturbed: Inputs | None = None,
) -> Inputs:
    """Return a year's inputs with the inflow of each month [m³/s]; shape (months, sites).

    Parameters
    ----------
    model
        The months.
    inflow
        Of each site of the model.
    disturbed
        Inputs of the year with its outages; without any unless given.
    """
    inputs = disturbed or model.reference.inputs
    month_of_snapshot, _ = months_of(inputs.axis)
    places = inputs.components["loads"].index.get_indexer(pd.Index(model.sites))
    demand = inputs.array("loads", "p_set").copy()
    demand[:, places] = -inflow[month_of_snapshot] * HM3_AN_HOUR
    return replace(inputs, dense={**inputs.dense, ("loads", "p_set"): demand})
