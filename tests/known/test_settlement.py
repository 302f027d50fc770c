"""Payments, debt service and welfare that can be worked out on paper."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import energy
from energy.analysis.settlement import Settlement, settlement
from energy.case import Case
from energy.case.contract_terms import ContractTerms, Debt
from energy.metrics.accounts import supply_by_country
from energy.metrics.benefit import replaced_fuel, saved_fuel
from energy.metrics.export_income import coverage, export_income
from energy.metrics.settlement import (
    TERMS,
    _billed,
    _season_hours,
    debt_service,
    energy_terms,
    measured_shares,
    payments,
    positions,
)
from energy.metrics.welfare import welfare, welfare_change
from energy.model import inputs
from energy.solve import Result, solve


@pytest.fixture(scope="module")
def contract() -> ContractTerms:
    """The contract of the case: 51.5 + 29.8 + 12.5 $/MWh, sellers 70 and 30 %."""
    found = energy.read_case("casa1000").rules.contract
    assert found is not None
    return found


def season(delivered: float, majeure: float = 0.0, not_taken: float = 0.0, shortfall: float = 0.0) -> pd.DataFrame:
    contracted = delivered + majeure + not_taken + shortfall
    row = dict(zip(TERMS, (contracted, delivered, majeure, not_taken, shortfall), strict=True))
    return pd.DataFrame([row], index=pd.PeriodIndex(["2028-07"], freq="M", name="month"))


def millions(paid: pd.DataFrame, by: str) -> dict[str, float]:
    return dict((paid.groupby(by)["amount"].sum() / 1e6).round(3))


def test_four_terawatt_hours_cost_375_million(contract: ContractTerms) -> None:
    """4,000 GWh · 51.5 = 206.0 M$ of energy, · 29.8 = 119.2 M$ of transmission, · 12.5 = 50.0 M$ of transit: 375.2 M$.

    The published 376 M$ take 94.1 $/MWh; the parts of the case sum to 93.8.
    """
    paid = payments(season(4000), contract)
    assert millions(paid, "item") == {"energy": 206.0, "transmission": 119.2, "transit": 50.0}
    assert paid["amount"].sum() == 375_200_000


def test_parties_get_their_parts(contract: ContractTerms) -> None:
    """Energy 70 : 30. Transmission by capital 314 : 209 : 354 of 877. Afghanistan has the transit fee besides.

    Tajikistan 144.2 + 119.2 · 314 / 877 = 144.2 + 42.678; Kyrgyzstan 61.8 + 28.407; Afghanistan 50 + 48.115.
    """
    paid = payments(season(4000), contract)
    assert millions(paid, "payee") == {"AF": 98.115, "KG": 90.207, "TJ": 186.878}
    assert set(paid["payer"]) == {"PK"}
    net = positions(paid).loc[pd.Period("2028-07")]
    assert net["PK"] == -375_200_000
    assert net.sum() == 0


def test_three_readings_of_take_or_pay(contract: ContractTerms) -> None:
    """Delivered 3,000, not taken 200, shortfall 500, force majeure 300 GWh of 4,000.

    Per unit: 3,000. Take-or-pay: 3,200; in the hard reading 3,700. The transit fee is on 3,000 in all of them.
    """
    terms = season(3000, majeure=300, not_taken=200, shortfall=500)
    readings = [("pay_per_unit", True), ("take_or_pay", True), ("take_or_pay", False)]
    assert [float(_billed(terms, how, offered).iloc[0]) for how, offered in readings] == [3000, 3200, 3700]
    bills = [payments(terms, contract, how, offered_only=offered) for how, offered in readings]
    assert [millions(bill, "item")["energy"] for bill in bills] == [154.5, 164.8, 190.55]
    assert [millions(bill, "item")["transit"] for bill in bills] == [37.5, 37.5, 37.5]


def test_unknown_way_of_payment() -> None:
    with pytest.raises(ValueError, match="pay_per_unit or take_or_pay"):
        _billed(season(1), "barter")


def test_annuity(contract: ContractTerms) -> None:
    """i / (1 − 1.05^−15) = 0.0963423. Lent: AF 354 − 316.5, TJ 314 − 45, KG 209 − 6.75, PK 209."""
    assert contract.debt is not None
    assert debt_service(contract.debt).round(2).to_dict() == {"AF": 3.61, "TJ": 25.92, "KG": 19.49, "PK": 20.14}
    whole = debt_service(Debt(capital={"all": 1170}, interest=0.05, years=15))
    assert whole["all"] / 29.1 == pytest.approx(3.87, abs=0.005)  # TWh a year that repay the capital at 5 %
    assert debt_service(Debt(capital={"all": 150}, interest=0, years=15))["all"] == pytest.approx(10)


def test_debt_is_served_from_four_but_not_from_two_terawatt_hours(contract: ContractTerms) -> None:
    """At 4 TWh KG gets 28.4 M$ of transmission for 19.5 of debt; at 2 TWh 14.2. Tajikistan 42.7 and 21.3 for 25.9."""
    full, half = (coverage(payments(season(energy), contract), contract) for energy in (4000, 2000))
    assert full.loc[["AF", "TJ", "KG"], "covered by transmission"].all()
    assert half["covered by transmission"].to_dict() == {"AF": True, "TJ": False, "KG": False, "PK": False}
    assert half.loc[["TJ", "KG"], "covered by all"].all()


def test_export_income_against_the_trade_target(contract: ContractTerms) -> None:
    """Kyrgyzstan earns 90.2 of the 200 M$ that it and Pakistan aim at."""
    income = export_income(payments(season(4000), contract), contract)
    assert income.loc["KG"].round(3).to_dict() == {"income": 90.207, "share of target": 0.451}


def test_season_has_3672_hours(contract: ContractTerms) -> None:
    assert _season_hours(contract) == 153 * 24


EVENT = {"name": "mast", "kind": "bipole_out", "where": ["links.line"], "start": "07-01", "duration": "10d"}


@pytest.mark.parametrize(
    ("kind", "cause", "column"),
    [
        ("bipole_out", "attack", "force majeure"),
        ("border_stop", "politics", "force majeure"),
        ("buyer_stop", "surplus", "not taken"),
        ("bipole_out", "transformer", "shortfall"),
    ],
)
def test_ten_days_without_the_line(kind: str, cause: str, column: str) -> None:
    """Contracted 95 MW · 744 h = 70.68 GWh in July; ten days are 22.8 GWh, unless the gap is smaller than that."""
    case = energy.read_case("two_bus")
    asked = energy.read_scenario("two_bus", overrides={"events": [{**EVENT, "kind": kind, "cause": cause}]})
    contract = case.rules.contract
    assert contract is not None
    terms = energy_terms(case, asked, solve(inputs(case, asked)), contract, quantity=95 * 3.672)
    july = terms.loc[pd.Period("2028-07")]
    gap = july["contracted"] - july["delivered"]
    assert july["contracted"] == pytest.approx(70.68)
    assert gap > 0
    if column == "shortfall":
        assert july["shortfall"] == pytest.approx(gap)
    else:
        assert july[column] == pytest.approx(min(gap, 22.8))
        assert july["shortfall"] == pytest.approx(gap - july[column])


def test_of_a_dry_month_only_what_was_refused_is_not_taken() -> None:
    """The buyer stops for ten of 31 days, 22.8 of 70.68 GWh; the rest of the gap is water that was not there."""
    case = energy.read_case("two_bus")
    stop = {**EVENT, "kind": "buyer_stop", "cause": "surplus"}
    asked = energy.read_scenario("two_bus", overrides={"hydrology": "dry", "events": [stop]})
    assert case.rules.contract is not None
    terms = energy_terms(case, asked, solve(inputs(case, asked)), case.rules.contract, quantity=95 * 3.672)
    july = terms.loc[pd.Period("2028-07")]
    assert july["contracted"] - july["delivered"] > 2 * 22.8
    assert july["not taken"] == pytest.approx(22.8)
    assert july["shortfall"] == pytest.approx(70.68 - july["delivered"] - 22.8)


def dispatch(**overrides: object) -> Result:
    asked = energy.read_scenario("two_bus", overrides={"objective": "dispatch", **overrides})
    return solve(inputs(energy.read_case("two_bus"), asked))


def test_what_is_offered_and_not_taken() -> None:
    """At 92 $/MWh against gas at 80 $/MWh the buyer takes nothing; what a transfer run offers was not taken."""
    case = energy.read_case("two_bus")
    contract = case.rules.contract
    assert contract is not None
    asked = energy.read_scenario("two_bus", overrides={"objective": "dispatch"})
    offer = energy.run(case, energy.read_scenario("two_bus")).table["delivered"]
    terms = energy_terms(case, asked, solve(inputs(case, asked)), contract, quantity=95 * 3.672, offered=offer)
    assert terms["delivered"].sum() == pytest.approx(0)
    season_offer = offer.loc["2028-05":"2028-09"]  # type: ignore[misc]
    assert terms["not taken"].sum() == pytest.approx(season_offer.sum())


def test_buyer_owes_no_more_than_was_offered() -> None:
    """A buyer who stops for a month in a dry year did not take what the year had to give, not the contracted power."""
    case = energy.read_case("two_bus")
    contract = case.rules.contract
    assert contract is not None
    stop = {**EVENT, "kind": "buyer_stop", "cause": "surplus", "duration": "31d"}
    asked = energy.read_scenario("two_bus", overrides={"hydrology": "dry", "events": [stop]})
    offer = energy.run(case, energy.read_scenario("two_bus", overrides={"hydrology": "dry"})).table["delivered"]
    result = solve(inputs(case, asked))
    july = pd.Period("2028-07")
    loose = energy_terms(case, asked, result, contract, quantity=95 * 3.672).loc[july]
    exact = energy_terms(case, asked, result, contract, quantity=95 * 3.672, offered=offer).loc[july]
    assert loose["not taken"] == pytest.approx(70.68)
    assert exact["not taken"] == pytest.approx(offer[july])
    assert exact["not taken"] < loose["not taken"]


def test_replaced_fuel_is_gas_at_80() -> None:
    """The sink's only plant is gas at 80 $/MWh: every delivered GWh replaces 80,000 $."""
    case = energy.read_case("two_bus")
    run = energy.run(case, energy.read_scenario("two_bus"))
    contract = ContractTerms.model_validate({**case.rules.contract.model_dump(by_alias=True), "buyer": "BB"})  # type: ignore[union-attr]
    worth = replaced_fuel(run.result, contract)
    assert worth.sum() == pytest.approx(80_000 * run.table["delivered"].sum())
    free = dispatch(**{"contract.payment": "take_or_pay"})
    assert saved_fuel(free).sum() == pytest.approx(replaced_fuel(free, contract).sum(), rel=1e-6)


