"""Matrix assembly: PyPSA builds its model once, and its rows and columns are repeated in every snapshot.

Events and rules cut typical days where they begin, so that nearly every point of a sweep has its own snapshots. PyPSA
would build each from nothing, in more time than ten solves take. But within one list of components the rows of a
snapshot are always the same; a `Pattern` has them from one model of PyPSA, and ``assemble_program`` repeats them along
an axis. What cannot be repeated so (ramps, standing losses, other constraints of a user's own network) is left to
PyPSA.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from energy.model import Inputs
from energy.model.line_losses import loss_segments
from energy.model.snapshot_runs import positions
from energy.model.travel_time import travel_shares
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

KINDS = {"links": "p", "lines": "s", "generators": "p"}
BOUNDS = {
    "at_least": (0.0, np.inf),
    "at_most": (-np.inf, 0.0),
    "equals": (0.0, 0.0),
}
"""Bound of a rule → lower and upper bound of its row before its number is known."""


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
    plain = {BALANCE, ENERGY, VOLTAGE, *RATING.values(), *LOSS.values()}
    if any(name not in plain and not name.startswith("rule-") for name in reference.rows):
        return None
    stores = base.components.get("stores", pd.DataFrame())
    if len(stores) and (base.array("stores", "standing_loss") != 0).any():
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
        voltage = _entries(matrix, law_of_first, reference.columns["lines", "s"][0])
    energy = 0.0
    if ENERGY in reference.rows:
        row = reference.rows[ENERGY][0, 0]
        column = reference.columns["stores", "e"][0, 0]
        energy = float(matrix[row, column])
    position = {}
    for component, table in base.components.items():
        position[component] = {str(name): number for number, name in enumerate(table.index)}
    in_balance = reference.rows[BALANCE][0] >= 0
    return Pattern(
        sizes=sizes,
        balance=balance,
        in_balance=in_balance,
        voltage=voltage,
        energy=energy,
        ports=ports,
        position=position,
        reactance=line_reactance(base),
    )


def _entries(
    matrix: sparse.csr_matrix,
    rows: np.ndarray,
    columns: np.ndarray,
) -> Entries:
    """Return the non-zeros of rows in some columns, column by column; rows of −1 are none."""
    kept = np.flatnonzero(rows >= 0)
    block = sparse.coo_matrix(matrix[rows[kept]][:, columns])
    order = np.lexsort((block.row, block.col))
    return Entries(
        rows=kept[block.row[order]],
        columns=block.col[order].astype(np.int64),
        values=block.data[order],
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
    rows = np.concatenate([entries.rows, missing_rows])
    columns = np.concatenate([entries.columns, missing_columns])
    values = np.concatenate([entries.values, np.ones(len(missing))])
    order = np.lexsort((rows, columns))
    return Entries(rows[order], columns[order], values[order])


class _MatrixBuilder:
    """Rows and columns of a program as they are laid down."""

    def __init__(self) -> None:
        self.height = 0
        self.width = 0
        self.entry_rows: list[np.ndarray] = []
        self.entry_columns: list[np.ndarray] = []
        self.entry_values: list[np.ndarray] = []
        self.lower: list[np.ndarray] = []
        self.upper: list[np.ndarray] = []

    def columns(self, *shape: int) -> np.ndarray:
        """Add columns, and return their numbers in a shape."""
        first = self.width
        self.width += int(np.prod(shape))
        return np.arange(first, self.width).reshape(shape)

    def rows(
        self,
        shape: tuple[int, ...],
        lower: float = 0.0,
        upper: float = 0.0,
    ) -> np.ndarray:
        """Add rows with bounds, and return their numbers in a shape."""
        first = self.height
        count = int(np.prod(shape))
        self.height += count
        self.lower.append(np.full(count, lower))
        self.upper.append(np.full(count, upper))
        return np.arange(first, self.height).reshape(shape)

    def put(
        self,
        rows: np.ndarray,
        columns: np.ndarray,
        values: np.ndarray | float,
    ) -> None:
        """Add non-zeros; rows, columns and values are broadcast against each other."""
        rows, columns, values = np.broadcast_arrays(rows, columns, values)
        self.entry_rows.append(rows.ravel())
        self.entry_columns.append(columns.ravel())
        self.entry_values.append(values.ravel())

    def matrix(self) -> sparse.csc_matrix:
        """Return the matrix, column-wise."""
        rows = np.concatenate(self.entry_rows)
        columns = np.concatenate(self.entry_columns)
        values = np.concatenate(self.entry_values)
        shape = (self.height, self.width)
        matrix = sparse.csc_matrix((values, (rows, columns)), shape=shape)
        matrix.sort_indices()
        return matrix


@dataclass(frozen=True)
class _Program:
    """A program while it is laid: what is laid so far, and of which inputs."""

    inputs: Inputs
    builder: _MatrixBuilder
    columns: Mapping[Key, np.ndarray]
    rows: dict[str, np.ndarray]

    @property
    def length(self) -> int:
        """Number of snapshots."""
        return len(self.inputs.axis.snapshots)


def assemble_program(pattern: Pattern, inputs: Inputs) -> Structure:
    """Lay the linear program of inputs over their snapshots.

    Parameters
    ----------
    pattern
        Of inputs with the same components.
    inputs
        Axis, rules and open lines count.
    """
    builder = _MatrixBuilder()
    length = len(inputs.axis.snapshots)
    has_losses = inputs.line_losses != "none"
    columns = {}
    for key, size in pattern.sizes.items():
        if has_losses or key != LOSSES:
            columns[key] = builder.columns(length, size)
    program = _Program(inputs, builder, columns, rows={})
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
        _assemble_rule(program, rule, pattern.position)
    row_bounds = np.concatenate(builder.lower), np.concatenate(builder.upper)
    return Structure(
        builder.matrix(),
        columns=columns,
        rows=program.rows,
        angle=angle,
        row_bounds=row_bounds,
        base=inputs,
        ports=pattern.ports,
    )


def _assemble_balances(program: _Program, pattern: Pattern) -> None:
    """Add the nodal balances."""
    builder = program.builder
    buses = len(pattern.in_balance)
    balance = np.full((program.length, buses), -1)
    balanced_buses = int(pattern.in_balance.sum())
    balance[:, pattern.in_balance] = builder.rows((program.length, balanced_buses))
    program.rows[BALANCE] = balance
    for key, columns in program.columns.items():
        entries = pattern.balance[key]
        builder.put(balance[:, entries.rows], columns[:, entries.columns], entries.values)


def _law_of(pattern: Pattern, inputs: Inputs) -> Entries:
    """Return the entries of the voltage law with the reactances of inputs."""
    law = pattern.voltage
    assert law is not None
    ratio = line_reactance(inputs) / pattern.reactance
    return Entries(law.rows, law.columns, law.values * ratio[law.columns])


def _assemble_voltage(program: _Program, law: Entries) -> tuple[np.ndarray, list[str]] | None:
    """Add Kirchhoff's voltage law; return the free angles of lines that open, and their names."""
    builder = program.builder
    inputs = program.inputs
    cycles = int(law.rows.max()) + 1
    rows = builder.rows((program.length, cycles))
    program.rows[VOLTAGE] = rows
    flow = program.columns["lines", "s"]
    builder.put(rows[:, law.rows], flow[:, law.columns], law.values)
    if not inputs.kirchhoff:
        return None
    opens = (inputs.array("lines", "s_max_pu") == 0).any(axis=0)
    open_lines = np.flatnonzero(opens)
    if not len(open_lines):
        return None
    angle = builder.columns(program.length, len(open_lines))
    for number, line in enumerate(open_lines):
        of_line = law.columns == line
        # the angle stands beside x·s of its line, in the direction in which the cycle passes the line
        direction = np.sign(law.values[of_line])
        builder.put(rows[:, law.rows[of_line]], angle[:, [number]], direction)
    names = inputs.components["lines"].index[open_lines]
    return angle, [str(name) for name in names]


