"""What a page says of the samples of ``energy risk``, made by its option ``--page``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from energy.analysis.risk.summary import ALL_TOGETHER
from energy.reading.month_day import MONTHS
from energy.report.docs_pages import write_block
from energy.report.risk_text import interval_text, sample_notes
from energy.report.text_table import markdown_table

if TYPE_CHECKING:
    import xarray as xr

BLOCK = "risk-answers"
STATES = ("calm", "conflict")
"""Sets of hazards that hold the state which others draw; their figures stand beside those of a run."""
FIGURES = {
    "months": "figures/risk_months",
    "exceedance": "figures/risk_exceedance",
    "causes": "figures/risk_causes",
}
"""Figure of a folder of samples → the same beside the page, without ending."""
SHOWN = {"P90": 0.9, "P50": 0.5, "P10": 0.1}
"""Level → probability with which it is exceeded."""
VISIBLE = 1.0
"""GWh of the mean season that a cause must take to be named."""


@dataclass(frozen=True, eq=False)
class RiskReport:
    """Samples with what their page needs besides.

    Attributes
    ----------
    distribution
        From ``energy.analysis.risk.summary.summary``.
    hazards
        Name of its set of hazards.
    beside
        Set of hazards → the same of other sets, of the same question.
    command
        What made it.
    """

    distribution: xr.Dataset
    hazards: str
    beside: Mapping[str, xr.Dataset]
    command: str


def write_risk(report: RiskReport, page: Path) -> None:
    """Renew the block of a page.

    Raises
    ------
    InputError
        When there is no such page, or no such block on it.
    """
    write_block(page, BLOCK, risk_block(report))


def risk_block(report: RiskReport) -> str:
    """Return what the page says of samples, in Markdown."""
    distribution = report.distribution
    samples = distribution.attrs["samples"]
    paragraphs = [
        f"Made by `{report.command}`: {samples:,} samples. In brackets: 95 % intervals.",
        _sentences(sample_notes(distribution)),
        "**How often does the season fall short?**",
        _shortfall_table(report),
        f"**Which cause costs most?** {_causes_sentence(distribution)}",
        "**What is P90 power by month?** P90 is the level that nine seasons of ten exceed.",
        _power_table(distribution),
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _sentences(notes: str) -> str:
    r"""Return notes of the terminal, a line each, as sentences of a paragraph.

    >>> _sentences("in 3 samples irrigation lacked water\n1 sample had no optimum")
    'In 3 samples irrigation lacked water. 1 sample had no optimum.'
    """
    return " ".join(f"{note[:1].upper()}{note[1:]}." for note in notes.splitlines())


def _shortfall_table(report: RiskReport) -> str:
    """Return mean season, share of seasons below each threshold, and what outages take, a line a set of hazards."""
    distributions = {report.hazards: report.distribution, **report.beside}
    order = sorted(distributions, key=_place)
    thresholds = [float(threshold) for threshold in report.distribution["threshold"].values]
    lines = []
    for hazards in order:
        distribution = distributions[hazards]
        shares = [_share_below(distribution, threshold) for threshold in thresholds]
        line = [
            f"`{hazards}`",
            f"{distribution.attrs['samples']:,}",
            interval_text(distribution, "mean"),
            *shares,
            interval_text(distribution, "lost", 1, cause=ALL_TOGETHER),
        ]
        lines.append(line)
    below = [f"below {threshold / 1000:,.4g} TWh [%]" for threshold in thresholds]
    head = ["hazards", "samples", "mean season [GWh]", *below, "outages take [GWh]"]
    return markdown_table(head, lines, "l" + "r" * (len(head) - 1))


def _place(hazards: str) -> int:
    """Return where a set of hazards stands: calm first, conflict last, the others between."""
    places = {"calm": 0, "conflict": 2}
    return places.get(hazards, 1)


def _share_below(distribution: xr.Dataset, threshold: float) -> str:
    """Return the share of seasons below a threshold [%]; a dash where that was not asked."""
    if threshold not in distribution["threshold"].values:
        return "–"
    return interval_text(distribution, "below", 1, 100.0, threshold=threshold)


def _causes_sentence(distribution: xr.Dataset) -> str:
    """Return what the causes take from the mean season, the dearest first, and whether their order is known."""
    lost = distribution["lost"]
    together = f"{interval_text(distribution, 'lost', 1, cause=ALL_TOGETHER)} GWh"
    dearest_first = [str(cause) for cause in distribution["cause"].values if cause != ALL_TOGETHER]
    visible = [cause for cause in dearest_first if float(lost.sel(cause=cause, bound="value")) > VISIBLE]
    if not visible:
        return f"None takes {VISIBLE:g} GWh of the mean season; all outages together take {together}."
    texts = [f"{cause} {interval_text(distribution, 'lost', 1, cause=cause)}" for cause in visible]
    sentence = f"Of the {together} that all outages together take from the mean season: {', '.join(texts)}."
    if len(visible) > 1 and _overlap(lost, visible[0], visible[1]):
        sentence += " The intervals of the first two overlap: which of them costs more is not known."
    if len(visible) < len(dearest_first):
        sentence += f" No other cause takes {VISIBLE:g} GWh."
    return sentence


def _overlap(lost: xr.DataArray, dearer: str, cheaper: str) -> bool:
    """Return whether the intervals of two causes overlap."""
    least_of_dearer = float(lost.sel(cause=dearer, bound="low"))
    most_of_cheaper = float(lost.sel(cause=cheaper, bound="high"))
    return most_of_cheaper >= least_of_dearer


def _power_table(distribution: xr.Dataset) -> str:
    """Return the mean power of each month that is exceeded with 90 %, 50 % and 10 % [MW]."""
    lines = []
    for month in distribution["month"].values:
        levels = [interval_text(distribution, "power", month=month, exceeded=share) for share in SHOWN.values()]
        lines.append([MONTHS[int(month) - 1], *levels])
    head = ["month", *[f"{level} [MW]" for level in SHOWN]]
    return markdown_table(head, lines, "l" + "r" * len(SHOWN))
