"""The Markov chain of inflows: probabilities are some, means stay, and what has passed tells what is to come."""

from __future__ import annotations

import numpy as np
import pytest

from energy.analysis.energy_of_water import energy_by_site
from energy.case import Case
from energy.errors import InputError
from energy.model.hydrology.inflow_chain import InflowChain, _water_so_far, inflow_chain
from energy.model.hydrology.statistics import DAYS, water_statistics
from energy.model.hydrology.years import draw_years

YEARS, CLASSES, OUTCOMES = 2000, 3, 5


@pytest.fixture(scope="module")
def trace(casa1000: Case) -> np.ndarray:
    return draw_years(water_statistics(casa1000.profiles["water_statistics"]), seed=1, draw=0, years=YEARS)


@pytest.fixture(scope="module")
def main_rivers(trace: np.ndarray) -> np.ndarray:
    """Weights that let the Naryn and the Vakhsh, the first five sites, tell the class."""
    weights = np.zeros(trace.shape[1])
    weights[:5] = 1.0
    return weights


@pytest.fixture(scope="module")
def chain(trace: np.ndarray, main_rivers: np.ndarray) -> InflowChain:
    return inflow_chain(trace, CLASSES, OUTCOMES, main_rivers)


def test_sites_count_with_the_energy_that_they_give_the_sellers(casa1000: Case, two_bus: Case) -> None:
    """Water at Toktogul passes one turbine more than at Kurpsai; the Indus and the Kabul give no seller anything."""
    statistics = water_statistics(casa1000.profiles["water_statistics"])
    energy = dict(zip(statistics.sites, energy_by_site(casa1000, statistics.sites), strict=True))
    links = casa1000.components["links"]
    of_toktogul = links.index.str.startswith("Toktogul turbine")
    difference = energy["Naryn inflow to Toktogul"] - energy["Naryn inflow to Kurpsai"]
    assert difference == pytest.approx(links.loc[of_toktogul, "efficiency"].max())
    assert min(energy["Naryn inflow"], energy["Vakhsh inflow"]) > 1000
    for site in ("Tarbela inflow", "Mangla inflow", "Kabul inflow", "Panjshir inflow"):
        assert energy[site] == 0
    (turbine,) = two_bus.components["links"].filter(like="turbine", axis=0)["efficiency"]
    assert energy_by_site(two_bus, ["river inflow"]).tolist() == [turbine]


def test_probabilities_sum_to_one(chain: InflowChain) -> None:
    assert chain.transitions.sum(axis=2) == pytest.approx(1.0)
    assert chain.frequencies.sum(axis=1) == pytest.approx(1.0)
    assert chain.probabilities.sum(axis=2) == pytest.approx(1.0)
    assert (chain.transitions >= 0).all()


def test_chain_keeps_the_frequencies_of_its_classes(chain: InflowChain) -> None:
    """Stepping through a year gives the frequencies again, but for the trace's two ends: one year in 2,000."""
    frequency = chain.frequencies[11]
    for month in range(12):
        frequency = frequency @ chain.transitions[month]
        assert frequency == pytest.approx(chain.frequencies[month], abs=2 / YEARS)


def test_monthly_means_are_those_of_the_trace_exactly_and_of_the_rivers_within_sampling_error(
    chain: InflowChain, trace: np.ndarray, casa1000: Case
) -> None:
    assert chain.mean_flows() == pytest.approx(trace.mean(axis=0).T, rel=1e-12)
    statistics = water_statistics(casa1000.profiles["water_statistics"])
    means = np.array([share * np.array(river.mean) for river in statistics.rivers for _, share in river.sites])
    # a month's coefficient of variation is at most 0.6; years correlate, so that 2,000 count as at least 1,000
    assert chain.mean_flows() == pytest.approx(means.T, rel=4 * 0.6 / np.sqrt(YEARS / 2))


def test_class_of_may_tells_the_water_that_is_left(
    chain: InflowChain, trace: np.ndarray, main_rivers: np.ndarray
) -> None:
    volume = (trace * main_rivers[:, None]).sum(axis=1) * DAYS
    left = volume[:, 5:9].sum(axis=1)
    classes = chain.classes_of(trace)[:, 4]
    means = [left[classes == number].mean() for number in range(CLASSES)]
    assert means == sorted(means)
    assert means[2] > 1.15 * means[0]


@pytest.mark.parametrize("month", [5, 6, 7])
def test_water_so_far_tells_more_than_the_last_month(trace: np.ndarray, month: int) -> None:
    """In summer all months share in one hidden number: their mean knows more of it than one of them."""
    naryn = trace[:, :2].sum(axis=1)
    logs = np.log(naryn)
    anomalies = (logs - logs.mean(axis=0)) / logs.std(axis=0)
    left = (naryn * DAYS)[:, month + 1 : 9].sum(axis=1)
    so_far = np.corrcoef(_water_so_far(anomalies)[:, month], left)[0, 1]
    last_month = np.corrcoef(anomalies[:, month], left)[0, 1]
    assert so_far > last_month + 0.03


def test_classes_are_as_frequent_as_each_other(chain: InflowChain) -> None:
    assert chain.frequencies == pytest.approx(1 / CLASSES, abs=1 / YEARS)


def test_trace_that_is_too_short_is_refused(trace: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"20 years are too few for 3 classes of 5 outcomes; allowed: at least 30"):
        inflow_chain(trace[:20], CLASSES, OUTCOMES)


def test_dry_river_bed_is_refused(trace: np.ndarray) -> None:
    empty = trace[:100].copy()
    empty[3, :, 7] = 0.0
    with pytest.raises(InputError, match="not positive"):
        inflow_chain(empty, CLASSES, OUTCOMES)
