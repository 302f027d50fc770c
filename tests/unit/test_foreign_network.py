"""Networks of power-flow programs: a MATPOWER case of three buses, solved by hand, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import energy
from energy.case import read_case
from energy.errors import InputError
from energy.model import foreign_network
from energy.model.foreign_network import _network_of, read_foreign_network
from energy.results.export import _data_package, write_network

BUS = [[1, 3, 0], [2, 1, 100], [3, 2, 0]]
GENERATORS = [[1, 80, 0, 1], [3, 200, 50, 1], [3, 900, 0, 0]]
"""Bus, highest and least power [MW], status."""
BRANCHES = [[1, 2, 60, 1], [3, 2, 0, 1], [1, 3, 60, 0]]
"""Buses, rating [MVA], status."""
COSTS = [[2, 0, 0, 2, 10, 0, 0], [2, 0, 0, 3, 0.01, 40, 0], [2, 0, 0, 2, 1, 0, 0]]
MATPOWER = """
function mpc = c3
mpc.version = '2';
mpc.baseMVA = 100;
mpc.bus = [{bus}];
mpc.gen = [{gen}];
mpc.branch = [{branch}];
mpc.gencost = [{gencost}];
"""


def case() -> dict[str, object]:
    """Demand of 100 MW at bus 2, a cheap plant behind a line of 60 MVA, a dear one behind a line without limit."""
    bus = [[name, kind, load, 0, 0, 0, 1, 1, 0, 230, 1, 1.1, 0.9] for name, kind, load in BUS]
    generators = [
        [name, 0, 0, 30, -30, 1, 100, status, most, least, *[0] * 11] for name, most, least, status in GENERATORS
    ]
    branches = [
        [begin, end, 0.01, 0.1, 0, rating, 0, 0, 0, 0, status, -360, 360] for begin, end, rating, status in BRANCHES
    ]
    tables = {"bus": bus, "gen": generators, "branch": branches, "gencost": COSTS}
    return {"baseMVA": 100.0, **{name: np.array(table, float) for name, table in tables.items()}}


def test_what_is_out_is_left_out_and_costs_are_kept() -> None:
    network = _network_of(case())
    assert network.generators["p_nom"].tolist() == [80.0, 200.0]
    assert network.generators["marginal_cost"].tolist() == [10.0, 40.0]
    assert network.generators["p_min_pu"].tolist() == [0.0, 0.25]
    assert network.lines["s_nom"].tolist() == [60.0, 1e5]
    assert network.loads["p_set"].tolist() == [100.0]


def test_the_cheap_plant_gives_what_the_dear_one_leaves(tmp_path: Path) -> None:
    """The dear plant must run at 50 MW; the cheap one sends the other 50, less than its line could carry."""
    file = tmp_path / "c3.nc"
    write_network(_network_of(case()), file)
    asked = energy.read_scenario("baseline", overrides={"case": str(file), "objective": "dispatch"})
    result = energy.run(energy.read_case(file), asked).result
    assert result.flow("generators").iloc[0].tolist() == pytest.approx([50.0, 50.0])
    assert result.objective == pytest.approx(50 * 10 + 50 * 40, rel=1e-3)


def test_a_matpower_file_is_read(tmp_path: Path) -> None:
    pytest.importorskip("matpowercaseframes", reason="an extra: formats")
    tables = case()
    texts = {
        name: ";\n".join(" ".join(f"{value:g}" for value in row) for row in tables[name])  # type: ignore[attr-defined]
        for name in ("bus", "gen", "branch", "gencost")
    }
    file = tmp_path / "c3.m"
    file.write_text(MATPOWER.format(**{name: f"\n{text};\n" for name, text in texts.items()}), encoding="utf-8")
    network = read_foreign_network(file)
    assert network.generators["marginal_cost"].tolist() == [10.0, 40.0]
    assert network.lines["s_nom"].tolist() == [60.0, 1e5]


@pytest.mark.parametrize(("name", "library"), [("case.m", "matpowercaseframes"), ("case.raw", "pypowsybl")])
def test_without_the_library_it_is_refused_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Callable, name: str, library: str
) -> None:
    def missing(asked: str) -> None:
        raise ImportError(asked)

    monkeypatch.setattr(foreign_network, "import_module", missing)
    file = tmp_path / name
    file.write_text("anything", encoding="utf-8")
    done = command("import", file, "--out", tmp_path / "network.nc")
    assert done.returncode == 2
    assert f"{library} is not installed" in done.stderr
    assert "pip install 'casa1000-energy[formats]'" in done.stderr
    assert not (tmp_path / "network.nc").exists()


def test_another_ending_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.m \(MATPOWER\) or \.raw \(PSS/E\)"):
        read_foreign_network(tmp_path / "case.xls")
    with pytest.raises(InputError, match="file not found"):
        read_foreign_network(tmp_path / "case.m")


def test_a_case_is_a_data_package(tmp_path: Path) -> None:
    """Every table of the folder is a resource, every column a field of its type; its own tool says so where it is."""
    package = _data_package(read_case("two_bus"))
    by_path = {resource["path"]: resource for resource in package["resources"]}
    fields = {field["name"]: field["type"] for field in by_path["links.csv"]["schema"]["fields"]}
    assert (fields["name"], fields["p_nom"], fields["bus2"]) == ("string", "number", "string")
    names = [resource["name"] for resource in package["resources"]]
    assert len(set(names)) == len(names)
    assert json.loads(json.dumps(package)) == package
    frictionless = pytest.importorskip("frictionless", reason="the tool of data packages, for this check alone")
    folder = read_case("two_bus").path
    report = frictionless.Package(package, basepath=str(folder)).validate()
    assert report.valid, report.flatten(["type", "message"])
