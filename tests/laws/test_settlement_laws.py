"""What holds for every settlement: nothing is lost between payers and payees, and the readings are in order."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from energy.case.contract_terms import ContractTerms
from energy.metrics.export_income import coverage
from energy.metrics.settlement import TERMS, _billed, payments, positions

ENERGY = st.floats(0, 5000, allow_nan=False)
PRICE = st.floats(0, 200, allow_nan=False)


@st.composite
def terms(draw: st.DrawFn) -> pd.DataFrame:
    """Months of a season, the gap filled by its three reasons."""
    count = draw(st.integers(1, 5))
    months = pd.period_range("2028-05", periods=count, freq="M", name="month")
    parts = [[draw(ENERGY) for _ in range(count)] for _ in TERMS[1:]]
    table = pd.DataFrame(dict(zip(TERMS[1:], parts, strict=True)), index=months)
    table.insert(0, TERMS[0], table.sum(axis=1))
    return table


@st.composite
def contracts(draw: st.DrawFn) -> ContractTerms:
    """Contracts of one or two sellers, with and without capital."""
    share = draw(st.floats(0, 1))
    prices: Mapping[str, float] = {part: draw(PRICE) for part in ("energy", "transmission", "transit")}
    debt = {"capital": {"TJ": 314, "AF": draw(st.floats(1, 500))}, "interest": draw(st.floats(0, 0.2)), "years": 15}
    return ContractTerms.model_validate(
        {
            "season": {"from": "05-01", "to": "09-30"},
            "ceiling": 1300,
            "prices": prices,
            "shares": {"TJ": share, "KG": 1 - share},
            "buyer": "PK",
            "transit": "AF",
            **({"debt": debt} if draw(st.booleans()) else {}),
        }
    )


@given(terms(), contracts(), st.sampled_from(["pay_per_unit", "take_or_pay"]), st.booleans())
def test_payments_sum_to_zero_exactly(table: pd.DataFrame, contract: ContractTerms, how: str, offered: bool) -> None:
    paid = payments(table, contract, how, offered_only=offered)
    if len(paid):
        net = positions(paid)
        assert (net.sum(axis=1) == 0).all()
        assert net["PK"].sum() == -paid["amount"].sum()


@given(terms(), contracts())
def test_readings_are_in_order(table: pd.DataFrame, contract: ContractTerms) -> None:
    """The buyer never pays less under take-or-pay than per unit, nor less in the hard reading."""
    unit, soft, hard = (
        payments(table, contract, how, offered_only=offered)["amount"].sum()
        for how, offered in (("pay_per_unit", True), ("take_or_pay", True), ("take_or_pay", False))
    )
    assert unit <= soft <= hard


@given(terms())
def test_take_or_pay_is_the_contract_where_nothing_is_relieved(table: pd.DataFrame) -> None:
    """Without force majeure, and in the hard reading, the buyer owes exactly what was contracted."""
    table = table.assign(**{"contracted": table["contracted"] - table["force majeure"], "force majeure": 0.0})
    owed = _billed(table, "take_or_pay", offered_only=False)
    pd.testing.assert_series_equal(owed, table["contracted"], check_names=False, rtol=1e-12)


@given(terms(), contracts(), st.floats(0, 1))
def test_more_delivered_is_never_less_income(table: pd.DataFrame, contract: ContractTerms, share: float) -> None:
    """Energy that moves from shortfall to delivery never lowers a payment to anyone."""
    moved = table["shortfall"] * share
    better = table.assign(delivered=table["delivered"] + moved, shortfall=table["shortfall"] - moved)
    for how in ("pay_per_unit", "take_or_pay"):
        less, more = (payments(t, contract, how).groupby("payee")["amount"].sum() for t in (table, better))
        assert (more.reindex(less.index, fill_value=0) >= less).all()


@given(terms(), contracts())
def test_debt_served_by_transmission_is_served_by_all(table: pd.DataFrame, contract: ContractTerms) -> None:
    if contract.debt is not None:
        found = coverage(payments(table, contract), contract)
        assert (found["covered by all"] >= found["covered by transmission"]).all()
