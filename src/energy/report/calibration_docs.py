"""Page of the calibration, made by ``energy calibrate --page``."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from energy.analysis.calibration.findings import posterior_values
from energy.analysis.calibration.history_matching import Calibration
from energy.analysis.sensitivity.number_sets import SET
from energy.errors import Fault, InputError
from energy.report.calibration_text import (
    CalibrationReport,
    markdown,
    predicted_table,
    records_table,
    silent_numbers,
    summary_sentences,
    taught_table,
)
from energy.report.docs_pages import write_blocks, write_page_ranges
from energy.results.files import atomic_file
from energy.results.predicted_ranges import RANGES, renewed_ranges, write_ranges

PAGE = Path("docs/calibration.md")


def write_calibration(report: CalibrationReport, project: Path) -> list[Path]:
    """Renew the page, the posterior and the recorded ranges of a project, and return what was written.

    Raises
    ------
    InputError
        When the project has no such page, or the page lacks a block.
    """
    blocks = {
        "summary": "\n".join(f"- {sentence}" for sentence in summary_sentences(report)),
        "numbers": markdown(taught_table(report)),
        "silent": markdown(silent_numbers(report)),
        "discrepancies": _discrepancies_text(report),
        "records": markdown(records_table(report)),
        "predicted": markdown(predicted_table(report)),
    }
    write_blocks(project / PAGE, blocks)
    case = report.calibration.years.case
    posterior = project / "results" / "reference" / f"posterior-{case.name}.csv"
    write_posterior(report.calibration, posterior)
    written = [project / PAGE, posterior]
    if not report.predicted.empty:
        write_ranges(renewed_ranges(project, report.predicted), project)
        written += [project / RANGES, *write_page_ranges(project)]
    return written


def write_posterior(calibration: Calibration, path: Path, force: bool = False) -> None:
    """Write the posterior as a table of number sets.

    Raises
    ------
    InputError
        When the record teaches nothing, so that no number would stand in it.
    """
    values = posterior_values(calibration)
    if values.empty:
        what = "the record narrows no number that other years share"
        raise InputError(Fault(what, "record.csv", repair="add records, or state smaller discrepancies with a reason"))
    values.insert(0, SET, range(1, len(values) + 1))
    with atomic_file(path, force, table=True) as draft:
        values.to_csv(draft, index=False, float_format="%.10g", lineterminator="\n")


def _discrepancies_text(report: CalibrationReport) -> str:
    """Return the stated discrepancies by kind of quantity, in Markdown."""
    table = report.calibration.observations.table
    lines = []
    for kind, rows in table.groupby("kind", sort=False):
        lines.append(
            {
                "kind": kind,
                "records": len(rows),
                "unit": rows["unit"].iloc[0],
                "error of the record": _span(rows["error"]),
                "discrepancy": _span(rows["discrepancy"]),
                "reason": rows["reason"].iloc[0],
            }
        )
    return markdown(pd.DataFrame(lines))


def _span(values: pd.Series) -> str:
    low, high = f"{values.min():,.3g}", f"{values.max():,.3g}"
    return low if low == high else f"{low} to {high}"
