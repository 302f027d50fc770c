"""Export income: what the sellers earn under the contract, and its coverage of the debt service."""

from __future__ import annotations

import numpy as np
import pandas as pd

from energy.case.contract_terms import ContractTerms
from energy.metrics.settlement import MILLION, debt_service


def coverage(
    paid: pd.DataFrame,
    contract: ContractTerms,
    years: float = 1.0,
) -> pd.DataFrame:
    """Return the coverage of the debt service by the income of a season.

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
    is_transmission = income["item"] == "transmission"
    transmission = income[is_transmission].groupby("payee")["amount"].sum()
    all_income = income.groupby("payee")["amount"].sum()
    table = pd.DataFrame(
        {
            "transmission": transmission.reindex(service.index).fillna(0.0),
            "all income": all_income.reindex(service.index).fillna(0.0),
            "debt service": service,
        }
    )
    table["covered by transmission"] = table["transmission"] >= table["debt service"]
    table["covered by all"] = table["all income"] >= table["debt service"]
    table.attrs["units"] = "million USD a year"
    return table


def export_income(
    paid: pd.DataFrame,
    contract: ContractTerms,
    years: float = 1.0,
) -> pd.DataFrame:
    """Return the sellers' income [million $ a year] and its share of the public target for trade with the buyer.

    Parameters
    ----------
    years
        Seasons that the payments span.
    """
    sellers = list(contract.shares)
    is_to_seller = paid["payee"].isin(sellers)
    amounts = paid[is_to_seller].groupby("payee")["amount"].sum()
    income = amounts / MILLION / years
    table = income.reindex(sellers).fillna(0.0).rename("income").rename_axis("country").to_frame()
    table["share of target"] = np.nan
    if contract.trade_target:
        table["share of target"] = table["income"] / contract.trade_target
    table.attrs["units"] = {
        "income": "million USD a year",
        "share of target": "1",
    }
    return table
