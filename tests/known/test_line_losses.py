"""Losses of AC lines, derived on paper from the segments of the loss curve."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pypsa
import pytest

import energy
from energy.case import read_case
from energy.errors import InputError
from energy.metrics import TOLERANCE, audit
from energy.metrics.congestion_rent import congestion_rent
from energy.metrics.line_losses import line_losses
from energy.model import Inputs, inputs, network
from energy.model.line_losses import TRANSMISSION_LOSSES
from energy.scenario import Scenario
from energy.solve import Engine, Result, solve
from energy.solve.external_solver import solve_with


def two_buses(s_nom: float = 400, load: float = 300, must_run: float = 0.0) -> pypsa.Network:
    """Cheap power at a, dear power and a load at b; a line of 2.5 Ω at 500 kV between them loses 1e-5·s² MW."""
    n = pypsa.Network(snapshots=pd.date_range("2028-04-01", periods=2, freq="h"))
    n.add("Bus", ["a", "b"], v_nom=500, carrier="AC")
    n.add("Carrier", "AC")
    n.add("Line", "ab", bus0="a", bus1="b", x=10, r=2.5, s_nom=s_nom)
    n.add("Generator", "cheap", bus="a", p_nom=1000, p_min_pu=must_run / 1000, marginal_cost=10)
    n.add("Generator", "dear", bus="b", p_nom=1000, marginal_cost=100)
    n.add("Load", "load", bus="b", p_set=load)
    return n


def asked(n: pypsa.Network, tmp_path: Path, line_losses: str, **fields: Any) -> Inputs:
    path = tmp_path / "own.nc"
    n.export_to_netcdf(str(path))
    scenario = Scenario(name="own", year=2028, case=str(path), objective="dispatch", **fields)
    changes = {"line_losses": line_losses, "time.resolution": "1h"}
    return inputs(read_case(path), scenario.replace(**changes))


def solved(n: pypsa.Network, tmp_path: Path, line_losses: str, **fields: Any) -> Result:
    result = solve(asked(n, tmp_path, line_losses, **fields))
    assert max(audit(result).values()) < TOLERANCE
    return result


def test_secants_by_hand(tmp_path: Path) -> None:
    # secants meet the curve at 0, 200 and 400 MW: the first may overstate it by 0.1 MW at its middle, 1e-5·100² = 0.1.
    # From 200 to 400 MW the loss is 0.4 + (1.6 − 0.4)/200 · (s − 200) = 0.006·s − 0.8, and the load gets s − loss/2:
    # 0.997·s + 0.4 = 300
    result = solved(two_buses(), tmp_path, "secants")
    s = 299.6 / 0.997
    loss = 0.006 * s - 0.8
    assert result.flow("lines")["ab"].to_numpy() == pytest.approx([s, s])
    assert result.line_losses["ab"].to_numpy() == pytest.approx([loss, loss])
    assert result.flow("generators")["cheap"].to_numpy() == pytest.approx([300 + loss, 300 + loss])
    # a MW more at b takes 1/0.997 more through the middle of the line, and 1.003 times that at a
    assert result.prices["b"].to_numpy() == pytest.approx([10 * 1.003 / 0.997] * 2)
    # the line buys s + loss/2 at 10 $/MWh and sells s − loss/2 = 300 MW
    rent = 300 * 10 * 1.003 / 0.997 - (300 + loss) * 10
    assert congestion_rent(result)["lines", "ab"].to_numpy() == pytest.approx([rent, rent])


def test_tangents_by_hand(tmp_path: Path) -> None:
    # tangents touch the curve at 400/3, 800/3 and 400 MW; at 300 MW that of 800/3 is the highest:
    # 2·1e-5·800/3·s − 1e-5·(800/3)²
    result = solved(two_buses(), tmp_path, "tangents")
    slope, offset = 2e-5 * 800 / 3, -1e-5 * (800 / 3) ** 2
    s = (300 + offset / 2) / (1 - slope / 2)
    assert result.flow("lines")["ab"].iloc[0] == pytest.approx(s)
    assert result.line_losses["ab"].iloc[0] == pytest.approx(slope * s + offset)


def test_backwards_the_same_is_lost(tmp_path: Path) -> None:
    n = two_buses()
    n.lines.loc["ab", ["bus0", "bus1"]] = ["b", "a"]
    result = solved(n, tmp_path, "secants")
    assert result.flow("lines")["ab"].iloc[0] == pytest.approx(-299.6 / 0.997)
    assert result.line_losses["ab"].iloc[0] == pytest.approx(0.006 * 299.6 / 0.997 - 0.8)


def test_the_rating_holds_at_the_end_that_sends(tmp_path: Path) -> None:
    # as PyPSA counts it, flow and loss together are within the rating: s + loss = 300, with the tangent at 300 MW
    # loss = 2·1e-5·300·s − 1e-5·300²
    result = solved(two_buses(s_nom=300, load=400), tmp_path, "tangents")
    s = 300.9 / 1.006
    loss = 300 - s
    assert result.flow("lines")["ab"].iloc[0] == pytest.approx(s)
    assert result.flow("generators")["dear"].iloc[0] == pytest.approx(400 - s + loss / 2)


def test_by_secants_a_line_ends_where_its_loss_is_that_at_rating(tmp_path: Path) -> None:
    # a loss is at most 1e-5·300² = 0.9 MW; a secant that overstates it gets there before: 0.006·s − 0.8 = 0.9
    result = solved(two_buses(s_nom=300, load=400), tmp_path, "secants")
    assert result.line_losses["ab"].iloc[0] == pytest.approx(0.9)
    assert result.flow("lines")["ab"].iloc[0] == pytest.approx(1.7 / 0.006)


def test_how_much_each_kind_is_beside_the_curve(tmp_path: Path) -> None:
    # at the middle of a secant it overstates by a quarter of r·(step)²: 1e-5·200²/4 = 0.1 MW at 300 MW
    result = solved(two_buses(load=300 - 0.0005 * 1003), tmp_path, "secants")
    table = line_losses(result).loc["ab"] * 1000 / 2  # two hours: GWh → MW
    assert table["lost"] - table["quadratic"] == pytest.approx(0.1, abs=1e-4)
    assert table["unexplained"] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("kind", ["secants", "tangents"])
def test_power_without_use_is_seen_where_it_is_wasted_as_a_loss(tmp_path: Path, kind: str) -> None:
    # 100 MW must run and 99 MW are asked: the line loses 1 MW, s = 99.5, which its curve does not ask for
    result = solved(two_buses(load=99, must_run=100), tmp_path, kind)
    assert result.line_losses["ab"].to_numpy() == pytest.approx([1, 1])
    curve = {"secants": 0.002 * 99.5, "tangents": 2e-5 * 400 / 3 * 99.5 - 1e-5 * (400 / 3) ** 2}[kind]
    assert line_losses(result).at["ab", "unexplained"] == pytest.approx(2 * (1 - curve) / 1000)


def test_a_transit_bus_without_plants_pays_its_losses_from_what_passes(tmp_path: Path) -> None:
    # each line loses 0.006·s − 0.8; the flow at the middle of the first is that of the second and the two halves of
    # losses that lie between them
    n = two_buses()
    n.add("Bus", "t", v_nom=500, carrier="AC")
    n.lines.loc["ab", "bus1"] = "t"
    n.add("Line", "tb", bus0="t", bus1="b", x=10, r=2.5, s_nom=400)
    result = solved(n, tmp_path, "secants")
    second = 299.6 / 0.997
    first = (second + (0.006 * second - 0.8) / 2 - 0.4) / 0.997
    assert result.flow("lines").iloc[0][["ab", "tb"]].to_numpy() == pytest.approx([first, second])


@pytest.mark.parametrize("kind", ["none", "secants", "tangents"])
def test_plain_pypsa_reaches_the_same(tmp_path: Path, kind: str) -> None:
    lossy = asked(two_buses(), tmp_path, kind)
    result, other = solve(lossy), solve_with("highs", lossy)
    assert other.objective == pytest.approx(result.objective, rel=1e-9)
    assert other.flow("lines").to_numpy() == pytest.approx(result.flow("lines").to_numpy())
    assert other.line_losses.to_numpy() == pytest.approx(result.line_losses.to_numpy())
    n, filled = network(lossy), result.network()
    losses = n.meta["energy"]["transmission_losses"]
    assert losses == TRANSMISSION_LOSSES[kind]
    n.optimize(
        transmission_losses=losses,
        extra_functionality=energy.extra_functionality,
        include_objective_constant=False,
        log_to_console=False,
    )
    assert n.objective == pytest.approx(result.objective, rel=1e-9)
    for end in ("p0", "p1"):
        assert filled.lines_t[end]["ab"].to_numpy() == pytest.approx(n.lines_t[end]["ab"].to_numpy())


@pytest.mark.parametrize(("kind", "given"), [("secants", False), ("none", True)])
def test_plain_pypsa_is_refused_with_other_losses(tmp_path: Path, kind: str, given: bool) -> None:
    n = network(asked(two_buses(), tmp_path, kind))
    with pytest.raises(ValueError, match=r"built for n\.optimize\(\.\.\., transmission_losses="):
        n.optimize(
            transmission_losses=given,
            extra_functionality=energy.extra_functionality,
            include_objective_constant=False,
            progress=False,
        )


def test_the_dataset_has_both_ends_and_the_loss(tmp_path: Path) -> None:
    result = solved(two_buses(), tmp_path, "secants")
    data = result.dataset()
    assert data["lines_loss"].attrs["units"] == "MW"
    lost = data["lines_p0"] + data["lines_p1"]
    assert lost.to_numpy() == pytest.approx(data["lines_loss"].to_numpy())
    assert data["lines_p0"].to_numpy()[0, 0] == pytest.approx(float(result.flow("generators")["cheap"].iloc[0]))
    assert "lines_loss" not in solved(two_buses(), tmp_path, "none").dataset()


def test_lines_without_resistance_lose_nothing(tmp_path: Path) -> None:
    n = two_buses()
    n.lines["r"] = 0.0
    for kind in ("secants", "tangents"):
        result = solved(n, tmp_path, kind)
        assert result.line_losses.to_numpy() == pytest.approx(0)
        assert result.flow("generators")["cheap"].iloc[0] == pytest.approx(300)


def test_an_engine_with_losses_solves_without_and_with_other_losses(tmp_path: Path) -> None:
    kinds = {kind: asked(two_buses(), tmp_path, kind) for kind in ("secants", "none", "tangents")}
    engine = Engine(kinds["secants"])
    for lossy in kinds.values():
        assert engine.solve(lossy).objective == pytest.approx(solve(lossy).objective, rel=1e-9)
    with pytest.raises(ValueError, match="not of the structure"):
        Engine(kinds["none"]).solve(kinds["secants"])


@pytest.mark.parametrize(
    ("s_nom", "type_of_line", "words"),
    [
        (400.0, "Al/St 240/40 4-bundle 380.0", "its resistance is that of type 'Al/St 240/40 4-bundle 380.0'"),
        (1e12, "", "losses of line 'ab' at its rating are 1e+19 MW: more than 20 secants follow"),
    ],
)
def test_what_no_segments_follow_is_refused(tmp_path: Path, s_nom: float, type_of_line: str, words: str) -> None:
    n = two_buses(s_nom=s_nom)
    n.lines["type"] = type_of_line
    with pytest.raises(InputError) as caught:
        asked(n, tmp_path, "secants")
    assert words in str(caught.value)
    assert "line_losses: none" in str(caught.value)
