"""Inputs → optimum."""

from energy.solve.engine import Engine, solve
from energy.solve.result import Result

__all__ = ["Engine", "Result", "solve"]
