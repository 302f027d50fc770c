"""Many results: the ladder of protection, and what builds on it."""

from energy.study.ladder import Run, run

__all__ = ["Run", "run"]
