"""Plots: Dataset → matplotlib Figure, in one style."""

from energy.plots.comparison import comparison_figure
from energy.plots.duration import duration_figure
from energy.plots.monthly import monthly_figure
from energy.plots.registry import draw, plot
from energy.plots.sweep import sweep_figure
from energy.plots.waterfall import waterfall_figure

__all__ = [
    "comparison_figure",
    "draw",
    "duration_figure",
    "monthly_figure",
    "plot",
    "sweep_figure",
    "waterfall_figure",
]
