"""Sweep for the terminal: one quantity as a grid, and the spread of all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from energy.report.text_table import SECTION, fixed, number_columns, text_table, words_column
from energy.results.sweep_table import axes_of, axis_label, grid_of, label, quantities_of, value_texts

if TYPE_CHECKING:
    import xarray as xr
    from rich.table import Table

MOST_ROWS = 40
"""Rows of a grid that are printed; ``values.csv`` has all."""
MOST_COLUMNS = 14


def sweep_text(dataset: xr.Dataset, quantity: str) -> Iterator[Table | str]:
    """Yield the tables of a sweep, ready to print.

    Parameters
    ----------
    dataset
        From ``energy.sweep``.
    quantity
        What the grid shows.
    """
    grid = grid_of(dataset, quantity)
    is_small = len(grid) <= MOST_ROWS and len(grid.columns) <= MOST_COLUMNS
    if is_small:
        yield _grid(dataset, grid, quantity)
    yield _spread(dataset)


def _grid(dataset: xr.Dataset, grid: pd.DataFrame, quantity: str) -> Table:
    values = dataset[quantity]
    axes = axes_of(dataset)
    down = list(grid.index.names)
    heads = [axis_label(values, str(axis)) for axis in down]
    columns_are_values = len(down) < len(axes)
    columns = value_texts(grid.columns.tolist()) if columns_are_values else [label(values, quantity)]
    title = label(values)
    if columns_are_values:
        title += f"; to the right: {axis_label(values, axes[-1])}"
    words_down = []
    for level in range(len(down)):
        texts = value_texts(grid.index.get_level_values(level).tolist())
        words_down.append(texts)
    rows: list[tuple[str, ...]] = []
    before = ""
    for number, numbers in enumerate(grid.to_numpy(float)):
        names = [texts[number] for texts in words_down]
        if len(down) > 1 and before not in ("", names[0]):
            rows.append(SECTION)
        before = names[0]
        cells = ["–" if value != value else fixed(value, 1) for value in numbers]  # noqa: PLR0124  (NaN)
        rows.append((*names, *cells))
    columns_down = [words_column(head) for head in heads]
    return text_table([*columns_down, *number_columns(columns)], rows, title=title)


def _spread(dataset: xr.Dataset) -> Table:
    """Return the lowest, mean and highest value of each quantity."""
    rows = []
    for name in quantities_of(dataset):
        variable = dataset[name]
        if not variable.notnull().any():
            continue
        numbers = (variable.min(), variable.mean(), variable.max())
        figures = [f"{float(number):,.4g}" for number in numbers]
        rows.append([name, *figures, variable.attrs["units"]])
    heads = ["lowest", "mean", "highest"]
    columns = [words_column(), *number_columns(heads), words_column("unit")]
    return text_table(columns, rows, title="all points")
