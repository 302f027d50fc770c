"""An answer, and the scenarios and runs that it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache

import pandas as pd

from energy.analysis.imperfect_foresight import solve_imperfect_foresight
from energy.analysis.priority_waterfall import energy_in_season
from energy.analysis.settlement import Settlement, settlement
from energy.case import Case, read_case
from energy.errors import SolverError
from energy.metrics.fuel import unserved_by_country
from energy.metrics.labelled_table import labelled_table
from energy.model.inputs import inputs
from energy.results.predicted_ranges import season_range
from energy.scenario import Scenario, read_scenario
from energy.scenario.hydrology import Shifted
from energy.solve import Result, solve

COARSER = "typical-days-4h"
"""Resolution of a scenario that has no optimum at its own."""
DAILY = "typical-days-24h"
"""Resolution of outages that last for days: hours of the day do not matter, and there are hundreds of them."""
_WATER = ("dry", "median", "wet")


@dataclass(frozen=True)
class Answer:
    """What was asked, answered.

    Attributes
    ----------
    sentences
        The answer in words; the first one is the headline.
    tables
        Title → table; ``attrs["units"]`` names the unit of the whole table, or of each column.
    span
        The range of the headline number, and over what it was taken.
    marks
        What the numbers rest on, with the weakest mark A, B or C.
    limits
        What the model cannot say of it.
    """

    sentences: tuple[str, ...]
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    span: str = ""
    marks: str = ""
    limits: tuple[str, ...] = ()


def marks_of(case: Case, *patterns: str) -> str:
    """Return what the numbers of some components rest on: how many rows of evidence there are, and the weakest mark.

    Parameters
    ----------
    case
        The case.
    patterns
        ``component.name`` as shell patterns: ``rules.investment``; without any, all of the case.

    Examples
    --------
    >>> from energy.case import read_case
    >>> marks_of(read_case("two_bus"), "rules.contract")
    'rules.contract: weakest mark C of 5 numbers'
    """
    if case.evidence.empty:
        return "no evidence is recorded"
    keys = case.evidence["component"] + "." + case.evidence["name"]
    texts = []
    for pattern in patterns or ("*",):
        matches = [fnmatchcase(key, pattern) for key in keys]
        rows = case.evidence[matches]
        if len(rows):
            label = "the case" if pattern == "*" else pattern
            weakest = max(rows["confidence"])
            texts.append(f"{label}: weakest mark {weakest} of {len(rows)} numbers")
    if not texts:
        return f"no evidence names {', '.join(patterns)}"
    return "; ".join(texts)


def evidence_ends(
    case: Case,
    name: str,
    attribute: str,
    component: str = "rules",
) -> tuple[float, float]:
    """Return the low and the high end of what is known of a number.

    Raises
    ------
    KeyError
        When the evidence says nothing of it.

    Examples
    --------
    >>> from energy.case import read_case
    >>> evidence_ends(read_case("casa1000"), "contract", "debt.interest")
    (0.015, 0.1)
    """
    rows = case.evidence
    of_component = rows["component"] == component
    of_name = rows["name"] == name
    of_attribute = rows["attribute"] == attribute
    asked = rows[of_component & of_name & of_attribute]
    if asked.empty:
        raise KeyError(f"{component}.{name}.{attribute}")
    row = asked.iloc[0]
    return float(row["low"]), float(row["high"])


@lru_cache(maxsize=24)
def solved(case: Case, scenario: Scenario) -> Result:
    """Return the optimum of a scenario; the last ones are kept."""
    if scenario.foresight == "surprise" and scenario.events:
        return solve_imperfect_foresight(case, scenario)
    return solve(inputs(case, scenario))


@lru_cache(maxsize=24)
def settled(case: Case, scenario: Scenario) -> Settlement:
    """Return the settlement of a scenario; the last ones are kept."""
    return settlement(case, scenario)


def season_energy(case: Case, scenario: Scenario) -> float:
    """Return the energy that a scenario delivers while the contract's line is open [GWh]."""
    return energy_in_season(scenario, solved(case, scenario))


def unserved_energy(case: Case, scenario: Scenario, country: str) -> float:
    """Return the demand of a country that a scenario does not serve [GWh]."""
    result = solved(case, scenario)
    unserved = unserved_by_country(result)
    return float(unserved.get(country, 0.0))


def water_labels(case: Case, scenario: Scenario) -> dict[str, Scenario]:
    """Return the scenario in each of dry, median and wet water that the case knows; its own where it knows none."""
    own_water = {"own water": scenario}
    inflow = case.profiles.get("inflow", pd.DataFrame())
    if len(inflow) == 0:
        return own_water
    known = inflow.index.get_level_values("hydrology").unique()
    scenarios = {}
    for label in _WATER:
        if label in known:
            scenarios[label] = _with_water(scenario, label)
    return scenarios or own_water


def _with_water(scenario: Scenario, label: str) -> Scenario:
    """Return the scenario with the water of a label, in the climate that it has."""
    water = scenario.hydrology
    if not isinstance(water, Shifted):
        return scenario.replace(hydrology=label)
    shifted = {"label": label, "shift": water.shift.model_dump()}
    return scenario.replace(hydrology=shifted)


