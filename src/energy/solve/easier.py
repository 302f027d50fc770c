"""Programs near a long one that an interior point finds easier: with what hardly binds left out, or columns held.

Columns are held where prices leave no doubt of the bound that they are at. Prices of the whole program then say which
column was held in vain: its component is let go and the rest solved again, as in sifting (Bixby, Gregory, Lustig,
Marsten and Shanno, Operations Research 40, 1992). That the others may be held is proved with the optimum
(`energy.solve.proof`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from energy.model import Inputs
from energy.model.services import LACKING, UNSERVED
from energy.solve.lp import Problem, Structure

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


def eased(structure: Structure, problem: Problem, inputs: Inputs) -> Problem:
    """Return a program that an interior point finds easier: without roomy bounds, lacking water, and dearest prices."""
    upper, cost = problem.upper.copy(), problem.cost.copy()
    upper[_columns(structure, inputs, ROOMY)] = np.inf
    upper[_columns(structure, inputs, (LACKING,))] = 0.0
    dear = _columns(structure, inputs, (UNSERVED,), inputs.weights)
    cost[dear[(cost[dear] > 0.0) & (problem.lower[dear] >= 0.0)]] *= EASE  # so that the true cost is never below it
    return replace(problem, upper=upper, cost=cost)


@dataclass(frozen=True, eq=False)
class Held:
    """Columns held at their lower and at their upper bound, whatever that is; masks of shape (columns,)."""

    low: np.ndarray
    high: np.ndarray

    def program(self, problem: Problem) -> Problem:
        """Return the program in which they are held."""
        lower, upper = problem.lower.copy(), problem.upper.copy()
        upper[self.low], lower[self.high] = lower[self.low], upper[self.high]
        return replace(problem, lower=lower, upper=upper)

    def without(self, columns: np.ndarray) -> Held:
        """Return the same but for some columns; a mask or positions."""
        low, high = self.low.copy(), self.high.copy()
        low[columns], high[columns] = False, False
        return Held(low, high)

    def in_vain(self, structure: Structure, problem: Problem, reduced: np.ndarray) -> np.ndarray:
        """Return the columns of components of which one was held that would cost less elsewhere.

        Parameters
        ----------
        structure, problem
            The whole program.
        reduced
            Reduced costs of its columns at the optimum of the held one [$ a unit]; shape (columns,).

        Returns
        -------
        numpy.ndarray of positions; all snapshots of such a component, since what is wrong at one is soon at others
        """
        wrong = (self.low & (reduced < -WRONG)) | (self.high & (reduced > WRONG))
        wrong &= problem.upper > problem.lower
        blocks = (at[:, wrong[at].any(axis=0)].ravel() for at in structure.columns.values())
        return np.concatenate([np.array([], dtype=int), *blocks])


def beyond_doubt(problem: Problem, values: np.ndarray, reduced: np.ndarray) -> Held:
    """Return the columns of an answer that are at a bound, and that their reduced cost [$ a unit] keeps there.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.model.inputs import inputs
    >>> from energy.scenario import read_scenario
    >>> from energy.solve import Engine
    >>> from energy.solve.proof import reduced_costs
    >>> engine = Engine(inputs(read_case("two_bus"), read_scenario("two_bus")))
    >>> program, found = engine.structure.problem(engine.base), engine.solve(engine.base)
    >>> optimum = engine.solver.optimum()
    >>> held = beyond_doubt(program, optimum.values, reduced_costs(engine.structure, program, optimum.duals))
    >>> bool(held.low.any()), bool((held.low & held.high).any())
    (True, False)
    """
    low = (reduced > DECIDED) & (values - problem.lower <= AT_BOUND * np.maximum(1.0, np.abs(problem.lower)))
    high = (reduced < -DECIDED) & (problem.upper - values <= AT_BOUND * np.maximum(1.0, np.abs(problem.upper)))
    return Held(low, high)


def decided(structure: Structure, problem: Problem, inputs: Inputs, values: np.ndarray, reduced: np.ndarray) -> Held:
    """Return the columns of an answer that are at a bound beyond doubt, but for those late in the horizon."""
    snapshots = inputs.axis.snapshots
    late = [at[snapshots > snapshots[-1] - LATE].ravel() for at in structure.columns.values()]
    return beyond_doubt(problem, values, reduced).without(np.concatenate(late))


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
