"""Digest (hash) of a case: two cases of one hash give the same answers."""

from __future__ import annotations

import json
from hashlib import sha256

import pandas as pd

from energy.case import Case
from energy.case.network_file import own_digest


def case_digest(case: Case) -> str:
    """Return a hash (SHA-256, hex) of all that a case puts into results: its evidence and sources left out.

    The same on every machine for the same files.

    Examples
    --------
    >>> from energy.case import read_case
    >>> case_digest(read_case("two_bus")) == case_digest(read_case("two_bus"))
    True
    """
    tables: dict[str, pd.DataFrame] = {"corridors": case.corridors}
    for name, table in case.components.items():
        tables[f"components/{name}"] = table
    for name, table in case.profiles.items():
        tables[f"profiles/{name}"] = table
    for (name, attribute), table in case.series.items():
        tables[f"series/{name}.{attribute}"] = table
    if case.weightings is not None:
        tables["weightings"] = case.weightings
    digest = sha256(case.rules.model_dump_json().encode())
    if case.own is not None:
        digest.update(own_digest(case.own).encode())
    for name in sorted(tables):
        digest.update(name.encode())
        digest.update(_text(tables[name]).encode())
    return digest.hexdigest()


def _text(table: pd.DataFrame) -> str:
    """Return a table as text that gives back every bit."""
    columns = {}
    for column in table:
        columns[str(column)] = [repr(value) for value in table[column].tolist()]
    index = [str(key) for key in table.index]
    return json.dumps([index, columns])
