"""A year of the model, decided month by month: with one inflow a month, known, it is the optimum of the whole year."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest

from energy.analysis.policy import Noise, Policy, Settings, linear_graph, simulate, train
from energy.analysis.policy.elastic_program import ElasticProgram, elastic_program
from energy.analysis.policy.known_contents import known_contents
from energy.analysis.policy.stages import Stages, future_bounds, month_of_columns, months_of, split
from energy.case import Case
from energy.errors import InputError
from energy.model import Inputs
from energy.model.inputs import inputs
from energy.scenario import read_scenario
from energy.solve import Engine
from energy.solve.elastic_bounds import elastic_bounds
from energy.solve.lp import Problem

WATER_UNITS = ("hm3", "hm3/h", "m3/s", "of e_nom")
PRICE_OF_WATER, PRICE_OF_SWAP = 2e6, 5e3
"""Of a hm³ or a MWh by which a rule yields, in MWh of the studied service: above all that it could earn."""


class Year(NamedTuple):
    """A year's program with rules that yield, and its stages."""

    inputs: Inputs
    engine: Engine
    optimum: float
    program: ElasticProgram
    stages: Stages
    problem: Problem


def year(case: Case, scenario: str, resolution: str) -> Year:
    asked = inputs(case, read_scenario(scenario, overrides={"time.resolution": resolution}))
    engine = Engine(asked)
    result = engine.solve(asked)
    structure = engine.structure
    values = np.zeros(structure.pattern.shape[1])
    for key, columns in structure.columns.items():
        values[columns] = result.values[key].to_numpy()
    own = structure.problem(asked)
    known = known_contents(structure, asked, values)
    bounds = elastic_bounds(structure, asked, own)
    rules = [b for b in bounds if b.name.startswith("rule") and b.unit in WATER_UNITS and b.said != "starts with"]
    prices = {bound.name: PRICE_OF_WATER for bound in rules}
    ends = known.elastic_ends()
    prices |= {bound.name: PRICE_OF_SWAP if "swap" in bound.name else PRICE_OF_WATER for bound in ends}
    program = elastic_program(structure, [*bounds, *ends], prices)
    anchored = known.problem(structure, own)
    problem = program.problem(anchored)
    matrix = program.matrix(anchored)
    stage_of_column = program.stage_of_column(month_of_columns(structure, asked.axis))
    fixed = np.append(known.fixed, np.zeros(matrix.shape[1] - len(known.fixed), dtype=bool))
    names = months_of(asked.axis)[1]
    stages = split(matrix, problem, stage_of_column, names, program.accounts(), fixed)
    return Year(asked, engine, result.objective, program, stages, problem)


def trained(stages: Stages, iterations: int, tolerance: float) -> Policy:
    noises = [[Noise()]] * len(stages.problems)
    graph = linear_graph(stages.problems, noises, [], future_bounds(stages.problems, noises))
    return train(graph, Settings(iterations=iterations, paths=1, patience=30, tolerance=tolerance))


@pytest.fixture(scope="module")
def small_year(two_bus: Case) -> Year:
    return year(two_bus, "two_bus", "typical-days-12h")


@pytest.fixture(scope="module")
def large_year(casa1000: Case) -> Year:
    return year(casa1000, "baseline", "typical-days-24h")


def test_known_year_of_two_bus_month_by_month_is_the_optimum_of_the_whole_year(small_year: Year) -> None:
    policy = trained(small_year.stages, iterations=60, tolerance=1e-6)
    assert policy.lower_bound == pytest.approx(small_year.optimum, abs=1e-3)
    assert simulate(policy, paths=1, seed=1).mean == pytest.approx(small_year.optimum, abs=1e-3)


def test_known_year_of_casa1000_month_by_month_is_the_optimum_of_the_whole_year(large_year: Year) -> None:
    """To one MWh of the studied service, where the program's own tolerances leave 0.2 MWh; and no rule yields."""
    policy = trained(large_year.stages, iterations=200, tolerance=1e-2)
    simulation = simulate(policy, paths=1, seed=1)
    assert policy.lower_bound == pytest.approx(large_year.optimum, abs=1.0)
    assert simulation.mean == pytest.approx(large_year.optimum, abs=1.0)
    yielded = {name: float(simulation.account(name)[0]) for name in large_year.program.accounts()}
    assert yielded == pytest.approx(dict.fromkeys(yielded, 0.0), abs=1e-5)


def test_states_are_contents_and_volumes_of_open_windows(large_year: Year) -> None:
    """At the end of June: nine stores that carry water or energy on, and what three windows have released."""
    rows = large_year.stages.links[2].rows
    structure = large_year.engine.structure
    names = dict.fromkeys(structure.rows["energy"].ravel().tolist(), "content")
    for name, block in structure.rows.items():
        if name.startswith("rule-"):
            names |= dict.fromkeys(np.ravel(block).tolist(), name)
    kinds = [names[row] for row in rows]
    carrying = set(structure.stores) - {
        store for rule in large_year.inputs.rules if rule["kind"] == "close" for store in rule["stores"]
    }
    assert kinds.count("content") == len(carrying)
    windows = sorted(kind for kind in kinds if kind != "content")
    assert windows == [
        "rule-kairakkum_irrigation 2028-at_least",
        "rule-nurek_growing_release 2028-at_least",
        "rule-toktogul_growing_release 2028-at_least",
    ]


def test_dry_year_is_the_noise_that_makes_the_dry_optimum(small_year: Year, two_bus: Case) -> None:
    """Stages of the median year under the noise of the dry one: the optimum of the dry year as a whole."""
    overrides = {"time.resolution": "typical-days-12h", "hydrology": "dry"}
    dry = inputs(two_bus, read_scenario("two_bus", overrides=overrides))
    optimum = small_year.engine.solve(dry).objective
    problem = small_year.program.problem(small_year.engine.structure.problem(dry))
    stages = small_year.stages
    noises = [[stages.noise(number, problem)] for number in range(len(stages.problems))]
    graph = linear_graph(stages.problems, noises, [], future_bounds(stages.problems, noises))
    policy = train(graph, Settings(iterations=60, paths=1, patience=30, tolerance=1e-6))
    assert optimum != pytest.approx(small_year.optimum, rel=1e-3)
    assert policy.lower_bound == pytest.approx(optimum, abs=1e-3)


def test_noise_that_changes_an_efficiency_is_refused(small_year: Year) -> None:
    matrix = small_year.problem.matrix.copy()
    matrix[0] *= 1.01
    with pytest.raises(InputError, match="write head: fixed"):
        small_year.stages.noise(0, replace(small_year.problem, matrix=matrix))
