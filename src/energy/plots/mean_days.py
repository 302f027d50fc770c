"""Mean day of each month, local time: a country's electricity by carrier, and transferable power as a heat map."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from energy.errors import Fault, InputError, nearest
from energy.plots.style import HEAT, OTHER, footer, framed, heading, styled, tick_text, value_axis
from energy.results.countries import LINE, TRADE, countries_of, country_balance, country_name

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LOCAL = 5
"""Hours from UTC to the clock of Tajikistan and Pakistan; Kyrgyzstan is one ahead, Afghanistan half an hour behind."""
TRADE_COLOURS = {
    LINE: "#332288",
    TRADE: "#bbbbbb",
    "losses": "#eeeeee",
}
BOTTOM = (
    "nuclear",
    "run of river",
    "hydro",
    "coal",
    "coal local",
    "coal imported",
    "gas",
    "gas local",
)
"""Carriers at the bottom of the stack, from the lowest up."""
TOP = (TRADE, LINE, "losses", "unserved")
"""What stands above all carriers, from the lowest up."""
SMALLEST_POWER = 1e-3  # MW; a carrier that never has more is not drawn
MOST_LABELLED_MONTHS = 13  # cells of a longer horizon get no numbers
SHORTEST_LABELLED = 2  # hours of the same value that get a number
SAME = 0.5  # MW between two hours that count as the same value


def _mean_days(
    dataset: xr.Dataset,
    values: xr.DataArray,
    local: int = LOCAL,
) -> xr.DataArray:
    """Return the mean of values in each hour of the day of each month.

    A snapshot counts in every hour of the day that it covers, by the days that it stands for, so that typical days,
    hours and blocks of hours all give the same form.

    Parameters
    ----------
    dataset
        From ``energy.results.dataset.record``.
    values
        Along ``snapshot``; other dimensions stay.
    local
        Hours by which the clock of the result is ahead of UTC.

    Returns
    -------
    xarray.DataArray
        Dimensions ``month`` (text), ``hour`` (0 to 23, local time), and those of the values.

    Examples
    --------
    >>> times = pd.DatetimeIndex(["2028-05-01 00:00", "2028-05-01 12:00"])
    >>> dataset = xr.Dataset({"length": ("snapshot", [12.0, 12.0]), "weight": ("snapshot", [372.0, 372.0])})
    >>> dataset = dataset.assign_coords(snapshot=times)
    >>> power = xr.DataArray([1.0, 3.0], {"snapshot": times}, "snapshot")
    >>> _mean_days(dataset, power, local=0).to_numpy()[0, [0, 11, 12, 23]]
    array([1., 1., 3., 3.])
    """
    snapshots = pd.DatetimeIndex(dataset["snapshot"].to_numpy())
    days = _days_in_hours(dataset, snapshots)
    snapshot_months = snapshots.to_period("M")
    months = snapshot_months.unique()
    other_dims = [str(dim) for dim in values.dims if dim != "snapshot"]
    table = values.transpose("snapshot", *other_dims).to_numpy()
    columns = table.reshape(len(snapshots), -1)

    shape = (len(months), 24, columns.shape[1])
    means = np.full(shape, np.nan)
    for position, month in enumerate(months):
        in_month = snapshot_months == month
        weights = days[:, in_month]
        weight_sum = weights.sum(axis=1, keepdims=True)
        weighted_sum = weights @ columns[in_month]
        means[position] = np.divide(
            weighted_sum,
            weight_sum,
            out=means[position],
            where=weight_sum > 0,
        )

    local_means = np.roll(means, local, axis=1)
    coordinates = {
        "month": list(map(str, months)),
        "hour": np.arange(24),
    }
    for dim in other_dims:
        if dim in values.coords:
            coordinates[dim] = values[dim]
    return xr.DataArray(
        local_means.reshape(len(months), 24, *table.shape[1:]),
        coords=coordinates,
        dims=("month", "hour", *other_dims),
    )


def _days_in_hours(dataset: xr.Dataset, snapshots: pd.DatetimeIndex) -> np.ndarray:
    """Return the days that each snapshot stands for in the hours (UTC) that it covers; shape (24, snapshots)."""
    lengths = dataset["length"].to_numpy()
    weights = dataset["weight"].to_numpy()
    days = weights / lengths
    whole_hours = snapshots.hour.to_numpy()
    minutes = snapshots.minute.to_numpy()
    begin_hours = whole_hours + minutes / 60
    hours = np.arange(24)[:, None]
    hours_since_begin = (hours - begin_hours[None, :]) % 24
    is_covered = hours_since_begin < np.minimum(lengths, 24.0)
    return np.where(is_covered, days, 0.0)


class _CarrierStyle(NamedTuple):
    """Colour and label of a carrier in the stack."""

    colour: str
    label: str


MOST_NAMED_MONTHS = 24


def dispatch_figure(dataset: xr.Dataset, country: str = "", size: str = "journal") -> Figure:
    """Draw supply, trade and demand of a country by carrier, over the mean day of each month.

    Parameters
    ----------
    dataset
        From ``energy.results.dataset.record``.
    country
        Code of a country with demand; the first one by default.
    size
        ``journal`` or ``slide``.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: stacked power above zero (supply, imports) and below (exports) [MW], and demand as a line.

    Raises
    ------
    InputError
        When no such country has demand.
    """
    countries = countries_of(dataset)
    country = country or next(iter(countries), "")
    if country not in countries:
        fault = Fault(
            f"no demand in country {country!r}",
            allowed=", ".join(countries),
            repair=nearest(country, countries),
        )
        raise InputError(fault)
    days = _mean_days(dataset, country_balance(dataset, country))
    power = _power_by_carrier(days)
    demand = -power.pop("demand")
    title = heading(dataset, f"Electricity of {country_name(country)}")
    note = f"Mean day of each month, 0 to 24 h at UTC+{LOCAL}. Below zero: exports and losses."
    with styled():
        figure = framed(title, footer(dataset, note=note), size)
        axes = figure.subplots()
        _draw_stack(axes, power, _carrier_styles(dataset))
        axes.stairs(
            demand,
            _hour_edges(demand),
            color="black",
            lw=1.3,
            label="demand",
            baseline=None,
        )
        _set_month_axis(axes, [str(month) for month in days["month"].to_numpy()])
        axes.axhline(0, color="black", lw=0.6)
        value_axis(axes, "power [MW]")
        handles = _legend_handles(axes)
        axes.legend(
            handles.values(),
            handles.keys(),
            loc="upper left",
            bbox_to_anchor=(1.01, 1),
            borderaxespad=0,
        )
    return figure


def _power_by_carrier(days: xr.DataArray) -> pd.DataFrame:
    """Return the hours of all mean days one after the other; a column a carrier [MW]."""
    carriers = days["carrier"].to_numpy().astype(str).tolist()
    hours = days.to_numpy().reshape(-1, len(carriers))
    return pd.DataFrame(hours, columns=carriers)


def _hour_edges(hours: pd.DataFrame | pd.Series[float]) -> np.ndarray:
    return np.arange(len(hours) + 1)


def _carrier_styles(dataset: xr.Dataset) -> dict[str, _CarrierStyle]:
    """Return colour and label of each carrier, as the case gives them."""
    styles = {}
    for name, colour in TRADE_COLOURS.items():
        styles[name] = _CarrierStyle(colour, name)
    if "carriers_color" not in dataset:
        return styles
    carriers = _texts(dataset, "carriers")
    colours = _texts(dataset, "carriers_color")
    nice_names = carriers
    if "carriers_nice_name" in dataset:
        nice_names = _texts(dataset, "carriers_nice_name")
    for carrier, colour, nice_name in zip(carriers, colours, nice_names, strict=True):
        styles[carrier] = _CarrierStyle(
            colour=colour or _default_colour(carrier),
            label=_uncapitalised(nice_name or carrier),
        )
    return styles


def _texts(dataset: xr.Dataset, variable: str) -> list[str]:
    return [str(value) for value in dataset[variable].to_numpy()]


def _default_colour(carrier: str) -> str:
    """Return a colour that follows from the carrier's name."""
    return OTHER[sum(map(ord, carrier)) % len(OTHER)]


