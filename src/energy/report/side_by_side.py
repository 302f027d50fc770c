"""Many runs side by side, for the terminal: a comparison of scenarios, and the points of a sweep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isnan
from typing import TYPE_CHECKING, Any

import pandas as pd

from energy.report.text_table import SECTION, fixed, number_columns, text_table, words_column
from energy.results.compare import DELIVERED, SHARE, change, in_words
from energy.results.season import words
from energy.results.sweep_table import axes_of, axis_label, grid_of, label, quantities_of, value_texts

if TYPE_CHECKING:
    import xarray as xr
    from rich.table import Table

CHANGE = "change"
FEW = 4
"""Runs that still fit side by side."""
MOST_ROWS = 40
"""Rows of a grid that are printed; ``values.csv`` has all."""
MOST_COLUMNS = 14


def comparison_text(
    comparison: Mapping[str, Any],
    failed: Mapping[str, str] | None = None,
) -> Iterator[Table | str]:
    """Yield the tables of a comparison, ready to print: the inputs that differ first, then the results.

    Parameters
    ----------
    comparison
        From `energy.results.compare.compare`.
    failed
        Runs without a result → why.
    """
    if len(comparison["runs"]) <= FEW:
        yield from _side_by_side(comparison)
    else:
        yield _differences(comparison)
        yield _results(comparison)
    yield from _bases(comparison)
    for name, reason in (failed or {}).items():
        yield f"{name}: no result; {reason}"


def _side_by_side(comparison: Mapping[str, Any]) -> Iterator[Table | str]:
    """Yield inputs that differ and results, a run a column."""
    runs = comparison["runs"]
    inputs = [[key, *map(in_words, values)] for key, values in comparison["inputs"].items()]
    if inputs:
        columns = [words_column(), *map(words_column, runs)]
        yield text_table(columns, inputs, title="inputs that differ", narrow=True)
    else:
        yield "inputs that differ: none"
    results = []
    for key, values in comparison["results"].items():
        changes = change(comparison, key)
        cells = [key]
        for run, value in enumerate(values):
            cells.append(_number(value, 1))
            if run > 0:
                cells.append(_signed(changes[run]))
        results.append(cells)
    if results:
        heads = [runs[0]]
        for name in runs[1:]:
            heads += [name, CHANGE]
        columns = [words_column(), *number_columns(heads)]
        yield text_table(columns, results, title="results", narrow=True)
    else:
        yield "results: none"


def _differences(comparison: Mapping[str, Any]) -> Table:
    """Return the inputs that differ from the first run, a run a row."""
    first = comparison["runs"][0]
    rows = []
    for name, difference in zip(comparison["runs"], comparison["differences"], strict=True):
        nothing = "" if name == first else "none"
        rows.append([name, difference or nothing])
    columns = [words_column(), words_column(folds=True)]
    return text_table(columns, rows, title=f"inputs that differ from {first}", narrow=True)


def _results(comparison: Mapping[str, Any]) -> Table:
    """Return the results, a run a row, a section a question."""
    ladder = {cause: energies for cause, energies in comparison["ladder"].items() if _are_seen(energies)}
    heads = ["deli-\nvered", "against\nits base", "of the\nceiling"]
    heads += [_stacked(words(cause)) for cause in ladder]
    columns = [words_column(wraps=False), *number_columns(heads, wraps=False)]
    delivered = comparison["results"][DELIVERED]
    shares = comparison["results"][SHARE]
    rows: list[Sequence[str]] = []
    question = ""
    for run, name in enumerate(comparison["runs"]):
        if question not in ("", comparison["questions"][run]):
            rows.append(SECTION)
        question = comparison["questions"][run]
        base = comparison["bases"][run]
        against = "" if run == base else f"{round(delivered[run] - delivered[base]) + 0:+,d}"
        share = "" if isnan(shares[run]) else f"{shares[run]:.0f} %"
        taken = [_number(energies[run]) for energies in ladder.values()]
        rows.append([name, _number(delivered[run]), against, share, *taken])
    title = "results: GWh in the season; what each cause takes of the contract's ceiling"
    return text_table(columns, rows, title=title, narrow=True)


def _are_seen(energies: Sequence[float]) -> bool:
    """Return whether a cause takes or gives at least half a GWh in some run."""
    return any(abs(energy) >= 0.5 for energy in energies)


def _bases(comparison: Mapping[str, Any]) -> Iterator[str]:
    """Yield what runs are held against, where it is not the first run."""
    runs = comparison["runs"]
    for base in sorted(set(comparison["bases"]) - {0}):
        names = [runs[run] for run, own in enumerate(comparison["bases"]) if own == base != run]
        if names:
            yield f"The base is {runs[0]}; for {', '.join(names)}, under the same contract, {runs[base]}."


def _stacked(label: str) -> str:
    """Return a label as the lines of a narrow head."""
    parts = label.replace("-", "- ").split()
    return "\n".join(part for part in parts if part != "and")


def _signed(value: float) -> str:
    """Return a change with its sign; nothing where one side has no number."""
    if isnan(value):
        return ""
    text = fixed(abs(value), 1)
    if text == fixed(0, 1):
        return "0.0"
    return f"+{text}" if value > 0 else f"−{text}"


def _number(value: float, digits: int = 0) -> str:
    return "" if isnan(value) else fixed(value, digits)


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
