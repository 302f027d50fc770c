"""The quantity to contract, against the newsvendor's answer."""

from __future__ import annotations

import numpy as np
import pytest
from tests.examples import WHOLE

from energy.analysis.risk.contract_sizing import Terms, _firm_quantity, _representative, frontier
from energy.errors import InputError

TERMS = Terms(price=51.5, shortfall=94.0, spot=20.0)
AVERSIONS = (0.0, 0.5, 0.99) if WHOLE else (0.0, 0.99)  # PyPSA builds a program of 50 seasons for each


def test_without_aversion_it_is_the_newsvendors_quantile() -> None:
    # d/dq of p·q − s·E(q−E)⁺ + c·E(E−q)⁺ is p − s·F(q) − c·(1−F(q)): zero at F(q) = (p−c)/(s−c) = 31.5/74 = 0.4257
    energy = np.linspace(100.0, 4000.0, 40)
    quantity = _firm_quantity(energy, np.full(40, 1 / 40), TERMS)
    assert np.mean(energy < quantity) <= 31.5 / 74 <= np.mean(energy <= quantity)


def test_two_seasons_on_paper() -> None:
    # 1000 or 3000 GWh, even odds. F jumps to 0.5 > 0.4257 at 1000: contract 1000. Where a shortfall costs 80, the level
    # is 31.5/60 = 0.525 > 0.5: contract 3000
    assert _firm_quantity([1000, 3000], [0.5, 0.5], TERMS) == pytest.approx(1000)
    cheap = Terms(51.5, 80.0, 20.0)
    assert _firm_quantity([1000, 3000], [0.5, 0.5], cheap) == pytest.approx(3000)
    # with all weight on the worst quarter the dry season decides: every MWh above 1000 loses 80 − 51.5 there
    odds = [0.25, 0.75]
    assert _firm_quantity([1000, 3000], odds, cheap, aversion=0.99, tail=0.25) == pytest.approx(1000)


def test_the_frontier_trades_mean_for_tail() -> None:
    energy = np.clip(np.random.default_rng(1).normal(1800, 1200, 2000), 0, 4500)
    found = frontier(energy, np.ones(2000), TERMS, aversions=AVERSIONS)
    assert (np.diff(found["quantity"]) <= 1e-6).all()
    assert found["quantity"].iloc[-1] < found["quantity"].iloc[0]
    assert (np.diff(found["mean income"]) <= 1e-3).all()
    assert (np.diff(found["tail income"]) >= -1e-3).all()
    # 50 seasons stand for 2,000: the mean that the program promises is that of the samples within a tenth of a percent
    levels, share = _representative(energy, np.ones(2000))
    assert share @ levels == pytest.approx(energy.mean())
    best = TERMS.income(found["quantity"].iloc[0], energy).mean()
    others = [TERMS.income(quantity, energy).mean() for quantity in np.linspace(0, 4500, 200)]
    assert best > 0.999 * max(others)


def test_terms_that_have_no_answer_are_refused() -> None:
    with pytest.raises(InputError, match="spot < price < shortfall"):
        _firm_quantity([1.0], [1.0], Terms(50, 40, 20))
