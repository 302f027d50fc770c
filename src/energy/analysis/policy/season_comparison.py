"""What a season is under a policy and with perfect foresight, in the same years: how much foresight flatters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from energy.errors import Fault, InputError
from energy.model.objective import STUDIED

EXCEEDED = (90, 50, 10)
"""Percent of the years that exceed a figure."""
NET = f"{STUDIED} net"
"""The studied service less what services before it lack beside the year with foresight: what they would take back."""
HARM = "harm"
"""Quantity of a rule that yields."""
RESAMPLES = 2000
"""Bootstrap samples of an interval."""
TAIL = 0.025
"""Share of the bootstrap samples beyond each end of an interval."""
COLUMNS = ("scenario", "service", "quantity", "unit", "policy", "foresight", "gain", "gain_low", "gain_high", "years")


def season_comparison(
    years: xr.Dataset,
    seed: int = 1,
) -> pd.DataFrame:
    """Return what each service gets in a year, by policy and with foresight of the same water.

    Parameters
    ----------
    years
        Simulated years with ``foreseen``, as ``energy policy simulate`` writes them. Years that were not solved with
        foresight are left out.
    seed
        Of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        Rows ``P90``, ``P50``, ``P10`` and ``mean`` of the studied service and of `NET`, ``mean`` of every other one;
        columns `COLUMNS`, what is bought or unserved below zero. ``gain`` is what foresight adds [GWh], between the
        ends of its 95 % interval: the bootstrap draws whole years, so that pairs stay together (Efron and
        Tibshirani 1993, An Introduction to the Bootstrap, section 8.3).

    Raises
    ------
    InputError
        When no year was solved with foresight.
    """
    count = years.sizes.get("foreseen_year", 0)
    if not count:
        repair = "simulate with --foreseen"
        raise InputError(Fault("no simulated year was solved with foresight", years.attrs["scenario"], repair=repair))
    drawn = np.random.default_rng(seed).integers(count, size=(RESAMPLES, count))
    energy = {}
    for service in years["service"].values.tolist():
        by_policy = years["energy"].sel(service=service).sum("month").to_numpy()[:count]
        with_foresight = years["foreseen"].sel(service=service).to_numpy()
        energy[service] = (by_policy, with_foresight)
    energy[NET] = _net_energy(energy, years.attrs["before_studied"].split(", "))
    of_services = []
    for service, (by_policy, with_foresight) in energy.items():
        figures = _compared_figures(by_policy, with_foresight, drawn)
        figures.insert(0, "service", service)
        is_studied = service in (STUDIED, NET)
        of_services.append(figures if is_studied else figures.tail(1))
    table = pd.concat(of_services, ignore_index=True)
    table.insert(0, "scenario", years.attrs["scenario"])
    return table.assign(unit="GWh", years=count)[list(COLUMNS)]


def harm_table(years: xr.Dataset) -> pd.DataFrame:
    """Return what rules of the water yield and irrigation lacks by policy, as rows beside those of `season_comparison`.

    Returns
    -------
    pandas.DataFrame
        A row a rule with ``quantity`` ``harm``: its mean a year in its unit in ``policy``, nothing in the other
        columns of figures.
    """
    table = pd.DataFrame(
        {
            "scenario": years.attrs["scenario"],
            "service": years["rule"].to_numpy(),
            "quantity": HARM,
            "unit": years["unit"].to_numpy(),
            "policy": years["harm"].mean("year").to_numpy(),
            "years": years.sizes["year"],
        }
    )
    return table.reindex(columns=list(COLUMNS))


def _net_energy(
    energy: Mapping[str, tuple[np.ndarray, np.ndarray]],
    before: Sequence[str],
) -> tuple[np.ndarray, np.ndarray]:
    """Return each year's studied energy by policy, less what services before it lack, and with foresight [GWh]."""
    by_policy, with_foresight = energy[STUDIED]
    lacking = np.zeros_like(by_policy)
    for service in before:
        if service in energy:
            lacking += energy[service][1] - energy[service][0]
    return by_policy - lacking, with_foresight


def _compared_figures(
    by_policy: np.ndarray,
    with_foresight: np.ndarray,
    drawn: np.ndarray,
) -> pd.DataFrame:
    """Return the figures of a service's years, and what foresight adds with its interval."""
    policy_figures = _figures(by_policy)
    foreseen_figures = _figures(with_foresight)
    gains = _figures(with_foresight[drawn]) - _figures(by_policy[drawn])
    low, high = np.quantile(gains, (TAIL, 1 - TAIL), axis=0)
    return pd.DataFrame(
        {
            "quantity": [*(f"P{share}" for share in EXCEEDED), "mean"],
            "policy": policy_figures,
            "foresight": foreseen_figures,
            "gain": foreseen_figures - policy_figures,
            "gain_low": low,
            "gain_high": high,
        }
    )


def _figures(energy: np.ndarray) -> np.ndarray:
    """Return the levels that 90, 50 and 10 % of the last axis exceed, and its mean; shape (..., 4)."""
    shares = [1 - share / 100 for share in EXCEEDED]
    levels = np.quantile(energy, shares, axis=-1)
    mean = energy.mean(axis=-1)
    return np.stack([*levels, mean], axis=-1)
