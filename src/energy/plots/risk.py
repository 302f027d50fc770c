"""Risk figures: months as a fan, exceedance of the season, losses by cause, tornado."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from energy.analysis.risk.summary import ALL_TOGETHER
from energy.plots.style import colour, footer, save, styled, tick_text
from energy.reading.month_day import MONTHS
from energy.reading.units import range_text
from energy.scenario.value_key import short

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZES = {"journal": (7.2, 3.6), "slide": (8.0, 4.5)}  # inches
BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#666666"
BANDS = ((0.95, 0.05, "#d9eaf3"), (0.9, 0.1, "#a3cce3"), (0.75, 0.25, "#61a8cf"))
"""Probabilities of exceedance between which the fan is filled, and the colour, which is opaque as in the legend."""
BARS = 12  # of a tornado, at most
FOOT: dict[str, Any] = {
    "x": 0.01,
    "ha": "left",
    "fontsize": 7,
    "color": "#444444",
    "linespacing": 1.4,
}
INTERVAL: dict[str, Any] = {
    "color": ORANGE,
    "marker": "s",
    "ms": 4,
    "capsize": 3,
    "clip_on": False,
    "zorder": 4,
}


def fan_figure(distribution: xr.Dataset, size: str = "journal") -> Figure:
    """Draw the mean power of each month: the median, and what is exceeded with 90 % and 95 %, 10 % and 5 %.

    Parameters
    ----------
    distribution
        From ``energy.analysis.risk.summary.summary``.
    size
        ``journal`` or ``slide``.
    """
    power = distribution["power"]
    months = [MONTHS[int(month) - 1] for month in distribution["month"].values]
    places = np.arange(len(months))
    with styled():
        figure, axes = _titled(distribution, "mean power by month", size)
        for least, most, shade in BANDS:
            axes.fill_between(
                places,
                power.sel(bound="value", exceeded=least).to_numpy(),
                power.sel(bound="value", exceeded=most).to_numpy(),
                color=shade,
                lw=0,
                label=f"P{100 * least:.0f} to P{100 * most:.0f}",
            )
        median = power.sel(bound="value", exceeded=0.5)
        axes.plot(places, median, color=BLUE, lw=1.6, marker="o", ms=4, label="P50")
        value, below, above = _interval(power.sel(exceeded=0.9))
        axes.errorbar(
            places,
            value,
            [below, above],
            color=ORANGE,
            lw=1.2,
            marker="s",
            ms=4,
            capsize=3,
            label="P90 (95 % interval)",
        )
        axes.set_xticks(places, months)
        axes.set_ylim(bottom=0)
        axes.set_ylabel("mean power at the receiving end [MW]")
        axes.yaxis.set_major_formatter(tick_text)
        axes.set_axisbelow("line")  # the grid is seen on the bands, too
        axes.grid(axis="y")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def _titled(distribution: xr.Dataset, what: str, size: str, pad: float | None = None) -> tuple[Figure, Axes]:
    """Return a figure with title and footer, and its axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZES[size], layout="constrained")
    axes = figure.subplots()
    title = f"{distribution.attrs['title']}: {what}"
    axes.set_title(title, loc="left", fontsize=10, fontweight="bold", pad=pad)
    samples = distribution.attrs["samples"]
    seed = distribution.attrs["seed"]
    note = f"{samples:,} samples of water years and outages, seed {seed}"
    figure.supxlabel(footer(distribution, note=note), **FOOT)
    return figure, axes


