"""Comparison figures: scenarios in GWh, and a library of runs in shares of the contract's ceiling, a bar each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from energy.errors import Fault, InputError
from energy.metrics.month_columns import LOST
from energy.plots.style import CEILING, SIZES, colour, footer, framed, save, styled, tick_text
from energy.results.compare import DELIVERED, comparison_table
from energy.results.files import atomic_file, plain_cells
from energy.results.season import ENDS, waterfall_table, words

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW_HEIGHT = 0.24  # inches
SMALLEST_LOSS = 0.5  # GWh; a cause that takes less in every scenario is not drawn
LIBRARY_ROW = 0.19  # inches
QUESTION_GAP = 0.9  # rows between two questions
LEAST_SHARE = 0.005  # share of the ceiling that a cause must take somewhere to be drawn


def comparison_figure(datasets: Sequence[xr.Dataset], size: str = "journal") -> Figure:
    """Draw a bar a scenario: delivered energy, then the loss by cause up to the contract's ceiling.

    Parameters
    ----------
    datasets
        One Dataset a scenario, from ``energy.results.dataset.record``; the first one is the base. Drawn from top to
        bottom in this order.
    size
        ``journal`` or ``slide``; the figure grows with its rows.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: GWh in the season, a row a scenario; the base's delivered energy as a line.

    Raises
    ------
    InputError
        When there is no scenario.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.analysis import run
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> from energy.results.dataset import record
    >>> median = run(read_case("two_bus"), scenario)
    >>> dry = run(read_case("two_bus"), scenario.replace(hydrology="dry"))
    >>> comparison_figure([record(median), record(dry)]).axes[0].get_xlabel()
    'energy at the receiving end in the season [GWh]'
    """
    if not datasets:
        raise InputError(Fault("nothing to compare", allowed="one scenario or more"))
    totals = _waterfall_totals(datasets)
    scenarios = [str(dataset.attrs["scenario"]) for dataset in datasets]
    delivered = totals.loc["delivered"].to_numpy()
    ceilings = totals.loc["ceiling"].to_numpy()
    note = (
        "Bars end at each season's contract ceiling; the number is what is delivered, and the change against the first."
    )
    rows_height = 1.5 + ROW_HEIGHT * len(datasets)
    _, standard_height = SIZES[size]
    with styled():
        figure = framed(
            "Delivered energy by scenario",
            footer(*datasets, note=note),
            size,
            max(standard_height, rows_height),
        )
        axes = figure.subplots()
        bar_ends = _draw_bars(axes, totals)
        _draw_ceilings(axes, ceilings)
        base_energy = float(delivered[0])
        axes.axvline(
            base_energy,
            color="black",
            lw=0.8,
            ls=":",
            label=f"{scenarios[0]} delivered",
        )
        longest = max(*ceilings, *bar_ends, 1.0)
        _label_bars(axes, delivered, longest)
        axes.set_yticks(np.arange(len(scenarios)), scenarios, fontsize=8)
        axes.set_ylim(len(scenarios) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("energy at the receiving end in the season [GWh]")
        axes.xaxis.set_major_formatter(tick_text)
        axes.grid(axis="x")
        axes.legend(
            loc="lower right",
            bbox_to_anchor=(1, 1),
            ncols=3,
            borderaxespad=0.2,
        )
    return figure


def _waterfall_totals(datasets: Sequence[xr.Dataset]) -> pd.DataFrame:
    """Return ceiling, loss by cause and delivered energy of the season [GWh]: a row each, a column a scenario."""
    totals = [waterfall_table(dataset).sum() for dataset in datasets]
    return pd.concat(totals, axis="columns", sort=False).fillna(0.0)


def _draw_bars(axes: Axes, totals: pd.DataFrame) -> np.ndarray:
    """Draw delivered energy and the loss by cause, stacked; return where each bar ends [GWh]."""
    delivered = totals.loc["delivered"].to_numpy()
    causes = totals.index.difference(list(ENDS), sort=False)
    rows = np.arange(len(delivered))
    axes.barh(
        rows,
        delivered,
        height=0.72,
        color=colour("delivered"),
        label="delivered",
    )
    bar_ends = delivered.clip(min=0)
    for cause in reversed(causes):
        lost = totals.loc[cause].to_numpy().clip(min=0.0)
        if lost.max() > SMALLEST_LOSS:
            axes.barh(
                rows,
                lost,
                height=0.72,
                left=bar_ends,
                color=colour(cause),
                label=LOST + words(cause),
            )
            bar_ends = bar_ends + lost
    return bar_ends


def _draw_ceilings(axes: Axes, ceilings: np.ndarray) -> None:
    for row, ceiling in enumerate(ceilings):
        axes.plot([ceiling, ceiling], [row - 0.42, row + 0.42], color=CEILING, lw=1.4)


def _label_bars(axes: Axes, delivered: np.ndarray, longest: float) -> None:
    """Write delivered energy beside each bar, and from the second on its change against the base."""
    base_energy = delivered[0]
    for row, energy in enumerate(delivered):
        text = f"{energy + 0:,.0f}"  # + 0: no minus before a zero
        if row > 0:
            text += f"  ({_change(energy - base_energy)})"
        axes.text(
            1.015 * longest,
            row,
            text,
            va="center",
            ha="left",
            fontsize=8,
        )
    axes.set_xlim(0, 1.24 * longest)


def _change(energy: float) -> str:
    rounded = round(energy)
    if rounded == 0:
        return "±0"
    return f"{rounded:+,d}".replace("-", "−")


def library_figure(comparison: Mapping[str, Any]) -> Figure:
    """Draw runs one below the other, grouped by question: what is delivered, and what takes the rest of the ceiling.

    Parameters
    ----------
    comparison
        From `energy.results.compare.compare`.

    Returns
    -------
    matplotlib.figure.Figure
        One axes ``runs``; bars in % of the contract's ceiling of each run, so that horizons of one and of several
        seasons stand side by side; the energy delivered [GWh] is written beside each bar.
    """
    from matplotlib.figure import Figure

    shares = _stacked_shares(comparison)
    places, heads = _places(comparison["questions"])
    height = LIBRARY_ROW * (places[-1] + 1.5) + 1.5
    width = 7.2
    longest = max(len(name) for name in comparison["runs"])
    left = (0.35 + 0.068 * longest) / width
    inner = (left, 0.62 / height, 1 - left - 0.75 / width, 1 - 1.5 / height)
    cases = ", ".join(dict.fromkeys(comparison["cases"]))
    title = f"{len(places)} runs: what is delivered, and what takes the rest of the contract's ceiling"
    foot = (
        "numbers: GWh delivered in the season(s) of the horizon · "
        f"case {cases} · weakest evidence {comparison['weakest']} · casa1000-energy {version('casa1000-energy')}"
    )
    with styled():
        figure = Figure(figsize=(width, height))
        axes = figure.add_axes(inner, label="runs")
        _draw_shares(axes, comparison, shares, places)
        for question, place in heads:
            axes.text(
                0,
                place,
                question,
                fontsize=8,
                fontweight="bold",
                va="center",
                ha="left",
                color="#444444",
            )
        handles, labels = axes.get_legend_handles_labels()
        figure.legend(
            handles,
            labels,
            loc="upper left",
            bbox_to_anchor=(0.08 / width, 1 - 0.3 / height),
            ncols=5,
            columnspacing=1.0,
            handlelength=1.2,
        )
        figure.text(0.1 / width, 1 - 0.1 / height, title, va="top", fontsize=10, fontweight="bold")
        figure.text(0.1 / width, 0.08 / height, foot, va="bottom", fontsize=7, color="#444444")
    return figure


def _stacked_shares(comparison: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Return what fills each run's bar from the left.

    Returns
    -------
    dict
        ``delivered`` or a cause → share of the ceiling [%], a value a run; zero where a run has no ceiling.
    """
    results = comparison["results"]
    ceiling = np.array(results["ceiling [GWh]"], float)
    whole = np.where(ceiling > 0, ceiling, np.inf)
    delivered = 100 * np.array(results[DELIVERED], float) / whole
    ladder = {}
    for cause, energy in comparison["ladder"].items():
        ladder[cause] = 100 * np.array(energy, float) / whole
    full = np.full(len(whole), 100.0)
    return _stacked(delivered, ladder, full)


