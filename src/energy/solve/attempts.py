"""Ways in which HiGHS is asked to solve a program: options, starts, and the order in which they are tried."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import highspy

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
SHARPER: Options = {"primal_feasibility_tolerance": 1e-10}
FAR: Options = {
    "presolve": "choose",
    "simplex_dual_edge_weight_strategy": -1,
    "dual_simplex_cost_perturbation_multiplier": 1.0,
    "simplex_iteration_limit": 2**31 - 1,
    "simplex_scale_strategy": 2,
}
SHAKEN: Options = {"simplex_scale_strategy": 4, "simplex_iteration_limit": 30_000}


def method(columns: int) -> Options:
    """Return the HiGHS options of a solve by the size of the problem.

    Up to ``LONG_HORIZON`` columns the dual simplex is quick, and ends in a basis from which the next scenario starts.
    Beyond, the engine's own interior point solves (`energy.solve.interior_point`), and HiGHS's what that cannot prove:
    without a start, and without the crossover to a basis, which would take longer than the solve. That asks for a
    sharper point: one of HiGHS's own 1e-8 comes back through the presolve's reductions with prices beyond its
    tolerance.

    Examples
    --------
    >>> method(20_000)["solver"], method(1_700_000)["solver"]
    ('simplex', 'hipo')
    """
    if columns <= LONG_HORIZON:
        return {"solver": "simplex", "run_crossover": "on"}
    return {"solver": "hipo", "run_crossover": "off", "ipm_optimality_tolerance": 1e-9}


@dataclass(frozen=True)
class Attempt:
    """One way to a decision: options, start, and whether it begins anew.

    One that does not begin anew goes on from where an undecided attempt ended.
    """

    options: Options
    start: highspy.HighsBasis | None = None
    anew: bool = True


def attempts(usual: Options, basis: highspy.HighsBasis | None) -> Iterator[Attempt]:
    """Yield what to try until the problem is decided, the same for the same inputs."""
    if basis is not None:  # a far start can lose its footing
        for scaled in (NEAR, NEAR | OTHERWISE_SCALED):
            yield Attempt(usual | scaled, basis)
            # a dual simplex that goes round in a circle does so next to the optimum: a few primal steps end it
            yield Attempt(usual | scaled | PRIMAL, anew=False)
            # a vertex beyond a bound by less than the tolerance counts as feasible, and breaks a row when it is refined
            yield Attempt(usual | scaled | PRIMAL | SHARPER, anew=False)
        yield Attempt(usual | NEAR | PRIMAL, basis)  # where the dual simplex cannot even begin
    yield Attempt(usual | FAR)
    if usual["solver"] == "simplex":
        # where the past is held, hardly anything can move: costs that are shaken well end the going in circles
        for shaken in (1.0, 100.0):
            yield Attempt(usual | FAR | SHAKEN | {"dual_simplex_cost_perturbation_multiplier": shaken})
        # scaled rows can drive prices beyond what the simplex bears
        yield Attempt(usual | FAR | {"simplex_scale_strategy": 0})
        # what presolve takes away can come back with prices that are not quite optimal
        yield Attempt(usual | FAR | {"presolve": "off"})
        yield Attempt(usual | FAR | {"presolve": "off"} | SHARPER)
    # neither steps nor an unsharp interior point got there
    yield Attempt(FAR | {"solver": "hipo", "run_crossover": "on"})
