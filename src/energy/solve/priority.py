"""Priority order of services by sequential (lexicographic) optimisation, with a certificate in MWh of each service.

The answer is the sequential optimum of the protection order: no service can get more without one before it getting
less. One solve with weights, each service worth several MWh of the next, comes near and often gets there. Whether it
did is read from the reduced costs of each service at the optimal basis: a basis is optimal for the whole order where,
for every column, the first reduced cost that is not zero has the right sign (Isermann, *Linear lexicographic
optimization*, OR Spektrum 4, 1982). Where it did not, the services are optimised one after the other from that basis,
each on the optimal face of those before it: columns and rows with a reduced cost are fixed where they are, so that no
later service can undo an earlier one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import highspy
import numpy as np

from energy.errors import SolverError
from energy.model import Inputs
from energy.model.objective import service_costs
from energy.solve.lp import Problem, Structure, matrix_of

COSTS = "costs"  # name of the program's own cost, behind all services
GAIN = 1e-4  # MWh that a service may still gain, by the columns that matter to it, before steps are taken
PROVED = 0.01  # MWh that it may still gain by all columns, for an answer to count as its optimum
COST_GAIN = 1e-9  # of the program's cost, that this may still fall
ZERO = 1e-10  # of the terms of a reduced cost, below which it is rounding, and a column does not matter to a service
FARTHEST = 1e6  # MW, hm³/h, hm³ or MWh that a column without a bound is taken to move at most
DUAL_TOLERANCES = (1e-9, 1e-10)  # of HiGHS: a column with a wide range may turn its own 1e-7 into a gain
BASIC = int(highspy.HighsBasisStatus.kBasic)
LOWER = int(highspy.HighsBasisStatus.kLower)
UPPER = int(highspy.HighsBasisStatus.kUpper)
FREE = int(highspy.HighsBasisStatus.kZero)
STATUS = np.empty(len(highspy.HighsBasisStatus.__members__), dtype=object)  # number → HiGHS's own object
for _status in highspy.HighsBasisStatus.__members__.values():
    STATUS[int(_status)] = _status

Options = dict[str, bool | int | float | str]
MOST_STEPS = 2_000  # of one simplex, which has some tens to go, and a few hundred where all is degenerate
SIMPLEX: Options = {"solver": "simplex", "presolve": "off", "simplex_iteration_limit": MOST_STEPS}
PRIMAL: Options = {"simplex_strategy": 4, "primal_simplex_bound_perturbation_multiplier": 0.0}
# From the optimum of the service before, the primal simplex keeps what is feasible and has few steps to go
FOLLOW: tuple[Options, ...] = (
    SIMPLEX | PRIMAL | {"simplex_scale_strategy": 2},
    SIMPLEX | PRIMAL | {"simplex_scale_strategy": 4},
    SIMPLEX | {"simplex_strategy": 1, "simplex_scale_strategy": 2},
    {"solver": "simplex", "presolve": "choose", "simplex_strategy": 1, "simplex_iteration_limit": 2**31 - 1},
)


@dataclass(frozen=True, eq=False)
class ServiceCost:
    """What a service costs in the linear program: minus the energy that it is delivered, or what it lacks or buys.

    Attributes
    ----------
    service
        Its name, as in the protection order.
    columns
        Number of columns.
    places, coefficients
        Columns that cost something, and MWh per unit of each: they are few, and an hourly year has two million.
    """

    service: str
    columns: int
    places: np.ndarray
    coefficients: np.ndarray

    @classmethod
    def of(cls, service: str, cost: np.ndarray) -> ServiceCost:
        """Return the cost of a service from MWh per unit of every column; shape (columns,)."""
        places = np.flatnonzero(cost)
        return cls(service, len(cost), places, cost[places])

    @property
    def cost(self) -> np.ndarray:
        """MWh per unit of every column; shape (columns,)."""
        cost = np.zeros(self.columns)
        cost[self.places] = self.coefficients
        return cost


def priority_costs(structure: Structure, inputs: Inputs) -> list[ServiceCost]:
    """Return the cost of each service of the protection order, first served first; empty at least cost.

    Parameters
    ----------
    structure
        Where columns stand.
    inputs
        Whose services they are.
    """
    weightings = inputs.axis.weightings["objective"]
    hours = weightings.to_numpy()[:, None]
    columns = structure.pattern.shape[1]
    costs = []
    for service in inputs.priority:
        cost = np.zeros(columns)
        for component, coefficients in service_costs(inputs, service).items():
            power = (component, "p")
            if power in structure.columns:
                cost[structure.columns[power]] = coefficients * hours
        level = ServiceCost.of(service, cost)
        if len(level.places):
            costs.append(level)
    return costs


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
        What each service could still gain without loss to one before it [MWh], at most, once `optimise` has run.
    solves, iterations
        Services for which HiGHS had to take steps, and simplex iterations of these.
    """

    def __init__(
        self,
        highs: highspy.Highs,
        structure: Structure,
        problem: Problem,
        costs: Sequence[ServiceCost],
    ) -> None:
        self.highs = highs
        self.problem = problem
        self.costs = costs
        self.transposed = matrix_of(structure, problem).T
        self._sizes = abs(self.transposed)
        self.gains: dict[str, float] = {}
        self.solves = 0
        self.iterations = 0
        self._point = _BasicPoint(highs)
        self._own_prices: np.ndarray | None = None  # at the present basis, once the program's own cost was looked at

    def optimise(self, options: Mapping[str, bool | int | float | str]) -> None:
        """Bring HiGHS to the optimum of the whole order; what the present basis already gives costs no step.

        Parameters
        ----------
        options
            Of HiGHS, beside those of the steps.

        Raises
        ------
        SolverError
            When HiGHS loses its way.
        """
        face = _OptimalFace(self.problem)
        for level in self.costs:
            gain = self._least(level, face, options, negligible=GAIN)
            face.fix_what_matters(self._point)
            self.gains[level.service] = gain + face.overlooked
        self._least_cost(face, options)

    def _least(
        self,
        level: ServiceCost,
        face: _OptimalFace,
        options: Mapping[str, bool | int | float | str],
        negligible: float,
    ) -> float:
        """Go to the least of a cost within the face; return by how much it could still fall, at most.

        No step is taken for what is negligible.
        """
        gain = self._possible_gain(level, face)
        for tolerance in DUAL_TOLERANCES:
            if gain <= negligible:
                break
            sharper = {**options, "dual_feasibility_tolerance": tolerance}
            self._solve(level.cost, face, sharper)
            gain = self._possible_gain(level, face)
        return gain

    def _least_cost(
        self,
        face: _OptimalFace,
        options: Mapping[str, bool | int | float | str],
    ) -> None:
        """Let the program's own cost decide between the optima of the services.

        Where the past of a plan is held as well, hardly anything can move, and no simplex may find the way. The point
        that the services ended in then stays: it is an optimum of theirs, of which a cheaper one may exist.
        """
        cost = self.problem.cost
        present_cost = abs(float(cost @ self.values()))
        basis = self.highs.getBasis()
        try:
            self._least(
                ServiceCost.of(COSTS, cost),
                face,
                options,
                negligible=COST_GAIN * present_cost,
            )
        except SolverError:
            self.highs.setBasis(basis)
            self.highs.setOptionValue("simplex_iteration_limit", 0)
            self.highs.run()
            self._point = _BasicPoint(self.highs)
            self._own_prices = None

    def _possible_gain(self, level: ServiceCost, face: _OptimalFace) -> float:
        """Return by how much a cost could still fall within the face, at most, from the present basis."""
        reduced, prices = self._reduced_costs(level.cost)
        self._own_prices = prices if level.service == COSTS else None
        slope = np.concatenate([reduced, prices])
        rounding = self._rounding(level.cost, prices)
        return face.possible_gain(self._point, slope, rounding)

    def values(self) -> np.ndarray:
        """Return the values of the columns at the present basis; shape (columns,)."""
        return self._point.values[: len(self.problem.cost)]

    def prices(self) -> np.ndarray:
        """Return the prices of rows at the present basis by the program's own cost [$ per unit]; shape (rows,)."""
        if self._own_prices is None:
            _, self._own_prices = self._reduced_costs(self.problem.cost)
        return self._own_prices

    def basis(self) -> highspy.HighsBasis:
        """Return the present basis, its nonbasic columns and rows at the bounds of the program.

        Where they were fixed in between, HiGHS has all of them at their lower bound.
        """
        basis = self.highs.getBasis()
        problem = self.problem
        width = len(problem.cost)
        is_basic = self._point.is_basic(width)
        values = self._point.values
        columns = _statuses(
            is_basic[:width],
            values[:width],
            problem.lower,
            problem.upper,
        )
        rows = _statuses(
            is_basic[width:],
            values[width:],
            problem.row_lower,
            problem.row_upper,
        )
        basis.col_status = STATUS[columns].tolist()
        basis.row_status = STATUS[rows].tolist()
        return basis

    def _solve(
        self,
        cost: np.ndarray,
        face: _OptimalFace,
        options: Mapping[str, bool | int | float | str],
    ) -> None:
        """Go from the present basis to the least of a cost within the face, by the first simplex that gets there.

        Raises
        ------
        SolverError
            When none does.
        """
        # HiGHS keeps its factors from solve to solve, also across a change of scales. With stale ones it goes astray
        # for hundreds of steps, or for ever; a basis that is set anew is factorised anew
        self.highs.setBasis(self.highs.getBasis())
        columns = np.arange(len(cost), dtype=np.int32)
        self.highs.changeColsCost(len(columns), columns, cost)
        face.hand_over(self.highs)
        status = highspy.HighsModelStatus.kNotset
        for follow in FOLLOW:
            for option, value in {**options, **follow}.items():
                self.highs.setOptionValue(option, value)
            self.highs.run()
            status = self.highs.getModelStatus()
            if status == highspy.HighsModelStatus.kOptimal:
                break
        else:
            ending = self.highs.modelStatusToString(status)
            raise SolverError(f"priority order: HiGHS ends with '{ending}'")
        run = self.highs.getInfo()
        self.solves += 1
        self.iterations += int(run.simplex_iteration_count)
        self._point = _BasicPoint(self.highs)

    def _reduced_costs(self, cost: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the reduced costs of columns and the prices of rows at the present basis.

        With the basic columns B and their costs c_B the prices y solve Bᵀy = c_B, and the reduced costs are c − Aᵀy.
        HiGHS's own are those of the cost that it solved last, to its tolerance. One step of iterative refinement takes
        out what the factors have lost (Wilkinson, Rounding Errors in Algebraic Processes, 1963, chapter 3).
        """
        point = self._point
        basic_cost = np.zeros(len(point.basic))
        basic_cost[point.is_column] = cost[point.basic_columns]
        prices = self._prices_of(basic_cost)
        prices[point.basic_rows] = 0.0
        reduced = cost - self.transposed @ prices
        lost = np.zeros(len(point.basic))
        lost[point.is_column] = reduced[point.basic_columns]
        if lost.any():
            prices += self._prices_of(lost)
            prices[point.basic_rows] = 0.0
            reduced = cost - self.transposed @ prices
        reduced[point.basic_columns] = 0.0
        return reduced, prices

    def _prices_of(self, basic_cost: np.ndarray) -> np.ndarray:
        """Return the prices of rows at which the basic columns cost nothing more than this."""
        if not basic_cost.any():  # as of a service that is not used at all
            return np.zeros(len(basic_cost))
        status, prices = self.highs.getBasisTransposeSolve(basic_cost)  # type: ignore[attr-defined]
        if status == highspy.HighsStatus.kError:
            raise SolverError("priority order: HiGHS has no factors of its basis")
        return np.asarray(prices).copy()

    def _rounding(self, cost: np.ndarray, prices: np.ndarray) -> np.ndarray:
        """Return what of the reduced costs of columns, and of the prices of rows, is rounding: by their terms."""
        price_sizes = np.abs(prices)
        terms = np.abs(cost) + self._sizes @ price_sizes
        sizes: np.ndarray = np.concatenate([terms, price_sizes])
        return ZERO * sizes.clip(1.0)


class _BasicPoint:
    """Where HiGHS is: which columns and rows are basic, and the values of all, columns first."""

    def __init__(self, highs: highspy.Highs) -> None:
        _, basic = highs.getBasicVariables()  # type: ignore[attr-defined]
        self.basic = np.asarray(basic)
        self.is_column = self.basic >= 0
        self.basic_columns = self.basic[self.is_column]
        self.basic_rows = -1 - self.basic[~self.is_column]
        solution = highs.getSolution()
        self.values = np.concatenate([solution.col_value, solution.row_value])

    def is_basic(self, width: int) -> np.ndarray:
        """Return for columns, of which there are ``width``, and rows whether they are basic."""
        basic = np.zeros(len(self.values), dtype=bool)
        basic[self.basic_columns] = True
        basic[width + self.basic_rows] = True
        return basic


class _OptimalFace:
    """What the services so far leave free: bounds of columns and rows, some of them fixed at a value.

    Attributes
    ----------
    overlooked
        What the cost just looked at could still fall by columns and rows whose reduced cost does not matter [MWh].
    """

    def __init__(self, problem: Problem) -> None:
        self.width = len(problem.lower)
        self.lower = np.concatenate([problem.lower, problem.row_lower])
        self.upper = np.concatenate([problem.upper, problem.row_upper])
        count = len(self.lower)
        self._matters = np.zeros(0, dtype=int)  # places
        self._changed = np.zeros(count, dtype=bool)
        self.overlooked = 0.0

    def possible_gain(
        self,
        point: _BasicPoint,
        slope: np.ndarray,
        rounding: np.ndarray,
    ) -> float:
        """Return by how much a cost could still fall within the face by what matters to it, at most.

        Each column or row with a reduced cost of the wrong sign is taken to move over its whole range.
        """
        places = np.flatnonzero(slope)  # most services have a price in few columns and rows
        slope = slope[places]
        values = point.values[places]
        lower = self.lower[places]
        upper = self.upper[places]
        room_below = (values - lower).clip(0.0, FARTHEST)
        room_above = (upper - values).clip(0.0, FARTHEST)
        gain_below = slope * room_below
        gain_above = -slope * room_above
        gains = np.where(slope > 0, gain_below, gain_above)
        is_free = lower < upper
        has_slope = np.abs(slope) > rounding[places]
        matters = is_free & has_slope
        self._matters = places[matters]
        overlooked = gains[is_free & ~has_slope]
        self.overlooked = float(overlooked.sum())
        return float(gains[matters].sum())

    def fix_what_matters(self, point: _BasicPoint) -> None:
        """Fix what matters to the cost just looked at where it is: no later service can undo it."""
        places = self._matters
        lower = self.lower[places]
        upper = self.upper[places]
        value = point.values[places]
        is_at_lower = np.abs(value - lower) <= np.abs(upper - value)
        bound = np.where(is_at_lower, lower, upper)
        self.lower[places] = bound
        self.upper[places] = bound
        self._changed[places] = True

    def hand_over(self, highs: highspy.Highs) -> None:
        """Hand the bounds that were fixed since to HiGHS."""
        columns_changed = self._changed[: self.width]
        columns = np.flatnonzero(columns_changed).astype(np.int32)
        highs.changeColsBounds(
            len(columns),
            columns,
            self.lower[columns],
            self.upper[columns],
        )
        rows_changed = self._changed[self.width :]
        rows = np.flatnonzero(rows_changed).astype(np.int32)
        places = self.width + rows
        highs.changeRowsBounds(  # type: ignore[attr-defined]
            len(rows),
            rows,
            self.lower[places],
            self.upper[places],
        )
        self._changed[:] = False


def _statuses(
    is_basic: np.ndarray,
    values: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
) -> np.ndarray:
    """Return HiGHS's numbers of the statuses; what is not basic is at the nearer of its bounds."""
    is_at_lower = np.abs(values - lower) <= np.abs(upper - values)
    nearer_bound = np.where(is_at_lower, LOWER, UPPER)
    is_free = np.isinf(lower) & np.isinf(upper)
    nonbasic = np.where(is_free, FREE, nearer_bound)
    statuses = np.where(is_basic, BASIC, nonbasic)
    return statuses.astype(np.int8)
