"""A table for the terminal that continues below where the terminal is too narrow for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Column, Table

_READABLE_WORDS = 24
"""Letters of a column of words below which its lines become too short to read."""


class FittedTable(Table):
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
