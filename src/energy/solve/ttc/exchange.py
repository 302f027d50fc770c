"""Total transfer capability (TTC) of one snapshot: the largest exchange, its optimum, and what binds it.

Maximise what is delivered, so that

- plants, stores, links and lines stay within their bounds, Kirchhoff's voltage law holds on the lines in service;
- demand is fixed, and no bus sheds or spills more than it must without the exchange;
- where the state must be secure, the flows after the loss of any line, shifted by the outage factors, stay within the
  ratings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import highspy
import numpy as np
from scipy import sparse

from energy.errors import SolverError
from energy.solve.highs_lp import highs_lp
from energy.solve.lp import Problem
from energy.solve.ttc.dc_network import DCNetwork, outage_factors
from energy.solve.ttc.exchange_program import OPEN, ExchangeProgram
from energy.solve.ttc.rows import TOLERANCE, TransferPath, program

SENT_COST = 1e-3  # of a MW sent, in MW delivered: among equal deliveries the one with the least loss
OPTIONS: dict[str, bool | int | str] = {"output_flag": False, "threads": 1, "presolve": "off", "random_seed": 0}


@dataclass(frozen=True)
class GridState:
    """The grid of one snapshot, intact or after a loss.

    Attributes
    ----------
    step
        Position of the snapshot.
    upper
        Upper bounds of the flows [MW or hm³/h]; shape (columns,).
    up
        Lines in service.
    short, spill
        Most that each bus may shed and spill [MW]; shape (buses,).
    secure
        Whether flows must stay within the ratings after the loss of any line.
    over
        Overload [MW] of each line after a loss, present with or without the exchange; shape (lines,).
    most_sent, most_delivered
        Caps on the exchange [MW], from the losses that are studied one by one.
    """

    step: int
    upper: np.ndarray
    up: tuple[bool, ...]
    short: np.ndarray
    spill: np.ndarray
    secure: bool = False
    over: np.ndarray | None = None
    most_sent: float = OPEN
    most_delivered: float = OPEN


@dataclass(frozen=True)
class ExchangeOptimum:
    """The optimum of one linear program.

    Attributes
    ----------
    flows, short, spill, over
        As in `GridState`, in the optimum [MW; hm³/h for turbines].
    sent, delivered
        The exchange at its two ends [MW].
    relief
        (kind, name, MW more delivered for a MW more of it) of what limits the exchange.
    """

    flows: np.ndarray
    short: np.ndarray
    spill: np.ndarray
    over: np.ndarray
    sent: float
    delivered: float
    relief: list[tuple[str, str, float]]


def base(
    grid: DCNetwork,
    path: TransferPath,
    state: GridState,
) -> ExchangeOptimum:
    """Return the state without exchange that sheds and spills the least and, if it must be secure, overloads the least.

    Raises
    ------
    SolverError
        When no state obeys the limits.
    """
    upper = state.upper.copy()
    upper[list(path.sent)] = 0.0
    idle = replace(state, upper=upper, most_sent=0.0, most_delivered=0.0)
    if state.secure:
        lines = len(grid.lines)
        overloadable = replace(idle, over=np.full(lines, OPEN))
        return _solve(grid, path, overloadable, {"over": np.ones(lines)})
    buses = len(grid.buses)
    weight = 1 + 1e-4 * np.arange(buses)  # unequal weights make the optimum unique
    unlimited = np.full(buses, OPEN)
    relaxed = replace(idle, short=unlimited, spill=unlimited)
    return _solve(grid, path, relaxed, {"short": weight, "spill": weight})


def largest_exchange(
    grid: DCNetwork,
    path: TransferPath,
    state: GridState,
) -> ExchangeOptimum:
    """Return the state with the largest exchange.

    Raises
    ------
    SolverError
        When no state obeys the limits.
    """
    costs = {"delivered": np.array([-1.0]), "sent": np.array([SENT_COST])}
    return _solve(grid, path, state, costs)


def _solve(
    grid: DCNetwork,
    path: TransferPath,
    state: GridState,
    costs: Mapping[str, np.ndarray],
) -> ExchangeOptimum:
    like = int(grid.alike[state.step])
    rows = program(grid, path, like, up=state.up, secure=state.secure)
    cost = np.zeros(rows.width)
    for name, values in costs.items():
        cost[rows.blocks[name]] = values
    demand = grid.demand[state.step]
    rating = state.upper[grid.lines]
    row_lower, row_upper = rows.bounds(demand, rating)
    lower, upper = _column_bounds(grid, path, state)
    pattern = sparse.csr_matrix((rows.value, rows.index, rows.start), (len(rows.names), rows.width))
    problem = Problem(
        cost=cost,
        lower=lower,
        upper=upper,
        matrix=rows.value,
        row_lower=row_lower,
        row_upper=row_upper,
    )
    model = highs_lp(problem, pattern)
    solution = _optimum(model, grid.inputs.name)
    optimum = np.asarray(solution.col_value)
    blocks = {name: optimum[columns] for name, columns in rows.blocks.items()}
    relief: list[tuple[str, str, float]] = []
    if "delivered" in costs:
        relief = _relief(grid, path, rows, solution)
    return ExchangeOptimum(
        flows=blocks["flows"],
        short=blocks["short"],
        spill=blocks["spill"],
        over=blocks["over"],
        sent=_rounded(blocks["sent"]),
        delivered=_rounded(blocks["delivered"]),
        relief=relief,
    )


def _rounded(block: np.ndarray) -> float:
    """Return the value of a block of one column without the last digits, which are noise of the solver."""
    value = float(block[0])
    return round(value, 9) + 0.0


def _column_bounds(
    grid: DCNetwork,
    path: TransferPath,
    state: GridState,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the bounds of the columns [MW; hm³/h for turbines], block by block."""
    buses = len(grid.buses)
    lines = len(grid.lines)
    most = state.upper.copy()
    most[list(path.blocked)] = 0.0
    least = np.minimum(grid.lower[state.step], most)
    least[grid.lines] = -most[grid.lines]
    angle = np.full(buses, OPEN)
    over = np.zeros(lines) if state.over is None else state.over
    ends = [state.most_sent, state.most_delivered]
    zeros = np.zeros(2 * buses + lines + 2)  # short, spill, over, and the two ends of the exchange
    lower = [least, -angle, zeros]
    upper = [most, angle, state.short, state.spill, over, ends]
    return np.concatenate(lower), np.concatenate(upper)


