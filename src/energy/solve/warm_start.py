"""Warm start: the optimal basis of one program as the start of another that has other snapshots.

A snapshot takes the statuses of the snapshot that stands for the same hours in the other program. The result need not
be a basis: it is marked as alien, and HiGHS completes it, always in the same way.
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
from energy.model.snapshot_runs import positions
from energy.solve.lp import BALANCE, ENERGY, LOSS, RATING, VOLTAGE, Structure

Rule = Mapping[str, Any]
STATUS = np.empty(len(highspy.HighsBasisStatus.__members__), dtype=object)  # number → the status object of HiGHS
for _status in highspy.HighsBasisStatus.__members__.values():
    STATUS[int(_status)] = _status
BASIC = int(highspy.HighsBasisStatus.kBasic)
LOWER = int(highspy.HighsBasisStatus.kLower)
_FIELDS = ("", "-at_least", "-at_most", "-equals")


@dataclass(frozen=True, eq=False)
class WarmStart:
    """An optimal basis, and the little of its program that is needed to carry it over: hundreds are kept in memory."""

    basis: highspy.HighsBasis
    structure: Structure
    axis: Axis
    rules: Sequence[Rule]

    @cached_property
    def _column_status(self) -> np.ndarray:
        return _status_numbers(self.basis.col_status)

    @cached_property
    def _row_status(self) -> np.ndarray:
        return _status_numbers(self.basis.row_status)

    def carried(
        self,
        structure: Structure,
        inputs: Inputs,
    ) -> highspy.HighsBasis | None:
        """Return a start for another program; None where it has other components."""
        if structure is self.structure:
            return self.basis
        if not self._has_components_of(structure):
            return None
        n_rows, n_columns = structure.pattern.shape
        columns = np.full(n_columns, LOWER, dtype=np.int8)
        rows = np.full(n_rows, BASIC, dtype=np.int8)
        same = _same_hours(self.axis, inputs.axis)
        for key, block in structure.columns.items():
            before = self.structure.columns[key][same]
            columns[block] = self._column_status[before]
        self._carry_rows(structure, same, rows)
        earlier_rules = {rule["name"]: rule for rule in self.rules}
        for rule in inputs.rules:
            earlier = earlier_rules.get(rule["name"])
            if earlier is not None:
                self._carry_rule(rule, earlier, same=same, structure=structure, rows=rows)
        return _basis(columns, rows)

    def _has_components_of(self, structure: Structure) -> bool:
        own = self.structure.names
        other = structure.names
        if own.keys() != other.keys():
            return False
        return all(names.equals(own[key]) for key, names in other.items())

    def _carry_rows(
        self,
        structure: Structure,
        same: np.ndarray,
        rows: np.ndarray,
    ) -> None:
        """Set the statuses of the rows of balances, contents, voltage law, ratings and losses."""
        names = (BALANCE, ENERGY, VOLTAGE, *RATING.values(), *LOSS.values())
        for name in names:
            block = structure.rows.get(name)
            earlier_block = self.structure.rows.get(name)
            if block is None or earlier_block is None:
                continue
            before = earlier_block[same]
            if block.shape != before.shape:  # other ratings need another number of segments
                continue
            in_both = (block >= 0) & (before >= 0)
            rows[block[in_both]] = self._row_status[before[in_both]]

    def _carry_rule(
        self,
        rule: Rule,
        earlier: Rule,
        *,
        same: np.ndarray,
        structure: Structure,
        rows: np.ndarray,
    ) -> None:
        """Set the statuses of the rows of a rule."""
        for field in _FIELDS:
            name = f"rule-{rule['name']}{field}"
            block = structure.rows.get(name)
            before = self.structure.rows.get(name)
            if block is None or before is None:
                continue
            if rule["kind"] == "volume":
                rows[block] = self._row_status[before]
                continue
            snapshots = _snapshots(rule, len(block))
            earlier_snapshots = _snapshots(earlier, len(before))
            row_of_snapshot = np.full(len(self.axis.snapshots), -1)
            row_of_snapshot[earlier_snapshots] = np.arange(len(earlier_snapshots))
            position = row_of_snapshot[same[snapshots]]
            in_both = position >= 0
            before_rows = before[position[in_both]]
            rows[block[in_both]] = self._row_status[before_rows]


def _status_numbers(statuses: Sequence[highspy.HighsBasisStatus]) -> np.ndarray:
    """Return the statuses of a basis as numbers."""
    numbers = [int(status) for status in statuses]
    return np.array(numbers, dtype=np.int8)


def _snapshots(rule: Rule, rows: int) -> np.ndarray:
    """Return the snapshots that the rows of a limit, of closing days, or of a travel time belong to."""
    if rule["kind"] == "travel":
        return np.arange(rows)
    if rule["kind"] == "close":
        return np.asarray(rule["at"])[1:]
    return positions(rule["runs"])


def _same_hours(earlier: Axis, axis: Axis) -> np.ndarray:
    """Return for each snapshot the one on another axis that stands for its first hour; shape (snapshots,)."""
    first_hour = axis.hours.searchsorted(axis.snapshots)
    last = len(earlier.block) - 1
    hour = np.clip(first_hour, 0, last)
    return np.asarray(earlier.block[hour])


def _basis(columns: np.ndarray, rows: np.ndarray) -> highspy.HighsBasis:
    """Return the basis of HiGHS with these statuses; shapes (columns,) and (rows,)."""
    basis = highspy.HighsBasis()
    basis.col_status = STATUS[columns].tolist()
    basis.row_status = STATUS[rows].tolist()
    basis.valid = True
    basis.alien = True  # HiGHS completes a basis that has more or fewer basic variables than rows
    return basis
