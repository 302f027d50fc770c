"""Risk figures: months as a fan, exceedance of the season, losses by cause, tornado."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from energy.plots.frame import footer
from energy.plots.style import colour, save, styled
from energy.results.labels import MONTHS, range_text, short

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

SIZES = {"journal": (7.2, 3.6), "slide": (8.0, 4.5)}  # inches
BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#666666"
BARS = 12  # of a tornado, at most
FOOT: dict[str, Any] = {"x": 0.01, "ha": "left", "fontsize": 7, "color": "#444444", "linespacing": 1.4}
INTERVAL: dict[str, Any] = {"color": ORANGE, "marker": "s", "ms": 4, "capsize": 3, "clip_on": False, "zorder": 4}


def fan_figure(found: xr.Dataset, size: str = "journal") -> Figure:
    """Draw the mean power of each month: the median, and what is exceeded with 90 % and 95 %, 10 % and 5 %.

    Parameters
    ----------
    found
        From ``energy.analysis.risk.summary.summary``.
    size
        ``journal`` or ``slide``.
    """
    from matplotlib.figure import Figure

    with styled():
        figure = Figure(figsize=SIZES[size], layout="constrained")
        axes = figure.subplots()
        power = found["power"].sel(bound="value")
        at = np.arange(found.sizes["month"])
        for least, most, shade in ((0.95, 0.05, 0.15), (0.9, 0.1, 0.25), (0.75, 0.25, 0.4)):
            lower, upper = (power.sel(exceeded=share).to_numpy() for share in (least, most))
            label = f"P{100 * least:.0f} to P{100 * most:.0f}"
            axes.fill_between(at, lower, upper, color=BLUE, alpha=shade, lw=0, label=label)
        axes.plot(at, power.sel(exceeded=0.5), color=BLUE, lw=1.6, marker="o", ms=4, label="P50")
        firm = found["power"].sel(exceeded=0.9)
        value, low, high = (firm.sel(bound=bound).to_numpy() for bound in ("value", "low", "high"))
        axes.errorbar(
            at,
            value,
            [value - low, high - value],
            color=ORANGE,
            lw=1.2,
            marker="s",
            ms=4,
            capsize=3,
            label="P90 (95 % interval)",
        )
        axes.set_xticks(at, [MONTHS[int(month) - 1] for month in found["month"].values])
        axes.set_ylim(bottom=0)
        axes.set_ylabel("mean power at the receiving end [MW]")
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.grid(axis="y")
        axes.set_title(f"{found.attrs['title']}: mean power by month", loc="left", fontsize=10, fontweight="bold")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        _foot(figure, found)
    return figure


def exceedance_figure(found: xr.Dataset, size: str = "journal") -> Figure:
    """Draw the probability that the season exceeds a level, with and without outages, and the thresholds asked for."""
    from matplotlib.figure import Figure

    with styled():
        figure = Figure(figsize=SIZES[size], layout="constrained")
        axes = figure.subplots()
        level = found["level"].to_numpy() / 1000
        axes.plot(level, 100 * found["curve_undisturbed"], color=GREY, lw=1.2, ls="--", label="without outages")
        axes.plot(level, 100 * found["curve"], color=BLUE, lw=1.8, label="with outages")
        for share in (0.5, 0.9, 0.95):
            value, low, high = (
                float(found["season"].sel(exceeded=share, bound=b)) / 1000 for b in ("value", "low", "high")
            )
            label = "P50, P90, P95 (95 % interval)" if share == 0.5 else None
            axes.errorbar(
                value,
                100 * share,
                xerr=[[value - low], [high - value]],
                color=ORANGE,
                marker="s",
                ms=4,
                capsize=3,
                label=label,
            )
        for number, threshold in enumerate(found["threshold"].to_numpy() / 1000):
            axes.axvline(threshold, color="#999999", lw=0.7, zorder=0)
            above = 101 + 4 * (number % 2)  # neighbours at two heights, so that they do not touch
            axes.text(threshold, above, f"{threshold:g}", ha="center", va="bottom", fontsize=7, color=GREY)
        axes.set_ylim(0, 100)
        axes.set_xlim(0, max(float(level.max()), float(found["threshold"].max()) / 1000 * 1.03))
        axes.set_xlabel("energy of the season at the receiving end [TWh]")
        axes.set_ylabel("seasons that exceed it [%]")
        axes.grid()
        axes.set_title(f"{found.attrs['title']}: how often", loc="left", fontsize=10, fontweight="bold", pad=20)
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        _foot(figure, found)
    return figure


def causes_figure(found: xr.Dataset, size: str = "journal") -> Figure:
    """Draw what the outages of each cause alone take from the season's mean, with intervals, dearest first."""
    from matplotlib.figure import Figure

    with styled():
        figure = Figure(figsize=SIZES[size], layout="constrained")
        axes = figure.subplots()
        causes = [str(cause) for cause in found["cause"].values]
        lost = found["lost"]
        value, low, high = (lost.sel(bound=bound).to_numpy() for bound in ("value", "low", "high"))
        at = np.arange(len(causes))
        colours = [GREY if cause == "all together" else colour("line") for cause in causes]
        axes.barh(at, value, 0.62, color=colours)
        axes.errorbar(value, at, xerr=[value - low, high - value], fmt="none", color="black", lw=0.9, capsize=3)
        axes.set_yticks(at, causes)
        axes.invert_yaxis()
        axes.axvline(0, color="black", lw=0.8)
        axes.set_xlabel("energy lost in the mean season [GWh] (95 % interval)")
        axes.grid(axis="x")
        axes.set_title(f"{found.attrs['title']}: outages by cause", loc="left", fontsize=10, fontweight="bold")
        _foot(figure, found)
    return figure


