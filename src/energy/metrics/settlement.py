"""Settlement of a season: the contract's payments by month and party, and debt service.

Energy is settled in GWh delivered at the buyer's bus, money in whole dollars, so that what the parties pay and receive
sums to zero exactly. The contract's terms on shortfalls are not public: parameters choose how to read it.
"""

from __future__ import annotations

from collections.abc import Callable
from math import expm1, log1p

import numpy as np
import pandas as pd

from energy.case.case import Case
from energy.case.contract_terms import ContractTerms, Debt
from energy.metrics.monthly import GWH, month_of, surplus, transferable
from energy.model.axis import in_window
from energy.model.disruption import targets
from energy.model.objective import STUDIED, is_of_service
from energy.scenario import Event, Scenario, combine
from energy.scenario.event_kind import EventKind
from energy.solve import Result

HUMAN = ("war", "attack", "conflict", "border", "collapse")
NATURAL = (
    "disaster",
    "avalanche",
    "slide",
    "landslide",
    "mudflow",
    "flood",
    "storm",
    "earthquake",
)
FORCE_MAJEURE = frozenset((*HUMAN, *NATURAL))
"""Words in an event's cause that relieve both sides of their obligations."""
BUYERS = (EventKind.BUYER_STOP, EventKind.PAYMENT_STOP)
"""Kinds of events by which the buyer takes less than is offered."""

MILLION = 1e6
TERMS = ("contracted", "delivered", "force majeure", "not taken", "shortfall")
"""Columns of ``energy_terms``."""


def _is_buyers(event: Event) -> bool:
    """Return whether an event is the buyer's doing."""
    return event.kind in BUYERS and not _relieves(event)


def energy_terms(
    case: Case,
    scenario: Scenario,
    result: Result,
    contract: ContractTerms,
    quantity: float | None = None,
    offered: pd.Series | None = None,
) -> pd.DataFrame:
    """Return contracted and delivered energy by month, and the causes of the gap between them.

    The season's quantity is spread evenly over the hours of the season. The gap to the delivered energy goes first to
    force majeure (contracted power times the share of the line that such events take out of service), then to the
    energy that the buyer does not take. The rest is the sellers' shortfall: water, demand at home, prior commitments,
    their own plant. Energy delivered at other hours makes up for a stop, so that no cause takes more than the gap.

    Parameters
    ----------
    case, scenario, result, contract
        What exists, what was asked, the optimum, and the contract that held.
    quantity
        Contracted energy [GWh a season]; the contract's own by default.
    offered
        Energy by month [GWh] that the sellers could deliver, from a run with ``objective: transfer`` and without the
        buyer's events; what a run delivers less than that, the buyer did not take. Without it the buyer's events count
        at the contracted power, which is too much where water is short.

    Returns
    -------
    pandas.DataFrame
        Index month, columns ``contracted``, ``delivered``, ``force majeure``, ``not taken``, ``shortfall`` [GWh].

    Examples
    --------
    >>> import energy
    >>> case, scenario = energy.read_case("two_bus"), energy.read_scenario("two_bus")
    >>> run = energy.run(case, scenario)
    >>> energy_terms(case, scenario, run.result, case.rules.contract, quantity=153).loc["2028-07"].round(1).to_dict()
    {'contracted': 31.0, 'delivered': 70.7, 'force majeure': 0.0, 'not taken': 0.0, 'shortfall': 0.0}
    """
    axis = result.inputs.axis
    hours_of_season = in_window(axis.hours, contract.season.start, contract.season.end)
    in_season = axis.share(hours_of_season)
    power = 1000 * _quantity(contract, quantity) / _season_hours(contract) * in_season
    force_majeure = _share_out_of_service(case, scenario, result, _relieves)
    refused = (1 - force_majeure) * _share_out_of_service(case, scenario, result, _is_buyers)

    contracted = _energy_by_month(result, power)
    delivered = _energy_by_month(result, transferable(result).to_numpy() * in_season)
    gap = (contracted - delivered).clip(lower=0.0)
    energy_relieved = _energy_by_month(result, power * force_majeure)
    relieved = np.minimum(gap, energy_relieved)
    remaining = gap - relieved
    if offered is None:
        available = _energy_by_month(result, power * refused)
    else:
        energy_offered = offered.reindex(gap.index).fillna(0.0)
        available = (energy_offered - delivered).clip(lower=0.0)
    not_taken = np.minimum(remaining, available)
    shortfall = remaining - not_taken
    energies = (contracted, delivered, relieved, not_taken, shortfall)
    terms = pd.DataFrame(dict(zip(TERMS, energies, strict=True)))
    terms = terms.rename_axis("month")
    terms.attrs["units"] = "GWh"
    return terms


