"""A sensitivity study: tables and notes for the terminal, what a page says of it, and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from energy.analysis.sensitivity.number_sets import narrowed
from energy.reading.units import range_text
from energy.report.text_table import fixed, markdown_table
from energy.scenario.value_key import short

if TYPE_CHECKING:
    from energy.analysis.sensitivity.number_sets import NumberSets
    from energy.analysis.sensitivity.sensitivity import Sensitivity
    from energy.analysis.sensitivity.uncertain_parameters import UncertainParameter

_LABELS = {
    "at low": "at low",
    "at high": "at high",
    "mu_star": "μ*",
    "sigma": "σ",
    "S1": "S1",
    "ST": "ST",
}
"""Column of a table of numbers → its head in print."""
_SHARES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
LONGEST_LINE = 600
"""Letters of a command that is printed; a pattern of many components has more."""
_PLAIN = ("metric", "unit", "base", "points", "failed", "reason")
BLOCK = "sensitivity"
FIGURE = "figures/sensitivity"
"""The tornado beside the page, without ending."""
VISIBLE = 0.1
"""Share of the base that a number must move the metric by, alone, to have a line."""
LONGEST = 15
"""Lines of the table, at most."""
SEASON = {"delivered": "the season"}
"""Metric → its name in a sentence, where it has one."""


def ranking(numbers: pd.DataFrame, rows: int) -> pd.DataFrame:
    """Return the first rows of a table of numbers as it is printed: short names, ranges in one column.

    Parameters
    ----------
    numbers
        ``numbers`` of ``energy.analysis.sensitivity.sensitivity.Sensitivity``, in the metric's unit.
    rows
        How many.

    Examples
    --------
    >>> row = {"mu_star": 3.0, "low": 1.0, "high": 2.5, "unit": "MW", "confidence": "C"}
    >>> ranking(pd.DataFrame([row], index=["values.links.line.p_nom"]), 5)
                       μ*        range mark
    links.line.p_nom  3.0  1 to 2.5 MW    C
    """
    first_rows = numbers.head(rows)
    columns = [column for column in _LABELS if column in first_rows]
    ranges = [range_text(row) for row in first_rows.to_dict("records")]
    names = {key: short(str(key)) for key in first_rows.index}
    table = first_rows[columns].rename(columns=_LABELS)
    table = table.assign(range=ranges, mark=first_rows["confidence"])
    return table.rename(index=names)


def spread_table(sensitivity: Sensitivity) -> pd.DataFrame:
    """Return quantiles of the metric, in its unit, with all numbers at once anywhere in their ranges; index share."""
    has_spread = len(sensitivity.spread) > 0
    shares = list(_SHARES) if has_spread else []
    quantiles = np.quantile(sensitivity.spread, shares) if has_spread else np.empty(0)
    index = pd.Index(shares, name="share of sets at or below", dtype=float)
    return pd.DataFrame({sensitivity.metric: quantiles}, index=index)


def sensitivity_record(
    sensitivity: Sensitivity,
    parts: Mapping[str, float],
) -> dict[str, Any]:
    """Return a sensitivity as plain values for JSON, in the metric's unit; null where there is no number."""
    record = {name: getattr(sensitivity, name) for name in _PLAIN}
    is_explained = not math.isnan(sensitivity.explained)
    record["explained"] = sensitivity.explained if is_explained else None
    record["variance"] = dict(parts)
    record["numbers"] = _records(sensitivity.numbers.rename_axis("key"))
    record["spread"] = _records(spread_table(sensitivity))
    return record


def _records(table: pd.DataFrame) -> Any:
    """Return the rows of a table, its index included, as plain values."""
    text = table.reset_index().to_json(orient="records")
    return json.loads(text)


def sensitivity_notes(
    sensitivity: Sensitivity,
    parts: Mapping[str, float],
) -> str:
    """Return in words the spread [the metric's unit], the parts of the variance, and what had no optimum."""
    lines = []
    if len(sensitivity.spread):
        lines.append(_spread_note(sensitivity))
        if not math.isnan(sensitivity.explained):
            percent = 100 * sensitivity.explained
            lines.append(f"the numbers that were screened make {percent:.0f} % of that variance")
    if parts:
        shares = [f"{name} {100 * share:.0f} %" for name, share in parts.items()]
        lines.append(f"variance of the season: {', '.join(shares)}")
    points = f"{sensitivity.points:,} points, {sensitivity.failed:,} without an optimum"
    if sensitivity.failed:
        first_reason = sensitivity.reason.splitlines()[0]
        points += f", which count nowhere; the first: {first_reason}"
    lines.append(points)
    return "\n".join(lines)


