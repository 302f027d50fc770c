"""Results: one Dataset a run, run folders, export, comparison, rerun."""

from energy.results.dataset import record

__all__ = ["record"]
