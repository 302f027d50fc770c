"""Any network that PyPSA solves is solved alike, or refused by the attribute that is not taken."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import linopy
import numpy as np
import pypsa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.laws.own_networks import REFUSED, SOLVED, plain_network, written

from energy.analysis.sweep.sweep import sweep
from energy.case import read_case
from energy.errors import InputError, SolverError
from energy.metrics import TOLERANCE, audit
from energy.model import inputs
from energy.model.pypsa_logging import quiet_pypsa
from energy.scenario import Scenario
from energy.solve import Engine, attempts, solve

FEW_EXAMPLES = 4  # beside those below; each builds PyPSA's model twice; the slow test tries 60
SLOW_EXAMPLES = 60
MOST_FEATURES = 12  # of one example of the slow test: they cost little more than one, and nearly all have an optimum
NO_OPTIMUM = None
PATIENCE = 1.0  # s: HiGHS's active-set method goes round in a circle on some networks with quadratic costs
DECIDED = ("optimal", "infeasible", "unbounded", "infeasible_or_unbounded")
"""How HiGHS ends where it knows; on others of these networks its active-set method ends in an error of its own."""


class Compared(NamedTuple):
    """Objectives [$] of one network, None where it has no optimum; and how far ours is from its balances [MWh]."""

    ours: float | None
    pypsa: float | None
    imbalance: float


def optimised(model: linopy.Model, **options: object) -> str:
    """Optimise a model with options of HiGHS, and return how it ended."""
    with quiet_pypsa():
        _, condition = model.solve(
            "highs",
            progress=False,
            log_to_console=False,
            time_limit=PATIENCE,
            **options,
        )
    return str(condition)


def optimum(n: pypsa.Network) -> float | None:
    """Return the objective that the user's own ``n.optimize()`` finds; None where there is none.

    The model is that of `n.optimize()`, which would write its solution into the network too; no law here reads that.
    PyPSA 1.4 ends in a KeyError where a generator out of service has an energy limit, which binds nothing.
    """
    inactive = ~n.generators["active"].astype(bool)
    n.generators.loc[inactive, ["e_sum_min", "e_sum_max"]] = [-np.inf, np.inf]
    with quiet_pypsa():
        model = n.optimize.create_model(include_objective_constant=False, consistency_check=False)
    condition = optimised(model)
    if condition not in DECIDED:
        condition = optimised(model, solver="ipm")
    return float(model.objective.value) if condition == "optimal" else NO_OPTIMUM


def asked(path: Path, **more: object) -> Scenario:
    return Scenario.model_validate({"name": "own", "year": 2028, "case": str(path), "objective": "dispatch", **more})


def compared(features: list[str], seed: int, as_csv: bool) -> Compared:
    chance = np.random.default_rng(seed)
    n = plain_network(chance)
    for name in features:
        SOLVED[name](n, chance)
    with tempfile.TemporaryDirectory() as folder:
        path = written(n, Path(folder), as_csv)
        with quiet_pypsa():
            read = pypsa.Network(str(path))
        truth = optimum(read)
        asked_inputs = inputs(read_case(path), asked(path))
    try:
        result = solve(asked_inputs)
    except SolverError:
        return Compared(NO_OPTIMUM, truth, 0.0)
    return Compared(result.objective, truth, max(audit(result).values()))


def assert_same_optimum(both: Compared) -> None:
    """Hold an objective against PyPSA's; a network without an optimum there must have none here."""
    if both.pypsa is NO_OPTIMUM or both.ours is NO_OPTIMUM:
        assert both.ours is both.pypsa
        return
    assert both.ours == pytest.approx(both.pypsa, rel=1e-6, abs=1e-4)
    assert both.imbalance < TOLERANCE


TOGETHER = {
    "renewed": (
        "lines of a DC ring",
        "generators.p_min_pu",
        "generators.p_max_pu series",
        "generators.p_max_pu of zero and below",
        "generators.marginal_cost series",
        "generators.sign",
        "generators.build_year in time",
        "loads.sign",
        "links.efficiency series",
        "links.p_min_pu",
        "links between carriers",
        "lines.type",
        "lines.s_max_pu series",
        "stores.e_cyclic",
        "stores.e_min_pu",
        "stores.e_max_pu series",
        "snapshot weightings",
    ),
    "gaps": (
        "generators.p_set with gaps",
        "generators.ramp_limit_down with gaps",
        "generators.e_sum_max",
        "links.p_set with gaps",
        "links.bus4",
        "lines.s_max_pu of zero",
        "stores.standing_loss",
        "storage_units",
        "transformers.phase_shift",
        "global_constraints",
        "snapshots of a quarter of an hour",
    ),
    "squares": (
        "generators.marginal_cost_quadratic",
        "generators.ramp_limit_up",
        "generators.p_init",
        "transformers.type",
        "active",
        "snapshots that are numbers",
        "stores.standing_loss series",
        "stores.marginal_cost_storage",
        "stores.marginal_cost_quadratic",
    ),
    "limits": (
        "generators.ramp_limit_up with gaps",
        "generators.e_sum_min",
        "links.ramp_limit_up",
        "lines.v_ang_max",
        "transformers.tap_ratio",
        "stores.e_set with gaps",
        "stores.sign",
        "storage_units.state_of_charge_set",
        "global_constraints of an operational limit",
    ),
    "squares of a link": ("links.marginal_cost_quadratic",),
}
"""Features that one network can have together: an example costs as much with one as with a dozen.

Those that the engine has formulas for stand by themselves, as the others let PyPSA build the whole program.
"""


