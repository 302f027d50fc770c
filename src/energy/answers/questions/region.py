"""Questions 22 to 25: lenders of the region and think-tanks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from energy.analysis.action_file import read_actions
from energy.analysis.risk.estimate import mean
from energy.answers.answer import (
    Answer,
    Library,
    comparison,
    marks_of,
    season_energy,
    settled,
    solved,
    water_span,
)
from energy.answers.avoided import action_answer
from energy.metrics.labelled_table import labelled_table
from energy.metrics.settlement import MILLION
from energy.model.inputs import inputs
from energy.scenario import Scenario, read_hazards
from energy.scenario.hydrology import Shift, Shifted
from energy.solve import Result, solve

_CLIMATE = ("climate_2050", "climate_2050_dry", "climate_2050_wet", "glaciers_2050")
_CANAL = ("qosh_tepa", "dry_2001", "qosh_tepa_full")
_ROGUN_YEARS = (2028, 2029, 2030, 2031, 2033, 2035)
_ROGUN_SHUT = {
    "name": "no Rogun",
    "kind": "derating",
    "cause": "not built",
    "where": ["rogun_plant"],
    "start": "04-01",
    "end": "never",
    "depth": 1.0,
}
"""Event that shuts the plant of Rogun for good."""


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
    table = labelled_table(rows, "water", "GWh; spill as what the turbines beside it would have made of it; share 1")
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
    """Question 24: which cheap action lowers expected unserved energy most, and for its money."""
    hazards, actions = read_hazards("base"), read_actions("base")
    answer = action_answer(
        case=library.case,
        scenario=library.base,
        hazards=hazards,
        actions=actions,
        samples=library.samples,
    )
    table = answer.tables["Actions, best first"]
    avoided = table["unserved avoided"].astype(float)
    errors = table["unserved avoided error"].astype(float)
    ends = [
        f"{name} {avoided[name] - 2 * errors[name]:,.0f} to {avoided[name] + 2 * errors[name]:,.0f}"
        for name in table.index[:3]
    ]
    span = f"GWh a year avoided, two standard errors: {', '.join(ends)}; {answer.span}"
    return replace(answer, sentences=(_cheapest_sentence(table), *answer.sentences), span=span)


def _cheapest_sentence(table: pd.DataFrame) -> str:
    """Return which action avoids a MWh at least cost, power bought included, and how much each avoids."""
    costs = table["cost of avoided"].astype(float).dropna().sort_values()
    costs.index = costs.index.astype(str)
    if costs.empty:
        return "No action avoids unserved energy for sure."
    parts = []
    avoided, bought, gained = table["unserved avoided"], table["power bought"], table["income gained"]
    for name in costs.index.tolist():
        cost = costs[name]
        part = f"{name} {cost:,.0f} $/MWh ({float(avoided[name]):,.0f} GWh a year"
        if float(bought[name]) > 0.5:
            part += f", {float(bought[name]):,.0f} million USD of power a year in it"
        if abs(float(gained[name])) > 0.5:
            part += f"; the sale's income changes by {float(gained[name]):+,.1f} million"
        parts.append(f"{part})")
    return f"Cheapest a MWh avoided, cost over the years of service and power bought: {', '.join(parts)}."


def climate_rogun_and_canal(library: Library) -> Answer:
    """Question 25: how the answer changes with climate, glaciers, Rogun as it fills, and Qosh Tepa."""
    case, base = library.case, library.base
    climate = {base.name: base} | {name: library.scenario(name) for name in _CLIMATE}
    in_climate = comparison(case, climate)
    drawn = _drawn_seasons(library)
    canal = comparison(case, {base.name: base} | {name: library.scenario(name) for name in _CANAL})
    rogun = _rogun_by_year(library)
    together = _all_together(library)
    seasons = in_climate["delivered"].astype(float)
    taken = canal["delivered"].astype(float)
    middle = drawn.loc["climate_2050"]
    ends = (
        f"{seasons['climate_2050_dry']:,.0f} at the dry, {seasons['climate_2050_wet']:,.0f} at the wet end of studies"
    )
    built, shut = rogun["delivered"], rogun["without its plant"]
    future, dark = together["delivered"].astype(float), together["unserved TJ"].astype(float)
    median_change = taken["qosh_tepa"] - taken.iloc[0]
    dry_change = taken["qosh_tepa_full"] - taken["dry_2001"]
    darker = canal["unserved TJ"].astype(float)
    median_dark = darker["qosh_tepa"] - darker.iloc[0]
    dry_dark = darker["qosh_tepa_full"] - darker["dry_2001"]
    sentences = (
        f"The climate of 2050 moves the season of median water from {seasons.iloc[0]:,.0f} to "
        f"{seasons['climate_2050']:,.0f} GWh ({ends}); glaciers alone, that give a fifth less from July to "
        "September, to "
        f"{seasons['glaciers_2050']:,.0f}.",
        f"Over {library.samples} drawn years the change is {middle['change']:+,.0f} ± {middle['error']:,.0f} GWh.",
        f"Rogun as it fills, with growth of demand, makes {built.min():,.0f} to {built.max():,.0f} GWh of "
        f"{rogun.index[0]} "
        f"to {rogun.index[-1]}; with its plant shut they are {shut.min():,.0f} to {shut.max():,.0f}.",
        f"Qosh Tepa, if the Vakhsh makes up for its share in summer, changes {median_change:+,.0f} GWh in "
        "median water and "
        f"{dry_change:+,.0f} in the driest year, and {median_dark:+,.0f} and {dry_dark:+,.0f} GWh of Tajik demand that "
        "stays unserved: more water is let down while the line is open, less is left for winter.",
        f"All three together: the system of 2035, Rogun at full height, delivers {future['as on record']:,.0f} GWh, "
        f"in the climate of 2050 {future['climate of 2050']:,.0f}, with the canal {future['Qosh Tepa']:,.0f}, with "
        f"both {future['both']:,.0f}: what the canal asks for in summer is sold on its way and lacks in the Tajik "
        f"winter, where {dark['both'] - dark['as on record']:,.0f} GWh more stay unserved.",
    )
    limits = (
        "the Amu Darya itself: only what downstream may ask of the Vakhsh for the canal is in the case",
        "glaciers by their ice: late summer, melt and volume of 2050 are read from studies of other years",
        "demand of 2050: the climate scenarios are the system of 2028 in that climate",
    )
    tables = {
        "The season in the climate of 2050, median water": in_climate,
        "On the same drawn years": drawn,
        "The system of 2035 in that climate and with the canal": together,
        "Rogun by year, median water": rogun,
        "Qosh Tepa and the driest year": canal,
    }
    low, high = float(seasons.min()), float(seasons.max())
    return Answer(
        sentences,
        tables,
        span=f"{low:,.0f} to {high:,.0f} GWh over the climates of 2050 in median water; {built.min():,.0f} to "
        f"{built.max():,.0f} as Rogun fills; canal {min(median_change, dry_change):+,.0f} to "
        f"{max(median_change, dry_change):+,.0f}",
        marks=marks_of(case, "profiles/water_statistics.*", "rules.rogun*", "rules.nurek_growing_release")
        + "; climate and canal: mark C",
        limits=limits,
    )


def _drawn_seasons(library: Library) -> pd.DataFrame:
    """Return the mean season over drawn years in each climate, and its change on the same draws."""
    case, base = library.case, library.base
    draws = range(library.samples)
    plain = np.array([season_energy(case, _drawn(base, draw, None)) for draw in draws])
    rows = {"as on record": {"season": float(plain.mean()), "change": 0.0, "error": 0.0}}
    for name in _CLIMATE:
        water = library.scenario(name).hydrology
        assert isinstance(water, Shifted)
        moved = np.array([season_energy(case, _drawn(base, draw, water.shift)) for draw in draws])
        change = mean(moved - plain)
        rows[name] = {"season": float(moved.mean()), "change": change.value, "error": change.error}
    return labelled_table(rows, "climate", "GWh; error: standard error of the change")


def _drawn(base: Scenario, draw: int, shift: Shift | None) -> Scenario:
    water: dict[str, object] = {"seed": 1, "draw": draw}
    if shift is not None:
        water["shift"] = shift.model_dump()
    return base.replace(hydrology=water)


def _all_together(library: Library) -> pd.DataFrame:
    """Return the season of 2035, Rogun at full height, in the climate of 2050, with Qosh Tepa, and with both.

    Returns
    -------
    pandas.DataFrame
        Index what moves; as of ``energy.answers.answer.comparison`` [GWh].
    """
    climate = library.scenario("climate_2050").model_dump(mode="json", by_alias=True, exclude_none=True)
    canal = library.scenario("qosh_tepa").model_dump(mode="json", by_alias=True, exclude_none=True)
    water, release = {"hydrology": climate["hydrology"]}, {"rules": canal["rules"]}
    moved: dict[str, dict[str, object]] = {
        "as on record": {},
        "climate of 2050": water,
        "Qosh Tepa": release,
        "both": water | release,
    }
    scenarios = {name: library.scenario("rogun_2035", **changes) for name, changes in moved.items()}
    return comparison(library.case, scenarios).rename_axis("what moves")


def _rogun_by_year(library: Library) -> pd.DataFrame:
    """Return the season of some years with Rogun as it fills, and with its plant shut."""
    rows = {}
    for year in _ROGUN_YEARS:
        built = library.base.replace(year=year)
        shut = built.replace(events=[_ROGUN_SHUT])
        rows[year] = {
            "delivered": season_energy(library.case, built),
            "without its plant": season_energy(library.case, shut),
        }
    return labelled_table(rows, "year", "GWh")
