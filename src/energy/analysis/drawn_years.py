"""Net present value of a path of years that differ, over water that is drawn from the record.

Each calendar year of the path is settled in dry, median and wet water. A water year on record has a position between
them, by the season that it gives: 0 as the dry year, 1 as the median, 2 as the wet one. The benefit of a drawn year is
that of its position, linear between the settled waters; years beyond them count as the driest and the wettest one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from energy.analysis.investment import BenefitCurve, Path, yearly_flows
from energy.case.contract_terms import ContractTerms
from energy.case.investment import Investment
from energy.metrics.discounting import discount_factors

PATHS = 2000


def water_positions(seasons: np.ndarray, known: Sequence[float]) -> np.ndarray:
    """Return where seasons lie between known ones: 0 at the first, 1 at the second, and so on.

    Parameters
    ----------
    seasons
        Energy of the seasons [GWh].
    known
        Energy in dry, median and wet water [GWh]; one that lies below the one before counts as that.

    Examples
    --------
    >>> water_positions(np.array([500.0, 1500.0, 2500.0, 9000.0]), [1000.0, 2000.0, 4000.0]).tolist()
    [0.0, 0.5, 1.25, 2.0]
    """
    energies = np.asarray(known, float)
    rising = np.maximum.accumulate(energies)
    position = np.arange(len(rising))
    return np.asarray(np.interp(seasons, rising, position))


def npv_of_drawn_years(
    investment: Investment,
    contract: ContractTerms,
    waters: Sequence[pd.DataFrame],
    start: int,
    positions: np.ndarray,
) -> pd.DataFrame:
    """Return the net present value of paths whose water is drawn year by year.

    Parameters
    ----------
    investment, contract
        Money over years, and the contract with its capital.
    waters
        Benefit of calendar years in each settled water [million USD], from dry to wet; index year, columns countries.
        Before the first year the first row holds, after the last year the last one.
    start
        First year of service.
    positions
        Position of each year's water between the settled ones; shape (paths, years of life).

    Returns
    -------
    pandas.DataFrame
        Million USD of the base year; index path, columns countries.
    """
    countries = list(map(str, waters[0].columns))
    flows = _flows_without_benefit(investment, contract, countries, start)
    years = flows.index.to_numpy()
    in_service = years >= start
    factors = discount_factors(years, investment.discount_rate, investment.base_year)
    by_country = flows.T.groupby(level="country").sum()
    spending = by_country.T[countries].to_numpy(float)
    spent = spending.T @ factors
    settled = _benefit_of_service(waters, years[in_service])
    benefit = _between_waters(settled, positions)
    earned = np.einsum("pyc,y->pc", benefit, factors[in_service])
    values = pd.DataFrame(earned + spent, columns=countries)
    return values.rename_axis("path")


def _flows_without_benefit(
    investment: Investment,
    contract: ContractTerms,
    countries: list[str],
    start: int,
) -> pd.DataFrame:
    nothing = pd.DataFrame(0.0, index=[0], columns=countries)
    curve = BenefitCurve(np.array([1.0]), nothing)
    return yearly_flows(investment, contract, curve, Path(start))


def _benefit_of_service(
    waters: Sequence[pd.DataFrame],
    years: np.ndarray,
) -> np.ndarray:
    """Return the benefit of each year of service in each settled water; shape (waters, years, countries)."""
    known = waters[0].index.to_numpy()
    first = known[0]
    last = known[-1]
    nearest = np.clip(years, first, last)
    row = np.searchsorted(known, nearest, side="right") - 1
    of_years = [table.to_numpy(float)[row] for table in waters]
    return np.stack(of_years)


def _between_waters(settled: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Return the benefit at positions between settled waters; shape (paths, years, countries)."""
    waters, years, _ = settled.shape
    last_segment = max(waters - 2, 0)
    lower = np.floor(positions).astype(int)
    lower = np.clip(lower, 0, last_segment)
    upper = np.minimum(lower + 1, waters - 1)
    share = (positions - lower)[..., None]
    year = np.arange(years)
    below = settled[lower, year]
    above = settled[upper, year]
    benefit: np.ndarray = (1 - share) * below + share * above
    return benefit


def drawn_positions(
    positions: np.ndarray,
    years: int,
    seed: int = 1,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """Return positions drawn for each year by itself; shape (paths, years).

    Years are independent: a run of dry years is no likelier than chance makes it.
    """
    generator = np.random.default_rng(seed)
    probability = None if weights is None else weights / weights.sum()
    shape = (PATHS, years)
    drawn = generator.choice(positions, size=shape, p=probability)
    return np.asarray(drawn)
