"""A policy and the years that it decides, as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from energy.analysis.policy.firm_energy import ANY_WATER, PROBABILITIES, REST, firm_energy_table, firm_power
from energy.analysis.policy.simulated_years import mean_interval
from energy.analysis.policy.trained import Policy
from energy.model.objective import STUDIED
from energy.report.text_table import fixed, number_columns, text_table, words_column

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from rich.table import Table

RULE_CURVES = ("Toktogul", "Nurek")
"""Reservoirs whose contents are shown; of a case without them its first one."""
VISIBLE = 0.5
"""GWh a year, the smallest difference that is worth a line."""
CELL = "mean MW of the month (its GWh), GWh from that day to its end"
"""What stands in a cell of a table of promises."""
EXCEEDED = (90, 50, 10)
"""Percent of the years that exceed a figure."""


def training_text(policy: Policy, seconds: float) -> Iterator[str]:
    """Yield what a training came to."""
    cuts = [len(value.cuts.intercepts) for value in policy.values]
    total = sum(cuts)
    most = max(cuts)
    iterations = len(policy.bounds)
    paths = policy.settings.paths
    yield f"{iterations} iterations of {paths} paths in {seconds:,.1f} s: {policy.outcome.value}"
    yield f"lower bound {policy.lower_bound:,.3f}; {total:,} cuts, at most {most} after a month"


def simulation_text(
    years: xr.Dataset,
    foreseen: xr.DataArray | None = None,
) -> Iterator[Table | str]:
    """Yield what simulated years say: the season, contents and worth of water by month, harm, the value of knowing."""
    if STUDIED in years["service"]:
        yield _season_text(years)
    if foreseen is not None and foreseen.sizes["foreseen_year"]:
        yield from _value_of_knowing(years, foreseen)
    firm = firm_energy_table(years)
    if len(firm):
        yield from _firm_tables(firm)
    for store in _shown_stores(years):
        yield f"{store}: content at the end of the month that 90, 50 and 10 % of the years exceed, worth of water"
        yield _store_table(years.sel(store=store))
    yield from _harm_text(years)


def _season_text(years: xr.Dataset) -> str:
    """Return what the line delivers in a year: levels that shares of the years exceed, and the mean."""
    studied = years["energy"].sel(service=STUDIED)
    season = studied.sum("month").to_numpy()
    levels = []
    for percent in EXCEEDED:
        level = np.quantile(season, 1 - percent / 100)
        levels.append(f"P{percent} {level:,.0f} GWh")
    exceeded = ", ".join(levels)
    mean, low, high = mean_interval(season)
    count = years.sizes["year"]
    return f"CASA-1000 in {count:,} years: {exceeded}; mean {mean:,.0f} GWh ({low:,.0f} to {high:,.0f})"


def _shown_stores(years: xr.Dataset) -> list[str]:
    """Return the reservoirs whose contents are shown: those with a rule curve, or the first one."""
    stores = years["store"].values.tolist()
    with_rule_curve = [store for store in stores if store in RULE_CURVES]
    return with_rule_curve or stores[:1]


def _harm_text(years: xr.Dataset) -> Iterator[str]:
    """Yield for each rule of the water that yields in some year by how much, and how often."""
    rules = years["rule"].values.tolist()
    units = years["unit"].values.tolist()
    for rule, unit in zip(rules, units, strict=True):
        harm = years["harm"].sel(rule=rule).to_numpy()
        is_hit = harm > 1.0
        if not is_hit.any():
            continue
        mean = harm.mean()
        most = harm.max()
        share = is_hit.mean()
        yield f"{rule}: mean {mean:,.1f} {unit}, most {most:,.0f}, in {share:.1%} of the years"


def _value_of_knowing(years: xr.Dataset, foreseen: xr.DataArray) -> Iterator[str]:
    """Yield for each service to which foresight makes a difference what it gives, with its interval."""
    count = foreseen.sizes["foreseen_year"]
    yield f"Knowing the year's water from its first day, in {count:,} of these years:"
    for service in years["service"].values.tolist():
        energy = years["energy"].sel(service=service)
        by_policy = energy.sum("month").to_numpy()[:count]
        known = foreseen.sel(service=service).to_numpy()
        gain, low, high = mean_interval(known - by_policy)
        if service == STUDIED or abs(gain) > VISIBLE:
            mean = by_policy.mean()
            yield f"  {service}: {gain:+,.1f} GWh ({low:+,.1f} to {high:+,.1f}) to {mean:,.1f} GWh by the policy"


def _firm_tables(firm: pd.DataFrame) -> Iterator[Table]:
    """Yield what can be promised, a table for each probability."""
    for share in PROBABILITIES:
        head, lines = firm_lines(firm, share)
        promised_on, water, *numbers = head
        columns = [
            words_column(promised_on, wraps=False),
            words_column(water, wraps=False),
            *number_columns(numbers),
        ]
        title = f"Firm power, reached with {share} % probability: {CELL}"
        yield text_table(columns, lines, title=title)


def firm_lines(firm: pd.DataFrame, share: int) -> tuple[list[str], list[list[str]]]:
    """Return head and lines of a table of what can be promised with a probability [%].

    A cell has the mean power of the month [MW], its energy in brackets and the energy from the day of the promise to
    its end [GWh].
    """
    of_month = firm[firm["month"] != REST]
    power = firm_power(of_month, share)
    cells: dict[tuple[str, int, int, int], dict[str, str]] = {}
    for row, megawatts in zip(of_month.to_dict("records"), power, strict=True):
        line = (
            row["promised_on"],
            row["water_class"],
            row["classes"],
            row["years"],
        )
        energy = fixed(row[f"P{share}"])
        to_end = fixed(row[f"P{share}_to_end"])
        cell = f"{fixed(megawatts)} ({energy}), {to_end}"
        cells.setdefault(line, {})[row["month"]] = cell
    months = list(dict.fromkeys(of_month["month"]))
    month_names = [month.split()[0] for month in months]
    head = ["promised on", "water so far", "years", *month_names]
    lines = []
    for line, cell_of_month in cells.items():
        promised_on, water_class, classes, years = line
        water = _water_name(water_class, classes)
        in_order = [cell_of_month.get(month, "") for month in months]
        lines.append([promised_on, water, f"{years:,}", *in_order])
    return head, lines


def _water_name(water_class: int, classes: int) -> str:
    """Return the name of a class of water in a table.

    Examples
    --------
    >>> [_water_name(water_class, 3) for water_class in (0, 1, 2, 3)]
    ['any', '1, driest', '2', '3, wettest']
    """
    if water_class == ANY_WATER:
        return "any"
    ends = {1: ", driest", classes: ", wettest"}
    return f"{water_class}{ends.get(water_class, '')}"


def _store_table(of_store: xr.Dataset) -> Table:
    """Return a table of a reservoir: month, contents that shares of the years exceed [hm³], median worth of water."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD)
    table.add_column("month", justify="left")
    for percent in EXCEEDED:
        table.add_column(f"{percent} % [hm3]", justify="right")
    table.add_column("worth [weighted MWh/hm3]", justify="right")
    # the last month leaves no state of the program
    months = of_store["month"].values.tolist()[:-1]
    for month in months:
        content = of_store["content"].sel(month=month).to_numpy()
        water_value = of_store["water_value"].sel(month=month)
        worth = float(water_value.median())
        levels = []
        for percent in EXCEEDED:
            level = np.quantile(content, 1 - percent / 100)
            levels.append(f"{level:,.0f}")
        table.add_row(month, *levels, f"{worth:,.0f}")
    return table


def policy_text(
    manifest: dict[str, object],
    months: Sequence[str],
    cuts: Sequence[int],
) -> Iterator[str]:
    """Yield what a policy's file says of itself."""
    belongs_to = manifest["belongs_to"]
    assert isinstance(belongs_to, dict)
    for word, value in belongs_to.items():
        yield f"{word}: {value}"
    yield f"training ended because {manifest['outcome']}"
    for month, count in zip(months, cuts, strict=True):
        yield f"{month}: {count} cuts"
