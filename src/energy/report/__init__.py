"""Reports: tables for the terminal, the HTML page, PDF, run folders with their figures, the project's pages."""

from energy.report.bundle import write_run

__all__ = ["write_run"]
