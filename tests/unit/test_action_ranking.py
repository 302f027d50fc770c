"""Actions on the case of two buses: what an action avoids is what the hazard took, on the same draws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from energy.analysis.action_file import Action, ActionSet, read_actions
from energy.analysis.action_ranking import (
    NOTHING,
    RANKED_BY,
    ActionRanking,
    _cost_of_avoided,
    _power_bought,
    _ranking_table,
    rank_actions,
)
from energy.case import Case
from energy.errors import InputError
from energy.reading.tree import Origin, planted
from energy.scenario import HazardSet, Scenario, read_hazards, read_scenario

HAZARDS = """
hazards:
  fault:
    kind: line_out
    cause: line
    where: [links.line]
    rate: {per_year: 8}
    duration: {law: exponential, mean: 100}
"""
ACTIONS = """
actions:
  half the repair:
    hazards: {fault: {duration: {law: exponential, mean: 50}}}
    cost: 1
  no fault at all:
    hazards: {fault: {rate: {per_year: 0}}}
    cost: 5
  a paper:
    cost: 0.1
  less gas:
    set: {values.generators.gas plant.p_nom: 150}
    cost: 0
"""
DRAWS = range(10)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("actions")
    (place / "hazards.yaml").write_text(HAZARDS, encoding="utf-8")
    (place / "actions.yaml").write_text(ACTIONS, encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def asked(folder: Path) -> tuple[Scenario, HazardSet, ActionSet]:
    scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    return scenario, read_hazards(folder / "hazards.yaml"), read_actions(folder / "actions.yaml")


@pytest.fixture(scope="module")
def ranking(two_bus: Case, asked: tuple[Scenario, HazardSet, ActionSet]) -> ActionRanking:
    scenario, hazards, actions = asked
    return rank_actions(two_bus, scenario, hazards, actions, DRAWS, ranked_by="income gained")


def test_an_action_that_ends_the_hazard_gains_what_it_took(ranking: ActionRanking) -> None:
    """With a full line every lost MWh is lost: no fault at all gives the undisturbed season."""
    season = ranking.samples["season"].unstack("action")
    gained = season["no fault at all"] - season[NOTHING]
    assert (gained >= -1e-6).all()
    assert gained.max() > 1
    assert ranking.table.loc["no fault at all", "income gained"] == pytest.approx(gained.mean() * 92 / 1000)
    assert ranking.table.index[0] == "no fault at all"


def test_a_shorter_repair_gains_less(ranking: ActionRanking) -> None:
    table = ranking.table["income gained"]
    assert 0 < table["half the repair"] < table["no fault at all"]


def test_an_action_that_changes_nothing_gains_exactly_nothing(ranking: ActionRanking) -> None:
    """Common random numbers: not nearly nothing, nothing."""
    row = ranking.table.loc["a paper"]
    assert row[[*RANKED_BY]].tolist() == [0, 0, 0]
    assert row[[f"{figure} error" for figure in RANKED_BY]].tolist() == [0, 0, 0]


def test_less_gas_leaves_more_unserved(ranking: ActionRanking) -> None:
    assert ranking.table.loc["less gas", "unserved avoided"] < -1


def test_another_seed_gives_the_order_or_a_tie(
    two_bus: Case, asked: tuple[Scenario, HazardSet, ActionSet], ranking: ActionRanking
) -> None:
    other = rank_actions(two_bus, *asked, DRAWS, seed=2, ranked_by="income gained").table
    first = ranking.table
    assert other.index[0] == "no fault at all"
    for better, worse in zip(first.index[:-1], first.index[1:], strict=True):
        if not first.loc[better, "tied with next"]:
            gap = other.loc[better, "income gained"] - other.loc[worse, "income gained"]
            assert gap > -2 * other.loc[worse, "income gained error"]


def test_standard_error_is_that_of_the_differences() -> None:
    """Seasons vary by 100, differences not at all: the error is zero."""
    rows = {
        (NOTHING, 0): 100.0,
        (NOTHING, 1): 300.0,
        ("a", 0): 101.0,
        ("a", 1): 301.0,
        ("b", 0): 100.0,
        ("b", 1): 304.0,
    }
    index = pd.MultiIndex.from_tuples(rows, names=["action", "draw"])
    income = pd.Series(list(rows.values()), index=index)
    samples = pd.DataFrame({"season": income, "unserved": -income, "income": income})
    table = _ranking_table(samples, "unserved avoided")
    assert table.index.tolist() == ["b", "a"]
    assert table.loc["a", "unserved avoided"] == pytest.approx(1)
    assert table.loc["a", "unserved avoided error"] == pytest.approx(0)
    assert table.loc["b", "unserved avoided error"] == pytest.approx(np.std([0, 4], ddof=1) / 2**0.5)
    assert table["tied with next"].tolist() == [True, False]


def test_an_action_for_an_unknown_hazard_is_refused_at_its_line(
    two_bus: Case, asked: tuple[Scenario, HazardSet, ActionSet], tmp_path: Path
) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("actions:\n  good:\n    hazards: {falt: {rate: {per_year: 1}}}\n    cost: 1\n", encoding="utf-8")
    scenario, hazards, _ = asked
    with pytest.raises(InputError, match=r"wrong.yaml:3: no hazard 'falt'.*did you mean 'fault'"):
        rank_actions(two_bus, scenario, hazards, read_actions(file), DRAWS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("actions: {a: {cost: -1}}", "cost"),
        ("actions: {a: {}}", "cost"),
        ("actions: {a: {cost: 1, sett: {}}}", "sett"),
        ("action: {}", "action"),
    ],
)
def test_broken_files_are_refused(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text(text + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_actions(file)


def test_unknown_sets_and_figures_are_refused(two_bus: Case, asked: tuple[Scenario, HazardSet, ActionSet]) -> None:
    with pytest.raises(InputError, match="no actions 'bass'"):
        read_actions("bass")
    with pytest.raises(InputError, match="no figure 'cost'"):
        rank_actions(two_bus, *asked, DRAWS, ranked_by="cost")
    with pytest.raises(InputError, match="1 draws"):
        rank_actions(two_bus, *asked, [0])


def test_power_bought_is_part_of_what_an_avoided_mwh_costs(casa1000: Case) -> None:
    """100 and 300 GWh come back at 80 $/MWh, 16 million USD a year; 11 million over 30 years at 8 % are about one more.

    200 and 400 GWh are avoided, 300 in the mean; what is paid for no avoided energy has no price a MWh.
    """
    table = pd.DataFrame(
        {
            "unserved avoided": [300.0, 0.0],
            "unserved avoided error": [100.0, 0.0],
            "cost": [11.0, 5.0],
        },
        index=["buy", "nothing more"],
    )
    actions = ActionSet(
        "made up",
        {"buy": Action(cost=11, power_price=80), "nothing more": Action(cost=5)},
        planted({}, Origin("made up")),
    )
    rows = {(name, draw): 0.0 for name in (NOTHING, "nothing more") for draw in (0, 1)}
    rows |= {("buy", 0): 100.0, ("buy", 1): 300.0}
    index = pd.MultiIndex.from_tuples(rows, names=["action", "draw"])
    samples = pd.DataFrame({"returned": list(rows.values())}, index=index)
    table["power bought"] = _power_bought(samples, actions)
    assert table["power bought"].to_dict() == pytest.approx({"buy": 16.0, "nothing more": 0.0})
    investment = casa1000.rules.investment
    assert investment is not None
    first, last = investment.start - investment.base_year, investment.end - investment.base_year
    factor = sum((1 + investment.discount_rate) ** -years for years in range(first, last))
    cost = _cost_of_avoided(casa1000, table)
    assert cost["buy"] == pytest.approx((11 / factor + 16) / 300 * 1000)
    assert np.isnan(cost["nothing more"])
