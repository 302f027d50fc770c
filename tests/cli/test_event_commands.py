"""Commands about events from outside: show, run --all, compare, attribution, settlement; on small cases."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from energy.cli import app
from energy.errors import InputError

PROJECT = Path(__file__).parents[2]
ENERGY = Path(sys.executable).parent / "energy"
MAST = '{name: mast, kind: bipole_out, cause: flood, where: [crossing], start: "07-01", duration: 10d}'
LIBRARY = {
    "plain": "description: Nothing happens.\nquestion: base\ncase: two_bus\nyear: 2028\n"
    "time: {resolution: typical-days-24h}\n",
    "dry": "extends: plain\nquestion: water\nhydrology: dry\n",
    "mast": f"extends: plain\nquestion: technology\nforesight: surprise\nevents: [{MAST}]\n",
    # the reservoir must end full, and no water comes
    "impossible": "extends: plain\nquestion: stress\nrules: {reservoir_end: {level: 300}}\nevents: [{name: no water, "
    "kind: drought, cause: drought, where: [loads.river inflow], start: 04-01, end: never, depth: 1}]\n",
}


COARSE = ["--set", "time.resolution=typical-days-24h"]  # two_bus is the same in every hour of a day


def refused(*words: object) -> str:
    """Return what is said to a user whose input is refused, as by `energy`, without starting a process."""
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert isinstance(done.exception, InputError)
    assert done.stdout == ""
    return str(done.exception)


def said(*words: object) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done.stdout


def energy(*words: object, folder: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ENERGY, *map(str, words)], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project of its own with a library of four scenarios, one of which has no optimum."""
    folder = tmp_path / "project"
    shutil.copytree(PROJECT / "networks" / "two_bus", folder / "networks" / "two_bus")
    (folder / "scenarios").mkdir()
    for name, text in LIBRARY.items():
        (folder / "scenarios" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.slow
def test_the_library_is_run_whole_by_two_processes(project: Path) -> None:
    check_library(energy("run", "--all", "--jobs", 2, folder=project), project)


@pytest.mark.usefixtures("numbers_alone")
def test_the_library_is_run_whole_and_a_failure_is_an_entry(
    project: Path, command: Callable[..., subprocess.CompletedProcess[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    check_library(command("run", "--all", "--jobs", 1), project)


def check_library(done: subprocess.CompletedProcess[str], project: Path) -> None:
    out = project / "results"
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("error: impossible: ")
    assert {path.name for path in out.iterdir()} == {"plain", "dry", "mast", "comparison"}  # no draft, no half run
    check_comparison(out / "comparison")
    assert done.stdout.index("inputs that differ") < done.stdout.index("results")
    assert "3 scenarios solved, 1 without a result" in done.stdout
    assert "…" not in done.stdout
    check_surprise(out / "mast")
    assert json.loads((out / "plain" / "manifest.json").read_text())["surprise"] == []
    check_compare([out / "dry", out / "plain"], project / "compared")
    # what the pool wrote is what the scenario gives alone
    before = (out / "dry" / "summary.csv").read_bytes()
    said("run", project / "scenarios" / "dry.yaml", "--out", project / "alone")
    assert (project / "alone" / "dry" / "summary.csv").read_bytes() == before


def check_comparison(folder: Path) -> None:
    table = pd.read_csv(folder / "comparison.csv", index_col="scenario")
    assert list(table.index) == ["plain", "mast", "dry", "impossible"]  # the base first, the failed last
    assert table["status"].to_list()[:3] == ["solved"] * 3
    assert "infeasible" in table.loc["impossible", "status"].lower()
    # on paper: 100 MW · 0.95 · 3,672 h; the dry year's 42.2256 GWh; ten days less of a full line
    assert table.loc["plain", "delivered [GWh]"] == pytest.approx(348.84, abs=1e-2)
    assert table.loc["dry", "delivered [GWh]"] == pytest.approx(42.2256, abs=1e-2)
    assert table.loc["mast", "delivered [GWh]"] == pytest.approx(348.84 - 95 * 0.24, abs=1e-2)
    lost_to_the_mast = table.loc["mast", "change of delivered [GWh]"]
    assert lost_to_the_mast == pytest.approx(-95 * 0.24, abs=1e-2)
    assert table.loc["dry", "differs"] == "hydrology: dry"
    assert "mast (07-01)" in table.loc["mast", "differs"]
    for kind in ("png", "svg"):
        assert (folder / f"comparison.{kind}").stat().st_size > 10_000


def check_surprise(folder: Path) -> None:
    first = json.loads((folder / "manifest.json").read_text())["surprise"][0]
    assert (first["service"], first["kind"]) == ("casa", "delivered")
    assert first["foreseen"] - first["surprised"] == pytest.approx(first["price"])
    table = pd.read_csv(folder / "summary.csv")
    assert table["foreseen [GWh]"].sum() == pytest.approx(first["foreseen"], abs=1e-2)


def check_compare(folders: list[Path], out: Path) -> None:
    text = said("compare", *folders, "--out", out)
    assert text.index("hydrology") < text.index("delivered [GWh]")
    assert "+306.6" in text  # 348.84 less 42.2256
    assert {path.name for path in out.iterdir()} == {"comparison.csv", "comparison.png", "comparison.svg"}
    said("compare", *folders, "--out", out, "--months")
    assert (out / "months.svg").stat().st_size > 10_000
    assert "no finished run" not in said("compare", *folders, out, "--out", out), "the folder of the last comparison"
    answer = json.loads(said("compare", *folders, "--out", out, "--json"))
    assert answer["inputs"] == {"hydrology": ["dry", "median"]}
    assert answer["results"]["delivered [GWh]"] == pytest.approx([42.2256, 348.84], abs=1e-2)


def test_faults_of_the_library_are_told_before_anything_is_solved(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "scenarios" / "worse.yaml").write_text("extends: plain\nhydrology: wett\n", encoding="utf-8")
    monkeypatch.chdir(project)
    assert "wett" in refused("run", "--all")
    assert not (project / "results").exists()


@pytest.mark.parametrize("words", [["run"], ["run", "two_bus", "--all"]])
def test_names_or_all(words: list[str]) -> None:
    assert "names of scenarios, or --all" in refused(*words)


def test_surprise_costs_what_could_have_been_sent_before(tmp_path: Path) -> None:
    """In the dry year 42.2256 GWh may go at any time of the season; from 10 May on the line is gone for good.

    Nine days of a full line carry 9 · 24 h · 95 MW = 20.52 GWh: that is what a plan with foresight delivers, and one
    that sends as soon as it can. One that waits as long as it can has sent nothing when the line goes.
    """
    gone = '{name: gone, kind: border_stop, cause: politics, where: [crossing], start: "05-10", end: never}'
    words = ["run", "two_bus", "--set", "hydrology=dry", "--set", f"events=[{gone}]", *COARSE]
    answer = json.loads(said(*words, "--set", "foresight=surprise", "--out", tmp_path, "--json"))[0]
    price = answer["surprise_gwh"][0]
    delivered = sum(month["delivered"] for month in answer["months"])
    assert price["foreseen"] == pytest.approx(20.52, rel=1e-6)
    assert price["surprised"] == pytest.approx(delivered)
    assert price["price"] == pytest.approx(20.52 - delivered)
    assert answer["delivered_soon_and_late_gwh"] == pytest.approx([20.52, 0.0], abs=1e-6)
    assert answer["rungs_gwh"]["own_demand"] - answer["rungs_gwh"]["surprise"] == pytest.approx(price["price"])
    (folder,) = tmp_path.iterdir()
    assert "lost to surprise" in (folder / "summary.csv").read_text()


def test_show_draws_the_events_on_a_calendar() -> None:
    half = '{name: half, kind: derating, cause: heat, where: [links.line], start: "06-11", end: "06-20", depth: 0.5}'
    text = said("show", "two_bus", "--set", f"events=[{MAST}, {half}]")
    lines = [line for line in text.splitlines() if line.startswith(("half  ", "mast  "))]
    months = {name: line.split()[1:] for name, line in zip(("half", "mast"), lines, strict=True)}
    assert months["half"][2] == "..55.."  # June: the third and fourth five days, half lost
    assert months["mast"][3] == "##...."
    assert "2028-07-01 00:00 to 2028-07-11 00:00" in text
    assert "links p_max_pu: line" in text
    shown = json.loads(said("show", "two_bus", "--set", f"events=[{MAST}]", "--json"))["calendar"]["value"]
    assert [(part["start"], part["names"], part["begins"]) for part in shown] == [
        ("2028-07-01 00:00:00", ["line"], 0.0)
    ]


def test_show_explains_knowledge_and_repair() -> None:
    late = (
        '{name: late, kind: line_out, cause: snow, where: [crossing], start: "12-01", duration: 10d, '
        'expected_duration: 20d, repair_access: {closed: [{from: "12-01", to: "12-31"}], factor: 0.5}}'
    )
    text = said("show", "two_bus", "--set", f"events=[{late}]", "--set", "foresight=surprise")
    assert "when it begins, expected to last 20d" in text
    assert "10d of work, which is at 0.5 of its pace while closed: 12-01 to 12-31" in text
    assert "2028-12-01 00:00 to 2028-12-21 00:00" in text  # ten days of work at half the pace


def answer_of(folder: Path, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(said(*words, "--out", folder, "--json"))
    return found


def test_attribution_by_month_in_gwh_and_mw(tmp_path: Path) -> None:
    """The Shapley values of the dry year, by hand: 177.52 GWh to water and 129.09 to own demand of 306.61."""
    words = ["attribution", "two_bus", "--set", "hydrology=dry", *COARSE]
    answer = answer_of(tmp_path, *words)
    season = answer["season_gwh"]
    both, water = 42.2256, 300.4128  # delivered with both causes, and with scarce water alone (tests/known)
    assert season["ceiling"] == pytest.approx(348.84)
    assert season["water"] == pytest.approx(((348.84 - water) + (348.84 - both)) / 2)
    assert season["own_demand"] == pytest.approx((water - both) / 2)
    assert len(answer["months_gwh"]) == len(answer["months_mw"]) == 12
    july = {unit: answer[f"months_{unit}"][3] for unit in ("gwh", "mw")}
    assert july["mw"]["ceiling"] == pytest.approx(95)
    assert july["mw"]["water"] == pytest.approx(july["gwh"]["water"] * 1000 / 744)
    table = pd.read_csv(tmp_path / "two_bus+hydrology=dry" / "attribution.csv", index_col="month")
    causes = table.columns.difference(["line", "season", "ceiling", "delivered"])
    assert (table["ceiling"] - table[causes].sum(axis=1)).to_numpy() == pytest.approx(table["delivered"].to_numpy())
    assert (tmp_path / "two_bus+hydrology=dry" / "manifest.json").is_file()


def test_settlement_of_a_full_line(tmp_path: Path) -> None:
    """348.84 GWh at 50 + 30 + 12 $/MWh: 32.093 M$, of which 4.186 for transit; gas at 80 saves 27.907 M$."""
    answer = answer_of(tmp_path, "settlement", "two_bus", *COARSE)
    paid = sum(row["amount"] for row in answer["payments"])
    assert paid == pytest.approx(348_840 * 92, rel=1e-6)
    assert sum(row["amount"] for row in answer["payments"] if row["item"] == "transit") == pytest.approx(348_840 * 12)
    assert sum(row["replaced fuel"] for row in answer["fuel"]) == pytest.approx(348_840 * 80, rel=1e-6)
    for row in answer["positions"]:
        assert sum(value for party, value in row.items() if party != "month") == 0
    # the source's water is free and the sink's price is that of its gas: the line earns 0.95 · 80 for each MWh sent
    assert sum(row["line under study"] for row in answer["rent"]) == pytest.approx(348_840 * 80, rel=1e-6)
    system = sum(row["system"] for row in answer["welfare"])
    assert system * 1e6 == pytest.approx(348_840 * 80 - 0.1 * 348_840 / 0.95, rel=1e-6)
    gas = next(row for row in answer["avoided"] if row["carrier"] == "gas")  # 0.2 t/MWh
    assert gas["CO2"] == pytest.approx(348_840 * 0.2, rel=1e-6)
    names = {path.stem for path in (tmp_path / "two_bus").iterdir()}
    tables = {"terms", "payments", "positions", "income", "fuel", "rent", "welfare", "avoided", "reverse_prices"}
    assert names == tables | {"manifest"}


def test_take_or_pay_owes_what_was_offered_and_refused(tmp_path: Path) -> None:
    stop = '{name: stop, kind: buyer_stop, cause: surplus, where: [crossing], start: "07-01", end: "07-31"}'
    words = ["settlement", "two_bus", "--set", f"events=[{stop}]", *COARSE]
    unit, owed = (
        answer_of(tmp_path, *words, "--set", f"contract.payment={how}") for how in ("pay_per_unit", "take_or_pay")
    )
    july = 95 * 744  # MWh that a willing buyer would have had
    assert next(row for row in owed["terms"] if row["month"] == "2028-07")["not taken"] == pytest.approx(july / 1000)
    more = sum(row["amount"] for row in owed["payments"]) - sum(row["amount"] for row in unit["payments"])
    assert more == pytest.approx(july * (50 + 30), abs=2)  # the transit fee is for what is delivered


def test_what_cannot_be_settled_is_refused(tmp_path: Path) -> None:
    words = ["--set", "values.links.line.build_year=2100", "--out", tmp_path / "out"]
    assert "no line is under study" in refused("settlement", "two_bus", *words)
    assert "no line under study is in service" in refused("attribution", "two_bus", *words)
    assert not (tmp_path / "out").exists()


def test_tables_are_printed_for_people(tmp_path: Path) -> None:
    shares = said("attribution", "two_bus", "--set", "hydrology=dry", *COARSE, "--out", tmp_path / "shares")
    money = said("settlement", "two_bus", *COARSE, "--out", tmp_path / "money")
    for text, parts in ((shares, ["177.5", "129.1", "[MW]"]), (money, ["32.09", "[million $]", "27.91"])):
        assert all(part in text for part in parts)
        assert "…" not in text
