"""The protection order against its definition: a chain of optimisations, one a service, by code of its own.

Each step of the chain makes one service as good as it can be, with every service before it held at its own optimum; no
weight and no price takes part, and the water that irrigation must lack is decided before all services. The program is
PyPSA's own model of the unsolved network, taken as a matrix and handed to HiGHS anew at each step. The engine goes
another way, from one optimum with weights to the end of the order; both must give each service the same energy. In the
sample that `make test` runs the matrix is mostly the engine's own, which takes PyPSA seconds to build.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import highspy
import numpy as np
import pytest
from scipy import sparse

import energy
from energy.case import Case
from energy.model import Inputs, inputs
from energy.model.pypsa_logging import quiet_pypsa
from energy.scenario import Scenario, list_scenarios, read_scenario
from energy.solve import Engine, Result
from energy.solve.lp import matrix_of
from energy.solve.pattern_cache import ALWAYS

PROJECT = Path(__file__).parents[2]
LEAST, SHARE = 1000.0, 1e-3  # a service may differ by the larger of 1 GWh and 0.1 %
COARSE = {"time.resolution": "typical-days-12h"}
GAIN = 0.01  # MWh that the certificate may leave open
POINTS = 20


@dataclass(frozen=True)
class Program:
    """A linear program, and the columns of generators and links; shape (snapshots, names)."""

    matrix: sparse.csr_matrix
    row_lower: np.ndarray
    row_upper: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    columns: dict[str, np.ndarray]


def program_of_pypsa(case: Case, scenario: Scenario) -> Program:
    """Return PyPSA's model of the unsolved network; its rows on one column become bounds of that column."""
    n = energy.build(case, scenario)
    losses = n.meta["energy"].get("transmission_losses") or False
    with quiet_pypsa():
        n.optimize.create_model(include_objective_constant=False, transmission_losses=losses)
    energy.extra_functionality(n, n.snapshots)
    matrices = n.model.matrices
    rows, lower, upper = matrices.A.tocsr(), matrices.lb.copy(), matrices.ub.copy()
    row_lower = np.where(matrices.sense == "<", -np.inf, matrices.b)
    row_upper = np.where(matrices.sense == ">", np.inf, matrices.b)
    entries = np.diff(rows.indptr)
    single = np.flatnonzero(entries == 1)
    column, factor = rows.indices[rows.indptr[single]], rows.data[rows.indptr[single]]
    low, high = row_lower[single] / factor, row_upper[single] / factor
    np.maximum.at(lower, column, np.minimum(low, high))
    np.minimum.at(upper, column, np.maximum(low, high))
    position = {int(label): at for at, label in enumerate(matrices.vlabels)}
    columns = {}
    for component, names in (("generators", n.generators.index), ("links", n.links.index)):
        variable = n.model.variables[{"generators": "Generator-p", "links": "Link-p"}[component]]
        labels = variable.labels.sel(name=list(names)).transpose("snapshot", "name").to_numpy()
        columns[component] = np.vectorize(position.__getitem__, otypes=[int])(labels)
    many = entries > 1
    return Program(rows[many], row_lower[many], row_upper[many], lower, upper, columns)


def program_of_engine(asked: Inputs) -> Program:
    """Return the same program as the engine lays it, which tests/unit/test_layout.py holds against PyPSA's."""
    structure = Engine(asked).structure
    problem = structure.problem(asked)
    columns = {name: structure.columns[name, "p"] for name in ("generators", "links")}
    bounds = (problem.row_lower, problem.row_upper, problem.lower, problem.upper)
    return Program(matrix_of(structure, problem).tocsr(), *bounds, columns)


ATTEMPTS = (("presolve", "choose"), ("presolve", "off"), ("simplex_strategy", 4), ("solver", "ipm"))
"""Options of HiGHS, tried until one ends at an optimum: a program held on many faces is hard for its simplex."""
PRICED = 1e-12  # of the largest reduced cost: what has a smaller one is rounding


