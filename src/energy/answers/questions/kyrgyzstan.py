"""Questions 14 to 16: Kyrgyzstan."""

from __future__ import annotations

import numpy as np
import pandas as pd

from energy.analysis.investment_paths import break_even_odds, yearly_cost
from energy.analysis.threshold_level import crossing
from energy.answers.answer import (
    Answer,
    Library,
    evidence_ends,
    marks_of,
    season_energy,
    solved,
    unserved_energy,
    water_labels,
)
from energy.answers.debt import debt_answer
from energy.answers.grid import threshold_answer
from energy.answers.money import investment_of
from energy.case import Case
from energy.metrics.accounts import purchases_by_country
from energy.metrics.balance import net_position
from energy.metrics.fuel import unserved_by_country
from energy.metrics.labelled_table import labelled_table
from energy.metrics.monthly import energy_by_month
from energy.scenario import Scenario

_OWN_SALES = (1000.0, 1250.0, 1500.0, 1750.0)
NET = "net position of KG"
_SUMMER = (5, 6, 7, 8, 9)
_NOTICED = 1.0
"""Energy from which on a month or a summer is called a surplus [GWh]."""
_ALMOST_NONE = 10.0
"""Unserved energy of a year below which demand counts as served [GWh]."""
_DEAD_TOKTOGUL = 6.5
"""Content of Toktogul that cannot be used [km3]."""
_ALL_HELP = 1e7
"""Help that no line can carry in a season [MWh]."""
_DISTURBED: dict[str, tuple[list[str], str, str]] = {
    "no Uzbek ties of Tajikistan, November to March": (["tj_uz_ties"], "11-01", "03-31"),
    "no Kyrgyz-Uzbek tie, all year": (["kg_uz_tie"], "04-01", "03-31"),
    "no Kyrgyz-Kazakh ties, November to March": (["kg_kz_ties"], "11-01", "03-31"),
}
"""Year → what is cut, from, until."""
_LEVELS = 7
_LINE_OUT = {
    "name": "line out",
    "kind": "line_out",
    "cause": "not there",
    "where": ["datka_sughd"],
    "start": "04-01",
    "end": "never",
}
_FREE_HELP = "help without limit, dry water"
_BUILT, _RUNNING = "as built", "operation alone"


def kyrgyz_surplus(library: Library) -> Answer:
    """Question 14: whether Kyrgyzstan has a summer surplus while it imports, and from which level of Toktogul."""
    case, base = library.case, library.base
    months = _months_of(case, base)
    season = season_energy(case, base)
    level = threshold_answer(case=case, scenario=base, rules=["toktogul_start"], quantity=1.1 * season, count=_LEVELS)
    waters = water_labels(case, base)
    by_level = {water: _kyrgyz_by_level(case, changed) for water, changed in waters.items()}
    by_water = _surplus_by_water(case, waters, by_level)
    own_water = by_level.get("median", next(iter(by_level.values())))
    table = library.compared("kyrgyz_opt_out", "irrigation_6500")
    tables = {
        "By water": by_water,
        "By Toktogul's content on 1 April": own_water,
        "Net position and purchases by month": months,
        **{f"By Toktogul's content on 1 April, {water}": by_level[water] for water in by_level if water != "median"},
        "Without its part, or with more irrigation": table,
        **level.tables,
    }
    position = by_water["summer position"]
    return Answer(
        (
            _surplus_sentence(months, by_water),
            _level_sentence(by_water),
            "For a tenth more than the base season: " + level.sentences[0],
        ),
        tables,
        span=f"summer position {position.min():,.0f} to {position.max():,.0f} GWh, dry to wet water",
        marks=marks_of(case, "rules.toktogul*", "profiles/inflow.*", "profiles/demand_year.KG"),
        limits=("at which level an operator dares to export: he does not know the winter to come",),
    )


def _months_of(case: Case, scenario: Scenario) -> pd.DataFrame:
    """Return Kyrgyzstan's net position and what it buys abroad by month [GWh]."""
    result = solved(case, scenario)
    months = _kyrgyz_position(case, scenario)
    bought = energy_by_month(purchases_by_country(result)["KG"], result)
    months["purchases of KG"] = bought.to_numpy(float).round(3) + 0.0
    months.attrs["units"] = "GWh"
    return months


