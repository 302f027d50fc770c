"""Evidence behind the numbers of a run."""

from __future__ import annotations

import hashlib
from typing import Any

from energy.case import read_case
from energy.errors import InputError

MEANING = {
    "A": "official or primary source",
    "B": "reputable secondary source",
    "C": "weak source, derived or judged",
}
COLUMNS = ("component", "name", "attribute", "base", "low", "high", "unit", "source", "date", "confidence", "note")


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
    nothing: dict[str, Any] = {"counts": [], "columns": [], "rows": [], "sources": []}
    try:
        case = read_case(str(manifest["case"]))
    except InputError:
        return nothing | {"note": f"The case {manifest['case']} is not here, so that its evidence cannot be shown."}
    if case.evidence.empty:
        return nothing | {"note": f"The case {case.name} brings no evidence."}
    path = case.path / "evidence.csv"
    same = hashlib.sha256(path.read_bytes()).hexdigest() == manifest["inputs"].get("evidence.csv")
    table = case.evidence
    columns = [column for column in COLUMNS if column in table]
    counts = table["confidence"].astype(str).value_counts().sort_index()
    return {
        "counts": [(mark, MEANING.get(str(mark), ""), int(count)) for mark, count in counts.items()],
        "columns": columns,
        "rows": [[_cell(value) for value in row] for row in table[columns].itertuples(index=False)],
        "sources": [[_cell(value) for value in row] for row in case.sources.reset_index().itertuples(index=False)],
        "note": "" if same else "The evidence has changed since the first run was made.",
    }


def _cell(value: object) -> str:
    return "" if value is None or value != value else f"{value:g}" if isinstance(value, float) else str(value)  # noqa: PLR0124  (nan)