class Chain:
    """A program in HiGHS in which one service after the other is optimised, each time anew.

    An optimum is held by complementary slackness: what has a reduced cost, and each row that has a price, stays at its
    bound in all optima and only in these. A row that held the service's energy instead would have to leave slack, and
    where a MWh of a service buys thousands of a later one, a slack of a few kWh moves the answer.
    """

    def __init__(self, program: Program, asked: Inputs) -> None:
        self.program, self.asked = program, asked
        self.hours = asked.axis.weightings["objective"].to_numpy()[:, None]
        self.width = len(program.lower)
        self.lower, self.upper = program.lower.copy(), program.upper.copy()
        self.row_lower, self.row_upper = program.row_lower.copy(), program.row_upper.copy()
        self.highs = highspy.Highs()
        self.quiet()
        matrix = program.matrix.tocsc()
        self.highs.passModel(
            self.width, matrix.shape[0], matrix.nnz,
            int(highspy.MatrixFormat.kColwise), int(highspy.ObjSense.kMinimize), 0.0,
            np.zeros(self.width), program.lower, program.upper, program.row_lower, program.row_upper,
            matrix.indptr, matrix.indices, matrix.data, np.zeros(self.width, dtype=np.int32),
        )  # fmt: skip

    def quiet(self) -> None:
        self.highs.setOptionValue("output_flag", False)
        self.highs.setOptionValue("threads", 1)
        # 1e-7, its own, leaves a tenth of a kWh of Tajik demand open, which can buy 13 GWh of CASA-1000
        self.highs.setOptionValue("dual_feasibility_tolerance", 1e-10)

    def cost(self, per_mw: dict[str, np.ndarray]) -> np.ndarray:
        """Return the cost of each column [MWh] from what each MW of generators and links costs [MWh per h]."""
        cost = np.zeros(self.width)
        for component, value in per_mw.items():
            cost[self.program.columns[component]] = self.hours * value
        return cost

    def least(self, cost: np.ndarray) -> float:
        """Return the least of a cost, and hold the program there."""
        self.highs.changeColsCost(self.width, np.arange(self.width, dtype=np.int32), cost)
        for option, value in ATTEMPTS:
            self.highs.setOptionValue(option, value)
            self.highs.clearSolver()
            self.highs.run()
            self.highs.resetOptions()
            self.quiet()
            if self.highs.getModelStatus() == highspy.HighsModelStatus.kOptimal:
                break
        assert self.highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
        least = float(self.highs.getInfo().objective_function_value)
        self.hold(cost)
        return least

    def hold(self, cost: np.ndarray) -> None:
        """Fix at its bound what has a reduced cost, or a price, at the present optimum; what is basic has none."""
        solution, basis = self.highs.getSolution(), self.highs.getBasis()
        prices = np.asarray(solution.row_dual)
        reduced = cost - self.program.matrix.T @ prices
        least = PRICED * max(1.0, np.abs(reduced).max(), np.abs(prices).max())
        is_priced = np.abs(reduced) > least
        has_price = np.abs(prices) > least
        fix(is_priced & ~is_basic(basis.col_status), np.asarray(solution.col_value), self.lower, self.upper)
        fix(has_price & ~is_basic(basis.row_status), np.asarray(solution.row_value), self.row_lower, self.row_upper)
        columns = np.arange(self.width, dtype=np.int32)
        self.highs.changeColsBounds(len(columns), columns, self.lower, self.upper)
        rows = np.arange(len(prices), dtype=np.int32)
        self.highs.changeRowsBounds(len(rows), rows, self.row_lower, self.row_upper)

    def energies(self, order: list[str]) -> dict[str, float]:
        """Return the energy of each service [MWh] along the chain."""
        is_lacking = self.asked.components["generators"]["carrier"] == "lacking water"
        self.least(self.cost({"generators": is_lacking.to_numpy(float)}))
        return {service: -self.least(self.cost(costs_of(self.asked, service))) for service in order}


