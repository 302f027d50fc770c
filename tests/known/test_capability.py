"""Transfer capability against answers derived on paper."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pypsa
import pytest

from energy.analysis.capability import Loss, LossTolerance, capability
from energy.case import read_case
from energy.metrics.congestion_rent import congestion_rent
from energy.model import Inputs
from energy.model.inputs import assemble
from energy.scenario import Scenario
from energy.solve import solve
from energy.solve.ttc.dc_network import outage_factors


def read(n: pypsa.Network, folder: Path, **changes: object) -> Inputs:
    """Take a network the way that a user's own file is read."""
    n.export_to_netcdf(folder / "own.nc")
    scenario = Scenario(name="own", case=str(folder / "own.nc"), year=2028, objective="dispatch", **changes)  # type: ignore[arg-type]
    return assemble(read_case(folder / "own.nc"), scenario)


def buses(*names: str) -> pypsa.Network:
    n = pypsa.Network(snapshots=pd.DatetimeIndex(["2028-07-01"]))
    for name in names:
        n.add("Bus", name, v_nom=500.0, carrier="AC")
    return n


def triangle(load: float = 300.0) -> pypsa.Network:
    n = buses("1", "2", "3")
    for begin, end in ("12", "13", "23"):
        n.add("Line", f"{begin}-{end}", bus0=begin, bus1=end, x=10.0, s_nom=100.0)
    n.add("Generator", "cheap", bus="1", p_nom=1000.0, marginal_cost=10.0)
    n.add("Generator", "dear", bus="2", p_nom=1000.0, marginal_cost=100.0)
    n.add("Load", "load", bus="2", p_set=load)
    return n


def first(table: pd.DataFrame, direction: str = "forward") -> pd.Series:
    return table.loc[direction].iloc[0]


def test_triangle_carries_150_intact_and_100_secure(tmp_path: Path) -> None:
    # equal lines: two thirds of a transfer 1 → 2 go straight, one third over 3; 2/3·T ≤ 100 → T = 150.
    # after the loss of 1-2 all goes over 3: T ≤ 100; after that of 1-3 or 2-3 all goes straight: T ≤ 100
    found = first(capability(read(triangle(), tmp_path), source=["1"], sink=["2"]))
    assert found["intact"] == pytest.approx(150)
    assert found["TTC"] == pytest.approx(100)
    assert found["limit intact"] == "1-2 rating"
    assert " after loss of " in found["limit"]


def test_triangle_with_a_split_sink_carries_200_and_100(tmp_path: Path) -> None:
    # half at 2, half at 3: by symmetry T/2 on 1-2 and on 1-3 → 200; without one of these all leaves 1 over the other
    # → 100; without 2-3 nothing changes → 200
    asked = {"source": {"1": 1.0}, "sink": {"2": 0.5, "3": 0.5}}
    found = first(capability(read(triangle(), tmp_path), **asked))  # type: ignore[arg-type]
    assert found["intact"] == pytest.approx(200)
    assert found["TTC"] == pytest.approx(100)
    without = triangle()
    without.lines.loc["1-2", "active"] = False
    assert first(capability(read(without, tmp_path), **asked))["intact"] == pytest.approx(100)  # type: ignore[arg-type]
    without = triangle()
    without.lines.loc["2-3", "active"] = False
    assert first(capability(read(without, tmp_path), **asked))["intact"] == pytest.approx(200)  # type: ignore[arg-type]


def test_triangle_earns_13500(tmp_path: Path) -> None:
    # prices: 10 at bus 1, 100 at bus 2, and at 3 the mean of both, since a MW there takes as much room of line 1-2 as
    # half a MW at 2 → 55; rent = Σ flow·Δprice = 100·90 + 50·45 + 50·45 = 13,500 = 150·90
    result = solve(read(triangle(), tmp_path))
    assert result.prices.iloc[0].to_dict() == pytest.approx({"1": 10, "2": 100, "3": 55})
    assert congestion_rent(result).to_numpy().sum() == pytest.approx(150 * 90)


