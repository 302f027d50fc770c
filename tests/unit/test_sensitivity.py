"""Sensitivity: known indices, ranges from evidence, what is random against what is unknown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from energy.analysis.parallel import solve_points
from energy.analysis.risk.season_sample import SamplingDesign
from energy.analysis.scenario_metrics import Metrics
from energy.analysis.sensitivity.aleatory_epistemic import random_and_unknown
from energy.analysis.sensitivity.linked_parameters import with_linked_parameters
from energy.analysis.sensitivity.sensitivity import Sensitivity, SensitivityBudget, sensitivity
from energy.analysis.sensitivity.sensitivity_indices import LEVELS, screened, sobol, tornado, variance_split
from energy.analysis.sensitivity.uncertain_parameters import (
    UncertainParameter,
    uncertain_parameters,
    with_uncertain_parameters,
)
from energy.analysis.sweep import journaled_runs
from energy.analysis.sweep.store import JOURNAL, Journal
from energy.case import Case, read_case
from energy.errors import SolverError
from energy.model import inputs
from energy.report.sensitivity_text import sensitivity_notes, sensitivity_record
from energy.scenario import Scenario, read_hazards, read_scenario
from energy.scenario.value_key import short
from energy.solve.structure_hash import structure_key

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
    assert list(bars.index) == ["a", "b", "c", "d"]
    assert bars.loc["b", ["at low", "at high"]].tolist() == pytest.approx([9.5, 7.5])
    assert bars["swing"].tolist() == pytest.approx(np.abs(WEIGHTS).tolist())


def test_effects_are_those_of_salib() -> None:
    from SALib.analyze import morris as analyze
    from SALib.sample import morris as sample

    def curved(shares: np.ndarray) -> np.ndarray:
        return 3 * shares[:, 0] ** 2 - shares[:, 1] * shares[:, 2] + np.sin(5 * shares[:, 3])

    problem = {"num_vars": 4, "names": NAMES, "bounds": [[0.0, 1.0]] * 4}
    paths = sample.sample(problem, 7, num_levels=LEVELS, seed=3)
    theirs = analyze.analyze(problem, paths, curved(paths), num_levels=LEVELS, seed=3)
    ours = screened(curved, NAMES, 7, seed=3).loc[NAMES]
    assert ours["mu_star"].to_numpy() == pytest.approx(np.asarray(theirs["mu_star"]))
    assert ours["sigma"].to_numpy() == pytest.approx(np.asarray(theirs["sigma"]))


def holed(shares: np.ndarray) -> np.ndarray:
    """Return the linear model, without a value in a fifth of all points."""
    return np.where(np.random.default_rng(5).random(len(shares)) < 0.2, np.nan, linear(shares))


def test_points_without_an_optimum_count_nowhere() -> None:
    # put in as the mean of the others, a missing point would bend every effect beside it
    found = screened(holed, NAMES, 12, seed=1).loc[NAMES]
    assert found["mu_star"].to_numpy() == pytest.approx(np.abs(WEIGHTS))
    assert (found["effects"] < 12).all()
    indices = sobol(holed, NAMES, 4096, seed=1).loc[NAMES]  # 0.8⁶ of the blocks are whole
    assert indices["ST"].to_numpy() == pytest.approx(WEIGHTS**2 / (WEIGHTS**2).sum(), abs=0.05)
    nothing = sobol(lambda shares: np.full(len(shares), np.nan), NAMES, 8, seed=1)
    assert nothing.isna().all(axis=None)


def test_a_bar_without_an_end_is_what_is_left_of_it() -> None:
    # 8 in the middle; "a" would go from 5 to 11 and has no value above, "b" goes from 9 to 7
    def holed_end(shares: np.ndarray) -> np.ndarray:
        return np.where(shares[:, 0] == 1, np.nan, 8 + 6 * (shares[:, 0] - 0.5) - 2 * (shares[:, 1] - 0.5))

    bars = tornado(holed_end, ["a", "b"], [0.5, 0.5])
    assert bars["swing"].to_dict() == {"a": 3.0, "b": 2.0}
    assert np.isnan(bars.at["a", "at high"])


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


@cache
def read_parameters() -> list[UncertainParameter]:
    return uncertain_parameters(read_case("casa1000"), read_scenario("baseline"))


def test_unknown_numbers_of_the_case_can_be_set(casa1000: Case) -> None:
    scenario = read_scenario("baseline")
    found = read_parameters()
    keys = {unknown.key for unknown in found}
    assert "values.links.TJ - AF 220 kV.p_nom" in keys
    assert "rules.nurek_growing_release.at_least" in keys
    assert "values.links.Rogun unit 3 turbine.build_year" in keys
    assert "rules.rogun_filling.yearly" in keys
    assert len(found) > 300
    one = next(u for u in found if u.key == "values.links.TJ - AF 220 kV.p_nom")
    changed = with_uncertain_parameters(casa1000, scenario, [one], [0.25])
    assert changed.values["links.TJ - AF 220 kV.p_nom"] == pytest.approx(one.low + 0.25 * (one.high - one.low))
    assert uncertain_parameters(casa1000, scenario, ["values.lines.*"]) == [
        u for u in found if u.key.startswith("values.lines.")
    ]


def _base(unknown: UncertainParameter) -> float:
    return (unknown.base - unknown.low) / (unknown.high - unknown.low)


@pytest.mark.parametrize("asked", ["baseline", "altered"])
def test_all_numbers_at_their_base_are_the_scenario(casa1000: Case, asked: str) -> None:
    # a key that means something else than its row of evidence, a factor for a value or too many components, shows here;
    # so does a number of the scenario's own that is overwritten, and a rule that is off and comes back
    altered = {
        "growth": "high",
        "values": {"links.Sangtuda-1 turbine.efficiency": 130, "loads.TJ * demand.share": 1 / 3},
        "rules": {
            "toktogul_start": {"level": 3000},
            "kairakkum_irrigation": "off",
            "kairakkum_irrigation_shape": "off",
        },
    }
    changes = altered if asked == "altered" else {}
    scenario = read_scenario("baseline", overrides={"time.resolution": "typical-days-24h", **changes})
    found = uncertain_parameters(casa1000, scenario)
    same = with_uncertain_parameters(casa1000, scenario, found, [_base(unknown) for unknown in found])
    assert len(same.values) > 400
    assert [name for name, change in same.rules.items() if change == "off"] == [
        name for name, change in scenario.rules.items() if change == "off"
    ]
    before, after = [answer.values for answer in solve_points(casa1000, [scenario, same], Metrics())]
    for name in ("delivered", "objective", "unserved"):
        assert float(after[name]) == pytest.approx(float(before[name]), rel=1e-5, abs=1e-3)


@pytest.mark.slow
def test_ranges_do_not_contradict_each_other(casa1000: Case) -> None:
    scenario = read_scenario("baseline", overrides={"time.resolution": "typical-days-24h"})
    found = uncertain_parameters(casa1000, scenario)
    shares = np.random.default_rng(11).random((5, len(found))).tolist()
    points = [with_uncertain_parameters(casa1000, scenario, found, row) for row in shares]
    seasons = []
    for answer in solve_points(casa1000, points, Metrics()):
        assert not answer.reason
        seasons.append(float(answer.values["delivered"]))
    assert max(seasons) - min(seasons) > 500  # and they move the answer


def _key(found: list[UncertainParameter], key: str) -> UncertainParameter:
    return next(unknown for unknown in found if unknown.key == key)


def test_dates_of_build_are_whole_years_of_one_program(casa1000: Case) -> None:
    """The third unit is drawn from 2027 to 2030; in 2029 and 2030 it gives nothing in the season of 2028."""
    scenario = read_scenario("baseline")
    found = read_parameters()
    third = _key(found, "values.links.Rogun unit 3 turbine.build_year")
    assert [third.at(share) for share in (0.0, 0.26, 0.51, 0.76, 1.0)] == [2027, 2028, 2029, 2030, 2030]
    assert third.at(_base(third)) == third.base
    drawn = [with_uncertain_parameters(casa1000, scenario, [third], [share]) for share in (0.0, 0.3, 0.6, 1.0)]
    built = [inputs(casa1000, one) for one in drawn]
    flows = [one.components["links"].at["Rogun unit 3 turbine", "p_nom"] for one in built]
    assert flows == [0.9, 0.9, 0.0, 0.0]
    assert len({structure_key(one) for one in built}) == 1
    # dates before the season mean the same, and so do those after it: such sets start from one anchor
    assert drawn[0].values == drawn[1].values
    assert drawn[2].values == drawn[3].values
    # the line under study is what the scenario asks about; what stands in every year of its range is no question
    dates = [unknown.key for unknown in found if unknown.key.endswith(".build_year")]
    assert not any("HVDC" in key or "Rogun unit 1" in key or "open access" in key for key in dates)
    table = casa1000.components
    for key in dates:
        component, _, rest = key.removeprefix("values.").partition(".")
        name = rest.removesuffix(".build_year")
        assert name in table[component].index


def test_a_late_runner_leaves_the_temporary_one_in_place(casa1000: Case) -> None:
    """In 2027 the permanent runners are due; drawn a year later, the temporary ones still turn."""
    scenario = read_scenario("baseline", overrides={"year": 2027})
    first = _key(uncertain_parameters(casa1000, scenario), "values.links.Rogun unit 1 turbine.build_year")
    late = inputs(casa1000, with_uncertain_parameters(casa1000, scenario, [first], [1.0])).components["links"]
    due = inputs(casa1000, with_uncertain_parameters(casa1000, scenario, [first], [0.5])).components["links"]
    assert late.at["Rogun unit 1 turbine", "p_nom"] == 0
    assert late.at["Rogun unit 1 temporary turbine", "p_nom"] == 0.3
    assert "Rogun unit 2 temporary turbine" not in late.index
    assert due.at["Rogun unit 1 turbine", "p_nom"] == 0.9
    assert "Rogun unit 1 temporary turbine" not in due.index


def test_a_pattern_leaves_alone_what_has_a_row_of_its_own() -> None:
    found = read_parameters()
    mouths = _key(found, "values.generators.* mouth.p_nom")
    assert "values.generators.Syr Darya mouth.p_nom" in mouths.places
    assert "values.generators.Indus mouth.p_nom" not in mouths.places
    assert sum("values.generators.Indus mouth.p_nom" in unknown.places for unknown in found) == 1
    places = [place for unknown in found for place in unknown.places]
    assert len(places) == len(set(places))


def test_a_pattern_leaves_alone_what_is_known(two_bus: Case) -> None:
    evidence = two_bus.evidence.iloc[:2].assign(
        component="links", name=["*", "line"], attribute="p_nom", base=[1.0, 100.0], low=[0.5, 100.0], high=[2.0, 100.0]
    )
    found = uncertain_parameters(replace(two_bus, evidence=evidence), read_scenario("two_bus"))
    assert set(found[0].places) == {"values.links.turbine.p_nom", "values.links.spill.p_nom"}


def test_both_bounds_of_what_must_run_are_one_number(casa1000: Case) -> None:
    found = read_parameters()
    supply = _key(found, "values.profiles/monthly.IR - PK 132 kV.p_max_pu")
    assert supply.places[1:] == ("values.profiles/monthly.IR - PK 132 kV.p_min_pu",)
    assert not any(unknown.key == supply.places[1] for unknown in found)


def test_a_series_of_a_profile_has_a_factor_and_a_single_number_its_value(casa1000: Case) -> None:
    scenario = read_scenario("baseline")
    (curve,) = uncertain_parameters(casa1000, scenario, ["*loss_curve*bipole.quadratic"])
    # evidence: 0.0000638/MW, 0.0000454 to 0.000081
    changed = with_uncertain_parameters(casa1000, scenario, [curve], [1.0])
    assert changed.values["profiles/loss_curve.HVDC pole ? *.bipole.quadratic"] == pytest.approx(0.000081)
    (cost,) = uncertain_parameters(casa1000, scenario, ["values.profiles/monthly.PK south local gas.marginal_cost"])
    changed = with_uncertain_parameters(casa1000, scenario, [cost], [1.0])
    assert changed.values["profiles/monthly.PK south local gas.marginal_cost"] == pytest.approx(cost.high)
    assert cost.base == 1


def test_demand_has_the_range_of_its_paths(casa1000: Case) -> None:
    scenario = read_scenario("baseline")
    paths = casa1000.profiles["demand_year"].loc[("TJ", scenario.year)]
    demand = _key(uncertain_parameters(casa1000, scenario), f"values.profiles/demand_year.TJ.{scenario.year}")
    assert demand.low == pytest.approx(paths["low"] / paths["central"])
    assert demand.high == pytest.approx(paths["high"] / paths["central"])
    assert demand.places[1] == f"values.profiles/demand_year.TJ.{scenario.year + 1}"
    grown = _key(uncertain_parameters(casa1000, scenario.replace(growth="high")), demand.key)
    assert (grown.base, grown.high) == (1.0, 1.0)


def test_what_follows_a_moved_number(casa1000: Case) -> None:
    scenario = read_scenario("baseline")
    # shares 0.28, 0.44, 0.28 with the last at 0.34: all over 1.06
    south = "values.loads.TJ south demand.share"
    shares = with_linked_parameters(casa1000, scenario, {south: 0.34})
    assert shares[south] == pytest.approx(0.34 / 1.06)
    assert shares["values.loads.TJ centre demand.share"] == pytest.approx(0.44 / 1.06)
    assert sum(shares.values()) == pytest.approx(1)
    # 5.04 hm3/h at 550 MWh/hm3 are 2,772 MW: at 600 they need 4.62 hm3/h; at 490 the flow stays
    turbine = "values.links.Nurek turbine"
    better = with_linked_parameters(casa1000, scenario, {f"{turbine}.efficiency": 600.0})
    assert better[f"{turbine}.p_nom"] == pytest.approx(4.62)
    moved = {f"{turbine}.efficiency": 600.0, f"{turbine}.p_nom": 6.0}
    assert with_linked_parameters(casa1000, scenario, moved)[f"{turbine}.p_nom"] == pytest.approx(5.5)
    assert list(with_linked_parameters(casa1000, scenario, {f"{turbine}.efficiency": 490.0})) == [
        f"{turbine}.efficiency"
    ]
    # 375.2 $/MWh is the last step of rationing, 335.2 the first: at 250.13 a third less, and so is the first
    last = "values.generators.unserved TJ north.marginal_cost"
    prices = with_linked_parameters(casa1000, scenario, {last: 2 / 3 * 375.2})
    assert prices["values.generators.unserved TJ north step 1.marginal_cost"] == pytest.approx(2 / 3 * 335.2)
    assert prices[last] == pytest.approx(2 / 3 * 375.2)
    assert not any("KG" in key for key in prices)
    # Kairakkum starts with 2,300 hm3
    small = with_linked_parameters(casa1000, scenario, {"values.stores.Kairakkum.e_nom": 2000.0})
    assert small["rules.kairakkum_start.level"] == 2000.0
    assert len(with_linked_parameters(casa1000, scenario, {"values.stores.Kairakkum.e_nom": 2500.0})) == 1


def test_ends_of_the_line_on_two_bus(two_bus: Case) -> None:
    # the season has 3,672 h; the contract's 100 MW bind at the sending end, and the line where it is smaller
    scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    line = uncertain_parameters(two_bus, scenario, ["values.links.line.*"])
    found = sensitivity(two_bus, scenario, line, sizes=SensitivityBudget(trajectories=3, base=0, spread=20))
    ends = found.numbers[["at low", "at high"]]
    hours = 3.672  # thousands
    assert ends.loc["values.links.line.efficiency"].tolist() == pytest.approx([93 * hours, 97 * hours], abs=0.01)
    assert ends.loc["values.links.line.p_nom"].tolist() == pytest.approx([85.5 * hours, 95 * hours], abs=0.01)
    assert found.spread.shape == (20,)
    assert (np.diff(found.spread) >= 0).all()
    assert found.spread[0] > 90 * 0.93 * hours
    assert found.spread[-1] < 97 * hours
    assert (found.failed, found.reason) == (0, "")
    assert found.explained == pytest.approx(1)  # nothing but what was screened was moved
    # two ends of two and the base, 3 · 3 of the paths, 20 sets twice, the scenario as it is
    assert found.points == 5 + 9 + 40 + 1


def test_what_was_screened_explains_the_spread(two_bus: Case) -> None:
    # the gas plant makes up for the turbine, so that the line's efficiency is all that moves the delivery
    scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    idle = uncertain_parameters(two_bus, scenario, ["values.links.turbine.*"])
    (line,) = uncertain_parameters(two_bus, scenario, ["values.links.line.efficiency"])
    sizes = SensitivityBudget(looked_at=1, trajectories=2, base=0, spread=16)
    found = sensitivity(two_bus, scenario, [*idle, line], sizes=sizes)
    assert found.numbers.index[0] == line.key
    assert found.explained == pytest.approx(1)


def test_no_optimum_anywhere_is_said(two_bus: Case) -> None:
    scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    key = "values.generators.river mouth.p_nom"
    dammed = UncertainParameter(key, 0.0, 0.0, 0.01, "hm3/h", "C", (key,))  # the river brings 0.2 hm³/h
    with pytest.raises(SolverError, match="none of 3 sets of numbers has an optimum; the first: two_bus: infeasible"):
        sensitivity(two_bus, scenario, [dammed], sizes=SensitivityBudget())


def test_two_bus_ranks_what_binds(two_bus: Case) -> None:
    scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-4h"})
    found = uncertain_parameters(two_bus, scenario)
    ranked = sensitivity(
        two_bus, scenario, found, sizes=SensitivityBudget(looked_at=5, trajectories=3, top=2, base=8, spread=0)
    )
    numbers = ranked.numbers
    assert len(numbers) == len(found) > 5
    assert numbers["mu_star"].iloc[:5].is_monotonic_decreasing
    assert numbers["mu_star"].iloc[5:].isna().all()
    assert numbers["swing"].iloc[:5].min() >= numbers["swing"].iloc[5:].max()
    assert numbers["ST"].notna().sum() == 2
    assert ranked.base == pytest.approx(348.84, abs=0.01)
    leader = numbers.iloc[0]
    assert leader["swing"] > 0
    assert numbers[["low", "high"]].notna().all().all()


def test_random_against_unknown_on_two_bus(two_bus: Case, tmp_path: object) -> None:
    scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-4h"})
    calm = read_hazards("calm").model_copy(update={"hazards": {}, "closures": {}, "chain": None, "state": None})
    line = [u for u in uncertain_parameters(two_bus, scenario) if u.key == "values.links.line.p_nom"]
    parts, values = random_and_unknown(two_bus, SamplingDesign(scenario, calm), line, 4, 6)
    assert values.shape == (4, 6)
    assert parts["unknown"] > 0
    assert sum(parts.values()) == pytest.approx(1)


def test_notes_say_the_spread_and_what_had_no_optimum() -> None:
    # 0, 10, … 1,000: a twentieth of the sets lies at or below 50, half at or below 500
    numbers = pd.DataFrame({"swing": [1.0]}, index=["values.links.line.p_nom"])
    spread = np.arange(0.0, 1001.0, 10.0)
    reason = "two_bus: infeasible; rule a cannot hold\ndo: let it yield"
    found = Sensitivity(numbers, spread, 0.876, 400.0, "delivered", "GWh", 300, 2, reason)
    text = sensitivity_notes(found, {"random": 0.4, "unknown": 0.6})
    assert "(101 sets): 500 GWh in the middle, 50 to 950 in nine of ten; 400 with all at their base" in text
    assert "screened make 88 % of that variance" in text
    assert "random 40 %, unknown 60 %" in text
    assert text.endswith(
        "300 points, 2 without an optimum, which count nowhere; the first: two_bus: infeasible; rule a cannot hold"
    )
    none = Sensitivity(numbers, np.empty(0), float("nan"), 400.0, "delivered", "GWh", 5, 0, "")
    assert sensitivity_notes(none, {}) == "5 points, 0 without an optimum"
    record = sensitivity_record(none, {})
    assert (record["explained"], record["spread"]) == (None, [])


PAGE = Path(__file__).parents[2] / "docs" / "sensitivity.md"
ROW = re.compile(
    r"^\| `(?P<number>[^`]+)` \| .* \| [ABC] \| (?P<low>[\d,]+) \| (?P<high>[\d,]+) \|(?: [^|]* \|)?$", re.MULTILINE
)


@pytest.mark.slow
def test_page_says_what_the_model_says(casa1000: Case) -> None:
    page = PAGE.read_text(encoding="utf-8")
    if "(to be written by the command)" in page:
        pytest.skip("the block is not written yet: energy sensitivity baseline --page docs/sensitivity.md")
    rows = list(ROW.finditer(page))
    assert rows
    scenario = read_scenario("baseline")
    known = {short(unknown.key): unknown for unknown in uncertain_parameters(casa1000, scenario)}
    points = [
        with_uncertain_parameters(casa1000, scenario, [known[row["number"]]], [end])
        for row in rows
        for end in (0.0, 1.0)
    ]
    for answer in solve_points(casa1000, points, Metrics()):
        said = rows[answer.index // 2][("low", "high")[answer.index % 2]]
        assert float(answer.values["delivered"]) == pytest.approx(float(said.replace(",", "")), abs=1)


def test_a_study_that_was_stopped_solves_what_is_missing_and_is_the_same(
    two_bus: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    parameters = uncertain_parameters(two_bus, scenario, ["values.links.*"])
    budget = SensitivityBudget(looked_at=2, trajectories=2, top=1, base=2, spread=2)

    def study() -> Sensitivity:
        with closing(Journal(tmp_path / "points")) as journal:
            return sensitivity(two_bus, scenario, parameters, sizes=budget, journal=journal)

    whole = study()
    file = tmp_path / "points" / JOURNAL
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:-3]) + lines[-3][:20])
    solved = []

    def counted(case: Case, points: Sequence[Scenario], *args: Any, **more: Any) -> Iterator[Any]:
        solved.extend(points)
        return solve_points(case, points, *args, **more)

    monkeypatch.setattr(journaled_runs, "solve_points", counted)
    resumed = study()
    assert len(solved) == 3
    pd.testing.assert_frame_equal(resumed.numbers, whole.numbers)
    assert resumed.spread.tolist() == whole.spread.tolist()
    assert (resumed.base, resumed.points, resumed.failed) == (whole.base, whole.points, whole.failed)
