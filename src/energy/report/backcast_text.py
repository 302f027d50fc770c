"""Backcast tables for the docs, in Markdown, and for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from energy.analysis.backcast import Backcast, Row, records
from energy.analysis.backcast_quantities import PLANT
from energy.report.text_table import TextColumn, markdown_table, text_table, words_column

if TYPE_CHECKING:
    from rich.table import Table

TOLD = {"outcome": "nothing of it", "follows": "what it nearly follows from", "input": "the number"}
ROLES = {"outcome": "outcome", "follows": "follows", "input": "told"}
"""What the model was told of a recorded number: nothing, what it nearly follows from, or the number itself."""

PLACES = {"KG": "Kyrgyzstan", "TJ": "Tajikistan", "PK": "Pakistan"}
FORMS = {
    "GWh": ("TWh", 1e-3, "{:.2f}"),
    "hm3": ("km³", 1e-3, "{:.2f}"),
    "km3": ("km³", 1.0, "{:.2f}"),
}
KEY = ("place", "quantity", "date")
PERCENT = ("%", 100.0, "{:.1f}")
CONTENT = "content"
PAGE, FIGURE = Path("docs/validation.md"), Path("docs/figures/backcast")


def backcast_blocks(backcast: Backcast, variants: Mapping[str, Backcast]) -> dict[str, str]:
    """Return the blocks of the page by their names."""
    blocks = {
        "targets": _targets_text(backcast),
        "variants": _variants_text({"as is": backcast, **variants}),
    }
    is_plant = backcast.table["quantity"] == PLANT
    plants = backcast.table[is_plant]
    others = backcast.table[~is_plant]
    for place, of_place in others.groupby("place", sort=False):
        blocks[f"record of {place}"] = _years_text(of_place, "quantity")
    if len(plants):
        blocks["record of plants"] = _years_text(plants, "place")
    return blocks


def _targets_text(backcast: Backcast) -> str:
    """Return the quantities that have a target: model, record, deviation, whether it is met, and what was told."""
    head = ["", "year", "model", "record", "deviation", "target", "met", "the model is told"]
    lines = []
    for row in records(backcast.judged):
        met = "yes" if row["met"] else "**no**"
        lines.append([*_judged_cells(row), met, TOLD[row["role"]]])
    return markdown_table(head, lines, "llrrrrll")


def _judged_cells(row: Row) -> list[str]:
    """Return the cells of a quantity with a target: name, year, model, record, deviation, target."""
    return [
        _name(row),
        str(row["date"]),
        _value(row, "model"),
        _value(row, "record"),
        _deviation(row),
        _target(row),
    ]


def _years_text(table: pd.DataFrame, by: str) -> str:
    """Return rows of a backcast, a line for each quantity or place, with model and record of each year."""
    rows = table[table["quantity"] != CONTENT]
    years = sorted(set(rows["date"]))
    head = [""]
    for year in years:
        head += [f"{year}: model", "record"]
    lines = []
    for _, same in rows.groupby(by, sort=False):
        name = _name(records(same)[0], by)
        roles = dict.fromkeys(ROLES[role] for role in same["role"])
        lines.append([name, *_cells_by_year(same, years), ", ".join(roles)])
    return markdown_table([*head, "role"], lines, "l" + "r" * 2 * len(years) + "l")


def _cells_by_year(rows: pd.DataFrame, years: list[object]) -> list[str]:
    """Return model and record of each year; nothing where a year has none."""
    cells = []
    for year in years:
        of_year = records(rows[rows["date"] == year])
        if of_year:
            cells += [_value(of_year[0], "model"), _value(of_year[0], "record")]
        else:
            cells += ["", ""]
    return cells


def _variants_text(variants: Mapping[str, Backcast]) -> str:
    """Return the deviations of the quantities with a target, one column a variant."""
    first = next(iter(variants.values()))
    deviations = [_deviations(variant) for variant in variants.values()]
    lines = []
    for row in records(first.judged):
        cells = [of_variant.get(_key(row), "") for of_variant in deviations]
        lines.append([_name(row), str(row["date"]), *cells])
    return markdown_table(["", "year", *variants], lines, "ll" + "r" * len(variants))


def _deviations(backcast: Backcast) -> dict[tuple[object, ...], str]:
    """Return the deviation of each quantity with a target; the first one of its key counts."""
    deviations: dict[tuple[object, ...], str] = {}
    for row in records(backcast.judged):
        missed = "" if row["met"] else " ✗"
        deviations.setdefault(_key(row), _deviation(row) + missed)
    return deviations


def _key(row: Row) -> tuple[object, ...]:
    return tuple(row[key] for key in KEY)


def backcast_rows(backcast: Backcast) -> Table:
    """Return what has a target, ready to print."""
    columns = [
        words_column(),
        words_column("year"),
        TextColumn("model"),
        TextColumn("record"),
        TextColumn("deviation"),
        TextColumn("target"),
        words_column("met"),
        words_column("role"),
    ]
    rows = []
    for row in records(backcast.judged):
        met = "yes" if row["met"] else "no"
        rows.append([*_judged_cells(row), met, row["role"]])
    return text_table(columns, rows)


def backcast_json(backcast: Backcast) -> list[Row]:
    """Return the table as records for other programs."""
    table = backcast.table.astype(object)
    return records(table.where(backcast.table.notna(), None))


def _name(row: Row, by: str = "") -> str:
    """Return the words of a quantity: with its place, or that of the two by which rows are gathered."""
    quantity = str(row["quantity"]).removeprefix("generation: ")
    code = str(row["place"])
    place = PLACES.get(code, code)
    words = {"quantity": quantity, "place": place}
    text = words.get(by, f"{place}, {quantity}")
    unit, _, _ = _form(row)
    return f"{text} [{unit}]"


def _form(row: Row) -> tuple[str, float, str]:
    """Return the unit in which a quantity is shown, the factor to it, and the format."""
    if row["unit"] == "-":
        return PERCENT
    return FORMS[str(row["unit"])]


def _value(row: Row, key: str) -> str:
    """Return ``model`` or ``record`` in the unit in which it is shown."""
    _, factor, form = _form(row)
    return form.format(float(row[key]) * factor)


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
    if row["unit"] == "hm3":
        return f"{value / 1000:.1f} km³"
    return f"{100 * value:.0f} %"
