"""Former names of modules and functions: they still import, with one DeprecationWarning, until the next release."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any
from warnings import warn

MODULES = {
    "energy.measure": "energy.metrics",
    "energy.study": "energy.analysis",
    "energy.study.adequacy": "energy.analysis.risk.adequacy",
    "energy.study.attribution": "energy.analysis.attribution",
    "energy.study.capability": "energy.analysis.capability",
    "energy.study.distribution": "energy.analysis.risk.distribution",
    "energy.study.fit": "energy.analysis.risk.fit_hazard",
    "energy.study.foresight": "energy.analysis.imperfect_foresight",
    "energy.study.ladder": "energy.analysis.priority_waterfall",
    "energy.study.points": "energy.analysis.parallel",
    "energy.study.risk": "energy.analysis.risk.monte_carlo",
    "energy.study.sensitivity": "energy.analysis.sensitivity.sensitivity",
    "energy.study.settle": "energy.analysis.settlement",
    "energy.study.sizing": "energy.analysis.risk.contract_sizing",
    "energy.study.surprise": "energy.analysis.cost_of_imperfect_foresight",
    "energy.study.sweep": "energy.analysis.sweep.sweep",
    "energy.study.unknowns": "energy.analysis.sensitivity.uncertain_parameters",
}
"""Module of version 0.1 → the module that it is now."""

FUNCTIONS = {
    "anchors": "warm_start_scenarios",
    "Answer": "TaskResult",
    "Plan": "StoppingRule",
    "prices_of_surprise": "costs_of_imperfect_foresight",
    "Sizes": "SensitivityBudget",
    "solve_surprised": "solve_imperfect_foresight",
    "unknowns": "uncertain_parameters",
}
"""Function or class of those modules → its name now."""


class _FormerModules(MetaPathFinder, Loader):
    """Finds modules by their former names."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002  (Python's own signature)
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """Return the spec of a module with a former name; None for all others."""
        return ModuleSpec(fullname, self, is_package=True) if fullname in MODULES else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return a module that hands every name on to the module that it is now."""
        current_name = MODULES[spec.name]
        warn(f"{spec.name} is now {current_name}", DeprecationWarning, stacklevel=2)
        former = ModuleType(spec.name, f"Former name of {current_name}.")

        def named_now(name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            current = import_module(current_name)
            return getattr(current, name if hasattr(current, name) else FUNCTIONS.get(name, name))

        former.__dict__["__getattr__"] = named_now
        return former

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: the module holds nothing of its own."""


def install() -> None:
    """Let Python find the former modules."""
    if not any(isinstance(finder, _FormerModules) for finder in sys.meta_path):
        sys.meta_path.append(_FormerModules())
