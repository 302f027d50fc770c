"""Text tables for the terminal and in Markdown: the one renderer, and numbers as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from rich.box import HEAVY_HEAD, SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Column, Table
from rich.text import Text

from energy.metrics.audit import TOLERANCE

_READABLE_WORDS = 24
"""Letters of a column of words below which its lines become too short to read."""
SECTION: tuple[str, ...] = ()
"""A row that is a line between two sections."""


class TextColumn(NamedTuple):
    """A column of a table.

    Attributes
    ----------
    head
        Its head; lines are separated by line feeds.
    is_number
        Whether its cells stand at the right.
    wraps
        Whether cells may take several lines.
    folds
        Whether long words are broken at the end of a line.
    """

    head: str
    is_number: bool = True
    wraps: bool = True
    folds: bool = False


def number_columns(heads: Iterable[str], wraps: bool = True) -> list[TextColumn]:
    """Return columns of numbers."""
    return [TextColumn(head, wraps=wraps) for head in heads]


def words_column(head: str = "", wraps: bool = True, folds: bool = False) -> TextColumn:
    """Return a column of words."""
    return TextColumn(head, is_number=False, wraps=wraps, folds=folds)


def text_table(
    columns: Sequence[TextColumn],
    rows: Iterable[Sequence[str]],
    *,
    total: Sequence[str] = (),
    title: str = "",
    framed: bool = False,
    narrow: bool = False,
) -> Table:
    """Return a table ready to print, which continues below itself where a terminal is too narrow for it.

    Parameters
    ----------
    columns
        Heads, and how cells stand.
    rows
        Cells; ``SECTION`` draws a line.
    total
        A last row, in bold below a line.
    title
        Words above the table.
    framed
        Whether it has a frame.
    narrow
        Whether columns stand close together.
    """
    cells = list(rows)
    look: dict[str, Any] = {
        "box": HEAVY_HEAD if framed else SIMPLE_HEAD,
        "pad_edge": framed,
        "title_style": "table.title",
        "title_justify": "left",
        "padding": 0 if narrow else (0, 1),
    }

    def part(positions: Sequence[int], is_first: bool) -> Table:
        table = Table(**look)
        if is_first:
            table.title = whole.title

        def chosen(row: Sequence[Any]) -> list[Any]:
            return [row[position] for position in positions]

        chosen_rows = [chosen(row) if row else SECTION for row in cells]
        chosen_total = chosen(total) if total else ()
        _fill(table, chosen(columns), chosen_rows, chosen_total)
        return table

    whole = _FittedTable(**look)
    whole.part = part
    whole.names = _count_names(columns)
    if title:
        whole.title = Text(title)  # names are text, never markup
    _fill(whole, columns, cells, total)
    return whole


def _count_names(columns: Sequence[TextColumn]) -> int:
    """Return how many columns name the rows: those of words before the first of numbers, and one at least."""
    numbers = [position for position, column in enumerate(columns) if column.is_number]
    first_number = numbers[0] if numbers else 1
    return max(first_number, 1)


def _fill(
    table: Table,
    columns: Sequence[TextColumn],
    rows: Iterable[Sequence[str]],
    total: Sequence[str],
) -> None:
    """Give a table its columns, rows and total."""
    for column in columns:
        table.add_column(
            Text(column.head),  # names are text, never markup
            justify="right" if column.is_number else "left",
            no_wrap=not column.wraps,
            overflow="fold" if column.folds else "ellipsis",
        )
    for row in rows:
        if row == SECTION:
            table.add_section()
        else:
            table.add_row(*map(Text, row))
    if total:
        table.add_section()
        table.add_row(*map(Text, total), style="bold")


def fixed(value: float, digits: int = 0) -> str:
    """Return a number with some digits behind the point, and never a negative zero.

    Examples
    --------
    >>> fixed(1234.56), fixed(1234.56, 1), fixed(-0.01)
    ('1,235', '1,234.6', '0')
    """
    rounded = round(float(value), digits) + 0.0  # 0.0 and not -0.0
    return f"{rounded:,.{digits}f}"


def fixed_cells(values: Iterable[float], digits: int = 0) -> list[str]:
    """Return numbers as text, see `fixed`."""
    return [fixed(value, digits) for value in values]


def index_head(table: pd.DataFrame) -> str:
    """Return the head of a table's index; nothing where it has no name."""
    return "" if table.index.name is None else str(table.index.name)


def markdown_table(head: Sequence[str], lines: Iterable[Sequence[str]], sides: str) -> str:
    """Return a table in Markdown.

    Parameters
    ----------
    head, lines
        Cells.
    sides
        A letter a column: ``l`` or ``r``.

    Examples
    --------
    >>> print(markdown_table(["", "GWh"], [["May", "1"]], "lr"))
    |  | GWh |
    | --- | --: |
    | May | 1 |
    """
    rule = ["--:" if side == "r" else "---" for side in sides]
    rows = [" | ".join(cells) for cells in (head, rule, *lines)]
    return "\n".join(f"| {row} |" for row in rows)


