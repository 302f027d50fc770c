"""Evidence behind the numbers of a run."""

from __future__ import annotations

import hashlib
from typing import Any

import pandas as pd

from energy.case import read_case
from energy.errors import InputError
from energy.scenario import split_value_key

MEANING = {
    "A": "official or primary source",
    "B": "reputable secondary source",
    "C": "weak source, derived or judged",
}
COLUMNS = (
    "component",
    "name",
    "attribute",
    "base",
    "low",
    "high",
    "unit",
    "source",
    "date",
    "confidence",
    "note",
)


def evidence_of(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return the evidence of the case that a run was made on.

    Parameters
    ----------
    manifest
        Of the run; names the case and the hash of its ``evidence.csv``.

    Returns
    -------
    dict
        ``counts``: (mark, meaning, rows); ``columns`` and ``rows`` of the table; ``note``: what is to be said about
        it, such as that the case has changed since.
    """
    empty: dict[str, Any] = {
        "counts": [],
        "columns": [],
        "rows": [],
        "sources": [],
    }
    try:
        case = read_case(str(manifest["case"]))
    except InputError:
        note = f"The case {manifest['case']} is not here, so that its evidence cannot be shown."
        return empty | {"note": note}
    evidence = case.evidence
    if evidence.empty:
        return empty | {"note": f"The case {case.name} brings no evidence."}

    path = case.path / "evidence.csv"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    is_unchanged = digest == manifest["inputs"].get("evidence.csv")
    columns = [column for column in COLUMNS if column in evidence]
    return {
        "counts": _mark_counts(evidence),
        "columns": columns,
        "rows": [*_changed_rows(manifest, columns), *_text_rows(evidence[columns])],
        "sources": _text_rows(case.sources.reset_index()),
        "note": "" if is_unchanged else "The evidence has changed since the first run was made.",
    }


def _changed_rows(manifest: dict[str, Any], columns: list[str]) -> list[list[str]]:
    """Return a row for each value that overrides changed for the run, as the first of the evidence."""
    values = manifest["scenario"].get("values", {})
    changed_keys = manifest["scenario"].get("changes", {})
    rows = []
    for address, value in values.items():
        if f"values.{address}" not in changed_keys:
            continue
        component, name, attribute = split_value_key(address)
        cells = {
            "component": component,
            "name": name,
            "attribute": attribute,
            "base": f"{value:g}",
            "source": "changed for this run",
            "confidence": "–",
        }
        rows.append([cells.get(column, "") for column in columns])
    return rows


def _mark_counts(evidence: pd.DataFrame) -> list[tuple[str, str, int]]:
    """Return mark, meaning and number of rows of each confidence, in the order of the marks."""
    marks = evidence["confidence"].astype(str)
    counts = marks.value_counts().sort_index()
    rows = []
    for mark, count in counts.items():
        meaning = MEANING.get(str(mark), "")
        rows.append((str(mark), meaning, int(count)))
    return rows


def _text_rows(table: pd.DataFrame) -> list[list[str]]:
    rows = table.itertuples(index=False)
    return [list(map(_cell_text, row)) for row in rows]


def _cell_text(value: object) -> str:
    is_nan = value != value  # noqa: PLR0124
    if value is None or is_nan:
        return ""
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)