def test_every_feature_is_in_one_of_the_networks_of_many() -> None:
    assert sorted(feature for features in TOGETHER.values() for feature in features) == sorted(SOLVED)


NETWORKS = {
    "features": st.lists(st.sampled_from(sorted(SOLVED)), unique=True, max_size=5),
    "seed": st.integers(0, 10_000),
    "as_csv": st.booleans(),
}
NETWORKS_OF_MANY_FEATURES = NETWORKS | {
    "features": st.lists(st.sampled_from(sorted(SOLVED)), unique=True, max_size=MOST_FEATURES)
}
UNHURRIED = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@pytest.mark.parametrize("kind", ["renewed", "gaps", "squares", "limits"])
def test_networks_of_many_features_have_the_objective_of_their_own_optimize(kind: str) -> None:
    both = compared([*TOGETHER[kind]], 0, as_csv=kind in ("renewed", "squares"))
    assert both.pypsa is not NO_OPTIMUM
    assert_same_optimum(both)


@given(**NETWORKS)
@settings(max_examples=FEW_EXAMPLES, **UNHURRIED)  # type: ignore[arg-type]
def test_a_network_has_the_objective_of_its_own_optimize(features: list[str], seed: int, as_csv: bool) -> None:
    assert_same_optimum(compared(features, seed, as_csv))


def test_a_store_that_must_be_filled_faster_than_plants_ramp_has_no_optimum_in_either() -> None:
    both = compared(["generators.ramp_limit_up", "stores.e_min_pu", "stores.e_set with gaps"], 0, as_csv=False)
    assert both.pypsa is NO_OPTIMUM
    assert_same_optimum(both)


def test_an_energy_limit_of_what_is_out_of_service_binds_nothing() -> None:
    both = compared(["active", "generators.e_sum_max"], 0, as_csv=False)  # seed 0 takes the plant with the limit out
    assert both.ours == pytest.approx(both.pypsa, rel=1e-6)
    assert both.imbalance < TOLERANCE


def test_squares_that_go_round_in_a_circle_have_their_optimum() -> None:
    # HiGHS's active-set method never stops at the optimum of this network, in PyPSA or here
    both = compared([*TOGETHER["squares of a link"]], 1, as_csv=False)
    assert both.ours == pytest.approx(both.pypsa, rel=1e-6)
    assert both.imbalance < TOLERANCE


def test_buses_are_balanced_where_squares_are_left_to_the_interior_point() -> None:
    # with HiGHS's own tolerance a bus of this network missed 2e-6 MW
    features = [
        "storage_units",
        "generators.p_min_pu",
        "global_constraints",
        "links.p_min_pu",
        "links.efficiency series",
        "links.marginal_cost_quadratic",
        "storage_units.state_of_charge_set",
        "generators.p_max_pu of zero and below",
        "snapshot weightings",
        "stores.marginal_cost_storage",
        "generators.marginal_cost series",
        "lines.s_max_pu of zero",
    ]
    assert_same_optimum(compared(features, 808, as_csv=False))


@pytest.mark.slow
@given(**NETWORKS_OF_MANY_FEATURES)
@settings(max_examples=SLOW_EXAMPLES, **UNHURRIED)  # type: ignore[arg-type]
def test_many_networks_have_the_objective_of_their_own_optimize(features: list[str], seed: int, as_csv: bool) -> None:
    assert_same_optimum(compared(features, seed, as_csv))