def _places(questions: list[str]) -> tuple[list[float], list[tuple[str, float]]]:
    """Return the place of each bar from the top down, and the heads of the questions with theirs."""
    places: list[float] = []
    heads: list[tuple[str, float]] = []
    is_grouped = len(set(questions)) > 1
    place = 0.0
    before = ""
    for number, question in enumerate(questions):
        is_new = number == 0 or question != before
        before = question
        if is_grouped and is_new:
            heads.append((question, place))
            place += QUESTION_GAP
        places.append(place)
        place += 1
    return places, heads


def _draw_shares(
    axes: Axes,
    comparison: Mapping[str, Any],
    shares: Mapping[str, np.ndarray],
    places: list[float],
) -> None:
    """Draw a bar a run: what is delivered, and what each cause takes; nearly nothing stays empty."""
    start = np.zeros(len(places))
    for cause, share in shares.items():
        if cause == "delivered" or share.max() >= 100 * LEAST_SHARE:
            axes.barh(
                places,
                share,
                0.74,
                left=start,
                color=colour(cause),
                edgecolor="white",
                lw=0.4,
                label=words(cause),
            )
        start = start + share
    axes.axvline(100, color=CEILING, lw=1.2, label="contract ceiling")
    delivered = comparison["results"][DELIVERED]
    for place, energy, end in zip(places, delivered, start, strict=True):
        axes.text(max(end, 100.0) + 1, place, f"{energy:,.0f}", fontsize=7, va="center")
    axes.set_yticks(places, comparison["runs"], fontsize=7)
    axes.set_ylim(places[-1] + 0.7, -0.9)
    axes.set_xlim(0, max(100.0, float(start.max())))
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("share of the contract's ceiling [%]")
    axes.grid(axis="x")