def _surplus_by_water(
    case: Case,
    waters: dict[str, Scenario],
    by_level: dict[str, pd.DataFrame],
) -> pd.DataFrame:
    """Return the summer's position, its months of surplus, and the contents of Toktogul from which things change.

    Returns
    -------
    pandas.DataFrame
        Index water; ``summer position``, ``purchases in summer`` [GWh], ``months of surplus``, ``surplus from``,
        ``demand served from`` [km3 on 1 April; NaN: at no content].
    """
    rows = {}
    for water, scenario in waters.items():
        months = _months_of(case, scenario)
        summer = months[_is_summer(months)]
        levels = by_level[water]
        contents = levels.index.to_numpy(float)
        rows[water] = {
            "summer position": float(summer[NET].sum()),
            "purchases in summer": float(summer["purchases of KG"].sum()),
            "months of surplus": float((summer[NET] > _NOTICED).sum()),
            "surplus from": crossing(contents, levels["summer position"].to_numpy(float), _NOTICED),
            "demand served from": crossing(contents, -levels["unserved KG"].to_numpy(float), -_ALMOST_NONE),
        }
    return labelled_table(rows, "water", "GWh; months; content km3 on 1 April, empty: at none")


def _surplus_sentence(months: pd.DataFrame, by_water: pd.DataFrame) -> str:
    summer = months[_is_summer(months)]
    surplus = int((summer[NET] > _NOTICED).sum())
    importing = int((summer["purchases of KG"] > _NOTICED).sum())
    spread = [f"{row['summer position']:,.0f} in {water}" for water, row in by_water.iterrows()]
    return (
        f"Kyrgyzstan's own net position from May to September is {summer[NET].min():,.0f} to {summer[NET].max():,.0f} "
        f"GWh a month: a surplus in {surplus or 'none'} of the five months, and power bought in {importing or 'none'} "
        f"of them, {summer['purchases of KG'].sum():,.0f} GWh; over the summer {', '.join(spread)} water."
    )


def _level_sentence(by_water: pd.DataFrame) -> str:
    """Return from which contents of Toktogul on there is a surplus, and Kyrgyz demand is served, by water."""
    return (
        f"Toktogul on 1 April (6.5 km3 are dead): a summer surplus from {_contents(by_water['surplus from'])}; Kyrgyz "
        f"demand served all year from {_contents(by_water['demand served from'])}."
    )


def _contents(levels: pd.Series) -> str:
    texts = []
    for water, level in levels.items():
        said = "at no content" if np.isnan(level) else f"{level:.1f} km3"
        texts.append(f"{said} ({water})")
    return ", ".join(texts)


def _is_summer(months: pd.DataFrame) -> np.ndarray:
    """Tell which months are May to September."""
    return np.asarray(pd.PeriodIndex(months.index).month.isin(_SUMMER))


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
    for usable in np.linspace(0.0, full, _LEVELS):
        levels = {"rules.toktogul_start.level": float(usable), "rules.toktogul_end.level": returned}
        filled = scenario.replace(**levels)
        net = _kyrgyz_position(case, filled)
        rows[round(_DEAD_TOKTOGUL + float(usable) / 1000, 2)] = {
            "summer position": float(net[NET][_is_summer(net)].sum()),
            "unserved KG": unserved_energy(case, filled, "KG"),
            "delivered": season_energy(case, filled),
        }
    return labelled_table(rows, "content, km3", "GWh")


def kyrgyz_loan_service(library: Library) -> Answer:
    """Question 15: whether 15-year loan service holds."""
    case, base = library.case, library.base
    contract = case.rules.contract
    assert contract is not None
    own = season_energy(case, base) * contract.shares["KG"]
    return debt_answer(case, base, "KG", (own, *_OWN_SALES))


def datka_sughd_without_sale(library: Library) -> Answer:
    """Question 16: what Datka-Sughd is worth without any sale to Pakistan, in calm and in disturbed years."""
    case = library.case
    table = _worth_of_line(library)
    saving = table["cost saved"].astype(float)
    best = str(saving.drop(index=_FREE_HELP).idxmax())
    usual = float(saving["median water"])
    odds = _odds_that_pay(case, usual, table)
    needed = odds.xs(best, level="year")["odds"]
    in_kyrgyzstan, in_tajikistan = table["more served KG"].astype(float), table["more served TJ"].astype(float)
    sentences = (
        f"Without any sale to Pakistan Datka – Sughd saves {usual:,.2f} million USD a year of fuel, imports and "
        f"unserved demand in all countries in median water, and most, {saving[best]:,.1f} million, in a year with "
        f"{best}, when it serves {in_tajikistan[best]:,.0f} GWh more in Tajikistan and {in_kyrgyzstan[best]:,.0f} in "
        "Kyrgyzstan.",
        f"Such a year would have to come in {_odds_text(needed[_BUILT])} years for the line to be worth what it cost, "
        f"and in {_odds_text(needed[_RUNNING])} to be worth its operation, now that the capital is spent.",
        f"Kyrgyzstan itself gains in dry years, if the two help each other without limit: {saving[_FREE_HELP]:,.1f} "
        f"million and {in_kyrgyzstan[_FREE_HELP]:,.0f} GWh more served. Asked for little help, the line "
        "mostly loops power of others, so that its worth can be below zero.",
    )
    share = odds["odds"].dropna()
    return Answer(
        sentences,
        {"With the line against without": table, "Odds of a disturbed year that pay for the line": odds},
        span=f"{saving.min():,.2f} to {saving.max():,.2f} million USD a year over water and disturbances; odds that "
        f"pay {100 * share.min():.0f} to {100 * share.max():.0f} % of years by discount rate and cost",
        marks=marks_of(case, "lines.Datka - Sughd", "rules.seller_help", "rules.investment", "rules.contract"),
        limits=("worth in minutes: reserve that one side lends the other, and restoring a dark system",),
    )


