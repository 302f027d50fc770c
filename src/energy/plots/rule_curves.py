"""Rule curves: what a policy lets reservoirs hold at the end of each month, by the water so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from energy.errors import Fault, InputError, nearest
from energy.plots.frame import footer, framed
from energy.plots.style import LINES, styled, tick_text

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BAND = (0.1, 0.9)
"""Shares of the years between which the band lies."""


def rule_curve(years: xr.Dataset, store: str) -> np.ndarray:
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
    curves = rule_curve(years, store)
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
    axes.set_ylabel("content [hm³]")
    axes.yaxis.set_major_formatter(tick_text)
    axes.grid(axis="y")
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1.06),
        ncols=1,
        borderaxespad=0.2,
    )
