"""Loan service of Kyrgyzstan by hand: 202.25 million USD over 15 years at 5 %, out of its part of the transmission."""

from __future__ import annotations

import pandas as pd
import pytest

from energy.analysis.loan_service import energy_by_terms, energy_that_serves, loan_service
from energy.analysis.recorded_seasons import _recorded_years, recorded_seasons
from energy.answers.debt import _needed_by_all, _short_years
from energy.case import Case
from energy.case.contract_terms import ContractTerms
from energy.scenario import read_scenario

ANNUITY = 0.05 / (1 - 1.05**-15)
SERVICE = (209 - 6.75) * ANNUITY
BUILT_BY_KG = 209 / (354 + 314 + 209)
PER_GWH = 29.8 * BUILT_BY_KG / 0.3 / 1000
"""Transmission income for a GWh that Kyrgyzstan sells: the sale of all is 1 / 0.3 as large [million USD]."""


@pytest.fixture
def contract(casa1000: Case) -> ContractTerms:
    contract = casa1000.rules.contract
    assert contract is not None
    return contract


def test_cover_of_a_thousand_gwh(contract: ContractTerms) -> None:
    row = loan_service(contract, "KG", [1000.0]).loc[1000]
    assert row["debt service"] == pytest.approx(SERVICE)
    assert row["cover by transmission"] == pytest.approx(1000 * PER_GWH / SERVICE)
    assert row["cover by all"] == pytest.approx((1000 * PER_GWH + 51.5) / SERVICE)


def test_the_energy_that_serves_has_a_cover_of_one(contract: ContractTerms) -> None:
    needed = energy_that_serves(contract, "KG")
    assert needed == pytest.approx(SERVICE / PER_GWH)
    table = loan_service(contract, "KG", [needed])
    assert table["cover by transmission"].iloc[0] == pytest.approx(1)
    by_all = _needed_by_all(table, SERVICE)
    assert by_all * (PER_GWH + 51.5 / 1000) == pytest.approx(SERVICE, rel=1e-3)


def test_a_term_moves_the_energy_alone(contract: ContractTerms) -> None:
    """Without interest a fifteenth is due; twice the years halve that; twice the price halves the energy."""
    ranges = {"interest": (0.0, 0.05), "years": (15.0, 30.0), "transmission": (14.9, 29.8)}
    table = energy_by_terms(contract, "KG", ranges)
    assert table.loc["interest", "needed at low"] == pytest.approx(202.25 / 15 / PER_GWH)
    assert table.loc["interest", "needed at high"] == pytest.approx(SERVICE / PER_GWH)
    longer = 202.25 * 0.05 / (1 - 1.05**-30) / PER_GWH
    assert table.loc["years", "needed at high"] == pytest.approx(longer)
    assert table.loc["transmission", "needed at low"] == pytest.approx(2 * SERVICE / PER_GWH)


def test_years_that_fall_short() -> None:
    """500 and 700 GWh lack 300 and 100 of 800; the year of 900 lacks nothing."""
    table = _short_years(pd.Series([500.0, 700.0, 900.0]), 800.0)
    row = table.loc["loans by transmission"]
    assert row["years short"] == 2
    assert row["share of years"] == pytest.approx(2 / 3)
    assert row["lacking in a short year"] == pytest.approx(200)
    assert table.loc["1,500 GWh", "share of years"] == 1


def test_a_row_that_is_the_mean_is_no_record() -> None:
    rows = {
        ("a", "2001"): [1.0, 3.0],
        ("a", "2002"): [2.0, 2.0],
        ("a", "mean"): [2.0, 2.0],
        ("b", "2001"): [5.0, 5.0],
        ("b", "2002"): [7.0, 9.0],
    }
    inflow = pd.DataFrame.from_dict(rows, orient="index")
    inflow.index = pd.MultiIndex.from_tuples(rows, names=["site", "hydrology"])
    assert _recorded_years(inflow) == ["2001"]


def test_a_case_without_a_record_has_no_recorded_seasons(two_bus: Case) -> None:
    seasons = recorded_seasons(two_bus, read_scenario("two_bus"))
    assert seasons.empty
    assert seasons.attrs["failed"] == 0
