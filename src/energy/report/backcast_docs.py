"""Backcast tables for the docs, in Markdown, and for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from energy.analysis.backcast import Backcast, Row, records
from energy.analysis.backcast_quantities import PLANT
from energy.plots.backcast import backcast_figure
from energy.plots.style import save
from energy.report.docs_pages import write_blocks

if TYPE_CHECKING:
    from rich.table import Table

ROLES = {"outcome": "outcome", "follows": "follows", "input": "told"}
"""What the model was told of a recorded number: nothing, what it nearly follows from, or the number itself."""

PLACES = {"KG": "Kyrgyzstan", "TJ": "Tajikistan", "PK": "Pakistan"}
FORMS = {"GWh": ("TWh", 1e-3, "{:.2f}"), "hm3": ("km³", 1e-3, "{:.2f}"), "km3": ("km³", 1.0, "{:.2f}")}
KEY = ("place", "quantity", "date")
PERCENT = ("%", 100.0, "{:.1f}")
CONTENT = "content"


PAGE, FIGURE = Path("docs/validation.md"), Path("docs/figures/backcast")


def write_backcast(found: Backcast, variants: Mapping[str, Backcast], project: Path) -> list[Path]:
    """Renew the page and the figure of a project, and return what was written.

    Raises
    ------
    InputError
        When the project has no such page, or the page lacks a block.
    """
    blocks = {"targets": targets_text(found), "variants": variants_text({"as is": found, **variants})}
    plants = found.table[found.table["quantity"] == PLANT]
    others = found.table.drop(plants.index)
    for place in dict.fromkeys(others["place"]):
        blocks[f"record of {place}"] = years_text(others[others["place"] == place], "quantity")
    if len(plants):
        blocks["record of plants"] = years_text(plants, "place")
    write_blocks(project / PAGE, blocks)
    (project / FIGURE).parent.mkdir(parents=True, exist_ok=True)
    save(backcast_figure(found), project / FIGURE, force=True)
    return [project / PAGE, *((project / FIGURE).with_suffix(suffix) for suffix in (".png", ".svg"))]


def targets_text(found: Backcast) -> str:
    """Return the quantities that have a target: model, record, deviation, whether it is met, and what was told."""
    head = ["", "year", "model", "record", "deviation", "target", "met", "the model is told"]
    lines = [
        [
            _name(row),
            str(row["date"]),
            *_values(row),
            _deviation(row),
            _target(row),
            "yes" if row["met"] else "**no**",
            {"outcome": "nothing of it", "follows": "what it nearly follows from", "input": "the number"}[row["role"]],
        ]
        for row in records(found.judged)
    ]
    return _markdown(head, lines, "llrrrrll")


def years_text(table: pd.DataFrame, by: str) -> str:
    """Return rows of a backcast, a line for each quantity or place, with model and record of each year."""
    rows = table[table["quantity"] != CONTENT]
    years = sorted(set(rows["date"]))
    head = ["", *[f"{year}: model" if at == 0 else "record" for year in years for at in (0, 1)], "role"]
    lines = []
    for _, same in rows.groupby(by, sort=False):
        cells = []
        for year in years:
            of_year = records(same[same["date"] == year])
            cells += list(_values(of_year[0])) if of_year else ["", ""]
        roles = dict.fromkeys(ROLES[role] for role in same["role"])
        lines.append([_name(records(same)[0], by), *cells, ", ".join(roles)])
    return _markdown(head, lines, "l" + "r" * 2 * len(years) + "l")


def variants_text(variants: Mapping[str, Backcast]) -> str:
    """Return the deviations of the quantities with a target, one column a variant."""
    lines = []
    for row in records(next(iter(variants.values())).judged):
        cells = []
        for found in variants.values():
            same = [other for other in records(found.judged) if all(other[key] == row[key] for key in KEY)]
            cells.append(_deviation(same[0]) + ("" if same[0]["met"] else " ✗") if same else "")
        lines.append([_name(row), str(row["date"]), *cells])
    return _markdown(["", "year", *variants], lines, "ll" + "r" * len(variants))


def backcast_rows(found: Backcast) -> Table:
    """Return what has a target, ready to print."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    shown = Table(box=SIMPLE_HEAD, pad_edge=False)
    for head in ("", "year", "model", "record", "deviation", "target", "met", "role"):
        shown.add_column(head, justify="right" if head in ("model", "record", "deviation", "target") else "left")
    for row in records(found.judged):
        met = "yes" if row["met"] else "no"
        shown.add_row(_name(row), str(row["date"]), *_values(row), _deviation(row), _target(row), met, row["role"])
    return shown


def backcast_json(found: Backcast) -> list[Row]:
    """Return the table as records for other programs."""
    table = found.table.astype(object).where(found.table.notna(), None)
    return records(table)


def _name(row: Row, by: str = "") -> str:
    quantity = str(row["quantity"]).removeprefix("generation: ")
    where = PLACES.get(str(row["place"]), str(row["place"]))
    text = {"quantity": quantity, "place": where}.get(by, f"{where}, {quantity}")
    return f"{text} [{_form(row)[0]}]"


def _form(row: Row) -> tuple[str, float, str]:
    return PERCENT if row["unit"] == "-" else FORMS[str(row["unit"])]


def _values(row: Row) -> Iterator[str]:
    _, factor, form = _form(row)
    for key in ("model", "record"):
        yield form.format(float(row[key]) * factor)


def _deviation(row: Row) -> str:
    value = float(row["deviation"])
    if row["unit"] == "-":
        text = f"{100 * value:+.1f} points"
    elif row["unit"] == "hm3":
        text = f"{value / 1000:+.2f} km³"
    else:
        text = f"{100 * value:+.1f} %"
    return text.replace("-", "−")


def _target(row: Row) -> str:
    value = float(row["target"])
    if row["unit"] == "-":
        return f"{100 * value:.0f} points"
    return f"{value / 1000:.1f} km³" if row["unit"] == "hm3" else f"{100 * value:.0f} %"


def _markdown(head: list[str], lines: list[list[str]], sides: str) -> str:
    rule = ["--:" if side == "r" else "---" for side in sides]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *lines))
