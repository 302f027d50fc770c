"""A year's linear program cut into stages: what links them becomes their state.

Columns belong to the stage of their snapshot. A row whose columns lie in one stage is a row of that stage. Of a row
that spans several stages the sum of its terms so far is a state: carried from stage to stage, and held against the
row's bounds in the last stage that it reaches. So a store's content at the end of a month, the volume released since a
window began and what a cyclic store began with are all found in the matrix, whatever rules the case has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from energy.analysis.policy.stage import Noise, StageProblem, entry_places
from energy.analysis.policy.state_links import StateLink, linked_rows, state_bounds
from energy.errors import Fault, InputError
from energy.model.axis import Axis
from energy.solve.lp import Problem


@dataclass(frozen=True, eq=False)
class Stages:
    """The stages of a program.

    Attributes
    ----------
    problems
        In the order of time. Each has its part of the program's columns first, in the program's order, then its
        incoming and its outgoing states.
    columns
        Columns of the program that each stage has.
    rows
        Rows of the program that are held in each stage, in the order of the stage's first rows.
    links
        States at the end of each stage.
    base
        The program's own numbers.
    pattern
        The program's matrix, column-wise: where its coefficients stand.
    constant
        What columns of a known value bring to each row of the program; shape (rows,).
    """

    problems: tuple[StageProblem, ...]
    columns: tuple[np.ndarray, ...]
    rows: tuple[np.ndarray, ...]
    links: tuple[StateLink, ...]
    base: Problem
    pattern: sparse.csc_matrix
    constant: np.ndarray

    def noise(
        self,
        stage: int,
        problem: Problem,
        probability: float = 1.0,
    ) -> Noise:
        """Return what other numbers of the same program change in one stage.

        Parameters
        ----------
        stage
            Its number.
        problem
            Another water year, other outages, other prices, over the same snapshots and rules.
        probability
            Of this outcome.

        Raises
        ------
        InputError
            When a coefficient changes in a row that makes a state: what the state says would then change with it.
        """
        entry_rows, entry_columns, coefficients = self._changed_coefficients(stage, problem)
        base = self.base
        columns = self.columns[stage]
        rows = self.rows[stage]
        bounded = _differing(
            columns,
            (problem.lower, base.lower),
            (problem.upper, base.upper),
        )
        priced = _differing(
            columns,
            (problem.cost, base.cost),
        )
        held = _differing(
            rows,
            (problem.row_lower, base.row_lower),
            (problem.row_upper, base.row_upper),
        )
        constant = self.constant[rows[held]]
        return Noise(
            probability=probability,
            rows=held,
            row_lower=problem.row_lower[rows[held]] - constant,
            row_upper=problem.row_upper[rows[held]] - constant,
            columns=bounded,
            lower=problem.lower[columns[bounded]],
            upper=problem.upper[columns[bounded]],
            priced=priced,
            cost=problem.cost[columns[priced]],
            entry_rows=entry_rows,
            entry_columns=entry_columns,
            coefficients=coefficients,
        )

    def _changed_coefficients(
        self,
        stage: int,
        problem: Problem,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return rows and columns of a stage at which coefficients differ from the program's own, and their values."""
        changed = np.flatnonzero(problem.matrix != self.base.matrix)
        column_of_entry = np.searchsorted(self.pattern.indptr, changed, side="right") - 1
        stage_column = _positions(self.columns[stage], column_of_entry)
        is_own = stage_column >= 0
        changed = changed[is_own]
        stage_column = stage_column[is_own]
        program_row = self.pattern.indices[changed]
        stage_row = _positions(self.rows[stage], program_row)
        carried = set(self.links[stage].state_of)
        if stage > 0:
            carried.update(self.links[stage - 1].state_of)
        has_state = np.isin(program_row, list(carried))
        is_elsewhere = stage_row < 0
        matrix = self.problems[stage].matrix
        places = entry_places(matrix, stage_row, stage_column)
        is_new = places < 0
        if (has_state | is_elsewhere | is_new).any():
            what = "an outcome changes a coefficient of what one month leaves to the next"
            raise InputError(
                Fault(
                    what,
                    "policy",
                    None,
                    allowed="inflow, demand, availability, prices and losses",
                    repair="write head: fixed",
                )
            )
        rows = stage_row.astype(np.int32)
        columns = stage_column.astype(np.int32)
        return rows, columns, problem.matrix[changed]

    def column_values(self, values: Sequence[np.ndarray]) -> np.ndarray:
        """Return the columns of the whole program from those of all its stages; shape (columns,)."""
        whole = np.zeros(len(self.base.cost))
        for columns, of_stage in zip(self.columns, values, strict=True):
            whole[columns] = of_stage[: len(columns)]
        return whole