def _uncapitalised(name: str) -> str:
    """Return a name with a small first letter, unless it is an abbreviation.

    Examples
    --------
    >>> _uncapitalised("Wind"), _uncapitalised("LNG")
    ('wind', 'LNG')
    """
    is_word = name[1:2].islower()
    return name[0].lower() + name[1:] if is_word else name


def _draw_stack(axes: Axes, power: pd.DataFrame, styles: dict[str, _CarrierStyle]) -> None:
    """Draw carriers stacked upwards where they supply, and downwards where they take power out."""
    edges = _hour_edges(power)
    supply_top = np.zeros(len(power))
    export_bottom = np.zeros(len(power))
    for carrier in sorted(power.columns, key=_stack_rank):
        default_style = _CarrierStyle(_default_colour(carrier), carrier)
        style = styles.get(carrier, default_style)
        values = power[carrier].to_numpy()
        supply = values.clip(min=0)
        export = values.clip(max=0)
        for part, baseline in ((supply, supply_top), (export, export_bottom)):
            if np.abs(part).max() > SMALLEST_POWER:
                axes.stairs(
                    baseline + part,
                    edges,
                    baseline=baseline,
                    fill=True,
                    color=style.colour,
                    lw=0,
                    label=style.label,
                )
        supply_top = supply_top + supply
        export_bottom = export_bottom + export
    axes.margins(x=0)


