"""DC power flow of three published networks: with plants as given, the optimum's flows are those of ``n.lpf()``.

The WSCC 9-bus, the New England 39-bus and the IEEE 118-bus system, in per unit of 100 MVA as MATPOWER's case9, case39
and case118 have them (Zimmerman, Murillo-Sánchez and Thomas, IEEE Transactions on Power Systems 26, 2011, 12-19).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pypsa
import pytest

from energy.case import read_case
from energy.metrics import TOLERANCE, audit
from energy.model import inputs
from energy.model.pypsa_logging import quiet_pypsa
from energy.scenario import Scenario
from energy.solve import solve

TABLES = Path(__file__).parent / "power_flow"
BASE = 100.0  # MVA
WIDE = 1e4  # MVA; no rating binds


def network_of(name: str) -> pypsa.Network:
    """Return a network with its plants at their given output and the slack plant free."""
    buses = pd.read_csv(TABLES / f"{name}-buses.csv", dtype={"bus": str}).set_index("bus")
    branches = pd.read_csv(TABLES / f"{name}-branches.csv", dtype={"from": str, "to": str})
    n = pypsa.Network()
    n.set_snapshots(pd.date_range("2028-04-01", periods=1, freq="h"))
    n.add("Carrier", "AC")
    n.add("Bus", buses.index, v_nom=buses["base_kv"].astype(float), carrier="AC")
    n.add("Load", buses.index, bus=buses.index, p_set=buses["demand"].astype(float))
    for bus, output in buses["generation"].dropna().items():
        slack = bool(buses.at[bus, "slack"])
        fixed = {"control": "Slack"} if slack else {"p_set": float(output)}
        n.add("Generator", f"plant {bus}", bus=bus, p_nom=WIDE, marginal_cost=1.0, **fixed)
    for at, row in enumerate(branches.itertuples(index=False)):
        begin, end, _, x, ratio, _ = row
        if ratio:
            reactance = float(x) * WIDE / BASE  # per unit of the transformer's own rating
            taps = {"tap_ratio": float(ratio)}
            n.add("Transformer", f"branch {at}", bus0=begin, bus1=end, x=reactance, s_nom=WIDE, **taps)
        else:
            ohms = float(x) * n.buses.at[begin, "v_nom"] ** 2 / BASE
            n.add("Line", f"branch {at}", bus0=begin, bus1=end, x=ohms, s_nom=WIDE)
    return n


def angles_solved(name: str) -> pd.Series:
    """Return the flow of each branch [MW] by its own small solve: P = B·θ, f = (θ_from − θ_to)/(x·ratio)."""
    buses = pd.read_csv(TABLES / f"{name}-buses.csv", dtype={"bus": str}).set_index("bus")
    branches = pd.read_csv(TABLES / f"{name}-branches.csv", dtype={"from": str, "to": str})
    incidence = np.zeros((len(branches), len(buses)))
    for side, sign in (("from", 1.0), ("to", -1.0)):
        incidence[np.arange(len(branches)), buses.index.get_indexer(branches[side])] += sign
    susceptance = BASE / (branches["x"] * branches["ratio"].where(branches["ratio"] != 0, 1.0)).to_numpy()
    injected = (buses["generation"].fillna(0.0) - buses["demand"]).to_numpy()
    kept = (buses["slack"] == 0).to_numpy()
    matrix = incidence.T @ (susceptance[:, None] * incidence)
    angle = np.zeros(len(buses))
    angle[kept] = np.linalg.solve(matrix[kept][:, kept], injected[kept])
    return pd.Series(susceptance * (incidence @ angle), [f"branch {at}" for at in range(len(branches))])


@pytest.mark.parametrize("name", ["case9", "case39", "case118"])
def test_flows_are_those_of_the_power_flow(name: str, tmp_path: Path) -> None:
    n = network_of(name)
    n.export_to_netcdf(str(tmp_path / "own.nc"))
    scenario = Scenario(name="own", year=2028, case=str(tmp_path / "own.nc"), objective="dispatch")
    found = solve(inputs(read_case(tmp_path / "own.nc"), scenario))
    flows = pd.concat([found.flow("lines").iloc[0], found.flow("transformers").iloc[0]])
    with quiet_pypsa():
        n.lpf()
    plain = pd.concat([n.lines_t.p0.iloc[0], n.transformers_t.p0.iloc[0]])
    truth = angles_solved(name)
    assert flows[truth.index].to_numpy() == pytest.approx(truth.to_numpy(), abs=1e-6)
    assert flows[plain.index].to_numpy() == pytest.approx(plain.to_numpy(), abs=1e-6)
    assert max(audit(found).values()) < TOLERANCE
