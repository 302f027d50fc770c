"""Attribution for the terminal and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from energy.analysis.attribution import mean_power
from energy.results.labels import words

if TYPE_CHECKING:
    from rich.table import Table

NAMES = {
    "water": "water",
    "rules": "irrigation rules",
    "network": "AC network",
    "ceiling": "contract ceiling",
    "plants": "plant ratings",
}
ENDS = ("ceiling", "delivered")
SHOWN = 0.05  # GWh or MW; a cause that takes less everywhere has no column


def attribution_text(table: pd.DataFrame) -> Iterator[Table | str]:
    """Yield what an attribution says: the season, the months in GWh, and the months in MW.

    Parameters
    ----------
    table
        From `energy.analysis.attribution.attribution`.
    """
    total = table.sum()
    yield (
        f"The contract's power in every hour of the horizon: {total['line']:,.0f} GWh at the receiving end; "
        f"its season takes {total['season']:,.0f} GWh and leaves the ceiling of {total['ceiling']:,.0f} GWh."
    )
    yield "What of the ceiling is not delivered, and due to what [GWh]; below zero: it helps"
    yield _rows(table, total)
    yield "The same as mean power of the month [MW]"
    yield _rows(mean_power(table), None)


def _rows(table: pd.DataFrame, total: pd.Series | None) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    months = table[table["ceiling"] > 0]
    causes = [str(column) for column in months if column not in ("line", "season")]
    columns = [name for name in causes if name in ENDS or months[name].abs().max() > SHOWN]
    shown = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    shown.add_column("month", no_wrap=True)
    for column in columns:
        label = NAMES.get(column, words(column))
        shown.add_column(label.replace(" ", "\n", 1), justify="right", no_wrap=True)
    for month, row in months.iterrows():
        shown.add_row(str(month), *[_number(row[column]) for column in columns])
    if total is not None:
        shown.add_section()
        shown.add_row("season", *[_number(total[column]) for column in columns], style="bold")
    return shown


def _number(value: float) -> str:
    return f"{round(value, 1) + 0.0:,.1f}"


def attribution_json(name: str, table: pd.DataFrame) -> dict[str, Any]:
    """Return an attribution as plain values: the season in GWh, the months in GWh and MW."""
    months = {unit: frame.reset_index().astype({"month": str}) for unit, frame in _units(table).items()}
    return {
        "scenario": name,
        "season_gwh": {str(cause): float(energy) for cause, energy in table.sum().items()},
        **{f"months_{unit}": frame.to_dict("records") for unit, frame in months.items()},
    }


def _units(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {"gwh": table, "mw": mean_power(table)}