def _energy_by_month(
    result: Result,
    power: np.ndarray,
) -> pd.Series:
    """Return power in each snapshot [MW] as energy by month [GWh]."""
    energy = pd.Series(
        power * result.hours * GWH,
        index=month_of(result),
    )
    return energy.groupby(level=0).sum()


def _quantity(
    contract: ContractTerms,
    quantity: float | None,
) -> float:
    if quantity is None:
        quantity = contract.quantity
    if quantity is None:
        raise ValueError("the contract has no quantity: give one [GWh a season]")
    return float(quantity)


def _season_hours(contract: ContractTerms) -> int:
    """Return the hours of a contract season; 29 February is not counted."""
    hours = pd.date_range(
        "2029-01-01",
        "2030-01-01",
        freq="h",
        inclusive="left",
    )
    is_in_season = in_window(hours, contract.season.start, contract.season.end)
    return int(is_in_season.sum())


def _billed(
    terms: pd.DataFrame,
    payment: str,
    offered_only: bool = True,
) -> pd.Series:
    """Return the energy that the buyer owes the price for [GWh].

    Under pay-per-unit that is the delivered energy. Under take-or-pay it is the delivered energy and what was offered
    but not taken; with ``offered_only`` false, in the hard reading, the sellers' shortfall is owed too. Force majeure
    relieves the buyer in every reading.

    Parameters
    ----------
    terms
        As of ``energy_terms`` [GWh].
    payment
        ``pay_per_unit`` or ``take_or_pay``.

    Examples
    --------
    >>> terms = pd.DataFrame({"delivered": [2.0], "not taken": [1.0], "shortfall": [4.0]})
    >>> [
    ...     float(_billed(terms, *reading).iloc[0])
    ...     for reading in (("pay_per_unit",), ("take_or_pay",), ("take_or_pay", False))
    ... ]
    [2.0, 3.0, 7.0]
    """
    owed = pd.Series(terms["delivered"], dtype=float)
    if payment == "take_or_pay":
        owed = owed + terms["not taken"]
        if not offered_only:
            owed = owed + terms["shortfall"]
    elif payment != "pay_per_unit":
        raise ValueError(f"{payment!r} is no way of payment: pay_per_unit or take_or_pay")
    return owed.rename("billed")


def measured_shares(
    result: Result,
    contract: ContractTerms,
) -> pd.DataFrame:
    """Return each seller's share of the delivered energy, by what it sends over the line in the hours of delivery.

    Returns
    -------
    pandas.DataFrame
        Index month, columns sellers, rows sum to 1; the contract's shares where nothing was delivered or no seller had
        a surplus.
    """
    sellers = list(contract.shares)
    supply = surplus(result, sellers).clip(lower=0.0)
    total_supply = supply.sum(axis=1).replace(0.0, np.nan)
    share_of_supply = supply.div(total_supply, axis=0).fillna(0.0)
    delivered = transferable(result) * result.hours
    energy_of_sellers = share_of_supply.mul(delivered, axis=0)
    energy = energy_of_sellers.groupby(month_of(result)).sum()
    total = energy.sum(axis=1)
    total_or_nothing = total.where(total > 0)
    shares = pd.DataFrame(index=energy.index)
    for seller in sellers:
        share = energy[seller] / total_or_nothing
        shares[seller] = share.fillna(contract.shares[seller])
    return shares


def payments(
    terms: pd.DataFrame,
    contract: ContractTerms,
    payment: str = "pay_per_unit",
    shares: pd.DataFrame | None = None,
    offered_only: bool = True,
) -> pd.DataFrame:
    """Return every payment of the season.

    On billed energy the buyer pays the energy price to the sellers by their shares, and the transmission price to those
    who built the line (sellers and transit country by capital spent; by supply where the case has no capital). On
    delivered energy it pays the transit fee. Prices as in NEPRA's tariff of 2016; 1 $/MWh on 1 GWh is 1,000 $.

    Parameters
    ----------
    terms
        As of ``energy_terms`` [GWh].
    contract
        Prices [$/MWh], parties and capital.
    payment, offered_only
        As of ``_billed``.
    shares
        Sellers' shares by month, as of ``measured_shares``; the contract's by default.

    Returns
    -------
    pandas.DataFrame
        One row a payment: ``month``, ``payer``, ``payee``, ``item``, ``amount`` [whole USD of 2025].
    """
    owed = _billed(terms, payment, offered_only)
    buyer = contract.buyer or "buyer"
    transit = contract.transit or "transit"
    shares_of_capital = _shares_of_capital(contract, transit)
    columns = ["month", "payer", "payee", "item", "amount"]
    rows = []
    for month in terms.index:
        supply = dict(contract.shares) if shares is None else shares.loc[month].to_dict()
        items = (
            ("energy", owed[month], supply),
            ("transmission", owed[month], shares_of_capital or supply),
            ("transit", terms.loc[month, "delivered"], {transit: 1.0}),
        )
        for item, energy, share_of_payee in items:
            price = contract.prices.get(item, 0.0)
            for payee, share in share_of_payee.items():
                amount = round(price * float(energy) * float(share) / GWH)
                if amount:
                    rows.append((month, buyer, str(payee), item, amount))
    paid = pd.DataFrame(rows, columns=columns)
    paid["amount"] = paid["amount"].astype("int64")
    paid.attrs["units"] = {"amount": "USD"}
    return paid


