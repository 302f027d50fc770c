"""Debt service of a seller's loans: what the sale covers, and which years fall short."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from energy.analysis.loan_service import energy_by_terms, energy_that_serves, loan_service
from energy.analysis.recorded_seasons import recorded_seasons
from energy.analysis.settlement import Settlement
from energy.answers.answer import Answer, evidence_ends, marks_of, settled
from energy.case import Case
from energy.errors import Fault, InputError
from energy.metrics.labelled_table import labelled_table
from energy.scenario import Scenario


def debt_answer(
    case: Case,
    scenario: Scenario,
    seller: str = "KG",
    energies: Sequence[float] = (),
) -> Answer:
    """Return whether a seller's loans are served at given energies of its own a year [GWh]."""
    money = settled(case, scenario)
    contract = money.contract
    if contract.debt is None or seller not in contract.shares:
        what = f"{seller} has no loans or no share in the contract"
        raise InputError(Fault(what, case.path / "rules.yaml", None, ", ".join(contract.shares)))
    share = contract.shares[seller]
    own = float(money.terms["delivered"].sum()) * share
    table = loan_service(contract, seller, energies or (own, 1000.0, 1500.0, 1750.0))
    needed = energy_that_serves(contract, seller)
    by_terms = energy_by_terms(contract, seller, _loan_ranges(case))
    service, cover = table["debt service"].iloc[0], table["cover by transmission"]
    holds = [f"with {energy:,} GWh {_cover_text(ratio)}" for energy, ratio in cover.items()]
    verdict = "Yes" if cover.iloc[1:].min() >= 1 else "Not with all"
    sent = _sold(money, seller)
    sentences = [
        f"{verdict}: {seller} owes {service:.1f} million USD a year over {contract.debt.years} years; its transmission "
        f"income covers that from {needed:,.0f} GWh of its own sales a year. By its share of the contract, "
        f"{100 * share:.0f} %, the scenario has {own:,.0f}; of its own power it sends {sent:,.0f}.",
        f"By transmission income alone the loans are {', '.join(holds)}.",
    ]
    tables = {"Loan service": table, "Energy needed, by what is known of each term": by_terms}
    seasons = recorded_seasons(case, scenario) * share
    if len(seasons):
        short = _short_years(seasons, needed)
        tables["Loan service over the water years on record"] = short
        of_transmission = short["years short"].iloc[0]
        sentences.append(
            f"Of {len(seasons)} water years on record {of_transmission:.0f} fall short of {needed:,.0f} GWh, "
            f"{short['years short'].loc['1,000 GWh']:.0f} of 1,000 GWh: what a weak year lacks is paid out of the "
            "energy price, which covers it from "
            f"{_needed_by_all(table, service):,.0f} GWh."
        )
    ends = by_terms[["needed at low", "needed at high"]].to_numpy(float)
    span = f"needed {ends.min():,.0f} to {ends.max():,.0f} GWh a year by what is known of each term"
    if len(seasons):
        span += f"; own sales {seasons.min():,.0f} to {seasons.max():,.0f} GWh over the water years on record"
    return Answer(
        tuple(sentences),
        tables,
        span=span,
        marks=marks_of(case, "rules.contract", "profiles/inflow.*"),
        limits=("how the state would pay in a weak year, and what part of the energy price its own plants need",),
    )


def _sold(money: Settlement, seller: str) -> float:
    """Return the energy that a seller is paid for in the season, by what it sends itself [GWh]."""
    paid = money.paid
    is_sale = (paid["payee"] == seller) & (paid["item"] == "energy")
    price = money.contract.prices.get("energy", np.nan)
    return float(paid.loc[is_sale, "amount"].sum()) / price / 1000


def _loan_ranges(case: Case) -> dict[str, tuple[float, float]]:
    """Return the ends of what is known of the terms that loan service rests on; of the case's own where nothing is."""
    attributes = {"interest": "debt.interest", "years": "debt.years", "transmission": "prices.transmission"}
    ranges = {}
    for term, attribute in attributes.items():
        try:
            ranges[term] = evidence_ends(case, "contract", attribute)
        except KeyError:
            continue
    return ranges


def _cover_text(ratio: float) -> str:
    verb = "served" if ratio >= 1 else "not served"
    return f"{verb} (cover {ratio:.2f})"


def _short_years(own_sales: pd.Series, needed: float) -> pd.DataFrame:
    """Return how many water years fall short of an energy, and by how much in the mean of those that do."""
    rows = {}
    for name, energy in (("loans by transmission", needed), ("1,000 GWh", 1000.0), ("1,500 GWh", 1500.0)):
        lacking = (energy - own_sales).clip(lower=0.0)
        is_short = lacking > 0
        rows[name] = {
            "needed": energy,
            "years short": float(is_short.sum()),
            "share of years": float(is_short.mean()),
            "lacking in a short year": float(lacking[is_short].mean()) if is_short.any() else 0.0,
        }
    return labelled_table(rows, "energy", "needed, lacking GWh a year; share 1")


def _needed_by_all(table: pd.DataFrame, service: float) -> float:
    """Return the own sales at which transmission and energy price together serve the loans [GWh]."""
    income = table["transmission"].iloc[0] + table["energy"].iloc[0]
    own = float(table.index.to_numpy(float)[0])
    return float(service / income * own)
