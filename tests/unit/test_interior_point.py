"""Structured interior point against HiGHS and dense algebra, on random staged programs."""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from energy.solve.interior_point import normal_equations
from energy.solve.interior_point import staged_layout as module
from energy.solve.interior_point.mehrotra import StalledError
from energy.solve.interior_point.normal_equations import NormalEquations
from energy.solve.interior_point.sequential import SequentialSolver, Stage
from energy.solve.interior_point.staged_layout import staged_layout
from energy.solve.interior_point.standard_form import SPANNING, NotStagedError, StandardForm
from energy.solve.priority import ServiceCost

GAP = 1e-6


@dataclass
class Reservoirs:
    """Two reservoirs, a turbine and a spillway each, one demand, and a volume over the horizon.

    Columns of a snapshot: contents (2), turbines (2), spillways (2), unserved. Rows: demand, water balances (2).
    """

    snapshots: int
    inflow: np.ndarray
    demand: np.ndarray
    volume: float

    @property
    def form(self) -> StandardForm:
        length, width = self.snapshots, 7
        rows, columns, values = [], [], []

        def put(row: int, column: int, value: float) -> None:
            rows.append(row)
            columns.append(column)
            values.append(value)

        for t in range(length):
            for plant in range(2):
                put(3 * t, width * t + 2 + plant, 1.0 + plant)
                water = 3 * t + 1 + plant
                put(water, width * t + plant, 1.0)
                put(water, width * t + 2 + plant, 1.0)
                put(water, width * t + 4 + plant, 1.0)
                if t > 0:
                    put(water, width * (t - 1) + plant, -1.0)
            put(3 * t, width * t + 6, 1.0)
            put(3 * length, width * t + 2, 1.0)
        put(3 * length, width * length, 1.0)  # slack of the volume
        shape = (3 * length + 1, width * length + 1)
        right = np.append(np.column_stack([self.demand, self.inflow]).ravel(), self.volume)
        lower = np.zeros(shape[1])
        upper = np.append(np.tile([50.0, 80.0, 10.0, 10.0, np.inf, np.inf, np.inf], length), np.inf)
        nothing = np.zeros(0, dtype=int)
        return StandardForm(
            matrix=sparse.csr_matrix((values, (rows, columns)), shape=shape),
            right=right,
            lower=lower,
            upper=upper,
            snapshot=np.append(np.repeat(np.arange(length), width), SPANNING),
            row_block=np.append(np.tile(np.arange(3), length), 3),
            rows=np.arange(shape[0]),
            columns=np.arange(shape[1]),
            complete=sparse.csc_matrix((values, (rows, columns)), shape=shape),
            substituted=(nothing, nothing),
            pivots=np.zeros(0),
            constants=np.zeros(0),
        )

    @property
    def unserved(self) -> np.ndarray:
        cost = np.zeros(7 * self.snapshots + 1)
        cost[6:-1:7] = 1.0
        return cost

    @property
    def spilled(self) -> np.ndarray:
        cost = np.zeros(7 * self.snapshots + 1)
        cost[4:-1:7] = cost[5:-1:7] = 1.0
        return cost


@st.composite
def reservoirs(draw: st.DrawFn) -> Reservoirs:
    length = draw(st.integers(2, 24))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    inflow = random.uniform(0.0, 12.0, (length, 2)).round(2)
    demand = random.uniform(0.0, 30.0, length).round(2)
    volume = draw(st.floats(0.0, 10.0 * length))
    return Reservoirs(length, inflow, demand, volume)


def least(form: StandardForm, cost: np.ndarray, before: list[tuple[np.ndarray, float]]) -> float:
    """Return HiGHS's least cost of those before held at their least, but for 1e-9 of it."""
    matrix = sparse.vstack([form.matrix, *(sparse.csr_matrix(c) for c, _ in before)]).tocsc()
    row_lower = np.append(form.right, [-np.inf] * len(before))
    row_upper = np.append(form.right, [value + 1e-9 * (1 + abs(value)) for _, value in before])
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.passModel(
        matrix.shape[1], matrix.shape[0], matrix.nnz, 1, 1, 0.0, cost, form.lower, form.upper, row_lower, row_upper,
        matrix.indptr, matrix.indices, matrix.data, np.zeros(matrix.shape[1], dtype=np.int32),
    )  # fmt: skip
    highs.run()
    assert highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return float(highs.getInfo().objective_function_value)


