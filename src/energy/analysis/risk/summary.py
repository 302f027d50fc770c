"""Risk summary of samples: firm power, exceedance, shortfall, income at risk, losses by cause."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.analysis.risk.estimate import Estimate, Pool, Samples
from energy.analysis.risk.monte_carlo import in_order, samples_of, season_mean
from energy.analysis.risk.season_sample import LOST, SamplingDesign
from energy.case import Case

if TYPE_CHECKING:
    import xarray as xr

EXCEEDED = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
BELOW = (3400.0, 3900.0, 4600.0)
"""Seasons [GWh] that lenders and the contract name: what repays the capital, and what was promised."""
TAIL = 0.05
BOUNDS = ("value", "low", "high")
LEVELS = 101
DIMENSIONS: dict[str, tuple[str, ...]] = {
    "season": ("exceeded", "bound"),
    "season_undisturbed": ("exceeded", "bound"),
    "power": ("month", "exceeded", "bound"),
    "below": ("threshold", "bound"),
    "curve": ("level",),
    "curve_undisturbed": ("level",),
    "lost": ("cause", "bound"),
}


def summary(
    case: Case, question: SamplingDesign, table: pd.DataFrame, pool: Pool | None, below: Sequence[float] = BELOW
) -> xr.Dataset:
    """Return what a table of samples says, every figure with its 95 % interval along ``bound``.

    Parameters
    ----------
    case, question
        What was asked of what.
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
        ``lost`` [GWh], what the outages of one cause alone take in the mean (cause, bound); ``income``, its
        ``value_at_risk`` and ``tail_income`` [million USD] (bound): the contract's prices on what is delivered, the
        income that all but the worst 5 % exceed, and the mean of those.
    """
    import xarray as xr

    ordered = in_order(table, pool)
    samples, season = samples_of(ordered, pool), ordered["season"].to_numpy(float)
    calm = ordered["undisturbed"].to_numpy(float)
    months = [int(name.split()[1]) for name in map(str, ordered) if name.startswith("month ")]
    thresholds = sorted({*below, *_quantity(case)})
    grid = np.linspace(0.0, max(float(max(season.max(), calm.max())), 1.0) * 1.02, LEVELS)
    data = {
        "mean": _bounds(season_mean(ordered, pool)),
        "mean_undisturbed": _bounds(season_mean(ordered, pool, "undisturbed")),
        "season": [samples.exceeded(season, share) for share in EXCEEDED],
        "season_undisturbed": [samples.exceeded(calm, share) for share in EXCEEDED],
        "power": [[samples.exceeded(_power(ordered, month), share) for share in EXCEEDED] for month in months],
        "below": [_probability(samples.probability(season < threshold)) for threshold in thresholds],
        "curve": [samples.mean((season > level).astype(float)).value for level in grid],
        "curve_undisturbed": [samples.mean((calm > level).astype(float)).value for level in grid],
    }
    causes, lost = lost_by_cause(ordered, samples)
    data["lost"] = [_bounds(lost[cause]) for cause in causes]
    data |= _income(case, question, samples, season)
    coordinates: dict[str, Sequence[object] | np.ndarray] = {
        "bound": list(BOUNDS),
        "exceeded": list(EXCEEDED),
        "month": months,
        "threshold": thresholds,
        "level": grid,
        "cause": causes,
    }
    shapes = {key: tuple(len(coordinates[d]) for d in DIMENSIONS.get(key, ("bound",))) for key in data}
    found = xr.Dataset(
        {
            key: (DIMENSIONS.get(key, ("bound",)), np.array(values, dtype=float).reshape(shapes[key]))
            for key, values in data.items()
        },
        coordinates,
    )
    return _described(found, case, question, table, ordered)


def _quantity(case: Case) -> list[float]:
    quantity = case.rules.contract.quantity if case.rules.contract else None
    return [] if quantity is None else [float(quantity)]


def _power(ordered: pd.DataFrame, month: int) -> np.ndarray:
    hours = pd.Period(f"2029-{month:02d}").days_in_month * 24
    return ordered[f"month {month}"].to_numpy(float) * 1000 / hours


def _bounds(found: Estimate) -> tuple[float, float, float]:
    return found.value, *found.interval


def _probability(found: Estimate) -> tuple[float, float, float]:
    low, high = (min(max(end, 0.0), 1.0) for end in found.interval)
    return found.value, low, high


def lost_by_cause(ordered: pd.DataFrame, samples: Samples) -> tuple[list[str], dict[str, Estimate]]:
    """Return the causes, dearest first, and what the outages of each alone take from the season's mean [GWh].

    ``all together`` is what they take at once; it differs from the sum where outages overlap or reservoirs make up for
    one and not for several, and by losses too small to be split.
    """
    columns = [name for name in map(str, ordered) if name.startswith(LOST)]
    found = {name.removeprefix(LOST): samples.mean(ordered[name].to_numpy(float)) for name in columns}
    causes = sorted(found, key=lambda cause: -found[cause].value)
    found["all together"] = samples.mean((ordered["undisturbed"] - ordered["season"]).to_numpy(float))
    return [*causes, "all together"], found


def _income(
    case: Case, question: SamplingDesign, samples: Samples, season: np.ndarray
) -> dict[str, tuple[float, float, float]]:
    contract = case.rules.contract
    prices = {**contract.prices, **question.scenario.contract.prices} if contract else {}
    income = season * sum(prices.values()) / 1000  # GWh · $/MWh = thousand $
    level = samples.exceeded(income, 1 - TAIL)
    return {
        "income": _bounds(samples.mean(income, control=True)),
        "value_at_risk": level,
        "tail_income": _bounds(samples.tail_mean(income, TAIL)),
    }


def _described(
    found: xr.Dataset, case: Case, question: SamplingDesign, table: pd.DataFrame, ordered: pd.DataFrame
) -> xr.Dataset:
    words = {
        "mean": ("GWh", "mean energy of the season with outages"),
        "mean_undisturbed": ("GWh", "mean energy of the season without outages"),
        "season": ("GWh", "energy of the season that is exceeded with the probability given"),
        "season_undisturbed": ("GWh", "the same without outages"),
        "power": ("MW", "mean power of the month that is exceeded with the probability given"),
        "below": ("1", "probability of a season of less energy"),
        "curve": ("1", "probability that the season exceeds a level"),
        "curve_undisturbed": ("1", "the same without outages"),
        "lost": ("GWh", "energy that the outages of one cause alone take in the mean"),
        "income": ("million USD", "mean income of a season at the contract's prices"),
        "value_at_risk": ("million USD", "income that 95 % of the seasons exceed"),
        "tail_income": ("million USD", "mean income of the worst 5 % of the seasons"),
        "threshold": ("GWh", "season"),
        "level": ("GWh", "season"),
    }
    for name, (unit, text) in words.items():
        found[name].attrs = {"units": unit, "long_name": text}
    found.attrs = {
        "title": f"{question.scenario.name}, hazards {question.hazards.name}",
        "samples": len(table),
        "failed": int(table["failed"].sum()),
        "lacking": int((table["lacking"] > 0).sum()),
        "second_state": float(ordered["state"].mean()),
        "seed": question.seed,
        "scenario": question.scenario.name,
        "case": case.name,
        "weakest_confidence": case.weakest_confidence,
        "version": version("casa1000-energy"),
        "Conventions": "CF-1.11",
    }
    return found