def test_prices_of_a_transfer_run_are_no_money() -> None:
    run = energy.run(energy.read_case("two_bus"), energy.read_scenario("two_bus"))
    with pytest.raises(ValueError, match="dispatch"):
        saved_fuel(run.result)


@pytest.mark.parametrize(("payment", "tariff"), [("take_or_pay", 0.0), ("pay_per_unit", 92.0)])
def test_welfare_sums_to_the_objective(payment: str, tariff: float) -> None:
    """What countries gain and lose by trade cancels: the sum is what the system costs, without the tariff."""
    result = dispatch(**{"contract.payment": payment})
    delivered = float((result.received["line"] * result.hours).sum())
    found = welfare(result, tariff)
    assert found["welfare"].sum() == pytest.approx(-(result.objective - tariff * delivered), rel=1e-9)


def test_the_line_is_worth_its_saved_gas() -> None:
    """Source water is free: the line saves gas at 80 less wheeling of 0.1 a MWh sent; nothing else changes."""
    with_line, without = dispatch(**{"contract.payment": "take_or_pay"}), dispatch(**{"values.links.line.p_nom": 0})
    sent = float((with_line.flow("links")["line"] * with_line.hours).sum())
    change = welfare_change(with_line, without, tariff=0.0)
    assert sent > 0
    assert change["system"].sum() * 1e6 == pytest.approx(without.objective - with_line.objective, rel=1e-9)
    assert change["system"].sum() * 1e6 == pytest.approx(sent * (0.95 * 80 - 0.1), rel=1e-6)
    assert change.loc["BB", "system"] * 1e6 == pytest.approx(sent * (0.95 * 80 - 0.05), rel=1e-6)


