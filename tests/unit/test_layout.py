"""A program laid for any snapshots is the one that PyPSA builds there, number by number."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy.case import Case, read_case
from energy.model import Inputs, inputs
from energy.scenario import read_scenario
from energy.solve import Engine, WarmStartScenario, attempts
from energy.solve.assembly import Pattern, assemble_program, pattern_of
from energy.solve.lp import BALANCE, VOLTAGE, matrix_of
from energy.solve.pypsa_model import check_layout, pypsa_structure
from energy.solve.structure_hash import structure_key
from energy.solve.warm_start import BASIC, WarmStart


def outage(where: str, kind: str, start: str, days: int) -> dict[str, Any]:
    return {"name": "out", "kind": kind, "cause": "x", "where": [where], "start": start, "duration": f"{days}d"}


def pattern_by_pypsa(base: Inputs) -> Pattern:
    pattern = pattern_of(pypsa_structure(base), base)
    assert pattern is not None
    return pattern


def assembled_as_pypsa_builds(pattern: Pattern, found: Inputs) -> bool:
    reference, assembled = pypsa_structure(found), assemble_program(pattern, found)
    check_layout(assembled, reference, found)  # raises where a number differs
    return bool(assembled.pattern.nnz == reference.pattern.nnz > 0)


@cache
def two_bus_pattern() -> Pattern:
    return pattern_by_pypsa(inputs(read_case("two_bus"), read_scenario("two_bus")))


@settings(max_examples=5)
@given(month=st.integers(4, 12), day=st.integers(1, 28), days=st.integers(1, 60))
def test_two_bus_with_an_outage_anywhere(month: int, day: int, days: int) -> None:
    case, base = read_case("two_bus"), read_scenario("two_bus")
    event = outage("links.line", "derating", f"{month:02d}-{day:02d}", min(days, 30)) | {"depth": 0.5}
    assert assembled_as_pypsa_builds(two_bus_pattern(), inputs(case, base.replace(events=[event])))


def test_reactances_and_numbers_without_effect_are_renewed_in_one_structure(casa1000: Case) -> None:
    """A program laid for some reactances, and renewed for others, is the one that PyPSA builds for these."""
    base = read_scenario("baseline", overrides={"time.resolution": "typical-days-24h"})
    moved = base.replace(
        **{
            "values.lines.Sughd - Dushanbe.x": 150.0,
            "values.lines.Nurek - *.x": 3.5,
            "values.lines.Sughd - Dushanbe.length": 400.0,
            "values.generators.Bishkek CHP.efficiency": 0.31,
        }
    )
    before, after = inputs(casa1000, base), inputs(casa1000, moved)
    pattern = pattern_by_pypsa(before)
    reference = pypsa_structure(after)
    check_layout(assemble_program(pattern, after), reference, after)
    check_layout(assemble_program(pattern, before), reference, after)
    assert structure_key(before) == structure_key(after)
    law = matrix_of(reference, reference.problem(after)).tocsr()[reference.rows[VOLTAGE].ravel()]
    law_before = matrix_of(reference, reference.problem(before)).tocsr()[reference.rows[VOLTAGE].ravel()]
    assert abs(law - law_before).max() > 0.1 * abs(law).max()  # the reactances that were moved stand in it


@pytest.mark.slow
@pytest.mark.parametrize("network", ["kirchhoff", "transport"])
def test_casa1000_with_every_line_open_for_a_while(casa1000: Case, network: str) -> None:
    base = read_scenario("baseline", overrides={"time.resolution": "typical-days-6h", "network": network})
    changed = base.replace(events=[outage("lines.*", "line_out", "07-03", 11)], hydrology="dry")
    assert assembled_as_pypsa_builds(pattern_by_pypsa(inputs(casa1000, base)), inputs(casa1000, changed))


def test_a_wrong_number_is_found(two_bus: Case) -> None:
    found = inputs(two_bus, read_scenario("two_bus"))
    reference = pypsa_structure(found)
    pattern = pattern_of(reference, found)
    assert pattern is not None
    wrong = assemble_program(pattern, found)
    wrong.columns = dict(wrong.columns) | {("links", "p"): wrong.columns["links", "p"][:, ::-1]}
    with pytest.raises(AssertionError, match=r"differ"):
        check_layout(wrong, reference, found)


def test_other_snapshots_start_from_the_anchor_and_end_in_the_optimum(two_bus: Case) -> None:
    base = read_scenario("two_bus")
    calm = inputs(two_bus, base)
    changed = inputs(two_bus, base.replace(events=[outage("links.line", "hvdc_pole_out", "07-03", 5)]))
    engine = Engine(calm)
    near = engine.solve(changed, anchor=WarmStartScenario("calm", lambda: calm))
    alone = Engine(changed).solve(changed)
    assert len(changed.axis.snapshots) > len(calm.axis.snapshots)
    assert near.objective == pytest.approx(alone.objective, rel=1e-9)
    assert near.iterations < alone.iterations / 2


def test_a_basis_is_carried_to_the_same_hours(two_bus: Case) -> None:
    base = read_scenario("two_bus")
    calm = inputs(two_bus, base)
    engine = Engine(calm)
    engine.solve(calm)
    start = engine._starts[""]
    assert isinstance(start, WarmStart)
    cut = inputs(two_bus, base.replace(events=[outage("links.line", "hvdc_pole_out", "07-03", 5)]))
    assert engine._pattern is not None
    structure = assemble_program(engine._pattern, cut)
    carried = start.carried(structure, cut)
    assert carried is not None
    assert carried.alien
    old, new = (np.array([int(s) for s in b.row_status]) for b in (start.basis, carried))
    july = calm.axis.snapshots.searchsorted("2028-07-01"), cut.axis.snapshots.searchsorted("2028-07-01")
    first, later = engine.structure.rows[BALANCE][july[0]], structure.rows[BALANCE][july[1]]
    assert (old[first[first >= 0]] == new[later[later >= 0]]).all()


def test_carried_to_the_same_snapshots_a_basis_is_itself(casa1000: Case) -> None:
    """Columns, balances, reservoirs, voltage laws and the rows of every kind of rule find their own statuses again."""
    asked = read_scenario("baseline", overrides={"time.resolution": "typical-days-12h"})
    found = inputs(casa1000, asked)
    engine = Engine(found)
    engine.solve(found)
    start = engine._starts[""]
    assert isinstance(start, WarmStart)
    assert engine._pattern is not None
    carried = start.carried(assemble_program(engine._pattern, found), found)
    assert carried is not None
    assert carried is not start.basis
    assert [int(s) for s in carried.col_status] == [int(s) for s in start.basis.col_status]
    assert [int(s) for s in carried.row_status] == [int(s) for s in start.basis.row_status]
    nonbasic = {rule["kind"] for rule in found.rules if _held(rule["name"], start)}
    assert nonbasic == {"limit", "volume", "travel", "close"}, "what does not bind is not seen to be carried"


def _held(rule: str, start: WarmStart) -> bool:
    rows = [at for name, at in start.structure.rows.items() if name.startswith(f"rule-{rule}")]
    return any(int(start.basis.row_status[row]) != BASIC for at in rows for row in np.ravel(at) if row >= 0)


def test_other_components_are_refused(two_bus: Case, casa1000: Case) -> None:
    engine = Engine(inputs(two_bus, read_scenario("two_bus")))
    with pytest.raises(ValueError, match="not of the structure"):
        engine.solve(inputs(casa1000, read_scenario("baseline")))


def test_a_start_that_leads_nowhere_costs_no_answer(two_bus: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    base = read_scenario("two_bus")
    calm, dry = inputs(two_bus, base), inputs(two_bus, base.replace(hydrology="dry"))
    reference = Engine(dry).solve(dry).objective
    monkeypatch.setitem(attempts.NEAR, "simplex_iteration_limit", 1)
    found = Engine(calm).solve(dry)
    assert found.objective == pytest.approx(reference, rel=1e-9)
