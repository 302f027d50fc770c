"""Risk tables and sentences for the terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from energy.analysis.risk.summary import ALL_TOGETHER
from energy.metrics.audit import TOLERANCE
from energy.reading.month_day import MONTHS
from energy.report.text_table import TextColumn, index_head, number_columns, text_table, words_column

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from rich.table import Table
SHOWN = (0.1, 0.5, 0.9, 0.95)
"""Probabilities of exceedance that are printed."""


def risk_text(distribution: xr.Dataset) -> list[Any]:
    """Return what to print: the season, its months, shortfall and income, and the causes."""
    return [
        _head(distribution),
        _levels(distribution),
        _shortfall(distribution),
        _causes(distribution),
        sample_notes(distribution),
    ]


def interval_text(
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
        f"mean of the season {interval_text(distribution, 'mean')} GWh,"
        f" without outages {interval_text(distribution, 'mean_undisturbed')} GWh:"
        f" outages take {100 * (1 - share):.1f} %"
    )


def _levels(distribution: xr.Dataset) -> Table:
    """Return the levels that are exceeded, of the season and of its months."""
    shares = [share for share in SHOWN if share in distribution["exceeded"].values]
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
    return [interval_text(distribution, name, exceeded=share, **place) for share in shares]


def _shortfall(distribution: xr.Dataset) -> Table:
    """Return how often a season falls short of each threshold, and the income of the season."""
    rows = []
    for threshold in distribution["threshold"].values:
        name = f"season below {threshold / 1000:,.2f} TWh [%]"
        share = interval_text(distribution, "below", 1, 100.0, threshold=threshold)
        rows.append([name, share])
    rows += [
        ["income, mean [million USD]", interval_text(distribution, "income", 1)],
        ["  exceeded by 95 % of seasons", interval_text(distribution, "value_at_risk", 1)],
        ["  mean of the worst 5 %", interval_text(distribution, "tail_income", 1)],
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
        energy = interval_text(distribution, "lost", 1, cause=cause)
        rows.append([cause, energy, f"{100 * share:.0f} %"])
    if causes:
        energy = interval_text(distribution, "lost", 1, cause=ALL_TOGETHER)
        rows.append([ALL_TOGETHER, energy, ""])
    columns = [words_column("cause"), TextColumn("GWh"), TextColumn("share")]
    title = "what outages of one cause alone take [GWh a season] (95 % interval)"
    return text_table(columns, rows, title=title, framed=True)


def sample_notes(distribution: xr.Dataset) -> str:
    """Return how many samples count nowhere, and how many lacked water for irrigation; nothing where none did."""
    failed = distribution.attrs["failed"]
    lacking = distribution.attrs["lacking"]
    notes = []
    if failed:
        notes.append(f"{failed} samples had no optimum and are left out: the figures lack their years")
    if lacking:
        volume = interval_text(distribution, "irrigation_lacking")
        notes.append(f"in {lacking} samples irrigation lacked water: {volume} hm3 in the mean year")
    yielded = distribution.attrs["yielded"]
    if yielded:
        volume = interval_text(distribution, "rules_yielded")
        notes.append(f"in {yielded} samples other rules of the water yielded: {volume} hm3 in the mean year")
    return "\n".join(notes)


def frame_text(table: pd.DataFrame, title: str, digits: int = 4) -> Table:
    """Return a table of numbers to print, its index first."""
    columns = [words_column(index_head(table))]
    columns += number_columns(map(str, table))
    rows = []
    for key, values in zip(table.index, table.to_numpy(dtype=object), strict=True):
        rows.append([str(key), *[_cell(value, digits) for value in values]])
    return text_table(columns, rows, title=title, framed=True)


def _cell(value: object, digits: int) -> str:
    """Return a cell; nothing where a number is unknown."""
    text = _figure(value, digits) if isinstance(value, float) else str(value)
    return "" if text == "nan" else text


def _figure(value: float, digits: int) -> str:
    """Return a number with so many figures; large ones as whole numbers, what is below the tolerance as zero."""
    if abs(value) < TOLERANCE:
        return "0"
    if abs(value) >= 10**digits:
        return f"{value:,.0f}"
    return f"{value:,.{digits}g}"


def _with_error(value: float, error: float) -> str:
    if np.isnan(value):
        return "–"
    if np.isnan(error):
        return _figure(value, 4)
    return f"{_figure(value, 4)} ± {_figure(error, 2)}"


def with_errors(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of figures and their standard errors (``X`` and ``X error``) as texts, a row a figure.

    >>> import pandas as pd
    >>> with_errors(pd.DataFrame({"EENS MWh": [1234.5], "EENS MWh error": [67.8]}, index=["AF"]))
                      AF
    EENS MWh  1,234 ± 68

    What is smaller than the solver's tolerance is nothing:

    >>> with_errors(pd.DataFrame({"avoided MWh": [-1e-10], "avoided MWh error": [1.2e-10]}, index=["TJ"]))
                    TJ
    avoided MWh  0 ± 0
    """
    import pandas as pd

    unknown = pd.Series(np.nan, table.index)
    cells = {}
    for name in map(str, table):
        if name.endswith(" error"):
            continue
        errors = table.get(f"{name} error", unknown)
        pairs = zip(table[name], errors, strict=True)
        cells[name] = [_with_error(value, error) for value, error in pairs]
    return pd.DataFrame(cells, index=table.index).T


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
