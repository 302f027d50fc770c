"""Samples of outages and water: tables and sentences for the terminal, what a page says of them, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from energy.analysis.risk.summary import ALL_TOGETHER
from energy.reading.month_day import MONTHS
from energy.report.text_table import TextColumn, markdown_table, number_columns, text_table, words_column

if TYPE_CHECKING:
    import xarray as xr
    from rich.table import Table

_PRINTED = (0.1, 0.5, 0.9, 0.95)
"""Probabilities of exceedance that are printed."""
BLOCK = "risk-answers"
STATES = ("calm", "conflict")
"""Sets of hazards that hold the state which others draw; their figures stand beside those of a run."""
FIGURES = {
    "months": "figures/risk_months",
    "exceedance": "figures/risk_exceedance",
    "causes": "figures/risk_causes",
}
"""Figure of a folder of samples → the same beside the page, without ending."""
_LEVELS = {"P90": 0.9, "P50": 0.5, "P10": 0.1}
"""Level → probability with which it is exceeded."""
VISIBLE = 1.0
"""GWh of the mean season that a cause must take to be named."""


def risk_text(distribution: xr.Dataset) -> list[Any]:
    """Return what to print: the season, its months, shortfall and income, and the causes."""
    return [
        _head(distribution),
        _levels(distribution),
        _shortfall(distribution),
        _causes(distribution),
        _sample_notes(distribution),
    ]


def _interval_text(
    distribution: xr.Dataset,
    name: str,
    digits: int = 0,
    scale: float = 1.0,
    **place: Any,
) -> str:
    """Return a figure with the ends of its interval."""
    figure = distribution[name].sel(place)
    value = float(figure.sel(bound="value")) * scale
    low = float(figure.sel(bound="low")) * scale
    high = float(figure.sel(bound="high")) * scale
    return f"{value:,.{digits}f} ({low:,.{digits}f} to {high:,.{digits}f})"


def _head(distribution: xr.Dataset) -> str:
    mean = float(distribution["mean"].sel(bound="value"))
    undisturbed = float(distribution["mean_undisturbed"].sel(bound="value"))
    share = mean / max(undisturbed, 1e-9)
    return (
        f"{distribution.attrs['title']}: {distribution.attrs['samples']:,} samples\n"
        f"mean of the season {_interval_text(distribution, 'mean')} GWh,"
        f" without outages {_interval_text(distribution, 'mean_undisturbed')} GWh:"
        f" outages take {100 * (1 - share):.1f} %"
    )


def _levels(distribution: xr.Dataset) -> Table:
    """Return the levels that are exceeded, of the season and of its months."""
    shares = [share for share in _PRINTED if share in distribution["exceeded"].values]
    columns = [words_column()]
    columns += number_columns(f"P{100 * share:.0f}" for share in shares)
    rows = [
        ["season [GWh]", *_exceeded(distribution, "season", shares)],
        ["  without outages", *_exceeded(distribution, "season_undisturbed", shares)],
    ]
    for month in distribution["month"].values:
        label = f"{MONTHS[int(month) - 1]} [MW]"
        rows.append([label, *_exceeded(distribution, "power", shares, month=month)])
    return text_table(columns, rows, title="exceeded with probability (95 % interval)", framed=True)


def _exceeded(distribution: xr.Dataset, name: str, shares: Iterable[float], **place: Any) -> list[str]:
    return [_interval_text(distribution, name, exceeded=share, **place) for share in shares]


def _shortfall(distribution: xr.Dataset) -> Table:
    """Return how often a season falls short of each threshold, and the income of the season."""
    rows = []
    for threshold in distribution["threshold"].values:
        name = f"season below {threshold / 1000:,.2f} TWh [%]"
        share = _interval_text(distribution, "below", 1, 100.0, threshold=threshold)
        rows.append([name, share])
    rows += [
        ["income, mean [million USD]", _interval_text(distribution, "income", 1)],
        ["  exceeded by 95 % of seasons", _interval_text(distribution, "value_at_risk", 1)],
        ["  mean of the worst 5 %", _interval_text(distribution, "tail_income", 1)],
    ]
    title = "how often, and at what cost (95 % interval)"
    return text_table([words_column(), TextColumn("")], rows, title=title, framed=True)


def _causes(distribution: xr.Dataset) -> Table:
    """Return what the outages of each cause take, and their share of the sum of causes."""
    lost = distribution["lost"].sel(bound="value")
    causes = [str(cause) for cause in distribution["cause"].values if cause != ALL_TOGETHER]
    total = sum(float(lost.sel(cause=cause)) for cause in causes)
    rows = []
    for cause in causes:
        share = float(lost.sel(cause=cause)) / total if total else 0.0
        energy = _interval_text(distribution, "lost", 1, cause=cause)
        rows.append([cause, energy, f"{100 * share:.0f} %"])
    if causes:
        energy = _interval_text(distribution, "lost", 1, cause=ALL_TOGETHER)
        rows.append([ALL_TOGETHER, energy, ""])
    columns = [words_column("cause"), TextColumn("GWh"), TextColumn("share")]
    title = "what outages of one cause alone take [GWh a season] (95 % interval)"
    return text_table(columns, rows, title=title, framed=True)


def _sample_notes(distribution: xr.Dataset) -> str:
    """Return how many samples count nowhere, and how many lacked water for irrigation; nothing where none did."""
    failed = distribution.attrs["failed"]
    lacking = distribution.attrs["lacking"]
    notes = []
    if failed:
        notes.append(f"{failed} samples had no optimum and are left out: the figures lack their years")
    if lacking:
        volume = _interval_text(distribution, "irrigation_lacking")
        notes.append(f"in {lacking} samples irrigation lacked water: {volume} hm3 in the mean year")
    yielded = distribution.attrs["yielded"]
    if yielded:
        volume = _interval_text(distribution, "rules_yielded")
        notes.append(f"in {yielded} samples other rules of the water yielded: {volume} hm3 in the mean year")
    return "\n".join(notes)


def risk_json(distribution: xr.Dataset) -> dict[str, Any]:
    """Return a summary for other programs."""
    plain: dict[str, Any] = distribution.to_dict()
    figures = {}
    for name, variable in plain["data_vars"].items():
        figures[name] = {
            "dims": list(variable["dims"]),
            "unit": variable["attrs"].get("units", ""),
            "data": variable["data"],
        }
    return {
        "attributes": plain["attrs"],
        "coordinates": {name: values["data"] for name, values in plain["coords"].items()},
        "figures": figures,
    }


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


def risk_block(report: RiskReport) -> str:
    """Return what the page says of samples, in Markdown."""
    distribution = report.distribution
    samples = distribution.attrs["samples"]
    paragraphs = [
        f"Made by `{report.command}`: {samples:,} samples. In brackets: 95 % intervals.",
        _sentences(_sample_notes(distribution)),
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
            _interval_text(distribution, "mean"),
            *shares,
            _interval_text(distribution, "lost", 1, cause=ALL_TOGETHER),
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
    return _interval_text(distribution, "below", 1, 100.0, threshold=threshold)


def _causes_sentence(distribution: xr.Dataset) -> str:
    """Return what the causes take from the mean season, the dearest first, and whether their order is known."""
    lost = distribution["lost"]
    together = f"{_interval_text(distribution, 'lost', 1, cause=ALL_TOGETHER)} GWh"
    dearest_first = [str(cause) for cause in distribution["cause"].values if cause != ALL_TOGETHER]
    visible = [cause for cause in dearest_first if float(lost.sel(cause=cause, bound="value")) > VISIBLE]
    if not visible:
        return f"None takes {VISIBLE:g} GWh of the mean season; all outages together take {together}."
    texts = [f"{cause} {_interval_text(distribution, 'lost', 1, cause=cause)}" for cause in visible]
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
        levels = [_interval_text(distribution, "power", month=month, exceeded=share) for share in _LEVELS.values()]
        lines.append([MONTHS[int(month) - 1], *levels])
    head = ["month", *[f"{level} [MW]" for level in _LEVELS]]
    return markdown_table(head, lines, "l" + "r" * len(_LEVELS))
