"""Solver of one draw of a study whose year a trained policy decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from energy.analysis.policy.decided_year import decided_year
from energy.analysis.policy.policy_file import load_policy, read_manifest
from energy.analysis.policy.trained import Policy
from energy.analysis.policy.water_policy import ChainDesign, WaterPolicyModel, policy_model
from energy.analysis.risk.sample_solver import with_events
from energy.case import Case
from energy.errors import Fault, InputError
from energy.reading.frozen import FrozenMap
from energy.scenario import Event, Scenario
from energy.scenario.changed_name import file_name
from energy.solve import Result


@dataclass(frozen=True, eq=False)
class PolicySolver:
    """Decides one draw with and without outages, month by month.

    Attributes
    ----------
    model, policy
        The months of the scenario without drawn outages, and what the water is worth.
    calm
        The scenario with the water of the draw, without its outages.
    """

    model: WaterPolicyModel
    policy: Policy
    calm: Scenario

    def solve(self, events: Sequence[Event]) -> Result:
        """Return the year of the draw, with events beside those of the scenario, as the policy decides it.

        Raises
        ------
        SolverError
            When a month has no optimum.
        """
        came = replace(self.model, scenario=with_events(self.calm, events))
        return decided_year(came, self.policy)


@lru_cache(maxsize=2)
def policy_in_file(
    case: Case,
    scenario: Scenario,
    path: Path,
) -> tuple[WaterPolicyModel, Policy]:
    """Return the months of a scenario's year and the policy that a file holds for it.

    Raises
    ------
    InputError
        When there is no such file, or its policy is of something else.
    """
    manifest = read_manifest(path)
    design = ChainDesign(**manifest["design"])
    model = policy_model(case, scenario, design)
    return model, load_policy(path, model.graph, model.belongs_to)


def decided_by_file(
    case: Case,
    scenario: Scenario,
    path: Path | None,
) -> Result:
    """Return the year of a scenario as the policy in a file decides it.

    Raises
    ------
    InputError
        When there is no such file, or its policy is of something else.
    """
    if path is None:
        what = "foresight is 'policy', and no trained policy is named"
        repair = f"train one with: energy policy train {scenario.name}"
        raise InputError(Fault(what, scenario.name, None, "the file of a policy", repair))
    # whatever the water, the months and their odds are the same
    median = scenario.model_copy(
        update={"hydrology": "median", "name": file_name(scenario.name), "changes": FrozenMap()}
    )
    model, policy = policy_in_file(case, median, path)
    return decided_year(replace(model, scenario=scenario), policy)