def _positions(numbers: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the position of each wanted number among sorted ones; −1 where it is not among them."""
    if len(numbers) == 0:
        return np.full(len(wanted), -1)
    last = len(numbers) - 1
    positions = np.searchsorted(numbers, wanted).clip(max=last)
    is_among = numbers[positions] == wanted
    return np.where(is_among, positions, -1)


def _differing(positions: np.ndarray, *pairs: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return where, among some positions, any of the pairs of arrays differ."""
    differs = np.zeros(len(positions), dtype=bool)
    for ours, theirs in pairs:
        differs |= ours[positions] != theirs[positions]
    return np.flatnonzero(differs).astype(np.int32)


def months_of(axis: Axis) -> tuple[np.ndarray, list[str]]:
    """Return the month that each snapshot lies in, counted from the first one, and the names of the months.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.model import inputs
    >>> from energy.scenario import read_scenario
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-12h"})
    >>> number, names = months_of(inputs(read_case("two_bus"), scenario).axis)
    >>> number.tolist()[:6], names[:2]
    ([0, 0, 1, 1, 2, 2], ['April 2028', 'May 2028'])
    """
    year = axis.snapshots.year.to_numpy()
    month = axis.snapshots.month.to_numpy()
    calendar = 12 * year + month
    _, first_snapshots, number = np.unique(calendar, return_index=True, return_inverse=True)
    names = [f"{axis.snapshots[position]:%B %Y}" for position in first_snapshots]
    return number, names


def calendar_months(axis: Axis) -> np.ndarray:
    """Return the calendar month of each month of the horizon, January = 0; shape (months,)."""
    month_of_snapshot, _ = months_of(axis)
    calendar = axis.snapshots.month.to_numpy() - 1
    _, first_snapshots = np.unique(month_of_snapshot, return_index=True)
    return np.asarray(calendar[first_snapshots])


def split(
    matrix: sparse.csc_matrix,
    problem: Problem,
    stage_of_column: np.ndarray,
    names: Sequence[str],
    accounts: Mapping[str, np.ndarray] | None = None,
    known: np.ndarray | None = None,
) -> Stages:
    """Cut a linear program into stages.

    Parameters
    ----------
    matrix, problem
        The program.
    stage_of_column
        Number of the stage that each column belongs to; shape (columns,).
    names
        Of the stages.
    accounts
        Name → coefficient of every column.
    known
        Which columns have the same value whatever happens, that of their bounds: they link no stages; boolean, shape
        (columns,).
    """
    is_known = np.zeros(matrix.shape[1], dtype=bool) if known is None else known
    known_values = np.where(is_known, problem.lower, 0.0)
    constant = matrix @ known_values
    by_row = _rows_without(matrix, is_known)
    first_stage, last_stage = _span(by_row, stage_of_column)
    links = []
    for number in range(len(names)):
        is_open = (first_stage <= number) & (last_stage > number)
        is_past = stage_of_column <= number
        link = linked_rows(by_row, np.flatnonzero(is_open), is_past)
        bounds = state_bounds(by_row, link, is_past, problem)
        links.append(replace(link, bounds=bounds))
    without_known = replace(
        problem,
        row_lower=problem.row_lower - constant,
        row_upper=problem.row_upper - constant,
    )
    problems = []
    columns = []
    rows = []
    before = StateLink()
    for number, name in enumerate(names):
        own_columns = np.flatnonzero(stage_of_column == number)
        held_rows = np.flatnonzero(last_stage == number)
        stage = _stage(
            name=name,
            by_row=by_row,
            problem=without_known,
            own_columns=own_columns,
            held_rows=held_rows,
            before=before,
            after=links[number],
            accounts=accounts or {},
        )
        problems.append(stage)
        columns.append(own_columns)
        rows.append(held_rows)
        before = links[number]
    return Stages(
        problems=tuple(problems),
        columns=tuple(columns),
        rows=tuple(rows),
        links=tuple(links),
        base=problem,
        pattern=matrix,
        constant=constant,
    )


def _rows_without(matrix: sparse.csc_matrix, is_known: np.ndarray) -> sparse.csr_matrix:
    """Return the rows of a matrix without the terms of some columns."""
    kept = sparse.diags_array((~is_known).astype(float))
    by_row = sparse.csr_matrix(matrix @ kept)
    by_row.eliminate_zeros()
    by_row.sort_indices()
    return by_row


def _span(by_row: sparse.csr_matrix, stage_of_column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and the last stage that each row reaches; rows without terms are held in the first stage."""
    rows = by_row.shape[0]
    terms_of_row = np.diff(by_row.indptr)
    row = np.repeat(np.arange(rows), terms_of_row)
    stage = stage_of_column[by_row.indices]
    none_yet = np.iinfo(np.int64).max
    first = np.full(rows, none_yet)
    last = np.zeros(rows, dtype=np.int64)
    np.minimum.at(first, row, stage)
    np.maximum.at(last, row, stage)
    return np.minimum(first, last), last


def _stage(
    name: str,
    by_row: sparse.csr_matrix,
    problem: Problem,
    own_columns: np.ndarray,
    held_rows: np.ndarray,
    before: StateLink,
    after: StateLink,
    accounts: Mapping[str, np.ndarray],
) -> StageProblem:
    """Return one stage: rows held here, then one row for each state that leaves it."""
    carried_rows = np.array(after.rows, dtype=int)
    all_rows = np.concatenate([held_rows, carried_rows])
    own_terms = by_row[all_rows][:, own_columns]
    incoming = _incoming_terms(all_rows.tolist(), before)
    outgoing = _outgoing_terms(len(held_rows), after)
    matrix = sparse.hstack([own_terms, incoming, outgoing], format="csc")
    matrix.sort_indices()
    states = incoming.shape[1] + outgoing.shape[1]
    bounds_of_states = np.concatenate([before.bounds, after.bounds])
    least = bounds_of_states[:, 0]
    most = bounds_of_states[:, 1]
    no_cost = np.zeros(states)
    balanced = np.zeros(len(carried_rows))
    state_columns = np.arange(len(own_columns), len(own_columns) + states)
    state_in, state_out = np.split(state_columns, [incoming.shape[1]])
    stage_accounts = {}
    for account, amounts in accounts.items():
        stage_accounts[account] = np.append(amounts[own_columns], no_cost)
    return StageProblem(
        name=name,
        matrix=matrix,
        cost=np.append(problem.cost[own_columns], no_cost),
        lower=np.append(problem.lower[own_columns], least),
        upper=np.append(problem.upper[own_columns], most),
        row_lower=np.append(problem.row_lower[held_rows], balanced),
        row_upper=np.append(problem.row_upper[held_rows], balanced),
        state_in=state_in,
        state_out=state_out,
        accounts=stage_accounts,
    )


def _outgoing_terms(rows_before: int, after: StateLink) -> sparse.csr_matrix:
    """Return the outgoing states in the rows that make them, which follow some others."""
    states = len(after.rows)
    factors = [-after.factor[row] for row in after.rows]
    columns = np.arange(states)
    places = rows_before + columns
    shape = (rows_before + states, states)
    return sparse.csr_matrix((factors, (places, columns)), shape=shape)


def _incoming_terms(rows: Sequence[int], before: StateLink) -> sparse.csr_matrix:
    """Return what the incoming states bring to each row."""
    places = []
    states = []
    factors = []
    for place, row in enumerate(rows):
        if row in before.state_of:
            places.append(place)
            states.append(before.state_of[row])
            factors.append(before.factor[row])
    shape = (len(rows), len(before.rows))
    return sparse.csr_matrix((factors, (places, states)), shape=shape)
