"""Inputs → optimum."""

from energy.solve.engine import Engine, solve
from energy.solve.external_solver import solve_with, solver_named
from energy.solve.result import Result
from energy.solve.structure_hash import structure_key
from energy.solve.warm_start_scenario import WarmStartScenario

__all__ = ["Engine", "Result", "WarmStartScenario", "solve", "solve_with", "solver_named", "structure_key"]
