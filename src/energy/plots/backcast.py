"""Figure of a backcast: modelled and recorded quantities of past years; quantities given to the model are marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from energy.analysis.backcast import TARGETS, Backcast, Row, records
from energy.plots.style import colour, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE = (7.2, 8.2)  # inches
BLUE = colour("delivered")
ORANGE = "#d55e00"
FILLS = {
    "outcome": BLUE,
    "follows": "#9cc7e0",
    "input": "#dddddd",
}
WORDS = {
    "outcome": "model: predicted",
    "follows": "model: nearly follows from its inputs",
    "input": "model: an input",
}
KM3 = 1e-3  # of an hm³
TWH = 1e-3  # of a GWh
PERCENT = 100.0
FUEL = "generation: "  # before the carrier's name in a recorded quantity
GAP = 0.8  # bars between two groups


class _BarPanel(NamedTuple):
    """One panel of bars: its title, the (place, quantity) of each group, and the factor to the title's unit."""

    title: str
    quantities: tuple[tuple[str, str], ...]
    factor: float


PANELS = (
    _BarPanel(
        "a  Generation [TWh]",
        (
            ("KG", "generation"),
            ("TJ", "generation"),
        ),
        TWH,
    ),
    _BarPanel(
        "b  Trade [TWh]",
        (
            ("KG", "net imports"),
            ("TJ", "exports"),
            ("TJ", "imports"),
        ),
        TWH,
    ),
    _BarPanel(
        "c  April–September share [%]",
        (
            ("Nurek", "inflow Apr-Sep share"),
            ("Nurek", "release Apr-Sep share"),
            ("Toktogul", "release Apr-Sep share"),
        ),
        PERCENT,
    ),
)


def backcast_figure(backcast: Backcast) -> Figure:
    """Draw a backcast: generation, trade and shares as bars, Toktogul's content as a line, generation by fuel as bars.

    Parameters
    ----------
    backcast
        The years with their comparison.

    Returns
    -------
    matplotlib.figure.Figure
        Axes ``a`` … ``e``; bars are the model, black marks the record with its range, orange lines the target.
    """
    from matplotlib.figure import Figure

    with styled():
        figure = Figure(figsize=SIZE)
        grid = figure.add_gridspec(
            nrows=4,
            ncols=2,
            left=0.085,
            right=0.985,
            top=0.885,
            bottom=0.055,
            hspace=0.62,
            wspace=0.2,
            height_ratios=(1, 1, 1, 1),
        )
        cells = (grid[0, :], grid[1, 0], grid[1, 1])
        for cell, panel in zip(cells, PANELS, strict=True):
            axes = figure.add_subplot(cell)
            _draw_bar_panel(axes, backcast.table, panel)
        _draw_contents(figure.add_subplot(grid[2, :]), backcast)
        _draw_fuels(figure.add_subplot(grid[3, :]), backcast.table)
        _add_legend(figure)
        figure.text(
            x=0.015,
            y=0.985,
            s="Backcast: years as they were, model against record",
            va="top",
            fontsize=10,
            weight="bold",
        )
    return figure


def _add_legend(figure: Figure) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Patch | Line2D] = []
    for role, text in WORDS.items():
        handles.append(Patch(color=FILLS[role], label=text))
    record = Line2D(
        [],
        [],
        color="black",
        marker="D",
        ms=4,
        lw=1,
        label="record and its range",
    )
    target = Line2D(
        [],
        [],
        color=ORANGE,
        marker="_",
        ms=9,
        lw=0,
        mew=1.4,
        label="target, above and below",
    )
    handles.append(record)
    handles.append(target)
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0.008, 0.972),
        ncols=3,
        columnspacing=1.6,
    )


