"""Settlement of a season: the contract's payments by month and party, and debt service.

Energy is settled in GWh delivered at the buyer's bus, money in whole dollars, so that what the parties pay and receive
sums to zero exactly. What the contract says of shortfalls is not public: the readings are parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import expm1, log1p

import numpy as np
import pandas as pd

from energy.case.case import Case
from energy.case.rules import ContractTerms, Debt
from energy.metrics.monthly import GWH, month_of, surplus, transferable
from energy.model.axis import Axis, in_window
from energy.model.disruption import targets
from energy.scenario import Event, Scenario, combine
from energy.scenario.event import EventKind
from energy.solve import Result

HUMAN = ("war", "attack", "conflict", "border", "collapse")
NATURAL = ("disaster", "avalanche", "slide", "landslide", "mudflow", "flood", "storm", "earthquake")
FORCE_MAJEURE = frozenset((*HUMAN, *NATURAL))
"""Words in an event's cause that relieve both sides of what they owe."""

BUYERS = (EventKind.BUYER_STOP, EventKind.PAYMENT_STOP)
"""Kinds of events by which the buyer takes less than is offered."""

MILLION = 1e6
TERMS = ("contracted", "delivered", "force majeure", "not taken", "shortfall")


def relieves(event: Event) -> bool:
    """Return whether an event is force majeure: a closed border, or a cause that is named in ``FORCE_MAJEURE``."""
    return event.kind is EventKind.BORDER_STOP or bool(FORCE_MAJEURE & set(event.cause.lower().split()))


def is_buyers(event: Event) -> bool:
    """Return whether an event is the buyer's doing."""
    return event.kind in BUYERS and not relieves(event)