def tornado_figure(
    numbers: pd.DataFrame,
    base: float,
    metric: str,
    unit: str,
    title: str,
    foot: str = "",
    size: str = "journal",
) -> Figure:
    """Draw a metric with one number at each end of its range, widest first.

    Parameters
    ----------
    numbers
        From ``energy.analysis.sensitivity.sensitivity.sensitivity``: index key; columns ``at low``, ``at high``,
        ``swing``, ``low``, ``high``, ``unit``, ``confidence``. Those that change nothing,
        and more than twelve, are left out.
    base
        The metric with all numbers at their base.
    metric, unit, title
        Words of axis and title.
    foot
        Text below.
    size
        ``journal`` or ``slide``.
    """
    from matplotlib.figure import Figure

    shown = numbers[numbers["swing"] > 0].sort_values("swing", ascending=False, kind="stable").head(BARS)
    width, height = SIZES[size]
    with styled():
        figure = Figure(figsize=(width, max(height * 0.55, 1.2 + 0.36 * len(shown))), layout="constrained")
        axes = figure.subplots()
        at = np.arange(len(shown))
        for end, paint in (("low", "#56b4e9"), ("high", ORANGE)):
            values = shown[f"at {end}"].astype(float).fillna(base).to_numpy()  # no optimum there, no bar
            axes.barh(at, values - base, 0.6, left=base, color=paint, label=f"number at its {end} end")
        axes.set_yticks(at, [_label(str(key), row) for key, row in shown.iterrows()], fontsize=8)
        axes.invert_yaxis()
        axes.axvline(base, color="black", lw=0.8)
        axes.set_xlabel(f"{metric} [{unit}]")
        axes.grid(axis="x")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        axes.set_title(f"{title}: what is unknown", loc="left", fontsize=10, fontweight="bold")
        if foot:
            figure.supxlabel(foot, **FOOT)
    return figure


def _label(key: str, row: pd.Series) -> str:
    missing = "".join(f", no optimum at its {end} end" for end in ("low", "high") if pd.isna(row[f"at {end}"]))
    return f"{short(key)}\n{range_text(row.to_dict())}, {row['confidence']}{missing}"


def _foot(figure: Figure, found: xr.Dataset) -> None:
    note = f"{found.attrs['samples']:,} samples of water years and outages, seed {found.attrs['seed']}"
    figure.supxlabel(footer(found, note=note), **FOOT)


def write_figures(found: xr.Dataset, folder: Path, force: bool = False) -> list[Path]:
    """Write fan, exceedance curve and causes as PNG and SVG; return the PNGs."""
    stems = []
    for name, draw in (("months", fan_figure), ("exceedance", exceedance_figure), ("causes", causes_figure)):
        save(draw(found), folder / name, force=force)
        stems.append(folder / f"{name}.png")
    return stems