def _optimum(model: highspy.HighsLp, name: str) -> highspy.HighsSolution:
    """Return the optimum; ``name`` is that of the inputs, for the error."""
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in OPTIONS.items():
        highs.setOptionValue(option, value)
    highs.passModel(model)
    highs.run()
    status = highs.getModelStatus()
    if status != highspy.HighsModelStatus.kOptimal:
        reason = highs.modelStatusToString(status)
        raise SolverError(f"{name}: no largest exchange, HiGHS ends with '{reason}'")
    return highs.getSolution()


def _relief(
    grid: DCNetwork,
    path: TransferPath,
    rows: ExchangeProgram,
    solution: highspy.HighsSolution,
) -> list[tuple[str, str, float]]:
    """Return what would raise the exchange, by the duals of the rows and of the upper bounds."""
    relief = []
    row_gain = np.abs(np.asarray(solution.row_dual))
    for row in np.flatnonzero(row_gain > TOLERANCE):
        kind, label = rows.names[row]
        relief.append((kind, label, float(row_gain[row])))
    column_gain = -np.asarray(solution.col_dual)
    flow_gain = column_gain[rows.blocks["flows"]] / grid.yields
    flow_gain[grid.lines] = np.abs(flow_gain[grid.lines])
    for flow in np.flatnonzero(flow_gain > TOLERANCE):
        kind = _flow_kind(grid, path, int(flow))
        name = grid.columns[flow].name
        relief.append((kind, name, float(flow_gain[flow])))
    return relief


def _flow_kind(
    grid: DCNetwork,
    path: TransferPath,
    flow: int,
) -> str:
    """Return the kind of a flow: ``studied``, ``plants``, or its component list."""
    if flow in path.sent:
        return "studied"
    component = grid.columns[flow].component
    is_turbine = grid.yields[flow] > 1
    if component in ("generators", "stores") or is_turbine:
        return "plants"
    return component


def withstands_line_losses(
    grid: DCNetwork,
    state: GridState,
    flows: np.ndarray,
) -> bool:
    """Return whether flows stay within the ratings after the loss of any line that leaves the grid whole."""
    factors = outage_factors(grid.incidence, grid.reactance, state.up)
    flow = flows[grid.lines]
    rating = state.upper[grid.lines]
    after_loss = np.abs(flow[:, None] + factors * flow[None, :])
    overload = after_loss - rating[:, None]
    largest = np.nanmax(overload, initial=0.0)
    return bool(largest <= TOLERANCE)


def bridges(grid: DCNetwork, up: tuple[bool, ...]) -> list[int]:
    """Return the lines in service whose loss splits the grid; all of them where Kirchhoff's law does not hold."""
    in_service = np.array(up, dtype=bool)
    if not grid.inputs.kirchhoff:
        return [int(line) for line in np.flatnonzero(in_service)]
    factors = outage_factors(grid.incidence, grid.reactance, up)
    if not len(factors):
        return []
    splits = np.isnan(factors).all(axis=0)
    return [int(line) for line in np.flatnonzero(in_service & splits)]