def energy_terms(
    case: Case,
    scenario: Scenario,
    result: Result,
    contract: ContractTerms,
    quantity: float | None = None,
    offered: pd.Series | None = None,
) -> pd.DataFrame:
    """Return what was contracted, what was delivered, and why the rest was not.

    The season's quantity is spread evenly over the hours of the season. The gap between it and what is delivered is
    filled first by force majeure (contracted power times the share of the line that such events take), then by what
    the buyer does not take, and the rest is the sellers' shortfall: water, demand at home, prior commitments, their own
    plant. Energy delivered at other hours makes up for a stop, so that no cause takes more than the gap.

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
    window = contract.season
    season = axis.share(in_window(axis.hours, window.start, window.end))
    power = 1000 * _quantity(contract, quantity) / season_hours(contract) * season
    relieved = _stopped(case, scenario, result, relieves)
    refused = (1 - relieved) * _stopped(case, scenario, result, is_buyers)

    def energy(values: np.ndarray) -> pd.Series:
        return pd.Series(values * result.hours * GWH, index=month_of(result)).groupby(level=0).sum()

    contracted = energy(power)
    delivered = energy(transferable(result).to_numpy() * season)
    gap = (contracted - delivered).clip(lower=0.0)
    majeure = np.minimum(gap, energy(power * relieved))
    not_taken = np.minimum(gap - majeure, energy(power * refused))
    if offered is not None:
        spare = (offered.reindex(gap.index).fillna(0.0) - delivered).clip(lower=0.0)
        not_taken = np.minimum(gap - majeure, spare)
    columns = (contracted, delivered, majeure, not_taken, gap - majeure - not_taken)
    terms = pd.DataFrame(dict(zip(TERMS, columns, strict=True))).rename_axis("month")
    terms.attrs["units"] = "GWh"
    return terms


def _quantity(contract: ContractTerms, quantity: float | None) -> float:
    found = contract.quantity if quantity is None else quantity
    if found is None:
        raise ValueError("the contract has no quantity: give one [GWh a season]")
    return float(found)


def season_hours(contract: ContractTerms) -> int:
    """Return the hours of a contract season; 29 February is not counted."""
    hours = pd.date_range("2029-01-01", "2030-01-01", freq="h", inclusive="left")
    return int(in_window(hours, contract.season.start, contract.season.end).sum())


def _stopped(case: Case, scenario: Scenario, result: Result, wanted: Callable[[Event], bool]) -> np.ndarray:
    """Return the share of the line that events of a class take from it; shape (snapshots,)."""
    axis: Axis = result.inputs.axis
    links = result.inputs.components.get("links", pd.DataFrame())
    names = links.index[links["service"] == "casa"] if "service" in links else links.index[:0]
    total = float(links.loc[names, "p_nom"].sum()) if len(names) else 0.0
    if not total or not scenario.events:
        return np.zeros(len(axis.snapshots))
    hit = targets(case, scenario)
    left = np.zeros(len(axis.hours))
    for name in names:
        events = [event for event in hit.get(("links", name, "p_max_pu"), []) if wanted(event)]
        left += float(links.loc[name, "p_nom"]) / total * combine(events, axis.hours, axis.hours[0])
    return np.asarray(1 - axis.mean(left)).clip(0, 1)


def billed(terms: pd.DataFrame, payment: str, offered_only: bool = True) -> pd.Series:
    """Return the energy that the buyer owes the price for [GWh].

    Under pay-per-unit it is what is delivered. Under take-or-pay it is what is delivered and what was offered but not
    taken; with ``offered_only`` false, in the hard reading, the sellers' shortfall is owed too. Force majeure relieves
    the buyer in every reading.

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
    ...     float(billed(terms, *reading).iloc[0])
    ...     for reading in (("pay_per_unit",), ("take_or_pay",), ("take_or_pay", False))
    ... ]
    [2.0, 3.0, 7.0]
    """
    owed = pd.Series(terms["delivered"], dtype=float)
    if payment == "take_or_pay":
        owed = owed + terms["not taken"]
        owed = owed if offered_only else owed + terms["shortfall"]
    elif payment != "pay_per_unit":
        raise ValueError(f"{payment!r} is no way of payment: pay_per_unit or take_or_pay")
    return owed.rename("billed")


def measured_shares(result: Result, contract: ContractTerms) -> pd.DataFrame:
    """Return each seller's share of what was delivered, by what each sends in the hours of delivery.

    Returns
    -------
    pandas.DataFrame
        Index month, columns sellers, rows sum to 1; the contract's shares where nothing was delivered or no seller had
        a surplus.
    """
    sellers = list(contract.shares)
    supply = surplus(result, sellers).clip(lower=0.0)
    part = supply.div(supply.sum(axis=1).replace(0.0, np.nan), axis=0).fillna(0.0)
    energy = part.mul(transferable(result) * result.hours, axis=0).groupby(month_of(result)).sum()
    total = energy.sum(axis=1)
    return pd.DataFrame(
        {
            seller: (energy[seller] / total.where(total > 0)).fillna(contract.shares[seller]).to_numpy()
            for seller in sellers
        },
        index=energy.index,
    )


def payments(
    terms: pd.DataFrame,
    contract: ContractTerms,
    payment: str = "pay_per_unit",
    shares: pd.DataFrame | None = None,
    offered_only: bool = True,
) -> pd.DataFrame:
    """Return every payment of the season.

    The buyer pays the energy price to the sellers by their shares, the transmission price to those who built the way
    (sellers and transit country by capital spent; by supply where the case has no capital), both on billed energy, and
    the transit fee on what is delivered. Prices as in NEPRA's tariff of 2016; 1 $/MWh on 1 GWh is 1,000 $.

    Parameters
    ----------
    terms
        As of ``energy_terms`` [GWh].
    contract
        Prices [$/MWh], parties and capital.
    payment, offered_only
        As of ``billed``.
    shares
        Sellers' shares by month, as of ``measured_shares``; the contract's by default.

    Returns
    -------
    pandas.DataFrame
        One row a payment: ``month``, ``payer``, ``payee``, ``item``, ``amount`` [whole USD of 2025].
    """
    owed = billed(terms, payment, offered_only)
    buyer, transit = contract.buyer or "buyer", contract.transit or "transit"
    keys = _capital_keys(contract, transit)
    rows = []
    for month in terms.index:
        supply = dict(contract.shares) if shares is None else shares.loc[month].to_dict()
        for item, energy, split in (
            ("energy", owed[month], supply),
            ("transmission", owed[month], keys or supply),
            ("transit", terms.loc[month, "delivered"], {transit: 1.0}),
        ):
            for payee, share in split.items():
                amount = round(contract.prices.get(item, 0.0) * float(energy) * float(share) / GWH)
                rows.append((month, buyer, str(payee), item, amount))
    found = pd.DataFrame([row for row in rows if row[-1]], columns=["month", "payer", "payee", "item", "amount"])
    found["amount"] = found["amount"].astype("int64")
    found.attrs["units"] = {"amount": "USD"}
    return found


def _capital_keys(contract: ContractTerms, transit: str) -> dict[str, float] | None:
    if contract.debt is None:
        return None
    spent = {c: contract.debt.capital[c] for c in (*contract.shares, transit) if c in contract.debt.capital}
    total = sum(spent.values())
    return {country: capital / total for country, capital in spent.items()} if total else None


def positions(paid: pd.DataFrame) -> pd.DataFrame:
    """Return what each party has received less what it has paid [USD]; every row sums to zero exactly.

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
    received = paid.groupby(["month", "payee"])["amount"].sum().unstack(fill_value=0)
    given = paid.groupby(["month", "payer"])["amount"].sum().unstack(fill_value=0)
    net = received.sub(given, fill_value=0).astype("int64")
    net.columns.name = "party"
    net.attrs["units"] = "USD"
    return net


