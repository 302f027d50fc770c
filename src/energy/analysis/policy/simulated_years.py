"""Simulated years of a policy as a Dataset."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from importlib.metadata import version

import numpy as np
import pandas as pd
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
    energy = _energy_of_services(simulation)
    harm = _harm(simulation)
    harm_of_rules = np.array(list(harm.values()))
    stores = _water_states(model)
    content, water_value = _contents(model, simulation, stores)
    _, months = months_of(model.axis)
    return xr.Dataset(
        {
            "energy": xr.Variable(
                ("service", "year", "month"),
                np.array(list(energy.values())) * GWH,
                {"units": "GWh"},
            ),
            "content": xr.Variable(
                ("store", "year", "month"),
                content,
                {"units": "hm3"},
            ),
            "water_value": xr.Variable(
                ("store", "year", "month"),
                water_value,
                {"units": "MWh by the weights of services a hm3"},
            ),
            "water_class": xr.Variable(
                ("year", "month"),
                water.classes,
                {"long_name": "class of water so far, 0 the driest"},
            ),
            "outage_class": xr.Variable(
                ("year", "month"),
                water.outage_classes,
                {"long_name": "class of outages, 1: heavy"},
            ),
            "inflow": xr.Variable(
                ("year", "month", "site"),
                water.flows,
                {"units": "m3/s"},
            ),
            "harm": xr.Variable(
                ("rule", "year"),
                harm_of_rules.reshape(len(harm), years),
                {"units": "hm3"},
            ),
            "cost": xr.Variable(
                "year",
                simulation.costs,
                {"units": "MWh of the studied service"},
            ),
            "start": xr.Variable(
                "store",
                _initial_contents(model, stores),
                {"units": "hm3"},
            ),
            "hours": xr.Variable(
                "month",
                _hours(model),
                {"units": "h"},
            ),
        },
        coords={
            "month": months,
            "service": list(energy),
            "store": stores,
            "site": list(model.sites),
            "rule": list(harm),
            "unit": ("rule", [_unit(model, rule) for rule in harm]),
        },
        attrs={
            **_provenance(model),
            "seed": seed,
            "own_odds": int(own_odds),
            "hazards": model.outages.hazards.name if model.outages else "",
            "before_studied": ", ".join(_before_studied(model)),
            "lower_bound": policy.lower_bound,
            "iterations": len(policy.bounds),
        },
    )


def _provenance(model: WaterPolicyModel) -> dict[str, object]:
    """Return what the years rest on: scenario, case and version of the package."""
    return {
        "scenario": model.scenario.name,
        "year": model.scenario.year,
        "case": model.case.name,
        "weakest_confidence": model.case.weakest_confidence,
        "version": version("casa1000-energy"),
    }


def _before_studied(model: WaterPolicyModel) -> tuple[str, ...]:
    """Return the services that the protection order puts before the studied one."""
    order = model.reference.inputs.priority
    if STUDIED not in order:
        return ()
    return order[: order.index(STUDIED)]


def _energy_of_services(simulation: Simulation) -> dict[str, np.ndarray]:
    """Return the energy of each service by year and month [MWh]; each of shape (years, months)."""
    energy = {}
    for account in simulation.walks[0].accounts:
        if not account.startswith(SERVICE):
            continue
        service = account.removeprefix(SERVICE)
        by_year = [walk.accounts[account] for walk in simulation.walks]
        energy[service] = np.array(by_year)
    return energy


def _harm(simulation: Simulation) -> dict[str, np.ndarray]:
    """Return what rules of the water yield, and what irrigation lacks [hm³]; each of shape (years,)."""
    harm = {}
    for account in simulation.walks[0].accounts:
        if account.startswith(SERVICE):
            continue
        amount = simulation.account(account)
        if amount.max() > HARM:
            rule = account.removeprefix(LACKING_AT)
            harm[rule] = amount
    return harm


def _unit(model: WaterPolicyModel, rule: str) -> str:
    """Return the unit of what a rule yields: that of its store, or of water."""
    carriers = _carrier_of_stores(model)
    for store, carrier in carriers.items():
        is_of_store = rule.startswith(f"stores {store}:")
        if is_of_store and carrier != "water":
            return "MWh"
    return "hm3"


def _carrier_of_stores(model: WaterPolicyModel) -> pd.Series:
    """Return the carrier of the bus of each store; index store."""
    components = model.reference.inputs.components
    carrier_of_bus = components["buses"]["carrier"]
    return components["stores"]["bus"].map(carrier_of_bus)


def _water_states(model: WaterPolicyModel) -> list[str]:
    """Return the stores of water whose content is a state in every month but the last."""
    carriers = _carrier_of_stores(model)
    links = model.months.stages.links[:-1]
    carried = []
    for store in model.engine.structure.stores:
        rows = _content_rows(model, store)
        is_state_of_every_month = all(rows & set(link.state_of) for link in links)
        if carriers[store] == "water" and is_state_of_every_month:
            carried.append(str(store))
    return carried


def _content_rows(model: WaterPolicyModel, store: str) -> set[int]:
    """Return the rows of the year's program that balance the content of a store."""
    structure = model.engine.structure
    position = structure.stores.get_loc(store)
    rows = structure.rows[ENERGY][:, position]
    return set(rows.tolist())


def _initial_contents(model: WaterPolicyModel, stores: Sequence[str]) -> np.ndarray:
    """Return what stores of water begin the year with [hm³]; shape (stores,)."""
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
    """Return contents [hm³] and worth of water at the end of each month; each of shape (stores, years, months).

    What the last month leaves is no state of the program: it stays empty.
    """
    months = len(model.months.stages.problems)
    shape = (len(stores), len(simulation.walks), months)
    content = np.full(shape, np.nan)
    water_value = np.full(shape, np.nan)
    for place, store in enumerate(stores):
        rows = _content_rows(model, store)
        for month, link in enumerate(model.months.stages.links[:-1]):
            state = next(number for row, number in link.state_of.items() if row in rows)
            for year, walk in enumerate(simulation.walks):
                content[place, year, month] = walk.states[month][state]
                # the next month's cost falls by this for one more hm³ that it begins with
                water_value[place, year, month] = -walk.slopes[month + 1][state]
    return content, water_value


def mean_interval(values: np.ndarray, confidence: float = 0.95) -> tuple[float, float, float]:
    """Return a mean with its interval by Student's t.

    Examples
    --------
    >>> [round(end, 3) for end in mean_interval(np.array([1.0, 2.0, 3.0]))]
    [2.0, -0.484, 4.484]
    """
    count = len(values)
    mean = float(values.mean())
    if count < 2:
        return mean, mean, mean
    quantile = student_t.ppf((1 + confidence) / 2, count - 1)
    deviation = values.std(ddof=1)
    half_width = float(quantile * deviation / np.sqrt(count))
    return mean, mean - half_width, mean + half_width
