"""Figures of a policy: its rule curves, and what it lets reservoirs hold beside foresight and the record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.analysis.backcast_quantities import unusable_content
from energy.analysis.policy.levels_on_record import (
    COMPARED_YEARS,
    day_of_horizon,
    exceeded_levels,
    recorded_contents,
    with_ends,
)
from energy.errors import Fault, InputError, nearest
from energy.plots.style import LINES, footer, framed, legend_above, styled, value_axis

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BAND = (0.1, 0.9)
"""Shares of the years between which the band lies."""
POLICY_COLOUR, FORESIGHT_COLOUR = LINES[0], LINES[1]
HEIGHT = 4.8
"""inches"""


def _rule_curve(years: xr.Dataset, store: str) -> np.ndarray:
    """Return the median content of a store at the end of each month, by the class of water so far.

    Parameters
    ----------
    years
        From ``energy.analysis.policy.simulated_years.simulated_years``.
    store
        Its name.

    Returns
    -------
    numpy.ndarray
        Shape (classes, months), in the unit of the store; NaN where no year is in a class, and at the horizon's end.
    """
    content = years["content"].sel(store=store).to_numpy()
    water_class = years["water_class"].to_numpy()
    months = content.shape[1]
    classes = int(water_class.max()) + 1
    curve = np.full((classes, months), np.nan)
    for class_number in range(classes):
        for month in range(months - 1):
            in_class = water_class[:, month] == class_number
            if in_class.any():
                contents = content[in_class, month]
                curve[class_number, month] = np.median(contents)
    return curve


def rule_curves_figure(
    years: xr.Dataset,
    stores: Sequence[str],
    size: str = "journal",
) -> Figure:
    """Draw the contents that a policy decides: the middle four fifths of the years, and medians by water so far.

    Parameters
    ----------
    years
        From ``energy.analysis.policy.simulated_years.simulated_years``.
    stores
        Names of reservoirs, one axes each.
    size
        ``journal`` or ``slide``.

    Returns
    -------
    matplotlib.figure.Figure
        One axes a reservoir: months against hm³.

    Raises
    ------
    InputError
        When the years have no such reservoir.
    """
    _refuse_unknown(years, stores)
    count = years.sizes["year"]
    note = (
        f"End of each month in {count:,} simulated years. Band: the middle four fifths. Lines: medians by water so far."
    )
    title = f"Rule curves of the policy: {years.attrs['scenario']}, {years.attrs['year']}"
    with styled():
        figure = framed(title, footer(years, note=note), size)
        panels = figure.subplots(1, len(stores), squeeze=False)[0]
        for axes, store in zip(panels, stores, strict=True):
            _draw_store(axes, years, store)
    return figure


def _refuse_unknown(years: xr.Dataset, stores: Sequence[str]) -> None:
    """Refuse stores that the years do not have, and none."""
    known = years["store"].values.tolist()
    unknown = [store for store in stores if store not in known]
    if stores and not unknown:
        return
    name = unknown[0] if unknown else "none"
    fault = Fault(
        f"no store {name!r}",
        "rule curves",
        allowed=", ".join(known),
        repair=nearest(name, known),
    )
    raise InputError(fault)


def _draw_store(axes: Axes, years: xr.Dataset, store: str) -> None:
    """Draw the contents of a reservoir at the ends of the months, but for the last, which the horizon's rule holds."""
    months = [str(month)[:3] for month in years["month"].values.tolist()]
    with_end = years["content"].sel(store=store).to_numpy()
    content = with_end[:, :-1]
    place = np.arange(content.shape[1])
    low, high = np.quantile(content, BAND, axis=0)
    axes.fill_between(
        place,
        low,
        high,
        color="#cccccc",
        lw=0,
    )
    curves = _rule_curve(years, store)
    for class_number, curve in enumerate(curves):
        name = f"class {class_number + 1} of {len(curves)}"
        if class_number == 0:
            name += ", the driest"
        axes.plot(
            place,
            curve[:-1],
            color=LINES[class_number % len(LINES)],
            lw=1.6,
            label=name,
        )
    axes.set_title(store, fontsize=9)
    axes.set_xticks(place, months[:-1], rotation=90)
    axes.set_ylim(bottom=0)
    value_axis(axes, "content [hm³]")
    legend_above(axes, columns=1, bottom=1.06)


