"""Two published systems from the command line, within three of their own errors of what convolution gives."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.reliability_systems import PEAKS, SYSTEMS, convolved, hourly_load, saved_system

from energy.analysis.risk.estimate import mean, skewed_mean
from energy.cli import main

PUBLISHED = {"RTS-79": (9.394, 1176.0), "RBTS": (1.0916, 9.861)}  # LOLE [h], EUE [MWh]


@pytest.mark.parametrize("name", SYSTEMS)
def test_convolution_gives_the_published_figures(name: str) -> None:
    hours, energy = convolved(SYSTEMS[name], hourly_load(PEAKS[name]))
    assert hours == pytest.approx(PUBLISHED[name][0], rel=1e-4)
    assert energy == pytest.approx(PUBLISHED[name][1], rel=3e-4)


@pytest.mark.parametrize(("name", "samples", "seed"), [("RTS-79", 200, 1), ("RBTS", 500, 1), ("RBTS", 40, 2)])
def test_adequacy_is_within_three_of_its_errors(
    name: str, samples: int, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario, hazards = saved_system(name, tmp_path)
    asked = ["--hazards", str(hazards), "--samples", str(samples), "--seed", str(seed), "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["energy", "adequacy", str(scenario), *asked, "--json"])
    try:
        main()
    except SystemExit as stop:
        assert not stop.code  # noqa: PT017  (every command ends so)
    found = pd.read_csv(tmp_path / "asked-outages.csv", index_col=0).loc["all"]
    for label, truth in zip(("LOLE h", "EENS MWh"), PUBLISHED[name], strict=True):
        assert abs(found[label] - truth) < 3 * found[f"{label} error"], (label, found[label])
        assert found[f"{label} error"] < truth or samples < 100  # of enough samples it says something
    assert found["CVaR MWh"] > found["EENS MWh"]


def seasons(chance: np.random.Generator, count: int) -> np.ndarray:
    """Return unserved energy as of the RBTS: a spell in some four years, small mostly and now and then large."""
    spells = chance.poisson(0.23, count)
    return np.array([chance.lognormal(0.0, 1.2, spell).sum() for spell in spells])


@pytest.mark.parametrize(("samples", "least"), [(50, 0.88), (100, 0.91), (300, 0.94)])
def test_intervals_of_a_skewed_figure_cover_it(samples: int, least: float) -> None:
    # mean of a lognormal e^(σ²/2); of 1,000 runs the share covered is known to about ±0.01
    truth = 0.23 * np.exp(1.2**2 / 2)
    chance, covered, by_itself = np.random.default_rng(7), 0, 0
    for _ in range(1000):
        values = seasons(chance, samples)
        one, plain = skewed_mean(values), mean(values)
        covered += abs(one.value - truth) <= 1.96 * one.error
        by_itself += abs(plain.value - truth) <= 1.96 * plain.error
    assert covered / 1000 >= least
    assert covered > by_itself + 40  # what the standard error alone leaves out


def test_an_even_figure_keeps_its_standard_error() -> None:
    values = np.random.default_rng(1).normal(100.0, 5.0, 400)
    assert skewed_mean(values).error == pytest.approx(mean(values).error, rel=0.15)


def test_no_loss_at_all_is_no_error_of_zero() -> None:
    assert np.isnan(skewed_mean(np.zeros(20)).error)
