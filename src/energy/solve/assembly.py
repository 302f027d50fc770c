"""Matrix assembly: PyPSA builds its model once, and its rows and columns are repeated in every snapshot.

Events and rules cut typical days where they begin, so that nearly every point of a sweep has its own snapshots. PyPSA
would build each from nothing, in more time than ten solves take. But within one list of components the rows of a
snapshot are always the same; a `Pattern` has them from one model of PyPSA, and ``assemble_program`` repeats them along
an axis. What cannot be repeated so (ramps, standing losses, other constraints of a user's own network) is left to
PyPSA.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from energy.model import Inputs
from energy.model.custom_constraints import positions
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

KINDS = {"links": "p", "lines": "s", "generators": "p"}


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
    stores = base.components.get("stores")
    if stores is not None and len(stores) and (base.array("stores", "standing_loss") != 0).any():
        return None
    matrix, ports = sparse.csr_matrix(reference.pattern), ports_of(base)
    balance = {key: _entries(matrix, reference.rows[BALANCE][0], at[0]) for key, at in reference.columns.items()}
    if ("links", "p") in balance:
        balance["links", "p"] = _with_every_port(balance["links", "p"], ports)
    voltage = None
    if VOLTAGE in reference.rows and ("lines", "s") in reference.columns:
        rows = np.atleast_2d(reference.rows[VOLTAGE])
        voltage = _entries(matrix, rows[0], reference.columns["lines", "s"][0])
    energy = 0.0
    if ENERGY in reference.rows:
        energy = float(matrix[reference.rows[ENERGY][0, 0], reference.columns["stores", "e"][0, 0]])
    sizes = {key: at.shape[1] for key, at in reference.columns.items()}
    position = {
        component: {str(name): at for at, name in enumerate(table.index)}
        for component, table in base.components.items()
    }
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


def _entries(matrix: sparse.csr_matrix, rows: np.ndarray, columns: np.ndarray) -> Entries:
    kept = np.flatnonzero(rows >= 0)
    block = sparse.coo_matrix(matrix[rows[kept]][:, columns])
    order = np.lexsort((block.row, block.col))
    return Entries(kept[block.row[order]], block.col[order].astype(np.int64), block.data[order])


def _with_every_port(found: Entries, ports: Ports) -> Entries:
    """Return the entries of links with those ports whose efficiency happens to be zero."""
    have = set(zip(found.rows.tolist(), found.columns.tolist(), strict=True))
    wanted = [(int(bus), int(link)) for _, at, buses in ports for link, bus in zip(at, buses, strict=True)]
    more = [pair for pair in dict.fromkeys(wanted) if pair not in have]
    rows, columns = (np.array([pair[side] for pair in more], dtype=np.int64) for side in (0, 1))
    joined = Entries(
        np.concatenate([found.rows, rows]),
        np.concatenate([found.columns, columns]),
        np.concatenate([found.values, np.ones(len(more))]),
    )
    order = np.lexsort((joined.rows, joined.columns))
    return Entries(joined.rows[order], joined.columns[order], np.ones(len(order)) * joined.values[order])


class _MatrixBuilder:
    """Rows and columns of a program as they are laid down."""

    def __init__(self) -> None:
        self.height, self.width = 0, 0
        self.entries: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self.lower: list[np.ndarray] = []
        self.upper: list[np.ndarray] = []

    def columns(self, *shape: int) -> np.ndarray:
        count = int(np.prod(shape))
        self.width += count
        return np.arange(self.width - count, self.width).reshape(shape)

    def rows(self, shape: tuple[int, ...], lower: float = 0.0, upper: float = 0.0) -> np.ndarray:
        count = int(np.prod(shape))
        self.height += count
        self.lower.append(np.full(count, lower))
        self.upper.append(np.full(count, upper))
        return np.arange(self.height - count, self.height).reshape(shape)

    def put(self, rows: np.ndarray, columns: np.ndarray, values: np.ndarray | float) -> None:
        rows, columns, values = np.broadcast_arrays(rows, columns, values)
        self.entries.append((rows.ravel(), columns.ravel(), values.ravel()))

    def matrix(self) -> sparse.csc_matrix:
        rows, columns, values = (np.concatenate([part[at] for part in self.entries]) for at in range(3))
        found = sparse.csc_matrix((values, (rows, columns)), shape=(self.height, self.width))
        found.sort_indices()
        return found


def assemble_program(pattern: Pattern, inputs: Inputs) -> Structure:
    """Lay the linear program of inputs over their snapshots.

    Parameters
    ----------
    pattern
        Of inputs with the same components.
    inputs
        Axis, rules and open lines count.
    """
    sheet, length = _MatrixBuilder(), len(inputs.axis.snapshots)
    lossy = inputs.line_losses != "none"
    laid = [key for key in pattern.sizes if lossy or key != LOSSES]
    columns = {key: sheet.columns(length, pattern.sizes[key]) for key in laid}
    balance = np.full((length, len(pattern.in_balance)), -1)
    balance[:, pattern.in_balance] = sheet.rows((length, int(pattern.in_balance.sum())))
    rows = {BALANCE: balance}
    for key in laid:
        entries = pattern.balance[key]
        sheet.put(balance[:, entries.rows], columns[key][:, entries.columns], entries.values)
    angle = None
    if pattern.voltage is not None:
        law = _law_of(pattern, inputs)
        angle = _assemble_voltage(sheet, law, columns, rows, inputs)
    if pattern.energy:
        _assemble_stores(sheet, pattern.energy, columns, rows, inputs)
    if lossy:
        _assemble_losses(sheet, columns, rows, inputs)
    for rule in inputs.rules:
        _assemble_rule(sheet, rule, columns, rows, inputs, pattern.position)
    bounds = np.concatenate(sheet.lower), np.concatenate(sheet.upper)
    return Structure(sheet.matrix(), columns, rows, angle, bounds, inputs, pattern.ports)


def _law_of(pattern: Pattern, inputs: Inputs) -> Entries:
    """Return the entries of the voltage law with the reactances of inputs."""
    law = pattern.voltage
    assert law is not None
    ratio = line_reactance(inputs) / pattern.reactance
    return Entries(law.rows, law.columns, law.values * ratio[law.columns])


def _assemble_voltage(
    sheet: _MatrixBuilder, law: Entries, columns: Mapping[Key, np.ndarray], rows: dict[str, np.ndarray], inputs: Inputs
) -> tuple[np.ndarray, list[str]] | None:
    length = len(inputs.axis.snapshots)
    rows[VOLTAGE] = sheet.rows((length, int(law.rows.max()) + 1))
    sheet.put(rows[VOLTAGE][:, law.rows], columns["lines", "s"][:, law.columns], law.values)
    if not inputs.kirchhoff:
        return None
    open_lines = np.flatnonzero((inputs.array("lines", "s_max_pu") == 0).any(axis=0))
    if not len(open_lines):
        return None
    free = sheet.columns(length, len(open_lines))
    for at, line in enumerate(open_lines):
        here = law.columns == line
        # the angle stands beside x·s of its line, in the direction in which the cycle passes the line
        sheet.put(rows[VOLTAGE][:, law.rows[here]], free[:, [at]], np.sign(law.values[here]))
    return free, [str(name) for name in inputs.components["lines"].index[open_lines]]


def _assemble_stores(
    sheet: _MatrixBuilder, sign: float, columns: Mapping[Key, np.ndarray], rows: dict[str, np.ndarray], inputs: Inputs
) -> None:
    content, power = columns["stores", "e"], columns["stores", "p"]
    rows[ENERGY] = sheet.rows(content.shape)
    hours = inputs.axis.weightings["stores"].to_numpy(float)
    sheet.put(rows[ENERGY], content, sign)
    sheet.put(rows[ENERGY], power, sign * hours[:, None])
    sheet.put(rows[ENERGY][1:], content[:-1], -sign)
    cyclic = inputs.components["stores"]["e_cyclic"].to_numpy(bool)
    sheet.put(rows[ENERGY][0, cyclic], content[-1, cyclic], -sign)


def _assemble_losses(
    sheet: _MatrixBuilder, columns: Mapping[Key, np.ndarray], rows: dict[str, np.ndarray], inputs: Inputs
) -> None:
    """Add the ratings that flow and loss keep together, and the segments that the loss of either direction is above."""
    flow, loss = columns[FLOWS], columns[LOSSES]
    slope = loss_segments(inputs).slope
    for sign in (-1, 1):
        lower, upper = (-np.inf, 0.0) if sign > 0 else (0.0, np.inf)
        at_rating = rows[RATING[sign]] = sheet.rows(flow.shape, lower, upper)
        sheet.put(at_rating, flow, 1.0)
        sheet.put(at_rating, loss, float(sign))
        on_segments = rows[LOSS[sign]] = sheet.rows(slope.shape, 0.0, np.inf)
        sheet.put(on_segments, loss[:, :, None], 1.0)
        sheet.put(on_segments, flow[:, :, None], -sign * slope)


def _assemble_rule(
    sheet: _MatrixBuilder,
    rule: Mapping[str, Any],
    columns: Mapping[Key, np.ndarray],
    rows: dict[str, np.ndarray],
    inputs: Inputs,
    position: Mapping[str, Mapping[str, int]],
) -> None:
    if rule["kind"] == "close":
        at = np.asarray(rule["at"])
        where = [position["stores"][name] for name in rule["stores"]]
        content = columns["stores", "e"][at][:, where]
        found = rows[f"rule-{rule['name']}"] = sheet.rows((len(at) - 1, len(where)))
        sheet.put(found, content[1:], 1.0)
        sheet.put(found, content[:-1], -1.0)
        return
    if rule["kind"] == "travel":
        content = columns["stores", "e"][:, position["stores"][rule["store"]]]
        found = rows[f"rule-{rule['name']}"] = sheet.rows(content.shape)
        sheet.put(found, content, 1 / rule["hours"])
        sheet.put(found, columns["links", "p"][:, position["links"][rule["link"]]], -1.0)
        return
    at = positions(rule["runs"])
    for field, lower, upper in (("at_least", 0.0, np.inf), ("at_most", -np.inf, 0.0), ("equals", 0.0, 0.0)):
        if rule.get(field) is None:
            continue
        found = rows[f"rule-{rule['name']}-{field}"] = sheet.rows(
            () if rule["kind"] == "volume" else (len(at),), lower, upper
        )
        for component, names, coefficient in _terms(rule, field, inputs, at):
            where = [position[component][name] for name in names]
            flows = columns[component, KINDS[component]][at][:, where]
            sheet.put(found if rule["kind"] == "volume" else found[:, None], flows, coefficient)


def _terms(rule: Mapping[str, Any], field: str, inputs: Inputs, at: np.ndarray) -> Iterable[tuple[str, list[str], Any]]:
    if rule["kind"] == "volume":
        hours = inputs.axis.weightings["stores"].to_numpy(float)[at][:, None]
        for component in ("links", "generators"):
            if rule.get(component):
                yield component, rule[component], hours
        if field == "at_least" and "shortfall" in rule:
            yield "generators", [rule["shortfall"]], hours
    else:
        yield from ((term["component"], term["names"], term["coefficient"]) for term in rule["terms"])