def levels_on_record_figure(
    years: xr.Dataset,
    record: pd.DataFrame,
    stores: Sequence[str],
    size: str = "journal",
) -> Figure:
    """Draw what reservoirs hold through the year by policy and with foresight, and what is on record of 2010 to 2024.

    Parameters
    ----------
    years
        Simulated years with ``foreseen_content``, as ``energy policy simulate`` writes them.
    record
        Of the case.
    stores
        Names of reservoirs, one axes each.
    size
        ``journal`` or ``slide``.

    Returns
    -------
    matplotlib.figure.Figure
        One axes a reservoir: months against hm³, what cannot be used included.
    """
    recorded_years = f"{COMPARED_YEARS[0]} to {COMPARED_YEARS[-1]}"
    note = (
        "What cannot be used is included. Band and line: what 90, 50 and 10 % of the simulated years exceed by policy. "
        "Dashed: the same with perfect foresight. "
        f"Grey: months' least and most on record, {recorded_years}; dots: single days."
    )
    title = f"Contents by policy and on record: {years.attrs['scenario']}, {years.attrs['year']}"
    with styled():
        figure = framed(title, footer(years, note=note), size, HEIGHT)
        panels = figure.subplots(1, len(stores), squeeze=False)[0]
        for axes, store in zip(panels, stores, strict=True):
            unusable = unusable_content(record, store)
            _draw_policy(axes, years, store, unusable)
            _draw_record(axes, years, record, store)
            _label_levels(axes, years, store)
        lines = panels[0].lines
        entries = [line for line in lines if not str(line.get_label()).startswith("_")]
        panels[0].legend(handles=entries, loc="lower center")
    return figure


def _draw_policy(axes: Axes, years: xr.Dataset, store: str, unusable: float) -> None:
    by_policy = exceeded_levels(with_ends(years, "content", store)) + unusable
    with_foresight = exceeded_levels(with_ends(years, "foreseen_content", store)) + unusable
    place = np.arange(by_policy.shape[1])
    axes.fill_between(place, by_policy[0], by_policy[-1], color=POLICY_COLOUR, alpha=0.22, lw=0, zorder=2)
    axes.plot(place, by_policy[1], color=POLICY_COLOUR, lw=1.8, label="policy", zorder=3)
    for level, width in zip(with_foresight, (0.9, 1.6, 0.9), strict=True):
        label = "perfect foresight" if width > 1 else None
        axes.plot(place, level, color=FORESIGHT_COLOUR, lw=width, ls="--", label=label, zorder=3)


def _draw_record(axes: Axes, years: xr.Dataset, record: pd.DataFrame, store: str) -> None:
    contents = recorded_contents(record)
    contents = contents[contents["place"] == store]
    if contents.empty:
        return
    days = np.array([day_of_horizon(years, date) for date in contents["date"]])
    values = contents["value"].to_numpy(float)
    months = days.astype(int)
    for month in np.unique(months):
        of_month = values[months == month]
        least = of_month.min()
        span = of_month.max() - least
        axes.bar(
            month + 0.5,
            span,
            width=1.0,
            bottom=least,
            color="#d9d9d9",
            lw=0,
            zorder=1,
            label="_",
        )
    axes.plot(days, values, "o", color="#222222", ms=3, label="on record", zorder=4, clip_on=False)


def _label_levels(axes: Axes, years: xr.Dataset, store: str) -> None:
    months = [str(month)[:3] for month in years["month"].values.tolist()]
    axes.set_title(store, fontsize=9, loc="left")
    axes.set_xlim(0, len(months))
    _, highest = axes.get_ylim()
    axes.set_ylim(0, 1.03 * highest)  # a full reservoir's line lies below the edge
    axes.set_xticks(np.arange(len(months)) + 0.5, months, rotation=90)
    axes.tick_params(axis="x", length=0)
    value_axis(axes, "content [hm³]")
