"""Money over years that can be worked out on paper."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy.analysis.investment import ALL, BenefitCurve, Path, investment_table, lender_table, yearly_flows
from energy.analysis.investment_paths import (
    break_even_days,
    break_even_energy,
    break_even_odds,
    drawn_paths,
    flows_of_years,
    npv_of_paths,
    present_worth,
    yearly_cost,
)
from energy.answers.money_years import _continuations, _worth_by_start
from energy.case.contract_terms import ContractTerms, Debt
from energy.case.investment import Investment
from energy.case.yearly_window import Window
from energy.errors import InputError

ENERGY = 1000.0  # GWh, worth 30 million $ to A and -10 to B


@pytest.fixture
def contract() -> ContractTerms:
    """A spent 100, B 50 million $."""
    debt = Debt(capital={"A": 100, "B": 50}, interest=0.05, years=10)
    window = Window.model_validate({"from": "05-01", "to": "09-30"})
    return ContractTerms(season=window, ceiling=1000, shares={"A": 1}, debt=debt)


@pytest.fixture
def investment() -> Investment:
    """20 of A's 100 are still to come, in two years; 10 years of service at 10 %."""
    return Investment(
        discount_rate=0.1,
        base_year=2026,
        start=2028,
        life=10,
        to_come={"A": 20},
        construction_years=2,
        lenders={"bank": {"A": 60}, "fund": {"B": 30}},
    )


@pytest.fixture
def curve() -> BenefitCurve:
    return BenefitCurve(np.array([0.0, ENERGY]), pd.DataFrame({"A": [0.0, 30.0], "B": [0.0, -10.0]}))


FACTOR = (1 - 1.1**-10) / 0.1 / 1.1  # ten years from 2028, at the end of each, seen from 2026


def test_value_by_country(investment: Investment, contract: ContractTerms, curve: BenefitCurve) -> None:
    """A: 30 · 5.586 = 167.6 less 10 + 10 / 1.1 = 19.1 to come: 148.5; less 80 sunk 68.5. B: -10 · 5.586 = -55.9."""
    flows = yearly_flows(investment, contract, curve, Path(2028, energy=ENERGY))
    table = investment_table(investment, contract, flows)
    to_come = 10 + 10 / 1.1
    assert table.loc["A", "NPV"] == pytest.approx(30 * FACTOR - to_come)
    assert table.loc["A", "NPV with sunk"] == pytest.approx(30 * FACTOR - to_come - 80)
    assert table.loc["B", "NPV"] == pytest.approx(-10 * FACTOR)
    assert table.loc[ALL, "NPV"] == pytest.approx(20 * FACTOR - to_come)
    assert table.loc["A", "stranded"] == 0
    assert table.loc["B", "stranded"] == 50


def test_a_line_that_never_comes_strands_what_is_sunk(
    investment: Investment, contract: ContractTerms, curve: BenefitCurve
) -> None:
    flows = yearly_flows(investment, contract, curve, Path(None, energy=ENERGY))
    table = investment_table(investment, contract, flows)
    assert table["NPV"].tolist() == [0, 0, 0]
    assert table["stranded"].tolist() == [80, 50, 130]


def test_part_of_the_capital_is_stranded(investment: Investment, contract: ContractTerms, curve: BenefitCurve) -> None:
    """A tenth of the energy: 3 · 5.586 = 16.8 are recovered of 80 sunk and 19.1 to come."""
    flows = yearly_flows(investment, contract, curve, Path(2028, energy=0.1 * ENERGY))
    table = investment_table(investment, contract, flows)
    assert table.loc["A", "stranded"] == pytest.approx(80 + 10 + 10 / 1.1 - 3 * FACTOR)


