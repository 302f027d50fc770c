"""Results: one Dataset a run, run folders, export, comparison, rerun."""

from energy.results.dataset import SolvedRun, record, run

__all__ = ["SolvedRun", "record", "run"]
