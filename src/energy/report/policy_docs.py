"""What pages say of a policy, made by ``energy policy simulate --page``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from energy.analysis.policy.firm_energy import PROBABILITIES
from energy.analysis.policy.season_comparison import HARM, NET
from energy.model.objective import STUDIED
from energy.report.policy_text import CELL, firm_lines
from energy.report.text_table import markdown_table
from energy.results.recorded_policy import season_sentence

SEASON_PAGES = (Path("README.md"), Path("docs/risk.md"), Path("docs/policy.md"))
"""Pages with a block ``policy-season``."""
POLICY_PAGE = Path("docs/policy.md")
FIGURE = Path("docs/figures/policy_levels")
"""Its file without ending."""
VISIBLE = 0.5
"""GWh a year, the smallest difference that is worth a line."""
VISIBLE_HARM = 0.05
"""hm³ or MWh a year, the least that is worth a line."""
NAMES = {
    "P90": "exceeded in nine years of ten (P90)",
    "P50": "exceeded in half (P50)",
    "P10": "exceeded in one of ten (P10)",
    "mean": "mean",
}
"""Quantity → its name in a table."""


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
        blocks["policy-firm"] = firm_text(firm)
        blocks["policy-levels"] = "\n\n".join([levels_table(levels), *deviation_sentences(levels)])
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


def firm_text(firm: pd.DataFrame) -> str:
    """Return tables of what can be promised with 90 and with 95 % probability, in Markdown."""
    tables = []
    for share in PROBABILITIES:
        head, lines = firm_lines(firm, share)
        sides = "ll" + "r" * (len(head) - 2)
        tables.append(f"Reached with {share} % probability: {CELL}.")
        tables.append(markdown_table(head, lines, sides))
    return "\n\n".join(tables)


def _gain(gain: float, low: float, high: float) -> str:
    """Return what foresight adds, with its interval."""
    return f"{gain:+,.0f} ({low:+,.0f} to {high:+,.0f})"


def levels_table(levels: pd.DataFrame) -> str:
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


def deviation_sentences(levels: pd.DataFrame) -> Iterator[str]:
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
