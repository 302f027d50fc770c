"""A calibration: tables and sentences for the terminal, blocks of its page, its posterior, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from energy.analysis.calibration.findings import TAUGHT, lessons, posterior_values, ranges
from energy.analysis.calibration.history_matching import Calibration
from energy.analysis.calibration.misfit import CUT, implausibility
from energy.analysis.sensitivity.number_sets import SET
from energy.errors import Fault, InputError
from energy.scenario.value_key import short

NARROW = 1800.0
"""Width of the baseline's range [GWh] above which the page names what would narrow it."""
PAGE = Path("docs/calibration.md")


@dataclass(frozen=True, eq=False)
class CalibrationReport:
    """A calibration with what was reckoned from it.

    Attributes
    ----------
    calibration
        From ``energy.analysis.calibration.history_matching.calibrate``.
    ranges, lessons
        As of the functions of that name.
    left_out
        As of ``leave_one_year_out``.
    predicted
        Headline numbers before and after, as of ``PredictedRange.table``; empty where nothing was predicted.
    leading
        Scenario → the numbers that move what it delivers most after calibration.
    """

    calibration: Calibration
    ranges: pd.DataFrame
    lessons: pd.DataFrame
    left_out: pd.DataFrame
    predicted: pd.DataFrame
    leading: Mapping[str, pd.DataFrame]


def report_of(
    calibration: Calibration,
    left_out: pd.DataFrame,
    predicted: Sequence[pd.DataFrame] = (),
    leading: Mapping[str, pd.DataFrame] | None = None,
) -> CalibrationReport:
    """Return a calibration with its tables."""
    tables = pd.concat(predicted, ignore_index=True) if predicted else pd.DataFrame()
    return CalibrationReport(
        calibration=calibration,
        ranges=ranges(calibration),
        lessons=lessons(calibration),
        left_out=left_out,
        predicted=tables,
        leading=leading or {},
    )


def summary_sentences(report: CalibrationReport) -> list[str]:
    """Return what was run, what was ruled out, and what the record leaves, in sentences."""
    calibration = report.calibration
    first = calibration.first
    infeasible = int((~first.has_optimum).sum())
    implausible = int(calibration.ruled_out.sum()) - infeasible
    second_sets = len(calibration.second.shares)
    second_out = int(np.isneginf(calibration.log_weights).sum())
    taught = int(report.ranges["taught"].sum())
    sentences = [
        f"{len(first.shares):,} sets of {len(report.ranges)} numbers were drawn from the ranges of the evidence;"
        f" {infeasible:,} have no optimum in one of the years, and {implausible:,} more are ruled out:"
        f" their second largest implausibility is above {CUT:g}.",
        f"{len(calibration.observations)} recorded quantities weigh them."
        f" Their emulators have {len(calibration.emulator.numbers)} of the numbers.",
        f"The sampler took {calibration.sample.steps} steps: weighing the sets of the ranges at once would have left"
        f" {100 * calibration.sample.first_size:.2g} % of them.",
        f"{second_sets:,} sets of its sample were run through the model, of which {second_out:,} are ruled out;"
        f" their effective sample size is {calibration.effective_size:,.0f}."
        f" The posterior has {_weights(calibration)} weights.",
        f"The record narrows {taught} numbers by more than a tenth; {len(report.ranges) - taught} keep their ranges.",
    ]
    return [*sentences, *_coverage(report.left_out), *_predictions(report)]


def _weights(calibration: Calibration) -> str:
    if calibration.is_reweighed:
        return "the model's own"
    return "the emulators' (too few effective sets for the model's own)"


def _coverage(left_out: pd.DataFrame) -> Iterator[str]:
    for role in ("outcome", "follows"):
        rows = left_out[left_out["role"] == role]
        if len(rows):
            covered = int(rows["covered"].sum())
            yield (
                f"Each year predicted by the others: the 90 % range covers {covered} of {len(rows)} quantities"
                f" with the role {role} ({100 * covered / len(rows):.0f} %)."
            )


def _predictions(report: CalibrationReport) -> Iterator[str]:
    if report.predicted.empty:
        return
    delivered = report.predicted[report.predicted["quantity"] == "delivered"]
    for scenario, rows in delivered.groupby("scenario", sort=False):
        by_numbers = rows.set_index("numbers")
        texts = []
        for numbers, words in (("ranges", "by the evidence"), ("posterior", "by evidence and record")):
            if numbers in by_numbers.index:
                row = by_numbers.loc[numbers]
                texts.append(
                    f"{row['low']:,.0f} to {row['high']:,.0f} GWh {words} ({row['middle']:,.0f} in the middle)"
                )
        yield f"{scenario} delivers in nine of ten: {', '.join(texts)}."
        yield from _what_would_narrow(report, str(scenario), by_numbers)


def _what_would_narrow(report: CalibrationReport, scenario: str, by_numbers: pd.DataFrame) -> Iterator[str]:
    """Yield the numbers that would narrow a range that is still wide."""
    if "posterior" not in by_numbers.index or scenario not in report.leading:
        return
    row = by_numbers.loc["posterior"]
    low, high = row[["low", "high"]].to_numpy(float)
    width = float(high - low)
    if width < NARROW:
        return
    leading = report.leading[scenario]
    names = [f"`{short(str(key))}` ({100 * share:.0f} % of the variance)" for key, share in leading["share"].items()]
    yield f"That is {width:,.0f} GWh wide. What would narrow it most: {', '.join(names)}."


