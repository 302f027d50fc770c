"""Money over years: net present value, internal rate of return and stranded capital, by country and lender.

A path of years has a start, construction still to come before it, a yearly benefit by country that follows from the
delivered energy, cost of operation, and years in which events take part of the energy. What was spent before the base
year is sunk: it is no flow, and counts in what is stranded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from energy.case.contract_terms import ContractTerms
from energy.case.investment import Investment
from energy.errors import Fault, InputError
from energy.metrics.discounting import discount_factors, internal_rate_of_return
from energy.metrics.labelled_table import labelled_table

ALL = "all"
"""The row of all countries together."""


@dataclass(frozen=True)
class BenefitCurve:
    """Yearly benefit by country as a function of the energy that a season delivers, linear between known seasons.

    Attributes
    ----------
    energy
        Delivered energy of the known seasons [GWh], increasing; shape (seasons,).
    benefit
        Benefit of each [million USD a year]; shape (seasons, countries), columns countries.

    Examples
    --------
    >>> curve = BenefitCurve(
    ...     np.array([0.0, 1000.0]),
    ...     pd.DataFrame({"PK": [0.0, -40.0], "TJ": [0.0, 60.0]}),
    ... )
    >>> curve.at(np.array([500.0])).tolist()
    [[-20.0, 30.0]]
    """

    energy: np.ndarray
    benefit: pd.DataFrame

    @property
    def countries(self) -> list[str]:
        """Countries, in the order of the columns."""
        return [str(name) for name in self.benefit.columns]

    def at(self, energy: np.ndarray) -> np.ndarray:
        """Return the benefit of seasons [million USD a year]; shape of ``energy`` with countries last.

        Outside the known seasons the nearest slope goes on.
        """
        columns = []
        for country in self.countries:
            known_benefit = self.benefit[country].to_numpy(float)
            of_country = _linear(energy, self.energy, known_benefit)
            columns.append(of_country)
        return np.stack(columns, axis=-1)


def _linear(
    energy: np.ndarray,
    known: np.ndarray,
    benefit: np.ndarray,
) -> np.ndarray:
    """Return the benefit of energies, linear between the known ones and beyond them; of one known in proportion."""
    if len(known) == 1:
        if not known[0]:
            return np.zeros_like(energy)
        return np.asarray(benefit[0] * energy / known[0])
    segments = len(known) - 1
    before = np.searchsorted(known, energy) - 1
    segment = np.clip(before, 0, segments - 1)
    slope = np.diff(benefit) / np.diff(known)
    beyond = energy - known[segment]
    return np.asarray(benefit[segment] + slope[segment] * beyond)


@dataclass(frozen=True)
class Path:
    """A path of years.

    Attributes
    ----------
    start
        First year of service; None: never.
    events
        Year → share of that year's energy that is left.
    energy
        Delivered energy of an undisturbed year [GWh]; one number, or one a year of service.
    """

    start: int | None
    events: Mapping[int, float] = field(default_factory=dict)
    energy: float | np.ndarray = 0.0


def yearly_flows(
    investment: Investment,
    contract: ContractTerms,
    curve: BenefitCurve,
    path: Path,
) -> pd.DataFrame:
    """Return the flows of each year and country.

    Construction to come is spent in equal parts in the years before the start, none of it before the base year. A path
    that never starts spends nothing more.

    Parameters
    ----------
    investment, contract
        What the case says of the works; the contract's ``debt.capital`` is what they cost by country.
    curve
        Benefit by delivered energy.
    path
        Start, events, energy.

    Returns
    -------
    pandas.DataFrame
        Index year, columns (item, country): ``benefit``, ``operation``, ``construction`` [million USD a year], cost
        negative.

    Raises
    ------
    InputError
        When the start lies before the base year.
    """
    countries = curve.countries
    base = investment.base_year
    if path.start is None:
        return _flows_table(np.array([base]), countries, {})
    if path.start < base:
        what = f"the start {path.start} lies before the base year {base}"
        raise InputError(Fault(what, "investment", None, f"{base} or later"))
    end = path.start + investment.life
    years = np.arange(base, end)
    in_service = years >= path.start
    share_left = np.array([path.events.get(int(year), 1.0) for year in years])
    energy = np.zeros(len(years))
    energy[in_service] = path.energy
    benefit = curve.at(energy * share_left)
    capital = _capital(contract, countries)
    operation = -investment.operation_share * capital
    construction = _construction(
        investment,
        path.start,
        years,
        countries,
    )
    return _flows_table(
        years,
        countries,
        {
            "benefit": benefit * in_service[:, None],
            "operation": operation * in_service[:, None],
            "construction": -construction,
        },
    )


def _flows_table(
    years: np.ndarray,
    countries: list[str],
    parts: Mapping[str, np.ndarray],
) -> pd.DataFrame:
    """Return flows as a table of years and (item, country); items that are not given are nothing."""
    items = ("benefit", "operation", "construction")
    nothing = np.zeros((len(years), len(countries)))
    values = np.hstack([parts.get(item, nothing) for item in items])
    table = pd.DataFrame(
        values,
        index=pd.Index(years, name="year"),
        columns=pd.MultiIndex.from_product([items, countries], names=["item", "country"]),
    )
    table.attrs["units"] = "million USD a year"
    return table


def _capital(contract: ContractTerms, countries: list[str]) -> np.ndarray:
    """Return what the works cost [million USD]; shape (countries,)."""
    if contract.debt is None:
        return np.zeros(len(countries))
    capital = contract.debt.capital
    return np.array([capital.get(country, 0.0) for country in countries])


def _construction(
    investment: Investment,
    start: int,
    years: np.ndarray,
    countries: list[str],
) -> np.ndarray:
    """Return what is spent in each year [million USD]; shape (years, countries)."""
    earliest = start - investment.construction_years
    first = max(earliest, investment.base_year)
    is_built = (years >= first) & (years < start)
    if start == investment.base_year:
        is_built = years == start
    share_of_year = is_built / is_built.sum()
    to_come = _to_come(investment, countries)
    return np.asarray(share_of_year[:, None] * to_come)


def _to_come(investment: Investment, countries: list[str]) -> np.ndarray:
    """Return the cost of the works that are still to be built [million USD]; shape (countries,)."""
    return np.array([investment.to_come.get(country, 0.0) for country in countries])


def investment_table(
    investment: Investment,
    contract: ContractTerms,
    flows: pd.DataFrame,
) -> pd.DataFrame:
    """Return what a path is worth to each country.

    - ``sunk``: capital that was spent before the base year.
    - ``to come``: present value of the construction still to come.
    - ``NPV``: present value of benefit, operation and construction to come; what is sunk is left out.
    - ``NPV with sunk``: NPV less what is sunk.
    - ``IRR``: of the flows from now on; NaN where their sign does not change once.
    - ``stranded``: sunk and to come less the present value of benefit net of operation, between nothing and all.

    Parameters
    ----------
    investment, contract
        What the case says of the works.
    flows
        As of ``yearly_flows``.

    Returns
    -------
    pandas.DataFrame
        Index country and ``all``; million USD of the base year, ``IRR`` as a share.
    """
    by_country = flows.columns.get_level_values("country")
    countries = list(dict.fromkeys(by_country))
    capital = pd.Series(_capital(contract, countries), countries)
    to_come = pd.Series(_to_come(investment, countries), countries)
    sunk = capital - to_come
    factors = discount_factors(
        flows.index.to_numpy(),
        investment.discount_rate,
        investment.base_year,
    )
    present_values = flows.mul(factors, axis=0).sum()
    discounted = present_values.unstack("item").loc[countries]
    construction = discounted["construction"]
    earned = discounted["benefit"] + discounted["operation"]
    recovered = earned.clip(lower=0.0)
    committed = sunk - construction
    npv = discounted.sum(axis=1)
    net = flows.T.groupby(level="country").sum().T[countries]
    table = pd.DataFrame(
        {
            "sunk": sunk,
            "to come": -construction + 0.0,
            "NPV": npv,
            "NPV with sunk": npv - sunk,
            "IRR": [internal_rate_of_return(net[country]) for country in countries],
            "stranded": (committed - recovered).clip(lower=0.0),
        }
    ).rename_axis("country")
    total = table.sum()
    total["IRR"] = internal_rate_of_return(net.sum(axis=1))
    table.loc[ALL] = total
    table.attrs["units"] = "million USD; IRR 1"
    return table


def lender_table(investment: Investment, table: pd.DataFrame) -> pd.DataFrame:
    """Return each lender's exposure and the part of it that is stranded.

    A lender bears the stranded share of each country's works in proportion to what it lent or granted there; what no
    lender gave is the country's own.

    Parameters
    ----------
    investment
        Its ``lenders``.
    table
        As of ``investment_table``.

    Returns
    -------
    pandas.DataFrame
        Index lender; ``exposure`` and ``stranded`` [million USD].
    """
    works = table.drop(index=ALL)
    spent = works["sunk"] + works["to come"]
    stranded_share = works["stranded"] / spent.where(spent > 0)
    stranded_share = stranded_share.fillna(0.0)
    rows: dict[str, dict[str, float]] = {}
    lent = pd.Series(0.0, index=works.index)
    for lender, amounts in investment.lenders.items():
        stated = pd.Series(dict(amounts), dtype=float)
        by_country = stated.reindex(works.index).fillna(0.0)
        lent = lent + by_country
        rows[lender] = _exposure(by_country, stranded_share)
    own = (spent - lent).clip(lower=0.0)
    rows["own funds and others"] = _exposure(own, stranded_share)
    return labelled_table(rows, "lender", "million USD")


def _exposure(lent: pd.Series, stranded_share: pd.Series) -> dict[str, float]:
    """Return what was lent by country in sum, and the stranded part of it [million USD]."""
    amounts = lent.to_numpy(float)
    shares = stranded_share.to_numpy(float)
    return {
        "exposure": float(amounts.sum()),
        "stranded": float(amounts @ shares),
    }
