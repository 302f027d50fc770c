"""What is written into the project's pages: headline numbers and the table of time resolutions."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from energy.errors import Fault, InputError
from energy.report.marks import marked, pages, with_block
from energy.report.whole import whole_file

HEADLINE = Path("results/reference/headline.csv")


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


def recorded_scenarios(project: Path) -> list[str]:
    """Return the scenarios of a project's headline table; none where there is no table yet."""
    path = project / HEADLINE
    return list(dict.fromkeys(read_headline(path)["scenario"])) if path.is_file() else []


def write_headline(table: pd.DataFrame, project: Path) -> list[Path]:
    """Write the headline table, fill the marked numbers of the project's pages from it, and return what was written."""
    with whole_file(project / HEADLINE) as draft:
        table.to_csv(draft, index=False, float_format="%.7g", lineterminator="\n")
    written = [project / HEADLINE]
    stored = read_headline(project / HEADLINE)
    for page in pages(project):
        before = page.read_text(encoding="utf-8")
        after = marked(before, stored)
        if after != before:
            write_page(page, after)
            written.append(page)
    return written


def write_page(page: Path, text: str) -> None:
    """Replace a page as a whole."""
    with whole_file(page) as draft:
        draft.write_text(text, encoding="utf-8")


def write_block(page: Path, name: str, text: str) -> None:
    """Replace a block of a page.

    Raises
    ------
    InputError
        When there is no such page, or no such block on it.
    """
    if not page.is_file():
        raise InputError(Fault("no such page", page))
    write_page(page, with_block(page.read_text(encoding="utf-8"), name, text))


def resolution_text(table: pd.DataFrame, default: str) -> str:
    """Return the table of time resolutions in Markdown.

    Parameters
    ----------
    table
        From ``energy.study.resolution.resolution_table``.
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
    lines = [head, ["---", *["--:"] * (len(head) - 1)]]
    for name, row in table.iterrows():
        lines.append(
            [
                f"**{name}** (default)" if name == default else str(name),
                f"{row['snapshots']:,.0f}",
                f"{row['columns']:,.0f}",
                f"{row['run time']:.1f} ×",
                f"{row['solve']:.0%}",
                f"{row['memory']:,.0f}",
                f"{row['energy']:,.1f}",
                f"{row['error']:+.2%}".replace("-", "−") if row["error"] else "0",
            ]
        )
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
