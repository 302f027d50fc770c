"""A table for the terminal that continues below where the terminal is too narrow for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Column, Table

READABLE_WORDS = 24
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
            yield from super().__rich_console__(console, options)
            return
        for number, positions in enumerate(groups):
            yield self.part(positions, number == 0)

    def groups(self, width: int) -> list[list[int]]:
        """Return the positions of the columns of each part that is at most ``width`` letters wide, if it can be."""
        widths = list(map(self._column_width, self.columns))
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

    def _column_width(self, column: Column) -> int:
        """Return the letters that a column needs so that nothing of it is cut, its padding and border included."""
        texts = [str(column.header), *map(str, column.cells)]
        lines = [line for text in texts for line in text.split("\n")]
        longest_line = max(map(cell_len, lines))
        longest_word = max(cell_len(word) for line in lines for word in line.split(" "))
        padding = self.padding[1] + self.padding[3]
        if column.no_wrap:
            return longest_line + padding + 1
        least = min(longest_line, READABLE_WORDS)
        if column.justify == "right":
            least = 0
        if column.overflow != "fold":
            least = max(least, longest_word)
        return least + padding + 1
