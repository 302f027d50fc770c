"""Settlement for the terminal, for programs, and as tables to write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from energy.analysis.settlement import Settlement
from energy.metrics.settlement import MILLION, debt_service

if TYPE_CHECKING:
    from rich.table import Table

BUYER_NOTE = "own part"


def tables_of(found: Settlement) -> dict[str, pd.DataFrame]:
    """Return the tables of a settlement by name; money in USD but where the column or `Settlement` says otherwise."""
    tables = {
        "terms": found.terms,
        "payments": found.paid.set_index("month"),
        "positions": found.positions,
        "income": found.income,
        "fuel": found.fuel,
        "rent": found.rent,
        "welfare": found.welfare,
        "avoided": found.avoided,
        "reverse_prices": found.prices,
    }
    return tables if found.debt is None else tables | {"debt": found.debt}


def settlement_json(found: Settlement) -> dict[str, Any]:
    """Return the tables of a settlement as plain values."""
    tables = {name: json.loads(_texts(table).to_json(orient="records")) for name, table in tables_of(found).items()}
    return {"scenario": found.scenario.name, "payment": found.scenario.contract.payment, **tables}


def _texts(table: pd.DataFrame) -> pd.DataFrame:
    plain = table.reset_index()
    return plain.astype({"month": str}) if "month" in plain else plain


def settlement_text(found: Settlement) -> Iterator[Table | str]:
    """Yield what a settlement says: energy, payments, debt, income, fuel, rent, welfare."""
    contract, terms = found.contract, found.terms
    prices = ", ".join(f"{part} {price:g}" for part, price in contract.prices.items())
    how = found.scenario.contract.payment.replace("_", " ")
    yield f"Payment: {how}; prices [$/MWh]: {prices}; buyer {contract.buyer}, transit {contract.transit or 'none'}"
    months = terms.index[terms["contracted"] > 0]
    yield "Energy under the contract [GWh]"
    yield _table(terms.loc[months], "season", 1)
    if len(found.paid):
        yield "Received less paid, by party [million $]; a row sums to zero"
        yield _table(found.positions.loc[months] / MILLION, "season", 2)
        yield "Who gets what [million $]"
        yield _table(_by_item(found), "all", 2)
    else:
        yield "Nobody owes anything."
    yield from _debt(found)
    yield from _income(found)
    yield f"What {contract.buyer} pays and saves [million $]; net: replaced fuel less bill"
    yield _table(found.fuel.loc[months] / MILLION, "season", 2)
    yield "Congestion rent in the least-cost run with the line held to what is delivered [million $]"
    yield _table(found.rent.loc[months] / MILLION, "season", 2)
    yield "Welfare against the run without the line [million $]; system: costs, trade and rent before payments"
    yield _table(found.welfare, "sum", 2)


def _by_item(found: Settlement) -> pd.DataFrame:
    items = [item for item in ("energy", "transmission", "transit") if item in set(found.paid["item"])]
    table = found.paid.pivot_table("amount", "payee", "item", "sum", fill_value=0)[items] / MILLION
    table["all"] = table.sum(axis=1)
    return table


def _debt(found: Settlement) -> Iterator[Table | str]:
    debt = found.contract.debt
    if found.debt is None or debt is None:
        return
    shown = found.debt.copy()
    for column in ("covered by transmission", "covered by all"):
        shown[column] = shown[column].map({True: "yes", False: "no"})
        shown.loc[shown.index == found.contract.buyer, column] = BUYER_NOTE
    owed = f"{debt_service(debt).sum():.1f} in all, at {100 * debt.interest:g} % over {debt.years} years"
    yield f"Debt service [million $ a year]: {owed}"
    yield _table(shown, None, 2)


def _income(found: Settlement) -> Iterator[str]:
    shares = [
        f"{country} {row['income']:,.1f} million $ a year"
        + ("" if pd.isna(row["share of target"]) else f", {100 * row['share of target']:.0f} % of the target")
        for country, row in found.income.iterrows()
    ]
    target = found.contract.trade_target
    aim = f" against the target of {target:g} million $ of trade a year" if target else ""
    yield f"Export income{aim}: {'; '.join(shares)}"


def _table(table: pd.DataFrame, total: str | None, digits: int) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    shown = Table(box=SIMPLE_HEAD, pad_edge=False)
    shown.add_column("" if table.index.name is None else str(table.index.name), no_wrap=True)
    for column in table.columns:
        shown.add_column(str(column), justify="right")
    for key, row in table.iterrows():
        shown.add_row(str(key), *[_cell(value, digits) for value in row])
    if total is not None:
        shown.add_section()
        shown.add_row(total, *[_cell(value, digits) for value in table.sum()], style="bold")
    return shown


def _cell(value: Any, digits: int) -> str:
    return value if isinstance(value, str) else f"{round(float(value), digits) + 0.0:,.{digits}f}"
