"""Bounds of an interior point beside an iterate: formulas that serve both sides, against the definitions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy.solve.interior_point.bound_side import BoundSide


@dataclass
class Beside:
    """Six variables, two of them without a bound, at values beside it; and a step."""

    side: BoundSide
    is_lower: bool
    has_bound: np.ndarray
    values: np.ndarray
    step: np.ndarray

    def products(self, primal: float, dual: float) -> np.ndarray:
        """Return rooms times prices of the bounds after a step of some lengths, each the size of the number."""
        values = self.values + primal * self.step
        prices = self.side.prices + dual * self.side.price_step
        rooms = np.where(self.has_bound, values - self.side.bound, 0.0)
        return rooms * prices


@st.composite
def beside(draw: st.DrawFn) -> Beside:
    is_lower = draw(st.booleans())
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sign = 1.0 if is_lower else -1.0
    values = random.uniform(-5.0, 5.0, 6)
    has_bound = np.array([True, True, False, True, True, False])
    bound = np.where(has_bound, values - sign * random.uniform(0.1, 3.0, 6), -sign * np.inf)
    prices = np.where(has_bound, sign * random.uniform(0.1, 3.0, 6), 0.0)
    side = BoundSide(bound, prices)
    side.measure(values, is_lower)
    return Beside(side, is_lower, has_bound, values, random.uniform(-2.0, 2.0, 6))


@given(beside())
def test_rooms_are_distances_with_a_sign_and_products_the_gap(case: Beside) -> None:
    assert case.side.gap == pytest.approx(case.products(0.0, 0.0).sum())
    assert (case.products(0.0, 0.0)[case.has_bound] > 0).all()
    assert (case.side.slopes() >= 0).all()


def test_a_value_on_its_bound_or_beyond_has_a_hair_of_room() -> None:
    bound = np.array([1.0, 1.0])
    lower = BoundSide(bound, np.ones(2))
    lower.measure(np.array([1.0, 0.5]), is_lower=True)
    assert (lower.rooms == 1e-13).all()
    upper = BoundSide(bound, -np.ones(2))
    upper.measure(np.array([1.0, 1.5]), is_lower=False)
    assert (upper.rooms == -1e-13).all()


@given(beside(), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_the_gap_after_a_predictor_follows_from_three_sums(case: Beside, primal: float, dual: float) -> None:
    """The predictor's step of the prices is the one that brings products to zero at first order."""
    side = case.side
    prices = side.prices.copy()
    rooms = side.rooms.copy()
    side.predict(case.step)
    expected = side.gap_after(primal, dual)
    side.price_step[:] = np.where(case.has_bound, -prices * (1.0 + case.step / rooms), 0.0)
    assert expected == pytest.approx(case.products(primal, dual).sum(), abs=1e-9)


@given(beside())
def test_a_predictor_uses_no_more_than_all_of_a_room_or_price_at_its_lengths(case: Beside) -> None:
    side = case.side
    room_used, price_used = side.predict(case.step)
    change = np.where(case.has_bound, -side.prices * (1.0 + case.step / side.rooms), 0.0)
    rooms_after = (side.rooms + case.step / max(room_used, 1e-9))[case.has_bound] / side.rooms[case.has_bound]
    prices_after = (side.prices + change / price_used)[case.has_bound] / side.prices[case.has_bound]
    assert rooms_after.min() > -1e-9
    assert prices_after.min() > -1e-9
    assert prices_after.min() < 1e-9 or price_used == 1.0, "the first price is at zero, but where no step is up"


@given(beside(), st.floats(0.01, 10.0))
def test_a_corrector_brings_products_to_their_target_but_for_second_order(case: Beside, target: float) -> None:
    """r·q + r·dq + q·dr = target − dr'·dq' in each bound, with the predictor's dr' and dq'."""
    side = case.side
    has_bound = case.has_bound
    predicted = case.step[::-1].copy()
    side.predict(predicted)
    price_change = np.where(has_bound, -side.prices * (1.0 + predicted / side.rooms), 0.0)
    second_order = predicted * price_change
    side.aim(target, most=1e6)
    room_used = side.turn(case.step)
    first_order = side.rooms * side.prices + side.rooms * side.price_step + side.prices * case.step
    assert first_order[has_bound] == pytest.approx((target - second_order)[has_bound], abs=1e-9)
    assert (side.price_step[~has_bound] == 0).all()
    shares_of_rooms = -(case.step / side.rooms)[has_bound]
    shares_of_prices = -(side.price_step[has_bound] / side.prices[has_bound])
    assert room_used == pytest.approx(max(shares_of_rooms.max(), 0.0))
    assert side.room_used(case.step) == room_used
    assert side.price_used() == pytest.approx(max(shares_of_prices.max(), 0.0))


@given(beside())
def test_what_is_taken_off_for_second_order_is_bounded(case: Beside) -> None:
    side = case.side
    side.predict(1e9 * case.step)
    pull = side.aim(1.0, most=5.0)
    products = (pull + side.prices) * np.where(case.has_bound, side.rooms, 0.0)
    assert np.abs(products).max() <= 6.0 + 1e-9


@given(beside(), st.floats(0.1, 10.0))
def test_a_correction_towards_the_centre_moves_products_that_are_far_off(case: Beside, target: float) -> None:
    """Within a tenth and ten times the target none is moved, and none by more than ten times the target."""
    side = case.side
    side.predict(case.step)
    side.aim(target, most=1e6)
    side.turn(case.step)
    product = case.products(0.8, 0.6)
    change = side.aim_at_centre(case.step, 0.8, 0.6, target) * np.where(case.has_bound, side.rooms, 0.0)
    is_near = (product >= 0.1 * target) & (product <= 10 * target) & case.has_bound
    assert np.abs(change[is_near]).max(initial=0.0) < 1e-9
    is_low = (product < 0.1 * target) & case.has_bound
    assert change[is_low] == pytest.approx((0.1 * target - product)[is_low], abs=1e-9)
    assert change.min() >= -10 * target - 1e-9


def test_what_is_at_its_bound_has_a_price_above_its_room() -> None:
    lower = BoundSide(np.array([0.0, 0.0, -np.inf]), np.array([1.0, 1e-9, 0.0]))
    lower.measure(np.array([1e-9, 1.0, 5.0]), is_lower=True)
    assert lower.holds().tolist() == [True, False, False]
    upper = BoundSide(np.array([0.0, 0.0, np.inf]), np.array([-1.0, -1e-9, 0.0]))
    upper.measure(np.array([-1e-9, -1.0, 5.0]), is_lower=False)
    assert upper.holds().tolist() == [True, False, False]