def _draw_bar_panel(axes: Axes, table: pd.DataFrame, panel: _BarPanel) -> None:
    """Draw one group of bars a quantity, one bar a year."""
    position = 0.0
    tick_positions = []
    tick_labels = []
    for place, quantity in panel.quantities:
        rows = _rows_of(table, place, quantity).sort_values("date")
        if rows.empty:
            continue
        start = position
        for row in records(rows):
            _draw_bar(axes, position, row, panel.factor)
            tick_positions.append(position)
            tick_labels.append(f"’{str(row['date'])[2:]}")
            position += 1
        middle = (start + position - 1) / 2
        label = quantity.replace(" Apr-Sep share", "")
        _label_group(axes, middle, f"{place}\n{label}")
        position += GAP
    axes.set_xticks(tick_positions, tick_labels, fontsize=7)
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.8, position - 1.0)
    axes.set_title(panel.title, loc="left", fontsize=9)
    axes.grid(axis="y")


def _rows_of(table: pd.DataFrame, place: str, quantity: str) -> pd.DataFrame:
    of_place = table["place"] == place
    of_quantity = table["quantity"] == quantity
    return table[of_place & of_quantity]


def _label_group(axes: Axes, middle: float, text: str) -> None:
    """Write a group's name below the years of its bars."""
    axes.annotate(
        text,
        xy=(middle, 0),
        xytext=(0, -15),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="center",
        va="top",
        fontsize=7.5,
    )


def _draw_bar(axes: Axes, position: float, row: Row, factor: float) -> None:
    """Draw a modelled quantity as a bar, with its record, the record's range, and its target."""
    model = float(row["model"]) * factor
    record = float(row["record"]) * factor
    low = float(row["low"]) * factor
    high = float(row["high"]) * factor
    role = str(row["role"])
    axes.bar(position, model, width=0.72, color=FILLS[role])
    axes.errorbar(
        position,
        record,
        yerr=[[record - low], [high - record]],
        fmt="D",
        color="black",
        ms=3.5,
        lw=1,
        capsize=0,
    )
    target = TARGETS.get((str(row["place"]), str(row["quantity"])))
    if target is None:
        return
    deviation, relative = target
    tolerance = deviation * (record if relative else factor)
    span = [position - 0.3, position + 0.3]
    for level in (record - tolerance, record + tolerance):
        axes.plot(span, [level, level], color=ORANGE, lw=1.2)


def _draw_contents(axes: Axes, backcast: Backcast) -> None:
    """Draw each reservoir's content by day, with the record and the target at the end of the year."""
    for store, path in backcast.paths.items():
        dates = pd.DatetimeIndex(path.index)
        for _, content in path.groupby(dates.year):
            axes.plot(content.index, content * KM3, color=BLUE, lw=1.4)
        recorded = _rows_of(backcast.table, store, "content")
        record = recorded["record"].to_numpy(float)
        limits = recorded[["low", "high"]].to_numpy(float)
        axes.errorbar(
            pd.to_datetime(recorded["date"]),
            recorded["record"] * KM3,
            yerr=np.abs(limits.T - record) * KM3,
            fmt="D",
            color="black",
            ms=3,
            lw=0.8,
        )
        year_ends = _rows_of(backcast.table, store, "content at year's end")
        axes.errorbar(
            pd.to_datetime(year_ends["date"] + "-12-31"),
            year_ends["record"] * KM3,
            yerr=year_ends["target"] * KM3,
            fmt="D",
            color=ORANGE,
            ms=3.5,
            lw=1.2,
        )
        title = f"d  {store}: content [km³], from each year's start on record; orange: year's end"
        axes.set_title(title, loc="left", fontsize=9)
    axes.grid(axis="y")


def _draw_fuels(axes: Axes, table: pd.DataFrame) -> None:
    """Draw generation by fuel, from the largest to the smallest on record."""
    is_fuel = table["quantity"].str.startswith(FUEL)
    rows = table[is_fuel].sort_values("record", ascending=False)
    names = []
    for position, row in enumerate(records(rows)):
        _draw_bar(axes, position, row, TWH)
        carrier = str(row["quantity"]).removeprefix(FUEL)
        names.append(carrier.replace(" ", ",\n"))
    axes.set_xticks(range(len(names)), names, fontsize=7.5)
    axes.tick_params(axis="x", length=0)
    years = ", ".join(sorted(set(rows["date"].astype(str))))
    countries = ", ".join(sorted(set(rows["place"].astype(str))))
    axes.set_title(f"e  {countries} {years}: generation by fuel [TWh]", loc="left", fontsize=9)
    axes.grid(axis="y")
