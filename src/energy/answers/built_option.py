"""The report of an option: what a way that a scenario builds carries, earns, replaces, and takes from others."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from energy.answers.answer import Answer, comparison, marks_of, solved
from energy.case import Case
from energy.errors import Fault, InputError
from energy.metrics.fuel import avoided, fuel_use
from energy.metrics.monthly import energy_by_month
from energy.metrics.options import Option, options
from energy.scenario import Scenario
from energy.solve import Result

_LIMITS = ("what the option costs to build, and what its owners would ask for it",)


def built_option_answer(case: Case, scenario: Scenario) -> Answer:
    """Return the report of the options that a scenario builds.

    Parameters
    ----------
    case, scenario
        What exists, and a scenario whose values bring something into service.

    Raises
    ------
    InputError
        When the scenario builds nothing.
    """
    result = solved(case, scenario)
    built = options(case, scenario, result)
    if not built:
        raise InputError(
            Fault(
                "the scenario builds nothing",
                scenario.name,
                allowed="a scenario whose values bring a component into service",
                repair="as `energy option western_route`",
            )
        )
    without = _without(case, scenario, built)
    table = pd.DataFrame([option._asdict() for option in built]).set_index("name")
    table = table.drop(columns="component").rename_axis("option")
    table["use"] = table["received"] * 1000 / (table["rating"] * result.hours.sum())
    table["transit"] = table["received"] * _transit_price(case) / 1000
    table.attrs["units"] = "received GWh, rating MW, hours h, use 1, transit million USD at the contract's price"
    other = solved(case, without)
    saved = avoided(fuel_use(other), fuel_use(result))
    pair = comparison(case, {"without": without, scenario.name: scenario})
    first = built[0]
    least_cost = scenario.objective == "dispatch"
    cost = (other.objective - result.objective) / 1e6
    money = f" All countries together spend {cost:,.0f} million USD a year less with it." if least_cost else ""
    change = float(pair["delivered"].iloc[1] - pair["delivered"].iloc[0])
    sentence = (
        f"{first.name} carries {first.received:,.0f} GWh a year, {100 * float(table['use'].iloc[0]):.0f} % of its "
        f"{first.rating:,.0f} MW, bound mostly by {first.binds}; the line under study delivers {change:+,.0f} GWh."
    )
    tables = {
        "Options": table,
        "By month": _by_month(result, [option for option in built if option.component == "links"]),
        "With and without": pair,
        "Fuel that it replaces": saved[saved["electricity"].abs() > 1],
    }
    tables["Fuel that it replaces"].attrs["units"] = dict(saved.attrs["units"])
    patterns = [f"{option.component}.{option.name}" for option in built]
    return Answer(
        (sentence + money,),
        {title: shown for title, shown in tables.items() if len(shown)},
        span=_span(case, built),
        marks=marks_of(case, *patterns),
        limits=_LIMITS,
    )


def _without(case: Case, scenario: Scenario, built: Sequence[Option]) -> Scenario:
    """Return the scenario without the values that build its options."""
    names = {option.name for option in built}
    kept = {}
    for address, value in scenario.values.items():
        component, _, rest = address.partition(".")
        pattern, _, _ = rest.rpartition(".")
        is_case_table = component in case.components
        if not is_case_table or not names & set(case.names(component, pattern)):
            kept[address] = value
    return scenario.replace(values=kept)


def _transit_price(case: Case) -> float:
    contract = case.rules.contract
    return 0.0 if contract is None else contract.prices.get("transit", 0.0)


def _by_month(result: Result, links: Sequence[Option]) -> pd.DataFrame:
    names = [option.name for option in links]
    table = energy_by_month(result.received[names], result).rename_axis("month")
    table.attrs["units"] = "GWh"
    return table


def _span(case: Case, built: Sequence[Option]) -> str:
    """Return the range of the capacity of each option by the evidence."""
    rows = case.evidence
    spans = []
    for option in built:
        own = (rows["name"] == option.name) & rows["attribute"].isin(["p_nom", "s_nom"])
        for low, high in zip(rows.loc[own, "low"], rows.loc[own, "high"], strict=True):
            spans.append(f"{option.name} {float(low):,.0f} to {float(high):,.0f} MW by the evidence")
    return "; ".join(spans)
