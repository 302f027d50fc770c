"""Values that no network has: refused where they are written, in a scenario and in a case."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Refusal = Callable[..., str]

VALUES = {
    "a size beyond any solver": ("links.line.p_nom=1e30", "up to 1e12"),
    "a share in percent": ("links.line.p_max_pu=95", "1 is the whole of it, not 100"),
    "a sign that is a number": ("generators.gas plant.sign=37", "1 or -1"),
    "a loss of more than all": ("stores.reservoir.standing_loss=5", "from 0 to 1"),
    "a price beyond any solver": ("generators.gas plant.marginal_cost=1e12", "from -1e9 to 1e9"),
    "more water out than in": ("links.turbine.efficiency2=2", "delivers more than it takes"),
    "what is not modelled": ("links.line.delay=5", "delay is not modelled here"),
    "a port that is not there": ("links.line.efficiency2=0.5", "'line' has no bus2"),
}


@pytest.mark.parametrize("kind", VALUES)
def test_a_scenario_cannot_set_it(refused_here: Refusal, tmp_path: Path, kind: str) -> None:
    change, told = VALUES[kind]
    assert refused_here("run", "two_bus", "--set", f"values.{change}", "--out", str(tmp_path), says=(told,))
    assert list(tmp_path.iterdir()) == []


CELLS = {
    "a sign that is a number": (
        "generators.csv",
        "gas plant,sink,gas,300,80,1,",
        "gas plant,sink,gas,300,80,37,",
        "1 or -1",
    ),
    "a link to itself": ("links.csv", "line,source,sink", "line,source,source", "leads from bus 'source' to itself"),
    "a size beyond any solver": ("stores.csv", "reservoir,300,", "reservoir,3e30,", "up to 1e12"),
}


@pytest.mark.parametrize("kind", CELLS)
def test_a_case_cannot_hold_it(refused: Refusal, project: Path, kind: str) -> None:
    name, old, new, told = CELLS[kind]
    file = project / "networks" / "two_bus" / name
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, "the cell that is changed here"
    line = text[: text.index(old)].count("\n") + 1
    file.write_text(text.replace(old, new), encoding="utf-8")
    assert refused("check", "two_bus", says=(f"{name}:{line}: ", told))


def test_a_network_of_the_users_own_cannot_hold_it(refused_here: Refusal, tmp_path: Path) -> None:
    import pypsa

    network = pypsa.Network(snapshots=[0])
    network.add("Bus", "a")
    network.add("Link", "loop", bus0="a", bus1="a", p_nom=1)
    network.add("Generator", "plant", bus="a", p_nom=1, p_max_pu=95, marginal_cost=1)
    network.export_to_netcdf(str(tmp_path / "own.nc"))
    (tmp_path / "own.yaml").write_text(f"case: {tmp_path / 'own.nc'}\nyear: 2028\n", encoding="utf-8")
    says = ("links loop: it leads from bus 'a' to itself", "p_max_pu is 95", "not 100")
    assert refused_here("check", str(tmp_path / "own.yaml"), says=says)
