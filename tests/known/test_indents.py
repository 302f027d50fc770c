"""Irrigation is short of water where a year has not enough, by the least that there is, and nowhere else."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

import energy
from energy.case import read_case
from energy.errors import SolverError
from energy.metrics import TOLERANCE, audit
from energy.metrics.unmet_irrigation import unmet_irrigation
from energy.model import Inputs, inputs
from energy.model.objective import LACKING
from energy.scenario import Scenario, read_scenario
from energy.solve import Result
from energy.solve.engine import Engine
from energy.solve.lp import matrix_of
from energy.solve.pattern_cache import program_of

LEAST = 0.01  # MWh by which a service may miss its optimum, at most
COARSE = {"time.resolution": "typical-days-24h"}
"""Water is short by the season, so that a day a month shows it."""

CASE, BASE = read_case("casa1000"), read_scenario("baseline", overrides=COARSE)
DRAWS = [(1, 0), (1, 3), (1, 4), (1, 7), (1, 22), (1, 26), (7, 5), (7, 19), (7, 35), (7, 36)]
SHORT = {
    (1, 0): "Tarbela indent lacking",
    (1, 3): "Mangla indent lacking",
    (1, 4): "Mangla indent lacking",
    (1, 22): "Nurek irrigation lacking",
    (1, 26): "Nurek irrigation lacking",
    (7, 5): "Mangla indent lacking",
    (7, 19): "Tarbela indent lacking",
    (7, 35): "Nurek irrigation lacking",
}


@cache
def engine(base: Scenario = BASE) -> Engine:
    return Engine(inputs(CASE, base))


@cache
def drawn(seed: int, draw: int) -> Result:
    return engine().solve(inputs(CASE, BASE.replace(hydrology={"seed": seed, "draw": draw})))


def least_lacking(found: Inputs) -> float:
    """Return the least water that any operation of rivers and power would leave lacking [hm³]."""
    structure = program_of(found)[1]
    problem = structure.problem(found)
    is_lacking = (found.components["generators"]["carrier"] == LACKING).to_numpy()
    cost = np.zeros(len(problem.cost))
    hours = found.axis.weightings["stores"].to_numpy()[:, None]
    cost[structure.columns["generators", "p"][:, is_lacking]] = hours
    rows = LinearConstraint(matrix_of(structure, problem), problem.row_lower, problem.row_upper)
    answer = milp(cost, constraints=rows, bounds=Bounds(problem.lower, problem.upper))
    assert answer.status == 0, answer.message
    return float(answer.fun)


@pytest.mark.parametrize(("seed", "draw"), DRAWS)
def test_every_drawn_year_has_a_solution_that_audits(seed: int, draw: int) -> None:
    found = drawn(seed, draw)
    assert max(audit(found).values()) < TOLERANCE
    lacking = unmet_irrigation(found)
    assert set(lacking.index[lacking > 0]) == {SHORT[seed, draw]} if (seed, draw) in SHORT else not lacking.any()


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "draw"), DRAWS)
def test_every_drawn_year_has_a_solution_at_the_usual_resolution(seed: int, draw: int) -> None:
    usual = read_scenario("baseline")
    found = engine(usual).solve(inputs(CASE, usual.replace(hydrology={"seed": seed, "draw": draw})))
    assert max(audit(found).values()) < TOLERANCE
    coarse = unmet_irrigation(drawn(seed, draw))
    # a day of eight steps holds the mean of its month, so that what lacks in a season is the same
    np.testing.assert_allclose(unmet_irrigation(found), coarse, rtol=1e-3, atol=1.0)


@pytest.mark.parametrize(("seed", "draw"), SHORT)
def test_no_water_is_kept_from_irrigation_for_power(seed: int, draw: int) -> None:
    found = drawn(seed, draw)
    lacking = float(unmet_irrigation(found).sum())
    assert lacking > 1
    assert lacking == pytest.approx(least_lacking(found.inputs), rel=1e-6)


@pytest.mark.parametrize("hydrology", ["median", "dry", "wet", "1995", "2001", "2014"])
@pytest.mark.parametrize("objective", ["transfer", "dispatch"])
def test_years_of_the_record_lack_nothing(hydrology: str, objective: str) -> None:
    found = engine().solve(inputs(CASE, BASE.replace(hydrology=hydrology, objective=objective)))
    assert len(unmet_irrigation(found)) == 5
    assert not unmet_irrigation(found).any()


def test_least_cost_keeps_no_water_from_irrigation_either() -> None:
    found = engine().solve(inputs(CASE, BASE.replace(hydrology={"seed": 1, "draw": 26}, objective="dispatch")))
    assert float(unmet_irrigation(found).sum()) == pytest.approx(float(unmet_irrigation(drawn(1, 26)).sum()), rel=1e-6)


@settings(max_examples=12, deadline=None)
@given(
    st.integers(0, 2**53), st.integers(0, 2**53), st.sampled_from([None, 0.0, 0.8]),
    st.floats(0, 30), st.floats(0.3, 1.5), st.sampled_from(["transfer", "dispatch"]),
)  # fmt: skip
def test_any_drawn_year_can_be_run(
    seed: int, draw: int, dependence: float | None, melt: float, volume: float, objective: str
) -> None:
    water = {"seed": seed, "draw": draw, "shift": {"melt_days": melt, "volume": volume}}
    water |= {} if dependence is None else {"dependence": dependence}
    found = engine().solve(inputs(CASE, BASE.replace(hydrology=water, objective=objective)))
    assert set(found.yielded) <= set(CASE.rules.yield_order)
    assert max(audit(found).values()) < TOLERANCE
    assert (unmet_irrigation(found) >= 0).all()
    assert max(found.gains.values(), default=0.0) <= LEAST


@pytest.mark.parametrize("objective", ["transfer", "dispatch"])
def test_a_year_of_little_water_ends_at_an_optimum(objective: str) -> None:
    """Half of this year's water: a vertex that breaks an indent by less than HiGHS's tolerance was an optimum to it."""
    water = {"seed": 62953752148, "draw": 4, "shift": {"melt_days": 12.448262158008403, "volume": 0.5}}
    asked = BASE.replace(hydrology=water | {"dependence": 0.8}, objective=objective)
    found = engine().solve(inputs(CASE, asked))
    assert max(audit(found).values()) < TOLERANCE
    assert float(unmet_irrigation(found).sum()) == pytest.approx(least_lacking(found.inputs), rel=1e-6)
    assert list(found.yielded) == ["nurek_winter_release", "toktogul_minimum_flow", "nurek_end"]
    assert max(found.gains.values(), default=0.0) <= LEAST


def test_what_passes_and_what_is_lacking_are_what_was_asked() -> None:
    found = drawn(1, 22)
    axis = found.inputs.axis
    inside = axis.snapshots.month.isin(range(4, 10))
    released = float(found.flow("links")["Nurek release"].to_numpy()[inside] @ found.hours[inside])
    asked = CASE.rules.rules["nurek_growing_release"].at_least
    assert released + float(unmet_irrigation(found)["Nurek irrigation lacking"]) == pytest.approx(asked, rel=1e-6)


PLAIN = """
import logging, sys
logging.disable(logging.WARNING)
import pypsa
pypsa.options.api.legacy_string_dtype = False
import energy
n = pypsa.Network(sys.argv[1])
n.optimize(extra_functionality=energy.extra_functionality, include_objective_constant=False, log_to_console=False)
hours = n.snapshot_weightings["objective"]
sold = n.links.index[n.links["service"] == "casa"]
lacks = n.generators.index[n.generators["carrier"] == "lacking water"]
print(-float(hours @ n.links_t.p1[sold].sum(axis=1)), float(hours @ n.generators_t.p[lacks].sum(axis=1)))
"""


@pytest.mark.slow
def test_plain_pypsa_agrees_on_a_year_that_is_short(tmp_path: Path) -> None:
    found = drawn(1, 22)
    found.network().export_to_netcdf(tmp_path / "short.nc")
    done = subprocess.run(
        [sys.executable, "-c", PLAIN, tmp_path / "short.nc"], capture_output=True, text=True, check=True
    )
    delivered, lacking = map(float, done.stdout.split()[-2:])
    assert delivered == pytest.approx(found.services["casa"], rel=1e-5)
    assert lacking == pytest.approx(float(unmet_irrigation(found).sum()), rel=1e-5)


def missing_at_nurek(found: Inputs) -> float:
    """Return by hand what irrigation from Nurek lacks of its 9,000 hm³ [hm³].

    From April to September Nurek has what it starts with and what the Vakhsh brings, but for what Rogun keeps back to
    fill. On 1 October it must hold 80 % of its 4,000 hm³, and with the river of the winter what the winter's release of
    7,200 hm³ takes, and at the end its start again. The rest is what irrigation gets.
    """
    hours = found.axis.weightings["stores"].to_numpy(float)
    is_summer = found.axis.snapshots.month.isin(range(4, 10))
    rivers = -found.values("loads", "p_set")[["Vakhsh inflow", "Vakhsh inflow to Nurek"]].sum(axis=1).to_numpy()
    summer, winter = float(rivers[is_summer] @ hours[is_summer]), float(rivers[~is_summer] @ hours[~is_summer])
    start = end = 100.0
    october = max(0.8 * 4000.0, 7200.0 + end - winter)
    kept_for_rogun = 880.0
    return 9000.0 - (start + summer - kept_for_rogun - october)


def test_a_run_says_what_is_lacking() -> None:
    from energy.report.run_text import run_text
    from energy.results.run_folder import manifest_of

    short = energy.run(CASE, BASE.replace(hydrology={"seed": 1, "draw": 26}))
    lacking = least_lacking(short.result.inputs)
    assert lacking == pytest.approx(missing_at_nurek(short.result.inputs), abs=0.1)
    said = [part for part in run_text(short) if isinstance(part, str)]
    assert f"Not enough water for irrigation: Nurek irrigation lacking {lacking:.0f} hm3" in said
    assert manifest_of(short, 0.0)["lacking_water"]["Nurek irrigation lacking"] == pytest.approx(lacking, abs=1e-3)
    full = [part for part in run_text(energy.run(CASE, BASE)) if isinstance(part, str)]
    assert not any("irrigation" in part.lower() and "enough" in part for part in full)


def test_a_flood_lets_the_shape_of_toktogul_yield_by_as_little_as_it_must() -> None:
    """A quarter more water in a year as wet as this one: what April brings beyond the reservoir and 290 m³/s.

    By hand: Toktogul starts with 1,500 of 13,000 hm³ and may let go no more than the rule's flow month by month. What
    it then holds at the end of a month beyond 13,000 hm³ has to pass, and no rule but this one can let it.
    """
    flood = {"seed": 123691, "draw": 183, "shift": {"volume": 1.25}}
    found = engine().solve(inputs(CASE, BASE.replace(hydrology=flood)))
    assert max(audit(found).values()) < TOLERANCE
    assert list(found.yielded) == ["toktogul_growing_shape"]
    inflow = -found.inputs.values("loads", "p_set")[["Naryn inflow", "Naryn inflow to Toktogul"]].sum(axis=1).to_numpy()
    most = CASE.rules.rules["toktogul_growing_shape"].at_most
    months = found.inputs.axis.snapshots.month.to_numpy()
    content, excess = 1500.0, 0.0
    for month in range(4, 10):
        hours = found.hours * (months == month)
        content += float((inflow - 0.0036 * most[month]) @ hours)
        spilled = max(content - 13_000.0, 0.0)
        content -= spilled
        excess += spilled
    assert found.yielded["toktogul_growing_shape"] == pytest.approx(excess, abs=1e-3)


def test_a_rule_yields_after_those_before_it() -> None:
    """With 60 percent of a dry year's water irrigation goes without first, and the winter's release is last."""
    dry = {"seed": 1, "draw": 26, "shift": {"volume": 0.6}}
    found = engine().solve(inputs(CASE, BASE.replace(hydrology=dry)))
    assert max(audit(found).values()) < TOLERANCE
    assert unmet_irrigation(found)["Nurek irrigation lacking"] > 1000
    order = CASE.rules.yield_order
    released = found.flow("links")["Nurek release"]
    winter = released.index.month.isin([10, 11, 12, 1, 2, 3])
    volume = float(released.to_numpy()[winter] @ found.hours[winter])
    asked_for = CASE.rules.rules["nurek_winter_release"].at_least
    assert found.yielded["nurek_winter_release"] == pytest.approx(asked_for - volume, abs=0.1)
    # Nurek is empty before its winter release yields: the rules before it have given all that they had
    assert found.yielded["nurek_end"] == pytest.approx(100.0, abs=0.1)
    assert found.values["stores", "e"]["Nurek"].iloc[-1] == pytest.approx(0.0, abs=0.1)
    assert order.index("nurek_end") < order.index("nurek_winter_release")


def test_a_case_without_an_order_refuses_what_its_rivers_cannot_keep(tmp_path: Path) -> None:
    place = tmp_path / "hard"
    shutil.copytree(CASE.path, place)
    rules = (place / "rules.yaml").read_text()
    start, end = rules.index("\nyield_order:"), rules.index("\ncontract:")
    (place / "rules.yaml").write_text(rules[:start] + rules[end:])
    hard = energy.read_case(place)
    flood = BASE.replace(hydrology={"seed": 123691, "draw": 183, "shift": {"volume": 1.25}})
    with pytest.raises(SolverError, match="toktogul_growing_shape"):
        Engine(inputs(hard, flood)).solve(inputs(hard, flood))


def test_a_run_says_what_yielded() -> None:
    from energy.report.run_text import run_text
    from energy.results.run_folder import manifest_of

    flood = {"seed": 123691, "draw": 183, "shift": {"volume": 1.25}}
    run = energy.run(CASE, BASE.replace(hydrology=flood))
    said = [part for part in run_text(run) if isinstance(part, str)]
    assert "Rules of the water that the rivers could not keep: toktogul_growing_shape 61 hm3" in said
    assert manifest_of(run, 0.0)["yielded_water"]["toktogul_growing_shape"] == pytest.approx(60.5, abs=0.1)