def test_lenders_bear_their_share(investment: Investment, contract: ContractTerms, curve: BenefitCurve) -> None:
    """All of B is stranded, none of A: the fund loses its 30, the bank nothing, B's own 20 are lost."""
    flows = yearly_flows(investment, contract, curve, Path(2028, energy=ENERGY))
    lenders = lender_table(investment, investment_table(investment, contract, flows))
    assert lenders["stranded"].to_dict() == pytest.approx({"bank": 0, "fund": 30, "own funds and others": 20})
    assert lenders.loc["bank", "exposure"] == 60


def test_operation_is_a_share_of_the_capital(contract: ContractTerms, curve: BenefitCurve) -> None:
    """2 % of 100: two million a year while in service, and none before."""
    plain = Investment(discount_rate=0.0, base_year=2026, start=2028, life=10, operation_share=0.02)
    flows = yearly_flows(plain, contract, curve, Path(2028, energy=0.0))
    operation = flows["operation"]["A"]
    assert operation.loc[:2027].eq(0).all()
    assert operation.loc[2028:].eq(-2).all()
    assert len(operation.loc[2028:]) == 10


def test_an_event_takes_a_years_energy(investment: Investment, contract: ContractTerms, curve: BenefitCurve) -> None:
    """2030 at 40 %: 0.6 · 30 · 1.1^-4 less for A."""
    whole = yearly_flows(investment, contract, curve, Path(2028, energy=ENERGY))
    hit = yearly_flows(investment, contract, curve, Path(2028, {2030: 0.4}, ENERGY))
    before, after = (investment_table(investment, contract, flows) for flows in (whole, hit))
    assert before.loc["A", "NPV"] - after.loc["A", "NPV"] == pytest.approx(0.6 * 30 * 1.1**-4)


def test_a_start_before_the_base_year_is_refused(
    investment: Investment, contract: ContractTerms, curve: BenefitCurve
) -> None:
    with pytest.raises(InputError, match="2025 lies before the base year 2026"):
        yearly_flows(investment, contract, curve, Path(2025, energy=ENERGY))


def test_break_even(investment: Investment, contract: ContractTerms, curve: BenefitCurve) -> None:
    """Both together earn 20 $/MWh: 19.09 to come / 5.586 = 3.418 million a year, 170.9 GWh."""
    energy = break_even_energy(investment, contract, curve, 2028)
    assert energy == pytest.approx((10 + 10 / 1.1) / FACTOR / 20 * ENERGY)


def test_break_even_days_between_lengths() -> None:
    days, delivered = np.array([10.0, 30.0]), np.array([1000.0, 600.0])
    assert break_even_days(800, 1000, days, delivered) == pytest.approx(20)
    assert break_even_days(1001, 1000, days, delivered) == 0
    assert break_even_days(500, 1000, days, delivered) == np.inf


@given(st.floats(0, 3000), st.integers(2027, 2045))
def test_paths_of_equal_years_are_the_path(energy: float, start: int) -> None:
    terms = ContractTerms(
        season=Window.model_validate({"from": "05-01", "to": "09-30"}),
        ceiling=1000,
        shares={"A": 1},
        debt=Debt(capital={"A": 100, "B": 50}, interest=0.05, years=10),
    )
    plan = Investment(discount_rate=0.07, base_year=2026, start=start, life=7, to_come={"B": 9}, operation_share=0.01)
    curve = BenefitCurve(np.array([0.0, 500.0, 900.0]), pd.DataFrame({"A": [0.0, 9, 30], "B": [0.0, -1, 5]}))
    flows = yearly_flows(plan, terms, curve, Path(start, energy=energy))
    table = investment_table(plan, terms, flows)
    paths = npv_of_paths(plan, terms, curve, start, np.full((2, 7), energy))
    np.testing.assert_allclose(paths, np.tile(table.loc[["A", "B"], "NPV"].to_numpy(float), (2, 1)), atol=1e-8)


def test_drawn_paths_are_seeded_and_follow_the_weights() -> None:
    season, weights = np.array([0.0, 1000.0]), np.array([1.0, 3.0])
    first = drawn_paths(season, weights, years=20, paths=2000, seed=3)
    np.testing.assert_array_equal(first, drawn_paths(season, weights, years=20, paths=2000, seed=3))
    assert first.mean() == pytest.approx(750, abs=15)  # standard error 433 / 200 = 2.2


