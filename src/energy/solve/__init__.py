"""Inputs → optimum."""

from energy.solve.engine import Anchor, Engine, solve
from energy.solve.foreign import solve_with, solver_named
from energy.solve.likeness import structure_key
from energy.solve.result import Result

__all__ = ["Anchor", "Engine", "Result", "solve", "solve_with", "solver_named", "structure_key"]
