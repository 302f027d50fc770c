"""Names in the place of objects: what a notebook may hand over."""

from __future__ import annotations

from pathlib import Path

from energy.case import Case, read_case
from energy.scenario.model import Scenario
from energy.scenario.read import read_scenario

CaseOrName = Case | str | Path
"""A case, or its name or path."""
ScenarioOrName = Scenario | str | Path
"""A scenario, or its name or path."""


def case_and_scenario(case: CaseOrName, scenario: ScenarioOrName) -> tuple[Case, Scenario]:
    """Return a case and a scenario that may be given by their names or paths.

    Raises
    ------
    InputError
        When a name is not known, or a file is not sound.

    Examples
    --------
    >>> case, scenario = case_and_scenario("two_bus", "two_bus")
    >>> case.name, scenario.year
    ('two_bus', 2028)
    """
    if not isinstance(case, Case):
        case = read_case(case)
    if not isinstance(scenario, Scenario):
        scenario = read_scenario(scenario)
    return case, scenario
