"""A policy and the years that it decides, as text: for the terminal, and for the pages of the documentation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.analysis.policy.firm_energy import ANY_WATER, PROBABILITIES, REST, firm_energy_table, firm_power
from energy.analysis.policy.season_comparison import HARM, NET
from energy.analysis.policy.simulated_years import mean_interval
from energy.analysis.policy.trained import Policy
from energy.model.objective import STUDIED
from energy.report.text_table import fixed, markdown_table, number_columns, text_table, words_column
from energy.results.recorded_policy import season_sentence

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from rich.table import Table

SEASON_PAGES = (Path("README.md"), Path("docs/risk.md"), Path("docs/policy.md"))
"""Pages with a block ``policy-season``."""
POLICY_PAGE = Path("docs/policy.md")
FIGURE = Path("docs/figures/policy_levels")
"""Its file without ending."""
VISIBLE_HARM = 0.05
"""hm³ or MWh a year, the least that is worth a line."""
NAMES = {
    "P90": "exceeded in nine years of ten (P90)",
    "P50": "exceeded in half (P50)",
    "P10": "exceeded in one of ten (P10)",
    "mean": "mean",
}
"""Quantity → its name in a table."""
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
        head, lines = _firm_lines(firm, share)
        promised_on, water, *numbers = head
        columns = [
            words_column(promised_on, wraps=False),
            words_column(water, wraps=False),
            *number_columns(numbers),
        ]
        title = f"Firm power, reached with {share} % probability: {CELL}"
        yield text_table(columns, lines, title=title)


def _firm_lines(firm: pd.DataFrame, share: int) -> tuple[list[str], list[list[str]]]:
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


def policy_blocks(
    page: Path,
    seasons: pd.DataFrame,
    levels: pd.DataFrame,
    firm: pd.DataFrame,
) -> dict[str, str]:
    """Return the blocks of a page by their names.

    Parameters
    ----------
    page
        One of `SEASON_PAGES`.
    seasons, levels, firm
        As recorded, see ``energy.results.recorded_policy``.
    """
    sentence = season_sentence(seasons)
    if page.name == "README.md":
        return {"policy-season": f"- **Nobody foresees the water.** {sentence} ([docs/policy.md](docs/policy.md))"}
    blocks = {"policy-season": f"{sentence}\n\n{_season_table(seasons)}"}
    if page == POLICY_PAGE:
        blocks["policy-services"] = _services_table(seasons)
        blocks["policy-harm"] = harm_text(seasons)
        blocks["policy-firm"] = _firm_text(firm)
        blocks["policy-levels"] = "\n\n".join([_levels_table(levels), *_deviation_sentences(levels)])
    return blocks


def _season_table(seasons: pd.DataFrame) -> str:
    """Return the season by policy and with foresight in Markdown."""
    lines = []
    for quantity, name in NAMES.items():
        figures = seasons[seasons["quantity"] == quantity].set_index("service").T.to_dict()
        sold, net = figures[STUDIED], figures[NET]
        levels = [f"{sold['policy']:,.0f}", f"{net['policy']:,.0f}", f"{net['foresight']:,.0f}"]
        lines.append([name, *levels, _gain(net["gain"], net["gain_low"], net["gain_high"])])
    count = int(seasons["years"].iloc[0])
    head = [f"season of {count:,} years [GWh]", "by policy", "net", "perfect foresight", "foresight flatters by"]
    return markdown_table(head, lines, "lrrrr")


def _services_table(seasons: pd.DataFrame) -> str:
    """Return the mean year of every service to which foresight makes a difference, in Markdown."""
    means = seasons[(seasons["quantity"] == "mean") & (seasons["service"] != NET)]
    is_visible = (means["service"] == STUDIED) | (means["gain"].abs() > VISIBLE)
    lines = []
    for row in means[is_visible].to_dict("records"):
        levels = [f"{row['policy']:,.0f}", f"{row['foresight']:,.0f}"]
        gain = _gain(row["gain"], row["gain_low"], row["gain_high"])
        lines.append([str(row["service"]), *levels, gain])
    head = ["service, mean year [GWh]", "by policy", "perfect foresight", "what foresight adds"]
    return markdown_table(head, lines, "lrrr")


def harm_text(seasons: pd.DataFrame) -> str:
    """Return the table of what rules of the water yield and irrigation lacks by policy, in Markdown."""
    harm = seasons[seasons["quantity"] == HARM]
    is_visible = harm["policy"] >= VISIBLE_HARM
    units = {"hm3": "hm³"}
    lines = []
    for row in harm[is_visible].to_dict("records"):
        unit = units.get(row["unit"], row["unit"])
        lines.append([str(row["service"]), f"{row['policy']:,.1f}", unit])
    return markdown_table(["what yields or lacks", "mean year", "unit"], lines, "lrl")


def _firm_text(firm: pd.DataFrame) -> str:
    """Return tables of what can be promised with 90 and with 95 % probability, in Markdown."""
    tables = []
    for share in PROBABILITIES:
        head, lines = _firm_lines(firm, share)
        sides = "ll" + "r" * (len(head) - 2)
        tables.append(f"Reached with {share} % probability: {CELL}.")
        tables.append(markdown_table(head, lines, sides))
    return "\n\n".join(tables)


def _gain(gain: float, low: float, high: float) -> str:
    """Return what foresight adds, with its interval."""
    return f"{gain:+,.0f} ({low:+,.0f} to {high:+,.0f})"


def _levels_table(levels: pd.DataFrame) -> str:
    """Return by reservoir and month what is on record and what the policy holds on the same days, in Markdown."""
    lines = []
    month = pd.to_datetime(levels["date"]).dt.month
    for store in dict.fromkeys(levels["store"]):
        for number in _months_from_april():
            rows = levels[(levels["store"] == store) & (month == number)]
            if rows.empty:
                continue
            name = pd.Timestamp(2000, number, 1).strftime("%B")
            span = f"{rows['record'].min():,.0f} to {rows['record'].max():,.0f}"
            means = rows[["policy_P90", "policy_P50", "policy_P10", "foresight_P50"]].mean()
            contents = [f"{value:,.0f}" for value in means]
            lines.append([store, name, f"{len(rows)}", span, *contents])
    head = ["reservoir", "month", "days on record", "record [hm³]", "policy P90", "P50", "P10", "foresight P50"]
    return markdown_table(head, lines, "llrrrrrr")


def _months_from_april() -> list[int]:
    return [*range(4, 13), *range(1, 4)]


def _deviation_sentences(levels: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence a reservoir: how far the policy's median lies from the record, and how much is in its band."""
    for store, rows in levels.groupby("store", sort=False):
        deviation = rows["policy_P50"] - rows["record"]
        is_inside = rows["record"].between(rows["policy_P90"], rows["policy_P10"])
        mean = f"{deviation.mean():+,.0f} hm³ from the record in the mean of {len(rows)} days"
        span = f"{deviation.min():+,.0f} to {deviation.max():+,.0f} on single ones"
        yield (
            f"{store}: the policy's median lies {mean}, {span}; "
            f"{is_inside.sum()} of them are within its band from P90 to P10."
        )
