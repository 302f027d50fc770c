"""Exchanges of countries of a run, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from energy.analysis import Run
from energy.metrics.country_exchanges import PURCHASES, SENT, delivered_by_sender
from energy.metrics.options import reverse_energy
from energy.results.labels import MONTHS, country_name, words
from energy.results.recorded_exchanges import RecordedEnergy, recorded_exchanges
from energy.solve import Result

if TYPE_CHECKING:
    from rich.table import Table

SEEN = 0.05  # GWh, the smallest energy that a table in tenths shows


def exchange_rows(exchanges: pd.DataFrame, run: Run) -> Table:
    """Return the exchanges of control areas as a table: the areas, their sum, and the record beside them."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    recorded = recorded_exchanges(run.case)
    on_record = [area for area in exchanges if any(country == area for _, country in recorded)]
    table.add_column("")
    for area in exchanges:
        table.add_column(country_name(str(area)), justify="right")
    table.add_column("in all", justify="right")
    for area in on_record:
        table.add_column(f"on record\n{area}", justify="right")
    for row, energies in exchanges.iterrows():
        if str(row) == "imports":
            table.add_section()
        cells = [_whole(energy) for energy in (*energies, energies.sum())]
        beside = [_recorded(recorded.get((str(row), str(area)))) for area in on_record]
        table.add_row(exchange_label(str(row), run), *cells, *beside)
    return table


def exchange_label(exchange: str, run: Run) -> str:
    """Return the words of an exchange; seasons by their months."""
    contract = run.result.inputs.book.contract
    if exchange in PURCHASES and contract is not None:
        first, last = int(contract.season.start[:2]), int(contract.season.end[:2])
        inside = f"{MONTHS[first - 1]}–{MONTHS[last - 1]}"
        outside = f"{MONTHS[last % 12]}–{MONTHS[first - 2]}"
        return f"purchases {inside if exchange == PURCHASES[0] else outside}"
    return "sent over CASA-1000" if exchange == SENT else words(exchange)


def _recorded(recorded: RecordedEnergy | None) -> str:
    return "" if recorded is None else f"{_whole(recorded.energy)} ({recorded.year})"


def sender_line(result: Result) -> str:
    """Return who sent what is delivered; empty where only sellers with accounts send, or nothing is delivered."""
    by_sender = delivered_by_sender(result)
    shares = result.inputs.book.contract.shares if result.inputs.book.contract else {}
    if not set(by_sender.index) - set(shares):
        return ""
    parts = [f"{country_name(str(area))} {_whole(energy)}" for area, energy in by_sender.items()]
    third = float(by_sender[[area for area in by_sender.index if area not in shares]].sum())
    own = float(by_sender.sum()) - third
    return (
        f"Delivered by sender [GWh]: {', '.join(parts)}; {_whole(own)} are the sellers', {_whole(third)} are third "
        "parties' (open access)."
    )


def reverse_line(run: Run) -> str:
    """Return what flows back over the line beside what is delivered; empty where nothing does."""
    returned = reverse_energy(run.result)
    delivered = float(run.table["delivered"].sum())
    if returned < SEEN:
        return ""
    return f"Reverse flow: {_whole(returned)} GWh come back over the line, beside {_whole(delivered)} GWh delivered."


def _whole(value: float) -> str:
    return f"{round(value) + 0:,d}"