def frame_text(table: pd.DataFrame, title: str, digits: int = 4) -> Table:
    """Return a table of numbers to print, its index first."""
    columns = [words_column(index_head(table))]
    columns += number_columns(map(str, table))
    rows = []
    for key, values in zip(table.index, table.to_numpy(dtype=object), strict=True):
        rows.append([str(key), *[_cell(value, digits) for value in values]])
    return text_table(columns, rows, title=title, framed=True)


def _cell(value: object, digits: int) -> str:
    """Return a cell; nothing where a number is unknown."""
    text = _figure(value, digits) if isinstance(value, float) else str(value)
    return "" if text == "nan" else text


def _figure(value: float, digits: int) -> str:
    """Return a number with so many figures; large ones as whole numbers, what is below the tolerance as zero."""
    if abs(value) < TOLERANCE:
        return "0"
    if abs(value) >= 10**digits:
        return f"{value:,.0f}"
    return f"{value:,.{digits}g}"


def _with_error(value: float, error: float) -> str:
    if np.isnan(value):
        return "–"
    if np.isnan(error):
        return _figure(value, 4)
    return f"{_figure(value, 4)} ± {_figure(error, 2)}"


def with_errors(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of figures and their standard errors (``X`` and ``X error``) as texts, a row a figure.

    >>> with_errors(pd.DataFrame({"EENS MWh": [1234.5], "EENS MWh error": [67.8]}, index=["AF"]))
                      AF
    EENS MWh  1,234 ± 68

    What is smaller than the solver's tolerance is nothing:

    >>> with_errors(pd.DataFrame({"avoided MWh": [-1e-10], "avoided MWh error": [1.2e-10]}, index=["TJ"]))
                    TJ
    avoided MWh  0 ± 0
    """
    unknown = pd.Series(np.nan, table.index)
    cells = {}
    for name in map(str, table):
        if name.endswith(" error"):
            continue
        errors = table.get(f"{name} error", unknown)
        pairs = zip(table[name], errors, strict=True)
        cells[name] = [_with_error(value, error) for value, error in pairs]
    return pd.DataFrame(cells, index=table.index).T


class _FittedTable(Table):
    """A table of which no cell is cut: columns that have no room stand in a table below, beside the same row names.

    Attributes
    ----------
    part
        Makes a table of the columns at some positions; whether it is the first, which carries the title.
    names
        How many columns at the left name the rows; each part repeats them.
    """

    part: Callable[[Sequence[int], bool], Table]
    names: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the table, or its parts one below the other."""
        groups = self.groups(options.max_width)
        if len(groups) == 1:
            _set_widths(self, options.max_width)
            yield from super().__rich_console__(console, options)
            return
        for number, positions in enumerate(groups):
            part = self.part(positions, number == 0)
            _set_widths(part, options.max_width)
            yield part

    def groups(self, width: int) -> list[list[int]]:
        """Return the positions of the columns of each part that is at most ``width`` letters wide, if it can be."""
        widths = [_least_width(column) + _beside(self) for column in self.columns]
        names = list(range(self.names))
        start = 1 + sum(widths[: self.names])  # the left edge, and the columns that name the rows
        groups = [list(names)]
        used = start
        for position in range(self.names, len(widths)):
            has_columns = len(groups[-1]) > self.names
            if has_columns and used + widths[position] > width:
                groups.append(list(names))
                used = start
            groups[-1].append(position)
            used += widths[position]
        return groups


def _beside(table: Table) -> int:
    """Return the letters that stand beside the content of a column: its padding and its border."""
    return table.padding[1] + table.padding[3] + 1


def _lines(column: Column) -> list[str]:
    texts = [str(column.header), *map(str, column.cells)]
    return [line for text in texts for line in text.split("\n")]


def _least_width(column: Column, words: int = _READABLE_WORDS) -> int:
    """Return the letters that a column needs so that nothing of it is cut.

    Parameters
    ----------
    column
        With its cells.
    words
        Letters below which lines of a column of words are not shortened.
    """
    lines = _lines(column)
    longest_line = max(map(cell_len, lines))
    longest_word = max(cell_len(word) for line in lines for word in line.split(" "))
    if column.no_wrap:
        return longest_line
    if column.justify == "right":
        return longest_word
    readable = min(longest_line, words)
    return readable if column.overflow == "fold" else max(readable, longest_word)


def _set_widths(table: Table, width: int) -> None:
    """Give each column what it needs, and what is left to the first columns; what cannot fit is left to rich."""
    for words in (_READABLE_WORDS, 1):
        least = [_least_width(column, words) for column in table.columns]
        room = width - 1 - len(least) * _beside(table) - sum(least)
        if room >= 0:
            break
    else:
        return
    for column, needed in zip(table.columns, least, strict=True):
        longest_line = max(map(cell_len, _lines(column)))
        more = min(max(longest_line - needed, 0), room)
        column.width = needed + more
        room -= more
