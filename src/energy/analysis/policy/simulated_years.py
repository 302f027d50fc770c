"""Simulated years of a policy as a Dataset."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from importlib.metadata import version

import numpy as np
import xarray as xr
from scipy.stats import t as student_t

from energy.analysis.policy.foreseen_years import GWH
from energy.analysis.policy.simulate import Simulation, follow
from energy.analysis.policy.simulated_water import simulated_water
from energy.analysis.policy.stages import months_of
from energy.analysis.policy.trained import Policy
from energy.analysis.policy.water_policy import LACKING_AT, SERVICE, WaterPolicyModel
from energy.model.objective import STUDIED
from energy.solve.lp import ENERGY

HARM = 1e-3
"""hm³ or MWh of a rule in a year below which nothing has yielded."""


def simulated_years(
    model: WaterPolicyModel,
    policy: Policy,
    years: int,
    seed: int,
    executor: Executor | None = None,
    own_odds: bool = False,
) -> xr.Dataset:
    """Return years that a policy decides.

    Parameters
    ----------
    model, policy
        The months, and what the water is worth.
    years
        How many.
    seed
        Family of years; more years begin with the same ones.
    executor
        Where; the answer is the same to the last bit with any.
    own_odds
        Whether years are drawn from the policy's own odds; else from the law that these are estimated from.

    Returns
    -------
    xarray.Dataset
        Dimensions ``year``, ``month`` (names, in the order of the horizon), ``service``, ``store``, ``site`` and
        ``rule``: ``energy`` of each service [GWh], what is bought or unserved below zero; ``content`` at the end of a
        month [hm³]; ``water_value``, worth of one more hm³ then, in the unit of the objective; ``inflow`` [m³/s];
        ``water_class``, class of water so far, 0 the driest; ``outage_class``, 1 in months in which outages take a
        quarter or more of the studied line; ``harm``, what a rule of the water yields or irrigation
        lacks in a year [hm³, or MWh of a swap account: coordinate ``unit``]; ``cost`` of a year, in the unit of the
        objective; ``start``, what a store begins with [hm³]; ``hours`` of a month.
    """
    water = simulated_water(model, policy, years, seed, own_odds)
    simulation = follow(policy, water.paths, executor)
    energy = _by_month(simulation, SERVICE)
    harm = _harm(simulation)
    stores = _water_states(model)
    content, value = _contents(model, simulation, stores)
    return xr.Dataset(
        {
            "energy": (("service", "year", "month"), np.array(list(energy.values())) * GWH, {"units": "GWh"}),
            "content": (("store", "year", "month"), content, {"units": "hm3"}),
            "water_value": (("store", "year", "month"), value, {"units": "MWh by the weights of services a hm3"}),
            "water_class": (("year", "month"), water.classes, {"long_name": "class of water so far, 0 the driest"}),
            "outage_class": (("year", "month"), water.outage_classes, {"long_name": "class of outages, 1: heavy"}),
            "inflow": (("year", "month", "site"), water.flows, {"units": "m3/s"}),
            "harm": (("rule", "year"), np.array(list(harm.values())).reshape(len(harm), years), {"units": "hm3"}),
            "cost": (("year",), simulation.costs, {"units": "MWh of the studied service"}),
            "start": (("store",), _starts(model, stores), {"units": "hm3"}),
            "hours": (("month",), _hours(model), {"units": "h"}),
        },
        coords={
            "month": months_of(model.axis)[1],
            "service": list(energy),
            "store": stores,
            "site": list(model.sites),
            "rule": list(harm),
            "unit": ("rule", [_unit(model, name) for name in harm]),
        },
        attrs={
            "scenario": model.scenario.name,
            "year": model.scenario.year,
            "case": model.case.name,
            "weakest_confidence": model.case.weakest_confidence,
            "version": version("casa1000-energy"),
            "seed": seed,
            "own_odds": int(own_odds),
            "hazards": model.outages.hazards.name if model.outages else "",
            "before_studied": ", ".join(_before_studied(model)),
            "lower_bound": policy.lower_bound,
            "iterations": len(policy.bounds),
        },
    )


def _before_studied(model: WaterPolicyModel) -> tuple[str, ...]:
    """Return the services that the protection order puts before the studied one."""
    order = model.reference.inputs.priority
    return order[: order.index(STUDIED)] if STUDIED in order else ()


def _by_month(simulation: Simulation, prefix: str) -> dict[str, np.ndarray]:
    """Return accounts whose names begin with a prefix; each of shape (years, months)."""
    names = [name for name in simulation.walks[0].accounts if name.startswith(prefix)]
    return {
        name.removeprefix(prefix): np.array([passed.accounts[name] for passed in simulation.walks]) for name in names
    }


def _harm(simulation: Simulation) -> dict[str, np.ndarray]:
    """Return what rules of the water yield, and what irrigation lacks [hm³]; each of shape (years,)."""
    harm = {}
    for name in simulation.walks[0].accounts:
        amount = simulation.account(name)
        if not name.startswith(SERVICE) and amount.max() > HARM:
            harm[name.removeprefix(LACKING_AT)] = amount
    return harm


def _unit(model: WaterPolicyModel, name: str) -> str:
    """Return the unit of what yields under a name: that of its store, or of water."""
    inputs = model.reference.inputs
    buses, stores = inputs.components["buses"], inputs.components["stores"]
    for store in stores.index:
        is_of_store = name.startswith(f"stores {store}:")
        if is_of_store and buses.at[stores.at[store, "bus"], "carrier"] != "water":
            return "MWh"
    return "hm3"


def _water_states(model: WaterPolicyModel) -> list[str]:
    """Return the stores of water whose content is a state in every month but the last."""
    buses, stores = model.reference.inputs.components["buses"], model.reference.inputs.components["stores"]
    names = model.engine.structure.stores
    rows = model.engine.structure.rows[ENERGY]
    carried = []
    for position, name in enumerate(names):
        is_water = buses.at[stores.at[name, "bus"], "carrier"] == "water"
        of_store = set(rows[:, position].tolist())
        links = model.months.stages.links[:-1]
        if is_water and all(of_store & set(link.state_of) for link in links):
            carried.append(str(name))
    return carried


def _starts(model: WaterPolicyModel, stores: Sequence[str]) -> np.ndarray:
    """Return what stores of water begin the year with [hm³]."""
    table = model.reference.inputs.components["stores"]
    return table.loc[list(stores), "e_initial"].to_numpy(float)


def _hours(model: WaterPolicyModel) -> np.ndarray:
    """Return the hours of each month; shape (months,)."""
    month_of_snapshot, _ = months_of(model.axis)
    hours = model.axis.weightings["objective"].to_numpy()
    return np.bincount(month_of_snapshot, weights=hours)


def _contents(
    model: WaterPolicyModel,
    simulation: Simulation,
    stores: Sequence[str],
) -> tuple[np.ndarray, np.ndarray]:
    """Return contents and worth of water at the end of each month; each of shape (stores, years, months)."""
    count = len(model.months.stages.problems)
    shape = (len(stores), len(simulation.walks), count)
    content, value = np.full(shape, np.nan), np.full(shape, np.nan)
    rows = model.engine.structure.rows[ENERGY]
    for place, store in enumerate(stores):
        position = model.engine.structure.stores.get_loc(store)
        of_store = set(rows[:, position].tolist())
        for month, link in enumerate(model.months.stages.links[:-1]):
            state = next(number for row, number in link.state_of.items() if row in of_store)
            for year, passed in enumerate(simulation.walks):
                content[place, year, month] = passed.states[month][state]
                value[place, year, month] = -passed.slopes[month + 1][state]
    return content, value


def mean_interval(values: np.ndarray, confidence: float = 0.95) -> tuple[float, float, float]:
    """Return a mean with its interval by Student's t.

    Examples
    --------
    >>> [round(end, 3) for end in mean_interval(np.array([1.0, 2.0, 3.0]))]
    [2.0, -0.484, 4.484]
    """
    mean = float(values.mean())
    if len(values) < 2:
        return mean, mean, mean
    half = float(student_t.ppf((1 + confidence) / 2, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    return mean, mean - half, mean + half