def test_one_seller_supplies_all() -> None:
    case = energy.read_case("two_bus")
    run = energy.run(case, energy.read_scenario("two_bus"))
    assert case.rules.contract is not None
    assert set(measured_shares(run.result, case.rules.contract)["AA"]) == {1.0}


def test_a_seller_is_paid_for_what_it_sends(casa1000: Case) -> None:
    """What the accounts say that each sends, at the energy price; by the contract's shares 0.7 and 0.3 of it all."""
    scenario = energy.read_scenario("baseline", overrides={"time.resolution": "typical-days-24h"})
    contract = casa1000.rules.contract
    assert contract is not None
    run = energy.run(casa1000, scenario)
    sent = supply_by_country(run.result).mul(run.result.hours, axis=0).sum()
    of_all = sent / sent.sum()
    price = contract.prices["energy"] * 1000  # $/GWh

    settled = run.dataset["settled"].sel(item="energy")
    by_contract = settlement(casa1000, scenario, measured=False)
    by_sent = settlement(casa1000, scenario)
    season = float(by_sent.terms["delivered"].sum())
    for seller, share in contract.shares.items():
        own = season * float(of_all.get(seller, 0.0))
        assert paid_for_energy(by_sent, seller) == pytest.approx(own * price, abs=1e3)
        assert float(settled.sel(party=seller)) == pytest.approx(own * price, abs=1e3)
        assert paid_for_energy(by_contract, seller) == pytest.approx(season * share * price, abs=1e3)
    assert max(abs(of_all.get(seller, 0.0) - share) for seller, share in contract.shares.items()) > 0.1


