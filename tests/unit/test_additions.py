"""What a scenario adds, and the line that it puts under study."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pypsa
import pytest

import energy
from energy.errors import InputError
from energy.model.additions import with_additions
from energy.scenario import read_scenario

Command = Callable[..., subprocess.CompletedProcess[str]]
COARSE = {"time.resolution": "typical-days-24h"}


def second_line(size: float) -> dict[str, object]:
    return {"add.links.second line": {"bus0": "source", "bus1": "sink", "p_nom": size, "service": "casa"}}


def test_a_line_added_beside_another_is_as_one_of_both_sizes() -> None:
    """In two_bus the line of 100 MW binds; half of it beside a new line of the other half is the same grid."""
    losses = float(energy.read_case("two_bus").components["links"].at["line", "efficiency"])
    halves = {**COARSE, "values.links.line.p_nom": 50, **second_line(50)}
    halves["add.links.second line"] = {**second_line(50)["add.links.second line"], "efficiency": losses}  # type: ignore[dict-item]
    whole = energy.run("two_bus", read_scenario("two_bus", overrides=COARSE))
    split = energy.run("two_bus", read_scenario("two_bus", overrides=halves))
    assert split.delivered == pytest.approx(whole.delivered, rel=1e-9)


def test_what_is_added_is_in_pypsa_and_in_evidence_as_the_users() -> None:
    scenario = read_scenario("two_bus", overrides=second_line(40))
    case = with_additions(energy.read_case("two_bus"), scenario)
    row = case.evidence.set_index(["component", "name", "attribute"]).loc[("links", "second line", "p_nom")]
    assert (row["base"], row["source"], row["confidence"]) == (40, "user", "C")
    network = energy.build("two_bus", scenario)
    assert float(network.links.at["second line", "p_nom"]) == 40
    assert with_additions(case, scenario) is case, "not twice"


def test_a_plant_a_store_and_a_load_can_be_added() -> None:
    add = {
        "add.buses.town": {"carrier": "AC"},
        "add.links.road": {"bus0": "source", "bus1": "town", "p_nom": 30},
        "add.loads.town demand": {"bus": "town", "p_set": 10},
        "add.generators.diesel": {"bus": "town", "p_nom": 20, "marginal_cost": 200},
        "add.stores.battery": {"bus": "town", "e_nom": 40},
    }
    run = energy.run("two_bus", read_scenario("two_bus", overrides={**COARSE, **add}))
    assert float(run.network.loads.at["town demand", "p_set"]) == 10
    served = run.result.values["links", "p"]["road"] + run.result.values["generators", "p"]["diesel"]
    assert float(served.mean()) == pytest.approx(10 - float(run.result.values["stores", "p"]["battery"].mean()))


@pytest.mark.parametrize(
    ("add", "said"),
    [
        ({"add.links.line": {"bus0": "source", "bus1": "sink", "p_nom": 1}}, "links 'line' is there already"),
        ({"add.links.x": {"bus0": "sorce", "bus1": "sink", "p_nom": 1}}, "did you mean 'source'?"),
        ({"add.links.x": {"bus0": "source", "bus1": "sink", "p_nomm": 1, "p_nom": 1}}, "did you mean 'p_nom'?"),
        ({"add.links.x": {"bus0": "source", "bus1": "sink"}}, "links 'x' has no p_nom"),
        ({"add.links.x": {"bus0": "source", "bus1": "sink", "p_nom": -1}}, "allowed: 0 or more"),
        ({"add.links.x": {"bus0": "source", "bus1": "sink", "p_nom": "big"}}, "allowed: a number"),
        ({"add.linx.x": {"bus0": "source"}}, "did you mean 'links'?"),
        ({"study": ["links.lin"]}, "did you mean 'links.line'?"),
        ({"study": ["line"]}, "is no link"),
    ],
)
def test_what_cannot_be_is_refused(add: dict[str, object], said: str) -> None:
    scenario = read_scenario("two_bus", overrides=add)
    with pytest.raises(InputError) as refused:
        energy.build("two_bus", scenario)
    assert said in str(refused.value)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Return a network of a user: cheap power at one end, demand and dear power at the other, two lines between."""
    network = pypsa.Network()
    network.set_snapshots([f"2030-01-01 {hour:02d}:00" for hour in range(24)])
    for bus in ("north", "south"):
        network.add("Bus", bus, x=70.0, y=40.0)
    network.add("Generator", "hydro", bus="north", p_nom=500, marginal_cost=5)
    network.add("Generator", "gas", bus="south", p_nom=500, marginal_cost=80)
    network.add("Load", "city", bus="south", p_set=200)
    network.add("Link", "old line", bus0="north", bus1="south", p_nom=60)
    network.add("Link", "new line", bus0="north", bus1="south", p_nom=90)
    file = tmp_path / "mine.nc"
    network.export_to_netcdf(str(file))
    return file


def test_any_line_of_ones_own_network_can_be_under_study(own: Path, tmp_path: Path, command: Command) -> None:
    scenario = tmp_path / "mine.yaml"
    scenario.write_text(f"case: {own}\nyear: 2030\nstudy: [links.new line]\nobjective: dispatch\n", encoding="utf-8")
    run = energy.run(own, scenario)
    assert run.delivered == pytest.approx(90 * 24 / 1000)
    other = energy.run(own, read_scenario(scenario, overrides={"study": ["links.old line"]}))
    assert other.delivered == pytest.approx(60 * 24 / 1000)
    both = energy.run(own, read_scenario(scenario, overrides={"study": ["links.*"]}))
    assert both.delivered == pytest.approx(150 * 24 / 1000)
    done = command("run", scenario, "--set", "study=[links.old line]", "--out", tmp_path / "results")
    assert done.returncode == 0, done.stderr
    assert "median water" not in done.stdout


def test_a_line_added_to_ones_own_network_carries(own: Path, tmp_path: Path) -> None:
    scenario = tmp_path / "mine.yaml"
    add = "add: {links: {third line: {bus0: north, bus1: south, p_nom: 30}}}\nstudy: [links.third line]\n"
    scenario.write_text(f"case: {own}\nyear: 2030\nobjective: dispatch\n{add}", encoding="utf-8")
    assert energy.run(own, scenario).delivered == pytest.approx(30 * 24 / 1000)


def test_the_report_of_ones_own_network_speaks_of_it_alone(own: Path, tmp_path: Path, command: Command) -> None:
    scenario = tmp_path / "mine.yaml"
    scenario.write_text(f"case: {own}\nyear: 2030\nstudy: [links.new line]\nobjective: dispatch\n", encoding="utf-8")
    assert command("run", scenario, "--out", tmp_path).returncode == 0
    assert command("report", tmp_path / "mine", "--out", tmp_path / "page.html").returncode == 0
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "What the line under study can transfer" in page
    for word in ("median water", "CASA-1000 can", "No line under study"):
        assert word not in page
    from energy.plots.registry import entries
    from energy.results.run_folder import read_record

    figures = entries(read_record(tmp_path / "mine"))
    assert "waterfall" not in figures, "nothing stands before the line"
    assert {"monthly", "duration", "heatmap"} <= set(figures)