def test_present_worth_of_a_yearly_million(investment: Investment) -> None:
    assert present_worth(1.0, investment) == pytest.approx(FACTOR)


def test_years_that_are_alike_are_the_path_of_one_year(
    investment: Investment, contract: ContractTerms, curve: BenefitCurve
) -> None:
    alike = pd.DataFrame({"A": [30.0] * 3, "B": [-10.0] * 3}, index=[2028, 2029, 2030])
    expected = yearly_flows(investment, contract, curve, Path(2028, energy=ENERGY))
    pd.testing.assert_frame_equal(flows_of_years(investment, contract, alike, 2028), expected)


def test_years_that_differ_count_by_the_calendar(investment: Investment, contract: ContractTerms) -> None:
    """Nothing before 2030, 10 in 2030, 20 from 2031 on: a start in 2029 has 0, 10 and eight times 20."""
    benefit = pd.DataFrame({"A": [0.0, 10.0, 20.0], "B": [0.0, 0.0, 0.0]}, index=[2028, 2030, 2031])
    flows = flows_of_years(investment, contract, benefit, 2029)
    assert flows.loc[2029:, ("benefit", "A")].tolist() == [0.0, 10.0] + [20.0] * 8
    assert flows.loc[:2028, ("benefit", "A")].tolist() == [0.0] * 3
    early = flows_of_years(investment, contract, benefit.loc[2031:], 2029)
    assert early.loc[2029:, ("benefit", "A")].tolist() == [20.0] * 10
    total = investment_table(investment, contract, flows).loc["A"]
    # seen from 2026: 10 at the end of 2030, 20 at the ends of 2031 to 2038; 20 to come in 2027 and 2028
    worth = 10 / 1.1**4 + sum(20 / 1.1**year for year in range(5, 13)) - 10 / 1.1 - 10 / 1.1**2
    assert total["NPV"] == pytest.approx(worth)
    never = flows_of_years(investment, contract, benefit, None)
    assert not never.to_numpy().any()


def test_what_follows_a_path_is_told(investment: Investment, contract: ContractTerms) -> None:
    """30 in 2028 and 10 in 2029, then to 2037: 10 a year, the mean of 20, or none; less 10 + 10 / 1.1 to come."""
    benefit = pd.DataFrame({"A": [30.0, 10.0], "B": [0.0, 0.0]}, index=[2028, 2029])
    worth = {
        name: float(_worth_by_start(investment, contract, path, [2028, None]).loc["2028", "NPV"])
        for name, path in _continuations(benefit).items()
    }
    later = sum(1.1**-years for years in range(4, 12))  # 2030 to 2037, seen from 2026
    path = 30 / 1.1**2 + 10 / 1.1**3 - (10 + 10 / 1.1)
    expected = {"as the last year": path + 10 * later, "as the mean year": path + 20 * later, "no benefit": path}
    assert worth == pytest.approx(expected)
    assert _worth_by_start(investment, contract, benefit, [None]).loc["never", "NPV"] == 0


def test_yearly_cost_repays_the_capital_and_the_operation(investment: Investment) -> None:
    """An annuity over the life is worth the capital; operation comes on top."""
    cost = yearly_cost(100.0, investment)
    years = np.arange(1, investment.life + 1)
    annuity = cost - 100 * investment.operation_share
    assert float((annuity / (1 + investment.discount_rate) ** years).sum()) == pytest.approx(100)


def test_odds_of_a_disturbed_year_that_pay() -> None:
    """Three of ten years at 40 and seven at 10 are worth 19; nothing pays 41, and calm years alone pay 10."""
    assert break_even_odds(10, 40, 19) == pytest.approx(0.3)
    assert break_even_odds(10, 40, 10) == 0
    assert np.isnan(break_even_odds(10, 40, 41))
