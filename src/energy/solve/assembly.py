"""Matrix assembly: PyPSA builds its model once, and its rows and columns are repeated in every snapshot.

Events and rules cut typical days where they begin, so that nearly every point of a sweep has its own snapshots. PyPSA
would build each from nothing, in more time than ten solves take. But within one list of components the rows of a
snapshot are always the same; a `Pattern` has them from one model of PyPSA, and ``assemble_program`` repeats them along
an axis. What cannot be repeated so (ramps, standing losses, other constraints of a user's own network) is left to
PyPSA.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from energy.model import Inputs
from energy.model.line_losses import loss_segments
from energy.solve.lp import (
    BALANCE,
    ENERGY,
    FLOWS,
    LOSS,
    LOSSES,
    RATING,
    VOLTAGE,
    Key,
    Ports,
    Structure,
    line_reactance,
    ports_of,
)
from energy.solve.program_builder import ProgramBuilder
from energy.solve.rule_rows import assemble_rule


@dataclass(frozen=True)
class Entries:
    """Non-zeros of one snapshot: row within its block, column within its block, value."""

    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray


@dataclass(frozen=True)
class Pattern:
    """The rows of one snapshot.

    Attributes
    ----------
    sizes
        (component list, quantity) → number of columns in a snapshot.
    balance
        (component list, quantity) → entries of the nodal balances.
    in_balance
        Buses that have a balance.
    voltage
        Entries of the voltage law in the columns of the lines; None where there is no cycle.
    energy
        Coefficient of a store's content at the end of a snapshot; that of its content before is the opposite one.
    ports
        Where links deliver.
    position
        Component list → name → position.
    reactance
        Of the lines [per unit], which the entries of the voltage law are of.
    """

    sizes: Mapping[Key, int]
    balance: Mapping[Key, Entries]
    in_balance: np.ndarray
    voltage: Entries | None
    energy: float
    ports: Ports
    position: Mapping[str, Mapping[str, int]]
    reactance: np.ndarray


def pattern_of(reference: Structure, base: Inputs) -> Pattern | None:
    """Return the rows of a snapshot as PyPSA builds them; None where they are not the same in every snapshot."""
    if not _is_repeatable(reference, base):
        return None
    matrix = sparse.csr_matrix(reference.pattern)
    ports = ports_of(base)
    balance_of_first = reference.rows[BALANCE][0]
    balance = {}
    sizes = {}
    for key, columns in reference.columns.items():
        balance[key] = _entries(matrix, balance_of_first, columns[0])
        sizes[key] = columns.shape[1]
    if ("links", "p") in balance:
        balance["links", "p"] = _with_every_port(balance["links", "p"], ports)
    voltage = None
    if VOLTAGE in reference.rows and ("lines", "s") in reference.columns:
        law_of_first = np.atleast_2d(reference.rows[VOLTAGE])[0]
        flow_of_first = reference.columns["lines", "s"][0]
        voltage = _entries(matrix, law_of_first, flow_of_first)
    energy = 0.0
    if ENERGY in reference.rows:
        row = reference.rows[ENERGY][0, 0]
        column = reference.columns["stores", "e"][0, 0]
        energy = float(matrix[row, column])
    position = {}
    for component, table in base.components.items():
        position[component] = {str(name): number for number, name in enumerate(table.index)}
    return Pattern(
        sizes=sizes,
        balance=balance,
        in_balance=balance_of_first >= 0,
        voltage=voltage,
        energy=energy,
        ports=ports,
        position=position,
        reactance=line_reactance(base),
    )


def _is_repeatable(reference: Structure, base: Inputs) -> bool:
    """Return whether the rows of a snapshot are the same in every one: none but the plain ones, no standing loss."""
    plain = {
        BALANCE,
        ENERGY,
        VOLTAGE,
        *RATING.values(),
        *LOSS.values(),
    }
    for name in reference.rows:
        is_rule = name.startswith("rule-")
        if name not in plain and not is_rule:
            return False
    stores = base.components.get("stores", pd.DataFrame())
    if stores.empty:
        return True
    standing_loss = base.array("stores", "standing_loss")
    return not (standing_loss != 0).any()


def _entries(
    matrix: sparse.csr_matrix,
    rows: np.ndarray,
    columns: np.ndarray,
) -> Entries:
    """Return the non-zeros of rows in some columns, column by column; rows of −1 are none."""
    kept = np.flatnonzero(rows >= 0)
    rows_of_matrix = matrix[rows[kept]]
    block = sparse.coo_matrix(rows_of_matrix[:, columns])
    by_column = np.lexsort((block.row, block.col))
    row = block.row[by_column]
    column = block.col[by_column]
    return Entries(
        rows=kept[row],
        columns=column.astype(np.int64),
        values=block.data[by_column],
    )


def _with_every_port(entries: Entries, ports: Ports) -> Entries:
    """Return the entries of links with those ports whose efficiency happens to be zero."""
    present = set(zip(entries.rows.tolist(), entries.columns.tolist(), strict=True))
    missing: dict[tuple[int, int], None] = {}
    for _, links, buses in ports:
        for link, bus in zip(links.tolist(), buses.tolist(), strict=True):
            if (bus, link) not in present:
                missing[bus, link] = None
    missing_rows = np.array([bus for bus, _ in missing], dtype=np.int64)
    missing_columns = np.array([link for _, link in missing], dtype=np.int64)
    ones = np.ones(len(missing))
    rows = np.concatenate([entries.rows, missing_rows])
    columns = np.concatenate([entries.columns, missing_columns])
    values = np.concatenate([entries.values, ones])
    by_column = np.lexsort((rows, columns))
    return Entries(
        rows=rows[by_column],
        columns=columns[by_column],
        values=values[by_column],
    )


def assemble_program(pattern: Pattern, inputs: Inputs) -> Structure:
    """Lay the linear program of inputs over their snapshots.

    Parameters
    ----------
    pattern
        Of inputs with the same components.
    inputs
        Axis, rules and open lines count.
    """
    program = ProgramBuilder(inputs)
    has_losses = inputs.line_losses != "none"
    for key, size in pattern.sizes.items():
        if has_losses or key != LOSSES:
            program.columns[key] = program.add_columns(program.length, size)
    _assemble_balances(program, pattern)
    angle = None
    if pattern.voltage is not None:
        law = _law_of(pattern, inputs)
        angle = _assemble_voltage(program, law)
    if pattern.energy:
        _assemble_stores(program, pattern.energy)
    if has_losses:
        _assemble_losses(program)
    for rule in inputs.rules:
        assemble_rule(program, rule, pattern.position)
    row_lower = np.concatenate(program.lower)
    row_upper = np.concatenate(program.upper)
    return Structure(
        program.matrix(),
        columns=program.columns,
        rows=program.rows,
        angle=angle,
        row_bounds=(row_lower, row_upper),
        base=inputs,
        ports=pattern.ports,
    )


def _assemble_balances(program: ProgramBuilder, pattern: Pattern) -> None:
    """Add the nodal balances."""
    buses = len(pattern.in_balance)
    balanced_buses = int(pattern.in_balance.sum())
    balance = np.full((program.length, buses), -1)
    balance[:, pattern.in_balance] = program.add_rows((program.length, balanced_buses))
    program.rows[BALANCE] = balance
    for key, columns in program.columns.items():
        entries = pattern.balance[key]
        program.put(
            balance[:, entries.rows],
            columns[:, entries.columns],
            entries.values,
        )


def _law_of(pattern: Pattern, inputs: Inputs) -> Entries:
    """Return the entries of the voltage law with the reactances of inputs."""
    law = pattern.voltage
    assert law is not None
    change_of_line = line_reactance(inputs) / pattern.reactance
    reactances = law.values * change_of_line[law.columns]
    return Entries(law.rows, law.columns, reactances)


def _assemble_voltage(program: ProgramBuilder, law: Entries) -> tuple[np.ndarray, list[str]] | None:
    """Add Kirchhoff's voltage law; return the free angles of lines that open, and their names."""
    inputs = program.inputs
    cycles = int(law.rows.max()) + 1
    rows = program.add_rows((program.length, cycles))
    program.rows[VOLTAGE] = rows
    flow = program.columns["lines", "s"]
    program.put(
        rows[:, law.rows],
        flow[:, law.columns],
        law.values,
    )
    if not inputs.kirchhoff:
        return None
    is_open = inputs.array("lines", "s_max_pu") == 0
    open_lines = np.flatnonzero(is_open.any(axis=0))
    if not len(open_lines):
        return None
    angle = program.add_columns(program.length, len(open_lines))
    for number, line in enumerate(open_lines):
        of_line = law.columns == line
        cycles_of_line = law.rows[of_line]
        # the angle stands beside x·s of its line, in the direction in which the cycle passes the line
        direction = np.sign(law.values[of_line])
        program.put(
            rows[:, cycles_of_line],
            angle[:, [number]],
            direction,
        )
    names = inputs.components["lines"].index[open_lines]
    return angle, [str(name) for name in names]