def _assemble_stores(program: _Program, sign: float) -> None:
    """Add the balances of the stores' contents."""
    builder = program.builder
    content = program.columns["stores", "e"]
    power = program.columns["stores", "p"]
    rows = builder.rows(content.shape)
    program.rows[ENERGY] = rows
    hours = program.inputs.axis.weightings["stores"].to_numpy(float)
    builder.put(rows, content, sign)
    builder.put(rows, power, sign * hours[:, None])
    builder.put(rows[1:], content[:-1], -sign)
    cyclic = program.inputs.components["stores"]["e_cyclic"].to_numpy(bool)
    builder.put(rows[0, cyclic], content[-1, cyclic], -sign)


def _assemble_losses(program: _Program) -> None:
    """Add the ratings that flow and loss keep together, and the segments that the loss of either direction is above."""
    builder = program.builder
    flow = program.columns[FLOWS]
    loss = program.columns[LOSSES]
    slope = loss_segments(program.inputs).slope
    for sign in (-1, 1):
        lower = -np.inf if sign > 0 else 0.0
        upper = 0.0 if sign > 0 else np.inf
        at_rating = builder.rows(flow.shape, lower, upper)
        builder.put(at_rating, flow, 1.0)
        builder.put(at_rating, loss, float(sign))
        program.rows[RATING[sign]] = at_rating
        on_segments = builder.rows(slope.shape, 0.0, np.inf)
        builder.put(on_segments, loss[:, :, None], 1.0)
        builder.put(on_segments, flow[:, :, None], -sign * slope)
        program.rows[LOSS[sign]] = on_segments