def is_basic(statuses: list[highspy.HighsBasisStatus]) -> np.ndarray:
    """Return what is basic."""
    return np.array([status == highspy.HighsBasisStatus.kBasic for status in statuses])


def fix(matters: np.ndarray, values: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> None:
    """Set both bounds of what matters to the bound that it is at."""
    at_lower = np.abs(values - lower) <= np.abs(upper - values)
    bound = np.where(at_lower, lower, upper)
    assert (np.abs(values - bound)[matters] < 1e-4).all()  # MW or hm³: complementary slackness
    lower[matters] = upper[matters] = bound[matters]


def costs_of(asked: Inputs, service: str) -> dict[str, np.ndarray]:
    """Return what a service lacks or buys, less what it is delivered, per MW of generators and links."""
    generators, links = asked.components["generators"], asked.components["links"]
    counts = (generators["service"] == service).to_numpy(float) * generators["sign"].to_numpy(float)
    delivers = (links["service"] == service).to_numpy(float) * asked.array("links", "efficiency")
    comes_back = (links["service"] == "reverse").to_numpy(float) if service == "casa" else 0.0
    return {"generators": counts, "links": comes_back - delivers}


def order_of(case: Case, scenario: Scenario) -> list[str]:
    """Return the services from the first to the studied one."""
    order = list(scenario.protection_order or case.rules.protection_order)
    return order[: order.index("casa") + 1]


def energies_of(result: Result, order: list[str]) -> dict[str, float]:
    """Return the energy of each service [MWh] in the engine's flows, counted as the chain counts it."""
    hours = result.inputs.axis.weightings["objective"].to_numpy()
    energies = {}
    for service in order:
        costs = costs_of(result.inputs, service)
        energies[service] = -sum(float(hours @ (result.flow(part) * costs[part]).sum(axis=1)) for part in costs)
    return energies


def check(asked: Inputs, program: Program, order: list[str]) -> None:
    result = Engine(asked).solve(asked)
    on_the_chain = Chain(program, asked).energies(order)
    reached = energies_of(result, order)
    assert list(result.services) == order
    for service in order:
        allowed = max(LEAST, SHARE * abs(on_the_chain[service]))
        assert reached[service] == pytest.approx(on_the_chain[service], abs=allowed), service
        assert result.services[service] == pytest.approx(reached[service], abs=1e-3), service
    assert max(result.gains.values()) <= GAIN
    assert max(map(abs, on_the_chain.values())) > 100_000  # MWh: the chain does not compare nothing with nothing


def check_on_engines_program(case: Case, scenario: Scenario) -> None:
    asked = inputs(case, scenario)
    check(asked, program_of_engine(asked), order_of(case, scenario))


def check_on_pypsas_program(case: Case, scenario: Scenario) -> None:
    program = program_of_pypsa(case, scenario)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(ALWAYS, raising=False)  # the answer is held against PyPSA's program: once is enough
        check(inputs(case, scenario), program, order_of(case, scenario))


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
    check_on_engines_program(casa1000, read_scenario(name, overrides=COARSE))


@pytest.mark.parametrize("point", range(3))
def test_points_of_a_sweep_end_where_the_chain_ends(point: int, casa1000: Case) -> None:
    check_on_engines_program(casa1000, mixed_points(COARSE["time.resolution"])[point])


def test_the_program_is_pypsas_own(casa1000: Case) -> None:
    check_on_pypsas_program(casa1000, read_scenario("dry_year", overrides=COARSE))


@pytest.mark.slow
@pytest.mark.parametrize("name", LIBRARY)
def test_each_scenario_of_the_library_ends_where_the_chain_ends(name: str, casa1000: Case) -> None:
    scenario = read_scenario(name)
    if scenario.case == casa1000.name:
        check_on_pypsas_program(casa1000, scenario)


@pytest.mark.slow
@pytest.mark.parametrize("point", range(POINTS))
def test_all_points_of_a_sweep_end_where_the_chain_ends(point: int, casa1000: Case) -> None:
    check_on_pypsas_program(casa1000, mixed_points("typical-days-3h")[point])
