"""Settlement for the terminal, for programs, and as tables to write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from energy.analysis.settlement import Settlement
from energy.metrics.settlement import MILLION, debt_service
from energy.report.text_table import fixed, index_head, number_columns, text_table, words_column

if TYPE_CHECKING:
    from rich.table import Table

BUYER_NOTE = "own part"


def tables_of(settlement: Settlement) -> dict[str, pd.DataFrame]:
    """Return the tables of a settlement by name; money in USD but where the column or `Settlement` says otherwise."""
    tables = {
        "terms": settlement.terms,
        "payments": settlement.paid.set_index("month"),
        "positions": settlement.positions,
        "income": settlement.income,
        "fuel": settlement.fuel,
        "rent": settlement.rent,
        "welfare": settlement.welfare,
        "avoided": settlement.avoided,
        "reverse_prices": settlement.prices,
    }
    if settlement.debt is not None:
        tables["debt"] = settlement.debt
    return tables


def settlement_json(settlement: Settlement) -> dict[str, Any]:
    """Return the tables of a settlement as plain values."""
    scenario = settlement.scenario
    plain: dict[str, Any] = {
        "scenario": scenario.name,
        "payment": scenario.contract.payment,
    }
    for name, table in tables_of(settlement).items():
        records = _texts(table).to_json(orient="records")
        plain[name] = json.loads(records)
    return plain


def _texts(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its index as columns, months as text."""
    plain = table.reset_index()
    if "month" in plain:
        return plain.astype({"month": str})
    return plain


def settlement_text(settlement: Settlement) -> Iterator[Table | str]:
    """Yield what a settlement says: energy, payments, debt, income, fuel, rent, welfare."""
    contract = settlement.contract
    terms = settlement.terms
    prices = ", ".join(f"{part} {price:g}" for part, price in contract.prices.items())
    payment = settlement.scenario.contract.payment.replace("_", " ")
    yield f"Payment: {payment}; prices [$/MWh]: {prices}; buyer {contract.buyer}, transit {contract.transit or 'none'}"
    months = terms.index[terms["contracted"] > 0]
    yield "Energy under the contract [GWh]"
    yield _table(terms.loc[months], "season", 1)
    if len(settlement.paid):
        yield "Received less paid, by party [million $]; a row sums to zero"
        yield _table(settlement.positions.loc[months] / MILLION, "season", 2)
        yield "Who gets what [million $]"
        yield _table(_by_item(settlement), "all", 2)
    else:
        yield "Nobody owes anything."
    yield from _debt(settlement)
    yield _income(settlement)
    yield f"What {contract.buyer} pays and saves [million $]; net: replaced fuel less bill"
    yield _table(settlement.fuel.loc[months] / MILLION, "season", 2)
    yield "Congestion rent in the least-cost run with the line held to what is delivered [million $]"
    yield _table(settlement.rent.loc[months] / MILLION, "season", 2)
    yield "Welfare against the run without the line [million $]; system: costs, trade and rent before payments"
    yield _table(settlement.welfare, "sum", 2)


def _by_item(settlement: Settlement) -> pd.DataFrame:
    """Return what each payee gets for what [million $]."""
    paid = settlement.paid
    items = [item for item in ("energy", "transmission", "transit") if item in set(paid["item"])]
    amounts = paid.pivot_table("amount", "payee", "item", "sum", fill_value=0)
    table = amounts[items] / MILLION
    table["all"] = table.sum(axis=1)
    return table


def _debt(settlement: Settlement) -> Iterator[Table | str]:
    debt = settlement.contract.debt
    if settlement.debt is None or debt is None:
        return
    shown = settlement.debt.copy()
    is_buyer = shown.index == settlement.contract.buyer
    for column in ("covered by transmission", "covered by all"):
        shown[column] = shown[column].map({True: "yes", False: "no"})
        shown.loc[is_buyer, column] = BUYER_NOTE
    owed = f"{debt_service(debt).sum():.1f} in all, at {100 * debt.interest:g} % over {debt.years} years"
    yield f"Debt service [million $ a year]: {owed}"
    yield _table(shown, None, 2)


def _income(settlement: Settlement) -> str:
    shares = []
    for country, row in settlement.income.iterrows():
        share = f"{country} {row['income']:,.1f} million $ a year"
        if not pd.isna(row["share of target"]):
            share += f", {100 * row['share of target']:.0f} % of the target"
        shares.append(share)
    aim = ""
    target = settlement.contract.trade_target
    if target:
        aim = f" against the target of {target:g} million $ of trade a year"
    return f"Export income{aim}: {'; '.join(shares)}"


def _table(table: pd.DataFrame, total: str | None, digits: int) -> Table:
    """Return a table ready to print, with the sums of its columns where the total has a name."""
    columns = [words_column(index_head(table), wraps=False)]
    columns += number_columns(map(str, table.columns))
    rows = [_row(str(key), row, digits) for key, row in table.iterrows()]
    sums = [] if total is None else _row(total, table.sum(), digits)
    return text_table(columns, rows, total=sums)


def _row(label: str, values: pd.Series, digits: int) -> list[str]:
    return [label, *[_cell(value, digits) for value in values]]


def _cell(value: Any, digits: int) -> str:
    return value if isinstance(value, str) else fixed(value, digits)
