"""Analyses of many results: priority waterfall, imperfect foresight, risk, sensitivity, sweeps."""

from energy.analysis.priority_waterfall import Run, run

__all__ = ["Run", "run"]
