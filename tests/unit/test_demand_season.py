"""Demand that grows in one season more than in the other: known answers, laws, refusals."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from energy.case import Case
from energy.case.check import cross_faults
from energy.case.schema import MONTHS, SUMMER_MONTHS
from energy.errors import InputError
from energy.model import inputs
from energy.model.change_warnings import change_warnings
from energy.model.changed_inputs import change_texts
from energy.model.operating_rules import rule_book
from energy.model.overrides import with_overrides
from energy.model.profiles import _month_shares, demand
from energy.scenario import read_scenario
from energy.solve import Engine

KEY = "values.profiles/demand_season.TJ.summer_elasticity"

WINTER = [month for month in MONTHS if month not in SUMMER_MONTHS]


def even_months(case: Case) -> pd.DataFrame:
    """Return a table in which each month has a twelfth of the year."""
    months = case.profiles["demand_month"].astype(float)
    months[MONTHS] = 1 / 12
    return months


def with_season(case: Case, elasticity: float, energy_2028: float = 1.2) -> Case:
    """Return a case whose demand AA is even in 2025 and has a multiple of that energy in 2028."""
    years = case.profiles["demand_year"].astype(float)
    years.loc[("AA", 2028)] = years.loc[("AA", 2025)] * energy_2028
    season = pd.DataFrame({"shape_year": [2025], "summer_elasticity": [elasticity]}, index=["AA"])
    profiles = dict(case.profiles)
    profiles |= {"demand_year": years, "demand_month": even_months(case), "demand_season": season}
    return replace(case, profiles=profiles)


def shares_of_2028(case: Case) -> pd.Series:
    energy = case.profiles["demand_year"].xs("AA", level="demand")["central"]
    (shares,) = _month_shares(case, energy.loc[[2028]], "AA", "central")
    return pd.Series(shares, MONTHS)


@pytest.mark.parametrize(
    ("elasticity", "summer_share"),
    [
        (1.0, 1 / 2),  # both seasons grow by a fifth
        (0.0, 1 / 2 / 1.2),  # summer stays what it was, half of 1.0; the year is 1.2
        (2.0, 1 / 2 * 1.2),  # summer is 0.5 · 1.2², the year 1.2
        (0.5, 1 / 2 / 1.2**0.5),
    ],
)
def test_summer_grows_with_its_elasticity(two_bus: Case, elasticity: float, summer_share: float) -> None:
    shares = shares_of_2028(with_season(two_bus, elasticity))
    assert shares[SUMMER_MONTHS].sum() == pytest.approx(summer_share)
    assert shares.sum() == pytest.approx(1)
    # within a season the months keep their proportions
    assert shares[SUMMER_MONTHS].nunique() == 1
    assert shares[WINTER].nunique() == 1


def test_year_of_the_shape_keeps_it(two_bus: Case) -> None:
    case = with_season(two_bus, elasticity=0.3)
    energy = case.profiles["demand_year"].xs("AA", level="demand")["central"]
    (shares,) = _month_shares(case, energy.loc[[2025]], "AA", "central")
    assert shares == pytest.approx(1 / 12)


def test_energy_of_the_year_does_not_move(two_bus: Case) -> None:
    hours = pd.date_range("2028-01-01", "2028-12-31 23:00", freq="h")
    year = demand(with_season(two_bus, elasticity=0.2), hours, "AA", "central").sum()
    assert year == pytest.approx(350.4e3 * 1.2)  # MWh


def test_other_demands_and_cases_without_the_table_keep_their_shape(two_bus: Case) -> None:
    hours = pd.date_range("2028-01-01", periods=48, freq="h")
    plain = demand(two_bus, hours, "BB", "central")
    months = even_months(two_bus)
    even = replace(two_bus, profiles=dict(two_bus.profiles) | {"demand_month": months})
    assert (demand(with_season(two_bus, 0.2), hours, "BB", "central") == demand(even, hours, "BB", "central")).all()
    assert (plain > 0).all()


def test_summer_that_would_take_the_whole_year_is_refused(two_bus: Case) -> None:
    with pytest.raises(InputError, match=r"April to September of 2028 would take more than the year.*elasticity 9"):
        shares_of_2028(with_season(two_bus, elasticity=9.0))


@pytest.mark.parametrize(
    ("demand_name", "year", "what"),
    [("AA", 1999, r"no demand of 'AA' in 1999, the year of its shape"), ("CC", 2025, r"no demand of 'CC' in 2025")],
)
def test_row_of_a_demand_or_year_that_is_not_there_is_a_fault(
    two_bus: Case, demand_name: str, year: int, what: str
) -> None:
    season = pd.DataFrame({"demand": [demand_name], "shape_year": [year], "summer_elasticity": [1.0]})
    profiles = dict(two_bus.profiles) | {"demand_season": season.set_index("demand")}
    faults = cross_faults(replace(two_bus, profiles=profiles))
    assert any(pd.Series([fault.what for fault in faults]).str.contains(what, regex=True))


def season_of_casa1000(case: Case, overrides: dict[str, float]) -> float:
    """Return the elasticity of the case as a scenario with overrides has it."""
    scenario = read_scenario("baseline", overrides=overrides)
    changed = with_overrides(case, scenario, rule_book(case, scenario))
    return float(changed.profiles["demand_season"].loc["TJ", "summer_elasticity"])


def test_a_scenario_sets_the_elasticity_and_multiplies_nothing(casa1000: Case) -> None:
    assert season_of_casa1000(casa1000, {}) == 0.35
    assert season_of_casa1000(casa1000, {KEY: 0.5}) == 0.5


def test_more_growth_in_winter_leaves_more_for_casa_in_summer(casa1000: Case) -> None:
    # demand of 2028 is 12 % above that of the shape's year
    delivered = {}
    for elasticity in (0.0, 0.35, 1.0):
        scenario = read_scenario("baseline", overrides={KEY: elasticity, "time.resolution": "typical-days-24h"})
        asked = inputs(casa1000, scenario)
        delivered[elasticity] = Engine(asked).solve(asked).services["casa"]
    assert delivered[0.0] > delivered[0.35] > delivered[1.0] > 0


def test_a_negative_elasticity_is_refused(casa1000: Case) -> None:
    with pytest.raises(InputError, match="allowed: a number of 0 or more"):
        season_of_casa1000(casa1000, {KEY: -0.5})


def test_what_was_changed_is_said_with_the_number_before_it(casa1000: Case) -> None:
    scenario = read_scenario("baseline", overrides={KEY: 1.2})
    (text,) = change_texts(casa1000, scenario)
    assert "0.35" in text
    assert "1.2" in text
    (warning,) = change_warnings(casa1000, scenario)
    assert warning.allowed == "0 to 1"
