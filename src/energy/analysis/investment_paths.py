"""Many paths of years: their present value, break-even energy and days of outage."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from energy.analysis.investment import BenefitCurve, Path, yearly_flows
from energy.case.contract_terms import ContractTerms
from energy.case.investment import Investment
from energy.metrics.discounting import annuity_factor, discount_factors, present_value


def npv_of_paths(
    investment: Investment,
    contract: ContractTerms,
    curve: BenefitCurve,
    start: int,
    energy: np.ndarray,
) -> np.ndarray:
    """Return the net present value of many paths of yearly energies.

    Parameters
    ----------
    start
        First year of service.
    energy
        Delivered energy of each year of service [GWh]; shape (paths, years of life).

    Returns
    -------
    numpy.ndarray
        Million USD of the base year; shape (paths, countries).
    """
    undisturbed = yearly_flows(investment, contract, curve, Path(start, energy=0.0))
    costs = undisturbed.drop(columns="benefit", level="item")
    by_country = costs.T.groupby(level="country").sum().T
    fixed = by_country[curve.countries]
    years = fixed.index.to_numpy()
    factors = discount_factors(years, investment.discount_rate, investment.base_year)
    service = factors[years >= start]
    benefit = np.einsum("pyc,y->pc", curve.at(energy), service)
    return np.asarray(benefit + fixed.to_numpy(float).T @ factors)


def drawn_paths(
    season: np.ndarray,
    weights: np.ndarray,
    years: int,
    paths: int,
    seed: int = 1,
) -> np.ndarray:
    """Return paths of yearly energies drawn from sampled seasons, each year by itself.

    Years are independent: neither a run of dry years nor a conflict that lasts is in it, so that the spread of a path
    is a lower one.

    Parameters
    ----------
    season
        Sampled seasons [GWh]; shape (samples,).
    weights
        Their likelihood ratios; shape (samples,).
    years, paths
        Length and number of the paths.
    seed
        Family of draws.

    Returns
    -------
    numpy.ndarray
        GWh; shape (paths, years).
    """
    generator = np.random.default_rng(seed)
    probability = weights / weights.sum()
    return np.asarray(generator.choice(season, size=(paths, years), p=probability))


def flows_of_years(
    investment: Investment,
    contract: ContractTerms,
    benefit: pd.DataFrame,
    start: int | None,
) -> pd.DataFrame:
    """Return the flows of a path whose years differ: growth, plants that are built, a contract that ends.

    Before the first year of the table its first row holds, after the last year its last one.

    Parameters
    ----------
    investment, contract
        What the case says of the works.
    benefit
        Benefit of calendar years [million USD]; index year, ascending, columns countries.
    start
        First year of service; None: never.

    Returns
    -------
    pandas.DataFrame
        As of ``energy.analysis.investment.yearly_flows``.
    """
    countries = list(map(str, benefit.columns))
    no_benefit = pd.DataFrame(0.0, index=[0], columns=countries)
    nothing = BenefitCurve(np.array([1.0]), no_benefit)
    flows = yearly_flows(investment, contract, nothing, Path(start))
    if start is None:
        return flows
    known = benefit.index.to_numpy()
    service = flows.index[flows.index >= start]
    nearest = np.clip(service.to_numpy(), known[0], known[-1])
    row = np.searchsorted(known, nearest, side="right") - 1
    flows.loc[service, "benefit"] = benefit.to_numpy(float)[row]
    return flows


def break_even_energy(
    investment: Investment,
    contract: ContractTerms,
    curve: BenefitCurve,
    start: int,
) -> float:
    """Return the least energy a year [GWh] at which all countries together do not lose; NaN where none is enough.

    What is sunk is left out: it is the energy from which finishing the works pays.
    """
    highest = float(max(curve.energy.max(), 1.0)) * 2

    def value_at(energy: float) -> float:
        yearly = np.full((1, investment.life), energy)
        values = npv_of_paths(
            investment=investment,
            contract=contract,
            curve=curve,
            start=start,
            energy=yearly,
        )
        return float(values.sum())

    if value_at(0.0) >= 0:
        return 0.0
    if value_at(highest) < 0:
        return float("nan")
    return float(brentq(value_at, 0.0, highest, xtol=1e-6))


def break_even_days(energy: float, undisturbed: float, days: np.ndarray, delivered: np.ndarray) -> float:
    """Return the days of outage a season after which less than an energy is delivered.

    Parameters
    ----------
    energy
        What has to be delivered [GWh].
    undisturbed
        Delivered without an outage [GWh].
    days, delivered
        Lengths of outage that were solved [days], increasing, and what was delivered with each [GWh].

    Returns
    -------
    float
        Days, linear between the lengths; 0 where even the undisturbed season falls short, infinite where the longest
        outage leaves enough.

    Examples
    --------
    >>> break_even_days(800.0, 1000.0, np.array([10.0, 30.0]), np.array([900.0, 700.0]))
    20.0
    """
    lengths = np.concatenate([[0.0], days])
    energies = np.concatenate([[undisturbed], delivered])
    if not undisturbed >= energy:
        return 0.0
    short = np.flatnonzero(energies < energy)
    if not len(short):
        return float("inf")
    after = int(short[0])
    before = after - 1
    share = (energies[before] - energy) / (energies[before] - energies[after])
    longer = lengths[after] - lengths[before]
    return float(lengths[before] + share * longer)


def present_worth(yearly: float, investment: Investment) -> float:
    """Return the present value of a yearly amount over the years of service, in the amount's unit."""
    years = np.arange(investment.start, investment.end)
    flows = pd.Series(yearly, index=years, dtype=float)
    return present_value(flows, investment.discount_rate, investment.base_year)


def yearly_cost(capital: float, investment: Investment) -> float:
    """Return what works cost a year over their life: annuity of the capital, and operation [million USD a year].

    Parameters
    ----------
    capital
        Cost of the works [million USD].
    investment
        Its discount rate, life and share of operation.
    """
    annuity = capital / annuity_factor(investment.discount_rate, investment.life)
    operation = investment.operation_share * capital
    return annuity + operation


def break_even_odds(usual: float, disturbed: float, cost: float) -> float:
    """Return the share of disturbed years from which on works are worth their cost; NaN where no share is enough.

    With p the share of disturbed years, p · disturbed + (1 - p) · usual = cost.

    Parameters
    ----------
    usual, disturbed
        Worth of the works in a usual and in a disturbed year [million USD a year].
    cost
        What they cost a year [million USD a year].

    Examples
    --------
    >>> break_even_odds(usual=-1.0, disturbed=49.0, cost=9.0)
    0.2
    >>> break_even_odds(usual=10.0, disturbed=49.0, cost=9.0)
    0.0
    """
    if usual >= cost:
        return 0.0
    if disturbed < cost:
        return float("nan")
    return (cost - usual) / (disturbed - usual)
