"""Figure of a backcast: model against record; calibrated quantities are marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.analysis.backcast import TARGETS, Backcast, Row, records
from energy.plots.style import colour, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE = (7.2, 8.2)  # inches
BLUE = colour("delivered")
FILLS = {"outcome": BLUE, "follows": "#9cc7e0", "input": "#dddddd"}
WORDS = {
    "outcome": "model, told nothing of it",
    "follows": "model, told what it nearly follows from",
    "input": "model, told the number",
}
KM3 = 1e-3  # of an hm³
PANELS = (
    ("a  Generation [TWh]", (("KG", "generation"), ("TJ", "generation")), 1e-3),
    (
        "b  Trade [TWh]",
        (("KG", "net imports"), ("TJ", "exports"), ("TJ", "imports")),
        1e-3,
    ),
    (
        "c  April–September share [%]",
        (
            ("Nurek", "inflow Apr-Sep share"),
            ("Nurek", "release Apr-Sep share"),
            ("Toktogul", "release Apr-Sep share"),
        ),
        100.0,
    ),
)


def backcast_figure(found: Backcast) -> Figure:
    """Draw a backcast: generation, trade and shares as bars, Toktogul's content as a path, a country's fuels.

    Parameters
    ----------
    found
        The years with their comparison.

    Returns
    -------
    matplotlib.figure.Figure
        Axes ``a`` … ``e``; bars are the model, black marks the record with its range, brackets the target.
    """
    from matplotlib.figure import Figure

    with styled():
        figure = Figure(figsize=SIZE)
        grid = figure.add_gridspec(
            4, 2, left=0.085, right=0.985, top=0.885, bottom=0.055, hspace=0.62, wspace=0.2, height_ratios=(1, 1, 1, 1)
        )
        for place, (title, keys, factor) in zip((grid[0, :], grid[1, 0], grid[1, 1]), PANELS, strict=True):
            _bars(figure.add_subplot(place), found.table, title, keys, factor)
        _path(figure.add_subplot(grid[2, :]), found)
        _fuels(figure.add_subplot(grid[3, :]), found.table)
        _legend(figure)
        figure.text(
            0.015, 0.985, "Backcast: years as they were, model against record", va="top", fontsize=10, weight="bold"
        )
    return figure


def _legend(figure: Figure) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Patch | Line2D] = [Patch(color=FILLS[role], label=text) for role, text in WORDS.items()]
    handles.append(Line2D([], [], color="black", marker="D", ms=4, lw=1, label="record and its range"))
    handles.append(Line2D([], [], color="#d55e00", marker="_", ms=9, lw=0, mew=1.4, label="target, above and below"))
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.008, 0.972), ncols=3, columnspacing=1.6)


def _bars(axes: Axes, table: pd.DataFrame, title: str, keys: tuple[tuple[str, str], ...], factor: float) -> None:
    at, ticks, groups = 0.0, [], []
    for place, quantity in keys:
        rows = table[(table["place"] == place) & (table["quantity"] == quantity)].sort_values("date")
        if rows.empty:
            continue
        start = at
        for row in records(rows):
            _bar(axes, at, row, factor)
            ticks.append((at, f"’{str(row['date'])[2:]}"))
            at += 1
        label = quantity.replace(" Apr-Sep share", "")
        groups.append(((start + at - 1) / 2, f"{place}\n{label}"))
        at += 0.8
    axes.set_xticks([x for x, _ in ticks], [text for _, text in ticks], fontsize=7)
    axes.tick_params(axis="x", length=0)
    for x, text in groups:
        axes.annotate(text, (x, 0), (0, -15), xycoords=("data", "axes fraction"), textcoords="offset points",
                      ha="center", va="top", fontsize=7.5)  # fmt: skip
    axes.set_xlim(-0.8, at - 1.0)
    axes.set_title(title, loc="left", fontsize=9)
    axes.grid(axis="y")


def _bar(axes: Axes, at: float, row: Row, factor: float) -> None:
    number = {key: float(row[key]) * factor for key in ("model", "record", "low", "high")}
    axes.bar(at, number["model"], 0.72, color=FILLS[str(row["role"])])
    below, above = number["record"] - number["low"], number["high"] - number["record"]
    axes.errorbar(at, number["record"], [[below], [above]], fmt="D", color="black", ms=3.5, lw=1, capsize=0)
    target = TARGETS.get((str(row["place"]), str(row["quantity"])))
    if target is not None:
        reach = target[0] * (number["record"] if target[1] else factor)
        for edge in (number["record"] - reach, number["record"] + reach):
            axes.plot([at - 0.3, at + 0.3], [edge, edge], color="#d55e00", lw=1.2)


def _path(axes: Axes, found: Backcast) -> None:
    for store, path in found.paths.items():
        for _, days in path.groupby(pd.DatetimeIndex(path.index).year):
            axes.plot(days.index, days * KM3, color=BLUE, lw=1.4)
        rows = found.table[(found.table["place"] == store) & (found.table["quantity"] == "content")]
        when = pd.to_datetime(rows["date"])
        spread = np.abs(rows[["low", "high"]].to_numpy(float).T - rows["record"].to_numpy(float)) * KM3
        axes.errorbar(when, rows["record"] * KM3, spread, fmt="D", color="black", ms=3, lw=0.8)
        ends = found.table[(found.table["place"] == store) & (found.table["quantity"] == "content at year's end")]
        when = pd.to_datetime(ends["date"] + "-12-31")
        axes.errorbar(when, ends["record"] * KM3, ends["target"] * KM3, fmt="D", color="#d55e00", ms=3.5, lw=1.2)
        axes.set_title(
            f"d  {store}: content [km³], from each year's start on record; orange: year's end", loc="left", fontsize=9
        )
    axes.grid(axis="y")


def _fuels(axes: Axes, table: pd.DataFrame) -> None:
    rows = table[table["quantity"].str.startswith("generation: ")].sort_values("record", ascending=False)
    for at, row in enumerate(records(rows)):
        _bar(axes, at, row, 1e-3)
    names = [str(quantity).removeprefix("generation: ").replace("coal ", "coal,\n") for quantity in rows["quantity"]]
    axes.set_xticks(range(len(names)), names, fontsize=7.5)
    axes.tick_params(axis="x", length=0)
    years = ", ".join(sorted(set(rows["date"].astype(str))))
    places = ", ".join(sorted(set(rows["place"].astype(str))))
    axes.set_title(f"e  {places} {years}: generation by fuel [TWh]", loc="left", fontsize=9)
    axes.grid(axis="y")
