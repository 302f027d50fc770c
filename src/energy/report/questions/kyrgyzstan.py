"""Questions 14 to 16: Kyrgyzstan."""

from __future__ import annotations

import numpy as np
import pandas as pd

from energy.case import Case
from energy.metrics.balance import net_position
from energy.metrics.fuel import unserved_by_country
from energy.metrics.monthly import energy_by_month
from energy.report.answers.answer import Answer, marks_of
from energy.report.answers.grid import threshold_answer
from energy.report.answers.money import debt_answer
from energy.report.answers.seasons import (
    season_energy,
    solved,
    unserved_energy,
    water_span,
)
from energy.report.questions.library import Library
from energy.scenario import Scenario

OWN_SALES = (1000.0, 1250.0, 1500.0, 1750.0)
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
LEVELS = 7


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
            "unserved KG": unserved_energy(case, filled, "KG"),
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
