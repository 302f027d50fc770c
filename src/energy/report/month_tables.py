"""Months of a scenario for the terminal and for programs: transfer capability, attribution, settlement."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from energy.metrics.settlement import MILLION, debt_service
from energy.report.text_table import (
    SECTION,
    TextColumn,
    fixed,
    fixed_cells,
    index_head,
    number_columns,
    text_table,
    words_column,
)
from energy.results.season import words

if TYPE_CHECKING:
    from rich.table import Table

    from energy.analysis.case_capability import Capability
    from energy.analysis.settlement import Settlement

_CAPABILITIES = {
    "intact": "TTC\nintact",
    "TTC": "TTC\nN-1",
    "lowest TTC": "lowest\nTTC",
    "NTC": "NTC",
    "allocated": "allo-\ncated",
    "ATC": "ATC",
}
"""Column of the months of a capability → its head."""
_CAUSES = {
    "water": "water",
    "rules": "irrigation rules",
    "network": "AC network",
    "ceiling": "contract ceiling",
    "plants": "plant ratings",
}
"""Cause of an attribution → its words, where they are not those of the labels."""
_ENDS = ("ceiling", "delivered")
_SHOWN = 0.05  # GWh or MW; a cause that takes less everywhere has no column
_BUYER_NOTE = "own part"


def capability_rows(capability: Capability) -> Table:
    """Return the months of both directions, MW at the sending end, ready to print."""
    columns = [words_column(), words_column("month")]
    columns += number_columns(_CAPABILITIES.values())
    columns += [words_column("binds intact"), words_column("binds N-1")]
    rows: list[Sequence[str]] = []
    before = ""
    for key, row in capability.months.iterrows():
        direction, month = map(str, key)  # type: ignore[call-overload]
        if before not in ("", direction):
            rows.append(SECTION)
        label = "" if direction == before else direction
        before = direction
        figures = fixed_cells(row[list(_CAPABILITIES)])
        rows.append([label, month, *figures, row["limit intact"], row["limit"]])
    losses = capability.state.replace("_", " ")
    return text_table(columns, rows, title=f"MW at the sending end, means of the month; losses stood: {losses}")


def capability_json(capability: Capability) -> dict[str, Any]:
    """Return the months as plain values."""
    months = capability.months.reset_index().astype({"month": str})
    return {
        "scenario": capability.scenario.name,
        "state": capability.state,
        "months": months.to_dict("records"),
    }


def attribution_text(table: pd.DataFrame, power: pd.DataFrame) -> Iterator[Table | str]:
    """Yield what an attribution says: the season, the months in GWh, and the months in MW.

    Parameters
    ----------
    table
        From `energy.analysis.attribution.attribution` [GWh].
    power
        The same as mean power of the month [MW], from `energy.analysis.attribution.mean_power`.
    """
    season = table.sum()
    yield (
        f"The contract's power in every hour of the horizon: {season['line']:,.0f} GWh at the receiving end; "
        f"its season takes {season['season']:,.0f} GWh and leaves the ceiling of {season['ceiling']:,.0f} GWh."
    )
    yield "What of the ceiling is not delivered, and due to what [GWh]; below zero: it helps"
    yield _month_table(table, season)
    yield "The same as mean power of the month [MW]"
    yield _month_table(power, season=None)


def _month_table(table: pd.DataFrame, season: pd.Series | None) -> Table:
    """Return the months with a ceiling as rows, and the season as the last row where there is one."""
    months = table[table["ceiling"] > 0]
    figures = [column for column in map(str, months) if _is_shown(months, column)]
    columns = [words_column("month", wraps=False)]
    for figure in figures:
        label = _CAUSES.get(figure, words(figure))
        two_lines = label.replace(" ", "\n", 1)
        columns.append(TextColumn(two_lines, wraps=False))
    rows = [_attribution_row(str(month), row, figures) for month, row in months.iterrows()]
    total = [] if season is None else _attribution_row("season", season, figures)
    return text_table(columns, rows, total=total, narrow=True)


def _attribution_row(label: str, row: pd.Series, figures: list[str]) -> list[str]:
    return [label, *fixed_cells(row[figures], 1)]


def _is_shown(months: pd.DataFrame, column: str) -> bool:
    """Return whether a column is an end of the attribution, or a cause that takes something in some month."""
    if column in ("line", "season"):
        return False
    if column in _ENDS:
        return True
    largest = months[column].abs().max()
    return bool(largest > _SHOWN)


def attribution_json(name: str, table: pd.DataFrame, power: pd.DataFrame) -> dict[str, Any]:
    """Return an attribution as plain values: the season in GWh, the months in GWh and MW."""
    season = table.sum()
    return {
        "scenario": name,
        "season_gwh": {str(cause): float(energy) for cause, energy in season.items()},
        "months_gwh": _month_records(table),
        "months_mw": _month_records(power),
    }


def _month_records(table: pd.DataFrame) -> list[dict[Any, Any]]:
    months = table.reset_index().astype({"month": str})
    return months.to_dict("records")


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
        records = _with_texts(table).to_json(orient="records")
        plain[name] = json.loads(records)
    return plain


def _with_texts(table: pd.DataFrame) -> pd.DataFrame:
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
    yield _settlement_table(terms.loc[months], "season", 1)
    if len(settlement.paid):
        yield "Received less paid, by party [million $]; a row sums to zero"
        yield _settlement_table(settlement.positions.loc[months] / MILLION, "season", 2)
        yield "Who gets what [million $]"
        yield _settlement_table(_by_item(settlement), "all", 2)
    else:
        yield "Nobody owes anything."
    yield from _debt(settlement)
    yield _income(settlement)
    yield f"What {contract.buyer} pays and saves [million $]; net: replaced fuel less bill"
    yield _settlement_table(settlement.fuel.loc[months] / MILLION, "season", 2)
    yield "Congestion rent in the least-cost run with the line held to what is delivered [million $]"
    yield _settlement_table(settlement.rent.loc[months] / MILLION, "season", 2)
    yield "Welfare against the run without the line [million $]; system: costs, trade and rent before payments"
    yield _settlement_table(settlement.welfare, "sum", 2)


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
        shown.loc[is_buyer, column] = _BUYER_NOTE
    owed = f"{debt_service(debt).sum():.1f} in all, at {100 * debt.interest:g} % over {debt.years} years"
    yield f"Debt service [million $ a year]: {owed}"
    yield _settlement_table(shown, None, 2)


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


def _settlement_table(table: pd.DataFrame, total: str | None, digits: int) -> Table:
    """Return a table ready to print, with the sums of its columns where the total has a name."""
    columns = [words_column(index_head(table), wraps=False)]
    columns += number_columns(map(str, table.columns))
    rows = [_settlement_row(str(key), row, digits) for key, row in table.iterrows()]
    sums = [] if total is None else _settlement_row(total, table.sum(), digits)
    return text_table(columns, rows, total=sums)


def _settlement_row(label: str, values: pd.Series, digits: int) -> list[str]:
    return [label, *[_cell(value, digits) for value in values]]


def _cell(value: Any, digits: int) -> str:
    return value if isinstance(value, str) else fixed(value, digits)
