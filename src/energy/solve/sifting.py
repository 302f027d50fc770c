"""Sifting for long horizons: relaxed programs and programs with fixed variables, easier for an interior point.

Columns are fixed at a bound where their reduced costs leave no doubt. Reduced costs of the complete program then show
which column was fixed wrongly: its component is released and the program solved again, as in sifting (Bixby, Gregory,
Lustig, Marsten and Shanno, Operations Research 40, 1992). The duality gap of the complete program proves that the
other columns may stay fixed (`energy.solve.duality_gap`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from energy.model import Inputs
from energy.model.objective import LACKING, UNSERVED
from energy.solve.duality_gap import reduced_costs
from energy.solve.lp import Key, Problem, Structure

# An interior point makes no progress on a long horizon with some bounds and prices. The relaxed program leaves out the
# bounds of these carriers, which hardly ever bind, and lacking water, whose price is a thousand times any other; and it
# multiplies the price of unserved demand of a service, the next highest, by this share. A solution of the relaxed
# program counts only where it is the optimum of the true program too
ROOMY = (UNSERVED, "spillway", "river mouth")
EASE = 0.75
DECIDED = 0.1  # reduced cost [$ a unit] above which a column within AT_BOUND of its bound is fixed there
AT_BOUND = 1e-5  # distance from a bound, relative to its size and one
# No column is fixed in the last days of the horizon: the value of water that leaves the horizon is not unique there
LATE = pd.Timedelta("7D")
WRONG = 1e-6  # reduced cost [$ a unit] away from its bound above which a fixed column is released


def relaxed_program(
    structure: Structure,
    problem: Problem,
    inputs: Inputs,
) -> Problem:
    """Return the relaxed program: without bounds of roomy carriers and lacking water, unserved demand cheaper."""
    roomy = _power_columns(structure, inputs, ROOMY)
    lacking = _power_columns(structure, inputs, (LACKING,))
    upper = problem.upper.copy()
    upper[roomy] = np.inf
    upper[lacking] = 0.0
    unserved = _power_columns(structure, inputs, (UNSERVED,), services=inputs.weights)
    has_price = problem.cost[unserved] > 0.0
    is_positive = problem.lower[unserved] >= 0.0
    cheaper = unserved[has_price & is_positive]  # so that the true cost is never below the relaxed one
    cost = problem.cost.copy()
    cost[cheaper] *= EASE
    return replace(problem, upper=upper, cost=cost)


@dataclass(frozen=True, eq=False)
class FixedColumns:
    """Columns fixed at their lower and at their upper bound, whatever its value.

    Attributes
    ----------
    low, high
        Masks of shape (columns,).
    snapshots
        Snapshots of the program.
    columns
        Blocks of columns of the program, as in `Structure`.
    """

    low: np.ndarray
    high: np.ndarray
    snapshots: pd.Index
    columns: Mapping[Key, np.ndarray]

    def carried(
        self,
        structure: Structure,
        snapshots: pd.Index,
    ) -> FixedColumns | None:
        """Return the fixed columns of a program of the same components; None on other snapshots.

        The angle of a line that is open here has no block, and is not fixed.
        """
        if not self.snapshots.equals(snapshots):
            return None
        n_columns = structure.pattern.shape[1]
        low = np.zeros(n_columns, dtype=bool)
        high = np.zeros(n_columns, dtype=bool)
        for key, block in structure.columns.items():
            own_block = self.columns[key]
            low[block] = self.low[own_block]
            high[block] = self.high[own_block]
        return FixedColumns(low, high, snapshots, structure.columns)

    def program(self, problem: Problem) -> Problem:
        """Return the program with these columns fixed."""
        lower = problem.lower.copy()
        upper = problem.upper.copy()
        upper[self.low] = problem.lower[self.low]
        lower[self.high] = problem.upper[self.high]
        return replace(problem, lower=lower, upper=upper)

    def without(self, columns: np.ndarray) -> FixedColumns:
        """Return the fixed columns without those at some positions."""
        low = self.low.copy()
        high = self.high.copy()
        low[columns] = False
        high[columns] = False
        return replace(self, low=low, high=high)

    def but_in_vain(
        self,
        structure: Structure,
        problem: Problem,
        duals: np.ndarray,
    ) -> FixedColumns:
        """Return the fixed columns without the components of which a column would cost less away from its bound.

        All snapshots of such a component are released, since an error at one snapshot soon spreads to others.

        Parameters
        ----------
        structure, problem
            The complete program.
        duals
            Dual values of its rows at the optimum with fixed columns [$ per unit of the row]; shape (rows,).
        """
        reduced = reduced_costs(structure, problem, duals)
        wrong_low = self.low & (reduced < -WRONG)
        wrong_high = self.high & (reduced > WRONG)
        has_range = problem.upper > problem.lower
        wrong = (wrong_low | wrong_high) & has_range
        released = []
        for block in structure.columns.values():
            components = wrong[block].any(axis=0)
            released.append(block[:, components].ravel())
        return self.without(np.concatenate(released))


def fixable_columns(
    structure: Structure,
    problem: Problem,
    inputs: Inputs,
    values: np.ndarray,
    duals: np.ndarray,
) -> FixedColumns:
    """Return the columns of a solution that are at a bound and whose reduced cost leaves no doubt of it.

    Parameters
    ----------
    structure, problem, inputs
        The program and its inputs.
    values, duals
        Of the solution: columns in their own units, shape (columns,); rows [$ per unit of the row], shape (rows,).
    """
    reduced = reduced_costs(structure, problem, duals)
    above_lower = values - problem.lower
    below_upper = problem.upper - values
    at_lower = above_lower <= AT_BOUND * np.maximum(1.0, np.abs(problem.lower))
    at_upper = below_upper <= AT_BOUND * np.maximum(1.0, np.abs(problem.upper))
    low = at_lower & (reduced > DECIDED)
    high = at_upper & (reduced < -DECIDED)
    snapshots = inputs.axis.snapshots
    is_late = snapshots > snapshots[-1] - LATE
    late = [block[is_late].ravel() for block in structure.columns.values()]
    fixed = FixedColumns(low, high, snapshots, structure.columns)
    return fixed.without(np.concatenate(late))


def _power_columns(
    structure: Structure,
    inputs: Inputs,
    carriers: tuple[str, ...],
    *,
    services: Collection[str] | None = None,
) -> np.ndarray:
    """Return the columns of power of the generators and links of some carriers and, where given, of some services."""
    columns = [np.array([], dtype=int)]
    for component in ("generators", "links"):
        block = structure.columns.get((component, "p"))
        if block is None:
            continue
        table = inputs.components[component]
        chosen = table["carrier"].isin(carriers)
        if services is not None:
            chosen &= _has_service(table, services)
        columns.append(block[:, chosen.to_numpy()].ravel())
    return np.concatenate(columns)


def _has_service(
    table: pd.DataFrame,
    services: Collection[str],
) -> pd.Series[bool]:
    """Return whether each component of a table has one of some services; none has without a column ``service``."""
    if "service" not in table:
        return pd.Series(False, index=table.index)
    return table["service"].isin(services)
