"""Numbers → figures, tables and files."""

from energy.report.folder import write_run
from energy.report.monthly_figure import monthly_figure, plot

__all__ = ["monthly_figure", "plot", "write_run"]
