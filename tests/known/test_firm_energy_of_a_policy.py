"""What an operator can promise: two classes of water by hand, and what holds of any promise made later."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from energy.analysis.policy.firm_energy import (
    ANY_WATER,
    REST,
    _exceeded_level,
    _mean_of_worst,
    firm_energy_table,
    firm_power,
)

HOURS = {"April 2028": 720.0, "May 2028": 744.0, "June 2028": 720.0}


def years_of(water_class: np.ndarray, energy: np.ndarray) -> xr.Dataset:
    """Return simulated years of a class of water and a studied energy [GWh] by month; each of shape (years, months)."""
    return xr.Dataset(
        {
            "energy": (("service", "year", "month"), energy[None]),
            "water_class": (("year", "month"), water_class),
            "hours": (("month",), list(HOURS.values())),
        },
        coords={"service": ["casa"], "month": list(HOURS)},
        attrs={"scenario": "two states"},
    )


@pytest.fixture
def two_states() -> xr.Dataset:
    """Return 400 years of a chain: half of the Aprils are dry; a month is like the one before it with odds of 4 to 1.

    By odds: dry-dry and wet-wet 160 years each, dry-wet and wet-dry 40 each. May sells 100 GWh in a wet month and 20 in
    a dry one, whatever April was. June sells as May, but nothing in 12 of the 160 years that were wet twice.
    """
    april = np.repeat([0, 0, 1, 1], [160, 40, 160, 40])
    may = np.repeat([0, 1, 1, 0], [160, 40, 160, 40])
    sold_in_may = np.where(may == 1, 100.0, 20.0)
    sold_in_june = sold_in_may.copy()
    sold_in_june[200:212] = 0.0
    energy = np.stack([np.zeros(400), sold_in_may, sold_in_june], axis=1)
    return years_of(np.stack([april, may, may], axis=1), energy)


def test_promises_of_a_chain_of_two_states_by_hand(two_states: xr.Dataset) -> None:
    """On 1 April, half of the Mays are dry: 20 GWh are firm. In June 12 of 400 years sell nothing, 3 %: 20 GWh still.

    After a wet April one May in five is dry, after a dry one four: 20 GWh. After a wet May (200 years) June fails in
    12, that is 6 %: 90 % of the years reach 100 GWh, 95 % nothing. Their worst tenth is 12 years of 0 and 8 of 100.
    """
    table = firm_energy_table(two_states)
    promised = table.set_index(["promised_on", "water_class", "month"])
    assert promised.loc[("1 April", ANY_WATER, "May 2028"), ["P90", "P95"]].tolist() == [20, 20]
    assert promised.loc[("1 April", ANY_WATER, "June 2028"), ["P90", "P95"]].tolist() == [20, 20]
    assert promised.loc[("1 April", ANY_WATER, REST), ["P90", "P95"]].tolist() == [40, 40]
    assert promised.loc[("1 April", ANY_WATER, "June 2028"), ["P90_to_end", "P95_to_end"]].tolist() == [40, 40]
    assert promised.loc[("1 May", ANY_WATER, "May 2028"), "P90_to_end"] == 20
    for water_class in (1, 2):
        assert promised.loc[("1 May", water_class, "May 2028"), ["P90", "years"]].tolist() == [20, 200]
    wet = promised.loc[("1 June", 2, "June 2028")]
    assert wet[["P90", "P95", "worst_tenth", "mean"]].tolist() == [100, 0, 40, 94]
    assert promised.loc[("1 June", 1, "June 2028"), ["P90", "P95"]].tolist() == [20, 20]
    # 40 of 200 Mays after a dry April are wet: the mean is 36 GWh
    assert promised.loc[("1 May", 1, "May 2028"), "mean"] == 36
    # nothing is sold in April, and on the first day of the horizon no water has been seen
    assert set(table["month"]) == {"May 2028", "June 2028", REST}
    assert table.loc[table["promised_on"] == "1 April", "water_class"].unique().tolist() == [ANY_WATER]
    assert (table["classes"] == 2).all()


def test_power_is_the_mean_of_the_month(two_states: xr.Dataset) -> None:
    """20 GWh in 744 hours are 26.9 MW; the rest of the season has the hours of May and June."""
    table = firm_energy_table(two_states)
    power = dict(zip(table["month"].head(3), firm_power(table, 90), strict=False))
    assert power == pytest.approx({"May 2028": 20e3 / 744, "June 2028": 20e3 / 720, REST: 40e3 / 1464})


def test_the_interval_of_a_promise_holds_its_level() -> None:
    """Of 1,000 even years 90 % reach 100; ranks 82 to 119 bound that level with 95 % (binomial of 1,000 and 0.1)."""
    energy = np.arange(1000.0)
    years = years_of(np.zeros((1000, 3), dtype=int), np.stack([energy] * 3, axis=1))
    row = firm_energy_table(years).iloc[0]
    assert row[["P90_low", "P90", "P90_high"]].tolist() == [82, 100, 119]


def test_nothing_studied_nothing_promised(two_states: xr.Dataset) -> None:
    assert firm_energy_table(two_states.assign_coords(service=["other"])).empty


# ------------------------------------------------------------------------------------------- laws of later promises

ENERGIES = arrays(float, st.integers(8, 60), elements=st.floats(0, 1000, width=32))


@st.composite
def energies_by_class(draw: st.DrawFn) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return the energy of some years, and the same years by the class of water seen."""
    energy = draw(ENERGIES)
    classes = draw(arrays(int, len(energy), elements=st.integers(0, 2)))
    return energy, [energy[classes == number] for number in np.unique(classes)]


@given(energies_by_class(), st.sampled_from([90, 95]))
def test_an_earlier_promise_lies_between_the_later_ones(
    years: tuple[np.ndarray, list[np.ndarray]],
    share: int,
) -> None:
    energy, by_class = years
    later = [_exceeded_level(of_class, share) for of_class in by_class]
    assert min(later) <= _exceeded_level(energy, share) <= max(later)


@given(energies_by_class())
def test_whoever_has_seen_the_water_promises_more_on_average_for_the_worst_tenth(
    years: tuple[np.ndarray, list[np.ndarray]],
) -> None:
    """The worst tenth of all years is worse than the worst tenth of each class: CVaR is convex in the odds."""
    energy, by_class = years
    later = sum(len(of_class) * _mean_of_worst(of_class, 10) for of_class in by_class) / len(energy)
    assert later >= _mean_of_worst(energy, 10) - 1e-9 * (1 + energy.max())


def test_promises_of_the_same_probability_in_every_class_may_be_less_on_average() -> None:
    """One year in ten is dry and sells nothing: before it is seen, 90 % reach 100; then 0 in it, 100 in the others.

    With the same probability over all years the one dry year could be given up instead, and the earlier promise kept in
    the others. So exceedance knows no law of averages; the mean of the worst tenth does.
    """
    energy = np.repeat([0.0, 100.0], [1, 9])
    assert _exceeded_level(energy, 90) == 100
    assert _exceeded_level(energy[:1], 90) == 0
    later = 0.1 * _exceeded_level(energy[:1], 90) + 0.9 * _exceeded_level(energy[1:], 90)
    assert later == 90
    assert _mean_of_worst(energy, 10) == 0
