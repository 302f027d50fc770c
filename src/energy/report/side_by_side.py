"""Many runs side by side, for the terminal: a comparison of scenarios, and the points of a sweep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isnan
from typing import TYPE_CHECKING, Any

import pandas as pd

from energy.report.text_table import SECTION, fixed, number_columns, text_table, words_column
from energy.results.compare import DELIVERED, SHARE, change, in_words
from energy.results.season import words
from energy.results.sweep_table import (
    axes_of,
    axis_label,
    grid_of,
    label,
    quantities_of,
    value_texts,
)

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
        yield _inputs_beside(comparison)
        yield _results_beside(comparison)
    else:
        yield _differences(comparison)
        yield _results(comparison)
    yield from _bases(comparison)
    for name, reason in (failed or {}).items():
        yield f"{name}: no result; {reason}"


def _inputs_beside(comparison: Mapping[str, Any]) -> Table | str:
    """Return the inputs that differ, a run a column."""
    rows = []
    for key, values in comparison["inputs"].items():
        texts = map(in_words, values)
        rows.append([key, *texts])
    if not rows:
        return "inputs that differ: none"
    columns = [words_column(), *map(words_column, comparison["runs"])]
    return text_table(columns, rows, title="inputs that differ", narrow=True)


def _results_beside(comparison: Mapping[str, Any]) -> Table | str:
    """Return the results, a run a column, each later one followed by its change."""
    rows = []
    for key, values in comparison["results"].items():
        changes = change(comparison, key)
        cells = [key]
        for run, value in enumerate(values):
            cells.append(_number(value, 1))
            if run > 0:
                cells.append(_signed(changes[run]))
        rows.append(cells)
    if not rows:
        return "results: none"
    first, *others = comparison["runs"]
    heads = [first]
    for name in others:
        heads += [name, CHANGE]
    columns = [words_column(), *number_columns(heads)]
    return text_table(columns, rows, title="results", narrow=True)


def _differences(comparison: Mapping[str, Any]) -> Table:
    """Return the inputs that differ from the first run, a run a row."""
    runs = comparison["runs"]
    differences = comparison["differences"]
    first = runs[0]
    rows = []
    for name, difference in zip(runs, differences, strict=True):
        nothing = "" if name == first else "none"
        rows.append([name, difference or nothing])
    columns = [words_column(), words_column(folds=True)]
    return text_table(columns, rows, title=f"inputs that differ from {first}", narrow=True)


def _results(comparison: Mapping[str, Any]) -> Table:
    """Return the results, a run a row, a section a question."""
    heads = ["deli-\nvered", "against\nits base", "of the\nceiling"]
    ladder = []
    for cause, energies in comparison["ladder"].items():
        if _are_seen(energies):
            ladder.append(energies)
            heads.append(_stacked(words(cause)))
    columns = [words_column(wraps=False), *number_columns(heads, wraps=False)]
    delivered = comparison["results"][DELIVERED]
    shares = comparison["results"][SHARE]
    rows: list[Sequence[str]] = []
    question_before = ""
    for run, name in enumerate(comparison["runs"]):
        question = comparison["questions"][run]
        if question_before not in ("", question):
            rows.append(SECTION)
        question_before = question
        base = comparison["bases"][run]
        cells = [name, _number(delivered[run])]
        cells.append("" if run == base else _whole_change(delivered[base], delivered[run]))
        cells.append("" if isnan(shares[run]) else f"{shares[run]:.0f} %")
        cells += [_number(energies[run]) for energies in ladder]
        rows.append(cells)
    title = "results: GWh in the season; what each cause takes of the contract's ceiling"
    return text_table(columns, rows, title=title, narrow=True)


def _whole_change(before: float, after: float) -> str:
    """Return a change in whole numbers, with its sign; zero has no minus."""
    whole = round(after - before) + 0
    return f"{whole:+,d}"


def _are_seen(energies: Sequence[float]) -> bool:
    """Return whether a cause takes or gives at least half a GWh in some run."""
    return any(abs(energy) >= 0.5 for energy in energies)


def _bases(comparison: Mapping[str, Any]) -> Iterator[str]:
    """Yield what runs are held against, where it is not the first run."""
    runs = comparison["runs"]
    bases = comparison["bases"]
    other_bases = set(bases) - {0}
    for base in sorted(other_bases):
        names = []
        for run, own in enumerate(bases):
            if own == base != run:
                names.append(runs[run])
        if names:
            held = ", ".join(names)
            yield f"The base is {runs[0]}; for {held}, under the same contract, {runs[base]}."


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
    columns_down = []
    words_down = []
    for level, axis in enumerate(down):
        head = axis_label(values, str(axis))
        columns_down.append(words_column(head))
        of_level = grid.index.get_level_values(level)
        words_down.append(value_texts(of_level.tolist()))
    title = label(values)
    columns_are_values = len(down) < len(axes)
    if columns_are_values:
        columns = value_texts(grid.columns.tolist())
        title += f"; to the right: {axis_label(values, axes[-1])}"
    else:
        columns = [label(values, quantity)]
    rows: list[tuple[str, ...]] = []
    before = ""
    for number, numbers in enumerate(grid.to_numpy(float)):
        names = [texts[number] for texts in words_down]
        if len(down) > 1 and before not in ("", names[0]):
            rows.append(SECTION)
        before = names[0]
        cells = ["–" if isnan(value) else fixed(value, 1) for value in numbers]
        rows.append((*names, *cells))
    all_columns = [*columns_down, *number_columns(columns)]
    return text_table(all_columns, rows, title=title)


def _spread(dataset: xr.Dataset) -> Table:
    """Return the lowest, mean and highest value of each quantity."""
    rows = []
    for name in quantities_of(dataset):
        variable = dataset[name]
        if not variable.notnull().any():
            continue
        numbers = (variable.min(), variable.mean(), variable.max())
        figures = [f"{float(number):,.4g}" for number in numbers]
        unit = variable.attrs["units"]
        rows.append([name, *figures, unit])
    heads = ["lowest", "mean", "highest"]
    columns = [words_column(), *number_columns(heads), words_column("unit")]
    return text_table(columns, rows, title="all points")