def taught_table(report: CalibrationReport, rows: int = 40) -> pd.DataFrame:
    """Return the numbers that the record teaches: prior and posterior range of 90 % side by side, narrowest first."""
    taught = report.ranges[report.ranges["taught"]].head(rows)
    teacher = _teachers(report)
    lines = []
    for key, row in taught.iterrows():
        lines.append(
            {
                "number": short(str(key)),
                "evidence": f"{_number(row['base'])} ({_number(row['prior low'])} to {_number(row['prior high'])})",
                "evidence and record": (
                    f"{_number(row['posterior median'])}"
                    f" ({_number(row['posterior low'])} to {_number(row['posterior high'])})"
                ),
                "unit": row["unit"],
                "mark": row["confidence"],
                "width": f"{100 * row['width']:.0f} %",
                "taught by": teacher.get(str(key), ""),
            }
        )
    return pd.DataFrame(lines)


def _teachers(report: CalibrationReport) -> dict[str, str]:
    """Return for each number the kinds of record that narrow it most by themselves, at most two."""
    teachers = {}
    for key in report.lessons:
        by_kind = report.lessons[key].sort_values()
        telling = by_kind[by_kind < TAUGHT].head(2)
        names = [f"{kind} ({100 * width:.0f} %)" for kind, width in telling.items()]
        teachers[str(key)] = "; ".join(names) if names else "several together"
    return teachers


def _number(value: float) -> str:
    return f"{value:,.4g}"


def _silent_numbers(report: CalibrationReport) -> pd.DataFrame:
    """Return how many numbers keep their range, by component and mark."""
    kept = report.ranges[~report.ranges["taught"]]
    parts = [_component(str(key)) for key in kept.index]
    table = pd.DataFrame({"component": parts, "mark": kept["confidence"].to_numpy()})
    counts = pd.crosstab(table["component"], table["mark"])
    counts["all"] = counts.sum(axis=1)
    return counts.sort_values("all", ascending=False).reset_index()


def _component(key: str) -> str:
    kind, _, rest = key.partition(".")
    return "rules" if kind == "rules" else rest.partition(".")[0]


def records_table(report: CalibrationReport) -> pd.DataFrame:
    """Return each observation with its errors, what the calibrated model has, and what the other years predict."""
    calibration = report.calibration
    modelled = calibration.posterior_quantities
    distance = implausibility(modelled, calibration.observations)
    lines = []
    explained = calibration.emulator.explained
    for column, row in enumerate(report.left_out.to_dict("records")):
        middle = np.median(modelled[:, column])
        lines.append(
            {
                "quantity": f"{row['place']}, {row['quantity']}",
                "date": row["date"],
                "unit": row["unit"],
                "record": _number(row["value"]),
                "error": _number(row["error"]),
                "discrepancy": _number(row["discrepancy"]),
                "model": _number(middle),
                "implausibility": f"{np.median(distance[:, column]):.1f}",
                "from the other years": f"{_number(row['predicted low'])} to {_number(row['predicted high'])}",
                "covered": "yes" if row["covered"] else "**no**",
                "emulator": f"{100 * explained[column]:.0f} %",
            }
        )
    return pd.DataFrame(lines)


def _predicted_table(report: CalibrationReport) -> pd.DataFrame:
    """Return the headline numbers by evidence, and by evidence and record."""
    lines = []
    predicted = report.predicted
    if predicted.empty:
        return predicted
    for (scenario, quantity, unit), rows in predicted.groupby(["scenario", "quantity", "unit"], sort=False):
        if rows["high"].max() == 0:
            continue
        line = {"scenario": scenario, "quantity": f"{quantity} [{unit}]"}
        for row in rows.to_dict("records"):
            words = "evidence" if row["numbers"] == "ranges" else "evidence and record"
            line[words] = f"{row['middle']:,.0f} ({row['low']:,.0f} to {row['high']:,.0f})"
        lines.append(line)
    return pd.DataFrame(lines)


def _markdown(table: pd.DataFrame) -> str:
    """Return a table in Markdown, numbers as they are."""
    head = [str(column) for column in table]
    lines = [[str(cell) for cell in row] for row in table.itertuples(index=False, name=None)]
    rule = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *lines))


def calibration_json(report: CalibrationReport) -> dict[str, Any]:
    """Return a calibration as plain values for other programs."""
    calibration = report.calibration
    return {
        "sets": len(calibration.first.shares) + len(calibration.second.shares),
        "numbers": len(report.ranges),
        "observations": len(calibration.observations),
        "ruled_out": int(calibration.ruled_out.sum()),
        "effective_sample_size": calibration.effective_size,
        "weights": "model" if calibration.is_reweighed else "emulator",
        "taught": int(report.ranges["taught"].sum()),
        "covered": int(report.left_out["covered"].sum()),
        "predicted": report.predicted.to_dict("records"),
    }


def calibration_blocks(report: CalibrationReport) -> dict[str, str]:
    """Return the blocks of the page by their names, in Markdown."""
    return {
        "summary": "\n".join(f"- {sentence}" for sentence in summary_sentences(report)),
        "numbers": _markdown(taught_table(report)),
        "silent": _markdown(_silent_numbers(report)),
        "discrepancies": _discrepancies_text(report),
        "records": _markdown(records_table(report)),
        "predicted": _markdown(_predicted_table(report)),
    }


def posterior_table(calibration: Calibration) -> pd.DataFrame:
    """Return the posterior as a table of number sets.

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
    return values


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
    return _markdown(pd.DataFrame(lines))


def _span(values: pd.Series) -> str:
    low, high = f"{values.min():,.3g}", f"{values.max():,.3g}"
    return low if low == high else f"{low} to {high}"