def _assemble_rule(
    program: _Program,
    rule: Mapping[str, Any],
    position: Mapping[str, Mapping[str, int]],
) -> None:
    """Add the rows of a rule."""
    if rule["kind"] == "close":
        _assemble_ponds(program, rule, position)
    elif rule["kind"] == "travel":
        _assemble_travel(program, rule, position)
    else:
        _assemble_bounds(program, rule, position)


def _assemble_ponds(
    program: _Program,
    rule: Mapping[str, Any],
    position: Mapping[str, Mapping[str, int]],
) -> None:
    """Add that ponds are as full at the end of a typical day as at that of the day before."""
    steps = np.asarray(rule["at"])
    ponds = [position["stores"][name] for name in rule["stores"]]
    content = program.columns["stores", "e"][steps][:, ponds]
    rows = program.builder.rows((len(steps) - 1, len(ponds)))
    program.rows[f"rule-{rule['name']}"] = rows
    program.builder.put(rows, content[1:], 1.0)
    program.builder.put(rows, content[:-1], -1.0)


def _assemble_travel(
    program: _Program,
    rule: Mapping[str, Any],
    position: Mapping[str, Mapping[str, int]],
) -> None:
    """Add that water arrives after its travel time in the mean."""
    store = position["stores"][rule["store"]]
    link = position["links"][rule["link"]]
    content = program.columns["stores", "e"][:, store]
    arriving = program.columns["links", "p"][:, link]
    hours = program.inputs.axis.weightings["stores"].to_numpy(float)
    shares = travel_shares(hours, rule["hours"])
    rows = program.builder.rows(content.shape)
    program.rows[f"rule-{rule['name']}"] = rows
    counts = shares.at_end > 0
    program.builder.put(rows[counts], content[counts], shares.at_end[counts])
    begins = np.flatnonzero(shares.at_beginning)
    program.builder.put(rows[begins], content[begins - 1], shares.at_beginning[begins])
    goes_on = np.flatnonzero(shares.as_before)
    program.builder.put(rows[goes_on], arriving[goes_on - 1], shares.as_before[goes_on])
    program.builder.put(rows, arriving, -1.0)


def _assemble_bounds(
    program: _Program,
    rule: Mapping[str, Any],
    position: Mapping[str, Mapping[str, int]],
) -> None:
    """Add the rows of a volume, one a bound, or of a limit, one a bound and snapshot."""
    steps = positions(rule["runs"])
    is_volume = rule["kind"] == "volume"
    shape = () if is_volume else (len(steps),)
    for field, (lower, upper) in BOUNDS.items():
        if rule.get(field) is None:
            continue
        rows = program.builder.rows(shape, lower, upper)
        program.rows[f"rule-{rule['name']}-{field}"] = rows
        rows_of_terms = rows if is_volume else rows[:, None]
        for component, names, coefficient in _terms(rule, field, program.inputs, steps):
            numbers = [position[component][name] for name in names]
            flow = program.columns[component, KINDS[component]][steps][:, numbers]
            program.builder.put(rows_of_terms, flow, coefficient)


def _terms(
    rule: Mapping[str, Any],
    field: str,
    inputs: Inputs,
    steps: np.ndarray,
) -> Iterator[tuple[str, list[str], Any]]:
    """Yield the component lists, names and coefficients of a rule's bound."""
    if rule["kind"] != "volume":
        for term in rule["terms"]:
            yield term["component"], term["names"], term["coefficient"]
        return
    hours = inputs.axis.weightings["stores"].to_numpy(float)[steps][:, None]
    for component in ("links", "generators"):
        if rule.get(component):
            yield component, rule[component], hours
    if field == "at_least" and "shortfall" in rule:
        yield "generators", [rule["shortfall"]], hours
