"""Present value, internal rate of return and break-even of yearly flows."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import brentq

HIGHEST_RATE = 10.0
"""Internal rates of return are looked for between -99 % and this share."""


def discount_factors(
    years: np.ndarray,
    rate: float,
    base_year: int,
) -> np.ndarray:
    """Return the worth in the base year of a dollar at the end of each year: (1 + rate)^-(year - base year).

    Parameters
    ----------
    years
        Shape (years,).
    rate
        Discount rate a year, share.
    base_year
        Year that is not discounted.

    Returns
    -------
    numpy.ndarray
        Shape (years,) [1].

    Examples
    --------
    >>> discount_factors(np.array([2026, 2027]), 0.25, 2026).tolist()
    [1.0, 0.8]
    """
    elapsed = np.asarray(years) - base_year
    return np.asarray((1.0 + rate) ** -elapsed.astype(float))


def present_value(
    flows: pd.Series,
    rate: float,
    base_year: int,
) -> float:
    """Return the net present value of yearly flows, in their unit.

    Parameters
    ----------
    flows
        Index year; income positive, cost negative.
    rate, base_year
        As of ``discount_factors``.

    Examples
    --------
    >>> flows = pd.Series([-100.0] + [20.0] * 10, index=range(2026, 2037))
    >>> round(present_value(flows, 0.10, 2026), 2)
    22.89
    """
    factors = discount_factors(flows.index.to_numpy(), rate, base_year)
    return float(flows.to_numpy(float) @ factors)


def internal_rate_of_return(flows: pd.Series) -> float:
    """Return the rate at which the present value of flows is zero; NaN where no single rate does that.

    Flows whose sign changes once have one rate at most (Descartes' rule of signs). Where the sign changes more often
    there may be several, and none is given.

    Parameters
    ----------
    flows
        Index year; income positive, cost negative.

    Examples
    --------
    >>> internal_rate_of_return(pd.Series([-100.0, 110.0], index=[2026, 2027])).__round__(6)
    0.1
    """
    first_year = int(flows.index.min())
    if _sign_changes(flows) != 1:
        return float("nan")

    def value_at(rate: float) -> float:
        return present_value(flows, rate, first_year)

    if value_at(-0.99) * value_at(HIGHEST_RATE) > 0:
        return float("nan")
    return float(brentq(value_at, -0.99, HIGHEST_RATE, xtol=1e-12))


def _sign_changes(flows: pd.Series) -> int:
    """Return how often yearly flows change their sign; years without a flow do not count."""
    signs = np.sign(flows.sort_index().to_numpy(float))
    signs = signs[signs != 0]
    turns = signs[1:] != signs[:-1]
    return int(turns.sum())


def annuity_factor(rate: float, years: int) -> float:
    """Return the present value of a dollar at the end of each of some years.

    Examples
    --------
    >>> round(annuity_factor(0.10, 10), 4)
    6.1446
    """
    elapsed = np.arange(1, years + 1)
    return float(discount_factors(elapsed, rate, 0).sum())
