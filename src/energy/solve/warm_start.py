"""Warm start: the optimal basis of one program as the start of another that has other snapshots.

A snapshot takes the statuses of the snapshot that stands for the same hours in the other program. The result need not
be a basis: HiGHS is told so and completes it, always in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import highspy
import numpy as np

from energy.model import Inputs
from energy.model.axis import Axis
from energy.model.custom_constraints import positions
from energy.solve.lp import BALANCE, ENERGY, LOSS, RATING, VOLTAGE, Structure

Rule = Mapping[str, Any]
STATUS = np.empty(len(highspy.HighsBasisStatus.__members__), dtype=object)  # number → HiGHS's own object
for _status in highspy.HighsBasisStatus.__members__.values():
    STATUS[int(_status)] = _status
BASIC, LOWER = int(highspy.HighsBasisStatus.kBasic), int(highspy.HighsBasisStatus.kLower)


@dataclass(frozen=True, eq=False)
class WarmStart:
    """An optimal basis, and of the program that it belongs to what is needed to carry it: hundreds are remembered."""

    basis: highspy.HighsBasis
    structure: Structure
    axis: Axis
    rules: Sequence[Rule]

    @cached_property
    def _columns(self) -> np.ndarray:
        return np.array([int(status) for status in self.basis.col_status], dtype=np.int8)

    @cached_property
    def _rows(self) -> np.ndarray:
        return np.array([int(status) for status in self.basis.row_status], dtype=np.int8)

    def fits(self, structure: Structure) -> bool:
        """Return whether another program has the same rows and columns."""
        mine, theirs = self.structure.pattern, structure.pattern
        return mine.shape == theirs.shape and np.array_equal(mine.indptr, theirs.indptr)

    def carried(self, structure: Structure, inputs: Inputs) -> highspy.HighsBasis | None:
        """Return a start for another program; None where it has other components."""
        if structure is self.structure:
            return self.basis
        mine, theirs = structure.names, self.structure.names
        if mine.keys() != theirs.keys() or not all(mine[key].equals(theirs[key]) for key in mine):
            return None
        height, width = structure.pattern.shape
        columns, rows = np.full(width, LOWER, dtype=np.int8), np.full(height, BASIC, dtype=np.int8)
        same = _same_hours(self.axis, inputs.axis)
        for key, at in structure.columns.items():
            columns[at] = self._columns[self.structure.columns[key][same]]
        for name in (BALANCE, ENERGY, VOLTAGE, *RATING.values(), *LOSS.values()):
            if name in structure.rows and name in self.structure.rows:
                at, before = structure.rows[name], self.structure.rows[name][same]
                if at.shape != before.shape:  # other ratings ask for another number of segments
                    continue
                kept = (at >= 0) & (before >= 0)
                rows[at[kept]] = self._rows[before[kept]]
        earlier = {rule["name"]: rule for rule in self.rules}
        for rule in inputs.rules:
            if rule["name"] in earlier:
                self._carry_rule(rule, earlier[rule["name"]], same, structure, rows)
        return _basis(columns, rows)

    def _carry_rule(
        self,
        rule: Mapping[str, Any],
        earlier: Mapping[str, Any],
        same: np.ndarray,
        structure: Structure,
        rows: np.ndarray,
    ) -> None:
        for field in ("", "-at_least", "-at_most", "-equals"):
            name = f"rule-{rule['name']}{field}"
            at, before = structure.rows.get(name), self.structure.rows.get(name)
            if at is None or before is None:
                continue
            if rule["kind"] == "volume":
                rows[at] = self._rows[before]
                continue
            mine, theirs = _snapshots(rule, len(at)), _snapshots(earlier, len(before))
            place = np.full(len(self.axis.snapshots), -1)
            place[theirs] = np.arange(len(theirs))
            position = place[same[mine]]
            rows[at[position >= 0]] = self._rows[before[position[position >= 0]]]


def _snapshots(rule: Rule, rows: int) -> np.ndarray:
    """Return the snapshots that the rows of a limit, of closing days, or of a travel time belong to."""
    if rule["kind"] == "travel":
        return np.arange(rows)
    return np.asarray(rule["at"])[1:] if rule["kind"] == "close" else positions(rule["runs"])


def _same_hours(earlier: Axis, axis: Axis) -> np.ndarray:
    """Return for each snapshot the one on another axis that stands for its first hour; shape (snapshots,)."""
    first = axis.hours.searchsorted(axis.snapshots)
    return np.asarray(earlier.block[np.clip(first, 0, len(earlier.block) - 1)])


def _basis(columns: np.ndarray, rows: np.ndarray) -> highspy.HighsBasis:
    found = highspy.HighsBasis()
    found.col_status = STATUS[columns].tolist()
    found.row_status = STATUS[rows].tolist()
    found.valid, found.alien = True, True  # the number of basic columns and rows need not be that of the rows
    return found