@given(reservoirs(), st.booleans())
def test_services_in_their_order_are_highs_services_in_their_order(case: Reservoirs, is_careful: bool) -> None:
    """First no demand is left unserved that need not be, then no more water is spilled than that asks for."""
    form = case.form
    stages = [
        Stage(ServiceCost.of("unserved", case.unserved), GAP),
        Stage(ServiceCost.of("spilled", case.spilled), GAP),
    ]
    equations = NormalEquations(staged_layout(form, case.snapshots))
    optimum = SequentialSolver(form, equations, is_careful=is_careful).optimise(stages)
    unserved = least(form, case.unserved, [])
    spilled = least(form, case.spilled, [(case.unserved, unserved)])
    assert case.unserved @ optimum.variables == pytest.approx(unserved, abs=1e-4)
    assert case.spilled @ optimum.variables == pytest.approx(spilled, abs=1e-2)
    assert np.abs(form.matrix @ optimum.variables - form.right).max() < 1e-6
    assert (optimum.variables >= form.lower - 1e-9).all()
    assert (optimum.variables <= form.upper + 1e-9).all()
    assert optimum.gains["unserved"] < 1e-3


@given(reservoirs())
def test_an_order_goes_on_from_the_face_of_its_first_services_to_the_same_bits(case: Reservoirs) -> None:
    form = case.form
    layout = staged_layout(form, case.snapshots)
    stages = [
        Stage(ServiceCost.of("unserved", case.unserved), GAP),
        Stage(ServiceCost.of("spilled", case.spilled), GAP),
    ]
    first = SequentialSolver(form, NormalEquations(layout))
    whole = first.optimise(stages, keep_before="spilled")
    assert first.face is not None
    assert list(first.face.duals) == ["unserved"]
    continued = SequentialSolver(form, NormalEquations(layout)).optimise(stages, begun=first.face)
    np.testing.assert_array_equal(continued.variables, whole.variables)
    assert continued.gains == whole.gains
    assert continued.steps <= whole.steps


@given(reservoirs(), st.integers(0, 2**32 - 1))
def test_the_proof_never_claims_less_than_can_be_gained(case: Reservoirs, seed: int) -> None:
    """Whatever the duals, no point gains more than the proof says of the present one."""
    form = case.form
    solver = SequentialSolver(form, NormalEquations(staged_layout(form, case.snapshots)))
    stages = [
        Stage(ServiceCost.of("unserved", case.unserved), GAP),
        Stage(ServiceCost.of("spilled", case.spilled), GAP),
    ]
    optimum = solver.optimise(stages)
    reached = float(case.unserved @ optimum.variables)
    random = np.random.default_rng(seed)
    duals = {name: values + random.normal(0.0, 1.0, len(values)) for name, values in optimum.duals.items()}
    ordered = {name: solver.layout.ordered(values) for name, values in duals.items()}
    gains = solver._gains(stages, ordered)
    assert gains["unserved"] >= reached - least(form, case.unserved, []) - 1e-6


@given(reservoirs(), st.integers(0, 2**32 - 1))
def test_normal_equations_are_solved_as_by_dense_algebra(case: Reservoirs, seed: int) -> None:
    form = case.form
    layout = staged_layout(form, case.snapshots)
    equations = NormalEquations(layout)
    random = np.random.default_rng(seed)
    weights = 10.0 ** random.uniform(-2, 2, form.matrix.shape[1])
    equations.factor(weights)
    dense = layout.matrix @ sparse.diags(weights) @ layout.matrix.T
    right = layout.matrix @ random.normal(0.0, 1.0, form.matrix.shape[1])
    solution = equations.solve(right)
    assert dense @ solution == pytest.approx(right, abs=1e-6)


