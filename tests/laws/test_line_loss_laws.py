"""Losses of AC lines: the laid program is PyPSA's, and losses never help."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pandas as pd
import pypsa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy.case import Case, read_case
from energy.metrics import TOLERANCE, audit
from energy.metrics.line_losses import line_losses
from energy.model import Inputs, inputs
from energy.model.line_losses import ATOL, RTOL, linearised_loss, resistance
from energy.scenario import Scenario, read_scenario
from energy.solve import Engine
from energy.solve.assembly import Pattern, assemble_program, pattern_of
from energy.solve.pypsa_model import check_layout, pypsa_structure

KINDS = ("secants", "tangents")
LINES = {"ab": 4.0, "bc": 9.0, "cd": 2.0, "da": 0.0, "ac": 6.0}


@lru_cache(maxsize=1)
def ring() -> Case:
    """Return four buses in a ring with a diagonal: two loops, one line without resistance."""
    n = pypsa.Network(snapshots=pd.date_range("2028-04-01", periods=4, freq="h"))
    n.add("Carrier", "AC")
    n.add("Bus", list("abcd"), v_nom=220, carrier="AC")
    for name, ohm in LINES.items():
        n.add("Line", name, bus0=name[0], bus1=name[1], x=5 + ohm, r=ohm, s_nom=150)
    for bus, cost in zip("abcd", (10, 20, 60, 90), strict=True):
        n.add("Generator", f"plant {bus}", bus=bus, p_nom=400, marginal_cost=cost)
    n.add("Load", "load c", bus="c", p_set=[120, 90, 200, 60])
    n.add("Load", "load d", bus="d", p_set=140)
    path = Path(mkdtemp()) / "ring.nc"
    n.export_to_netcdf(str(path))
    return read_case(path)


def asked(line_losses: str, **changes: Any) -> Inputs:
    scenario = Scenario(name="ring", year=2028, objective="dispatch")
    changes |= {"line_losses": line_losses, "time.resolution": "1h"}
    return inputs(ring(), scenario.replace(**changes))


@lru_cache(maxsize=2)
def pattern(line_losses: str) -> Pattern:
    base = asked(line_losses)
    rows = pattern_of(pypsa_structure(base), base)
    assert rows is not None
    return rows


@lru_cache(maxsize=1)
def engine() -> Engine:
    return Engine(asked("secants", network="transport"))


def derating(line: str, start: int, hours: int, depth: float) -> dict[str, Any]:
    at = {"start": f"2028-04-01T{start:02d}:00", "duration": f"{hours}h", "depth": depth}
    return {"name": "out", "kind": "derating", "cause": "test", "where": [f"lines.{line}"]} | at


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=3)
@given(
    line=st.sampled_from(list(LINES)),
    start=st.integers(0, 3),
    hours=st.integers(1, 2),
    depth=st.sampled_from([0.3, 0.9, 1.0]),
    s_nom=st.sampled_from([40.0, 150.0, 900.0]),
)
def test_a_program_with_losses_is_laid_as_pypsa_builds_it(
    kind: str, line: str, start: int, hours: int, depth: float, s_nom: float
) -> None:
    """Other ratings ask for other numbers of secants and other slopes of tangents; a line out leaves slopes of zero."""
    rows = pattern(kind)
    changed = asked(kind, events=[derating(line, start, hours, depth)], **{"values.lines.ab.s_nom": s_nom})
    check_layout(assemble_program(rows, changed), pypsa_structure(changed), changed)  # raises where a number differs


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_casa1000_with_losses_and_an_outage_is_laid_as_pypsa_builds_it(casa1000: Case, kind: str) -> None:
    base = read_scenario("baseline", overrides={"time.resolution": "typical-days-12h", "line_losses": kind})
    out = {"name": "out", "kind": "line_out", "cause": "x", "where": ["lines.*"], "start": "07-03", "duration": "11d"}
    calm, changed = (inputs(casa1000, scenario) for scenario in (base, base.replace(events=[out], hydrology="dry")))
    rows = pattern_of(pypsa_structure(calm), calm)
    assert rows is not None
    check_layout(assemble_program(rows, changed), pypsa_structure(changed), changed)


@settings(max_examples=8)
@given(
    ratings=st.lists(st.floats(20, 400), min_size=len(LINES), max_size=len(LINES)),
    load=st.floats(0.2, 2.0),
    line=st.sampled_from(list(LINES)),
    depth=st.floats(0.1, 1.0),
)
def test_losses_never_make_a_transport_grid_cheaper(ratings: list[float], load: float, line: str, depth: float) -> None:
    """Without losses is cheaper than the tangents below the curve, and these than the secants above it.

    Where Kirchhoff's law holds that need not be so: a loss is a load, and a load can relieve a full line.
    """
    changes: dict[str, Any] = {f"values.lines.{name}.s_nom": top for name, top in zip(LINES, ratings, strict=True)}
    changes |= {"values.loads.load d.p_set": 140 * load, "network": "transport"}
    changes["events"] = [derating(line, 1, 2, depth)]
    results = {kind: engine().solve(asked(kind, **changes)) for kind in ("none", *KINDS)}
    cost = {kind: result.objective for kind, result in results.items()}
    assert cost["none"] <= cost["tangents"] * (1 + 1e-9)
    assert cost["tangents"] <= cost["secants"] * (1 + 1e-9)
    for result in results.values():
        assert max(audit(result).values()) < TOLERANCE
        # every plant costs, so that no price is below zero and no loss is above its curve
        assert line_losses(result)["unexplained"].sum() == pytest.approx(0, abs=1e-9)


@given(flows=st.lists(st.floats(-1, 1), min_size=len(LINES), max_size=len(LINES)))
def test_secants_are_above_the_curve_and_tangents_below(flows: list[float]) -> None:
    secants, tangents = (asked(kind) for kind in KINDS)
    flow = np.tile(150 * np.array(flows), (len(secants.axis.snapshots), 1))
    curve = resistance(secants) * flow**2
    above, below = (linearised_loss(lossy, flow) for lossy in (secants, tangents))
    assert (below <= curve + 1e-9).all()
    assert (curve <= above + 1e-9).all()
    assert (above <= np.maximum(curve + ATOL, curve * (1 + RTOL)) + 1e-9).all()
