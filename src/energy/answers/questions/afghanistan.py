"""Questions 17 to 19: Afghanistan."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from energy.analysis.expected_outage_loss import expected_losses
from energy.analysis.joint_outage_hours import joint_outage_hours
from energy.answers.answer import (
    DAILY,
    Answer,
    Library,
    comparison,
    comparison_answer,
    evidence_ends,
    marks_of,
    outages,
    season_energy,
    solved,
    water_labels,
)
from energy.answers.grid import corridor_answer
from energy.scenario import read_hazards

_OUTAGES = (
    "border_closed_summer",
    "salang_2015",
    "pylons_2016_2021",
    "towers_2026",
)
_CROSSING = (
    "hindu_kush",
    "afghan_hvdc_line",
    "salang_220kv",
    "af_500kv",
    "tj_af_220kv",
)
_AFGHAN_HAZARDS = (
    "attack in calm",
    "attack in conflict",
    "attack near Peshawar",
    "attack at the Tajik-Afghan crossing",
    "border closed by politics",
    "payment stop",
    "avalanche",
    "storm, quake, mudflow",
    "river crossing",
    "attack on the Kabul line",
    "attack on the Tajik line",
    "weather on the Kabul line",
    "supplier in Uzbekistan",
)
"""Hazards of the ways through Afghanistan and of its supply."""
_COUNTRY = "AF"
_CAMPAIGN = "campaign_behind_closed_border"
_SURKHAN = "surkhan_not_built"
_KABUL = "AF Kabul"
_WHOLE_DC_LINE = ("hindu_kush", "afghan_hvdc_line", "hvdc_bipole", "tj_af_border", "pk_af_border")
_KABUL_LINES = ("hindu_kush", "salang_220kv", "uz_af")
"""Corridors each of which takes the sale to Pakistan, or the 220 kV supply of Kabul."""
_NOTICED = 0.05
"""Unserved energy from which on an outage is said to take supply [GWh]."""


def lost_by_outage(library: Library) -> Answer:
    """Question 17: what each outage takes of transit income and of supply, on record and by its odds."""
    case = library.case
    contract = case.rules.contract
    assert contract is not None
    fee = contract.prices.get("transit", 0.0)
    losses = outages(library, *_OUTAGES)
    shown = _transit_losses(losses, fee)
    odds = _losses_by_odds(library, fee)
    base = season_energy(case, library.base) * fee / 1000
    low_fee, high_fee = evidence_ends(case, "contract", "prices.transit")
    whole = odds.groupby(level="water").sum()
    return Answer(
        (_record_sentence(shown, fee, base), _odds_sentence(odds, whole)),
        {"Outages on record and threatened": shown, "By the odds of each outage": odds},
        span=_odds_span(whole, high_fee / low_fee),
        marks=marks_of(case, "rules.contract", "links.*AF*") + "; rates of outages: weakest mark C",
        limits=(
            "what repairs cost, and supply that fails inside Afghan cities",
            "outages that overlap: by odds they are counted one at a time, each foreseen",
            *losses.attrs["coarser"],
        ),
    )


def _transit_losses(losses: pd.DataFrame, fee: float) -> pd.DataFrame:
    """Return transit income lost [million USD] and Afghan demand unserved [GWh] by outages of the library.

    Parameters
    ----------
    losses
        As of ``energy.answers.answer.outage_losses``.
    fee
        For transit [$/MWh].
    """
    shown = losses[["undisturbed", "delivered"]].copy()
    shown["transit income lost"] = losses["lost"] * fee / 1000
    shown["more unserved AF"] = losses["more unserved AF"]
    shown.attrs["units"] = {
        "undisturbed": "GWh",
        "delivered": "GWh",
        "transit income lost": "million USD",
        "more unserved AF": "GWh",
    }
    return shown


def _losses_by_odds(library: Library, fee: float) -> pd.DataFrame:
    """Return what each hazard on Afghan ways is expected to take in a year, in median water and when the line is full.

    Returns
    -------
    pandas.DataFrame
        Index (water, hazard), by the income lost; ``occurrences`` a year, ``lost a time`` [GWh], ``transit income
        lost`` and its ``low`` and ``high`` end by the rates [million USD a year], ``unserved AF`` [GWh a year].
    """
    hazards = read_hazards("base")
    daily = library.base.replace(**{"time.resolution": DAILY})
    waters = water_labels(library.case, daily)
    chosen = {name: scenario for name, scenario in waters.items() if name in ("median", "wet")} or waters
    tables = {}
    for water, scenario in chosen.items():
        losses = expected_losses(library.case, scenario, {"now": hazards}, _AFGHAN_HAZARDS, _COUNTRY).droplevel("laws")
        table = losses[["occurrences", "lost a time"]].copy()
        table["transit income lost"] = losses["lost"] * fee / 1000
        table["low"] = losses["lost, low"] * fee / 1000
        table["high"] = losses["lost, high"] * fee / 1000
        table["unserved AF"] = losses["unserved"]
        tables[water] = table.sort_values("transit income lost", ascending=False).round(6) + 0.0
    odds = pd.concat(tables, names=["water"])
    odds.attrs["units"] = "occurrences 1 a year; lost a time GWh; income million USD a year; unserved GWh a year"
    return odds


def _record_sentence(shown: pd.DataFrame, fee: float, income: float) -> str:
    lost, dark = shown["transit income lost"], shown["more unserved AF"]
    supply = "no supply by any of them"
    if dark.max() > _NOTICED:
        supply = f"most supply by {dark.idxmax()} ({dark.max():,.1f} GWh more that Afghans do not get)"
    return (
        f"Transit earns {fee:g} million USD a TWh, {income:,.1f} a year undisturbed. Of the outages on record most is "
        f"lost by {lost.idxmax()} ({lost.max():,.1f}); {supply}."
    )


def _odds_sentence(odds: pd.DataFrame, whole: pd.DataFrame) -> str:
    """Return what is lost a year by the odds in all, and by which outage most, in each water."""
    texts = []
    for water, total in whole.iterrows():
        of_water = odds.xs(water, level="water")
        lost, dark = of_water["transit income lost"], of_water["unserved AF"]
        texts.append(
            f"in {water} water {total['transit income lost']:,.2f} million USD of transit a year, most by "
            f"{lost.idxmax()} ({lost.max():,.2f}), and {total['unserved AF']:,.1f} GWh of supply, most by "
            f"{dark.idxmax()} ({dark.max():,.1f})"
        )
    return f"By their odds outages take {'; '.join(texts)}."


def _odds_span(whole: pd.DataFrame, fee_ratio: float) -> str:
    texts = [f"{row['low']:,.2f} to {row['high']:,.2f} in {water} water" for water, row in whole.iterrows()]
    by_rates = f"transit income lost, million USD a year, by the rates: {', '.join(texts)}"
    return f"{by_rates}; a fee up to {fee_ratio:g} times that"


def ways_to_kabul(library: Library) -> Answer:
    """Question 18: how 300 MW reach Kabul, and what a third terminal is worth, with and without the Surkhan line."""
    names = ("kabul_tap", _SURKHAN, "surkhan_replaces_tajik")
    text = (
        "300 MW reach Kabul by the 220 kV lines and, from 2028, the 500 kV Surkhan line. A tap at Kabul that stands "
        "before Pakistan leaves {kabul_tap} of {base} GWh for Nowshera; where Uzbek power over Surkhan replaces the "
        "Tajik contract {surkhan_replaces_tajik} reach it."
    )
    answer = comparison_answer(library, text, names)
    alone = library.scenario(_SURKHAN)
    tapped = library.scenario("kabul_tap", values={**library.scenario("kabul_tap").values, **alone.values})
    with_line = comparison(library.case, {"Surkhan line": library.base, "and a tap": library.scenario("kabul_tap")})
    without_line = comparison(library.case, {"no Surkhan line": alone, "a tap instead": tapped})
    worth = pd.DataFrame(
        {
            "with the Surkhan line": _worth_of_tap(with_line),
            "without it": _worth_of_tap(without_line),
        }
    ).T.rename_axis("network")
    worth.attrs["units"] = "GWh a year"
    served = worth["more served in Afghanistan"]
    fewer = -worth["more at Nowshera"]
    sentence = (
        f"The third terminal serves {served.iloc[0]:,.0f} GWh a year more of Afghan demand with the Surkhan line and "
        f"{served.iloc[1]:,.0f} without it, for {fewer.iloc[0]:,.0f} and {fewer.iloc[1]:,.0f} GWh less at Nowshera."
    )
    tables = {"Worth of a third terminal": worth, **answer.tables, "Without the Surkhan line": without_line}
    return replace(answer, sentences=(sentence, *answer.sentences), tables=tables)


def _worth_of_tap(pair: pd.DataFrame) -> dict[str, float]:
    lacking = pair["unserved AF"].astype(float)
    delivered = pair["delivered"].astype(float)
    return {
        "more served in Afghanistan": float(lacking.iloc[0] - lacking.iloc[1]),
        "more at Nowshera": float(delivered.iloc[1] - delivered.iloc[0]),
    }


def common_corridor(library: Library) -> Answer:
    """Question 19: the common risk of lines that share the Hindu Kush crossing: MW, hours a year, energy."""
    case, base = library.case, library.base
    answer = corridor_answer(case, base, _CROSSING)
    exchange = answer.tables["Exchange after the loss of a corridor"].copy()
    exchange["lost to Kabul"] = [_rating_into_kabul(library, str(name)) for name in exchange.index]
    exchange.attrs["units"] = "MW"
    hours = joint_outage_hours(read_hazards("base"), _WHOLE_DC_LINE, _KABUL_LINES)
    hours = hours.rename(columns={"first": "DC line", "second": "220 kV supply of Kabul"})
    hours.attrs["units"] = "h a year"
    table = outages(library, "salang_2015", _CAMPAIGN)
    dark, lost, calm = table["more unserved AF"], table["lost"], table["undisturbed"]
    usual = hours.loc["base"]
    sale_lost, kabul_lost = (exchange[name].astype(float)["hindu_kush"] for name in ("forward lost", "lost to Kabul"))
    sentences = (
        f"The loss of the Hindu Kush crossing takes {sale_lost:,.0f} MW of exchange with Pakistan "
        f"and {kabul_lost:,.0f} MW of lines to Kabul at once.",
        f"By the hazards both are out for {usual['both']:,.0f} h a year, {usual['one cause']:,.0f} of them by "
        "one cause "
        f"and {usual['by chance']:,.0f} by two; the DC line alone {usual['DC line']:,.0f}.",
        f"The avalanche of 2015 leaves {dark['salang_2015']:,.1f} GWh more of Afghan demand unserved, as the 500 kV "
        f"line stands beside it; a campaign behind a closed border {dark[_CAMPAIGN]:,.1f}, and it takes "
        f"{lost[_CAMPAIGN]:,.0f} of {calm[_CAMPAIGN]:,.0f} GWh of the sale in wet water.",
        *answer.sentences,
    )
    low, high = hours["both"]["low"], hours["both"]["high"]
    return replace(
        answer,
        sentences=sentences,
        tables={
            "Lost with a corridor": exchange,
            "Hours out by the rates of the hazards": hours,
            "Events on the crossing": table,
        },
        span=f"both out {low:,.0f} to {high:,.0f} h a year, by the low and high rates of the hazards",
        marks=marks_of(case, "lines.*", "links.AF*") + "; hazards: weakest mark C",
        limits=(*answer.limits, *table.attrs["coarser"]),
    )


def _rating_into_kabul(library: Library, corridor: str) -> float:
    """Return the rating of the links into Kabul that a corridor holds and that are in service [MW]."""
    links = solved(library.case, library.base).inputs.components["links"]
    names = library.case.corridors
    members = names[(names["corridor"] == corridor) & (names["component"] == "links")]["name"]
    hit = {link for pattern in members for link in library.case.names("links", pattern)}
    chosen = links.index.isin(list(hit)) & (links["bus1"] == _KABUL)
    return float(links.loc[chosen, "p_nom"].astype(float).sum())
