"""How much power can be transferred over CASA-1000: in which month, in which water year, under which disruption.

The whole public way of working is three lines:

>>> import energy
>>> scenario = energy.read_scenario("two_bus", overrides={"hydrology": "dry"})
>>> run = energy.run("two_bus", scenario)
>>> round(float(run.table["delivered"].sum()), 1)
42.2

and ``energy.plot(run)`` draws the months. Names are imported when they are first used, so that ``import energy`` is
quick.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import Any
from warnings import warn

from energy import former_names

_HOMES = {
    "InputError": "energy.errors",
    "SensitivityBudget": "energy.analysis.sensitivity.sensitivity",
    "SolverError": "energy.errors",
    "read_case": "energy.case",
    "read_scenario": "energy.scenario",
    "build": "energy.model",
    "extra_functionality": "energy.model",
    "run": "energy.results",
    "Case": "energy.case",
    "Event": "energy.scenario",
    "Hazard": "energy.scenario",
    "HazardSet": "energy.scenario",
    "Scenario": "energy.scenario",
    "list_scenarios": "energy.scenario",
    "read_hazards": "energy.scenario",
    "plot": "energy.plots",
    "record": "energy.results",
    "draw": "energy.plots",
    "comparison_figure": "energy.plots",
    "duration_figure": "energy.plots",
    "risk": "energy.analysis.risk.distribution",
    "sensitivity": "energy.analysis.sensitivity.sensitivity",
    "sweep": "energy.analysis.sweep.sweep",
    "sweep_figure": "energy.plots",
    "uncertain_parameters": "energy.analysis.sensitivity.uncertain_parameters",
    "waterfall_figure": "energy.plots",
}
_DEPRECATED = {
    "Sizes": "SensitivityBudget",
    "rules": "extra_functionality",
    "unknowns": "uncertain_parameters",
}
"""Names of version 0.1 → the names that they have now."""
__all__ = [
    "Case",
    "Event",
    "Hazard",
    "HazardSet",
    "InputError",
    "Scenario",
    "SensitivityBudget",
    "SolverError",
    "build",
    "comparison_figure",
    "draw",
    "duration_figure",
    "extra_functionality",
    "list_scenarios",
    "plot",
    "read_case",
    "read_hazards",
    "read_scenario",
    "record",
    "risk",
    "run",
    "sensitivity",
    "sweep",
    "sweep_figure",
    "uncertain_parameters",
    "waterfall_figure",
]

former_names.install()


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return version("casa1000-energy")
    if name in _DEPRECATED:
        warn(f"energy.{name} is now energy.{_DEPRECATED[name]}", DeprecationWarning, stacklevel=2)
        name = _DEPRECATED[name]
    if name not in _HOMES:
        raise AttributeError(f"module 'energy' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
