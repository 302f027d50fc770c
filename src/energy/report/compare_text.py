"""Comparison of runs for the terminal: few runs as columns, many as rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isnan
from typing import TYPE_CHECKING, Any

from energy.results.compare import DELIVERED, SHARE, in_words
from energy.results.labels import words

if TYPE_CHECKING:
    from rich.table import Table

FEW = 4
"""Runs that still fit side by side."""


def comparison_text(found: Mapping[str, Any], failed: Mapping[str, str] | None = None) -> Iterator[Table | str]:
    """Yield the tables of a comparison, ready to print: the inputs that differ first, then the results.

    Parameters
    ----------
    found
        From `energy.results.compare.compare`.
    failed
        Runs without a result → why.
    """
    if len(found["runs"]) <= FEW:
        yield from _columns(found)
    else:
        yield from _rows(found)
    for name, reason in (failed or {}).items():
        yield f"{name}: no result; {reason}"


def _columns(found: Mapping[str, Any]) -> Iterator[Table | str]:
    for title, rows in (("inputs that differ", found["inputs"]), ("results", found["results"])):
        table = _table(title)
        table.add_column("")
        for name in found["runs"]:
            table.add_column(name, justify="right" if title == "results" else "left")
        for key, values in rows.items():
            table.add_row(key, *[_number(v, 1) if title == "results" else in_words(v) for v in values])
        yield table if rows else f"{title}: none"


def _rows(found: Mapping[str, Any]) -> Iterator[Table | str]:
    first = found["runs"][0]
    asked = _table(f"inputs that differ from {first}")
    asked.add_column("")
    asked.add_column("", overflow="fold")
    for name, difference in zip(found["runs"], found["differences"], strict=True):
        asked.add_row(name, difference or ("" if name == first else "none"))
    yield asked
    results = _table("results: GWh in the season; what each cause takes of the contract's ceiling")
    results.add_column("", no_wrap=True)
    ladder = {cause: energy for cause, energy in found["ladder"].items() if any(abs(e) >= 0.5 for e in energy)}
    for head in (
        "deli-\nvered",
        "against\nits base",
        "of the\nceiling",
        *(_stacked(words(c)) for c in ladder),
    ):
        results.add_column(head, justify="right", no_wrap=True)
    delivered, shares, before = found["results"][DELIVERED], found["results"][SHARE], ""
    for at, (name, question) in enumerate(zip(found["runs"], found["questions"], strict=True)):
        if before not in ("", question):
            results.add_section()
        before = question
        base = found["bases"][at]
        against = "" if at == base else f"{round(delivered[at] - delivered[base]) + 0:+,d}"
        share = "" if isnan(shares[at]) else f"{shares[at]:.0f} %"
        results.add_row(name, _number(delivered[at]), against, share, *[_number(e[at]) for e in ladder.values()])
    yield results
    yield from _bases(found)


def _bases(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield what runs are held against, where it is not the first run."""
    for base in sorted(set(found["bases"]) - {0}):
        names = [found["runs"][at] for at, own in enumerate(found["bases"]) if own == base != at]
        if names:
            first, other = found["runs"][0], found["runs"][base]
            yield f"The base is {first}; for {', '.join(names)}, under the same contract, {other}."


def _table(title: str) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    return Table(box=SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left", padding=(0, 1, 0, 0))


def _stacked(label: str) -> str:
    """Return a label as the lines of a narrow head."""
    return "\n".join(part for part in label.replace("-", "- ").split() if part != "and")


def _number(value: float, digits: int = 0) -> str:
    return "" if isnan(value) else f"{round(value, digits) + 0.0:,.{digits}f}"
