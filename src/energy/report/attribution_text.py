"""Attribution for the terminal and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from energy.analysis.attribution import mean_power
from energy.report.text_table import TextColumn, fixed_cells, text_table, words_column
from energy.results.season import words

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
    season = table.sum()
    yield (
        f"The contract's power in every hour of the horizon: {season['line']:,.0f} GWh at the receiving end; "
        f"its season takes {season['season']:,.0f} GWh and leaves the ceiling of {season['ceiling']:,.0f} GWh."
    )
    yield "What of the ceiling is not delivered, and due to what [GWh]; below zero: it helps"
    yield _month_table(table, season)
    yield "The same as mean power of the month [MW]"
    yield _month_table(mean_power(table), season=None)


def _month_table(table: pd.DataFrame, season: pd.Series | None) -> Table:
    """Return the months with a ceiling as rows, and the season as the last row where there is one."""
    months = table[table["ceiling"] > 0]
    figures = [column for column in map(str, months) if _is_shown(months, column)]
    columns = [words_column("month", wraps=False)]
    for figure in figures:
        label = NAMES.get(figure, words(figure))
        two_lines = label.replace(" ", "\n", 1)
        columns.append(TextColumn(two_lines, wraps=False))
    rows = [_row(str(month), row, figures) for month, row in months.iterrows()]
    total = [] if season is None else _row("season", season, figures)
    return text_table(columns, rows, total=total, narrow=True)


def _row(label: str, row: pd.Series, figures: list[str]) -> list[str]:
    return [label, *fixed_cells(row[figures], 1)]


def _is_shown(months: pd.DataFrame, column: str) -> bool:
    """Return whether a column is an end of the attribution, or a cause that takes something in some month."""
    if column in ("line", "season"):
        return False
    if column in ENDS:
        return True
    largest = months[column].abs().max()
    return bool(largest > SHOWN)


def attribution_json(name: str, table: pd.DataFrame) -> dict[str, Any]:
    """Return an attribution as plain values: the season in GWh, the months in GWh and MW."""
    season = table.sum()
    return {
        "scenario": name,
        "season_gwh": {str(cause): float(energy) for cause, energy in season.items()},
        "months_gwh": _month_records(table),
        "months_mw": _month_records(mean_power(table)),
    }


def _month_records(table: pd.DataFrame) -> list[dict[Any, Any]]:
    months = table.reset_index().astype({"month": str})
    return months.to_dict("records")