def water_span(case: Case, scenario: Scenario) -> str:
    """Return the season's energy in dry, median and wet water, in words."""
    energies = []
    for label, changed in water_labels(case, scenario).items():
        energy = season_energy(case, changed)
        energies.append(f"{energy:,.0f} GWh ({label})")
    water = ", ".join(energies) + "; other numbers of the case not moved"
    all_numbers = season_range(scenario)
    if not all_numbers:
        return water
    return f"{water}; with all of them {all_numbers}"


def comparison(case: Case, scenarios: dict[str, Scenario]) -> pd.DataFrame:
    """Return the season and the unserved demand of scenarios side by side.

    Returns
    -------
    pandas.DataFrame
        Index scenario; ``delivered``, ``against the first`` and ``unserved <country>`` [GWh].
    """
    rows = {}
    for name, scenario in scenarios.items():
        row = {"delivered": season_energy(case, scenario)}
        unserved = unserved_by_country(solved(case, scenario))
        for country, energy in unserved.items():
            row[f"unserved {country}".strip()] = float(energy)
        rows[name] = row
    table = pd.DataFrame.from_dict(rows, orient="index")
    table = table.rename_axis("scenario")
    first = table["delivered"].iloc[0]
    table.insert(1, "against the first", table["delivered"] - first)
    table.attrs["units"] = "GWh"
    return table


def outage_losses(case: Case, scenarios: dict[str, Scenario]) -> pd.DataFrame:
    """Return what the events of each scenario take, against the same scenario without its events.

    Returns
    -------
    pandas.DataFrame
        Index scenario; ``undisturbed`` and ``delivered`` season, ``lost``, and ``more unserved <country>`` [GWh].
    """
    rows = {}
    for name, scenario in scenarios.items():
        calm = scenario.replace(events=[])
        undisturbed = season_energy(case, calm)
        delivered = season_energy(case, scenario)
        lost = round(undisturbed - delivered, 6) + 0.0
        before = unserved_by_country(solved(case, calm))
        after = unserved_by_country(solved(case, scenario))
        more = (after - before).round(6) + 0.0
        row = {
            "undisturbed": undisturbed,
            "delivered": delivered,
            "lost": lost,
        }
        for country, unserved in more.items():
            row[f"more unserved {country}".strip()] = float(unserved)
        rows[name] = row
    return labelled_table(rows, "scenario", "GWh")


@dataclass(frozen=True)
class Library:
    """The case, the base scenario, and the overrides that every scenario gets.

    Attributes
    ----------
    case
        The case of the base scenario.
    base
        The scenario that others are compared with.
    overrides
        Overrides ``key=value`` of all of them.
    samples
        Draws where a question is answered by sampling.
    """

    case: Case
    base: Scenario
    overrides: tuple[str, ...] = ()
    samples: int = 16

    def scenario(self, name: str, **changes: object) -> Scenario:
        """Return a scenario of the library with the overrides, and changes of its own."""
        scenario = read_scenario(name, overrides=list(self.overrides))
        return scenario.replace(**changes) if changes else scenario

    def compared(self, *names: str) -> pd.DataFrame:
        """Return the base and other scenarios side by side, as of `comparison`."""
        scenarios = {self.base.name: self.base}
        for name in names:
            scenarios[name] = self.scenario(name)
        return comparison(self.case, scenarios)


def outages(library: Library, *names: str) -> pd.DataFrame:
    """Return what the events of scenarios take, as of `outage_losses`.

    A scenario for which the solver proves no optimum is solved on coarser days; ``attrs["coarser"]`` says in words
    which are.
    """
    tables = []
    coarser = []
    for name in names:
        scenario = library.scenario(name)
        try:
            table = outage_losses(library.case, {name: scenario})
        except SolverError as err:
            coarse = library.scenario(name, **{"time.resolution": COARSER})
            table = outage_losses(library.case, {name: coarse})
            coarser.append(f"{name} at the resolution of the others ({err}): its row is of {COARSER}")
        tables.append(table)
    losses = pd.concat(tables)
    losses.attrs = {"units": "GWh", "coarser": tuple(coarser)}
    return losses


def read_library(
    base: str = "baseline",
    overrides: Sequence[str] = (),
    samples: int = 16,
) -> Library:
    """Return the library of a base scenario."""
    scenario = read_scenario(base, overrides=list(overrides))
    case = read_case(scenario.case)
    return Library(case, scenario, tuple(overrides), samples)


def comparison_answer(
    library: Library,
    sentence: str,
    names: Sequence[str],
    limits: Sequence[str] = (),
) -> Answer:
    """Return scenarios side by side as an answer; ``{name}`` in the sentence is the season of that scenario [GWh]."""
    table = library.compared(*names)
    seasons = {}
    for name, energy in table["delivered"].items():
        seasons[str(name)] = f"{energy:,.0f}"
    seasons["base"] = seasons[library.base.name]
    text = sentence.format_map(seasons)
    return Answer(
        (text,),
        {"Seasons side by side": table},
        span=water_span(library.case, library.base),
        marks=marks_of(library.case),
        limits=tuple(limits),
    )
