"""Waterfall from the contract's ceiling to what is delivered: as steps, and as a ladder beside other figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from energy.plots.style import CEILING, colour, footer, framed, heading, styled, tick_text, value_axis
from energy.results.season import ENDS, NO_SERVICES, WaterfallStep, waterfall_table, words

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CONTRACT = "contract ceiling"


class _Bar(NamedTuple):
    """A bar of the season: from its start on, in its colour, with its number beside it; upright or lying."""

    label: str
    start: float
    length: float
    colour: str
    text: str

    @property
    def high(self) -> float:
        """Upper or right end."""
        return max(self.start, self.start + self.length)

    @property
    def low(self) -> float:
        """Lower or left end."""
        return min(self.start, self.start + self.length)


def _contract_bar(ceiling: float) -> _Bar:
    """Return the bar that all others are taken from [GWh]."""
    return _Bar(CONTRACT, start=0.0, length=ceiling, colour=CEILING, text=f"{ceiling:,.0f}")


def _delivered_bar(delivered: float) -> _Bar:
    """Return the bar of what is left [GWh]."""
    return _Bar("delivered", start=0.0, length=delivered, colour=colour("delivered"), text=f"{delivered:,.0f}")


def season_ladder(
    axes: Axes,
    steps: list[WaterfallStep],
    ceiling: float,
    delivered: float,
) -> None:
    """Draw the season from the ceiling down to what is delivered, a row a cause."""
    rows = _season_rows(steps, ceiling, delivered)
    for number, row in enumerate(rows):
        _draw_row(axes, number, row, ceiling)
    levels = [ceiling, *[step.leaves for step in steps]]
    for number, level in enumerate(levels):
        axes.plot(
            [level, level],
            [number, number + 1],
            color="#999999",
            lw=0.6,
            zorder=0,
        )
    names = [row.label for row in rows]
    axes.set_yticks(range(len(rows)), names, fontsize=8)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(0, 1.22 * max(levels) if ceiling else 1)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.locator_params(axis="x", nbins=4)
    axes.xaxis.set_major_formatter(tick_text)
    axes.set_xlabel("energy in the season [GWh]")
    is_numbered = any(name[0].isdigit() for name in names)
    if is_numbered:
        axes.set_title(
            "numbered: served before CASA-1000, in this order",
            loc="right",
            fontsize=7,
            color="#444444",
        )


def _season_rows(
    steps: list[WaterfallStep],
    ceiling: float,
    delivered: float,
) -> list[_Bar]:
    """Return the rows of the ladder: the ceiling, what each cause takes, what is delivered [GWh]."""
    rows = [_contract_bar(ceiling)]
    for label, step in zip(_numbered(steps), steps, strict=True):
        rung = _Bar(
            label,
            start=step.leaves,
            length=step.takes,
            colour=colour(step.cause),
            text=_taken_text(step.takes),
        )
        rows.append(rung)
    return [*rows, _delivered_bar(delivered)]


def _draw_row(
    axes: Axes,
    number: int,
    row: _Bar,
    ceiling: float,
) -> None:
    """Draw a bar and its number: inside it where there is no room at its end."""
    is_contract = row.label == CONTRACT
    axes.barh(
        number,
        row.length,
        0.12 if is_contract else 0.62,
        left=row.start,
        color=row.colour,
        label=f"_{row.label}",
    )
    end = row.high
    if abs(row.length) < 0.01 * ceiling:  # a month may have what cancels out in the season: the row says its colour
        axes.plot(end, number, "s", ms=5, color=row.colour)
        end += 0.02 * ceiling
    ends_at_the_edge = end > 0.72 * ceiling
    has_room_inside = row.length > 0.3 * ceiling and not is_contract
    is_inside = ends_at_the_edge and has_room_inside
    x = end + 0.02 * ceiling
    if is_inside:
        x = row.start + row.length / 2
    is_on_dark = is_inside and row.label == "delivered"
    axes.text(
        x,
        number,
        row.text,
        va="center",
        ha="center" if is_inside else "left",
        fontsize=8,
        color="white" if is_on_dark else "black",
    )


def _numbered(steps: list[WaterfallStep]) -> list[str]:
    """Return the labels of the rungs; those of protected services with their place in the protection order."""
    labels = []
    services = 0
    for step in steps:
        label = step.label
        if step.cause not in NO_SERVICES:
            services += 1
            label = f"{services}. {label}"
        labels.append(label)
    return labels


def _taken_text(energy: float) -> str:
    """Return what a cause takes as a number with its sign; what it gives back has a plus.

    Examples
    --------
    >>> _taken_text(12.3), _taken_text(0.2), _taken_text(-4)
    ('−12', '0', '+4')
    """
    if round(energy) == 0:
        return "0"
    return f"{-energy:+,.0f}".replace("-", "−")


def waterfall_figure(
    table: pd.DataFrame,
    title: str,
    foot: str = "",
    size: str = "journal",
    season: tuple[float, float] | None = None,
) -> Figure:
    """Draw what causes take of the ceiling, as steps down to what is delivered.

    Parameters
    ----------
    table
        GWh by month: ``ceiling``, one column a cause, ``delivered``; from ``energy.analysis.attribution.attribution``
        (shares that hang on no order) or ``waterfall_table`` (the order of protection).
    title, foot
        Text above and below.
    size
        ``journal`` or ``slide``.
    season
        90 % range of what is delivered with all unknown numbers at once [GWh], drawn as a whisker; None: no whisker.

    Returns
    -------
    matplotlib.figure.Figure
        One axes with a bar a step [GWh].

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.analysis import run
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> solved = run(read_case("two_bus"), scenario)
    >>> table = solved.table[["ceiling", "delivered"]].assign(line=0.0)
    >>> waterfall_figure(table, "two_bus").axes[0].get_ylabel()
    'energy at the receiving end [GWh]'
    """
    bars = _bars(table)
    ends = [bar.start + bar.length for bar in bars]
    highest_of_range = season[1] if season is not None else 0.0
    span = max(1.0, highest_of_range, *ends)
    lowest = min(0.0, *(bar.low for bar in bars))
    with styled():
        figure = framed(title, foot, size)
        axes = figure.subplots()
        for number, bar in enumerate(bars):
            _draw_bar(axes, number, bar, span)
        # from the ceiling's end, and from what each cause leaves, a thin line leads to the next bar
        levels = [ends[0], *(bar.start for bar in bars[1:-1])]
        for number, level in enumerate(levels):
            axes.plot(
                [number + 0.34, number + 0.66],
                [level, level],
                color="#999999",
                lw=0.7,
            )
        if season is not None:
            _draw_range(axes, len(bars), season)
        names = [bar.label.replace(" ", "\n") for bar in bars]
        axes.set_xticks(range(len(bars)), names, fontsize=8)
        axes.tick_params(axis="x", length=0)
        axes.set_ylim(1.1 * lowest, 1.1 * span)
        value_axis(axes, "energy at the receiving end [GWh]")
    return figure


def _draw_bar(
    axes: Axes,
    number: int,
    bar: _Bar,
    span: float,
) -> None:
    """Draw a bar with its number above it."""
    axes.bar(
        number,
        bar.length,
        0.68,
        bottom=bar.start,
        color=bar.colour,
        label=f"_{bar.label}",
    )
    axes.text(
        number,
        bar.high + 0.015 * span,
        bar.text,
        ha="center",
        va="bottom",
        fontsize=8,
    )


def _draw_range(
    axes: Axes,
    bars: int,
    season: tuple[float, float],
) -> None:
    """Draw the range of what is delivered as a whisker on the last of the bars [GWh]."""
    low, high = season
    axes.vlines(
        bars - 1,
        low,
        high,
        color="#222222",
        lw=1.2,
        label="_range of nine in ten",
    )
    axes.hlines(
        season,
        bars - 1.1,
        bars - 0.9,
        color="#222222",
        lw=1.2,
    )


def _bars(table: pd.DataFrame) -> list[_Bar]:
    """Return the ceiling, what each cause takes of it, and what is delivered."""
    sums = table.sum()
    ceiling = float(sums["ceiling"])
    delivered = float(sums["delivered"])
    bars = [_contract_bar(ceiling)]
    level = ceiling
    for cause in map(str, table.columns):
        if cause in ENDS:
            continue
        taken = float(sums[cause])
        bar = _Bar(
            words(cause),
            start=level - taken,
            length=taken,
            colour=colour(cause),
            text=_taken_text(taken),
        )
        bars.append(bar)
        level -= taken
    return [*bars, _delivered_bar(delivered)]


def ladder_figure(dataset: xr.Dataset, size: str = "journal") -> Figure:
    """Draw the season of a run as a waterfall, services in the order of protection."""
    note = "Each bar is what serving that cause before CASA-1000 takes, in the order of protection."
    return waterfall_figure(
        waterfall_table(dataset),
        title=heading(dataset, "From the contract to delivery"),
        foot=footer(dataset, note=note),
        size=size,
        season=_season_range(dataset),
    )


def _season_range(dataset: xr.Dataset) -> tuple[float, float] | None:
    """Return the recorded range of the season [GWh]; None where there is none."""
    if "season_low" not in dataset.attrs:
        return None
    return float(dataset.attrs["season_low"]), float(dataset.attrs["season_high"])
