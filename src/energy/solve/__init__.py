"""Inputs → optimum."""

from energy.solve.engine import Anchor, Engine, solve
from energy.solve.likeness import structure_key
from energy.solve.result import Result

__all__ = ["Anchor", "Engine", "Result", "solve", "structure_key"]
