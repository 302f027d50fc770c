"""Angles of several open lines in one cycle: bounded for the interior point, so wide that no answer feels it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from energy.case import Case
from energy.model import inputs
from energy.scenario import read_scenario
from energy.solve import Engine
from energy.solve.interior_point.interior_optimum import interior_optimum
from energy.solve.interior_point.standard_form import standard_form
from energy.solve.lp import VOLTAGE, Problem, Structure, matrix_of
from energy.solve.priority import priority_costs
from energy.solve.rivers import with_lacking_water

OUT = {
    "name": "out",
    "kind": "line_out",
    "cause": "any",
    "where": ["lines.*Datka*"],
    "start": "07-10",
    "duration": "5d",
}


@pytest.fixture(scope="module")
def engine(casa1000: Case) -> Engine:
    """Three lines that stand in common cycles are open for some days."""
    baseline = read_scenario("baseline", overrides={"time.resolution": "typical-days-24h"})
    scenario = baseline.replace(events=[OUT])
    engine = Engine(inputs(casa1000, scenario))
    engine.solve(engine.base)
    return engine


def bounds_of_columns(structure: Structure, problem: Problem) -> np.ndarray:
    """Return how far each column may go in the standard form; infinite where it is not in it."""
    form = standard_form(structure, problem)
    bound = np.full(structure.pattern.shape[1], np.inf)
    is_own = form.columns >= 0
    bound[form.columns[is_own]] = np.minimum(-form.lower, form.upper)[is_own]
    return bound


def test_angles_have_bounds_that_are_wider_than_the_angles_of_the_optimum(engine: Engine) -> None:
    structure = engine.structure
    problem = structure.problem(engine.base)
    bound = bounds_of_columns(structure, problem)
    assert structure.angle is not None
    angles, _ = structure.angle
    values = engine.solver.optimum().values.copy()
    values[angles] = 0.0
    matrix = matrix_of(structure, problem).tocsr()
    several_open = 0
    for snapshot, cycles in enumerate(structure.rows[VOLTAGE]):
        is_free = np.isinf(problem.upper[angles[snapshot]])
        of_snapshot = angles[snapshot][is_free]
        several_open += len(of_snapshot) > 1
        in_cycles = matrix[cycles][:, of_snapshot].toarray()
        drop = matrix[cycles] @ values
        closing, *_ = np.linalg.lstsq(in_cycles, -drop, rcond=None)
        assert in_cycles @ closing == pytest.approx(-drop, abs=1e-5)
        assert np.isfinite(bound[of_snapshot]).all()
        assert (np.abs(closing) < bound[of_snapshot] / 2).all()
    assert several_open


def test_of_a_grid_a_hundred_times_as_large_they_are_a_hundred_times_as_wide(engine: Engine) -> None:
    structure = engine.structure
    problem = structure.problem(engine.base)
    larger = replace(
        problem,
        lower=100 * problem.lower,
        upper=100 * problem.upper,
        row_lower=100 * problem.row_lower,
        row_upper=100 * problem.row_upper,
    )
    assert structure.angle is not None
    angles, _ = structure.angle
    is_free = np.isinf(problem.upper[angles])
    of_small = bounds_of_columns(structure, problem)[angles][is_free]
    of_large = bounds_of_columns(structure, larger)[angles][is_free]
    assert of_large - 1 == pytest.approx(100 * (of_small - 1))


def test_the_interior_point_proves_the_services_of_the_simplex(engine: Engine) -> None:
    structure = engine.structure
    problem = with_lacking_water(structure, structure.problem(engine.base), engine.base, 0.0)
    services = priority_costs(structure, engine.base)
    optimum = interior_optimum(structure, problem, engine.base, services)
    assert optimum is not None
    simplex = engine.solver.optimum()
    for service in services:
        assert service.cost @ optimum.values == pytest.approx(service.cost @ simplex.values, abs=1e-2)  # MWh
