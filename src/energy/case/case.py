"""The case: what exists, read once and never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from energy.case.rules import RuleBook

if TYPE_CHECKING:
    import pypsa


@dataclass(frozen=True, eq=False)
class Case:
    """What exists: components, profiles, rules and the evidence for their numbers.

    Attributes
    ----------
    name
        Folder or file name.
    path
        Where it was read from.
    components
        PyPSA list name (``links``, …) → table of PyPSA's static attributes, one row a component, index ``name``.
    profiles
        Profile name (``demand_year``, …) → table, see docs/case-format.md.
    series
        (PyPSA list name, attribute) → table [snapshot × name] that came with a user's own network.
    weightings
        Snapshot weightings [h] of a user's own network, or None where the scenario sets the snapshots.
    own
        A user's own network as PyPSA read it, or None; what a scenario does not change, PyPSA takes from here.
    rules
        Services, contract and rules.
    evidence
        One row a number: component, name, attribute, base, low, high, unit, source, date, confidence, note.
    sources, corridors
        Tables of the files of that name.
    extended_by
        What a scenario added, as text; empty for a case as it was read.
    record
        What happened, to hold the model against: place, quantity, date (a year or a day), value, low, high, unit, role.

    Examples
    --------
    >>> from energy.case import read_case
    >>> case = read_case("two_bus")
    >>> case.name, sorted(case.profiles)
    ('two_bus', ['demand_hour', 'demand_month', 'demand_year', 'inflow', 'water_statistics'])
    """

    name: str
    path: Path
    components: Mapping[str, pd.DataFrame]
    profiles: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    series: Mapping[tuple[str, str], pd.DataFrame] = field(default_factory=dict)
    weightings: pd.DataFrame | None = None
    own: pypsa.Network | None = None
    rules: RuleBook = field(default_factory=RuleBook)
    evidence: pd.DataFrame = field(default_factory=pd.DataFrame)
    sources: pd.DataFrame = field(default_factory=pd.DataFrame)
    corridors: pd.DataFrame = field(default_factory=pd.DataFrame)
    record: pd.DataFrame = field(default_factory=pd.DataFrame)
    extended_by: str = ""

    def __repr__(self) -> str:
        """Return one line: name, and how many components there are of each kind."""
        return f"Case({self.name!r}: {self._sizes()})"

    def _repr_html_(self) -> str:
        evidence = self.evidence
        marks = (
            "" if evidence.empty else f", {len(evidence)} numbers with evidence, weakest mark {self.weakest_confidence}"
        )
        return f"<b>{escape(self.name)}</b>: {escape(self._sizes())}{marks}"

    def _sizes(self) -> str:
        parts = [f"{len(table)} {name}" for name, table in self.components.items() if name != "carriers"]
        return ", ".join(parts)

    def names(self, component: str, pattern: str) -> list[str]:
        """Return the names of a component list that a shell pattern matches, in the table's order."""
        table = self.components.get(component)
        if table is None:
            return []
        if pattern in table.index:  # a name may hold brackets, so an exact name comes before a pattern
            return [pattern]
        return [name for name in table.index if fnmatchcase(name, pattern)]

    def corridor(self, name: str) -> list[tuple[str, str]]:
        """Return the (component list, name) pairs of a corridor, empty where the case knows no such corridor."""
        return list(_corridor(self, name))

    @property
    def weakest_confidence(self) -> str:
        """The weakest mark (A, B, C) among the case's evidence; a dash where it has none."""
        if self.evidence.empty:
            return "–"
        return str(max(self.evidence["confidence"]))


@lru_cache(maxsize=1024)  # samples look up the same few corridors again and again
def _corridor(case: Case, name: str) -> tuple[tuple[str, str], ...]:
    if case.corridors.empty:
        return ()
    rows = case.corridors[case.corridors["corridor"] == name]
    components: list[tuple[str, str]] = []
    for component, pattern in zip(rows["component"], rows["name"], strict=True):
        names = case.names(str(component), str(pattern))
        components += [(str(component), name_of_component) for name_of_component in names]
    return tuple(components)
