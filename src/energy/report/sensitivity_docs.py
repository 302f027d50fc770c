"""What a page says of a sensitivity study, made by ``energy sensitivity --page``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from energy.analysis.sensitivity.number_sets import narrowed
from energy.reading.units import range_text
from energy.report.docs_pages import write_block
from energy.report.sensitivity_text import spread_table
from energy.report.text_table import fixed, markdown_table
from energy.scenario.value_key import short

if TYPE_CHECKING:
    import pandas as pd

    from energy.analysis.sensitivity.number_sets import NumberSets
    from energy.analysis.sensitivity.sensitivity import Sensitivity
    from energy.analysis.sensitivity.uncertain_parameters import UncertainParameter

BLOCK = "sensitivity"
FIGURE = "figures/sensitivity"
"""The tornado beside the page, without ending."""
VISIBLE = 0.1
"""Share of the base that a number must move the metric by, alone, to have a line."""
LONGEST = 15
"""Lines of the table, at most."""
SEASON = {"delivered": "the season"}
"""Metric → its name in a sentence, where it has one."""


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


def write_sensitivity(report: SensitivityReport, page: Path) -> None:
    """Renew the block of a page.

    Raises
    ------
    InputError
        When there is no such page, or no such block on it.
    """
    write_block(page, BLOCK, sensitivity_block(report))


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
    >>> import pandas as pd
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
