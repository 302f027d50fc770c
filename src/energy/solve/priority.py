"""Priority order of services by sequential (lexicographic) optimisation, with a certificate in MWh of each service.

The answer is the sequential optimum of the protection order: no service can get more without one before it getting
less. One solve with weights, each service worth several MWh of the next, comes near and often gets there. Whether it did
is read from the reduced costs of each service at the optimal basis: a basis is optimal for the whole order where, for
every column, the first reduced cost that is not zero has the right sign (Isermann, *Linear lexicographic optimization*,
OR Spektrum 4, 1982). Where it did not, the services are optimised one after the other from that basis, each on the
optimal face of those before it: columns and rows with a reduced cost are fixed where they are, so that no later service
can undo an earlier one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import highspy
import numpy as np
from scipy import sparse

from energy.errors import SolverError
from energy.model import Inputs
from energy.model.objective import service_costs
from energy.solve.lp import Problem, Structure, matrix_of

GAIN = 1e-3  # MWh that a service may still gain for an answer to count as its optimum
ZERO = 1e-9  # reduced cost per hour [MWh per MWh] below which a column does not matter to a service
BASIC = int(highspy.HighsBasisStatus.kBasic)
LOWER = int(highspy.HighsBasisStatus.kLower)
UPPER = int(highspy.HighsBasisStatus.kUpper)
FREE = int(highspy.HighsBasisStatus.kZero)
STATUS = np.empty(len(highspy.HighsBasisStatus.__members__), dtype=object)  # number → HiGHS's own object
for _status in highspy.HighsBasisStatus.__members__.values():
    STATUS[int(_status)] = _status

FOLLOW: dict[str, bool | int | float | str] = {
    # from the optimum of the service before, the primal simplex keeps what is feasible and has few steps to go
    "solver": "simplex",
    "presolve": "off",
    "simplex_strategy": 4,
    "primal_simplex_bound_perturbation_multiplier": 0.0,
    "simplex_scale_strategy": 2,
}


@dataclass(frozen=True, eq=False)
class ServiceCost:
    """What a service costs in the linear program: minus the energy that it is delivered, or what it lacks or buys.

    Attributes
    ----------
    service
        Its name, as in the protection order.
    cost
        MWh per unit of each column; shape (columns,).
    """

    service: str
    cost: np.ndarray


def priority_costs(structure: Structure, inputs: Inputs) -> list[ServiceCost]:
    """Return the cost of each service of the protection order, first served first; empty at least cost.

    Parameters
    ----------
    structure
        Where columns stand.
    inputs
        Whose services they are.
    """
    hours = inputs.axis.weightings["objective"].to_numpy()[:, None]
    costs = []
    for service in inputs.priority:
        cost = np.zeros(structure.pattern.shape[1])
        for component, coefficients in service_costs(inputs, service).items():
            if (component, "p") in structure.columns:
                cost[structure.columns[component, "p"]] = coefficients * hours
        if cost.any():
            costs.append(ServiceCost(service, cost))
    return costs


@dataclass(frozen=True, eq=False)
class OptimalBasis:
    """An optimal basis of HiGHS, as arrays.

    Attributes
    ----------
    columns, rows
        HiGHS's number of the status of each; shapes (columns,) and (rows,).
    """

    columns: np.ndarray
    rows: np.ndarray

    @classmethod
    def of(cls, highs: highspy.Highs) -> OptimalBasis:
        """Return the basis of the last solve."""
        basis = highs.getBasis()
        columns = np.array([int(status) for status in basis.col_status], dtype=np.int8)
        rows = np.array([int(status) for status in basis.row_status], dtype=np.int8)
        return cls(columns, rows)

    def to_highs(self) -> highspy.HighsBasis:
        """Return it as HiGHS takes it."""
        basis = highspy.HighsBasis()
        basis.col_status = STATUS[self.columns].tolist()
        basis.row_status = STATUS[self.rows].tolist()
        basis.valid, basis.alien = True, True
        return basis

    def at_bounds_of(self, problem: Problem, values: np.ndarray, activity: np.ndarray) -> OptimalBasis:
        """Return the basis with the statuses of what is not basic as the bounds of a program have them.

        Where columns and rows were fixed in between, HiGHS has all of them at their lower bound.
        """
        columns = _nonbasic_statuses(self.columns, values, problem.lower, problem.upper)
        rows = _nonbasic_statuses(self.rows, activity, problem.row_lower, problem.row_upper)
        return OptimalBasis(columns, rows)


def _nonbasic_statuses(statuses: np.ndarray, values: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    above = np.abs(values - lower)
    below = np.abs(upper - values)
    nearest = np.where(above <= below, LOWER, UPPER)
    nearest = np.where(np.isinf(lower) & np.isinf(upper), FREE, nearest)
    return np.where(statuses == BASIC, BASIC, nearest).astype(np.int8)


def reduced_costs_at_basis(
    highs: highspy.Highs, matrix: sparse.csc_matrix, costs: list[np.ndarray]
) -> list[tuple[np.ndarray, np.ndarray]] | None:
    """Return for each cost the reduced costs of columns and the prices of rows at the last basis of HiGHS.

    With the basic columns B and their costs c_B the prices y solve Bᵀy = c_B, and the reduced costs are c − Aᵀy.

    Returns
    -------
    list of (columns, rows), or None where HiGHS has no factors of its basis
    """
    status, basic = highs.getBasicVariables()  # type: ignore[attr-defined]
    if status == highspy.HighsStatus.kError:
        return None
    basic = np.asarray(basic)
    is_column = basic >= 0
    pairs = []
    for cost in costs:
        basic_cost = np.zeros(len(basic))
        basic_cost[is_column] = cost[basic[is_column]]
        status, prices = highs.getBasisTransposeSolve(basic_cost)  # type: ignore[attr-defined]
        if status == highspy.HighsStatus.kError:
            return None
        prices = np.asarray(prices)
        pairs.append((cost - matrix.T @ prices, prices))
    return pairs


class PriorityChain:
    """The services of one program, optimised one after the other from a basis of HiGHS.

    Parameters
    ----------
    highs
        Holds the program, solved to an optimal basis of some cost.
    structure, problem
        The program.
    costs
        Of the services, first served first.

    Attributes
    ----------
    gains
        What each service could still gain without loss to one before it [MWh], once `optimise` has run.
    solves
        Services for which HiGHS had to take steps.
    """

    def __init__(self, highs: highspy.Highs, structure: Structure, problem: Problem, costs: Sequence[ServiceCost]) -> None:
        self.highs = highs
        self.problem = problem
        self.costs = costs
        self.matrix = matrix_of(structure, problem)
        self.gains: dict[str, float] = {}
        self.solves = 0
        self.iterations = 0

    def prices(self) -> np.ndarray:
        """Return the prices of rows at the present basis by the program's own cost [$ per unit]; shape (rows,)."""
        return self._reduced_costs(self.problem.cost)[1]

    def optimise(self, options: Mapping[str, bool | int | float | str]) -> OptimalBasis:
        """Bring HiGHS to the optimum of the whole order; what the present basis already gives costs no step.

        Parameters
        ----------
        options
            Of HiGHS, beside those of the steps.

        Returns
        -------
        OptimalBasis
            Optimal for the whole order, in the bounds of the program.

        Raises
        ------
        SolverError
            When HiGHS loses its way.
        """
        face = _Face(self.problem)
        levels = [*self.costs, ServiceCost("costs", self.problem.cost)]
        for level in levels:
            gain = face.gain(self.highs, *self._reduced_costs(level.cost))
            if gain > GAIN:
                self._solve(level.cost, face, options)
                gain = face.gain(self.highs, *self._reduced_costs(level.cost))
            self.gains[level.service] = gain
            face.fix()
        self.gains.pop("costs")
        return face.basis(self.highs)

    def _solve(self, cost: np.ndarray, face: _Face, options: Mapping[str, bool | int | float | str]) -> None:
        for option, value in {**options, **FOLLOW}.items():
            self.highs.setOptionValue(option, value)
        columns = np.arange(len(cost), dtype=np.int32)
        self.highs.changeColsCost(len(columns), columns, cost)
        face.apply(self.highs)
        self.highs.run()
        status = self.highs.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            raise SolverError(f"priority order: HiGHS ends with '{self.highs.modelStatusToString(status)}'")
        self.solves += 1
        self.iterations += int(self.highs.getInfo().simplex_iteration_count)

    def _reduced_costs(self, cost: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the reduced costs of columns and the prices of rows at the present basis.

        With the basic columns B and their costs c_B the prices y solve Bᵀy = c_B, and the reduced costs are c − Aᵀy.
        HiGHS's own are those of the cost that it solved last, to its tolerance.
        """
        _, basic = self.highs.getBasicVariables()  # type: ignore[attr-defined]
        basic = np.asarray(basic)
        is_column = basic >= 0
        basic_cost = np.zeros(len(basic))
        basic_cost[is_column] = cost[basic[is_column]]
        status, prices = self.highs.getBasisTransposeSolve(basic_cost)  # type: ignore[attr-defined]
        if status == highspy.HighsStatus.kError:
            raise SolverError("priority order: HiGHS has no factors of its basis")
        prices = np.asarray(prices)
        reduced = cost - self.matrix.T @ prices
        reduced[basic[is_column]] = 0.0
        prices[-1 - basic[~is_column]] = 0.0
        return reduced, prices


class _Face:
    """What the services so far leave free: bounds of columns and rows, some of them fixed at a value."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.lower = np.concatenate([problem.lower, problem.row_lower])
        self.upper = np.concatenate([problem.upper, problem.row_upper])
        self.width = len(problem.lower)
        self._values = np.zeros(len(self.lower))
        self._matters = np.zeros(len(self.lower), dtype=bool)
        self._changed = np.zeros(len(self.lower), dtype=bool)

    def gain(self, highs: highspy.Highs, reduced: np.ndarray, prices: np.ndarray) -> float:
        """Return by how much a cost could still fall within the face, at most.

        Each column or row with a reduced cost of the wrong sign is taken to move over its whole range.
        """
        solution = highs.getSolution()
        self._values = np.concatenate([solution.col_value, solution.row_value])
        slope = np.concatenate([reduced, prices])
        is_open = self.lower < self.upper
        self._matters = is_open & (np.abs(slope) > ZERO * max(1.0, float(np.abs(slope).max(initial=0.0))))
        falls = self._matters & (slope > 0)
        rises = self._matters & (slope < 0)
        fallen = slope[falls] @ (self._values - self.lower)[falls].clip(min=0.0)
        risen = -slope[rises] @ (self.upper - self._values)[rises].clip(min=0.0)
        return float(fallen + risen)

    def fix(self) -> None:
        """Fix what matters to the cost just looked at where it is: no later service can undo it."""
        at_lower = np.abs(self._values - self.lower) <= np.abs(self.upper - self._values)
        value = np.where(at_lower, self.lower, self.upper)
        self.lower[self._matters] = value[self._matters]
        self.upper[self._matters] = value[self._matters]
        self._changed |= self._matters

    def apply(self, highs: highspy.Highs) -> None:
        """Hand the bounds that were fixed since to HiGHS."""
        columns = np.flatnonzero(self._changed[: self.width]).astype(np.int32)
        rows = np.flatnonzero(self._changed[self.width :]).astype(np.int32)
        highs.changeColsBounds(len(columns), columns, self.lower[columns], self.upper[columns])
        places = rows + self.width
        highs.changeRowsBounds(len(rows), rows, self.lower[places], self.upper[places])
        self._changed[:] = False

    def basis(self, highs: highspy.Highs) -> OptimalBasis:
        """Return the present basis in the bounds of the program."""
        solution = highs.getSolution()
        values, activity = np.asarray(solution.col_value), np.asarray(solution.row_value)
        return OptimalBasis.of(highs).at_bounds_of(self.problem, values, activity)