def debt_service(debt: Debt) -> pd.Series:
    """Return the yearly payment on what was lent, by country [million $].

    payment = (capital − grants) · i / (1 − (1 + i)^−n), the annuity of n equal payments; (capital − grants) / n where
    i = 0.

    Examples
    --------
    >>> debt_service(Debt(capital={"A": 1170}, interest=0.05, years=15)).round(1).to_dict()
    {'A': 112.7}
    """
    rate, years = debt.interest, debt.years
    factor = -rate / expm1(-years * log1p(rate)) if rate else 1 / years  # exact for the smallest rates too
    lent = {country: max(capital - debt.grants.get(country, 0.0), 0.0) for country, capital in debt.capital.items()}
    return pd.Series(lent, dtype=float).mul(factor).rename("debt service").rename_axis("country")


def coverage(paid: pd.DataFrame, contract: ContractTerms, years: float = 1.0) -> pd.DataFrame:
    """Return whether the income of a season serves the debt.

    Parameters
    ----------
    paid
        As of ``payments``.
    years
        Seasons that the payments span.

    Returns
    -------
    pandas.DataFrame
        Index country; ``transmission``, ``all income``, ``debt service`` [million $ a year], ``covered by
        transmission`` and ``covered by all`` (the buyer has no income and serves its own part itself).
    """
    if contract.debt is None:
        raise ValueError("the contract has no debt")
    service = debt_service(contract.debt)
    income = paid.assign(amount=paid["amount"] / MILLION / years)
    transmission = income[income["item"] == "transmission"].groupby("payee")["amount"].sum()
    table = pd.DataFrame(
        {
            "transmission": transmission.reindex(service.index).fillna(0.0),
            "all income": income.groupby("payee")["amount"].sum().reindex(service.index).fillna(0.0),
            "debt service": service,
        }
    )
    table["covered by transmission"] = table["transmission"] >= table["debt service"]
    table["covered by all"] = table["all income"] >= table["debt service"]
    table.attrs["units"] = "million USD a year"
    return table


def export_income(paid: pd.DataFrame, contract: ContractTerms, years: float = 1.0) -> pd.DataFrame:
    """Return the sellers' income [million $ a year] and its share of the public aim for trade with the buyer.

    Parameters
    ----------
    years
        Seasons that the payments span.
    """
    sellers: Mapping[str, float] = contract.shares
    income = paid[paid["payee"].isin(list(sellers))].groupby("payee")["amount"].sum() / MILLION / years
    table = income.reindex(list(sellers)).fillna(0.0).rename("income").rename_axis("country").to_frame()
    table["share of target"] = table["income"] / contract.trade_target if contract.trade_target else np.nan
    table.attrs["units"] = {"income": "million USD a year", "share of target": "1"}
    return table
