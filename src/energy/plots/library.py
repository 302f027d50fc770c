"""Library figure: many runs, a bar each, in shares of their own ceiling; `comparison_figure` has GWh of a few."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from energy.plots.stacked_bars import stacked
from energy.plots.style import CEILING, colour, save, styled
from energy.results.compare import DELIVERED, comparison_table
from energy.results.files import atomic_file, plain_cells
from energy.results.season import words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW = 0.19  # inches
GAP = 0.9  # rows between two questions
LEAST = 0.005  # share of the ceiling that a cause must take somewhere to be drawn


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

    shares = stacked_shares(comparison)
    places, heads = _places(comparison["questions"])
    height = ROW * (places[-1] + 1.5) + 1.5
    width = 7.2
    longest = max(len(name) for name in comparison["runs"])
    left = (0.35 + 0.068 * longest) / width
    inner = (left, 0.62 / height, 1 - left - 0.75 / width, 1 - 1.5 / height)
    cases = ", ".join(dict.fromkeys(comparison["cases"]))
    title = f"{len(places)} runs: what is delivered, and what takes the rest of the contract's ceiling"
    footer = (
        "numbers: GWh delivered in the season(s) of the horizon · "
        f"case {cases} · weakest evidence {comparison['weakest']} · casa1000-energy {version('casa1000-energy')}"
    )
    with styled():
        figure = Figure(figsize=(width, height))
        axes = figure.add_axes(inner, label="runs")
        _bars(axes, comparison, shares, places)
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
        figure.text(0.1 / width, 0.08 / height, footer, va="bottom", fontsize=7, color="#444444")
    return figure


def stacked_shares(comparison: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Return what fills each run's bar from the left (`energy.plots.stacked_bars`).

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
    return stacked(delivered, ladder, full)


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
            place += GAP
        places.append(place)
        place += 1
    return places, heads


def _bars(
    axes: Axes,
    comparison: Mapping[str, Any],
    shares: Mapping[str, np.ndarray],
    places: list[float],
) -> None:
    """Draw a bar a run: what is delivered, and what each cause takes; nearly nothing stays empty."""
    start = np.zeros(len(places))
    for cause, share in shares.items():
        if cause == "delivered" or share.max() >= 100 * LEAST:
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
