"""Calibration where the posterior is known: linear quantities with normal errors, and a record that was invented."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri

from energy.analysis.calibration.backcast_runs import BackcastYears, SetRunner, backcast_years
from energy.analysis.calibration.emulator import fit_emulator
from energy.analysis.calibration.findings import _range_of, leave_one_year_out, lessons, posterior_values, ranges
from energy.analysis.calibration.history_matching import CalibrationBudget, calibrate
from energy.analysis.calibration.misfit import EmulatedLikelihood, Misfit
from energy.analysis.calibration.observations import NINE_IN_TEN, Observations, observations
from energy.analysis.calibration.posterior_sampler import sample_posterior
from energy.analysis.sensitivity.sensitivity_indices import latin_hypercube
from energy.analysis.sensitivity.uncertain_parameters import UncertainParameter
from energy.analysis.sweep.store import Journal
from energy.case import Case
from energy.scenario import Scenario, read_scenario

YEARS = (2021, 2022, 2023)
NUMBERS = 30


def parameter(number: int) -> UncertainParameter:
    key = f"values.links.n{number}.p_nom"
    return UncertainParameter(key=key, base=15.0, low=10.0, high=20.0, unit="MW", confidence="C", places=(key,))


def record(values: np.ndarray, error: float) -> pd.DataFrame:
    """A record of two quantities a year whose ranges of 90 % have a standard deviation."""
    rows = []
    for value, (year, quantity) in zip(values, [(y, q) for y in YEARS for q in ("a", "b")], strict=True):
        half = NINE_IN_TEN * error
        rows.append(("AA", quantity, str(year), value, value - half, value + half, "GWh", "x", "", "A", "outcome"))
    columns = ["place", "quantity", "date", "value", "low", "high", "unit", "source", "note", "confidence", "role"]
    return pd.DataFrame(rows, columns=columns)


def linear_years(case: Case, values: np.ndarray, error: float) -> BackcastYears:
    """Years of thirty numbers, whose observations have errors of the record and no discrepancy."""
    known = observations(record(values, error), YEARS)
    exact = Observations(known.table.assign(discrepancy=0.0))
    return BackcastYears(case, (), {year: [parameter(n) for n in range(NUMBERS)] for year in YEARS}, exact)


def test_linear_quantities_with_normal_errors_have_the_posterior_of_least_squares(two_bus: Case) -> None:
    """y = A·x + ε with ε ~ N(0, σ²): x ~ N((AᵀA)⁻¹Aᵀy, σ²(AᵀA)⁻¹) as long as the ranges do not cut it.

    Six equations, three numbers out of thirty; σ such that the posterior keeps well within the ranges.
    """
    matrix = np.zeros((6, NUMBERS))
    matrix[:, [2, 11, 17]] = [[8, 0, 2], [0, 9, 1], [1, 1, 7], [6, -3, 0], [0, 4, 4], [5, 5, 5]]
    truth = np.full(NUMBERS, 0.5)
    truth[[2, 11, 17]] = 0.45, 0.6, 0.5
    error = 0.4
    observed = matrix @ truth + error * np.array([0.3, -0.5, 0.8, 0.2, -0.9, 0.4])
    years = linear_years(two_bus, observed, error)

    def run(years: BackcastYears, shares: np.ndarray) -> np.ndarray:
        return np.asarray(shares @ matrix.T)

    calibration = calibrate(years, run, CalibrationBudget(sets=1000, members=8000, posterior=1000), seed=3)

    reduced = matrix[:, [2, 11, 17]]
    precision = reduced.T @ reduced / error**2
    covariance = np.linalg.inv(precision)
    others = matrix @ np.where(np.isin(np.arange(NUMBERS), [2, 11, 17]), 0.0, truth)
    mean = covariance @ reduced.T @ (observed - others) / error**2
    deviation = np.sqrt(np.diag(covariance))
    assert (mean - 3.5 * deviation > 0).all()
    assert (mean + 3.5 * deviation < 1).all()

    assert calibration.emulator.numbers.tolist() == [2, 11, 17]
    assert calibration.is_reweighed
    assert calibration.effective_size > 0.9 * len(calibration.second.shares)  # the emulators are exact here
    sample = calibration.sample.shares
    assert sample.mean(axis=0) == pytest.approx(mean, abs=0.1 * deviation.min())
    assert np.cov(sample.T) == pytest.approx(covariance, abs=0.06 * covariance.max())
    posterior = calibration.posterior[:, [2, 11, 17]]
    assert posterior.mean(axis=0) == pytest.approx(mean, abs=0.25 * deviation.max())
    assert posterior.std(axis=0) == pytest.approx(deviation, rel=0.15)

    table = ranges(calibration)
    half_width = 1.6449 * deviation[0] * 10
    row = table.loc["values.links.n2.p_nom"]
    assert row["posterior high"] - row["posterior low"] == pytest.approx(2 * half_width, rel=0.15)
    silent = table.drop([f"values.links.n{n}.p_nom" for n in (2, 11, 17)])
    assert not silent["taught"].any()
    assert (silent["posterior low"] == silent["prior low"]).all()  # what nothing is known of keeps its range
    assert list(posterior_values(calibration)) == [f"values.links.n{n}.p_nom" for n in (2, 11, 17)]


def test_a_kind_of_record_teaches_what_it_depends_on(two_bus: Case) -> None:
    """Quantity a is number 1 in every year and b is number 2, so that each teaches its own."""
    matrix = np.zeros((6, NUMBERS))
    matrix[::2, 1] = 10.0
    matrix[1::2, 2] = 10.0
    years = linear_years(two_bus, np.full(6, 5.0), 0.5)
    calibration = calibrate(years, lambda _, shares: shares @ matrix.T, CalibrationBudget(sets=300, members=4000))
    taught = lessons(calibration)
    a, b = "values.links.n1.p_nom", "values.links.n2.p_nom"
    assert taught.loc["AA, a", a] < 0.3 < 0.9 < taught.loc["AA, a", b]
    assert taught.loc["AA, b", b] < 0.3 < 0.9 < taught.loc["AA, b", a]


def test_a_year_is_predicted_by_the_others_alone(two_bus: Case) -> None:
    """The record of one year is off by twenty errors: the others do not predict it, and predict each other."""
    matrix = np.zeros((6, NUMBERS))
    matrix[::2, 1] = 10.0
    matrix[1::2, 2] = 10.0
    values = np.array([5.0, 5.0, 5.1, 4.9, 5.0, 5.0])
    values[4] += 20 * 0.3
    years = linear_years(two_bus, values, 0.3)
    calibration = calibrate(years, lambda _, shares: shares @ matrix.T, CalibrationBudget(sets=300, members=4000))
    left_out = leave_one_year_out(calibration)
    of_odd_year = left_out[(left_out["year"] == 2023) & (left_out["quantity"] == "a")]
    assert not of_odd_year["covered"].any()
    assert of_odd_year["predicted"].iloc[0] == pytest.approx(5.05, abs=0.15)
    others = left_out[left_out["quantity"] == "b"]
    assert others["covered"].all()
    # the mean of two errors of 0.3, and an error of its own: a standard deviation of √(0.3²/2 + 0.3²)
    width = others["predicted high"] - others["predicted low"]
    assert width.to_numpy() == pytest.approx(2 * 1.6449 * np.sqrt(1.5) * 0.3, rel=0.08)


def test_shared_discrepancies_are_learnt_from_the_years_that_are_known() -> None:
    """Two observations with correlation ½ of discrepancies: the conditional mean is f + ½·(y − f), variance ¾."""
    misfit = Misfit(np.array([2.0, 0.0]), np.array([[1.0, 0.5], [0.5, 1.0]]))
    modelled = np.zeros((200_000, 2))
    drawn = misfit.predicted(modelled, np.array([True, False]), np.random.default_rng(1))
    assert drawn.mean() == pytest.approx(1.0, abs=0.01)
    assert drawn.var() == pytest.approx(0.75, rel=0.02)


def test_the_sampler_finds_a_normal_posterior_in_many_numbers() -> None:
    """Of z = Φ⁻¹(share) with z ~ N(0, 1), an observation w = z + N(0, s²): z ~ N(w/(1+s²), s²/(1+s²)).

    Ten of forty numbers are observed with s = 0.02: without steps, some 10⁻¹⁵ of a sample would be left.
    """
    observed = np.linspace(-1.5, 1.5, 10)
    error = 0.02

    def log_likelihood(shares: np.ndarray) -> np.ndarray:
        z = ndtri(shares[:, :10])
        return np.asarray(-0.5 * (((observed - z) / error) ** 2).sum(axis=1))

    sample = sample_posterior(log_likelihood, numbers=40, members=4000, seed=5)
    z = ndtri(sample.shares)
    assert sample.first_size < 0.001
    assert z[:, :10].mean(axis=0) == pytest.approx(observed / (1 + error**2), abs=0.1 * error)
    assert z[:, :10].std(axis=0) == pytest.approx(np.full(10, error / np.sqrt(1 + error**2)), rel=0.06)
    assert z[:, 10:].mean(axis=0) == pytest.approx(np.zeros(30), abs=0.07)
    assert z[:, 10:].std(axis=0) == pytest.approx(np.ones(30), abs=0.07)


def test_a_curve_and_a_product_are_emulated_among_hundreds_of_numbers() -> None:
    shares = latin_hypercube(300, 400, 1)
    quantity = 1 + 2 * shares[:, 3] + 4 * shares[:, 5] ** 2 - 3 * shares[:, 3] * shares[:, 200]
    emulator = fit_emulator(shares, quantity[:, None])
    assert emulator.numbers.tolist() == [3, 5, 200]
    fresh = latin_hypercube(300, 50, 2)
    expected = 1 + 2 * fresh[:, 3] + 4 * fresh[:, 5] ** 2 - 3 * fresh[:, 3] * fresh[:, 200]
    assert emulator.predict(fresh)[:, 0] == pytest.approx(expected, abs=1e-9)


def test_noise_alone_is_not_taken_for_a_number() -> None:
    shares = latin_hypercube(300, 400, 1)
    noise = np.random.default_rng(2).standard_normal(400)
    assert len(fit_emulator(shares, noise[:, None]).numbers) == 0


# ------------------------------------------------------------------------------------------- two_bus


def two_bus_scenarios() -> list[Scenario]:
    """Two calendar years of two_bus, one of median and one of dry water."""
    base = read_scenario("two_bus", overrides={"time.start": "01-01", "time.resolution": "typical-days-24h"})
    return [base.replace(year=2028), base.replace(year=2029, hydrology="dry")]


def invented(values: dict[tuple[str, str, str], float]) -> pd.DataFrame:
    """A record of values, each with a range of 90 % of ±2 %."""
    rows = [
        (*key, value, 0.98 * value, 1.02 * value, "GWh", "invented", "", "A", "outcome")
        for key, value in values.items()
    ]
    columns = ["place", "quantity", "date", "value", "low", "high", "unit", "source", "note", "confidence", "role"]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture(scope="module")
def two_bus_years(two_bus: Case) -> BackcastYears:
    quantities = ("generation", "exports", "unserved")
    values = {("AA", quantity, year): 100.0 for quantity in quantities for year in ("2028", "2029")}
    values |= {("reservoir", "release", year): 1.5 for year in ("2028", "2029")}
    case = replace(two_bus, record=invented(values))
    return backcast_years(case, two_bus_scenarios())


def test_numbers_of_a_year_belong_to_it(two_bus_years: BackcastYears) -> None:
    keys = [parameter.key for parameter in two_bus_years.parameters]
    inflows = [key for key in keys if "inflow" in key]
    assert sorted(inflows) == [f"values.profiles/inflow.river inflow.{water}" for water in ("dry", "median")]
    assert not set(inflows) & set(two_bus_years.common)
    assert "values.links.turbine.efficiency" in two_bus_years.common


def test_an_interrupted_study_goes_on_with_the_same_bits(two_bus_years: BackcastYears, tmp_path: Path) -> None:
    """A journal that ends in the middle of a line is what a kill -9 leaves."""
    shares = latin_hypercube(len(two_bus_years.parameters), 6, 1)
    plain = SetRunner(two_bus_years.case).quantities_of(two_bus_years, shares)
    journal = Journal(tmp_path / "study")
    first = SetRunner(two_bus_years.case, journal)
    whole = first.quantities_of(two_bus_years, shares)
    journal.close()
    file = tmp_path / "study" / "points.jsonl"
    content = file.read_bytes()
    lines = content.splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:5]) + lines[5][:20])

    journal = Journal(tmp_path / "study")
    again = SetRunner(two_bus_years.case, journal)
    resumed = again.quantities_of(two_bus_years, shares)
    journal.close()
    assert again.kept == 5
    assert again.done == first.done == 12
    assert np.array_equal(plain, whole)
    assert np.array_equal(whole, resumed)
    assert len(file.read_bytes().splitlines()) == 12


@pytest.mark.slow
def test_the_range_of_nine_in_ten_covers_the_numbers_behind_an_invented_record(two_bus_years: BackcastYears) -> None:
    """200 records from known numbers, drawn from the ranges as the calibration takes them, with errors as stated.

    A range of 90 % then covers in 90 %; 200 repeats have a standard deviation of 2.1 points.
    """
    repeats = 200
    rng = np.random.default_rng(11)
    numbers = len(two_bus_years.parameters)
    runner = SetRunner(two_bus_years.case)
    shares = latin_hypercube(numbers, 300, 1)
    emulator = fit_emulator(shares, runner.quantities_of(two_bus_years, shares))
    truths = rng.random((repeats, numbers))
    modelled = runner.quantities_of(two_bus_years, truths)
    known = two_bus_years.observations
    errors = rng.multivariate_normal(np.zeros(len(known)), known.covariance(), repeats)

    covered = np.zeros((repeats, len(emulator.numbers)), dtype=bool)
    widths = np.zeros((repeats, len(emulator.numbers)))
    for repeat in range(repeats):
        values = modelled[repeat] + errors[repeat]
        record_of_repeat = Observations(known.table.assign(value=values))
        likelihood = EmulatedLikelihood(emulator, record_of_repeat, np.ones(len(known), dtype=bool))
        sample = sample_posterior(likelihood, len(emulator.numbers), 1000, seed=repeat)
        low, high = np.quantile(sample.shares, (0.05, 0.95), axis=0)
        truth = truths[repeat, emulator.numbers]
        covered[repeat] = (truth >= low) & (truth <= high)
        widths[repeat] = [_range_of(column) for column in sample.shares.T]
    taught = widths.mean(axis=0) < 0.9
    assert taught.any()  # else nothing would be tested
    shares_covered = covered.mean(axis=0)
    assert (shares_covered[taught] >= 0.85).all(), shares_covered
    assert (shares_covered[taught] <= 0.95).all(), shares_covered
