"""Ladder of the season: from the contract's ceiling down to what is delivered, a row a cause."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from energy.plots.style import CEILING, colour, tick_text
from energy.results.season import NO_SERVICES, WaterfallStep

if TYPE_CHECKING:
    from matplotlib.axes import Axes


CONTRACT = "contract ceiling"


class _LadderRow(NamedTuple):
    """A row of the season: a bar from its start, its colour, and the number beside it."""

    label: str
    start: float
    length: float
    colour: str
    text: str

    @property
    def end(self) -> float:
        """Right end of the bar."""
        return max(self.start, self.start + self.length)


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
) -> list[_LadderRow]:
    """Return the rows of the ladder: the ceiling, what each cause takes, what is delivered [GWh]."""
    top = _LadderRow(
        CONTRACT,
        start=0.0,
        length=ceiling,
        colour=CEILING,
        text=f"{ceiling:,.0f}",
    )
    rows = [top]
    for label, step in zip(_numbered(steps), steps, strict=True):
        rung = _LadderRow(
            label,
            start=step.leaves,
            length=step.takes,
            colour=colour(step.cause),
            text=taken_text(step.takes),
        )
        rows.append(rung)
    foot = _LadderRow(
        "delivered",
        start=0.0,
        length=delivered,
        colour=colour("delivered"),
        text=f"{delivered:,.0f}",
    )
    return [*rows, foot]


def _draw_row(
    axes: Axes,
    number: int,
    row: _LadderRow,
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
    end = row.end
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


def taken_text(energy: float) -> str:
    """Return what a cause takes as a number with its sign; what it gives back has a plus.

    Examples
    --------
    >>> taken_text(12.3), taken_text(0.2), taken_text(-4)
    ('−12', '0', '+4')
    """
    if round(energy) == 0:
        return "0"
    return f"{-energy:+,.0f}".replace("-", "−")
