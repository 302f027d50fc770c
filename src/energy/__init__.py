"""How much power can be transferred over CASA-1000: in which month, in which water year, under which disruption.

The whole public way of working is four lines:

>>> import energy
>>> case = energy.read_case("two_bus")
>>> scenario = energy.read_scenario("two_bus", overrides={"hydrology": "dry"})
>>> run = energy.run(case, scenario)
>>> round(float(run.table["delivered"].sum()), 1)
42.2

and ``energy.plot(run)`` draws the months. Names are imported when they are first used, so that ``import energy`` is
quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "InputError": "energy.errors",
    "Sizes": "energy.study.sensitivity",
    "SolverError": "energy.errors",
    "read_case": "energy.case",
    "read_scenario": "energy.scenario",
    "build": "energy.model",
    "rules": "energy.model",
    "run": "energy.study",
    "plot": "energy.report",
    "record": "energy.report",
    "draw": "energy.report",
    "comparison_figure": "energy.report",
    "duration_figure": "energy.report",
    "risk": "energy.study.distribution",
    "sensitivity": "energy.study.sensitivity",
    "sweep": "energy.study.sweep",
    "sweep_figure": "energy.report",
    "unknowns": "energy.study.unknowns",
    "waterfall_figure": "energy.report",
}
__all__ = [
    "InputError",
    "Sizes",
    "SolverError",
    "build",
    "comparison_figure",
    "draw",
    "duration_figure",
    "plot",
    "read_case",
    "read_scenario",
    "record",
    "risk",
    "rules",
    "run",
    "sensitivity",
    "sweep",
    "sweep_figure",
    "unknowns",
    "waterfall_figure",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'energy' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