def paid_for_energy(settled: Settlement, seller: str) -> float:
    """Return what a seller is paid for energy [USD]."""
    paid = settled.paid
    return float(paid.loc[(paid["payee"] == seller) & (paid["item"] == "energy"), "amount"].sum())


def test_two_seasons_are_halved_to_a_year(contract: ContractTerms) -> None:
    """4,000 GWh in two seasons: 28.407 M$ of transmission to KG are 14.203 a year, 90.207 M$ of income 45.103."""
    paid = payments(season(4000), contract)
    table = coverage(paid, contract, years=2)
    assert table.loc["KG", ["transmission", "all income"]].astype(float).round(3).to_list() == [14.203, 45.103]
    assert table.loc["KG", "debt service"] == coverage(paid, contract).loc["KG", "debt service"]
    assert export_income(paid, contract, years=2).loc["KG", "income"] == pytest.approx(45.103, abs=1e-3)


def test_the_buyer_has_no_income(contract: ContractTerms) -> None:
    table = coverage(payments(season(4000), contract), contract)
    assert table.loc["PK", ["transmission", "all income"]].to_list() == [0, 0]
    assert not table.loc["PK", ["covered by transmission", "covered by all"]].any()


def test_shares_follow_the_surplus_of_the_hours_of_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    """May: 0.3 MW for an hour at a surplus of 3 : 1, 0.1 MW for an hour at 0 : 2 → 0.225 : 0.175 of 0.4 MWh.

    June: delivered while nobody had a surplus, and July: nothing delivered → the shares of the contract.
    """
    hours = pd.DatetimeIndex(["2028-05-01", "2028-05-02", "2028-06-01", "2028-07-01"])
    power = pd.Series([0.3, 0.1, 0.2, 0.0], index=hours)
    surplus = pd.DataFrame({"TJ": [3.0, -5.0, -1.0, 4.0], "KG": [1.0, 2.0, 0.0, 4.0]}, index=hours)
    module = "energy.metrics.settlement."
    monkeypatch.setattr(module + "surplus", lambda *_: surplus)
    monkeypatch.setattr(module + "transferable", lambda _: power)
    monkeypatch.setattr(module + "month_of", lambda _: hours.to_period("M"))
    asked = SimpleNamespace(shares={"TJ": 0.7, "KG": 0.3})
    found = measured_shares(SimpleNamespace(hours=np.ones(4)), asked)  # type: ignore[arg-type]
    assert found["TJ"].to_list() == pytest.approx([0.225 / 0.4, 0.7, 0.7])
    assert found.sum(axis=1).to_list() == pytest.approx([1, 1, 1])


def test_parties_of_one_month_stand_at_zero_in_the_other() -> None:
    rows = [(5, "PK", "TJ", "energy", 7), (6, "PK", "KG", "energy", 3), (6, "AF", "PK", "transit", 2)]
    net = positions(pd.DataFrame(rows, columns=["month", "payer", "payee", "item", "amount"]))
    assert net.loc[5].to_dict() == {"AF": 0, "KG": 0, "PK": -7, "TJ": 7}
    assert net.loc[6].to_dict() == {"AF": -2, "KG": 3, "PK": -1, "TJ": 0}


