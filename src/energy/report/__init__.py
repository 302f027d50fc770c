"""Numbers → figures, tables and files."""

from energy.report.catalogue import draw
from energy.report.folder import write_run
from energy.report.monthly_figure import monthly_figure, plot
from energy.report.record import record

__all__ = ["draw", "monthly_figure", "plot", "record", "write_run"]
