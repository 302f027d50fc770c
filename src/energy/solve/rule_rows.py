"""Rows of rules in an assembled program: volumes, limits, daily ponds and travel times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from energy.model import Inputs
from energy.model.snapshot_runs import positions
from energy.model.travel_time import travel_shares
from energy.solve.program_builder import ProgramBuilder

KINDS = {"links": "p", "lines": "s", "generators": "p"}
BOUNDS = {
    "at_least": (0.0, np.inf),
    "at_most": (-np.inf, 0.0),
    "equals": (0.0, 0.0),
}
"""Bound of a rule → lower and upper bound of its row before its number is known."""


def assemble_rule(
    program: ProgramBuilder,
    rule: Mapping[str, Any],
    position: Mapping[str, Mapping[str, int]],
) -> None:
    """Add the rows of a rule.

    Parameters
    ----------
    program
        The program so far, its columns included.
    rule
        As of `Inputs.rules`: a volume, a limit, daily ponds or a travel time.
    position
        Component list → name → position among the columns of a snapshot.
    """
    if rule["kind"] == "close":
        _assemble_ponds(program, rule, position)
    elif rule["kind"] == "travel":
        _assemble_travel(program, rule, position)
    else:
        _assemble_bounds(program, rule, position)


def _assemble_ponds(
    program: ProgramBuilder,
    rule: Mapping[str, Any],
    position: Mapping[str, Mapping[str, int]],
) -> None:
    """Add that ponds are as full at the end of a typical day as at that of the day before."""
    day_ends = np.asarray(rule["at"])
    ponds = [position["stores"][name] for name in rule["stores"]]
    content = program.columns["stores", "e"]
    at_day_ends = content[day_ends][:, ponds]
    rows = program.add_rows((len(day_ends) - 1, len(ponds)))
    program.rows[f"rule-{rule['name']}"] = rows
    program.put(rows, at_day_ends[1:], 1.0)
    program.put(rows, at_day_ends[:-1], -1.0)


def _assemble_travel(
    program: ProgramBuilder,
    rule: Mapping[str, Any],
    position: Mapping[str, Mapping[str, int]],
) -> None:
    """Add that water arrives after its travel time in the mean."""
    store = position["stores"][rule["store"]]
    link = position["links"][rule["link"]]
    content = program.columns["stores", "e"][:, store]
    arriving = program.columns["links", "p"][:, link]
    weightings = program.inputs.axis.weightings
    hours = weightings["stores"].to_numpy(float)
    shares = travel_shares(hours, rule["hours"])
    rows = program.add_rows(content.shape)
    program.rows[f"rule-{rule['name']}"] = rows
    counts = shares.at_end > 0
    program.put(
        rows[counts],
        content[counts],
        shares.at_end[counts],
    )
    begins = np.flatnonzero(shares.at_beginning)
    program.put(
        rows[begins],
        content[begins - 1],
        shares.at_beginning[begins],
    )
    goes_on = np.flatnonzero(shares.as_before)
    program.put(
        rows[goes_on],
        arriving[goes_on - 1],
        shares.as_before[goes_on],
    )
    program.put(rows, arriving, -1.0)


def _assemble_bounds(
    program: ProgramBuilder,
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
        rows = program.add_rows(shape, lower, upper)
        program.rows[f"rule-{rule['name']}-{field}"] = rows
        rows_of_terms = rows if is_volume else rows[:, None]
        for component, names, coefficient in _terms(rule, field, program.inputs, steps):
            numbers = [position[component][name] for name in names]
            flow = program.columns[component, KINDS[component]]
            flow_in_window = flow[steps][:, numbers]
            program.put(rows_of_terms, flow_in_window, coefficient)


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
    weightings = inputs.axis.weightings["stores"].to_numpy(float)
    hours = weightings[steps][:, None]
    for component in ("links", "generators"):
        if rule.get(component):
            yield component, rule[component], hours
    if field == "at_least" and "shortfall" in rule:
        yield "generators", [rule["shortfall"]], hours
