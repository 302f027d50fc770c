"""Total transfer capability (TTC) of one snapshot: the largest exchange, its optimum, and what binds it.

Maximise what is delivered, so that

- plants, stores, links and lines stay within their bounds, Kirchhoff's voltage law holds on the lines in service;
- demand stands, and no bus sheds or spills more than it must without the exchange;
- where asked, after the loss of any line the flows, shifted by the outage factors, stay within the ratings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import highspy
import numpy as np

from energy.errors import SolverError
from energy.solve.ttc.dc_network import DCNetwork, outage_factors
from energy.solve.ttc.rows import OPEN, TOLERANCE, ExchangeProgram, TransferPath, program

SENT_COST = 1e-3  # of a MW sent, in MW delivered: among equal deliveries the one with the least loss
OPTIONS: dict[str, bool | int | str] = {"output_flag": False, "threads": 1, "presolve": "off", "random_seed": 0}


@dataclass(frozen=True)
class GridState:
    """The grid of one snapshot, whole or with something lost.

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
        Whether the loss of a line must be stood.
    over
        Overload [MW] of each line after a loss that is there with or without the exchange; shape (lines,).
    most_sent, most_delivered
        Caps on the exchange [MW], from the losses that are studied apart.
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
        (kind, name, MW more delivered for a MW more of it) of what holds the exchange back.
    """

    flows: np.ndarray
    short: np.ndarray
    spill: np.ndarray
    over: np.ndarray
    sent: float
    delivered: float
    relief: list[tuple[str, str, float]]


def base(grid: DCNetwork, path: TransferPath, state: GridState) -> ExchangeOptimum:
    """Return the state without exchange that sheds and spills the least and, if it must be secure, overloads the least.

    Raises
    ------
    SolverError
        When no state obeys the limits.
    """
    size = len(grid.buses)
    idle = state.upper.copy()
    idle[list(path.sent)] = 0.0
    state = replace(state, upper=idle, most_sent=0.0, most_delivered=0.0)
    if state.secure:
        return _solve(
            grid, path, replace(state, over=np.full(len(grid.lines), OPEN)), {"over": np.ones(len(grid.lines))}
        )
    weight = 1 + 1e-4 * np.arange(size)  # unequal, so that the answer is the only one
    free = np.full(size, OPEN)
    return _solve(grid, path, replace(state, short=free, spill=free), {"short": weight, "spill": weight})


def largest_exchange(grid: DCNetwork, path: TransferPath, state: GridState) -> ExchangeOptimum:
    """Return the state with the largest exchange.

    Raises
    ------
    SolverError
        When no state obeys the limits.
    """
    return _solve(grid, path, state, {"delivered": np.array([-1.0]), "sent": np.array([SENT_COST])})


def _solve(grid: DCNetwork, path: TransferPath, state: GridState, costs: Mapping[str, np.ndarray]) -> ExchangeOptimum:
    rows = program(grid, path, int(grid.alike[state.step]), state.up, state.secure)
    cost = np.zeros(rows.width)
    for name, values in costs.items():
        cost[rows.at[name]] = values
    lower, upper = _columns(grid, path, state)
    row_lower, row_upper = rows.bounds(grid.demand[state.step], state.upper[grid.lines])
    solution = _run(rows, (cost, lower, upper, row_lower, row_upper), grid.found.name)
    x = np.asarray(solution.col_value)
    found = {name: x[part] for name, part in rows.at.items()}
    # a solver's last digits are no information
    sent, delivered = round(float(found["sent"][0]), 9) + 0.0, round(float(found["delivered"][0]), 9) + 0.0
    relief = _relief(grid, path, rows, solution) if "delivered" in costs else []
    return ExchangeOptimum(found["flows"], found["short"], found["spill"], found["over"], sent, delivered, relief)


def _columns(grid: DCNetwork, path: TransferPath, state: GridState) -> tuple[np.ndarray, np.ndarray]:
    upper = state.upper.copy()
    upper[list(path.blocked)] = 0.0
    low = np.minimum(grid.lower[state.step], upper)
    low[grid.lines] = -upper[grid.lines]
    size, lines = len(grid.buses), len(grid.lines)
    angle = np.full(size, OPEN)
    over = np.zeros(lines) if state.over is None else state.over
    lower = np.concatenate([low, -angle, np.zeros(2 * size + lines + 2)])
    ends = [state.most_sent, state.most_delivered]
    return lower, np.concatenate([upper, angle, state.short, state.spill, over, ends])


def _run(rows: ExchangeProgram, bounds: tuple[np.ndarray, ...], name: str) -> highspy.HighsSolution:
    asked = highspy.HighsLp()
    asked.num_col_, asked.num_row_ = rows.width, len(rows.names)
    asked.col_cost_, asked.col_lower_, asked.col_upper_, asked.row_lower_, asked.row_upper_ = bounds
    asked.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    asked.a_matrix_.num_col_, asked.a_matrix_.num_row_ = rows.width, len(rows.names)
    asked.a_matrix_.start_, asked.a_matrix_.index_, asked.a_matrix_.value_ = rows.start, rows.index, rows.value
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in OPTIONS.items():
        highs.setOptionValue(option, value)
    highs.passModel(asked)
    highs.run()
    status = highs.getModelStatus()
    if status != highspy.HighsModelStatus.kOptimal:
        raise SolverError(f"{name}: no largest exchange, HiGHS ends with '{highs.modelStatusToString(status)}'")
    return highs.getSolution()


def _relief(
    grid: DCNetwork, path: TransferPath, rows: ExchangeProgram, solution: highspy.HighsSolution
) -> list[tuple[str, str, float]]:
    """Return what would raise the exchange, by the duals of the rows and of the upper bounds."""
    dual, gain = np.abs(np.asarray(solution.row_dual)), -np.asarray(solution.col_dual)
    found = [(*rows.names[row], float(dual[row])) for row in np.flatnonzero(dual > TOLERANCE)]
    flows = gain[rows.at["flows"]] / grid.yields
    flows[grid.lines] = np.abs(flows[grid.lines])
    for at in np.flatnonzero(flows > TOLERANCE):
        column = grid.columns[at]
        plant = column.component in ("generators", "stores") or grid.yields[at] > 1
        kind = "studied" if at in path.sent else "plants" if plant else column.component
        found.append((kind, column.name, float(flows[at])))
    return found


def withstands_line_losses(grid: DCNetwork, state: GridState, flows: np.ndarray) -> bool:
    """Tell whether flows stay within the ratings after the loss of any line that leaves the grid whole."""
    factors = outage_factors(grid.incidence, grid.reactance, state.up)
    flow, rating = flows[grid.lines], state.upper[grid.lines]
    after = np.abs(flow[:, None] + factors * flow[None, :]) - rating[:, None]
    return bool(np.nanmax(after, initial=0.0) <= TOLERANCE)


def bridges(grid: DCNetwork, up: tuple[bool, ...]) -> list[int]:
    """Return the lines in service whose loss splits the grid; all of them where Kirchhoff's law does not hold."""
    factors = outage_factors(grid.incidence, grid.reactance, up)
    split = np.isnan(factors).all(axis=0) if len(factors) else np.zeros(0, bool)
    return [int(line) for line in np.flatnonzero(np.array(up, bool) & (split | (not grid.found.kirchhoff)))]