def _assemble_stores(program: ProgramBuilder, sign: float) -> None:
    """Add the balances of the stores' contents: content − content before + hours · power = 0, all times the sign."""
    content = program.columns["stores", "e"]
    power = program.columns["stores", "p"]
    rows = program.add_rows(content.shape)
    program.rows[ENERGY] = rows
    weightings = program.inputs.axis.weightings
    hours = weightings["stores"].to_numpy(float)
    program.put(rows, content, sign)
    program.put(rows, power, sign * hours[:, None])
    program.put(rows[1:], content[:-1], -sign)
    stores = program.inputs.components["stores"]
    cyclic = stores["e_cyclic"].to_numpy(bool)
    first = rows[0, cyclic]
    last_content = content[-1, cyclic]
    program.put(first, last_content, -sign)


def _assemble_losses(program: ProgramBuilder) -> None:
    """Add the ratings that flow and loss keep together, and the segments that the loss of either direction is above."""
    flow = program.columns[FLOWS]
    loss = program.columns[LOSSES]
    segments = loss_segments(program.inputs)
    slope = segments.slope
    for sign in (-1, 1):
        lower = 0.0
        upper = np.inf
        if sign > 0:
            lower = -np.inf
            upper = 0.0
        at_rating = program.add_rows(flow.shape, lower, upper)
        program.put(at_rating, flow, 1.0)
        program.put(at_rating, loss, float(sign))
        program.rows[RATING[sign]] = at_rating
        on_segments = program.add_rows(slope.shape, 0.0, np.inf)
        program.put(on_segments, loss[:, :, None], 1.0)
        program.put(on_segments, flow[:, :, None], -sign * slope)
        program.rows[LOSS[sign]] = on_segments
