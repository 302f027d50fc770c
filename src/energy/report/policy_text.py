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

    from energy.report.fitted_table import FittedTable

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
    done = len(policy.bounds)
    yield f"{done} iterations of {policy.settings.paths} paths in {seconds:,.1f} s: {policy.outcome.value}"
    yield f"lower bound {policy.lower_bound:,.3f}; {sum(cuts):,} cuts, at most {max(cuts)} after a month"


def simulation_text(years: xr.Dataset, foreseen: xr.DataArray | None = None) -> Iterator[Table | str]:
    """Yield what simulated years say: the season, contents and worth of water by month, harm, the value of knowing."""
    count = years.sizes["year"]
    if STUDIED in years["service"]:
        season = years["energy"].sel(service=STUDIED).sum("month").to_numpy()
        exceeded = ", ".join(f"P{p} {np.quantile(season, 1 - p / 100):,.0f} GWh" for p in EXCEEDED)
        mean, low, high = mean_interval(season)
        yield f"CASA-1000 in {count:,} years: {exceeded}; mean {mean:,.0f} GWh ({low:,.0f} to {high:,.0f})"
    if foreseen is not None and foreseen.sizes["foreseen_year"]:
        yield from _value_of_knowing(years, foreseen)
    firm = firm_energy_table(years)
    if len(firm):
        yield from _firm_tables(firm)
    carried = years["store"].values.tolist()
    for store in [store for store in carried if store in RULE_CURVES] or carried[:1]:
        yield f"{store}: content at the end of the month that 90, 50 and 10 % of the years exceed, worth of water"
        yield _store_table(years.sel(store=store))
    rules = years["rule"].values.tolist()
    units = years["unit"].values.tolist()
    for rule, unit in zip(rules, units, strict=True):
        harm = years["harm"].sel(rule=rule).to_numpy()
        hit = harm > 1.0
        if hit.any():
            yield f"{rule}: mean {harm.mean():,.1f} {unit}, most {harm.max():,.0f}, in {hit.mean():.1%} of the years"


def _value_of_knowing(years: xr.Dataset, foreseen: xr.DataArray) -> Iterator[str]:
    """Yield for each service to which foresight makes a difference what it gives, with its interval."""
    count = foreseen.sizes["foreseen_year"]
    yield f"Knowing the year's water from its first day, in {count:,} of these years:"
    for service in years["service"].values.tolist():
        by_policy = years["energy"].sel(service=service).sum("month").to_numpy()[:count]
        known = foreseen.sel(service=service).to_numpy()
        gain, low, high = mean_interval(known - by_policy)
        if service == STUDIED or abs(gain) > VISIBLE:
            mean = by_policy.mean()
            yield f"  {service}: {gain:+,.1f} GWh ({low:+,.1f} to {high:+,.1f}) to {mean:,.1f} GWh by the policy"


def _firm_tables(firm: pd.DataFrame) -> Iterator[FittedTable]:
    """Yield what can be promised, a table for each probability."""
    for share in PROBABILITIES:
        head, lines = firm_lines(firm, share)
        columns = [words_column(head[0], wraps=False), words_column(head[1], wraps=False), *number_columns(head[2:])]
        yield text_table(columns, lines, title=f"Firm power, reached with {share} % probability: {CELL}")


def firm_lines(firm: pd.DataFrame, share: int) -> tuple[list[str], list[list[str]]]:
    """Return head and lines of a table of what can be promised with a probability [%].

    A cell has the mean power of the month [MW], its energy in brackets and the energy from the day of the promise to
    its end [GWh].
    """
    of_month = firm[firm["month"] != REST]
    power = firm_power(of_month, share)
    cells: dict[tuple[str, int, int, int], dict[str, str]] = {}
    for row, megawatts in zip(of_month.to_dict("records"), power, strict=True):
        line = row["promised_on"], row["water_class"], row["classes"], row["years"]
        energy, to_end = fixed(row[f"P{share}"]), fixed(row[f"P{share}_to_end"])
        cells.setdefault(line, {})[row["month"]] = f"{fixed(megawatts)} ({energy}), {to_end}"
    months = list(dict.fromkeys(of_month["month"]))
    head = ["promised on", "water so far", "years", *(month.split()[0] for month in months)]
    lines = []
    for line, of_line in cells.items():
        promised_on, water_class, classes, years = line
        ordered = [of_line.get(month, "") for month in months]
        lines.append([promised_on, _water_name(water_class, classes), f"{years:,}", *ordered])
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
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD)
    for heading in ("month", *(f"{p} % [hm3]" for p in EXCEEDED), "worth [weighted MWh/hm3]"):
        table.add_column(heading, justify="left" if heading == "month" else "right")
    for month in of_store["month"].values.tolist()[:-1]:
        content = of_store["content"].sel(month=month).to_numpy()
        worth = float(of_store["water_value"].sel(month=month).median())
        levels = [f"{np.quantile(content, 1 - p / 100):,.0f}" for p in EXCEEDED]
        table.add_row(month, *levels, f"{worth:,.0f}")
    return table


def policy_text(manifest: dict[str, object], months: Sequence[str], cuts: Sequence[int]) -> Iterator[str]:
    """Yield what a policy's file says of itself."""
    belongs_to = manifest["belongs_to"]
    assert isinstance(belongs_to, dict)
    for word, value in belongs_to.items():
        yield f"{word}: {value}"
    yield f"training ended because {manifest['outcome']}"
    for month, count in zip(months, cuts, strict=True):
        yield f"{month}: {count} cuts"