def reproduction_lines(sensitivity: Sensitivity, scenario: str, rows: int = 5) -> Iterator[str]:
    """Yield the commands that reproduce both ends of the first bars, with what they give and what moves along.

    Parameters
    ----------
    sensitivity
        The study; its metric is that of ``energy run`` where it is ``delivered``.
    scenario
        Name of the scenario, with what was set in it already.
    rows
        How many bars.
    """
    yield "each bar by itself:"
    for key, row in sensitivity.numbers.head(rows).iterrows():
        for end in ("low", "high"):
            value = row[f"at {end}"]
            if math.isnan(value):
                continue
            along = str(row[f"moves along at {end}"])
            note = f"; moves along: {along}" if along else ""
            yield f"{short(str(key))} at {end}: {value:,.1f} {sensitivity.unit}{note}"
            options = str(row[f"set at {end}"])
            shown = options if len(options) <= LONGEST_LINE else "(see numbers.csv)"
            yield f"  energy run {scenario} {shown}"


def _spread_note(sensitivity: Sensitivity) -> str:
    """Return in words the median and the 5 % to 95 % range of the metric."""
    quantiles = spread_table(sensitivity)[sensitivity.metric]
    sets = len(sensitivity.spread)
    median = f"{quantiles[0.5]:,.0f} {sensitivity.unit}"
    return (
        f"all numbers at once, anywhere in their ranges ({sets} sets): {median} in the middle,"
        f" {quantiles[0.05]:,.0f} to {quantiles[0.95]:,.0f} in nine of ten;"
        f" {sensitivity.base:,.0f} with all at their base"
    )


@dataclass(frozen=True, eq=False)
class SensitivityReport:
    """A sensitivity study with what its page needs besides.

    Attributes
    ----------
    study
        From ``energy.analysis.sensitivity.sensitivity.sensitivity``.
    parameters
        All its numbers, with the ranges of the evidence.
    record
        What the record leaves of the numbers; None where there was no calibration.
    is_after_calibration
        Whether the study drew from what a calibration left, and not from the ranges of the evidence.
    parts
        Parts of the season's variance, as of ``variance_split``; empty where it was not split.
    split
        How many sets of numbers met as many draws.
    command
        What made it.
    """

    study: Sensitivity
    parameters: Sequence[UncertainParameter]
    record: NumberSets | None
    is_after_calibration: bool
    parts: Mapping[str, float]
    split: int
    command: str


