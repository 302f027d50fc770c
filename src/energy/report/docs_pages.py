"""Docs pages: headline numbers, recorded ranges and generated tables written into the project's pages.

They stand between marks, so that a command renews them and a test checks them. A number stands as
``<!--= baseline: delivered | TWh -->1.19<!--/-->``, where the mark names a row of the headline table (scenario:
quantity) and a unit: GWh, TWh, MW, or % of that scenario's contract ceiling. A difference of two rows is written
``a: x - b: y``. The recorded range of a number is ``<!--~ baseline: delivered | TWh -->0.52 to 2.31<!--/-->``. A block
stands between ``<!-- begin NAME -->`` and ``<!-- end NAME -->``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from energy.errors import Fault, InputError, nearest
from energy.report.text_table import fixed, markdown_table
from energy.results.files import atomic_file
from energy.results.predicted_ranges import range_of, recorded_ranges

MARK = re.compile(r"<!--= (?P<what>[^|>]+?) \| (?P<unit>\S+) -->(?P<text>[^<]*)<!--/-->")

RANGE_MARK = re.compile(r"<!--~ (?P<what>[^|>]+?) \| (?P<unit>GWh|TWh|MW) -->(?P<text>[^<]*)<!--/-->")
HEADLINE = Path("results/reference/headline.csv")
COLUMNS = ("scenario", "quantity", "unit", "value")


def _with_ranges(page: str, ranges: pd.DataFrame) -> str:
    """Return a page with every marked range filled from the recorded ranges.

    Parameters
    ----------
    page
        Markdown.
    ranges
        As of ``energy.results.predicted_ranges.recorded_ranges``.

    Raises
    ------
    InputError
        When a mark names a number whose range is not recorded.

    Examples
    --------
    >>> row = ("a", "posterior", "delivered", "GWh", 512.0, 980.0, 2310.0, 200, 0)
    >>> columns = ["scenario", "numbers", "quantity", "unit", "low", "middle", "high", "sets", "failed"]
    >>> _with_ranges("<!--~ a: delivered | TWh -->?<!--/--> TWh", pd.DataFrame([row], columns=columns))
    '<!--~ a: delivered | TWh -->0.51 to 2.31<!--/--> TWh'
    """

    def filled(mark: re.Match[str]) -> str:
        scenario, _, quantity = mark["what"].partition(": ")
        row = range_of(ranges, scenario, quantity)
        if row is None:
            known = list(ranges["scenario"] + ": " + ranges["quantity"])
            repair = nearest(mark["what"], known) or f"energy ranges {scenario}"
            raise InputError(Fault(f"no recorded range {mark['what']!r}", repair=repair))
        low, high = (_in_unit(float(row[end]), mark["unit"]) for end in ("low", "high"))
        return f"<!--~ {mark['what']} | {mark['unit']} -->{low} to {high}<!--/-->"

    return RANGE_MARK.sub(filled, page)


def _in_unit(value: float, unit: str) -> str:
    return f"{value / 1000:.2f}" if unit == "TWh" else f"{round(value) + 0:,d}"


def _with_numbers(page: str, headline: pd.DataFrame) -> str:
    """Return a page with every marked number filled from the headline table.

    Raises
    ------
    InputError
        When a mark names a row or a unit that there is not.

    Examples
    --------
    >>> table = pd.DataFrame([("a", "delivered", "GWh", 1187.2)], columns=["scenario", "quantity", "unit", "value"])
    >>> _with_numbers("<!--= a: delivered | TWh -->?<!--/--> TWh", table)
    '<!--= a: delivered | TWh -->1.19<!--/--> TWh'
    """
    keys = headline["scenario"] + ": " + headline["quantity"]
    values = dict(zip(keys, headline["value"].astype(float), strict=True))

    def filled(mark: re.Match[str]) -> str:
        text = _text(mark["what"], mark["unit"], values)
        return f"<!--= {mark['what']} | {mark['unit']} -->{text}<!--/-->"

    return MARK.sub(filled, page)


def _text(what: str, unit: str, values: dict[str, float]) -> str:
    """Return a headline number, or a difference of several, in a unit."""
    keys = what.split(" - ")
    for key in keys:
        if key not in values:
            raise InputError(Fault(f"no headline number {key!r}", repair=nearest(key, values)))
    first, *others = keys
    value = values[first] - sum(values[key] for key in others)
    scenario = first.split(":")[0]
    ceiling = values.get(f"{scenario}: contract ceiling", float("nan"))
    forms = {
        "GWh": fixed(value),
        "MW": fixed(value),
        "TWh": f"{value / 1000:.2f}",
        "%": f"{100 * value / ceiling:.0f} %",
    }
    if unit not in forms:
        raise InputError(Fault(f"no unit {unit!r} for a marked number", allowed=", ".join(forms)))
    return forms[unit]


def _with_block(page: str, name: str, text: str) -> str:
    r"""Return a page with the block of that name replaced.

    Raises
    ------
    InputError
        When the page has no such block.

    Examples
    --------
    >>> _with_block("<!-- begin t -->old<!-- end t -->", "t", "new")
    '<!-- begin t -->\nnew\n<!-- end t -->'
    """
    begin = f"<!-- begin {name} -->"
    end = f"<!-- end {name} -->"
    before, is_begun, rest = page.partition(begin)
    _, is_ended, after = rest.partition(end)
    if not (is_begun and is_ended):
        raise InputError(Fault(f"the page has no block {name!r}", allowed=f"{begin} … {end}"))
    return f"{before}{begin}\n{text.strip()}\n{end}{after}"


def _docs_pages(project: Path) -> list[Path]:
    """Return the pages of a project that may hold marked numbers."""
    pages = [project / "README.md"]
    pages += (project / "docs").rglob("*.md")
    pages += (project / "networks").glob("*/README.md")
    return sorted(page for page in pages if page.is_file())


def _read_headline(path: Path) -> pd.DataFrame:
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
    return _read_headline(path) if path.is_file() else None


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
    stored = _read_headline(project / HEADLINE)
    pages = _renewed_pages(project, lambda text: _with_numbers(text, stored))
    return [project / HEADLINE, *pages]


def write_page_ranges(project: Path) -> list[Path]:
    """Fill the marked ranges of a project's pages from its recorded ranges, and return the pages that changed."""
    ranges = recorded_ranges(project)
    return _renewed_pages(project, lambda text: _with_ranges(text, ranges))


def _renewed_pages(project: Path, renew: Callable[[str], str]) -> list[Path]:
    """Renew the pages of a project, and return those that changed."""
    changed = []
    for page in _docs_pages(project):
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
        text = _with_block(text, name, block)
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
        _with_block(text, name, "")
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