def _interval(figures: xr.DataArray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return figures, and how far their intervals reach below and above them."""
    value = figures.sel(bound="value").to_numpy()
    below = value - figures.sel(bound="low").to_numpy()
    above = figures.sel(bound="high").to_numpy() - value
    return value, below, above


def exceedance_figure(distribution: xr.Dataset, size: str = "journal") -> Figure:
    """Draw the probability that the season exceeds a level, with and without outages, and the thresholds asked for."""
    level = distribution["level"].to_numpy() / 1000
    thresholds = distribution["threshold"].to_numpy() / 1000
    season = distribution["season"] / 1000
    with styled():
        figure, axes = _titled(distribution, "how often the season exceeds a level", size, pad=20)
        undisturbed = 100 * distribution["curve_undisturbed"]
        axes.plot(level, undisturbed, color=GREY, lw=1.2, ls="--", label="without outages")
        axes.plot(level, 100 * distribution["curve"], color=BLUE, lw=1.8, label="with outages")
        label: str | None = "P50, P90, P95 (95 % interval)"
        for share in (0.5, 0.9, 0.95):
            value, below, above = _interval(season.sel(exceeded=share))
            axes.errorbar(
                float(value),
                100 * share,
                xerr=[[float(below)], [float(above)]],
                color=ORANGE,
                marker="s",
                ms=4,
                capsize=3,
                label=label,
            )
            label = None  # one entry of the legend for all three
        for number, threshold in enumerate(thresholds):
            line_label = None if number else "levels asked for [TWh]"
            axes.axvline(threshold, color="#999999", lw=0.7, zorder=1, label=line_label)
            above_axes = 101 + 4 * (number % 2)  # neighbours at two heights, so that they do not touch
            axes.text(
                threshold,
                above_axes,
                f"{threshold:g}",
                ha="center",
                va="bottom",
                fontsize=7,
                color=GREY,
            )
        axes.set_ylim(0, 100)
        axes.set_xlim(0, max(float(level.max()), float(thresholds.max()) * 1.03))
        axes.set_xlabel("energy of the season at the receiving end [TWh]")
        axes.set_ylabel("seasons that exceed it [%]")
        axes.grid()
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def causes_figure(distribution: xr.Dataset, size: str = "journal") -> Figure:
    """Draw what the outages of each cause alone take from the season's mean, with intervals, dearest first."""
    causes = [str(cause) for cause in distribution["cause"].values]
    colours = [GREY if cause == ALL_TOGETHER else colour("line") for cause in causes]
    value, below, above = _interval(distribution["lost"])
    places = np.arange(len(causes))
    with styled():
        figure, axes = _titled(distribution, "what outages take, by cause", size)
        axes.barh(places, value, 0.62, color=colours)
        axes.errorbar(value, places, xerr=[below, above], fmt="none", color="black", lw=0.9, capsize=3)
        axes.set_yticks(places, causes)
        axes.invert_yaxis()
        axes.axvline(0, color="black", lw=0.8)
        axes.set_xlabel("energy lost in the mean season [GWh] (95 % interval)")
        axes.grid(axis="x")
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

    moving = numbers[numbers["swing"] > 0]
    shown = moving.sort_values("swing", ascending=False, kind="stable").head(BARS)
    places = np.arange(len(shown))
    labels = [_label(str(key), row) for key, row in shown.iterrows()]
    width, least_height = SIZES[size]
    height = max(least_height * 0.55, 1.2 + 0.36 * len(shown))
    with styled():
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots()
        for end, paint in (("low", "#56b4e9"), ("high", ORANGE)):
            values = shown[f"at {end}"].astype(float).fillna(base).to_numpy()  # no optimum there, no bar
            axes.barh(places, values - base, 0.6, left=base, color=paint, label=f"number at its {end} end")
        axes.set_yticks(places, labels, fontsize=8)
        axes.invert_yaxis()
        axes.axvline(base, color="black", lw=0.8)
        axes.set_xlabel(f"{metric} [{unit}]")
        axes.xaxis.set_major_formatter(tick_text)
        axes.grid(axis="x")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        axes.set_title(f"{title}: numbers at the ends of their ranges", loc="left", fontsize=10, fontweight="bold")
        note = f"The {len(shown)} that move it most, of {len(moving):,}, each with range, unit and mark of evidence."
        if foot:
            figure.supxlabel(f"{note}\n{foot}", **FOOT)
    return figure


def _label(key: str, row: pd.Series) -> str:
    """Return the label of a number: name, range, confidence, and where there is no optimum."""
    typeset_range = range_text(row.to_dict()).replace("-", "−").replace("m3", "m³")
    label = f"{short(key)}\n{typeset_range}, {row['confidence']}"
    for end in ("low", "high"):
        if pd.isna(row[f"at {end}"]):
            label += f", no optimum at its {end} end"
    return label


def figures(distribution: xr.Dataset) -> dict[str, Figure]:
    """Draw fan, exceedance curve and causes; return them by the names of their files."""
    return {
        "months": fan_figure(distribution),
        "exceedance": exceedance_figure(distribution),
        "causes": causes_figure(distribution),
    }


def write_figures(distribution: xr.Dataset, folder: Path, force: bool = False) -> list[Path]:
    """Write fan, exceedance curve and causes as PNG and SVG; return the PNGs."""
    paths = []
    for name, figure in figures(distribution).items():
        save(figure, folder / name, force=force)
        paths.append(folder / f"{name}.png")
    return paths
