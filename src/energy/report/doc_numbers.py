"""Generated numbers in docs: between marks, so that a command renews them and a test checks them.

A number stands as ``<!--= baseline: delivered | TWh -->1.19<!--/-->``, where the mark names a row of the headline table
(scenario: quantity) and a unit: GWh, TWh, MW, or % of that scenario's contract ceiling. A difference of two rows is
written ``a: x - b: y``. The recorded range of a number is ``<!--~ baseline: delivered | TWh -->0.52 to 2.31<!--/-->``.
A block stands between ``<!-- begin NAME -->`` and ``<!-- end NAME -->``.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from energy.errors import Fault, InputError, nearest
from energy.report.text_table import fixed
from energy.results.predicted_ranges import range_of

MARK = re.compile(r"<!--= (?P<what>[^|>]+?) \| (?P<unit>\S+) -->(?P<text>[^<]*)<!--/-->")

RANGE_MARK = re.compile(r"<!--~ (?P<what>[^|>]+?) \| (?P<unit>GWh|TWh|MW) -->(?P<text>[^<]*)<!--/-->")


def with_ranges(page: str, ranges: pd.DataFrame) -> str:
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
    >>> with_ranges("<!--~ a: delivered | TWh -->?<!--/--> TWh", pd.DataFrame([row], columns=columns))
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


def with_numbers(page: str, headline: pd.DataFrame) -> str:
    """Return a page with every marked number filled from the headline table.

    Raises
    ------
    InputError
        When a mark names a row or a unit that there is not.

    Examples
    --------
    >>> table = pd.DataFrame([("a", "delivered", "GWh", 1187.2)], columns=["scenario", "quantity", "unit", "value"])
    >>> with_numbers("<!--= a: delivered | TWh -->?<!--/--> TWh", table)
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


def with_block(page: str, name: str, text: str) -> str:
    r"""Return a page with the block of that name replaced.

    Raises
    ------
    InputError
        When the page has no such block.

    Examples
    --------
    >>> with_block("<!-- begin t -->old<!-- end t -->", "t", "new")
    '<!-- begin t -->\nnew\n<!-- end t -->'
    """
    begin = f"<!-- begin {name} -->"
    end = f"<!-- end {name} -->"
    before, is_begun, rest = page.partition(begin)
    _, is_ended, after = rest.partition(end)
    if not (is_begun and is_ended):
        raise InputError(Fault(f"the page has no block {name!r}", allowed=f"{begin} … {end}"))
    return f"{before}{begin}\n{text.strip()}\n{end}{after}"


def docs_pages(project: Path) -> list[Path]:
    """Return the pages of a project that may hold marked numbers."""
    pages = [project / "README.md"]
    pages += (project / "docs").rglob("*.md")
    pages += (project / "networks").glob("*/README.md")
    return sorted(page for page in pages if page.is_file())
