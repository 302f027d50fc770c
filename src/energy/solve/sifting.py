"""Sifting for long horizons: relaxed programs and programs with fixed variables, easier for an interior point.

Columns are held where prices leave no doubt of the bound that they are at. Prices of the whole program then say which
column was held in vain: its component is let go and the rest solved again, as in sifting (Bixby, Gregory, Lustig,
Marsten and Shanno, Operations Research 40, 1992). That the others may be held is proved with the optimum
(`energy.solve.duality_gap`).
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

# What keeps an interior point of a long horizon without progress is eased at first, and the answer stands only where it
# is the optimum of the true program all the same: bounds of these carriers, which hardly ever bind, are left out; so is
# lacking water, for its price is a thousand times any other; and unserved demand of a service, the next in price, costs
# this share of what it counts
ROOMY = (UNSERVED, "spillway", "river mouth")
EASE = 0.75
DECIDED = 0.1  # reduced cost [$ a unit] beyond which a column at its bound, but for so much of it, is held there
AT_BOUND = 1e-5
# Nothing is held in the last days of the horizon: of water that flows on beyond it more than one price fits
LATE = pd.Timedelta("7D")
WRONG = 1e-6  # reduced cost [$ a unit] by which a held column must be drawn from its bound to be let go


def relaxed_program(structure: Structure, problem: Problem, inputs: Inputs) -> Problem:
    """Return a program that an interior point finds easier: without roomy bounds, lacking water, and dearest prices."""
    upper, cost = problem.upper.copy(), problem.cost.copy()
    upper[_columns(structure, inputs, ROOMY)] = np.inf
    upper[_columns(structure, inputs, (LACKING,))] = 0.0
    dear = _columns(structure, inputs, (UNSERVED,), inputs.weights)
    cost[dear[(cost[dear] > 0.0) & (problem.lower[dear] >= 0.0)]] *= EASE  # so that the true cost is never below it
    return replace(problem, upper=upper, cost=cost)


@dataclass(frozen=True, eq=False)
class FixedColumns:
    """Columns held at their lower and at their upper bound, whatever that is.

    Attributes
    ----------
    low, high
        Masks of shape (columns,).
    snapshots
        Of the program, whose columns they are.
    columns
        Its blocks, as in `Structure`.
    """

    low: np.ndarray
    high: np.ndarray
    snapshots: pd.Index
    columns: Mapping[Key, np.ndarray]

    def carried(self, structure: Structure, snapshots: pd.Index) -> FixedColumns | None:
        """Return what is held of a program of the same components; None on other snapshots.

        The angle of a line that is open here has no block, and is not held.
        """
        if not self.snapshots.equals(snapshots):
            return None
        low = np.zeros(structure.pattern.shape[1], dtype=bool)
        high = low.copy()
        for key, at in structure.columns.items():
            low[at], high[at] = self.low[self.columns[key]], self.high[self.columns[key]]
        return FixedColumns(low, high, snapshots, structure.columns)

    def program(self, problem: Problem) -> Problem:
        """Return the program in which they are held."""
        lower, upper = problem.lower.copy(), problem.upper.copy()
        upper[self.low], lower[self.high] = lower[self.low], upper[self.high]
        return replace(problem, lower=lower, upper=upper)

    def without(self, columns: np.ndarray) -> FixedColumns:
        """Return the same but for some columns, given by position."""
        low, high = self.low.copy(), self.high.copy()
        low[columns], high[columns] = False, False
        return replace(self, low=low, high=high)

    def but_in_vain(self, structure: Structure, problem: Problem, duals: np.ndarray) -> FixedColumns:
        """Return the same but for components of which a column was held that would cost less elsewhere.

        All snapshots of such a component are let go, since what is wrong at one is soon at others.

        Parameters
        ----------
        structure, problem
            The whole program.
        duals
            Prices of its rows at the optimum of the held one [$ per unit of the row]; shape (rows,).
        """
        reduced = reduced_costs(structure, problem, duals)
        wrong = (self.low & (reduced < -WRONG)) | (self.high & (reduced > WRONG))
        wrong &= problem.upper > problem.lower
        return self.without(np.concatenate([at[:, wrong[at].any(axis=0)].ravel() for at in structure.columns.values()]))


def fixable_columns(
    structure: Structure, problem: Problem, inputs: Inputs, values: np.ndarray, duals: np.ndarray
) -> FixedColumns:
    """Return the columns of an answer that are at a bound and that their reduced cost keeps there beyond doubt.

    Parameters
    ----------
    structure, problem, inputs
        The program and what it is of.
    values, duals
        Of the answer: columns in their own units, shape (columns,); rows [$ per unit of the row], shape (rows,).
    """
    reduced, snapshots = reduced_costs(structure, problem, duals), inputs.axis.snapshots
    low = (reduced > DECIDED) & (values - problem.lower <= AT_BOUND * np.maximum(1.0, np.abs(problem.lower)))
    high = (reduced < -DECIDED) & (problem.upper - values <= AT_BOUND * np.maximum(1.0, np.abs(problem.upper)))
    late = [at[snapshots > snapshots[-1] - LATE].ravel() for at in structure.columns.values()]
    return FixedColumns(low, high, snapshots, structure.columns).without(np.concatenate(late))


def _columns(
    structure: Structure, inputs: Inputs, carriers: tuple[str, ...], services: Collection[str] | None = None
) -> np.ndarray:
    """Return the columns of power of the generators and links of some carriers, and of some services where named."""
    found = [np.array([], dtype=int)]
    for component in ("generators", "links"):
        if (component, "p") in structure.columns:
            table = inputs.components[component]
            wanted = table["carrier"].isin(carriers)
            if services is not None:
                wanted &= table["service"].isin(services) if "service" in table else False
            found.append(structure.columns[component, "p"][:, wanted.to_numpy()].ravel())
    return np.concatenate(found)
