"""Optimum of a program of a long horizon by the structured interior point, or None where HiGHS has to decide."""

from __future__ import annotations

import time
from collections.abc import Sequence
from math import inf

import numpy as np

from energy.model import Inputs
from energy.model.objective import LACKING_WATER, STUDIED
from energy.solve.highs import Optimum
from energy.solve.interior_point.kept_face import KeptFace
from energy.solve.interior_point.mehrotra import StalledError
from energy.solve.interior_point.normal_equations import NormalEquations
from energy.solve.interior_point.sequential import SequentialOptimum, SequentialSolver, Stage
from energy.solve.interior_point.staged_layout import staged_layout
from energy.solve.interior_point.standard_form import NotStagedError, StandardForm, standard_form
from energy.solve.lp import Problem, Structure
from energy.solve.priority import COSTS, ServiceCost
from energy.solve.refinement import largest_residual

GAP = 1e-6  # MWh between the value of a service and what its prices prove: proofs of later services multiply it
GAP_BEHIND_SERVICES = 1e-4  # the same of costs behind services, in the unit of the objective
GAP_OF_COSTS = 1e-9  # share of the costs, where there are no services
SCALE_BEHIND_SERVICES = 1e3  # costs behind services are small: they count a twenty-thousandth beside a MWh
SCALE_ALONE = 1e-2
ACCEPTED = 1.0  # MWh that a service may still gain, by the proof, for the answer to stand
ACCEPTED_OF_WATER = 1e-3  # hm³ that may lack in vain, by the proof
ACCEPTED_OF_COSTS = 1e-6  # the same of the costs, as a share of the objective
RESIDUAL = 1e-7  # largest residual of a row, relative to one and the sum of the sizes of its terms
BEYOND = 1e-7  # largest violation of a column's bound


def interior_optimum(
    structure: Structure,
    problem: Problem,
    inputs: Inputs,
    services: Sequence[ServiceCost],
    seconds: float = inf,
    kept: KeptFace | None = None,
) -> Optimum | None:
    """Return the sequential optimum of a program; None where its proof fails, or where the program is not staged.

    Parameters
    ----------
    structure, problem, inputs
        The program, without lacking water.
    services
        Costs of the services, first served first, water that is lacking before them; empty at least cost.
    seconds
        How long it may take [s].
    kept
        Where the face of another order's first services may be, and where that of this order is left. The answer is
        the same to the last bit with it and without.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.model.inputs import inputs
    >>> from energy.scenario import read_scenario
    >>> from energy.solve import Engine
    >>> engine = Engine(inputs(read_case("two_bus"), read_scenario("two_bus")))
    >>> program = engine.structure.problem(engine.base)
    >>> optimum = interior_optimum(engine.structure, program, engine.base, [])
    >>> cost = engine.solve(engine.base).objective
    >>> bool(abs(program.cost @ optimum.values - cost) < 1e-6 * abs(cost))
    True
    """
    deadline = time.perf_counter() + seconds
    try:
        form = standard_form(structure, problem)
        layout = staged_layout(form, len(inputs.axis.snapshots))
        equations = NormalEquations(layout)
    except NotStagedError:
        return None
    form = form.without_matrix()  # the layout has it in its own order
    stages, scale = _stages(form, problem, inputs, services)
    begun = kept.take(form, layout, stages) if kept else None
    for is_careful in (False, True):
        solver = SequentialSolver(form, equations, deadline, is_careful)
        try:
            sequential = solver.optimise(stages, None if is_careful else begun, keep_before=STUDIED)
        except (StalledError, FloatingPointError, np.linalg.LinAlgError):
            continue
        # careful steps leave no face: an order that begins with the same services takes quick steps first
        if kept and solver.face and not is_careful:
            kept.keep(solver.face)
        values = form.values(sequential.variables)
        if _is_proved(structure, problem, values, sequential, scale):
            return _optimum(form, values, problem, inputs, services=services, sequential=sequential, scale=scale)
    return None


def _optimum(
    form: StandardForm,
    values: np.ndarray,
    problem: Problem,
    inputs: Inputs,
    *,
    services: Sequence[ServiceCost],
    sequential: SequentialOptimum,
    scale: float,
) -> Optimum:
    """Return the optimum of the program: its values, and its prices from the duals of the services and the costs."""
    prices = sequential.duals[COSTS] / scale
    for service in services:
        prices = prices + inputs.weights.get(service.service, 0.0) * sequential.duals[service.service]
    duals = form.duals(prices, problem.cost)
    gains = {service.service: sequential.gains[service.service] for service in services}
    gains.pop(LACKING_WATER, None)  # no service
    objective = float((problem.cost * values).sum())
    return Optimum(values, duals, objective, sequential.steps, gains)


def _stages(
    form: StandardForm, problem: Problem, inputs: Inputs, services: Sequence[ServiceCost]
) -> tuple[list[Stage], float]:
    """Return the services as stages, costs without the services' weights last, and the scale of these costs."""
    remaining = problem.cost
    stages = []
    for service in services:
        weight = inputs.weights.get(service.service, 0.0)
        remaining = remaining - weight * service.cost
        level = ServiceCost.of(service.service, form.cost(service.cost))
        stages.append(Stage(level, GAP))
    has_services = bool(inputs.priority)
    scale = SCALE_BEHIND_SERVICES if has_services else SCALE_ALONE
    gap = SCALE_BEHIND_SERVICES * GAP_BEHIND_SERVICES if has_services else 0.0
    relative_gap = 0.0 if has_services else GAP_OF_COSTS
    costs = ServiceCost.of(COSTS, form.cost(remaining) * scale)
    stages.append(Stage(costs, gap, relative_gap))
    return stages, scale


def _is_proved(
    structure: Structure, problem: Problem, values: np.ndarray, sequential: SequentialOptimum, scale: float
) -> bool:
    """Return whether the values keep rows and bounds, and no service nor the costs could gain what matters."""
    beyond = np.maximum(problem.lower - values, values - problem.upper)
    is_within = float(beyond.max(initial=0.0)) <= BEYOND
    keeps_rows = largest_residual(structure, problem, values) <= RESIDUAL
    services = [gain for name, gain in sequential.gains.items() if name not in (COSTS, LACKING_WATER)]
    lacks_least = sequential.gains.get(LACKING_WATER, 0.0) <= ACCEPTED_OF_WATER
    serves_in_order = max(services, default=0.0) <= ACCEPTED
    most_of_costs = ACCEPTED_OF_COSTS * max(1.0, abs(float(problem.cost @ values)))
    costs_least = sequential.gains[COSTS] / scale <= most_of_costs
    return is_within and keeps_rows and lacks_least and serves_in_order and costs_least
