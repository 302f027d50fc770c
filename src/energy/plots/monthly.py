"""Monthly figure of a run: where each month's contract energy goes, and who is served before it."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from energy.analysis import Run
from energy.plots.frame import foot_of
from energy.plots.stacked_bars import stacked
from energy.plots.style import CEILING, SIZES, colour, styled
from energy.results.waterfall import LOST, NO_SERVICES, WaterfallStep, causes_of, in_season, verdict, waterfall

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 0.8  # of a bar, in months
MARKERS = ("o", "D", "s", "^")
SURPLUS = "surplus "


def monthly_figure(table: pd.DataFrame, title: str, footer: str = "", size: str = "journal") -> Figure:
    """Draw the months as stacked bars, and the season's ladder of protection beside them.

    Parameters
    ----------
    table
        From ``energy.metrics.monthly_table``; GWh.
    title, footer
        Text above and below.
    size
        ``journal`` or ``slide``.

    Returns
    -------
    matplotlib.figure.Figure
        Left axes ``months``: delivered energy, above it what each cause takes up to the contract's ceiling, and the
        surplus of the sending countries. Right axes ``waterfall``: the same for the season, a row a cause.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.analysis import run
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> found = run(read_case("two_bus"), scenario)
    >>> monthly_figure(found.table, "two_bus").axes[0].get_ylabel()
    'energy at the receiving end [GWh/month]'
    """
    from matplotlib.figure import Figure

    months, rungs = in_season(table), _shown(waterfall(table))
    width, height = SIZES[size]
    with styled():
        figure = Figure(figsize=(width, height))
        # places are fixed in inches, so that the same parts stand at the same places in every figure
        inner = {"bottom": 0.95 / height, "top": 1 - 0.72 / height, "left": 0.7 / width, "right": 1 - 0.12 / width}
        if rungs:
            left, right = figure.subplots(1, 2, width_ratios=(1.25, 1), gridspec_kw={**inner, "wspace": 3.15 / width})
            _season(right, rungs, float(months["ceiling"].sum()), float(months["delivered"].sum()))
        else:
            left = figure.subplots(gridspec_kw=inner)
        _months(left, months)
        handles, labels = left.get_legend_handles_labels()
        figure.legend(
            handles,
            labels,
            loc="upper left",
            bbox_to_anchor=(0.04 / width, 1 - 0.32 / height),
            ncols=len(labels),
        )
        figure.text(0.1 / width, 1 - 0.1 / height, title, va="top", fontsize=10, fontweight="bold")
        notes = "\n".join(text for text in (fill(verdict(table), round(17 * width)), footer) if text)
        figure.text(0.1 / width, 0.08 / height, notes, va="bottom", fontsize=7, color="#444444", linespacing=1.4)
    return figure


def _shown(rungs: list[WaterfallStep]) -> list[WaterfallStep]:
    """Leave out the plants' rung where it takes nothing; outages stay, so that their nothing is seen."""
    return [rung for rung in rungs if rung.cause != "water" or abs(rung.takes) >= 0.5]


def month_parts(months: pd.DataFrame) -> pd.DataFrame:
    """Return what fills each month's bar up to the ceiling (`energy.plots.stacked_bars`).

    Parameters
    ----------
    months
        Months in season of ``energy.metrics.monthly_table``.

    Returns
    -------
    pandas.DataFrame
        A column a part [GWh], from the bottom up; each row sums to the ceiling, or to what is delivered where there is
        none.
    """
    waterfall = {cause: months[LOST + cause] for cause in causes_of(months)}
    return pd.DataFrame(stacked(months["delivered"], waterfall, months["ceiling"]), index=months.index)


def _months(axes: Axes, months: pd.DataFrame) -> None:
    at = np.arange(len(months))
    bottom = np.zeros(len(months))
    for cause, height in month_parts(months).items():
        if cause != "delivered" and height.sum() < 1e-3 * months["ceiling"].sum():
            continue
        bars = axes.bar(at, height, WIDTH, bottom=bottom, color=colour(str(cause)), edgecolor="white", lw=0.5)
        bars.set_label(f"_{cause}")  # the ladder names the colours
        bottom = bottom + height.to_numpy()
    if months["ceiling"].any():
        edges = at[:, None] + np.array([-0.5, 0.5])
        axes.plot(edges.ravel(), np.repeat(months["ceiling"], 2), color=CEILING, lw=1.4, label="contract ceiling")
    surplus = [column for column in months.columns if column.startswith(SURPLUS)]
    for number, column in enumerate(surplus):
        beside = (number - (len(surplus) - 1) / 2) * 0.3
        look: dict[str, Any] = {
            "marker": MARKERS[number % len(MARKERS)],
            "ms": 5 if len(months) < 15 else 3,
            "mfc": "white",
            "mec": "black",
        }
        axes.plot(
            at + beside, months[column], **look, ls="none", label=f"{column} (sending end)", clip_on=False, zorder=3
        )
    width = axes.get_position().width * axes.figure.get_figwidth()  # type: ignore[union-attr]
    axes.set_xticks(at, _month_names(pd.PeriodIndex(months.index), width))
    axes.set_xlim(-0.55, len(months) - 0.45)
    highest = float(months[["ceiling", "delivered", *surplus]].to_numpy().max())
    axes.set_ylim(0, 1.06 * highest if highest > 0 else 1)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.grid(axis="y")
    axes.set_ylabel("energy at the receiving end [GWh/month]")


