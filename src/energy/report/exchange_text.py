"""Exchanges of countries of a run, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from energy.analysis import Run
from energy.analysis.recorded_exchanges import RecordedEnergy, recorded_exchanges
from energy.metrics.country_exchanges import PURCHASES, SENT, delivered_by_sender
from energy.metrics.options import reverse_energy
from energy.reading.month_day import MONTHS
from energy.report.text_table import SECTION, TextColumn, fixed, fixed_cells, number_columns, text_table, words_column
from energy.results.countries import country_name
from energy.results.season import words
from energy.solve import Result

if TYPE_CHECKING:
    from rich.table import Table

SEEN = 0.05  # GWh, the smallest energy that a table in tenths shows


def exchange_rows(exchanges: pd.DataFrame, run: Run) -> Table:
    """Return the exchanges of control areas as a table: the areas, their sum, and the record beside them."""
    recorded = recorded_exchanges(run.case)
    countries_on_record = {country for _, country in recorded}
    on_record = [area for area in exchanges if area in countries_on_record]
    columns = [words_column()]
    columns += number_columns(country_name(str(area)) for area in exchanges)
    columns += [TextColumn("in all")]
    columns += number_columns(f"on record\n{area}" for area in on_record)
    rows: list[Sequence[str]] = []
    for exchange, energies in exchanges.iterrows():
        if str(exchange) == "imports":
            rows.append(SECTION)
        beside = [_recorded(recorded.get((str(exchange), str(area)))) for area in on_record]
        label = _exchange_label(str(exchange), run)
        rows.append([label, *fixed_cells(energies), fixed(energies.sum()), *beside])
    return text_table(columns, rows)


def _exchange_label(exchange: str, run: Run) -> str:
    """Return the words of an exchange; seasons by their months."""
    contract = run.result.inputs.book.contract
    if exchange in PURCHASES and contract is not None:
        first = int(contract.season.start[:2])
        last = int(contract.season.end[:2])
        if exchange == PURCHASES[0]:
            return f"purchases {MONTHS[first - 1]}–{MONTHS[last - 1]}"
        return f"purchases {MONTHS[last % 12]}–{MONTHS[first - 2]}"
    if exchange == SENT:
        return "sent over CASA-1000"
    return words(exchange)


def _recorded(recorded: RecordedEnergy | None) -> str:
    if recorded is None:
        return ""
    return f"{fixed(recorded.energy)} ({recorded.year})"


def sender_line(result: Result) -> str:
    """Return who sent what is delivered; empty where only sellers with accounts send, or nothing is delivered."""
    by_sender = delivered_by_sender(result)
    contract = result.inputs.book.contract
    sellers = contract.shares if contract else {}
    third_parties = [area for area in by_sender.index if area not in sellers]
    if not third_parties:
        return ""
    parts = [f"{country_name(str(area))} {fixed(energy)}" for area, energy in by_sender.items()]
    third = float(by_sender[third_parties].sum())
    own = float(by_sender.sum()) - third
    return (
        f"Delivered by sender [GWh]: {', '.join(parts)}; {fixed(own)} are the sellers', {fixed(third)} are third "
        "parties' (open access)."
    )


def reverse_line(run: Run) -> str:
    """Return what flows back over the line beside what is delivered; empty where nothing does."""
    returned = reverse_energy(run.result)
    delivered = float(run.table["delivered"].sum())
    if returned < SEEN:
        return ""
    return f"Reverse flow: {fixed(returned)} GWh come back over the line, beside {fixed(delivered)} GWh delivered."