@pytest.mark.parametrize("piece", [4, 5, 7, 16, 47, 48])
def test_pieces_of_the_band_make_no_difference(piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 48 rows, the last piece may be shorter than the band is wide, which is 3 beside the diagonal."""
    random = np.random.default_rng(1)
    case = Reservoirs(24, random.uniform(0, 12, (24, 2)), random.uniform(0, 30, 24), 5.0)
    layout = staged_layout(case.form, 24)
    weights = 10.0 ** random.uniform(-2, 2, case.form.matrix.shape[1])
    right = layout.matrix @ random.normal(0.0, 1.0, len(weights))
    whole = NormalEquations(layout)
    whole.factor(weights)
    monkeypatch.setattr(normal_equations, "PIECE", piece)
    monkeypatch.setattr(normal_equations, "AT_ONCE", piece)
    in_pieces = NormalEquations(layout)
    in_pieces.factor(weights)
    np.testing.assert_allclose(in_pieces.solve(right), whole.solve(right), rtol=1e-9, atol=1e-9)


@given(reservoirs(), st.integers(0, 2**32 - 1))
def test_conjugate_gradients_mend_what_factors_miss(case: Reservoirs, seed: int) -> None:
    """Factors of weights that are up to three times off miss the right-hand side; sharpened, the solution does not."""
    form = case.form
    layout = staged_layout(form, case.snapshots)
    equations = NormalEquations(layout)
    random = np.random.default_rng(seed)
    weights = 10.0 ** random.uniform(-1, 1, form.matrix.shape[1])
    equations.factor(weights * random.uniform(0.3, 3.0, len(weights)))
    dense = (layout.matrix @ sparse.diags(weights) @ layout.matrix.T).toarray()
    right = layout.matrix @ random.normal(0.0, 1.0, len(weights))
    solution = equations.solve(right)
    sharpened = equations.sharpened(solution, right, lambda duals: dense @ duals)
    assert np.abs(dense @ solution - right).max() > 1e-4
    assert np.abs(dense @ sharpened - right).max() < 1e-6


@pytest.mark.parametrize("volume", [1e-5, 2.0])
def test_one_short_step_is_no_end(volume: float) -> None:
    """Hardly any water may be turbined: the fifth step meets bounds, and the sixth goes a millionth of its way."""
    random = np.random.default_rng(1)
    case = Reservoirs(20, random.uniform(0, 12, (20, 2)).round(2), random.uniform(0, 30, 20).round(2), volume)
    form = case.form
    stages = [Stage(ServiceCost.of("unserved", case.unserved), GAP)]
    optimum = SequentialSolver(form, NormalEquations(staged_layout(form, 20))).optimise(stages)
    assert case.unserved @ optimum.variables == pytest.approx(least(form, case.unserved, []), abs=1e-4)


def test_rows_of_a_snapshot_are_kinds_and_a_volume_is_the_border() -> None:
    case = Reservoirs(5, np.ones((5, 2)), np.ones(5), 10.0)
    layout = staged_layout(case.form, 5)
    assert (layout.kinds, layout.border) == (3, 1)
    assert layout.linking == [1, 2], "the balances of water hold contents of the snapshot before"


def test_rows_that_reach_far_are_rows_of_the_border() -> None:
    case = Reservoirs(5, np.ones((5, 2)), np.ones(5), 10.0)
    form = case.form
    matrix = form.matrix.tolil()
    matrix[0, 7 * 4] = 1.0  # a content of the last snapshot in the demand of the first
    far = StandardForm(**{**vars(form), "matrix": matrix.tocsr()})
    assert staged_layout(far, 5).border == 2


def test_more_rows_that_span_the_horizon_than_pay_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Reservoirs(5, np.ones((5, 2)), np.ones(5), 10.0)
    monkeypatch.setattr(module, "MOST_BORDER_ROWS", 0)
    with pytest.raises(NotStagedError, match="span the horizon"):
        staged_layout(case.form, 5)


def test_a_program_without_a_solution_stalls() -> None:
    case = Reservoirs(4, np.ones((4, 2)), np.full(4, -1.0), 10.0)  # less than nothing is demanded
    form = case.form
    solver = SequentialSolver(form, NormalEquations(staged_layout(form, 4)))
    with pytest.raises((StalledError, FloatingPointError)):
        solver.optimise([Stage(ServiceCost.of("unserved", case.unserved), GAP)])