@pytest.mark.parametrize("tie", ["line", "link"])
def test_a_radial_tie_is_never_secure(tie: str, tmp_path: Path) -> None:
    n = buses("a", "b")
    if tie == "line":
        n.add("Line", "tie", bus0="a", bus1="b", x=10.0, s_nom=100.0)
    else:
        n.add("Link", "tie", bus0="a", bus1="b", p_nom=100.0)
    n.add("Generator", "plant", bus="a", p_nom=1000.0, marginal_cost=10.0)
    n.add("Load", "load", bus="b", p_set=100.0)
    n.add("Generator", "shedding", bus="b", carrier="load shedding", p_nom=100.0, marginal_cost=1000.0)
    found = first(capability(read(n, tmp_path), source=["a"], sink=["b"]))
    assert found["intact"] == pytest.approx(100)
    assert found["TTC"] == pytest.approx(0)
    assert found["limit"] == "loss of tie"


def two_poles(efficiency: float = 0.95) -> pypsa.Network:
    n = buses("a", "b")
    for pole in ("pole 1", "pole 2"):
        n.add("Link", pole, bus0="a", bus1="b", p_nom=650.0, efficiency=efficiency)
    n.add("Generator", "plant", bus="a", p_nom=5000.0, marginal_cost=10.0)
    n.add("Load", "load", bus="b", p_set=3000.0)
    n.add("Generator", "other", bus="b", p_nom=5000.0, marginal_cost=50.0)
    return n


def test_two_poles_of_650_secure_650(tmp_path: Path) -> None:
    found = first(capability(read(two_poles(), tmp_path), links=["pole 1", "pole 2"]))
    assert found["intact"] == pytest.approx(1300)
    assert found["TTC"] == pytest.approx(650)  # the pole that stays takes over, up to its own rating
    assert found["limit"] in ("loss of pole 1", "loss of pole 2")


@pytest.mark.parametrize(("loss", "secure"), [(0, 650), (400, 1050), (650, 1300), (900, 1300)])
def test_what_may_be_lost_is_added_to_what_stays(loss: float, secure: float, tmp_path: Path) -> None:
    stood = {"forward": LossTolerance(sending=loss)}
    found = first(capability(read(two_poles(), tmp_path), links=["pole 1", "pole 2"], stood=stood))
    assert found["TTC"] == pytest.approx(secure)


def test_a_common_cause_leaves_what_may_be_lost(tmp_path: Path) -> None:
    both = Loss("loss of both", (("links", "pole 1", np.inf), ("links", "pole 2", np.inf)))
    asked = {"links": ["pole 1", "pole 2"], "losses": [both]}
    for stood, sent in ((LossTolerance(sending=400), 400), (LossTolerance(sending=np.inf, receiving=190), 200)):
        # at the receiving end 190 of the 200 MW arrive
        found = first(capability(read(two_poles(), tmp_path), stood={"forward": stood}, **asked))  # type: ignore[arg-type]
        assert found["TTC"] == pytest.approx(sent)
        assert found["limit"] == "loss of both"


def test_the_largest_unit_is_held_back(tmp_path: Path) -> None:
    # 1,000 MW of plants less 300 MW of demand leave 700; less a unit of 250 that may trip, 450
    n = two_poles(1.0)
    n.generators.loc["plant", "p_nom"] = 1000.0
    n.add("Load", "own", bus="a", p_set=300.0)
    unit = Loss("loss of a unit", (("generators", "plant", 250.0),), exchange=False)
    found = first(capability(read(n, tmp_path), links=["pole 1", "pole 2"], losses=[unit]))
    assert (found["intact"], found["TTC"]) == (pytest.approx(700), pytest.approx(450))
    assert (found["limit intact"], found["limit"]) == ("plants in a", "loss of a unit")


def test_ntc_and_atc_are_what_is_left(tmp_path: Path) -> None:
    # TTC 1,300 − TRM 65 = NTC 1,235; − 1,000 allocated = ATC 235
    asked = read(two_poles(), tmp_path)
    taken = {"forward": pd.Series([1000.0], index=asked.axis.snapshots)}
    stood = {"forward": LossTolerance(sending=650)}
    found = first(capability(asked, links=["pole 1", "pole 2"], stood=stood, margin=65, allocated=taken))
    numbers = found[["TTC", "TRM", "NTC", "allocated", "ATC"]].astype(float).to_list()
    assert numbers == pytest.approx([1300, 65, 1235, 1000, 235])