def _month_names(months: pd.PeriodIndex, width: float) -> list[str]:
    r"""Return the labels of the months, the year below the first and each January, as long as the axes' width lets.

    Parameters
    ----------
    months
        Months shown.
    width
        Width of the axes [inches].

    Examples
    --------
    >>> _month_names(pd.period_range("2028-12", "2029-01", freq="M"), 3.0)
    ['Dec\n2028', 'Jan\n2029']
    """
    letters = 3 if width / len(months) > 0.36 else 1
    every = 1 if width / len(months) > 0.14 else 3
    names = []
    for number, month in enumerate(months):
        dated = number == 0 or month.month == 1
        shown = every == 1 or month.month % every == 1
        name = month.strftime("%b")[:letters] if shown else ""
        names.append(f"{name}\n{month.year}" if dated else name)
    return names


def _season(axes: Axes, rungs: list[WaterfallStep], ceiling: float, delivered: float) -> None:
    rows = [("contract ceiling", 0.0, ceiling, CEILING, f"{ceiling:,.0f}")]
    rows += [
        (label, rung.leaves, rung.takes, colour(rung.cause), _taken(rung.takes))
        for label, rung in zip(_numbered(rungs), rungs, strict=True)
    ]
    rows += [("delivered", 0.0, delivered, colour("delivered"), f"{delivered:,.0f}")]
    for number, (label, start, length, fill_colour, text) in enumerate(rows):
        height = 0.12 if label == "contract ceiling" else 0.62
        axes.barh(number, length, height, left=start, color=fill_colour, label=f"_{label}")
        end = max(start, start + length)
        if abs(length) < 0.01 * ceiling:  # a month may have what cancels out in the season: the row says its colour
            axes.plot(end, number, "s", ms=5, color=fill_colour)
            end += 0.02 * ceiling
        inside = end > 0.72 * ceiling and length > 0.3 * ceiling and height > 0.5
        place = (start + length / 2, "center") if inside else (end + 0.02 * ceiling, "left")
        on_dark = inside and label == "delivered"
        axes.text(place[0], number, text, va="center", ha=place[1], fontsize=8, color="white" if on_dark else "black")
    steps = [ceiling, *[rung.leaves for rung in rungs]]
    for number, level in enumerate(steps):
        axes.plot([level, level], [number, number + 1], color="#999999", lw=0.6, zorder=0)
    axes.set_yticks(range(len(rows)), [row[0] for row in rows], fontsize=8)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(0, 1.22 * max(steps) if ceiling else 1)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xticks([0, ceiling / 2, ceiling] if ceiling else [0])
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_xlabel("energy in the season [GWh]")
    if any(label[0].isdigit() for label, *_ in rows):
        axes.set_title("numbered: served before CASA-1000, in this order", loc="right", fontsize=7, color="#444444")


def _numbered(rungs: list[WaterfallStep]) -> list[str]:
    """Return the labels of the rungs; those of protected services with their place in the protection order."""
    services = [rung.cause for rung in rungs if rung.cause not in NO_SERVICES]
    places = {cause: f"{number}. " for number, cause in enumerate(services, start=1)}
    return [places.get(rung.cause, "") + rung.label for rung in rungs]


def _taken(energy: float) -> str:
    return "0" if round(energy) == 0 else f"{-energy:+,.0f}".replace("-", "−")


def plot(run: Run, size: str = "journal") -> Figure:
    """Draw the first figure of a run: the months against the contract's ceiling.

    Parameters
    ----------
    run
        From ``energy.run``.
    size
        ``journal`` or ``slide``.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.analysis import run
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> found = run(read_case("two_bus"), scenario)
    >>> plot(found).axes[0].get_ylabel()
    'energy at the receiving end [GWh/month]'
    """
    return monthly_figure(run.table, title_of(run), footer_of(run), size)


def title_of(run: Run) -> str:
    """Return the title of a run's figures."""
    scenario = run.scenario
    water = scenario.hydrology if isinstance(scenario.hydrology, str) else "mixed"
    question = {"transfer": "what can be transferred", "dispatch": "what least cost sends"}[scenario.objective]
    return f"{scenario.name}, {scenario.year}, {water} water: {question}"


def footer_of(run: Run) -> str:
    """Return the line below a figure: scenario, weakest confidence, version."""
    return foot_of(run.scenario, run.case)
