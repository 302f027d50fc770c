"""Transfer capability of the CASA-1000 case, by the command and by hand; docs/capability.md is executed."""

from __future__ import annotations

import doctest
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

import energy
from energy.analysis.case_capability import _receiving_load, case_capability
from energy.cli import app
from energy.errors import InputError

PAGE = Path(__file__).parents[2] / "docs" / "capability.md"
COARSE = {"time.resolution": "typical-days-24h"}


def found(scenario: str = "baseline", **asked: Any) -> Any:
    return case_capability(energy.read_case("casa1000"), energy.read_scenario(scenario, overrides=COARSE), **asked)


@pytest.mark.parametrize(
    ("state", "forward", "back"),
    [
        (None, 1300, 650),  # the bipole may be lost whole: T ≤ 0 + L, and never above the rating
        ("synchronous", 650, 650),
        ("island", 400, 350),
        ("strict", 650, 650),  # any single loss: the other pole takes over
    ],
)
def test_states_bound_the_exchange(state: str | None, forward: float, back: float) -> None:
    months = found(state=state).months
    assert len(months) == 24
    assert months.loc["forward", "TTC"].to_numpy() == pytest.approx(forward)
    assert months.loc["reverse", "TTC"].to_numpy() == pytest.approx(back)
    assert months["intact"].to_numpy() == pytest.approx(1300)
    # 149 MW at 0.97492071, 251 at 0.9588638, 250 at 0.9269 a pole
    full = 2 * (149 * 0.97492071 + 251 * 0.9588638 + 250 * 0.9269)
    assert (months["delivered"] <= full + 1e-6).all()


def test_a_pole_out_leaves_the_other() -> None:
    months = found("hvdc_pole_out_july").months.loc["forward"]
    assert months["TTC"].to_list()[3] == pytest.approx(650)
    assert months["TTC"].drop(pd.Period("2028-07")).to_numpy() == pytest.approx(1300)
    strict = found("hvdc_pole_out_july", state="strict").months.loc["forward"]
    assert strict["TTC"].to_list()[3] == pytest.approx(0)


def test_a_share_of_the_load_bounds_what_pakistan_may_lose() -> None:
    answer = found(share_of_load=True)
    table = answer.table.loc["forward"]
    most = 0.08 * _receiving_load(answer.inputs)
    assert (table["delivered"].to_numpy(float) <= most + 1e-6).all()
    bound = table["TTC"].to_numpy(float) < 1300 - 1e-6
    assert bound.any()
    assert table["delivered"].to_numpy(float)[bound] == pytest.approx(most[bound])


def test_the_contract_takes_its_season() -> None:
    months = found().months.loc["forward"]
    season = [month in range(5, 10) for month in months.index.month]
    assert months["allocated"].to_numpy() == pytest.approx([1300.0 * inside for inside in season])
    assert months["ATC"].to_numpy() == pytest.approx([0.0 if inside else 1235.0 for inside in season])
    assert found(allocated=1000.0).months.loc["forward", "ATC"].to_numpy() == pytest.approx(235)


def test_unknown_state_is_named_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"no state 'iland'.*island, strict.*did you mean 'island'"):
        found(state="iland")


def test_command_prints_both_directions_and_writes_the_table(tmp_path: Path) -> None:
    asked = ["capability", "two_bus", "--out", str(tmp_path)]
    shown = CliRunner().invoke(app, asked)
    assert shown.exit_code == 0, shown.output
    assert "forward" in shown.output
    assert "loss of line" in shown.output
    table = pd.read_csv(tmp_path / "two_bus" / "capability.csv")
    assert set(table["direction"]) == {"forward", "reverse"}
    answer = json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)
    assert answer["months"][0]["intact"] == pytest.approx(100)
    assert answer["months"][0]["TTC"] == pytest.approx(0)


def test_the_page_holds_what_it_says() -> None:
    failed, tried = doctest.testfile(str(PAGE), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert tried > 5
    assert failed == 0
