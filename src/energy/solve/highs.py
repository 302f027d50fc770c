"""One HiGHS model of one process: a program and a start in, an optimum out, nothing kept in between."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from math import inf

import highspy
import numpy as np

from energy.errors import SolverError
from energy.model import Inputs
from energy.model.services import LACKING, UNSERVED
from energy.solve.infeasible import conflict
from energy.solve.lp import Problem, Structure, matrix_of
from energy.solve.proof import gap
from energy.solve.refine import missed, refined

UNDECIDED = (
    highspy.HighsModelStatus.kSolveError,
    highspy.HighsModelStatus.kUnknown,
    highspy.HighsModelStatus.kUnboundedOrInfeasible,
    highspy.HighsModelStatus.kIterationLimit,
    highspy.HighsModelStatus.kNotset,  # the simplex breaks off so when its prices grow too large
)
Options = dict[str, bool | int | float | str]
OPTIONS: Options = {"output_flag": False, "threads": 1, "parallel": "off", "random_seed": 0}
# Of money HiGHS works in hundreds: neither large prices nor the small costs that break ties then leave its tolerances.
# Weights are small as they are; on a long horizon half of the steps would be for the ties between them
SCALE = 1e-2
LONG_HORIZON = 200_000  # columns; docs/resolution.md has the measurements behind it
# What keeps an interior point of a long horizon without progress is eased at first, and the answer stands only where it
# is the optimum of the true program all the same: bounds of these carriers, which hardly ever bind, are left out; so is
# lacking water, for its price is a thousand times any other; and unserved demand of a service, the next in price, costs
# this share of what it counts
ROOMY = (UNSERVED, "spillway", "river mouth")
EASE = 0.75
ROOM = 1e-6  # by how much of itself a bound left out may be passed, or in its own unit where that is more
PROVED = 1e-6  # share of the objective by which the answer's own prices must prove it to be no worse than the optimum
NEARLY = 1e-2  # what they must prove for the answer to say which columns are decided
DECIDED = 0.1  # reduced cost [$ a unit] beyond which a column at its bound, but for so much of it, is held there
AT_BOUND = 1e-5
ROUNDS = 3
NEAR: Options = {
    # from a start near the optimum the reductions of a presolve are lost, exact edge weights cost more than the steps
    # that they save, shaken costs are steps to be taken back, and factors that are always made anew at a check end
    # the wandering on stale ones (docs/performance.md)
    "solver": "simplex",
    "presolve": "off",
    "simplex_dual_edge_weight_strategy": 1,
    "dual_simplex_cost_perturbation_multiplier": 0.0,
    "no_unnecessary_rebuild_refactor": False,
    "simplex_scale_strategy": 4,  # each row and column by its largest value
    "simplex_iteration_limit": 30_000,  # without shaken costs a simplex may stall; then it starts from nothing
}
OTHERWISE_SCALED: Options = {"simplex_scale_strategy": 2}
PRIMAL: Options = {"simplex_strategy": 4}
# Of a long horizon the ways from start to optimum are flat: the dual simplex wanders, and shaken bounds must be mended.
# Where primal steps have not ended it after one for every so many columns, an interior point is quicker
FLAT: Options = PRIMAL | {"primal_simplex_bound_perturbation_multiplier": 0.0}
COLUMNS_A_STEP = 300
FAR: Options = {
    "presolve": "choose",
    "simplex_dual_edge_weight_strategy": -1,
    "dual_simplex_cost_perturbation_multiplier": 1.0,
    "simplex_iteration_limit": 2**31 - 1,
    "simplex_scale_strategy": 2,
}


def method(columns: int) -> Options:
    """Return the HiGHS options of a solve by the size of the problem.

    Up to ``LONG_HORIZON`` columns the dual simplex is quick, and ends in a basis from which the next scenario starts.
    Beyond, an interior point is several times faster, and needs no start; the crossover to a basis, which would take
    longer than the solve, is left out. That asks for a sharper point: one of HiGHS's own 1e-8 comes back through the
    presolve's reductions with prices beyond its tolerance.

    Examples
    --------
    >>> method(20_000)["solver"], method(1_700_000)["solver"]
    ('simplex', 'hipo')
    """
    if columns <= LONG_HORIZON:
        return {"solver": "simplex", "run_crossover": "on"}
    return {"solver": "hipo", "run_crossover": "off", "ipm_optimality_tolerance": 1e-9}


@dataclass(frozen=True)
class Optimum:
    """Column values, row duals, objective [$] and simplex iterations of an optimum."""

    values: np.ndarray
    duals: np.ndarray
    objective: float
    iterations: int


@dataclass(frozen=True)
class Attempt:
    """One way to a decision: options, start, whether it begins anew, and whether it makes the program easier.

    One that does not begin anew goes on from where an undecided attempt ended.
    """

    options: Options
    start: highspy.HighsBasis | None = None
    anew: bool = True
    eased: bool = False


class Solver:
    """HiGHS, cleared before every solve, so that an optimum depends on program and start alone.

    Parameters
    ----------
    time_limit
        Wall time that all solves together may take [s].

    Attributes
    ----------
    seconds
        Wall time spent inside HiGHS so far [s].
    solves
        Programs solved so far.
    """

    def __init__(self, time_limit: float = inf) -> None:
        self._highs = highspy.Highs()  # type: ignore[no-untyped-call]
        self._highs.setOptionValue("output_flag", False)
        self.time_limit = time_limit
        self.seconds, self.solves, self._scale = 0.0, 0, SCALE
        self._optimum: Optimum | None = None

    def solve(
        self,
        structure: Structure,
        problem: Problem,
        inputs: Inputs,
        basis: highspy.HighsBasis | None = None,
        ends_in_basis: bool = False,
    ) -> None:
        """Solve a program from a basis, or from nothing; where others start from it, it has to end in a basis.

        Raises
        ------
        SolverError
            When HiGHS finds no optimum, or not within the time limit; where the program has no solution the message
            names what contradicts itself.
        """
        highs = self._highs
        columns = structure.pattern.shape[1]
        usual: Options = dict(method(columns))
        self._scale = 1.0 if inputs.weights and usual["solver"] == "simplex" else SCALE
        if ends_in_basis:
            usual["run_crossover"] = "on"
        status, values = highspy.HighsModelStatus.kNotset, None
        eased: Problem | None = None
        for attempt in _attempts(usual, basis, columns // COLUMNS_A_STEP):
            if not attempt.anew and status != highspy.HighsModelStatus.kUnknown:
                continue
            last, eased = eased, _eased(structure, problem, inputs) if attempt.eased else None
            status = self._try(attempt, structure, eased or problem, afresh=attempt.anew or last is not None)
            values = None
            if status == highspy.HighsModelStatus.kOptimal and attempt.options["solver"] == "simplex":
                values = refined(highs, structure, problem)
                status = highspy.HighsModelStatus.kUnknown if values is None else status
            if eased is not None:
                proved = not ends_in_basis and self._proved(structure, problem, usual)
                status = highspy.HighsModelStatus.kOptimal if proved else highspy.HighsModelStatus.kUnknown
            if status not in UNDECIDED:
                break
        self.solves += 1
        if status == highspy.HighsModelStatus.kInfeasible:
            raise SolverError(f"{inputs.name}: infeasible; {conflict(structure, inputs, problem)}")
        if status == highspy.HighsModelStatus.kTimeLimit:
            what = f"{inputs.name}: no optimum within the solver's time limit of {self.time_limit:g} s, and no result"
            raise SolverError(f"{what}; do: give more with --time-limit, or choose a coarser --resolution")
        if status != highspy.HighsModelStatus.kOptimal:
            raise SolverError(f"{inputs.name}: HiGHS ends with '{highs.modelStatusToString(status)}'")
        solution = highs.getSolution()
        values = np.asarray(solution.col_value) if values is None else values
        duals = np.asarray(solution.row_dual) / self._scale
        objective = float(problem.cost @ values)
        self._optimum = Optimum(values, duals, objective, int(highs.getInfo().simplex_iteration_count))

    def _try(
        self, attempt: Attempt, structure: Structure, problem: Problem, afresh: bool = True
    ) -> highspy.HighsModelStatus:
        """Let HiGHS solve in one way, every option that it does not name as HiGHS has it; or go on with a program."""
        highs = self._highs
        begun = time.perf_counter()
        start = attempt.start if attempt.anew else highs.getBasis()
        highs.resetOptions()
        for option, value in (OPTIONS | attempt.options).items():
            highs.setOptionValue(option, value)
        highs.setOptionValue("time_limit", self.time_limit)  # its clock runs on from solve to solve
        if afresh:
            highs.clearSolver()
            pass_program(highs, structure, problem, self._scale)
            if start is not None:
                highs.setBasis(start)
        highs.run()
        self.seconds += time.perf_counter() - begun
        return highs.getModelStatus()

    def _stands(self, structure: Structure, problem: Problem) -> bool:
        """Return whether the last answer is an optimum of the true program, whatever HiGHS calls it.

        It is where it keeps rows and bounds, those left out too, and where its prices prove that no point of the true
        program costs less (`energy.solve.proof.gap`).
        """
        values, duals = self._point()
        if len(values) != len(problem.cost) or len(duals) != len(problem.row_lower):
            return False
        beyond = np.maximum(problem.lower - values, values - problem.upper)
        kept = not (beyond > ROOM * np.maximum(np.abs(values), 1.0)).any()
        kept = kept and missed(structure, problem, values) <= ROOM
        return kept and gap(structure, problem, values, duals) <= PROVED

    def _proved(self, structure: Structure, problem: Problem, usual: Options) -> bool:
        """Return whether the last answer stands, or one does of the true program of what it leaves open.

        An interior point that came near without getting there has most columns at a bound, with a reduced cost that
        leaves no doubt. They are held there, which an interior point finds much easier; that they may be is part of the
        proof, and the next round holds others where it was wrong.
        """
        for _ in range(ROUNDS):
            if self._stands(structure, problem):
                return True
            values, duals = self._point()
            if len(values) != len(problem.cost) or not gap(structure, problem, values, duals) <= NEARLY:
                return False
            self._try(Attempt(usual | FAR), structure, _held(structure, problem, values, duals))
        return self._stands(structure, problem)

    def _point(self) -> tuple[np.ndarray, np.ndarray]:
        """Return column values and row duals [$ per unit] where HiGHS is, optimal or not."""
        solution = self._highs.getSolution()
        return np.asarray(solution.col_value), np.asarray(solution.row_dual) / self._scale

    def basis(self) -> highspy.HighsBasis:
        """Return the basis of the last optimum."""
        return self._highs.getBasis()

    def optimum(self) -> Optimum:
        """Return the last optimum."""
        assert self._optimum is not None, "nothing solved yet"
        return self._optimum


def _attempts(usual: Options, basis: highspy.HighsBasis | None, steps: int) -> Iterator[Attempt]:
    """Yield what to try until the problem is decided, the same for the same inputs."""
    long = usual["solver"] == "hipo"
    if basis is not None and long:
        yield Attempt(usual | NEAR | FLAT | {"simplex_iteration_limit": steps}, basis)
    elif basis is not None:  # a far start can lose its footing
        for scaled in (NEAR, NEAR | OTHERWISE_SCALED):
            yield Attempt(usual | scaled, basis)
            # a dual simplex that goes round in a circle does so next to the optimum: a few primal steps end it
            yield Attempt(usual | scaled | PRIMAL, anew=False)
        yield Attempt(usual | NEAR | PRIMAL, basis)  # where the dual simplex cannot even begin
    if long:
        yield Attempt(usual | FAR, eased=True)
        if usual["run_crossover"] == "on":
            # all that start from here are spared the steps from the easier program's basis to the true one's
            yield Attempt(usual | NEAR | FLAT, anew=False)
    yield Attempt(usual | FAR)
    if not long:
        # scaled rows can drive prices beyond what the simplex bears
        yield Attempt(usual | FAR | {"simplex_scale_strategy": 0})
        # what presolve takes away can come back with prices that are not quite optimal
        yield Attempt(usual | FAR | {"presolve": "off"})
    # neither steps nor an unsharp interior point got there
    yield Attempt(FAR | {"solver": "hipo", "run_crossover": "on"})


def _eased(structure: Structure, problem: Problem, inputs: Inputs) -> Problem:
    """Return a program that an interior point finds easier: without roomy bounds, lacking water, and dearest prices."""
    upper, cost = problem.upper.copy(), problem.cost.copy()
    upper[_columns(structure, inputs, ROOMY)] = np.inf
    upper[_columns(structure, inputs, (LACKING,))] = 0.0
    dear = _columns(structure, inputs, (UNSERVED,), inputs.weights)
    cost[dear[(cost[dear] > 0.0) & (problem.lower[dear] >= 0.0)]] *= EASE  # so that the true cost is never below it
    return replace(problem, upper=upper, cost=cost)


def _held(structure: Structure, problem: Problem, values: np.ndarray, duals: np.ndarray) -> Problem:
    """Return a program with the columns held whose reduced cost leaves no doubt of the bound that they are at."""
    lower, upper = problem.lower.copy(), problem.upper.copy()
    reduced = problem.cost - duals @ matrix_of(structure, problem)
    low = (reduced > DECIDED) & (values - lower <= AT_BOUND * np.maximum(1.0, np.abs(lower)))
    high = (reduced < -DECIDED) & (upper - values <= AT_BOUND * np.maximum(1.0, np.abs(upper)))
    upper[low], lower[high] = lower[low], upper[high]
    return replace(problem, lower=lower, upper=upper)


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


def pass_program(highs: highspy.Highs, structure: Structure, problem: Problem, scale: float) -> None:
    """Hand a program to HiGHS, its costs multiplied by a scale."""
    pattern = structure.pattern
    height, width = pattern.shape
    highs.passModel(
        width,
        height,
        pattern.nnz,
        int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        problem.cost * scale,
        problem.lower,
        problem.upper,
        problem.row_lower,
        problem.row_upper,
        pattern.indptr,
        pattern.indices,
        problem.matrix,
        structure.integrality,
    )
