"""Duration curve of transferable power over the season."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from energy.errors import Fault, InputError
from energy.metrics.monthly import FIRM
from energy.plots.frame import footer, framed, heading
from energy.plots.style import CAUSES, CEILING, LINES, styled, tick_text

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def duration_curve(dataset: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return hours, from 0 to those of the season, and the power that is reached or passed for so long [MW].

    Parameters
    ----------
    dataset
        From ``energy.results.record.record``.

    Returns
    -------
    tuple
        Edges of the steps [h], shape (steps + 1,), and powers from high to low [MW], shape (steps,).
    """
    hours = (dataset["weight"] * dataset["season"]).to_numpy()
    power = dataset["transferable"].to_numpy()
    inside = hours > 0
    order = np.argsort(-power[inside], kind="stable")
    passed = np.cumsum(hours[inside][order])
    return np.concatenate([[0.0], passed]), power[inside][order]


def duration_figure(*datasets: xr.Dataset, size: str = "journal") -> Figure:
    """Draw the duration curve of transferable power, one curve a scenario, against the contract's ceiling.

    Parameters
    ----------
    datasets
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
    >>> solved = run(read_case("two_bus"), scenario)
    >>> from energy.results.dataset import record
    >>> duration_figure(record(solved)).axes[0].get_ylabel()
    'power at the receiving end [MW]'
    """
    without_season = [dataset for dataset in datasets if not float(dataset["season"].max())]
    if not datasets or without_season:
        raise InputError(Fault("a duration curve needs scenarios with a season", repair="give at least one"))
    is_alone = len(datasets) == 1
    title = "Duration of transferable power"
    if is_alone:
        title = heading(datasets[0], title)
    note = "Hours of the contract season, from the highest power to the lowest."
    ceiling = max(float(dataset["ceiling"].max()) for dataset in datasets)
    most_power = max(float(dataset["transferable"].max()) for dataset in datasets)
    longest = 0.0
    with styled():
        figure = framed(title, footer(*datasets, note=note), size)
        axes = figure.subplots()
        for number, dataset in enumerate(datasets):
            hours, power = duration_curve(dataset)
            longest = max(longest, float(hours[-1]))
            energy = float((np.diff(hours) * power).sum()) / 1000
            tint = CAUSES["delivered"] if is_alone else LINES[number % len(LINES)]
            name = f"{dataset.attrs['scenario']}: {energy:,.0f} GWh"
            axes.stairs(power, hours, color=tint, lw=1.8, label=name, baseline=None)
            if is_alone:
                axes.stairs(power, hours, fill=True, color=tint, alpha=0.15)
        if ceiling:
            label = f"contract ceiling: {ceiling:,.0f} MW"
            axes.axhline(ceiling, color=CEILING, lw=1.2, ls="--", label=label)
        if is_alone:
            _mark_firm(axes, *duration_curve(datasets[0]))
        axes.set_xlim(0, longest)
        axes.set_ylim(0, 1.08 * max(ceiling, most_power) or 1)
        axes.set_xlabel("hours of the season [h]")
        axes.set_ylabel("power at the receiving end [MW]")
        axes.xaxis.set_major_formatter(tick_text)
        axes.yaxis.set_major_formatter(tick_text)
        axes.grid(axis="y")
        # above: curves may be anywhere
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.2)
    return figure


def _mark_firm(axes: Axes, hours: np.ndarray, power: np.ndarray) -> None:
    """Mark the power that is there for nine tenths of the season, and the mean."""
    season = hours[-1]
    mean = float((np.diff(hours) * power).sum() / season)
    axes.axhline(mean, color="#666666", lw=1, ls=":", label=f"mean of the season: {mean:,.0f} MW")
    step = int(np.searchsorted(hours[1:], FIRM * season))
    firm = float(power[min(step, len(power) - 1)])
    axes.plot([FIRM * season], [firm], "o", color="black", ms=4, clip_on=False, zorder=4)
    # the curve never rises, so what is below and left of a point is free of it; at the foot there is room above only
    # a leader from where curves are seldom: beside the point the text would cross the last steps
    axes.annotate(
        f"at least {firm:,.0f} MW in {FIRM:.0%} of the hours".replace("%", " %"),
        (FIRM * season, firm),
        (0.99, 0.8),
        textcoords="axes fraction",
        arrowprops={"arrowstyle": "-", "color": "#777777", "lw": 0.7},
        ha="right",
        va="bottom",
        fontsize=8,
    )