def _worth_of_line(library: Library) -> pd.DataFrame:
    """Return what the system saves, and serves more, with Datka-Sughd against without it, by year.

    Returns
    -------
    pandas.DataFrame
        Index year; ``cost saved`` [million USD a year], ``more served KG``, ``more served TJ`` [GWh a year].
    """
    rows = {}
    for name, built in _years_without_sale(library).items():
        without = built.replace(events=[*built.plain()["events"], _LINE_OUT])
        results = solved(library.case, built), solved(library.case, without)
        lacking = [unserved_by_country(result) for result in results]
        served = lacking[1] - lacking[0]
        rows[name] = {
            "cost saved": (results[1].objective - results[0].objective) / 1e6,
            "more served KG": float(served["KG"]),
            "more served TJ": float(served["TJ"]),
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("year")
    table = table.round(6) + 0.0
    table.attrs["units"] = "million USD and GWh a year"
    return table


def _years_without_sale(library: Library) -> dict[str, Scenario]:
    """Return years at least cost without a sale to Pakistan: calm, disturbed, and with help without limit."""
    base = library.scenario("least_cost_no_casa")
    years = {f"{water} water": base.replace(hydrology=water) for water in ("dry", "median", "wet")}
    for name, (where, first, last) in _DISTURBED.items():
        event = {"name": name, "kind": "border_stop", "cause": "cut", "where": where, "start": first, "end": last}
        years[name] = base.replace(events=[event])
    help_without_limit = {"rules.seller_help.at_most": _ALL_HELP, "values.generators.* help *.p_nom": 900.0}
    years[_FREE_HELP] = base.replace(hydrology="dry", **help_without_limit)
    return years


def _odds_that_pay(case: Case, usual: float, table: pd.DataFrame) -> pd.DataFrame:
    """Return the share of disturbed years from which on the line is worth what it costs.

    Parameters
    ----------
    usual
        Worth of a calm year [million USD].
    table
        Worth by year, as of ``_worth_of_line``.

    Returns
    -------
    pandas.DataFrame
        Index (year, cost); ``yearly cost`` [million USD a year] and ``odds`` [1; NaN: not even every year is enough].
    """
    costs = _yearly_costs(case)
    rows = {}
    for year in [*_DISTURBED, _FREE_HELP]:
        worth = float(table["cost saved"].astype(float)[year])
        for name, cost in costs.items():
            rows[year, name] = {"yearly cost": cost, "odds": break_even_odds(usual, worth, cost)}
    return labelled_table(
        rows, ["year", "cost"], "million USD a year; share of years, empty: not even every year is enough"
    )


def _yearly_costs(case: Case) -> dict[str, float]:
    """Return what the Kyrgyz works cost a year, by cost and discount rate, and their operation alone [million USD]."""
    investment, contract = investment_of(case)
    assert contract.debt is not None
    capital = contract.debt.capital["KG"]
    low, high = evidence_ends(case, "investment", "discount_rate")
    least, most = evidence_ends(case, "contract", "debt.capital.KG")
    at_low = investment.model_copy(update={"discount_rate": low})
    at_high = investment.model_copy(update={"discount_rate": high})
    return {
        _BUILT: yearly_cost(capital, investment),
        f"{least:,.0f} million at {100 * low:g} %": yearly_cost(least, at_low),
        f"{most:,.0f} million at {100 * high:g} %": yearly_cost(most, at_high),
        _RUNNING: investment.operation_share * capital,
    }


def _odds_text(odds: float) -> str:
    if np.isnan(odds):
        return "more than all"
    return f"{100 * odds:.0f} of 100"
