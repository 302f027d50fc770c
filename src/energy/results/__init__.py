"""Results: one Dataset a run, run folders, export, comparison, rerun."""

from energy.results.dataset import record
from energy.results.solved_run import SolvedRun, run

__all__ = ["SolvedRun", "record", "run"]
