"""Duration curve of transferable power over the season."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from energy.errors import Fault, InputError
from energy.metrics.monthly import FIRM
from energy.plots.frame import footer, framed, heading
from energy.plots.style import CAUSES, CEILING, LINES, styled

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def duration_curve(found: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return hours, from 0 to those of the season, and the power that is reached or passed for so long [MW].

    Parameters
    ----------
    found
        From ``energy.results.record.record``.

    Returns
    -------
    tuple
        Edges of the steps [h], shape (steps + 1,), and powers from high to low [MW], shape (steps,).
    """
    weight = (found["weight"] * found["season"]).to_numpy()
    power = found["transferable"].to_numpy()
    inside = weight > 0
    order = np.argsort(-power[inside], kind="stable")
    return np.concatenate([[0.0], np.cumsum(weight[inside][order])]), power[inside][order]


def duration_figure(*found: xr.Dataset, size: str = "journal") -> Figure:
    """Draw the duration curve of transferable power, one curve a scenario, against the contract's ceiling.

    Parameters
    ----------
    found
        One Dataset a scenario, from ``energy.results.record.record``.
    size
        ``journal`` or ``slide``.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: hours of the season against MW at the receiving end.

    Raises
    ------
    InputError
        When no scenario is given, or one has no season.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.analysis import run
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> found = run(read_case("two_bus"), scenario)
    >>> from energy.results.dataset import record
    >>> duration_figure(record(found)).axes[0].get_ylabel()
    'power at the receiving end [MW]'
    """
    if not found or any(not float(one["season"].max()) for one in found):
        raise InputError(Fault("a duration curve needs scenarios with a season", repair="give at least one"))
    alone = len(found) == 1
    title = heading(found[0], "Duration of transferable power") if alone else "Duration of transferable power"
    note = "Hours of the contract season, from the highest power to the lowest."
    with styled():
        figure = framed(title, footer(*found, note=note), size)
        axes = figure.subplots()
        for number, one in enumerate(found):
            hours, power = duration_curve(one)
            energy = float((np.diff(hours) * power).sum()) / 1000
            tint = CAUSES["delivered"] if alone else LINES[number % len(LINES)]
            name = f"{one.attrs['scenario']}: {energy:,.0f} GWh"
            axes.stairs(power, hours, color=tint, lw=1.8, label=name, baseline=None)
            if alone:
                axes.stairs(power, hours, fill=True, color=tint, alpha=0.15)
        most = max(float(one["ceiling"].max()) for one in found)
        if most:
            axes.axhline(most, color=CEILING, lw=1.2, ls="--", label=f"contract ceiling: {most:,.0f} MW")
        axes.set_xlim(0, max(float(duration_curve(one)[0][-1]) for one in found))
        axes.set_ylim(0, 1.08 * max(most, *(float(one["transferable"].max()) for one in found)) or 1)
        if alone:
            _mark_firm(axes, *duration_curve(found[0]))
        axes.set_xlabel("hours of the season [h]")
        axes.set_ylabel("power at the receiving end [MW]")
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.grid(axis="y")
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=3,
            borderaxespad=0.2,
        )  # above: curves may be anywhere
    return figure


def _mark_firm(axes: Axes, hours: np.ndarray, power: np.ndarray) -> None:
    """Mark the power that is there for nine tenths of the season, and the mean."""
    firm = float(power[min(int(np.searchsorted(hours[1:], FIRM * hours[-1])), len(power) - 1)])
    mean = float((np.diff(hours) * power).sum() / hours[-1])
    axes.axhline(mean, color="#666666", lw=1, ls=":", label=f"mean of the season: {mean:,.0f} MW")
    axes.plot([FIRM * hours[-1]], [firm], "o", color="black", ms=4, clip_on=False, zorder=4)
    # the curve never rises, so what is below and left of a point is free of it; at the foot there is room above only
    # a leader from where curves are seldom: beside the point the text would cross the last steps
    axes.annotate(
        f"at least {firm:,.0f} MW in {FIRM:.0%} of the hours".replace("%", " %"),
        (FIRM * hours[-1], firm),
        (0.99, 0.8),
        textcoords="axes fraction",
        arrowprops={"arrowstyle": "-", "color": "#777777", "lw": 0.7},
        ha="right",
        va="bottom",
        fontsize=8,
    )