def _stack_rank(carrier: str) -> int:
    """Return the place of a carrier in the stack, from the bottom up."""
    if carrier in TOP:
        return 100 + TOP.index(carrier)
    if carrier in BOTTOM:
        return BOTTOM.index(carrier)
    return 50


def _legend_handles(axes: Axes) -> dict[str, Artist]:
    """Return label → handle without repeats: demand, then the stack from its top to its bottom."""
    handles, labels = axes.get_legend_handles_labels()
    by_label = dict(zip(labels, handles, strict=True))
    demand = by_label.pop("demand")
    from_the_top = dict(reversed(by_label.items()))
    return {"demand": demand} | from_the_top


def _set_month_axis(axes: Axes, months: list[str]) -> None:
    """Name the mean day of each month on the axis; the year stands below the first month and each January."""
    for number in range(1, len(months)):
        axes.axvline(24 * number, color="white", lw=1.2)
    middles = []
    names = []
    for number, text in enumerate(months):
        month = pd.Period(text, "M")
        name = month.strftime("%b")
        if len(months) >= 14:
            name = name[:1]
        if len(months) > MOST_NAMED_MONTHS and month.month % 3 != 1:
            name = ""
        if number == 0 or month.month == 1:
            name += f"\n{month.year}"
        middles.append(24 * number + 12)
        names.append(name)
    axes.set_xticks(middles, names)
    axes.tick_params(axis="x", length=0)


def heatmap_figure(dataset: xr.Dataset, size: str = "journal") -> Figure:
    """Draw transferable power by month and hour of the day, local time; months without a contract are left out.

    Parameters
    ----------
    dataset
        From ``energy.results.dataset.record``.
    size
        ``journal`` or ``slide``.

    Returns
    -------
    matplotlib.figure.Figure
        Axes with one image (months × hours, MW), and its colour bar.
    """
    days = _contract_days(dataset)
    power = days.to_numpy()
    highest = max(float(dataset["ceiling"].max()), float(days.max()), 1.0)
    months = pd.PeriodIndex(days["month"].to_numpy(), freq="M")
    note = f"Mean day of each month, UTC+{LOCAL} (Tajikistan, Pakistan)."
    with styled():
        figure = framed(
            heading(dataset, "Transferable power by month and hour"),
            footer(dataset, note=note),
            size,
        )
        axes = figure.subplots()
        image = axes.imshow(
            power,
            cmap=HEAT,
            aspect="auto",
            vmin=0,
            vmax=highest,
            interpolation="none",
        )
        hours = np.arange(0, 24, 3)
        axes.set_xticks(hours - 0.5, [f"{hour:02d}" for hour in hours])
        axes.set_xlabel(f"hour of the day (UTC+{LOCAL}) [h]")
        axes.set_yticks(range(len(months)), months.strftime("%b %Y").to_list())
        axes.set_ylabel("month")
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
        if len(months) <= MOST_LABELLED_MONTHS:
            _label_cells(axes, power, highest)
        bar = figure.colorbar(image, ax=axes, pad=0.02)
        bar.ax.yaxis.set_major_formatter(tick_text)
        bar.set_label("power at the receiving end [MW]")
        bar.outline.set_visible(False)
    return figure


def _contract_days(dataset: xr.Dataset) -> xr.DataArray:
    """Return the mean days of transferable power [MW] in months with a contract; of all months if none has one."""
    days = _mean_days(dataset, dataset["transferable"])
    has_contract = dataset["month_ceiling"].to_numpy() > 0
    if not has_contract.any():
        return days
    months = dataset["month"].to_numpy()[has_contract]
    return days.sel(month=months.astype(str))


def _label_cells(axes: Axes, power: np.ndarray, highest: float) -> None:
    """Write a number once over neighbouring hours of the same value."""
    for row, values in enumerate(power):
        changes = np.abs(np.diff(values)) > SAME
        starts = np.flatnonzero(np.concatenate([[True], changes]))
        ends = np.append(starts[1:], len(values))
        for start, end in zip(starts, ends, strict=True):
            if end - start < SHORTEST_LABELLED:
                continue
            value = values[start]
            is_dark = value > 0.5 * highest
            axes.text(
                (start + end - 1) / 2,
                row,
                f"{value + 0:,.0f}",  # + 0: no minus before a zero
                ha="center",
                va="center",
                fontsize=7.5,
                color="white" if is_dark else "black",
            )
