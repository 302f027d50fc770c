"""Risk tables and sentences for the terminal, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from energy.results.labels import MONTHS

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from rich.table import Table


def risk_text(found: xr.Dataset) -> list[Any]:
    """Return what to print: the season, its months, shortfall and income, and the causes."""
    return [_head(found), _levels(found), _shortfall(found), _causes(found), _notes(found)]


def _of(found: xr.Dataset, name: str, digits: int = 0, scale: float = 1.0, **at: Any) -> str:
    value, low, high = (float(found[name].sel(bound=bound, **at)) * scale for bound in ("value", "low", "high"))
    return f"{value:,.{digits}f} ({low:,.{digits}f} to {high:,.{digits}f})"


def _head(found: xr.Dataset) -> str:
    share = float(found["mean"].sel(bound="value")) / max(float(found["mean_undisturbed"].sel(bound="value")), 1e-9)
    return (
        f"{found.attrs['title']}: {found.attrs['samples']:,} samples\n"
        f"mean of the season {_of(found, 'mean')} GWh, without outages {_of(found, 'mean_undisturbed')} GWh:"
        f" outages take {100 * (1 - share):.1f} %"
    )


def _levels(found: xr.Dataset) -> Table:
    from rich.table import Table

    table = Table(title="exceeded with probability (95 % interval)", title_justify="left")
    table.add_column("")
    shown = [share for share in (0.1, 0.5, 0.9, 0.95) if share in found["exceeded"].values]
    for share in shown:
        table.add_column(f"P{100 * share:.0f}", justify="right")
    table.add_row("season [GWh]", *(_of(found, "season", exceeded=share) for share in shown))
    table.add_row("  without outages", *(_of(found, "season_undisturbed", exceeded=share) for share in shown))
    for month in found["month"].values:
        levels = (_of(found, "power", month=month, exceeded=share) for share in shown)
        table.add_row(f"{MONTHS[int(month) - 1]} [MW]", *levels)
    return table


def _shortfall(found: xr.Dataset) -> Table:
    from rich.table import Table

    table = Table(title="how often, and at what cost (95 % interval)", title_justify="left")
    table.add_column("")
    table.add_column("", justify="right")
    for threshold in found["threshold"].values:
        name = f"season below {threshold / 1000:,.2f} TWh [%]"
        table.add_row(name, _of(found, "below", 1, 100.0, threshold=threshold))
    table.add_row("income, mean [million USD]", _of(found, "income", 1))
    table.add_row("  exceeded by 95 % of seasons", _of(found, "value_at_risk", 1))
    table.add_row("  mean of the worst 5 %", _of(found, "tail_income", 1))
    return table


def _causes(found: xr.Dataset) -> Table:
    from rich.table import Table

    table = Table(title="what outages of one cause alone take [GWh a season] (95 % interval)", title_justify="left")
    table.add_column("cause")
    table.add_column("GWh", justify="right")
    table.add_column("share", justify="right")
    causes = [str(cause) for cause in found["cause"].values if cause != "all together"]
    total = sum(float(found["lost"].sel(cause=cause, bound="value")) for cause in causes)
    for cause in causes:
        share = float(found["lost"].sel(cause=cause, bound="value")) / total if total else 0.0
        table.add_row(cause, _of(found, "lost", 1, cause=cause), f"{100 * share:.0f} %")
    if causes:
        table.add_row("all together", _of(found, "lost", 1, cause="all together"), "")
    return table


def _notes(found: xr.Dataset) -> str:
    notes = []
    if found.attrs["failed"]:
        notes.append(f"{found.attrs['failed']} samples had no optimum and are left out: the figures lack their years")
    if found.attrs["lacking"]:
        notes.append(f"in {found.attrs['lacking']} samples irrigation lacked water: what rules ask for fell short")
    return "\n".join(notes)


def frame_text(table: pd.DataFrame, title: str, digits: int = 4) -> Table:
    """Return a table of numbers to print, its index first."""
    from rich.table import Table

    shown = Table(title=title, title_justify="left")
    shown.add_column("" if table.index.name is None else str(table.index.name))
    for column in table:
        shown.add_column(str(column), justify="right")
    for key, row in zip(table.index, table.to_numpy(dtype=object), strict=True):
        cells = (_figure(value, digits) if isinstance(value, float) else str(value) for value in row)
        shown.add_row(str(key), *("" if cell == "nan" else cell for cell in cells))
    return shown


def _figure(value: float, digits: int) -> str:
    return f"{value:,.0f}" if abs(value) >= 10**digits else f"{value:,.{digits}g}"


def _with_error(value: float, error: float) -> str:
    if np.isnan(value):
        return "–"
    return _figure(value, 4) if np.isnan(error) else f"{_figure(value, 4)} ± {_figure(error, 2)}"


def with_errors(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of figures and their standard errors (``X`` and ``X error``) as texts, a row a figure.

    >>> import pandas as pd
    >>> with_errors(pd.DataFrame({"EENS MWh": [1234.5], "EENS MWh error": [67.8]}, index=["AF"]))
                      AF
    EENS MWh  1,234 ± 68
    """
    import pandas as pd

    figures = [str(column) for column in table if not str(column).endswith(" error")]
    unknown = pd.Series(np.nan, table.index)
    cells = {
        name: [
            _with_error(value, error)
            for value, error in zip(table[name], table.get(f"{name} error", unknown), strict=True)
        ]
        for name in figures
    }
    return pd.DataFrame(cells, index=table.index).T


def risk_json(found: xr.Dataset) -> dict[str, Any]:
    """Return a summary for other programs."""
    plain: dict[str, Any] = found.to_dict()
    return {
        "attributes": plain["attrs"],
        "coordinates": {key: value["data"] for key, value in plain["coords"].items()},
        "figures": {
            key: {"dims": list(value["dims"]), "unit": value["attrs"].get("units", ""), "data": value["data"]}
            for key, value in plain["data_vars"].items()
        },
    }