def _shares_of_capital(
    contract: ContractTerms,
    transit: str,
) -> dict[str, float] | None:
    """Return the shares of the sellers and the transit country in the capital spent; None where there is none."""
    if contract.debt is None:
        return None
    capital = contract.debt.capital
    countries = [country for country in (*contract.shares, transit) if country in capital]
    total = sum(capital[country] for country in countries)
    if not total:
        return None
    return {country: capital[country] / total for country in countries}


def positions(paid: pd.DataFrame) -> pd.DataFrame:
    """Return the net position of each party, received less paid [USD]; every row sums to zero exactly.

    Returns
    -------
    pandas.DataFrame
        Index month, columns parties; whole dollars, so that the sum over parties is exact.

    Examples
    --------
    >>> paid = pd.DataFrame({"month": [5], "payer": ["PK"], "payee": ["TJ"], "item": ["energy"], "amount": [7]})
    >>> positions(paid).loc[5].to_dict()
    {'PK': -7, 'TJ': 7}
    """
    received = _sum_by_party(paid, "payee")
    given = _sum_by_party(paid, "payer")
    net = received.sub(given, fill_value=0).astype("int64")
    net.columns.name = "party"
    net.attrs["units"] = "USD"
    return net


def _sum_by_party(
    paid: pd.DataFrame,
    side: str,
) -> pd.DataFrame:
    """Return payments by month and party [USD]; ``side`` is ``payer`` or ``payee``."""
    amounts = paid.groupby(["month", side])["amount"].sum()
    return amounts.unstack(fill_value=0)


def debt_service(debt: Debt) -> pd.Series:
    """Return the yearly payment on the debt, by country [million $].

    payment = (capital − grants) · i / (1 − (1 + i)^−n), the annuity of n equal payments; (capital − grants) / n where
    i = 0.

    Examples
    --------
    >>> debt_service(Debt(capital={"A": 1170}, interest=0.05, years=15)).round(1).to_dict()
    {'A': 112.7}
    """
    rate = debt.interest
    years = debt.years
    factor = 1 / years
    if rate:
        factor = -rate / expm1(-years * log1p(rate))  # exact for the smallest rates too
    principal = {}
    for country, capital in debt.capital.items():
        grants = debt.grants.get(country, 0.0)
        principal[country] = max(capital - grants, 0.0)
    payment = pd.Series(principal, dtype=float).mul(factor)
    return payment.rename("debt service").rename_axis("country")


def _relieves(event: Event) -> bool:
    """Return whether an event is force majeure: a closed border, or a cause that is named in ``FORCE_MAJEURE``."""
    if event.kind is EventKind.BORDER_STOP:
        return True
    words = event.cause.lower().split()
    return not FORCE_MAJEURE.isdisjoint(words)


def _share_out_of_service(
    case: Case,
    scenario: Scenario,
    result: Result,
    counts: Callable[[Event], bool],
) -> np.ndarray:
    """Return the share of the line under study that some events take out of service; shape (snapshots,).

    Parameters
    ----------
    case, scenario, result
        What exists, what was asked and the optimum.
    counts
        Whether an event counts.
    """
    axis = result.inputs.axis
    p_nom = _p_nom_under_study(result)
    total = float(p_nom.sum())
    if not total or not scenario.events:
        return np.zeros(len(axis.snapshots))
    events_of_component = targets(case, scenario)
    in_service = np.zeros(len(axis.hours))
    for name in p_nom.index:
        events = events_of_component.get(("links", name, "p_max_pu"), [])
        counted = [event for event in events if counts(event)]
        available = combine(counted, axis.hours, axis.hours[0])
        share = float(p_nom[name]) / total
        in_service += share * available
    out_of_service = np.asarray(1 - axis.mean(in_service))
    return out_of_service.clip(0, 1)


def _p_nom_under_study(result: Result) -> pd.Series:
    """Return the p_nom of the links under study [MW]."""
    links = result.inputs.components.get("links", pd.DataFrame(columns=["p_nom"], dtype=float))
    is_under_study = is_of_service(links, [STUDIED])
    p_nom: pd.Series[float] = links.loc[is_under_study, "p_nom"]
    return p_nom
