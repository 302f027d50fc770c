"""Docs pages: headline numbers and generated tables written into the project's pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from energy.errors import Fault, InputError
from energy.report.doc_numbers import docs_pages, with_block, with_numbers, with_ranges
from energy.report.text_table import markdown_table
from energy.results.files import atomic_file
from energy.results.predicted_ranges import recorded_ranges

HEADLINE = Path("results/reference/headline.csv")
COLUMNS = ("scenario", "quantity", "unit", "value")


def read_headline(path: Path) -> pd.DataFrame:
    """Return the headline table.

    Raises
    ------
    InputError
        When there is no such file.
    """
    if not path.is_file():
        raise InputError(Fault("no headline table", path, repair="make it with: make reference"))
    return pd.read_csv(path)


def recorded(project: Path) -> pd.DataFrame | None:
    """Return a project's headline table; None where there is none yet."""
    path = project / HEADLINE
    return read_headline(path) if path.is_file() else None


def renewed(
    before: pd.DataFrame | None,
    new: Sequence[pd.DataFrame],
    library: Sequence[str],
) -> pd.DataFrame:
    """Return a headline table with the rows of some scenarios renewed, in the order of the library.

    Parameters
    ----------
    before
        The table as it was; rows of scenarios that the library no longer has are left out.
    new
        New rows, one table a scenario.
    library
        Names of all scenarios.

    Examples
    --------
    >>> row = lambda name, value: pd.DataFrame([(name, "delivered", "GWh", value)], columns=COLUMNS)
    >>> before = pd.concat([row("b", 1.0), row("gone", 2.0), row("a", 3.0)])
    >>> renewed(before, [row("b", 4.0)], ["a", "b"])[["scenario", "value"]].to_numpy().tolist()
    [['a', 3.0], ['b', 4.0]]
    """
    table_of: dict[str, pd.DataFrame] = {}
    if before is not None:
        for name, rows in before.groupby("scenario"):
            table_of[str(name)] = rows
    for table in new:
        name = str(table["scenario"].iloc[0])
        table_of[name] = table
    kept = [table_of[name] for name in library if name in table_of]
    return pd.concat(kept, ignore_index=True)


def write_headline(table: pd.DataFrame, project: Path) -> list[Path]:
    """Write the headline table, fill the marked numbers of the project's pages from it, and return what was written."""
    with atomic_file(project / HEADLINE, table=True) as draft:
        table.to_csv(draft, index=False, float_format="%.7g", lineterminator="\n")
    stored = read_headline(project / HEADLINE)
    pages = _renewed_pages(project, lambda text: with_numbers(text, stored))
    return [project / HEADLINE, *pages]


def write_page_ranges(project: Path) -> list[Path]:
    """Fill the marked ranges of a project's pages from its recorded ranges, and return the pages that changed."""
    ranges = recorded_ranges(project)
    return _renewed_pages(project, lambda text: with_ranges(text, ranges))


def _renewed_pages(project: Path, renew: Callable[[str], str]) -> list[Path]:
    """Renew the pages of a project, and return those that changed."""
    changed = []
    for page in docs_pages(project):
        before = page.read_text(encoding="utf-8")
        after = renew(before)
        if after != before:
            _write_page(page, after)
            changed.append(page)
    return changed


def _write_page(page: Path, text: str) -> None:
    """Replace a page as a whole; who calls has read it, and changed what its marks enclose."""
    with atomic_file(page, force=True) as draft:
        draft.write_text(text, encoding="utf-8")


def write_block(page: Path, name: str, text: str) -> None:
    """Replace a block of a page.

    Raises
    ------
    InputError
        When there is no such page, or no such block on it.
    """
    write_blocks(page, {name: text})


def write_blocks(page: Path, blocks: Mapping[str, str]) -> None:
    """Replace several blocks of a page at once.

    Raises
    ------
    InputError
        When there is no such page, or one of the blocks is not on it.
    """
    if not page.is_file():
        raise InputError(Fault("no such page", page))
    text = page.read_text(encoding="utf-8")
    for name, block in blocks.items():
        text = with_block(text, name, block)
    _write_page(page, text)


def refuse_without_block(page: Path, name: str) -> None:
    """Refuse a page that cannot take a block, before what goes into it is solved.

    Raises
    ------
    InputError
        When there is no such page, or no such block on it.
    """
    if not page.is_file():
        raise InputError(Fault("no such page", page))
    text = page.read_text(encoding="utf-8")
    try:
        with_block(text, name, "")
    except InputError:
        marks = f"<!-- begin {name} --> … <!-- end {name} -->"
        repair = "put both marks where the block is to stand"
        raise InputError(Fault(f"the page has no block {name!r}", page, allowed=marks, repair=repair)) from None


def shows(page: Path, figure: str) -> bool:
    """Return whether a page shows a figure, by its path from the page."""
    return f"]({figure})" in page.read_text(encoding="utf-8")


def resolution_text(table: pd.DataFrame, default: str) -> str:
    """Return the table of time resolutions in Markdown.

    Parameters
    ----------
    table
        From ``energy.analysis.resolution.resolution_table``.
    default
        The resolution whose run time is 1.
    """
    head = [
        "resolution",
        "snapshots",
        "columns",
        "run time",
        "in the solver",
        "peak memory [MB]",
        "energy [GWh]",
        "error",
    ]
    lines = []
    for name, row in table.iterrows():
        label = f"**{name}** (default)" if name == default else str(name)
        error = f"{row['error']:+.2%}".replace("-", "−") if row["error"] else "0"
        lines.append(
            [
                label,
                f"{row['snapshots']:,.0f}",
                f"{row['columns']:,.0f}",
                f"{row['run time']:.1f} ×",
                f"{row['solve']:.0%}",
                f"{row['memory']:,.0f}",
                f"{row['energy']:,.1f}",
                error,
            ]
        )
    return markdown_table(head, lines, "l" + "r" * (len(head) - 1))
