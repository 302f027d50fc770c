"""Questions 11 to 16: Tajikistan and Kyrgyzstan."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from energy.metrics.balance import net_position
from energy.metrics.fuel import unserved_by_country
from energy.metrics.monthly import energy_by_month
from energy.report.answers.answer import Answer, marks_of
from energy.report.answers.grid import power_flow_answer, threshold_answer
from energy.report.answers.money import debt_answer
from energy.report.answers.seasons import (
    comparison,
    season_energy,
    solved,
    water_span,
)
from energy.report.questions.library import Library, comparison_answer

NUREK_FULL = (0.65, 0.8, 0.9, 1.0)
OWN_SALES = (1000.0, 1250.0, 1500.0, 1750.0)
NORTH_SOUTH = "Sughd - Dushanbe"
AFGHAN_LINE = "values.profiles/monthly.TJ - AF 220 kV.p_max_pu"
AFGHAN_SALES = {"1.0 TWh to Afghanistan": 1.0, "1.5 TWh to Afghanistan": 1.5}
BUYERS = {
    "CASA": 51.5,
    "Afghanistan": 43.9,
    "Kazakhstan and Uzbekistan (Rogun)": 34.0,
    "Uzbek spot": 20.2,
}
"""What buyers pay at the seller [$/MWh]: contract; press of 2025; contract of 2025; spot sales of 2025."""
AFGHAN_TODAY = 1.78
"""Tajik sale to Afghanistan in the case [TWh a year at the sending end]."""
LEVELS = 7


def nurek_full_in_september(library: Library) -> Answer:
    """Question 11: what can be sold while Nurek is full at the end of September."""
    scenarios = {library.base.name: library.base}
    for share in NUREK_FULL:
        scenarios[f"Nurek {100 * share:.0f} % full"] = library.base.replace(**{"rules.nurek_full.at_least": share})
    table = comparison(library.case, scenarios)
    seasons = table["delivered"]
    most, least = seasons.iloc[1], seasons.iloc[-1]
    unserved = [name for name in table.columns if str(name).startswith("unserved TJ")]
    lacking = float(table[unserved].to_numpy().max()) if unserved else 0.0
    sentence = (
        f"{least:,.0f} GWh can be sold with Nurek quite full on 1 October, {most:,.0f} with {100 * NUREK_FULL[0]:.0f} "
        f"% of it; Tajik demand that is not served is at most {lacking:,.0f} GWh in any of them."
    )
    limits = ("what an operator would hold back for a winter that he does not know: the year is foreseen here",)
    span = water_span(library.case, library.base)
    return Answer(
        (sentence,),
        {"By the level asked of Nurek": table},
        span=span,
        marks=marks_of(library.case, "rules.nurek*"),
        limits=limits,
    )


def which_buyer_first(library: Library) -> Answer:
    """Question 12: which buyer first, and what Rogun changes; 1.0 against 1.5 TWh to Afghanistan."""
    text = (
        "CASA gets {base} GWh after what is promised before it, {casa_before_afghanistan} served before Afghanistan, "
        "{swap_ends} without the Uzbek swap, {rogun_2035} with Rogun and the demand of 2035."
    )
    answer = comparison_answer(library, text, ("casa_before_afghanistan", "swap_ends", "rogun_2035"))
    sales = {library.base.name: library.base}
    for name, energy in AFGHAN_SALES.items():
        sales[name] = library.base.replace(**{AFGHAN_LINE: energy / AFGHAN_TODAY})
    afghan = comparison(library.case, sales)
    prices = pd.Series(
        {
            "CASA": 51.5,
            "Afghanistan": 43.9,
            "Kazakhstan and Uzbekistan (Rogun)": 34.0,
            "Uzbek spot": 20.2,
        }
    )
    table = prices.rename("price").to_frame().rename_axis("buyer")
    table.attrs["units"] = "$/MWh at the seller"
    tables = {
        **answer.tables,
        "The Afghan contract smaller": afghan,
        "What buyers pay": table,
    }
    more = float(afghan["against the first"].iloc[1])
    sentence = f"With 1.0 TWh a year to Afghanistan instead of 1.8, {more:,.0f} GWh more reach Pakistan."
    return replace(answer, sentences=(*answer.sentences, sentence), tables=tables)


def north_south_line(library: Library) -> Answer:
    """Question 13: whether the one-circuit North-South path can carry Kyrgyz power."""
    text = (
        "With Sughd – Dushanbe out the season has {tajik_north_south_out} GWh, with Datka – Sughd out {datka_sughd_out}"
        ", against {base}: the ring through Uzbekistan carries instead."
    )
    answer = comparison_answer(library, text, ("tajik_north_south_out", "datka_sughd_out"))
    result = solved(library.case, library.base)
    flow = result.flow("lines")[NORTH_SOUTH].abs()
    rating = float(result.inputs.components["lines"]["s_nom"].astype(float)[NORTH_SOUTH])
    voltage = power_flow_answer(library.case, library.base)
    sentence = f"{NORTH_SOUTH} carries at most {flow.max():,.0f} of {rating:,.0f} MW. {voltage.sentences[0]}"
    tables = {**answer.tables, **voltage.tables}
    return replace(
        answer,
        sentences=(sentence, *answer.sentences),
        tables=tables,
        limits=voltage.limits,
    )


def kyrgyz_surplus(library: Library) -> Answer:
    """Question 14: whether Kyrgyzstan has a summer surplus, and from which level of Toktogul."""
    case, base = library.case, library.base
    result = solved(case, base)
    net = energy_by_month(net_position(result, ["KG"]), result)
    net.columns = pd.Index(["net position of KG"])
    net.attrs["units"] = "GWh"
    contract = case.rules.contract
    assert contract is not None
    inside = [5 <= month <= 9 for month in pd.PeriodIndex(net.index).month]
    summer = net["net position of KG"][inside]
    season = season_energy(case, base)
    level = threshold_answer(case=case, scenario=base, rules=["toktogul_start"], quantity=1.1 * season, count=LEVELS)
    table = library.compared("kyrgyz_opt_out", "irrigation_6500")
    sentence = (
        f"Kyrgyzstan's own net position from May to September is {summer.min():,.0f} to {summer.max():,.0f} GWh a "
        f"month: {'a surplus in some' if summer.max() > 0 else 'no surplus in any'} of them."
    )
    tables = {
        "Net position by month": net,
        "Without its part, or with more irrigation": table,
        **level.tables,
    }
    sentences = (
        sentence,
        "For a tenth more than the base season: " + level.sentences[0],
    )
    limits = ("at which level an operator dares to export: he does not know the winter to come",)
    return Answer(sentences, tables, span=water_span(case, base), marks=level.marks, limits=limits)


def kyrgyz_loan_service(library: Library) -> Answer:
    """Question 15: whether 15-year loan service holds."""
    case, base = library.case, library.base
    contract = case.rules.contract
    assert contract is not None
    own = season_energy(case, base) * contract.shares["KG"]
    return debt_answer(case, base, "KG", (own, *OWN_SALES))


def datka_sughd_without_sale(library: Library) -> Answer:
    """Question 16: what Datka-Sughd is worth without any sale to Pakistan."""
    case = library.case
    with_line = library.scenario("least_cost_no_casa")
    out = {
        "name": "line out",
        "kind": "line_out",
        "cause": "not there",
        "where": ["datka_sughd"],
        "start": "04-01",
        "end": "never",
    }
    rows = {}
    for water in ("dry", "median", "wet"):
        built = with_line.replace(hydrology=water)
        without = built.replace(events=[out])
        results = solved(case, built), solved(case, without)
        lacking = [unserved_by_country(result) for result in results]
        saved = (results[1].objective - results[0].objective) / 1e6
        served = lacking[1] - lacking[0]
        rows[water] = {
            "cost saved": saved,
            **{f"more served {name}": float(served[name]) for name in ("KG", "TJ")},
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("water")
    table.attrs["units"] = "million USD and GWh a year"
    saving = table["cost saved"].astype(float)
    sentence = (
        f"Without any sale to Pakistan Datka – Sughd saves {saving['median']:,.2f} million USD a year of fuel, imports "
        "and unserved demand in all countries, in median water."
    )
    span = f"{saving.min():,.2f} to {saving.max():,.2f} million USD a year, dry to wet water"
    limits = ("security in a disturbed year: `energy run tajik_north_south_out --set objective=dispatch` and the like",)
    return Answer(
        (sentence,),
        {"With the line against without": table},
        span=span,
        marks=marks_of(case, "lines.Datka - Sughd"),
        limits=limits,
    )
