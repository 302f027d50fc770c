"""Whether a seller's part of the contract serves its loans: cover by what it sells, and the energy that is needed.

Transmission income goes to those who built the way, by their share of the capital; the energy price to the sellers, by
their share of the supply. With E the seller's own sales a year [GWh], s its share of the supply, k its share of the
capital spent, and p the price of transmission [$/MWh]:

    transmission income = E / s · p · k / 1000       [million USD a year]

Cover is income over debt service, the debt service coverage ratio of lenders.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from energy.case.contract_terms import ContractTerms, Debt
from energy.metrics.labelled_table import labelled_table
from energy.metrics.settlement import debt_service

_UNITS = "GWh and million USD a year; cover 1"


def loan_service(contract: ContractTerms, seller: str, energies: Sequence[float]) -> pd.DataFrame:
    """Return income and debt service of a seller at some energies of its own.

    Parameters
    ----------
    contract
        With ``debt``, and the seller in ``shares``.
    seller
        Country.
    energies
        What it sells a year [GWh].

    Returns
    -------
    pandas.DataFrame
        Index own sales [GWh]; ``season`` of all sellers [GWh], ``transmission``, ``energy``, ``debt service``
        [million USD a year], ``cover by transmission``, ``cover by all`` [1].

    Examples
    --------
    >>> terms = {"season": {"from": "05-01", "to": "09-30"}, "ceiling": 100, "shares": {"A": 0.5, "B": 0.5}}
    >>> terms |= {"prices": {"energy": 10, "transmission": 20}}
    >>> terms |= {"debt": {"capital": {"A": 100, "B": 300}, "interest": 0, "years": 20}}
    >>> table = loan_service(ContractTerms.model_validate(terms), "A", [1000.0])
    >>> table.loc[1000, ["transmission", "energy", "debt service", "cover by transmission"]].to_list()
    [10.0, 10.0, 5.0, 2.0]
    """
    service = _service(contract, seller)
    rate = _transmission_rate(contract, seller)
    price = contract.prices.get("energy", 0.0)
    rows = {}
    for own in energies:
        transmission = own * rate
        sales = own * price / 1000
        rows[round(own)] = {
            "season": own / contract.shares[seller],
            "transmission": transmission,
            "energy": sales,
            "debt service": service,
            "cover by transmission": transmission / service,
            "cover by all": (transmission + sales) / service,
        }
    return labelled_table(rows, f"sold by {seller}", _UNITS)


def energy_that_serves(contract: ContractTerms, seller: str) -> float:
    """Return the seller's own sales a year from which its transmission income serves its loans [GWh]."""
    rate = _transmission_rate(contract, seller)
    return _service(contract, seller) / rate if rate else float("nan")


def energy_by_terms(
    contract: ContractTerms,
    seller: str,
    ranges: Mapping[str, tuple[float, float]],
) -> pd.DataFrame:
    """Return the energy that serves the loans at the ends of what is known of each term, the others as they are.

    Parameters
    ----------
    contract, seller
        As of ``loan_service``.
    ranges
        ``interest``, ``years`` or ``transmission`` → low and high end.

    Returns
    -------
    pandas.DataFrame
        Index term; ``low end``, ``high end``, in the term's own unit, ``needed at low``, ``needed at high`` [GWh].
    """
    rows = {}
    for term, (low, high) in ranges.items():
        at_low = _with_term(contract, term, low)
        at_high = _with_term(contract, term, high)
        rows[term] = {
            "low end": low,
            "high end": high,
            "needed at low": energy_that_serves(at_low, seller),
            "needed at high": energy_that_serves(at_high, seller),
        }
    return labelled_table(rows, "term", "interest 1, years, transmission $/MWh; needed GWh of its own sales a year")


def _with_term(contract: ContractTerms, term: str, value: float) -> ContractTerms:
    debt = contract.debt
    assert debt is not None
    if term == "transmission":
        prices = {**contract.prices, term: value}
        return contract.model_copy(update={"prices": prices})
    changed = {"interest": value} if term == "interest" else {"years": round(value)}
    return contract.model_copy(update={"debt": debt.model_copy(update=changed)})


def _service(contract: ContractTerms, seller: str) -> float:
    return float(debt_service(_debt(contract))[seller])


def _transmission_rate(contract: ContractTerms, seller: str) -> float:
    """Return the seller's transmission income for a GWh of its own sales [million USD/GWh]."""
    capital = _debt(contract).capital
    builders = [country for country in (*contract.shares, contract.transit) if country in capital]
    spent = sum(capital[str(country)] for country in builders)
    share_of_capital = capital[seller] / spent
    price = contract.prices.get("transmission", 0.0)
    return price * share_of_capital / contract.shares[seller] / 1000


def _debt(contract: ContractTerms) -> Debt:
    assert contract.debt is not None
    return contract.debt
