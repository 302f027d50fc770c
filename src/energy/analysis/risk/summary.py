"""Risk summary of samples: firm power, exceedance, shortfall, income at risk, losses by cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from energy.analysis.risk.estimate import Estimate
from energy.analysis.risk.monte_carlo import in_order, samples_of, season_mean
from energy.analysis.risk.season_sample import SamplingDesign
from energy.analysis.risk.stratification import Pool, Samples
from energy.case import Case
from energy.metrics.month_columns import lost_by_cause as lost_of_causes

if TYPE_CHECKING:
    import xarray as xr

EXCEEDED = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
BELOW = (3400.0, 3900.0, 4600.0)
"""Seasons [GWh] that lenders and the contract name: what repays the capital, and what was promised."""
TAIL = 0.05
BOUNDS = ("value", "low", "high")
LEVELS = 101
ALL_TOGETHER = "all together"
DIMENSIONS: dict[str, tuple[str, ...]] = {
    "season": ("exceeded", "bound"),
    "season_undisturbed": ("exceeded", "bound"),
    "power": ("month", "exceeded", "bound"),
    "below": ("threshold", "bound"),
    "curve": ("level",),
    "curve_undisturbed": ("level",),
    "lost": ("cause", "bound"),
}
VARIABLES = {
    "mean": ("GWh", "mean energy of the season with outages"),
    "mean_undisturbed": ("GWh", "mean energy of the season without outages"),
    "season": ("GWh", "energy of the season that is exceeded with the probability given"),
    "season_undisturbed": ("GWh", "the same without outages"),
    "power": ("MW", "mean power of the month that is exceeded with the probability given"),
    "below": ("1", "probability of a season of less energy"),
    "curve": ("1", "probability that the season exceeds a level"),
    "curve_undisturbed": ("1", "the same without outages"),
    "lost": ("GWh", "energy that the outages of one cause alone take in the mean"),
    "irrigation_lacking": ("hm3", "water that irrigation lacks without outages, in the mean year"),
    "rules_yielded": ("hm3", "what other rules of the water yield without outages, in the mean year"),
    "income": ("million USD", "mean income of a season at the contract's prices"),
    "value_at_risk": ("million USD", "income that 95 % of the seasons exceed"),
    "tail_income": ("million USD", "mean income of the worst 5 % of the seasons"),
    "threshold": ("GWh", "season"),
    "level": ("GWh", "season"),
}
"""Name → unit, long name."""


def summary(
    case: Case,
    design: SamplingDesign,
    table: pd.DataFrame,
    pool: Pool | None,
    below: Sequence[float] = BELOW,
) -> xr.Dataset:
    """Return what a table of samples says, every figure with its 95 % interval along ``bound``.

    Parameters
    ----------
    case, design
        What was sampled of what.
    table
        Samples.
    pool
        The pool they were taken from.
    below
        Seasons whose shortfall is counted [GWh].

    Returns
    -------
    xarray.Dataset
        ``mean``, ``mean_undisturbed`` [GWh] (bound); ``season`` [GWh], the energy exceeded with each probability
        (exceeded, bound), and ``season_undisturbed``; ``power`` [MW], the month's mean power at the receiving end
        exceeded with each probability (month, exceeded, bound); ``below``, the probability of a season of less
        (threshold, bound); ``curve``, ``curve_undisturbed``: the probability that the season exceeds a level (level);
        ``lost`` [GWh], what the outages of one cause alone take in the mean (cause, bound); ``irrigation_lacking`` and
        ``rules_yielded`` [hm³], what irrigation lacks and other rules of the water yield in the mean (bound);
        ``income``, its ``value_at_risk`` and ``tail_income`` [million USD] (bound): the contract's prices on what is
        delivered, the income that all but the worst 5 % exceed, and the mean of those.
    """
    import xarray as xr

    ordered = in_order(table, pool)
    samples = samples_of(ordered, pool)
    season = ordered["season"].to_numpy(float)
    calm = ordered["undisturbed"].to_numpy(float)
    highest = max(float(season.max()), float(calm.max()), 1.0)
    months = _months(ordered)
    thresholds = sorted({*below, *_quantity(case)})
    levels = np.linspace(0.0, highest, LEVELS)
    lost = _lost_by_cause(ordered, samples)
    lacking = samples.mean(ordered["lacking"].to_numpy(float))
    yielded = samples.mean(ordered["yielded"].to_numpy(float))
    coordinates: dict[str, Sequence[object] | np.ndarray] = {
        "bound": list(BOUNDS),
        "exceeded": list(EXCEEDED),
        "month": months,
        "threshold": thresholds,
        "level": levels,
        "cause": list(lost),
    }
    figures: dict[str, Any] = {
        "mean": _bounds(season_mean(ordered, pool)),
        "mean_undisturbed": _bounds(season_mean(ordered, pool, "undisturbed")),
        "season": _exceeded(samples, season),
        "season_undisturbed": _exceeded(samples, calm),
        "power": [_exceeded(samples, _power(ordered, month)) for month in months],
        "below": [_probability_below(samples, season, threshold) for threshold in thresholds],
        "curve": _shares_above(samples, season, levels),
        "curve_undisturbed": _shares_above(samples, calm, levels),
        "lost": list(map(_bounds, lost.values())),
        "irrigation_lacking": _bounds(lacking),
        "rules_yielded": _bounds(yielded),
        **_income(case, design, samples, season),
    }
    dataset = xr.Dataset(coords=coordinates)
    for name, values in figures.items():
        dimensions = DIMENSIONS.get(name, ("bound",))
        shape = [len(coordinates[dimension]) for dimension in dimensions]
        numbers = np.array(values, dtype=float)
        dataset[name] = (dimensions, numbers.reshape(shape))
    for name, (unit, long_name) in VARIABLES.items():
        dataset[name].attrs = {"units": unit, "long_name": long_name}
    dataset.attrs = _attributes(case, design, table, ordered)
    return dataset


def _months(ordered: pd.DataFrame) -> list[int]:
    """Return the months of the season."""
    prefix = "month "
    columns = [name for name in map(str, ordered) if name.startswith(prefix)]
    return [int(name.removeprefix(prefix)) for name in columns]


def _quantity(case: Case) -> list[float]:
    """Return the quantity of the contract [GWh], where it has one."""
    contract = case.rules.contract
    if contract is None or contract.quantity is None:
        return []
    return [float(contract.quantity)]


def _power(ordered: pd.DataFrame, month: int) -> np.ndarray:
    """Return the mean power of a month in each sample [MW]."""
    hours = pd.Period(f"2029-{month:02d}").days_in_month * 24
    return ordered[f"month {month}"].to_numpy(float) * 1000 / hours


def _exceeded(samples: Samples, values: np.ndarray) -> list[tuple[float, float, float]]:
    """Return the levels exceeded with each probability, with their intervals."""
    return [samples.exceeded(values, share) for share in EXCEEDED]


def _shares_above(samples: Samples, season: np.ndarray, levels: np.ndarray) -> list[float]:
    """Return the probability that a season exceeds each level."""
    shares = []
    for level in levels:
        above = (season > level).astype(float)
        shares.append(samples.mean(above).value)
    return shares


def _bounds(estimate: Estimate) -> tuple[float, float, float]:
    low, high = estimate.interval
    return estimate.value, low, high


def _probability_below(
    samples: Samples,
    season: np.ndarray,
    threshold: float,
) -> tuple[float, float, float]:
    """Return the probability of a season of less, with its interval."""
    estimate = samples.probability(season < threshold)
    low, high = np.clip(estimate.interval, 0.0, 1.0).tolist()
    return estimate.value, low, high


def _lost_by_cause(ordered: pd.DataFrame, samples: Samples) -> dict[str, Estimate]:
    """Return the causes, dearest first, and what the outages of each alone take from the season's mean [GWh].

    ``all together`` is what they take at once; it differs from the sum where outages overlap or reservoirs make up for
    one and not for several, and by losses too small to be split.
    """
    lost = {}
    for cause, energy in lost_of_causes(ordered).items():
        lost[str(cause)] = samples.mean(energy.to_numpy(float))
    dearest_first = sorted(lost, key=lambda cause: -lost[cause].value)
    by_cause = {cause: lost[cause] for cause in dearest_first}
    together = ordered["undisturbed"] - ordered["season"]
    by_cause[ALL_TOGETHER] = samples.mean(together.to_numpy(float))
    return by_cause


def _income(
    case: Case,
    design: SamplingDesign,
    samples: Samples,
    season: np.ndarray,
) -> Mapping[str, tuple[float, float, float]]:
    """Return the income of the season at the contract's prices: mean, value at risk, mean of the tail [million USD]."""
    prices: dict[str, float] = {}
    if case.rules.contract:
        prices = {**case.rules.contract.prices, **design.scenario.contract.prices}
    income = season * sum(prices.values()) / 1000  # GWh · $/MWh = thousand $
    return {
        "income": _bounds(samples.mean(income, control=True)),
        "value_at_risk": samples.exceeded(income, 1 - TAIL),
        "tail_income": _bounds(samples.tail_mean(income, TAIL)),
    }


def _attributes(
    case: Case,
    design: SamplingDesign,
    table: pd.DataFrame,
    ordered: pd.DataFrame,
) -> dict[str, object]:
    """Return what the summary stands on: samples, seed, case, versions."""
    return {
        "title": f"{design.scenario.name}, hazards {design.hazards.name}",
        "samples": len(table),
        "failed": int(table["failed"].sum()),
        "lacking": int((table["lacking"] > 0).sum()),
        "yielded": int((table["yielded"] > 0).sum()),
        "second_state": float(ordered["state"].mean()),
        "seed": design.seed,
        "scenario": design.scenario.name,
        "case": case.name,
        "weakest_confidence": case.weakest_confidence,
        "version": version("casa1000-energy"),
        "Conventions": "CF-1.11",
    }