def test_what_force_majeure_excuses_is_not_owed_besides() -> None:
    """The line lies in ruins all July: 70.68 GWh of force majeure, although the sellers had as much to offer."""
    case = energy.read_case("two_bus")
    assert case.rules.contract is not None
    asked = energy.read_scenario("two_bus", overrides={"events": [{**EVENT, "cause": "attack", "duration": "31d"}]})
    july = pd.PeriodIndex(["2028-07"], freq="M")
    offered = pd.Series([70.0], index=july)
    result = solve(inputs(case, asked))
    found = energy_terms(case, asked, result, case.rules.contract, quantity=95 * 3.672, offered=offered).loc[july[0]]
    assert found["force majeure"] == pytest.approx(70.68)
    assert found["not taken"] == pytest.approx(0, abs=1e-9)
    assert found["shortfall"] == pytest.approx(0, abs=1e-9)


def test_what_was_offered_is_less_what_was_delivered() -> None:
    """Ten days of July are not taken: of 60 GWh offered, what was delivered is no longer owed as not taken."""
    case = energy.read_case("two_bus")
    assert case.rules.contract is not None
    stop = {**EVENT, "kind": "buyer_stop", "cause": "surplus"}
    asked = energy.read_scenario("two_bus", overrides={"events": [stop]})
    july = pd.PeriodIndex(["2028-07"], freq="M")
    found = energy_terms(
        case, asked, solve(inputs(case, asked)), case.rules.contract, 95 * 3.672, offered=pd.Series([60.0], index=july)
    ).loc[july[0]]
    assert 40 < found["delivered"] < 55
    assert found["not taken"] == pytest.approx(60 - found["delivered"])
    assert found["shortfall"] == pytest.approx(70.68 - 60)


def test_tables_say_their_units(contract: ContractTerms) -> None:
    case = energy.read_case("two_bus")
    asked = energy.read_scenario("two_bus")
    assert case.rules.contract is not None
    terms = energy_terms(case, asked, solve(inputs(case, asked)), case.rules.contract, quantity=153)
    paid = payments(season(4000), contract)
    assert terms.attrs["units"] == "GWh"
    assert paid.attrs["units"] == {"amount": "USD"}
    assert positions(paid).attrs["units"] == "USD"
    assert positions(paid).columns.name == "party"
    assert coverage(paid, contract).attrs["units"] == "million USD a year"
    assert export_income(paid, contract).attrs["units"] == {"income": "million USD a year", "share of target": "1"}
    assert _billed(season(1), "pay_per_unit").name == "billed"
    service = debt_service(Debt(capital={"A": 1}, interest=0, years=1))
    assert (service.name, service.index.name) == ("debt service", "country")


def bare(**given: object) -> ContractTerms:
    """A contract of one seller, without parties and capital unless given."""
    season = {"from": "05-01", "to": "09-30"}
    return ContractTerms.model_validate({"season": season, "ceiling": 100, "shares": {"A": 1.0}, **given})


def test_a_contract_that_names_no_parties_and_no_capital() -> None:
    """Without capital the transmission fee follows the supply; an item without a price is not paid."""
    paid = payments(season(10), bare(prices={"energy": 2.0, "transmission": 1.0}))
    assert set(paid["payer"]) == {"buyer"}
    assert paid.set_index("item")["amount"].to_dict() == {"energy": 20_000, "transmission": 10_000}
    with_transit = payments(season(10), bare(prices={"energy": 3.0, "transit": 3.0}))
    assert millions(with_transit, "payee") == {"A": 0.03, "transit": 0.03}


def test_capital_of_others_gives_no_keys() -> None:
    """Where only a third country has spent, or nobody anything, the transmission fee follows the supply."""
    for capital in ({"B": 5}, {"A": 0}):
        debt = {"capital": capital, "interest": 0.0, "years": 1}
        paid = payments(season(10), bare(prices={"transmission": 1.0}, debt=debt))
        assert paid[["payee", "amount"]].to_numpy().tolist() == [["A", 10_000]]


def test_terms_need_a_quantity() -> None:
    case, asked = energy.read_case("two_bus"), energy.read_scenario("two_bus")
    with pytest.raises(ValueError, match=r"^the contract has no quantity: give one \[GWh a season\]$"):
        energy_terms(case, asked, solve(inputs(case, asked)), bare())


def test_an_income_of_just_the_debt_service_covers_it() -> None:
    contract = bare(prices={"transmission": 1.0}, debt={"capital": {"A": 2}, "interest": 0.0, "years": 2})
    table = coverage(payments(season(1000), contract), contract)
    assert table.loc["A", ["transmission", "debt service"]].to_list() == [1.0, 1.0]
    assert table.loc["A", ["covered by transmission", "covered by all"]].all()
