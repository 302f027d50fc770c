"""Sensitivity: known indices, ranges from evidence, what is random against what is unknown."""

from __future__ import annotations

import numpy as np
import pytest

from energy.case import Case
from energy.scenario import read_hazards, read_scenario
from energy.study.sample import Question
from energy.study.sensitivity import (
    Sizes,
    random_and_unknown,
    screened,
    screened_groups,
    sensitivity,
    sobol,
    tornado,
    variance_split,
)
from energy.study.unknowns import unknowns, with_unknowns

WEIGHTS = np.array([4.0, -2.0, 1.0, 0.0])
NAMES = ["a", "b", "c", "d"]


def linear(shares: np.ndarray) -> np.ndarray:
    return 7.0 + shares @ WEIGHTS


def test_linear_model() -> None:
    # y = Σ cᵢxᵢ on [0, 1]: μ* = |cᵢ|, σ = 0; S1 = ST = cᵢ²/Σc²
    found = screened(linear, NAMES, 6, seed=1).loc[NAMES]
    assert found["mu_star"].to_numpy() == pytest.approx(np.abs(WEIGHTS))
    assert found["sigma"].to_numpy() == pytest.approx(0, abs=1e-12)
    indices = sobol(linear, NAMES, 256, seed=1).loc[NAMES]
    for column in ("S1", "ST"):
        assert indices[column].to_numpy() == pytest.approx(WEIGHTS**2 / (WEIGHTS**2).sum(), abs=0.03)
    bars = tornado(linear, NAMES, [0.5] * 4)
    assert bars.loc["b", ["at low", "at high"]].tolist() == pytest.approx([9.5, 7.5])
    assert bars["swing"].tolist() == pytest.approx(np.abs(WEIGHTS).tolist())


def test_groups_are_ranked_by_what_moves_together() -> None:
    found = screened_groups(linear, ["water", "water", "line", "other"], 8, seed=1)
    assert list(found.index)[-1] == "other"
    assert found.at["line", "mu_star"] == pytest.approx(1.0)
    assert found.at["water", "members"] == 2


def test_interaction_shows_in_the_total_index() -> None:
    # y = x₁·x₂ on [0, 1]: Var = 7/144, S1 = 3/7 each, ST = 4/7 each
    found = sobol(lambda x: x[:, 0] * x[:, 1], ["a", "b"], 1024, seed=1)
    assert found["S1"].to_numpy() == pytest.approx([3 / 7] * 2, abs=0.05)
    assert found["ST"].to_numpy() == pytest.approx([4 / 7] * 2, abs=0.05)


def test_variance_split_of_a_known_sum() -> None:
    # rows of variance 4, columns of variance 9, own noise of 1: parts 4/14, 9/14, 1/14
    random = np.random.default_rng(1)
    values = 2 * random.normal(size=(300, 1)) + 3 * random.normal(size=(1, 300)) + random.normal(size=(300, 300))
    parts = variance_split(values)
    assert parts["unknown"] == pytest.approx(4 / 14, abs=0.05)
    assert parts["random"] == pytest.approx(9 / 14, abs=0.05)
    assert parts["together"] == pytest.approx(1 / 14, abs=0.02)
    assert sum(parts.values()) == pytest.approx(1)


def test_unknown_numbers_of_the_case_can_be_set(casa1000: Case) -> None:
    scenario = read_scenario("baseline")
    found = unknowns(casa1000, scenario)
    keys = {unknown.key for unknown in found}
    assert "values.links.TJ - AF 220 kV.p_nom" in keys
    assert "rules.nurek_growing_release.at_least" in keys
    assert not any("build_year" in key for key in keys)
    assert len(found) > 300
    one = next(u for u in found if u.key == "values.links.TJ - AF 220 kV.p_nom")
    changed = with_unknowns(scenario, [one], [0.25])
    assert changed.values["links.TJ - AF 220 kV.p_nom"] == pytest.approx(one.low + 0.25 * (one.high - one.low))
    assert unknowns(casa1000, scenario, ["values.lines.*"]) == [u for u in found if u.key.startswith("values.lines.")]


def test_two_bus_ranks_what_binds(two_bus: Case) -> None:
    scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-4h"})
    found = unknowns(two_bus, scenario)
    ranked = sensitivity(two_bus, scenario, found, sizes=Sizes(trajectories=3, top=2, base=8))
    numbers = ranked.numbers
    assert numbers["mu_star"].is_monotonic_decreasing
    assert ranked.base == pytest.approx(348.84, abs=0.01)
    leader = numbers.iloc[0]
    assert leader["swing"] > 0
    assert numbers[["low", "high"]].notna().all().all()


def test_random_against_unknown_on_two_bus(two_bus: Case, tmp_path: object) -> None:
    scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-4h"})
    calm = read_hazards("calm").model_copy(update={"hazards": {}, "closures": {}, "chain": None, "state": None})
    line = [u for u in unknowns(two_bus, scenario) if u.key == "values.links.line.p_nom"]
    parts, values = random_and_unknown(two_bus, Question(scenario, calm), line, 4, 6)
    assert values.shape == (4, 6)
    assert parts["unknown"] > 0
    assert sum(parts.values()) == pytest.approx(1)
