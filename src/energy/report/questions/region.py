"""Questions 17 to 25: Afghanistan, the region's dispatchers, lenders and think-tanks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from energy.analysis.action_file import read_actions
from energy.analysis.frequency_limit import FrequencyLimit
from energy.analysis.risk.estimate import mean
from energy.metrics.settlement import MILLION
from energy.model.inputs import inputs
from energy.report.answers.answer import Answer, marks_of
from energy.report.answers.avoided import action_answer
from energy.report.answers.grid import corridor_answer, frequency_answer
from energy.report.answers.seasons import (
    comparison,
    season_energy,
    settled,
    solved,
    water_span,
)
from energy.report.questions.library import Library, comparison_answer, outages
from energy.scenario import Scenario, read_hazards
from energy.solve import Result, solve

OUTAGES = (
    "border_closed_summer",
    "salang_2015",
    "pylons_2016_2021",
    "towers_2026",
)
CROSSING = (
    "hindu_kush",
    "afghan_hvdc_line",
    "salang_220kv",
    "af_500kv",
    "tj_af_220kv",
)
ISLAND, SYNCHRONOUS = "Tajik island", "Central Asia"
CAMPAIGN = "campaign_behind_closed_border"
NOTICED = 0.05
"""Unserved energy from which on an outage is said to take supply [GWh]."""
RING_COLLAPSE = "ring_collapse_2022"
CLIMATE: dict[str, dict[str, float]] = {
    "melt 20 days earlier": {"melt_days": 20},
    "a tenth less water": {"volume": 0.9},
}


def lost_by_outage(library: Library) -> Answer:
    """Question 17: what each outage takes of transit income and of supply."""
    contract = library.case.rules.contract
    assert contract is not None
    fee = contract.prices.get("transit", 0.0)
    losses = outages(library, *OUTAGES)
    shown = losses[["undisturbed", "delivered"]].copy()
    shown["transit income lost"] = losses["lost"] * fee / 1000
    shown["more unserved AF"] = losses["more unserved AF"]
    shown.attrs["units"] = {
        "undisturbed": "GWh",
        "delivered": "GWh",
        "transit income lost": "million USD",
        "more unserved AF": "GWh",
    }
    income, dark = shown["transit income lost"], shown["more unserved AF"]
    base = season_energy(library.case, library.base) * fee / 1000
    supply = f"most supply by {dark.idxmax()} ({dark.max():,.1f} GWh more that Afghans do not get)"
    sentence = (
        f"Transit earns {fee:g} million USD a TWh, {base:,.1f} a year undisturbed. Most is lost by {income.idxmax()} "
        f"({income.max():,.1f}); {supply if dark.max() > NOTICED else 'no supply by any of them'}."
    )
    span = water_span(library.case, library.base)
    marks = marks_of(library.case, "rules.contract", "links.*AF*")
    return Answer((sentence,), {"Outages on record and threatened": shown}, span, marks)


def ways_to_kabul(library: Library) -> Answer:
    """Question 18: how 300 MW reach Kabul, and what a third terminal is worth."""
    names = ("kabul_tap", "surkhan_not_built", "surkhan_replaces_tajik")
    text = (
        "By the 220 kV lines and the Surkhan line. A tap at Kabul before Pakistan leaves {kabul_tap} of {base} GWh for "
        "Nowshera; where Uzbek power over Surkhan replaces the Tajik contract {surkhan_replaces_tajik} reach it."
    )
    answer = comparison_answer(library, text, names)
    table = answer.tables["Seasons side by side"]
    lacking = table["unserved AF"].astype(float)
    served = lacking.iloc[0] - lacking["kabul_tap"]
    sentence = f"The tap serves {served:,.0f} GWh a year more of Afghan demand."
    return replace(answer, sentences=(*answer.sentences, sentence))


def common_corridor(library: Library) -> Answer:
    """Question 19: the common risk of lines that share the Hindu Kush crossing."""
    answer = corridor_answer(library.case, library.base, CROSSING)
    table = outages(library, "salang_2015", CAMPAIGN)
    dark, lost, calm = table["more unserved AF"], table["lost"], table["undisturbed"]
    sentence = (
        f"The avalanche of 2015 leaves {dark['salang_2015']:,.1f} GWh more of Afghan demand unserved; a campaign "
        f"behind a closed border {dark[CAMPAIGN]:,.1f}, and it takes {lost[CAMPAIGN]:,.0f} of {calm[CAMPAIGN]:,.0f} "
        "GWh of the sale."
    )
    tables = {**answer.tables, "Events on the crossing": table}
    span = water_span(library.case, library.base)
    return replace(
        answer,
        sentences=(*answer.sentences, sentence),
        tables=tables,
        span=span,
    )


def ring_collapse(library: Library) -> Answer:
    """Question 20: whether a collapse of the ring pulls Tajikistan and the sending end down."""
    synchronous, limit = frequency_answer(library.case, library.base, areas={"sending": SYNCHRONOUS})
    island, alone = frequency_answer(library.case, library.base, areas={"sending": ISLAND})
    table = outages(library, RING_COLLAPSE)
    least, most = _largest_losses(alone)
    base, _ = _largest_losses(limit)
    lost = float(table["lost"].iloc[0])
    sentences = (
        f"When the ring goes, Tajikistan is an island that stands a sudden change of {least:,.0f} to {most:,.0f} MW "
        f"(synchronous: {base:,.0f} MW and more). Any exchange with the ring or over the line above that, at that "
        "moment, passes the thresholds unless plants are tripped.",
        f"The energy of the event of January 2022, replayed, is {lost:,.1f} GWh of the season.",
    )
    tables = {
        "Tajik island": island.tables["Both ends"],
        "Synchronous": synchronous.tables["Both ends"],
        "Energy": table,
    }
    limits = (
        "how the collapse unfolds: angles, relays, the order in which lines trip",
        *island.limits,
    )
    return Answer(
        sentences,
        tables,
        span=f"{least:,.0f} to {most:,.0f} MW over the hours",
        marks=island.marks,
        limits=limits,
    )


def _largest_losses(limit: FrequencyLimit) -> tuple[float, float]:
    losses = limit.table["largest loss"].xs("sending", level="end")
    return float(losses.min()), float(losses.max())


def bipole_trip(library: Library) -> Answer:
    """Question 21: whether a bipole trip endangers frequency or the Kazakh transit."""
    answer, limit = frequency_answer(library.case, library.base)
    island, _ = frequency_answer(library.case, library.base, areas={"sending": ISLAND})
    result = solved(library.case, library.base)
    flow = result.flow("lines")
    name = "Tashkent - Shymkent"
    transit = float(flow[name].abs().max()) if name in flow else float("nan")
    sentence = (
        f"The Kazakh transit carries at most {transit:,.0f} MW before the trip; a surplus of {limit.rating:,.0f} MW "
        "that runs north over it adds to that."
    )
    tables = {**answer.tables, "As a Tajik island": island.tables["Both ends"]}
    return replace(answer, sentences=(*answer.sentences, sentence), tables=tables)


def winners_and_losers(library: Library) -> Answer:
    """Question 22: who gains and who loses in each country."""
    money = settled(library.case, library.base)
    table = money.welfare
    gains = ", ".join(f"{country} {value:+,.0f}" for country, value in table["total"].items() if abs(value) >= 0.5)
    sentence = f"Against the season without the line, million USD: {gains}; together {table['total'].sum():+,.0f}."
    rent = (money.rent / MILLION).rename_axis("month")
    rent.attrs["units"] = "million USD"
    tables = {"Welfare by country": table, "Congestion rent by month": rent}
    span = water_span(library.case, library.base)
    return Answer(
        (sentence,),
        tables,
        span,
        marks_of(library.case, "rules.contract", "generators.*"),
    )


def spill_avoided(library: Library) -> Answer:
    """Question 23: which share of the exports is spill avoided, which is water moved."""
    rows = {}
    for name, scenario in _water_scenarios(library).items():
        sold = solved(library.case, scenario)
        unsold = _without_sale(library, scenario)
        avoided = _spilled_energy(unsold) - _spilled_energy(sold)
        energy = season_energy(library.case, scenario)
        rows[name] = {"delivered": energy, "spill avoided": avoided}
        rows[name]["share"] = min(avoided / energy, 1.0) if energy > 1 else float("nan")
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("water")
    table.attrs["units"] = "GWh; spill as what the turbines beside it would have made of it; share 1"
    median = table.loc["median"] if "median" in table.index else table.iloc[0]
    sentence = (
        f"In median water {median['spill avoided']:,.0f} GWh less are spilled for {median['delivered']:,.0f} GWh "
        f"delivered: {100 * median['share']:.0f} % of the sale is spill avoided, the rest water or other plants moved."
    )
    shares = ", ".join(f"{100 * share:.0f} % ({name})" for name, share in table["share"].dropna().items())
    limits = ("what real operators, who do not know the winter, would spill",)
    return Answer(
        (sentence,),
        {"Spill with and without the sale": table},
        span=shares,
        marks=marks_of(library.case),
        limits=limits,
    )


def _water_scenarios(library: Library) -> dict[str, Scenario]:
    return {water: library.base.replace(hydrology=water) for water in ("dry", "median", "wet")}


def _without_sale(library: Library, scenario: Scenario) -> Result:
    asked = inputs(library.case, scenario)
    links = asked.components["links"]
    closed = asked.array("links", "p_max_pu").copy()
    closed[:, (links["service"] == "casa").to_numpy()] = 0.0
    return solve(replace(asked, dense={**asked.dense, ("links", "p_max_pu"): closed}))


def _spilled_energy(result: Result) -> float:
    """Return what the turbines beside spillways would have made of the spilled water [GWh]."""
    links = result.inputs.components["links"]
    buses = result.inputs.components["buses"]
    from_water = links["bus0"].map(buses["carrier"]) == "water"
    to_grid = links["bus1"].map(buses["carrier"]) != "water"
    turbines = links[from_water & to_grid]
    worth = turbines.groupby("bus0")["efficiency"].max()
    spillways = links[links["carrier"] == "spillway"]
    volume = result.flow("links")[spillways.index].mul(result.hours, axis=0).sum()
    energy = volume * spillways["bus0"].map(worth).fillna(0.0)
    return float(energy.sum()) / 1000


def cheap_actions(library: Library) -> Answer:
    """Question 24: which cheap action lowers expected unserved energy most."""
    hazards, actions = read_hazards("base"), read_actions("base")
    return action_answer(
        case=library.case,
        scenario=library.base,
        hazards=hazards,
        actions=actions,
        samples=library.samples,
    )


def climate_rogun_and_canal(library: Library) -> Answer:
    """Question 25: how the answer changes with climate, Rogun and Qosh Tepa."""
    case, base = library.case, library.base
    draws = range(max(library.samples // 2, 2))
    plain = np.array([season_energy(case, _drawn(base, draw, {})) for draw in draws])
    rows = {
        "water as in the record": {
            "season": float(plain.mean()),
            "change": 0.0,
            "error": 0.0,
        }
    }
    for name, shift in CLIMATE.items():
        shifted = np.array([season_energy(case, _drawn(base, draw, shift)) for draw in draws])
        moved = mean(shifted - plain)
        rows[name] = {
            "season": float(shifted.mean()),
            "change": moved.value,
            "error": moved.error,
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("climate")
    table.attrs["units"] = "GWh; error: standard error of the change, the same draws"
    downstream = {
        base.name: base,
        "Rogun in 2035": library.scenario("rogun_2035"),
        "2 km3 more for the Amu Darya in summer": base.replace(**{"rules.nurek_growing_release.at_least": 11000.0}),
    }
    others = comparison(case, downstream)
    least = min(rows, key=lambda name: rows[name]["change"])
    change, error = rows[least]["change"], rows[least]["error"]
    differences = others["against the first"].to_numpy(float)
    sentence = (
        f"Over {len(plain)} drawn years {least} changes the season by {change:+,.0f} ± {error:,.0f} GWh of "
        f"{plain.mean():,.0f}; Rogun and the demand of 2035 by {differences[1]:+,.0f}, a canal's 2 km3 more release in "
        f"summer by {differences[2]:+,.0f}."
    )
    limits = (
        "the take of Qosh Tepa from the Amu Darya: that river is not in the case, only what the Vakhsh must give",
        "glaciers that shrink by 2050: shift and volume are assumed, not derived",
    )
    tables = {
        "Climate, on the same draws": table,
        "Rogun, and more water for downstream": others,
    }
    return Answer(
        (sentence,),
        tables,
        span=f"{len(plain)} draws",
        marks=marks_of(case, "profiles/water_statistics.*"),
        limits=limits,
    )


def _drawn(base: Scenario, draw: int, shift: dict[str, float]) -> Scenario:
    return base.replace(hydrology={"seed": 1, "draw": draw, "shift": shift})