def write_comparison(
    comparison: Mapping[str, Any],
    folder: Path,
    failed: Mapping[str, str] | None = None,
    force: bool = False,
) -> Path:
    """Write a comparison's table and figure, and return the table's path.

    Parameters
    ----------
    comparison
        From `energy.results.compare.compare`.
    folder
        Folder that gets ``comparison.csv``, ``comparison.png`` and ``comparison.svg``.
    failed
        Runs without a result → why.
    force
        Whether files of another origin may be replaced.
    """
    path = folder / "comparison.csv"
    table = plain_cells(comparison_table(comparison, failed))
    with atomic_file(path, force, table=True) as draft:
        table.to_csv(draft, float_format="%.6g", lineterminator="\n")
    save(library_figure(comparison), folder / "comparison", force=force)
    return path


def _stacked(
    delivered: ArrayLike,
    ladder: Mapping[str, ArrayLike],
    ceiling: ArrayLike,
) -> dict[str, np.ndarray]:
    """Return the parts of bars from the bottom up, none of them negative.

    A rung may give energy back: reservoirs move water between months, and a way round may be rated above the contract.
    The bar then charges the difference to neither: each level is raised to the highest below it, and ends at the
    ceiling. The season's totals, which the ladder shows, are not touched.

    Parameters
    ----------
    delivered, ceiling
        A value a bar, of any unit, the same in all.
    ladder
        Cause → what it takes, from the ceiling down.

    Returns
    -------
    dict
        ``delivered``, then the causes from last to first; they sum to the ceiling, or to what is delivered where that
        is more.

    Examples
    --------
    >>> {cause: part.tolist() for cause, part in _stacked([4], {"line": [-1], "own_demand": [7]}, [10]).items()}
    {'delivered': [4.0], 'own_demand': [6.0], 'line': [0.0]}
    """
    top = np.asarray(ceiling, float)
    level = np.asarray(delivered, float)
    reached = level
    parts = {"delivered": level}
    for cause, energy in reversed(list(ladder.items())):
        level = level + np.asarray(energy, float)
        highest = np.maximum(np.minimum(level, top), reached)
        parts[cause] = highest - reached
        reached = highest
    return parts