def sensitivity_block(report: SensitivityReport) -> str:
    """Return what the page says of a study, in Markdown."""
    paragraphs = [
        f"Made by `{report.command}`.",
        _spread_sentences(report),
        _leading_sentence(report),
        _leading_table(report),
        _variance_sentence(report),
        _points_sentence(report.study),
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _spread_sentences(report: SensitivityReport) -> str:
    """Return the range of the metric with all numbers at once, and how many numbers make what part of its variance."""
    study = report.study
    at_base = f"With every number at its base it is {fixed(study.base)} {study.unit}."
    if not len(study.spread):
        return f"All numbers at once were not drawn. {at_base}"
    quantiles = spread_table(study)[study.metric]
    low, middle, high = fixed(quantiles[0.05]), fixed(quantiles[0.5]), fixed(quantiles[0.95])
    where = "drawn from what the record leaves" if report.is_after_calibration else "anywhere in their ranges"
    sets = len(study.spread)
    sentence = (
        f"With all {len(study.numbers):,} numbers at once {where} ({sets:,} sets), {_metric(study)} lies"
        f" **between {low} and {high} {study.unit} in nine of ten**, and at {middle} in the middle. {at_base}"
    )
    if math.isnan(study.explained):
        return sentence
    screened = int(study.numbers["effects"].notna().sum())
    percent = fixed(100 * study.explained)
    return f"{sentence} The {screened:,} numbers that were screened make {percent} % of that variance."


def _leading_numbers(study: Sensitivity) -> pd.DataFrame:
    """Return the numbers that move the metric by more than a tenth of its base alone, widest first."""
    is_visible = study.numbers["swing"] > VISIBLE * abs(study.base)
    return study.numbers[is_visible].sort_values("swing", ascending=False, kind="stable")


def _leading_sentence(report: SensitivityReport) -> str:
    """Return how many numbers have a line, and what ends of their ranges stand in it."""
    count = len(_leading_numbers(report.study))
    metric = _metric(report.study)
    if not count:
        return f"No number moves {metric} by more than a tenth of its base alone."
    numbers = "One number moves" if count == 1 else f"{count:,} numbers move"
    widest = f"; the {LONGEST} widest" if count > LONGEST else ""
    origin = "that the record leaves" if report.is_after_calibration else "of the evidence"
    return (
        f"{numbers} {metric} by more than a tenth of its base, each alone{widest}."
        f" *At low* and *at high* are the ends of the range {origin}."
    )


def _leading_table(report: SensitivityReport) -> str:
    """Return the leading numbers with both ranges, mark, ends of the bar and Sobol index in Markdown."""
    study = report.study
    leading = _leading_numbers(study).head(LONGEST)
    if leading.empty:
        return ""
    parameter_of = {parameter.key: parameter for parameter in report.parameters}
    has_record = report.record is not None
    has_indices = "ST" in study.numbers
    lines = []
    for key, row in leading.iterrows():
        parameter = parameter_of[str(key)]
        line = [f"`{short(parameter.key)}`", range_text(vars(parameter))]
        if has_record:
            line.append(_record_text(parameter, report.record))
        line += [str(row["confidence"]), _end(row["at low"]), _end(row["at high"])]
        if has_indices:
            line.append(_with_error(row["ST"], row["ST interval"]))
        lines.append(line)
    record_head = ["90 % range that the record leaves"] if has_record else []
    index_head = ["Sobol ST"] if has_indices else []
    head = [
        "number",
        "range of the evidence",
        *record_head,
        "mark",
        f"at low [{study.unit}]",
        f"at high [{study.unit}]",
        *index_head,
    ]
    words = 3 + len(record_head)
    sides = "l" * words + "r" * (len(head) - words)
    return markdown_table(head, lines, sides)


def _record_text(parameter: UncertainParameter, record: NumberSets | None) -> str:
    """Return the 90 % range that the record leaves of a number.

    Examples
    --------
    >>> from pathlib import Path
    >>> from energy.analysis.sensitivity.number_sets import NumberSets
    >>> from energy.analysis.sensitivity.uncertain_parameters import UncertainParameter
    >>> number = UncertainParameter("a", 10.0, 0.0, 20.0, "MW", "C", ("a",))
    >>> _record_text(number, NumberSets(pd.DataFrame({"a": [5.0, 10.0, 15.0]}), Path("sets.csv")))
    '5.5 to 14.5 MW'
    >>> _record_text(number, NumberSets(pd.DataFrame({"b": [1.0, 2.0]}), Path("sets.csv")))
    'the same'
    """
    if record is None or parameter.key not in record.keys:
        return "the same"
    left = narrowed([parameter], record)
    return range_text(vars(left[0]))


def _variance_sentence(report: SensitivityReport) -> str:
    """Return what part of the season's variance is unknown, random, and both together; nothing where not split."""
    if not report.parts:
        return ""
    percent = {name: fixed(100 * share) for name, share in report.parts.items()}
    return (
        f"Of the variance between seasons, unknown numbers make {percent['unknown']} %, water and outages"
        f" {percent['random']} %, both together {percent['together']} %"
        f" ({report.split:,} sets of the leading numbers meet {report.split:,} draws of water and outages)."
    )


def _points_sentence(study: Sensitivity) -> str:
    if not study.failed:
        return f"All {study.points:,} points have an optimum."
    return f"Of {study.points:,} points, {study.failed:,} have no optimum; they count nowhere."


def _metric(study: Sensitivity) -> str:
    return SEASON.get(study.metric, f"`{study.metric}`")


def _end(value: float) -> str:
    return "no optimum" if math.isnan(value) else fixed(value)


def _with_error(value: float, error: float) -> str:
    return "" if math.isnan(value) else f"{value:.2f} ± {error:.2f}"
