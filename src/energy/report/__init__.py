"""Numbers → figures, tables and files."""

from energy.report.catalogue import draw
from energy.report.comparison_figure import comparison_figure
from energy.report.duration_figure import duration_figure
from energy.report.folder import write_run
from energy.report.monthly_figure import monthly_figure, plot
from energy.report.record import record
from energy.report.sweep_figure import sweep_figure
from energy.report.waterfall_figure import waterfall_figure

__all__ = [
    "comparison_figure",
    "draw",
    "duration_figure",
    "monthly_figure",
    "plot",
    "record",
    "sweep_figure",
    "waterfall_figure",
    "write_run",
]
