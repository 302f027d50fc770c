"""Accounts of control areas: which components stand on which side, on small tables."""

from __future__ import annotations

import pandas as pd
import pytest

from energy.case import Case
from energy.metrics.accounts import account_mismatch, accounts, purchases_by_country, supply_by_country
from energy.model import inputs
from energy.model.accounts import Account, account_of, account_rule
from energy.scenario import read_scenario
from energy.solve import Result, solve

BUSES = pd.DataFrame(
    {
        "country": ["AA", "AA", "BB", "CC", "AA", None],
        "carrier": ["AC", "AC", "AC", "AC", "water", "schedule"],
    },
    index=["a1", "a2", "b", "c", "a dam", "agreed"],
)
LINES = pd.DataFrame(
    {"bus0": ["a1", "a2", "b", "b"], "bus1": ["a2", "b", "a1", "c"]}, index=["inner", "out", "in", "far"]
)
LINKS = pd.DataFrame(
    {
        "bus0": ["a1", "a1", "a dam", "c", "c", "a2"],
        "bus1": ["b", "b", "a1", "b", "b", "c"],
        "bus2": ["agreed", "", "", "agreed", "", ""],
        "efficiency": [0.9, 0.9, 500.0, 0.9, 0.8, 0.9],
        "account": ["", "", "", "", "AA", "AA"],
    },
    index=["shared", "own sale", "turbine", "of others", "bought by link", "sold by link"],
)
GENERATORS = pd.DataFrame(
    {
        "bus": ["a1", "c", "agreed", "agreed", "agreed", "a2"],
        "sign": [1.0, 1.0, 1.0, -1.0, 1.0, 1.0],
        "account": ["", "AA", "AA", "AA", "BB", "AA"],
    },
    index=["plant", "supply", "part", "taken", "part of BB", "own plant with account"],
)
TABLES = {"buses": BUSES, "lines": LINES, "links": LINKS, "generators": GENERATORS}


@pytest.fixture
def account() -> Account:
    return account_of("AA", TABLES)


def test_lines_count_outwards(account: Account) -> None:
    assert account.physical["lines"].to_dict() == {"out": 1.0, "in": -1.0}


def test_links_count_where_they_leave_and_draw_on_a_schedule(account: Account) -> None:
    assert account.physical["links"].to_dict() == {"shared": 1.0}


def test_what_is_sent_stands_on_schedules(account: Account) -> None:
    assert account.sent["generators"].to_dict() == {"part": 1.0, "taken": -1.0}


def test_what_is_bought_stands_outside(account: Account) -> None:
    # a plant within the area makes its own power, whatever its account; a link that leaves it buys nothing
    assert account.bought["generators"].to_dict() == {"supply": 1.0}
    assert account.bought["links"].to_dict() == {"bought by link": 0.8}


def test_the_rule_is_net_position_less_exchanges() -> None:
    rule = account_rule("account of AA", "AA", 7, TABLES)
    assert rule is not None
    assert (rule["kind"], rule["equals"], rule["runs"]) == ("limit", 0.0, [[0, 7]])
    coefficients = {name: term["coefficient"] for term in rule["terms"] for name in term["names"]}
    assert coefficients == {
        "out": 1.0,
        "in": -1.0,
        "shared": 1.0,
        "part": -1.0,
        "taken": 1.0,
        "supply": 1.0,
        "bought by link": 0.8,
    }


def test_an_area_of_which_nothing_is_in_service_has_no_rule() -> None:
    assert account_rule("account of DD", "DD", 7, TABLES) is None


def test_tables_without_accounts_and_links() -> None:
    plain = {"buses": BUSES, "lines": LINES}
    assert account_of("CC", plain).physical["lines"].to_dict() == {"far": -1.0}
    assert account_of("CC", {"buses": BUSES}).physical["lines"].empty


@pytest.fixture(scope="module")
def baseline(casa1000: Case) -> Result:
    return solve(inputs(casa1000, read_scenario("baseline", overrides={"time.resolution": "typical-days-24h"})))


def test_the_sellers_of_the_case_have_accounts(baseline: Result) -> None:
    assert [account.area for account in accounts(baseline)] == ["KG", "TJ"]
    assert account_mismatch(baseline) < 1e-6


def test_what_is_sent_is_what_the_line_takes(baseline: Result) -> None:
    sent = supply_by_country(baseline)
    links = baseline.inputs.components["links"]
    taken = baseline.flow("links")[links.index[links["service"] == "casa"]].sum(axis=1)
    assert {"KG", "TJ"} <= set(sent.columns)
    assert sent[["KZ", "TM"]].to_numpy() == pytest.approx(0)  # whose open access is not built
    assert sent.sum(axis=1).to_numpy() == pytest.approx(taken.to_numpy(), abs=1e-6)
    assert taken.max() > 100  # MW


def test_purchases_are_those_of_each_buyers_sources(baseline: Result) -> None:
    bought = purchases_by_country(baseline)
    made, generators = baseline.flow("generators"), baseline.inputs.components["generators"]
    for country, service in (("KG", "kyrgyz_purchases"), ("TJ", "tajik_purchases")):
        supply = made[generators.index[generators["service"] == service]].sum(axis=1)
        assert bought[country].to_numpy() == pytest.approx(supply.to_numpy())


def test_a_mismatch_shows(baseline: Result) -> None:
    flows = baseline.flow("lines").copy()
    flows["Datka - Sughd"] += 5.0
    shifted = Result(
        baseline.inputs, {**baseline.values, ("lines", "s"): flows}, baseline.prices, baseline.objective, 0
    )
    assert account_mismatch(shifted) == pytest.approx(5.0)


def test_a_case_without_accounts_has_none(two_bus: Case) -> None:
    result = solve(inputs(two_bus, read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})))
    assert accounts(result) == []
    assert account_mismatch(result) == 0.0
    assert purchases_by_country(result).empty
    assert supply_by_country(result).empty
