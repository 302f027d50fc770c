"""Patterns of PyPSA's model, kept in the process and on disk: PyPSA builds the model of a family once.

PyPSA and linopy take a second or more to build a model that HiGHS solves in a hundredth. What is kept here is the
`Pattern` alone, which holds no number that the engine renews; every program is laid anew from its own inputs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256

import numpy as np

from energy.model import Inputs
from energy.solve.as_built import Program, built_program
from energy.solve.assembly import Pattern, assemble_program, pattern_of
from energy.solve.lp import Structure
from energy.solve.pattern_file import keep_pattern, kept_pattern
from energy.solve.pypsa_model import check_layout, has_formulas, pypsa_model, pypsa_structure
from energy.solve.structure_hash import RENEWED, components_key, family_key

ALWAYS = "ENERGY_CHECK_PYPSA"
"""Environment variable; where it is ``always``, PyPSA builds the model of every engine, and each is checked."""

_PATTERNS_KEPT = 64  # of one snapshot each: some 0.1 MB of casa1000

_CheckPattern = Callable[[Inputs], Pattern | None]
"""Lets PyPSA build the model of inputs, and returns the pattern that agrees with it; None where there is none."""

_patterns: dict[str, Pattern] = {}
_elsewhere: list[_CheckPattern] = []


@contextmanager
def patterns_checked_by(check: _CheckPattern) -> Iterator[None]:
    """Let something else, as a process that has imported PyPSA already, check the patterns that are new here.

    Parameters
    ----------
    check
        Like `checked_pattern`. Where it raises OSError, because its process has ended, PyPSA builds the model here.
    """
    _elsewhere.append(check)
    try:
        yield
    finally:
        _elsewhere.remove(check)


def checked_pattern(inputs: Inputs) -> Pattern | None:
    """Return the pattern of inputs, checked against PyPSA's own model where it is new; None where there is none.

    Raises
    ------
    InputError, AssertionError
        As `program_of`.
    """
    pattern, _ = program_of(inputs)
    return pattern


def program_of(inputs: Inputs) -> tuple[Pattern | None, Structure | Program]:
    """Return the pattern of inputs and their program, checked against PyPSA's own model where the pattern is new.

    Parameters
    ----------
    inputs
        Their components, rules and axis count.

    Returns
    -------
    pattern
        The rows of a snapshot; None where they are not the same in every snapshot. Nothing is kept then: such rows
        hold numbers that the engine does not renew (ramps, standing losses), and these may differ next time.
    program
        Laid by the pattern; where there is none, as PyPSA built it.

    Raises
    ------
    InputError
        When PyPSA's model has variables that this engine does not solve.
    AssertionError
        When the program differs from the model that PyPSA builds.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.model import inputs
    >>> from energy.scenario import read_scenario
    >>> case, scenario = read_case("two_bus"), read_scenario("two_bus")
    >>> pattern, program = program_of(inputs(case, scenario))
    >>> again, drier = program_of(inputs(case, scenario.replace(hydrology="dry")))
    >>> again is pattern, drier.pattern.shape == program.pattern.shape
    (True, True)
    """
    key = pattern_key(inputs)
    kept = _patterns.get(key)
    checks = os.environ.get(ALWAYS) == "always"
    if kept is None and not checks:
        kept = kept_pattern(key, inputs) or _pattern_checked_elsewhere(inputs)
        if kept is not None:
            _remember(key, kept)
    if kept is not None and not checks:
        return kept, assemble_program(kept, inputs)
    model = pypsa_model(inputs)
    if not has_formulas(model, inputs):
        return None, built_program(model, inputs)
    reference = pypsa_structure(inputs, model)
    pattern = kept or pattern_of(reference, inputs)
    if pattern is None:
        return None, reference
    program = assemble_program(pattern, inputs)
    check_layout(program, reference, inputs)
    _remember(key, pattern)
    keep_pattern(key, pattern)
    return pattern, program


def _pattern_checked_elsewhere(inputs: Inputs) -> Pattern | None:
    for check in _elsewhere:
        with suppress(OSError):
            return check(inputs)
    return None


def _remember(key: str, pattern: Pattern) -> None:
    if len(_patterns) >= _PATTERNS_KEPT:
        _patterns.clear()
    _patterns[key] = pattern


def pattern_key(inputs: Inputs) -> str:
    """Return a hash (SHA-256, hex) of all that decides which rows and columns PyPSA builds in a snapshot.

    The components with every attribute that is not renewed, loads and series among them, and whether the voltage law
    holds and lines lose power. What kinds of rules there are, and whether a line opens, decide nothing; they stand in
    the key so that each combination of them is checked against PyPSA once.
    """
    digest = sha256(family_key(inputs).encode())
    digest.update(components_key(inputs, ["loads"]).encode())
    for component, attribute in sorted(inputs.dense):
        if not _is_renewed(component, attribute):
            series = np.ascontiguousarray(inputs.dense[component, attribute])
            digest.update(f"{component} {attribute} {series.shape} {series.dtype}".encode())
            digest.update(series.tobytes())
    parts = [inputs.kirchhoff, inputs.line_losses, _opens_a_line(inputs), _kinds_of_rules(inputs)]
    digest.update(json.dumps(parts).encode())
    return digest.hexdigest()


def _is_renewed(component: str, attribute: str) -> bool:
    """Return whether the engine computes an attribute anew for every scenario."""
    return attribute in RENEWED.get(component, ())


def _opens_a_line(inputs: Inputs) -> bool:
    if not len(inputs.components.get("lines", ())):
        return False
    return bool((inputs.array("lines", "s_max_pu") == 0).any())


def _kinds_of_rules(inputs: Inputs) -> list[str]:
    """Return each combination of a rule's kind and fields that occurs; the terms of a limit by component."""
    kinds = set()
    for rule in inputs.rules:
        fields = sorted(field for field, value in rule.items() if value is not None)
        components = sorted({term["component"] for term in rule.get("terms", ())})
        kinds.add(" ".join([rule["kind"], *fields, *components]))
    return sorted(kinds)
