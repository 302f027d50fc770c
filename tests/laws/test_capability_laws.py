"""Laws of transfer capability, on random networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.examples import examples

from energy.analysis.capability import FORWARD, REVERSE, Loss, LossTolerance, capability
from energy.case.case import Case
from energy.model import Inputs
from energy.model.inputs import assemble
from energy.scenario import Scenario

SIZE = 4
MW = st.integers(0, 400).map(float)
PAIRS = [(a, b) for a in range(SIZE) for b in range(a)]


@st.composite
def grids(draw: st.DrawFn) -> dict[str, Any]:
    """Draw four buses with plants and demand, lines between some of them, and one or two like poles from 0 to 3."""
    # poles of unlike losses: the better one, made larger, sends less for the same delivery, so what is sent may fall
    share = draw(st.integers(80, 100))
    pairs = draw(st.lists(st.sampled_from(PAIRS), min_size=1, max_size=5))
    return {
        "pairs": pairs,
        "ratings": [draw(MW) for _ in pairs],
        "reactances": [draw(st.integers(1, 50)) for _ in pairs],
        "plants": [draw(MW) for _ in range(SIZE)],
        "demand": [draw(MW) for _ in range(SIZE)],
        "poles": [(size, share) for size in draw(st.lists(MW, min_size=1, max_size=2))],
    }


def taken(grid: dict[str, Any]) -> Inputs:
    """Take a drawn grid the way that a user's own network is taken."""
    bus = [str(at) for at in range(SIZE)]
    components = {
        "buses": pd.DataFrame({"v_nom": 500.0, "carrier": "AC"}, index=bus),
        "lines": pd.DataFrame(
            {"bus0": [str(a) for a, _ in grid["pairs"]], "bus1": [str(b) for _, b in grid["pairs"]]}
            | {"s_nom": grid["ratings"], "x": np.array(grid["reactances"], float)},
            index=[f"line {at}" for at in range(len(grid["pairs"]))],
        ),
        "links": pd.DataFrame(
            {"bus0": "0", "bus1": "3", "p_nom": [size for size, _ in grid["poles"]], "p_min_pu": -1.0}
            | {"efficiency": [share / 100 for _, share in grid["poles"]]},
            index=[f"pole {at}" for at in range(len(grid["poles"]))],
        ),
        "generators": pd.DataFrame(
            {"bus": bus, "carrier": "gas", "p_nom": grid["plants"]}, index=[f"g{b}" for b in bus]
        ),
        "loads": pd.DataFrame({"bus": bus, "p_set": grid["demand"]}, index=[f"l{b}" for b in bus]),
    }
    hours = pd.DatetimeIndex(["2028-07-01"], name="snapshot")
    weightings = pd.DataFrame(1.0, index=hours, columns=["objective", "stores", "generators"])
    return assemble(Case("drawn", Path("drawn"), components, weightings=weightings), Scenario(name="drawn", year=2028))


def links_of(grid: dict[str, Any]) -> list[str]:
    return [f"pole {at}" for at in range(len(grid["poles"]))]


slow = settings(max_examples=examples(10, 25), suppress_health_check=[HealthCheck.too_slow])


@slow
@given(grids(), st.sampled_from([0.0, 100.0]))
def test_security_never_adds(grid: dict[str, Any], stood: float) -> None:
    standing = {direction: LossTolerance(sending=stood) for direction in (FORWARD, REVERSE)}
    for asked in ({"links": links_of(grid)}, {"source": ["0"], "sink": ["3"]}):
        table = capability(taken(grid), stood=standing, **asked)
        assert (table["TTC"] <= table["intact"] + 1e-6).all()
        assert (table["TTC"] >= 0).all()
        assert (table["ATC"] <= table["NTC"]).all()
        assert (table["NTC"] <= table["TTC"]).all()


@slow
@given(grids())
def test_a_link_never_creates_energy(grid: dict[str, Any]) -> None:
    table = capability(taken(grid), links=links_of(grid))
    assert (table["delivered"] <= table["TTC"] + 1e-6).all()


@slow
@given(grids(), st.sampled_from([0.0, 100.0]))
def test_a_larger_pole_never_lowers_what_is_carried(grid: dict[str, Any], stood: float) -> None:
    asked = {
        "links": links_of(grid),
        "stood": {direction: LossTolerance(sending=stood) for direction in (FORWARD, REVERSE)},
    }
    before = capability(taken(grid), **asked)
    after = capability(taken(grid | {"poles": [(size + 50, share) for size, share in grid["poles"]]}), **asked)
    for column in ("intact", "TTC", "delivered"):
        assert (after[column] >= before[column] - 1e-3).all()


@slow
@given(grids(), st.data())
def test_a_higher_rating_never_lowers_what_is_carried(grid: dict[str, Any], data: st.DataObject) -> None:
    network = {"source": {"0": 1.0}, "sink": {"3": 1.0}}  # the lines alone
    before = capability(taken(grid), **network)
    at = data.draw(st.integers(0, len(grid["ratings"]) - 1))
    standing = [size for k, size in enumerate(grid["ratings"])]
    if standing[at] == 0:
        return  # a line that is out has no way to obey Kirchhoff's law; building one may well lower what is carried
    higher = grid | {"ratings": [size + 75 * (k == at) for k, size in enumerate(standing)]}
    after = capability(taken(higher), **network)
    for column in ("intact", "TTC"):
        assert (after[column] >= before[column] - 1e-5).all()


@slow
@given(grids())
def test_a_longer_list_of_losses_never_adds(grid: dict[str, Any]) -> None:
    found, links = taken(grid), links_of(grid)
    single = [Loss(name, (("links", name, np.inf),)) for name in links]
    both = Loss("both", tuple(("links", name, np.inf) for name in links))
    few = capability(found, links=links, losses=single)["TTC"]
    many = capability(found, links=links, losses=[*single, both])["TTC"]
    assert (many <= few + 1e-6).all()
    assert many.to_numpy() == pytest.approx(0.0, abs=1e-6)  # with nothing to be stood, the loss of all leaves nothing