def toy(limit: float) -> pypsa.Network:
    n = buses("0", "1")
    n.add("Line", "line", bus0="0", bus1="1", x=10.0, s_nom=100.0)
    n.add("Generator", "far", bus="0", p_nom=limit, marginal_cost=1.0)
    n.add("Generator", "near", bus="1", p_nom=1000.0, marginal_cost=2.0)
    n.add("Load", "load", bus="1", p_set=50.0)
    return n


def test_plants_limit_the_total_not_the_increment(tmp_path: Path) -> None:
    # base exchange 25. With a plant of 45 MW the total can be 45 (increment 20), never the 70 (25 + 45) that comes out
    # where the rating bounds the increment alone. Without that limit and with demand to match the line's 100 bind
    found = first(capability(read(toy(45.0), tmp_path), source=["0"], sink=["1"]))
    assert found["intact"] == pytest.approx(45)
    assert found["intact"] - 25 == pytest.approx(20)
    free = toy(1000.0)
    free.loads.loc["load", "p_set"] = 500.0
    found = first(capability(read(free, tmp_path), source=["0"], sink=["1"]))
    assert found["intact"] == pytest.approx(100)
    assert found["limit intact"] == "line rating"
    free.loads.loc["load", "p_set"] = 50.0  # and what nobody takes is not exchanged
    assert first(capability(read(free, tmp_path), source=["0"], sink=["1"]))["limit intact"] == "demand"


def test_outage_factors_are_those_of_pypsa() -> None:
    n = triangle()
    n.add("Bus", "4", v_nom=500.0)
    n.add("Line", "34", bus0="3", bus1="4", x=7.0, s_nom=100.0)
    n.add("Line", "14", bus0="1", bus1="4", x=3.0, s_nom=100.0)
    n.determine_network_topology()
    part = n.sub_networks.obj.iloc[0]
    part.calculate_BODF()
    order = [name for _, name in part.branches_i()]
    ends = n.lines.loc[order, ["bus0", "bus1"]].to_numpy()
    incidence = np.array([[(bus == a) * 1.0 - (bus == b) for a, b in ends] for bus in n.buses.index])
    ours = outage_factors(incidence, n.lines.loc[order, "x"].to_numpy(float), [True] * len(order))
    np.testing.assert_allclose(ours, part.BODF, atol=1e-9)


def test_demand_that_cannot_be_met_anyway_does_not_bind(tmp_path: Path) -> None:
    # a town behind one line is lost with it, whatever is exchanged elsewhere
    n = triangle()
    n.add("Bus", "town", v_nom=500.0)
    n.add("Line", "to town", bus0="3", bus1="town", x=1.0, s_nom=80.0)
    n.add("Load", "town", bus="town", p_set=50.0)
    n.add("Generator", "at 3", bus="3", p_nom=60.0)
    found = first(capability(read(n, tmp_path), source=["1"], sink=["2"]))
    assert found["TTC"] == pytest.approx(100)


def test_a_lossy_link_delivers_less_either_way(tmp_path: Path) -> None:
    # 100 MW sent, 90 delivered; run backwards it loses too, where PyPSA would create 10 MW
    n = buses("a", "b")
    n.add("Link", "tie", bus0="a", bus1="b", p_nom=100.0, p_min_pu=-1.0, efficiency=0.9)
    for bus in "ab":
        n.add("Generator", f"plant {bus}", bus=bus, p_nom=1000.0)
        n.add("Load", f"load {bus}", bus=bus, p_set=500.0)
    table = capability(read(n, tmp_path), links=["tie"], stood={d: LossTolerance(100) for d in ("forward", "reverse")})
    for direction in ("forward", "reverse"):
        found = first(table, direction)
        assert (found["TTC"], found["delivered"]) == (pytest.approx(100), pytest.approx(90))


def test_without_kirchhoff_each_line_carries_its_rating(tmp_path: Path) -> None:
    # transport: 100 straight and 100 over 3; after any loss 100
    found = first(capability(read(triangle(), tmp_path, network="transport"), source=["1"], sink=["2"]))
    assert (found["intact"], found["TTC"]) == (pytest.approx(200), pytest.approx(100))
