"""Laws of contract forms: money moves between two sides, value comes only of the energy that is taken."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy.analysis.contract_forms import FORMS, DeliveryTerms, contract_forms, fair_prices
from energy.errors import InputError

dollars = st.floats(0, 200)
seasons = st.lists(st.floats(0, 5000), min_size=1, max_size=30)


@given(seasons, dollars, dollars, dollars, dollars, st.floats(1, 5000), st.floats(0, 5000))
def test_both_sides_together_gain_what_is_taken(
    energy: list[float],
    price: float,
    worth: float,
    opportunity: float,
    penalty: float,
    quantity: float,
    least_cost: float,
) -> None:
    """buyer + sellers = worth · taken + opportunity · (offered - taken), in the mean, in every form."""
    offered = np.array(energy)
    terms = DeliveryTerms(price, quantity, worth, opportunity, penalty)
    table = contract_forms(terms, offered, np.full(len(offered), least_cost))
    expected = (worth * table["taken"] + opportunity * (offered.mean() - table["taken"])) / 1000
    np.testing.assert_allclose(table["buyer"] + table["sellers"], expected, atol=1e-6)


@given(seasons, st.floats(1, 5000), st.floats(0, 5000))
def test_no_form_takes_more_than_is_offered(energy: list[float], quantity: float, least_cost: float) -> None:
    offered = np.array(energy)
    table = contract_forms(DeliveryTerms(90, quantity, 40, 20, 45), offered, np.full(len(offered), least_cost))
    assert (table["taken"] <= offered.mean() + 1e-9).all()
    assert (table["buyer worst"] <= table["buyer"] + 1e-9).all()
    assert (table["sellers worst"] <= table["sellers"] + 1e-9).all()


def test_three_seasons_on_paper() -> None:
    """Seasons of 0, 1,000, 2,000 GWh, contract of 1,000 at 90 $/MWh, worth 40, next buyer 20, penalty 45.

    Take-or-pay with penalty: bills 0, 90, 90; penalties 45, 0, 0; sellers -45, 90, 90 + 20; buyer 45, -50, -50.
    """
    terms = DeliveryTerms(price=90, quantity=1000, worth=40, opportunity=20, penalty=45)
    table = contract_forms(terms, np.array([0.0, 1000.0, 2000.0]), np.zeros(3))
    row = table.loc[FORMS[3]]
    assert row["sellers"] == pytest.approx((-45 + 90 + 110) / 3)
    assert row["buyer"] == pytest.approx((45 - 50 - 50) / 3)
    assert row["sellers worst"] == pytest.approx(-45)
    assert table.loc[FORMS[4], "bill"] == pytest.approx(90)


def test_fair_prices_need_a_worth_above_the_next_buyers() -> None:
    assert fair_prices(40, 20) == (20, 40)
    assert fair_prices(20, 20) is None


def test_negative_terms_are_refused() -> None:
    with pytest.raises(InputError, match="worth -1"):
        contract_forms(DeliveryTerms(90, 1000, -1, 20, 45), np.array([1.0]), np.array([0.0]))