FEATURES_OF_LONG = (
    "generators.p_min_pu",
    "lines.s_max_pu of zero",
    "stores.standing_loss",
    "stores.e_cyclic",
    "links.bus4",
)


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 10))])
def test_interior_point_of_a_random_network_has_the_optimum_of_the_simplex(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten days of ten networks with up to five features, as if they were long."""
    chance = np.random.default_rng(seed)
    n = plain_network(chance, hours=240)
    for feature in FEATURES_OF_LONG:
        if chance.random() < 0.5:
            SOLVED[feature](n, chance)
    path = written(n, tmp_path, as_csv=False)
    asked_inputs = inputs(read_case(path), asked(path))
    expected = Engine(asked_inputs).solve(asked_inputs)
    monkeypatch.setattr(attempts, "LONG_HORIZON", 0)
    interior = Engine(asked_inputs).solve(asked_inputs)
    assert interior.objective == pytest.approx(expected.objective, rel=1e-7)
    assert max(audit(interior).values()) < TOLERANCE


@pytest.mark.slow
@pytest.mark.parametrize("feature", sorted(SOLVED))
def test_each_feature_by_itself(feature: str) -> None:
    assert_same_optimum(compared([feature], 1, as_csv=False))


@pytest.mark.parametrize("feature", sorted(REFUSED))
def test_what_is_not_taken_is_refused_by_its_attribute(feature: str, tmp_path: Path) -> None:
    change, word = REFUSED[feature]
    chance = np.random.default_rng(1)
    n = plain_network(chance)
    change(n, chance)
    path = written(n, tmp_path, as_csv=False)
    with pytest.raises(InputError, match=word):
        inputs(read_case(path), asked(path))


SWEPT = {
    "generators.cheap.p_nom": [30.0, 70.0, 120.0],
    "lines.ab.s_nom": [5.0, 25.0, 45.0],
    "lines.ab.x": [2.0, 15.0, 40.0],
    "links.past.efficiency": [0.5, 0.8, 1.0],
    "stores.store.e_nom": [30.0, 50.0],
}
WITH_LAWS_OF_THEIR_OWN = [
    "generators.ramp_limit_up",
    "generators.ramp_limit_down with gaps",
    "generators.e_sum_max",
    "generators.marginal_cost_quadratic",
    "stores.standing_loss",
    "storage_units",
    "transformers.tap_ratio",
    "global_constraints",
    "links.ramp_limit_up",
    "lines.v_ang_max",
]


def changed_by_hand(path: Path, key: str, value: float) -> float | None:
    """Return the optimum of the network with one number changed as a user would in PyPSA."""
    component, name, attribute = key.split(".")
    with quiet_pypsa():
        n = pypsa.Network(str(path))
    n.c[component].static.loc[name, attribute] = value
    return optimum(n)


SWEPT_NETWORKS = {
    "features": st.lists(st.sampled_from(WITH_LAWS_OF_THEIR_OWN), unique=True, min_size=1, max_size=4),
    "keys": st.lists(st.sampled_from(sorted(SWEPT)), unique=True, min_size=2, max_size=2),
    "backwards": st.booleans(),
    "seed": st.integers(0, 100),
}


def swept_and_single(
    features: list[str], keys: list[str], backwards: bool, seed: int, values_swept: int = 3
) -> Iterator[tuple[list[float], list[float]]]:
    """Yield the objectives of each sweep and of its runs one by one [$]; NaN where there is no optimum."""
    chance = np.random.default_rng(seed)
    n = plain_network(chance)
    for name in features:
        SOLVED[name](n, chance)
    with tempfile.TemporaryDirectory() as folder:
        path = written(n, Path(folder), as_csv=False)
        case, scenario = read_case(path), asked(path)
        by_hand: dict[tuple[str, float], float | None] = {}
        for key in [*keys, keys[0]]:  # the first once more, after the other
            values = SWEPT[key][:values_swept][:: -1 if backwards else 1]
            swept = sweep(case, scenario, {f"values.{key}": values}, workers=1)["objective"]
            for value in values:
                if (key, value) not in by_hand:
                    by_hand[key, value] = changed_by_hand(path, key, value)
            single = [by_hand[key, value] for value in values]
            yield swept.to_numpy().tolist(), [np.nan if one is NO_OPTIMUM else one for one in single]


def test_a_sweep_is_its_runs_one_by_one_in_any_order_after_any_other() -> None:
    """A network that PyPSA builds anew for every point, swept downwards; the slow test sweeps five at random."""
    features = ["generators.ramp_limit_up", "stores.standing_loss"]
    keys = ["generators.cheap.p_nom", "lines.ab.x"]
    for swept, single in swept_and_single(features, keys, backwards=True, seed=0, values_swept=2):
        assert single[0] != single[1]
        np.testing.assert_allclose(swept, single, rtol=1e-6, atol=1e-4)


@pytest.mark.slow
@given(**SWEPT_NETWORKS)
@settings(max_examples=5, **UNHURRIED)  # type: ignore[arg-type]
def test_many_sweeps_are_their_runs_one_by_one(
    features: list[str], keys: list[str], backwards: bool, seed: int
) -> None:
    for swept, single in swept_and_single(features, keys, backwards, seed):
        np.testing.assert_allclose(swept, single, rtol=1e-6, atol=1e-4)


@pytest.mark.parametrize("feature", ["storage_units", "transformers.tap_ratio", "generators.ramp_limit_up"])
def test_an_event_is_its_availability_written_by_hand(feature: str, tmp_path: Path) -> None:
    # what hits the cheap plant in hours 2 and 3 is p_max_pu of 0.4 there
    chance = np.random.default_rng(2)
    n = plain_network(chance)
    SOLVED[feature](n, chance)
    path = written(n, tmp_path, as_csv=False)
    event = {"name": "e", "kind": "derating", "cause": "x", "where": ["generators.cheap"], "depth": 0.6}
    out = {**event, "start": "2028-04-01T01:00", "duration": "2h"}
    result = solve(inputs(read_case(path), asked(path, events=[out])))
    n.generators_t.p_max_pu["cheap"] = [1.0, 0.4, 0.4, 1.0]
    assert result.objective == pytest.approx(optimum(n), rel=1e-6)
