"""Questions 11 to 16: Tajikistan and Kyrgyzstan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from energy.case import Case
from energy.metrics.balance import net_position
from energy.metrics.fuel import unserved_by_country
from energy.metrics.monthly import energy_by_month
from energy.report.answers.answer import Answer, marks_of
from energy.report.answers.grid import corridor_answer, power_flow_answer, threshold_answer
from energy.report.answers.money import debt_answer
from energy.report.answers.seasons import (
    comparison,
    season_energy,
    solved,
    water_labels,
    water_span,
)
from energy.report.questions.library import Library, comparison_answer
from energy.scenario import Scenario
from energy.solve import Result

SEPTEMBER = {"from": "09-01", "to": "09-30"}
NUREK_FULL = (0.65, 0.8, 0.9, 1.0)
OWN_SALES = (1000.0, 1250.0, 1500.0, 1750.0)
NORTH_SOUTH = "Sughd - Dushanbe"
KYRGYZ_LINE = "Datka - Sughd"
NET = "net position of KG"
NOTICED = 1.0
"""Energy from which on a month or a summer is called a surplus [GWh]."""
ALMOST_NONE = 10.0
"""Unserved energy of a year below which demand counts as served [GWh]."""
DEAD_TOKTOGUL = 6.5
"""Content of Toktogul that cannot be used [km3]."""
ALL_HELP = 1e7
"""Help that no line can carry in a season [MWh]."""
DISTURBED: dict[str, tuple[list[str], str, str]] = {
    "no Uzbek ties of Tajikistan, November to March": (["tj_uz_ties"], "11-01", "03-31"),
    "no Kyrgyz-Uzbek tie, all year": (["kg_uz_tie"], "04-01", "03-31"),
    "no Kyrgyz-Kazakh ties, November to March": (["kg_kz_ties"], "11-01", "03-31"),
}
"""Year → what is cut, from, until."""
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
    """Question 11: what can be sold while Nurek is full, and what a GWh sold in September costs in winter."""
    case, base = library.case, library.base
    by_level = {}
    for water, scenario in water_labels(case, base).items():
        for share in NUREK_FULL:
            changed = scenario.replace(**{"rules.nurek_full.at_least": share})
            by_level[water, 100 * share] = {
                "delivered": season_energy(case, changed),
                "unserved TJ": _unserved(case, changed, "TJ"),
            }
    table = pd.DataFrame.from_dict(by_level, orient="index")
    table.index = pd.MultiIndex.from_tuples(by_level, names=["water", "Nurek full, %"])
    table.attrs["units"] = "GWh"
    trade = _september_against_winter(library)
    seasons = table["delivered"].unstack("water")
    full = seasons.iloc[-1]
    texts = ", ".join(f"{energy:,.0f} GWh ({water})" for water, energy in full.items())
    less = (seasons.iloc[0] - full).max()
    first = trade.iloc[0]
    if first["sold more"] > 1:
        ratio = first["unserved more"] / first["sold more"]
        cost = (
            f"Sold before Tajik demand, September carries {first['sold more']:,.0f} GWh more and winter lacks "
            f"{first['unserved more']:,.0f}: {ratio:.2f} GWh dark in winter for a GWh sold."
        )
    else:
        cost = "Sold before Tajik demand, September carries no more."
    sentences = (
        f"With Nurek quite full on 1 October {texts} can be sold in the season, at most {less:,.0f} GWh less than with "
        f"{100 * NUREK_FULL[0]:.0f} % of it.",
        cost,
    )
    limits = ("what an operator would hold back for a winter that he does not know: the year is foreseen here",)
    tables = {"By water and the level asked of Nurek": table, "A GWh in September against winter": trade}
    return Answer(
        sentences,
        tables,
        span=f"{full.min():,.0f} to {full.max():,.0f} GWh, dry to wet, with Nurek full",
        marks=marks_of(case, "rules.nurek*", "stores.Nurek"),
        limits=limits,
    )


def _unserved(case: Case, scenario: Scenario, country: str) -> float:
    return float(unserved_by_country(solved(case, scenario)).get(country, 0.0))


def _september_against_winter(library: Library) -> pd.DataFrame:
    """Return what a sale of September alone takes from Tajik winter, if it stands before Tajik demand.

    Sold at the contract's energy price, against unserved demand at the price that the case gives it.
    """
    case = library.case
    rows = {}
    for water, scenario in water_labels(case, library.base).items():
        september = scenario.replace(**{"contract.season": SEPTEMBER})
        order = [service for service in september_order(case, september) if service != "casa"]
        first = order.index("tajik_demand")
        hasty = september.replace(protection_order=[*order[:first], "casa", *order[first:]])
        sold = season_energy(case, hasty) - season_energy(case, september)
        dark = _unserved(case, hasty, "TJ") - _unserved(case, september, "TJ")
        rows[water] = {"sold more": sold, "unserved more": dark, "income": sold * BUYERS["CASA"] / 1000}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("water")
    table = table.reindex([name for name in ("median", "dry", "wet", *table.index) if name in table.index])
    table = table[~table.index.duplicated()]
    table.attrs["units"] = "GWh; income million USD"
    return table


def september_order(case: Case, scenario: Scenario) -> list[str]:
    """Return the order in which services are protected, the scenario's own or the case's."""
    return list(scenario.protection_order or case.rules.protection_order)


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
    """Question 13: whether the one-circuit North-South path can carry Kyrgyz power, and what its loss takes."""
    case, base = library.case, library.base
    names = ("tajik_north_south_out", "datka_sughd_out")
    seasons = {}
    for water in ("median", "wet"):
        seasons[f"all lines, {water}"] = base.replace(hydrology=water)
        for name in names:
            seasons[f"{name}, {water}"] = library.scenario(name, hydrology=water)
    table = comparison(case, seasons)
    result = solved(case, base)
    path = _use_of_path(result)
    exchange = corridor_answer(case, base, ("tajik_north_south", "datka_sughd"))
    voltage = power_flow_answer(case, base)
    outage = power_flow_answer(case, library.scenario(names[0]))
    used = path.T.to_dict()
    own, kyrgyz = used[NORTH_SOUTH], used[KYRGYZ_LINE]
    least = table["delivered"]
    taken = [float(least.iloc[0] - least.iloc[1]), float(least.iloc[3] - least.iloc[4])]
    losses = [max(round(loss, 1), 0.0) for loss in taken]
    sentences = (
        f"{NORTH_SOUTH} carries at most {own['most']:,.0f} of {own['rating']:,.0f} MW: {own['room']:,.0f} MW of room, "
        f"and {kyrgyz['south']:,.0f} GWh a year come over {KYRGYZ_LINE}.",
        f"With it out the season loses {losses[0]:,.0f} GWh in median and {losses[1]:,.0f} in wet water: Kyrgyzstan "
        "has little to send, and the ring through Uzbekistan carries instead.",
        f"{voltage.sentences[0]} With it out: {outage.sentences[0]}",
    )
    tables = {
        "Use of the path": path,
        "Seasons with a line out": table,
        **exchange.tables,
        **voltage.tables,
        "Voltages with Sughd - Dushanbe out": outage.tables["Voltages"],
    }
    return Answer(
        sentences,
        tables,
        span=f"season lost {min(losses):,.0f} to {max(losses):,.0f} GWh, median to wet water",
        marks=marks_of(case, "lines.*", "rules.reactive_power"),
        limits=voltage.limits,
    )


def _use_of_path(result: Result) -> pd.DataFrame:
    """Return what the two lines of the path carry: largest flow, rating, room [MW], energy each way [GWh]."""
    lines = result.inputs.components["lines"]
    rows = {}
    for name in (NORTH_SOUTH, KYRGYZ_LINE):
        flow = result.flow("lines")[name]
        rating = float(lines["s_nom"].astype(float)[name])
        most = float(flow.abs().max())
        rows[name] = {
            "most": most,
            "rating": rating,
            "room": rating - most,
            "south": float(flow.clip(lower=0.0) @ result.hours) / 1000,
            "north": float((-flow).clip(lower=0.0) @ result.hours) / 1000,
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("line")
    table.attrs["units"] = "MW; south, north GWh a year"
    return table


def kyrgyz_surplus(library: Library) -> Answer:
    """Question 14: whether Kyrgyzstan has a summer surplus, and from which level of Toktogul."""
    case, base = library.case, library.base
    net = _kyrgyz_position(case, base)
    summer = net[[5 <= month <= 9 for month in pd.PeriodIndex(net.index).month]]
    months = int((summer[NET] > NOTICED).sum())
    season = season_energy(case, base)
    level = threshold_answer(case=case, scenario=base, rules=["toktogul_start"], quantity=1.1 * season, count=LEVELS)
    by_level = _kyrgyz_by_level(case, base)
    enough = by_level[by_level["summer position"] > NOTICED]
    bright = by_level[by_level["unserved KG"] < ALMOST_NONE]
    table = library.compared("kyrgyz_opt_out", "irrigation_6500")
    texts = [
        f"{enough.index[0]:.1f} km3 on 1 April give a summer surplus"
        if len(enough)
        else "at no level is there a surplus",
        f"from {bright.index[0]:.1f} km3 on Kyrgyz demand is served all year" if len(bright) else "winter lacks at any",
    ]
    sentences = (
        f"Kyrgyzstan's own net position from May to September is {summer[NET].min():,.0f} to {summer[NET].max():,.0f} "
        f"GWh a month: a surplus in {months or 'none'} of the five months.",
        f"By Toktogul's content (6.5 km3 are dead): {'; '.join(texts)}.",
        "For a tenth more than the base season: " + level.sentences[0],
    )
    tables = {
        "By Toktogul's content on 1 April": by_level,
        "Net position by month": net,
        "Without its part, or with more irrigation": table,
        **level.tables,
    }
    limits = ("at which level an operator dares to export: he does not know the winter to come",)
    return Answer(sentences, tables, span=water_span(case, base), marks=level.marks, limits=limits)


def _kyrgyz_position(case: Case, scenario: Scenario) -> pd.DataFrame:
    result = solved(case, scenario)
    net = energy_by_month(net_position(result, ["KG"]), result)
    net.columns = pd.Index([NET])
    net.index.name = "month"
    net = net.round(3) + 0.0
    net.attrs["units"] = "GWh"
    return net


def _kyrgyz_by_level(case: Case, scenario: Scenario) -> pd.DataFrame:
    """Return Kyrgyzstan's summer position and unserved demand by the content that Toktogul starts from.

    The year gives back what the case starts from, so that a fuller reservoir may be used.
    """
    rules = case.rules.rules
    start, end = rules["toktogul_start"], rules["toktogul_end"]
    assert start.kind == "start"
    assert end.kind == "end"
    full = float(case.components["stores"]["e_nom"].astype(float)["Toktogul"])
    returned = start.at(int(scenario.time.start[:2])) or 0.0
    rows = {}
    for usable in np.linspace(0.0, full, LEVELS):
        levels = {"rules.toktogul_start.level": float(usable), "rules.toktogul_end.level": returned}
        filled = scenario.replace(**levels)
        net = _kyrgyz_position(case, filled)
        is_summer = [5 <= month <= 9 for month in pd.PeriodIndex(net.index).month]
        rows[round(DEAD_TOKTOGUL + float(usable) / 1000, 2)] = {
            "summer position": float(net[NET][is_summer].sum()),
            "unserved KG": _unserved(case, filled, "KG"),
            "delivered": season_energy(case, filled),
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("content, km3")
    table.attrs["units"] = "GWh"
    return table


def kyrgyz_loan_service(library: Library) -> Answer:
    """Question 15: whether 15-year loan service holds."""
    case, base = library.case, library.base
    contract = case.rules.contract
    assert contract is not None
    own = season_energy(case, base) * contract.shares["KG"]
    return debt_answer(case, base, "KG", (own, *OWN_SALES))


def datka_sughd_without_sale(library: Library) -> Answer:
    """Question 16: what Datka-Sughd is worth without any sale to Pakistan, in calm and in disturbed years."""
    case = library.case
    out = {
        "name": "line out",
        "kind": "line_out",
        "cause": "not there",
        "where": ["datka_sughd"],
        "start": "04-01",
        "end": "never",
    }
    base = library.scenario("least_cost_no_casa")
    years = {f"{water} water": base.replace(hydrology=water) for water in ("dry", "median", "wet")}
    for name, (where, first, last) in DISTURBED.items():
        event = {"name": name, "kind": "border_stop", "cause": "cut", "where": where, "start": first, "end": last}
        years[name] = base.replace(events=[event])
    years["help without limit, dry water"] = base.replace(
        hydrology="dry", **{"rules.seller_help.at_most": ALL_HELP, "values.generators.* help *.p_nom": 900.0}
    )
    rows = {}
    for name, built in years.items():
        without = built.replace(events=[*built.plain()["events"], out])
        results = solved(case, built), solved(case, without)
        lacking = [unserved_by_country(result) for result in results]
        saved = (results[1].objective - results[0].objective) / 1e6
        served = lacking[1] - lacking[0]
        rows[name] = {
            "cost saved": saved,
            **{f"more served {country}": float(served[country]) for country in ("KG", "TJ")},
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("year")
    table = table.round(6) + 0.0
    table.attrs["units"] = "million USD and GWh a year"
    saving = table["cost saved"].astype(float)
    best = str(saving.idxmax())
    sentences = (
        f"Without any sale to Pakistan Datka – Sughd saves {saving['median water']:,.2f} million USD a year of fuel, "
        f"imports and unserved demand in all countries in median water, and most, {saving.max():,.2f} million: {best}.",
        "Asked for little help, it mostly loops power of others, so that its worth can be below zero.",
    )
    span = f"{saving.min():,.2f} to {saving.max():,.2f} million USD a year over water and disturbances"
    limits = ("worth in minutes: reserve that one side lends the other, and restoring a dark system",)
    return Answer(
        sentences,
        {"With the line against without": table},
        span=span,
        marks=marks_of(case, "lines.Datka - Sughd", "rules.seller_help"),
        limits=limits,
    )
