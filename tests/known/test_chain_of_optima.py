"""The protection order against its definition: a chain of optimisations, one a service, by code of its own.

Each step of the chain makes one service as good as it can be, with every service before it held at its own optimum; no
weight and no price takes part, and the water that irrigation must lack is decided before all services. The program is
PyPSA's own model of the unsolved network, taken as a matrix and handed to HiGHS anew at each step. The engine goes
another way, from one optimum with weights to the end of the order; both must give each service the same energy.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import highspy
import numpy as np
import pypsa
import pytest
from scipy import sparse

import energy
from energy.case import Case
from energy.model import inputs
from energy.model.pypsa_logging import quiet_pypsa
from energy.scenario import Scenario, list_scenarios, read_scenario
from energy.solve import Engine, Result

PROJECT = Path(__file__).parents[2]
SLACK = 0.01  # MWh that each step leaves to the next, so that rounding does not make it infeasible
LEAST, SHARE = 1000.0, 1e-3  # a service may differ by the larger of 1 GWh and 0.1 %
GAIN = 1e-3  # MWh that the certificate may leave open
POINTS = 30
COARSE = {"time.resolution": "typical-days-24h"}


class Chain:
    """PyPSA's model of a network as a program of HiGHS, in which one service after the other is optimised."""

    def __init__(self, n: pypsa.Network) -> None:
        losses = n.meta["energy"].get("transmission_losses") or False
        with quiet_pypsa():
            n.optimize.create_model(include_objective_constant=False, transmission_losses=losses)
        energy.extra_functionality(n, n.snapshots)
        self.n = n
        self.hours = n.snapshot_weightings["objective"].to_numpy()[:, None]
        matrices = n.model.matrices
        self.position = {int(label): column for column, label in enumerate(matrices.vlabels)}
        self.width = len(self.position)
        self.highs = highspy.Highs()
        self.highs.setOptionValue("output_flag", False)
        self.highs.setOptionValue("threads", 1)
        self.take(matrices.A.tocsr(), matrices.sense, matrices.b, matrices.lb.copy(), matrices.ub.copy())

    def take(self, rows: sparse.csr_matrix, sense: np.ndarray, b: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> None:
        """Hand the program to HiGHS; rows on one column become bounds of that column."""
        row_lower = np.where(sense == "<", -np.inf, b)
        row_upper = np.where(sense == ">", np.inf, b)
        entries = np.diff(rows.indptr)
        single = np.flatnonzero(entries == 1)
        column, factor = rows.indices[rows.indptr[single]], rows.data[rows.indptr[single]]
        low, high = row_lower[single] / factor, row_upper[single] / factor
        np.maximum.at(lower, column, np.minimum(low, high))
        np.minimum.at(upper, column, np.maximum(low, high))
        many = entries > 1
        matrix = rows[many].tocsc()
        self.highs.passModel(
            self.width, int(many.sum()), matrix.nnz,
            int(highspy.MatrixFormat.kColwise), int(highspy.ObjSense.kMinimize), 0.0,
            np.zeros(self.width), lower, upper, row_lower[many], row_upper[many],
            matrix.indptr, matrix.indices, matrix.data, np.zeros(self.width, dtype=np.int32),
        )  # fmt: skip

    def columns(self, variable: str, names: list[str]) -> np.ndarray:
        """Return the columns of components; shape (snapshots, names)."""
        labels = self.n.model.variables[variable].labels.sel(name=names).transpose("snapshot", "name")
        return np.vectorize(self.position.__getitem__, otypes=[int])(labels.to_numpy())

    def put(self, cost: np.ndarray, component: str, names: list[str], per_mw: object) -> None:
        """Add to a cost what each MW of components costs [MWh per h]."""
        if names:
            cost[self.columns(f"{component}-p", names)] += self.hours * per_mw

    def service_cost(self, service: str) -> np.ndarray:
        """Return what a service lacks or buys, less what it is delivered, per unit of each column [MWh]."""
        n, cost = self.n, np.zeros(self.width)
        made = list(n.generators.index[n.generators["service"] == service])
        self.put(cost, "Generator", made, n.generators.loc[made, "sign"].to_numpy(float))
        delivering = list(n.links.index[n.links["service"] == service])
        self.put(cost, "Link", delivering, -n.get_switchable_as_dense("Link", "efficiency")[delivering].to_numpy())
        if service == "casa":
            self.put(cost, "Link", list(n.links.index[n.links["service"] == "reverse"]), 1.0)
        return cost

    def lacking_water(self) -> np.ndarray:
        """Return the cost of water that rules ask for in vain [hm³]."""
        cost = np.zeros(self.width)
        self.put(cost, "Generator", list(self.n.generators.index[self.n.generators["carrier"] == "lacking water"]), 1.0)
        return cost

    def least(self, cost: np.ndarray) -> float:
        """Return the least of a cost, and hold the program there."""
        self.highs.changeColsCost(self.width, np.arange(self.width, dtype=np.int32), cost)
        self.highs.clearSolver()
        self.highs.run()
        assert self.highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
        least = float(self.highs.getInfo().objective_function_value)
        at = np.flatnonzero(cost)
        self.highs.addRow(-np.inf, least + SLACK, len(at), at.astype(np.int32), cost[at])
        return least

    def energies(self, order: list[str]) -> dict[str, float]:
        """Return the energy of each service [MWh] along the chain."""
        self.least(self.lacking_water())
        return {service: -self.least(self.service_cost(service)) for service in order}


def order_of(case: Case, scenario: Scenario) -> list[str]:
    """Return the services from the first to the studied one."""
    order = list(scenario.protection_order or case.rules.protection_order)
    return order[: order.index("casa") + 1]


def energies_of(result: Result, n: pypsa.Network, order: list[str]) -> dict[str, float]:
    """Return the energy of each service [MWh] in the engine's flows, counted as the chain counts it."""
    hours = n.snapshot_weightings["objective"].to_numpy()
    made, sent = result.flow("generators"), result.flow("links")
    delivered = sent * n.get_switchable_as_dense("Link", "efficiency").loc[sent.index, sent.columns]
    energies = {}
    for service in order:
        counted = n.generators.index[n.generators["service"] == service]
        lacks = (made[counted] * n.generators.loc[counted, "sign"]).sum(axis=1)
        delivers = delivered[n.links.index[n.links["service"] == service]].sum(axis=1)
        back = sent[n.links.index[n.links["service"] == "reverse"]].sum(axis=1) if service == "casa" else 0.0
        energies[service] = float(hours @ (delivers - lacks - back))
    return energies


def check(case: Case, scenario: Scenario) -> None:
    asked = inputs(case, scenario)
    result = Engine(asked).solve(asked)
    n = energy.build(case, scenario)
    order = order_of(case, scenario)
    on_the_chain = Chain(n).energies(order)
    reached = energies_of(result, n, order)
    assert list(result.services) == order
    for service in order:
        allowed = max(LEAST, SHARE * abs(on_the_chain[service]))
        assert reached[service] == pytest.approx(on_the_chain[service], abs=allowed), service
        assert result.services[service] == pytest.approx(reached[service], abs=1e-3), service
    assert max(result.gains.values()) <= GAIN
    assert max(map(abs, on_the_chain.values())) > 100_000  # MWh: the chain does not compare nothing with nothing


def mixed_points(resolution: str) -> list[Scenario]:
    """Return the points of the mixed sweep that is timed (``benchmarks/measured.py``)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(PROJECT / "benchmarks")
        module = import_module("measured")
    return list(module.mixed_points(resolution, POINTS))


SAMPLE = ("baseline", "dry_year", "border_closed_summer", "swap_ends", "casa_before_afghanistan", "reverse_winter")
LIBRARY = sorted(name for name, path in list_scenarios().items() if read_scenario(path).objective == "transfer")


@pytest.mark.parametrize("name", SAMPLE)
def test_the_engine_ends_where_the_chain_ends(name: str, casa1000: Case) -> None:
    check(casa1000, read_scenario(name, overrides=COARSE))


@pytest.mark.parametrize("point", range(3))
def test_points_of_a_sweep_end_where_the_chain_ends(point: int, casa1000: Case) -> None:
    check(casa1000, mixed_points(COARSE["time.resolution"])[point])


@pytest.mark.slow
@pytest.mark.parametrize("name", LIBRARY)
def test_each_scenario_of_the_library_ends_where_the_chain_ends(name: str, casa1000: Case) -> None:
    scenario = read_scenario(name)
    if scenario.case == casa1000.name:
        check(casa1000, scenario)


@pytest.mark.slow
@pytest.mark.parametrize("point", range(POINTS))
def test_all_points_of_a_sweep_end_where_the_chain_ends(point: int, casa1000: Case) -> None:
    check(casa1000, mixed_points("typical-days-3h")[point])
